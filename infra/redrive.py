"""Put dead letters back to work: ``python -m infra.redrive --stack convoke [--dry-run]``.

Says in words what lies in each dead letter queue of the stack and moves it to the queue it came from, one message at a
time: sent first, deleted then, so that a break in between doubles a message and never loses one. Workers stand doubles.
Look for the cause first (the log of the function that failed): what fails again comes back here.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

HELD = 120
"""Seconds that a received message stays hidden from others who look, while it is moved."""


class NoSuchStack(LookupError):
    """There is no stack of this name, or none with queues."""


@dataclass(frozen=True)
class Pair:
    """A queue of the stack, by its name in the template, and its dead letters."""

    name: str
    source: str
    dead: str


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--stack", default="convoke")
    parser.add_argument("--endpoint-url", help="another AWS, such as an emulated one")
    parser.add_argument("--local", action="store_true", help="the stack that `make up` or `make demo` started")
    parser.add_argument("--dry-run", action="store_true", help="show what lies there and leave it")
    options = parser.parse_args()
    session, arguments = boto3.Session(), {"endpoint_url": options.endpoint_url} if options.endpoint_url else {}
    if options.local:
        session, arguments = _local()
    try:
        found = redrive(session, options.stack, dry_run=options.dry_run, say=print, **arguments)
    except (BotoCoreError, ClientError, NoSuchStack) as error:
        sys.exit(f"Not done: {error}")
    if not found:
        print("No dead letters.")
    elif options.dry_run:
        print(f"{found} dead letters, left where they are.")
    else:
        print(f"{found} dead letters, moved back to their queues.")


def redrive(session: Any, stack: str, *, dry_run: bool, say: Callable[[str], object], **client: Any) -> int:
    """Move the dead letters of ``stack`` back, or only show them; returns how many there were. Raises NoSuchStack."""
    sqs, count = session.client("sqs", **client), 0
    for pair in _pairs(session.client("cloudformation", **client), sqs, stack):
        held = []
        for message in _letters(sqs, pair.dead):
            say(f"{pair.name}: {described(message)}")
            count += 1
            if dry_run:
                held.append(message["ReceiptHandle"])
            else:
                _move(sqs, pair, message)
        for receipt in held:
            sqs.change_message_visibility(QueueUrl=pair.dead, ReceiptHandle=receipt, VisibilityTimeout=0)
    return count


def described(message: dict[str, Any]) -> str:
    """What a message is about, how often it was given out, and since when it waits; no names, no addresses."""
    attributes = message.get("Attributes", {})
    sent = datetime.fromtimestamp(int(attributes.get("SentTimestamp", 0)) / 1000, UTC)
    received = attributes.get("ApproximateReceiveCount", "?")
    return f"{_about(message['Body'])}; received {received} times, sent {sent:%Y-%m-%d %H:%M} UTC"


def _about(body: str) -> str:
    try:
        told = json.loads(body)
    except ValueError:
        told = None  # and so something that cannot be read
    match told:
        case {"Records": [{"s3": {"object": {"key": str(key)}}}]} if key.startswith("inbound/"):
            return f"a mail that SES received, the bucket's object {key}"
        case {"Records": [{"s3": {"object": {"key": key}}}]}:
            return f"what SES told, in the bucket's object {key}"
        case {"what": what, "event": event, "id": identity}:
            return f"job {what} {identity} of event {event}"
        case {"kind": kind, "event": event, "invitee": person} if person:
            return f"{kind} of event {event} to person {person}"
        case {"kind": kind, "event": event, "batch": batch, **rest}:
            return f"{kind} of event {event}, batch {batch}, chunk {rest.get('chunk', 0)}"
    return f"something that cannot be read: {body[:80]}"


def _pairs(cloudformation: Any, sqs: Any, stack: str) -> list[Pair]:
    queues, arns = {}, {}
    try:
        for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
            for one in page["StackResourceSummaries"]:
                if one["ResourceType"] == "AWS::SQS::Queue":
                    names = ["QueueArn", "RedrivePolicy"]
                    answer = sqs.get_queue_attributes(QueueUrl=one["PhysicalResourceId"], AttributeNames=names)
                    queues[one["LogicalResourceId"]] = (one["PhysicalResourceId"], answer["Attributes"])
                    arns[answer["Attributes"]["QueueArn"]] = one["PhysicalResourceId"]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
    if not queues:
        raise NoSuchStack(f"there is no stack {stack} with queues here; name another with --stack (make: STACK=).")
    return [
        Pair(name, url, arns[json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"]])
        for name, (url, attributes) in sorted(queues.items())
        if "RedrivePolicy" in attributes
    ]


def _letters(sqs: Any, url: str) -> Iterator[dict[str, Any]]:
    """Every message that lay there when this began; what dies again meanwhile waits for the next time."""
    began, seen = datetime.now(UTC).timestamp() * 1000, set[str]()
    while True:
        messages = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=HELD,
            WaitTimeSeconds=1,  # a look at every one of SQS's servers, not at some
            AttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        new = [one for one in messages if one["MessageId"] not in seen]
        new = [one for one in new if int(one.get("Attributes", {}).get("SentTimestamp", 0)) <= began]
        if not new:
            return
        seen.update(one["MessageId"] for one in new)
        yield from new


def _move(sqs: Any, pair: Pair, message: dict[str, Any]) -> None:
    attributes = {"MessageAttributes": message["MessageAttributes"]} if message.get("MessageAttributes") else {}
    sqs.send_message(QueueUrl=pair.source, MessageBody=message["Body"], **attributes)
    sqs.delete_message(QueueUrl=pair.dead, ReceiptHandle=message["ReceiptHandle"])


def _local() -> tuple[Any, dict[str, str]]:
    from infra.build import ROOT
    from infra.local.stack import Home, session

    running = Home(ROOT / ".local").state()
    if running is None:
        sys.exit("The local stack does not run. `make up` starts it.")
    return session(), {"endpoint_url": running.aws}


if __name__ == "__main__":
    main()
