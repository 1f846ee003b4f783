"""Dead letters go back to work: said in words, moved one by one, sent before they are deleted."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.redrive import NoSuchStack, described, redrive

TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Topic": {"Type": "AWS::SNS::Topic"},
        **{
            f"{name}Queue": {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "RedrivePolicy": {
                        "deadLetterTargetArn": {"Fn::GetAtt": [f"{name}Dead", "Arn"]},
                        "maxReceiveCount": 5,
                    }
                },
            }
            for name in ("Bulk", "Urgent")
        },
        **{f"{name}Dead": {"Type": "AWS::SQS::Queue"} for name in ("Bulk", "Urgent")},
    }
}
CHUNK = {"event": "symposium", "kind": "invitation", "occurrence": "once", "batch": "b-1", "plan_id": "p", "chunk": 3}
SINGLE = {"event": "symposium", "kind": "confirmation", "occurrence": "1", "invitee": "i-9"}


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        session = boto3.Session(region_name="eu-central-1")
        session.client("cloudformation").create_stack(StackName="convoke", TemplateBody=json.dumps(TEMPLATE))
        yield session


def url(session: Any, name: str) -> str:
    resources = session.client("cloudformation").describe_stack_resources(StackName="convoke")["StackResources"]
    return next(str(one["PhysicalResourceId"]) for one in resources if one["LogicalResourceId"] == name)


def put(session: Any, name: str, *bodies: object) -> None:
    for body in bodies:
        text = body if isinstance(body, str) else json.dumps(body)
        session.client("sqs").send_message(QueueUrl=url(session, name), MessageBody=text)


def lying(session: Any, name: str) -> list[Any]:
    sqs, found = session.client("sqs"), []
    while messages := sqs.receive_message(QueueUrl=url(session, name), MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"]) for message in messages]
    return found


def test_each_dead_letter_goes_back_to_the_queue_it_came_from_and_is_said_in_words(session: Any) -> None:
    put(session, "BulkDead", *({**CHUNK, "chunk": number} for number in range(12)))
    put(session, "UrgentDead", SINGLE)
    said: list[str] = []
    assert redrive(session, "convoke", dry_run=False, say=said.append) == 13
    assert sorted(one["chunk"] for one in lying(session, "BulkQueue")) == list(range(12))
    assert lying(session, "UrgentQueue") == [SINGLE]
    assert lying(session, "BulkDead") == lying(session, "UrgentDead") == []
    assert any(line.startswith("BulkQueue: invitation of event symposium, batch b-1, chunk 3; rec") for line in said)
    assert said[-1].startswith("UrgentQueue: confirmation of event symposium to person i-9; received 1 times, sent 20")


def test_a_dry_run_shows_and_leaves_everything_ready_to_be_taken(session: Any) -> None:
    put(session, "BulkDead", *({**CHUNK, "chunk": number} for number in range(12)))
    said: list[str] = []
    assert redrive(session, "convoke", dry_run=True, say=said.append) == 12
    assert len(said) == 12
    assert lying(session, "BulkQueue") == []
    assert len(lying(session, "BulkDead")) == 12


def test_a_message_that_cannot_be_sent_back_stays_among_the_dead_letters(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(session, "BulkDead", CHUNK)
    client = session.client

    def broken(service: str, **arguments: Any) -> Any:
        made = client(service, **arguments)
        if service == "sqs":
            made.send_message = lambda **_: (_ for _ in ()).throw(ConnectionError("gone"))
        return made

    monkeypatch.setattr(session, "client", broken)
    with pytest.raises(ConnectionError):
        redrive(session, "convoke", dry_run=False, say=lambda _: None)
    monkeypatch.undo()
    attributes = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = session.client("sqs").get_queue_attributes(QueueUrl=url(session, "BulkDead"), AttributeNames=attributes)
    assert sum(map(int, found["Attributes"].values())) == 1


def test_a_stack_that_there_is_not_is_named_with_what_to_do(session: Any) -> None:
    with pytest.raises(NoSuchStack, match=r"no stack other .*--stack"):
        redrive(session, "other", dry_run=True, say=lambda _: None)


@pytest.mark.parametrize(("body", "words"), [
    ({"what": "plan", "event": "symposium", "id": "b-1"}, "job plan b-1 of event symposium;"),
    ({"Records": [{"s3": {"object": {"key": "mail-events/2021/01/14/09/events-1"}}}]},
     "what SES told, in the bucket's object mail-events/2021/01/14/09/events-1;"),
    ({"Records": [{"s3": {"object": {"key": "inbound/abc"}}}]},
     "a mail that SES received, the bucket's object inbound/abc;"),
    ("no json", "something that cannot be read: no json;"),
    ([1], "something that cannot be read: [1];"),
])  # fmt: skip
def test_a_letter_says_what_it_is_about_and_no_address(body: object, words: str) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    told = described({"Body": text, "Attributes": {"SentTimestamp": "1606212000000", "ApproximateReceiveCount": "6"}})
    assert told == f"{words} received 6 times, sent 2020-11-24 10:00 UTC"
    assert "@" not in told
