"""500 people, workers killed in the middle, an SES that throttles and breaks connections: one mail each, or an unknown.

Run with ``-s`` to see what happened: how often workers were killed, how many are unknown, how long it took.
"""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.event import utc
from infra.local.actors import Mailbox, Organiser, tick, wait_until
from infra.local.stack import REGION, STACK, LocalStack
from tests.deployed import HOME, symposium

pytestmark = pytest.mark.integration

DAY = (date.today() + timedelta(days=30)).isoformat()
PEOPLE = 500
KILL_AT = (60, 160, 260, 360, 440)
"""Numbers of accepted mails after which every worker that there is gets killed."""

HIDDEN = 20
"""Seconds for which the queue hides a chunk in this test: nobody waits the six minutes of the template."""


class Batch:
    """One batch of invitations to an event of its own."""

    def __init__(self, organiser: Organiser, mailbox: Mailbox) -> None:
        self.organiser, self.mailbox = organiser, mailbox
        self.event = f"killed-{uuid.uuid4().hex[:8]}"
        self.id = ""

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        answer = self.organiser.call(method, f"/events/{self.event}{path}", body, **headers)
        assert answer.status < 300, answer.text
        return answer.json

    def invite(self) -> None:
        """Everybody on the list, a plan, its approval."""
        self.call("PUT", "", symposium(DAY))
        people = [{"email": f"person{number}@example.org", "name": f"Person {number}"} for number in range(PEOPLE)]
        assert self.call("POST", "/invitees", people)["counts"] == {"created": PEOPLE}
        planned = self.call("POST", "/batches", {"kind": "invitation"}, idempotency_key="once")
        self.id = planned["batch"]
        assert planned["plan"]["to_send"] == PEOPLE
        assert self.organiser.approve(self.event, planned).status == 200

    def outcomes(self) -> dict[str, int]:
        return {name: n for name, n in self.call("GET", f"/batches/{self.id}")["outcomes"].items() if n}

    def states(self) -> dict[str, str]:
        """Each person's state in the ledger."""
        states, cursor = dict[str, str](), ""
        while cursor is not None:
            page = self.call("GET", f"/batches/{self.id}/deliveries?limit=200&cursor={cursor}")
            states |= {line["invitee"]: line["state"] for line in page["deliveries"]}
            cursor = page["cursor"]
        return states

    def mails(self) -> Counter[str]:
        """How many messages SES accepted for each person."""
        return Counter(message["tags"]["invitee"] for message in self.mailbox.messages(event=self.event))


@pytest.fixture
def trouble(stack: LocalStack, mailbox: Mailbox) -> Iterator[None]:
    """An SES that is slow, throttles, and breaks connections before and after it accepts; a queue that soon repeats."""
    sqs, url = stack.client("sqs"), stack.outputs["QueueUrl"]
    [before] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"].values()
    faults = {"throttle": 0.01, "drop": 0.03, "reset": 0.01}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(HIDDEN)})
    mailbox.control("limits", max_send_rate=150, latency_ms=20)
    for seed, (mode, rate) in enumerate(faults.items()):
        mailbox.control("faults", mode=mode, rate=rate, seed=seed)
    yield
    for mode in faults:
        mailbox.control("faults", mode=mode, rate=0)
    mailbox.control("limits", max_send_rate=500, latency_ms=0)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": before})


def test_workers_killed_in_the_middle_cost_nobody_a_mail_and_give_nobody_two(
    stack: LocalStack, organiser: Organiser, mailbox: Mailbox, trouble: None
) -> None:
    began, batch = time.monotonic(), Batch(organiser, mailbox)
    batch.invite()
    tick(stack, utc(datetime.now(UTC)))  # which also asks SES for its rate
    killed = sum(kill_when(stack, batch, accepted) for accepted in KILL_AT)
    wait_until(lambda: not {"waiting", "sending", "sent"} & batch.outcomes().keys(), "everybody's outcome", 300)
    wait_until(lambda: completed(stack, batch), "the end of the batch", 120)
    states, mails, outcomes = batch.states(), batch.mails(), batch.outcomes()
    unknown = {person for person, state in states.items() if state == "unknown"}
    strange = len(unknown & mails.keys())
    print(f"\n{len(states)} people, {mails.total()} mails, {len(unknown)} unknown, {strange} of them with a mail;")
    print(f"{killed} workers killed in {len(KILL_AT)} raids; {time.monotonic() - began:.0f} s")
    assert killed >= len(KILL_AT)
    assert len(states) == PEOPLE
    assert set(mails.values()) == {1}, "nobody has two"
    assert states.keys() == mails.keys() | unknown, "nobody is missing"
    assert sum(outcomes.values()) == PEOPLE and outcomes.keys() <= {"delivered", "unknown"}


def test_a_dead_letter_is_shown_and_put_back_to_work(stack: LocalStack, organiser: Organiser) -> None:
    described = stack.client("cloudformation").describe_stack_resource(
        StackName=STACK, LogicalResourceId="DeliveryDeadLetters"
    )
    dead, sqs = described["StackResourceDetail"]["PhysicalResourceId"], stack.client("sqs")
    event = f"killed-{uuid.uuid4().hex[:8]}"
    assert organiser.call("PUT", f"/events/{event}", symposium(DAY)).status == 201
    # a batch that there is not: the worker that gets the letter has nothing to do
    work = {"event": event, "kind": "invitation", "occurrence": "1", "batch": "b", "plan_id": "p", "chunk": 3}
    sqs.send_message(QueueUrl=dead, MessageBody=json.dumps(work))
    for arguments, said in ((["--dry-run"], "1 dead letters, left"), ([], "1 dead letters, moved"), ([], "No dead")):
        told = redrive(stack, *arguments)
        assert said in told
        assert (f"DeliveryQueue: invitation of event {event}, batch b, chunk 3" in told) == ("No dead" not in said)


def completed(stack: LocalStack, batch: Batch) -> bool:
    """After a look of the clock, which finds that every chunk is done."""
    tick(stack, utc(datetime.now(UTC)))
    return bool(batch.call("GET", f"/batches/{batch.id}")["state"] == "complete")


def redrive(stack: LocalStack, *arguments: str) -> str:
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
    command = [sys.executable, "-m", "infra.redrive", "--stack", STACK, "--endpoint-url", stack.aws, *arguments]
    return subprocess.run(command, env={**os.environ, **keys}, check=True, capture_output=True, text=True).stdout


def kill_when(stack: LocalStack, batch: Batch, accepted: int) -> int:
    """Kill every worker of the function once SES accepted so many mails; how many were killed."""
    wait_until(lambda: batch.mails().total() >= accepted, f"mail number {accepted}", 120)
    pids = workers(stack)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return len(pids)


def workers(stack: LocalStack) -> list[int]:
    """The processes in which the emulator runs the function that sends batches: its children, by their command line."""
    mark = f"ministack-lambda-{stack.outputs['DeliverName']}-"
    command = ["ps", "-axww", "-o", "pid=,ppid=,command="]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = [line.split(None, 2) for line in listed.splitlines() if mark in line]
    return [int(pid) for pid, parent, _ in found if int(parent) == HOME.pid("ministack")]
