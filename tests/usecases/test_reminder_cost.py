"""What a tick asks of the table: it grows with what is due, not with how many people, rules and events there are."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.client import BaseClient

from chalicelib.domain.batch import CHUNK
from chalicelib.usecases.plan_batch import plan_batch
from tests.performance import memory_aws
from tests.shelf import STARTS, Shelf
from tests.usecases.steps import register, tick, work_off

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
START = STARTS["session-1"]
Counts = Counter[str]
Counting = Callable[[Callable[[], Any]], Counts]


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    """Calls by their name, and the items of the table that they read and wrote."""
    made, before = Counts(), BaseClient._make_api_call

    def counted(self: Any, operation: str, arguments: dict[str, Any]) -> Any:
        answer = before(self, operation, arguments)
        if self.meta.service_model.service_name == "dynamodb":
            made[operation] += 1
            made["read"] += len(answer.get("Items", [])) + ("Item" in answer)
            made["read"] += sum(len(items) for items in answer.get("Responses", {}).values())
            made["written"] += len(arguments.get("TransactItems", [])) + ("Item" in arguments)
            made["written"] += operation in ("UpdateItem", "DeleteItem")
            made["written"] += sum(len(items) for items in arguments.get("RequestItems", {}).values()
                                   if operation == "BatchWriteItem")  # fmt: skip
        return answer

    def of(do: Callable[[], Any]) -> Counts:
        made.clear()
        do()
        return +made

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    return of


def rules(count: int, due: int) -> list[dict[str, Any]]:
    """``due`` of them an hour before the first session, and the others at other minutes after that."""
    hour = [{"id": f"due{n}", "before_minutes": 60} for n in range(due)]
    others = [{"id": f"r{n}", "before_minutes": n + 1} for n in range(count - due)]
    return [{**rule, "sessions": ["session-1"]} for rule in (*hour, *others)]


def fill(shelf: Shelf, people: int, registered: int, count: int, due: int = 1) -> None:
    """The first ones are registered for the first session; nothing else is to be done by the clock."""
    shelf.publish(reminders=rules(count, due), feedback=None)
    [one] = shelf.invite("one", category="un")
    register(shelf, one)
    work_off(shelf)
    shelf.ses.control.reset()
    if people > 1:
        memory_aws.multiply(people)
    if registered > 1:
        memory_aws.multiply_registrations(registered)


@pytest.mark.parametrize("people, count", [(1, 1), (10_000, 50)])
def test_a_tick_with_nothing_due_is_four_queries_that_find_nothing(
    shelf: Shelf, counting: Counting, people: int, count: int
) -> None:
    fill(shelf, people, people, count)
    idle = counting(lambda: tick(shelf, START - HOUR - MINUTE))
    assert idle == {"Query": 4}


def test_what_a_tick_costs_does_not_depend_on_who_is_invited_nor_on_the_rules_that_are_not_due(
    shelf: Shelf, counting: Counting
) -> None:
    fill(shelf, 10_000, 200, 50)
    many = counting(lambda: tick(shelf, START - HOUR))
    assert len(shelf.batches.all("symposium")) == 1
    assert many["read"] < 200 + 20, "the registrations, and a few items of the event and the clock"
    assert many["written"] < 200 // CHUNK + 10


@pytest.mark.parametrize("registered", [100, 200])
def test_a_tick_with_one_rule_due_grows_with_those_whom_it_is_for(
    shelf: Shelf, counting: Counting, registered: int
) -> None:
    fill(shelf, registered, registered, 1)
    costs = counting(lambda: tick(shelf, START - HOUR))
    fixed = costs - Counter(read=registered, written=registered // CHUNK)
    assert (fixed["read"], fixed["written"]) == (7, 6)


def test_three_rules_that_are_due_cost_three_times_what_one_costs(shelf: Shelf, counting: Counting) -> None:
    fill(shelf, 100, 100, 50, due=3)
    costs = counting(lambda: tick(shelf, START - HOUR))
    assert 300 <= costs["read"] <= 3 * (100 + 7)
    assert 3 * 4 <= costs["written"] <= 3 * (4 + 6)


def test_of_more_than_two_thousand_the_desk_looks_at_each_once_and_not_the_tick(
    shelf: Shelf, counting: Counting
) -> None:
    fill(shelf, 3_000, 3_000, 50)
    costs = counting(lambda: tick(shelf, START - HOUR))
    assert costs["read"] < 3_000
    [job] = shelf.take_jobs()
    planned = counting(lambda: plan_batch(shelf.desk, job.event, job.id, START - HOUR))
    [batch] = shelf.batches.all("symposium")
    assert (batch.state, batch.plan.to_send, batch.chunks) == ("sending", 3_000, 3_000 // CHUNK)
    assert planned["read"] < 3_000 + 20
    assert planned["written"] < 3_000 // CHUNK + 20


def test_quiet_hours_read_each_profile_once_and_a_plain_rule_none(shelf: Shelf, counting: Counting) -> None:
    fill(shelf, 100, 100, 1)
    night = {"starts": "21:00", "ends": "06:00"}
    shelf.publish(reminders=rules(2, 1), feedback=None, quiet_hours=night)
    costs = counting(lambda: tick(shelf, START - HOUR))
    assert 2 * 100 <= costs["read"] < 2 * 100 + 20
