"""One line of the ledger under every order of what workers, SES, the clock and organisers do.

Nothing moves it where ``FOLLOWS`` does not allow, nobody is mailed twice unless the policy says again, and what
SES told for good is never lost.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from moto import mock_aws
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models.dynamo_type import DynamoType

from chalicelib.adapters.store.ledger import Ledger
from chalicelib.adapters.store.table import Table
from chalicelib.domain.delivery import FOLLOWS, GIVEN_UP, LEASE, MAX_ATTEMPTS, Delivery, State
from chalicelib.domain.event import Kind
from tests.faults.gate import boto
from tests.shelf import NOW, REGION, SETTINGS, table_definition

WORKER = timedelta(seconds=60)
"""What a worker's invocation may take: no claim is in living hands for longer."""

TOLD: tuple[State, ...] = ("sent", "delivered", "bounced", "complained", "failed")
FINAL: frozenset[State] = frozenset({"delivered", "bounced", "complained"})
ANSWERS = st.sampled_from(["sent", "unknown", "failed", "throttled", "died"])
SECONDS = st.sampled_from([1, LEASE.seconds + 1, 301])
BATCHES = st.sampled_from(["one", "two"])


@dataclass(frozen=True)
class Worker:
    """Between its claim and its record."""

    line: Delivery
    began: datetime


class Line(RuleBasedStateMachine):
    kind: Kind
    again: bool
    claimed = Bundle("claimed")
    answered = Bundle("answered")

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(Table(boto("dynamodb"), SETTINGS["TABLE"]))
        self.now = NOW
        self.begin()

    def begin(self) -> None:
        self.who = secrets.token_hex(8)
        self.reference = (self.who, self.kind, "1")
        self.before: Delivery | None = None
        self.allowed: set[State | None] = set()
        self.every: list[str] = []
        """Messages that SES took."""
        self.standing: list[str] = []
        """Those of which nobody said that they failed."""
        self.told: State | None = None

    # workers

    @rule(target=claimed, batch=BATCHES)
    def claims(self, batch: str) -> Any:
        worker = self.claim(batch)
        return worker or multiple()

    @rule(target=answered, worker=consumes(claimed), how=ANSWERS, took=st.booleans(), late=st.booleans())
    def asks_ses(self, worker: Worker, how: str, took: bool, late: bool) -> Any:
        return self.ask(worker, how, took, late)

    @rule(target=answered, batch=BATCHES, how=ANSWERS, took=st.booleans(), late=st.booleans(), after=SECONDS)
    def claims_and_asks_ses(self, batch: str, how: str, took: bool, late: bool, after: int) -> Any:
        self.now += timedelta(seconds=after)
        worker = self.claim(batch)
        self.holds()
        return self.ask(worker, how, took, late) if worker else multiple()

    @rule(answer=consumes(answered))
    def the_worker_records(self, answer: Any) -> None:
        self.record(answer)

    @rule(answer=consumes(answered))
    def the_worker_dies_before_it_records(self, answer: Any) -> None:
        pass

    @rule(batch=BATCHES, state=st.sampled_from(["skipped", "failed"]), by_chance=st.integers(0, 9))
    def is_given_up(self, batch: str, state: State, by_chance: int) -> None:
        """Somebody unsubscribed meanwhile, or the mail cannot be written: seldom, because little follows it."""
        if by_chance == 9:
            dead = self.before and self.before.may_be_taken_over(self.now)
            self.may("unknown" if dead else state)
            give_up = self.ledger.skip if state == "skipped" else self.ledger.fail
            give_up(self.delivery(batch), "unsubscribed", self.now)

    # SES, time, organisers

    @precondition(lambda self: self.every)
    @rule(data=st.data(), state=st.sampled_from(TOLD))
    def ses_tells(self, data: Any, state: State) -> None:
        self.may(state)
        unless = frozenset[State]({"bounced"} if state == "failed" else ())  # as record_mail_event has it for a Reject
        message = data.draw(st.sampled_from(self.every))
        told = self.ledger.record_event(self.reference, state, message, {}, unless=unless)
        if told and state in FINAL:
            self.told = state

    @precondition(lambda self: self.before and self.before.state not in ("sending", "unknown"))
    @rule()
    def somebody_else_is_next(self) -> None:
        """Little happens any more to a line that is settled."""
        self.begin()

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.before and self.before.state == "unknown")
    @rule(state=st.sampled_from(["sent", "failed"]))
    def an_organiser_decides(self, state: State) -> None:
        if self.ledger.decide(self.reference, state, "the ministry has it", self.now):
            assert self.before and self.before.state == "unknown"
            self.may(state)

    # what holds

    @invariant()
    def holds(self) -> None:
        line, before = self.line(), self.before
        was, now = before.state if before else None, line.state if line else None
        anew = bool(before and line and before.batch != line.batch)
        if was != now or anew:
            assert now in self.allowed, f"{was} became {now}"
            if line is None:
                assert was == "sending"
            elif was is None or was in GIVEN_UP:
                assert now in ("sending", "skipped", "failed")
                assert was is None or anew, "a batch began again what it had given up itself"
            elif now == "sending":
                assert was in ("unknown", "sending") and self.again
            else:
                assert was in FOLLOWS[line.state], f"{was} became {now}"
        if now == "failed" and was != "failed":
            self.standing.clear()
        self.before = line
        self.allowed.clear()
        assert len(self.standing) <= (MAX_ATTEMPTS if self.again else 1), f"mailed {len(self.standing)} times"
        assert not self.standing or (line and line.state != "skipped"), "a mail that SES took is forgotten"
        assert not self.told or (line and (line.state == self.told or self.told in FOLLOWS[line.state]))

    # helpers

    def claim(self, batch: str) -> Worker | None:
        standing = self.before
        mine, line = self.ledger.claim(self.delivery(batch), self.now, again=self.again)
        if not mine:
            self.may("unknown" if standing and standing.may_be_taken_over(self.now) else None)
            return None
        anew = standing is None or (standing.state in GIVEN_UP and standing.batch not in ("", line.batch))
        unknown = standing is not None and (
            standing.may_be_sent_again(self.now)
            or (standing.may_be_taken_over(self.now) and standing.attempts < MAX_ATTEMPTS)
        )
        assert anew or (self.again and unknown), f"claimed over {standing}"
        self.may("sending", line.state)
        return Worker(line, self.now)

    def ask(self, worker: Worker, how: str, took: bool, late: bool) -> Any:
        """``took``: SES has the mail, though the worker does not hear of it. ``late``: something comes in between."""
        if not self.lives(worker):
            return multiple()
        if how == "throttled":
            self.ledger.release(worker.line)
            self.may(None, "unknown")
            return multiple()
        message = self.taken() if how == "sent" or (took and how in ("unknown", "died")) else ""
        if how == "died":
            return multiple()
        answer = (worker, how, message if how == "sent" else "")
        self.holds()
        return answer if late else self.record(answer)

    def record(self, answer: Any) -> Any:
        worker, state, message = answer
        if self.lives(worker):
            facts = {"message_id": message} if message else {"reason": "said SES"}
            if self.ledger.settle(worker.line, state, **facts):
                self.may(state)
        return multiple()

    def delivery(self, batch: str) -> Delivery:
        named = batch if self.kind == "invitation" else ""
        return Delivery(invitee=self.who, event="e", kind=self.kind, occurrence="1", state="sending", batch=named)

    def line(self) -> Delivery | None:
        items = get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][REGION].tables[SETTINGS["TABLE"]].items
        of_person = items.get(DynamoType({"S": f"INVITEE#{self.who}"}), {})
        stored = of_person.get(DynamoType({"S": f"DELIVERY#{self.kind}#1"}))
        if stored is None:
            return None
        facts = {name: next(iter(value.values())) for name, value in stored.to_json()["Attributes"].items()}
        return Delivery.model_validate({name: facts[name] for name in Delivery.model_fields if name in facts})

    def may(self, *states: State | None) -> None:
        """What this step may make of the line."""
        self.allowed.update(states)

    def lives(self, worker: Worker) -> bool:
        return self.now - worker.began < WORKER and worker.line.invitee == self.who

    def taken(self) -> str:
        message = f"message {len(self.every)}"
        self.every.append(message)
        self.standing.append(message)
        return message


class Invitation(Line):
    """An unknown one waits for an organiser."""

    kind, again = "invitation", False


class Confirmation(Line):
    """An unknown one goes out once more."""

    kind, again = "confirmation", True


LONG = settings(max_examples=120, stateful_step_count=50, deadline=None, print_blob=True)


@pytest.mark.parametrize("machine", [Invitation, Confirmation], ids=["waits", "goes once more"])
def test_a_line_of_the_ledger(machine: type[Line]) -> None:
    with mock_aws():
        boto("dynamodb").create_table(**table_definition())
        run_state_machine_as_test(machine, settings=LONG)
