"""What a registration asks of AWS: counted, because it decides how many a second there may be."""

from collections import Counter
from typing import Any

import pytest
from botocore.client import BaseClient

from chalicelib.domain.invitee import Invitee
from tests.handlers.conftest import Web
from tests.shelf import FORM, NOW
from tests.usecases.steps import answer, tick
from tests.usecases.test_places import LINE, MINUTE, counts, sessions, state

Call = tuple[str, dict[str, Any]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """Every call of every client."""
    made: list[Call] = []
    before = BaseClient._make_api_call

    def counted(self: Any, operation: str, arguments: dict[str, Any]) -> Any:
        made.append((operation, arguments))
        return before(self, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    return made


def partitions(made: list[Call]) -> Counter[str]:
    """Items written by partition: of a person's own ``INVITEE#``, of all others by their key."""
    written: Counter[str] = Counter()
    for operation, arguments in made:
        for item in arguments["TransactItems"] if operation == "TransactWriteItems" else []:
            [[kind, write]] = item.items()
            key = write["Item" if kind == "Put" else "Key"]["PK"]["S"]
            written["INVITEE#" if key.startswith("INVITEE#") else key] += 1
    return written


def shared(made: list[Call]) -> list[tuple[str, int]]:
    """Of each partition that people share, its kind and the items written to it: two of a kind are two entries."""
    return sorted((key.partition("#")[0], count) for key, count in partitions(made).items() if key != "INVITEE#")


@pytest.fixture
def people(web: Web) -> list[Invitee]:
    """An event with places of every kind and the container warm: anna is registered."""
    web.shelf.publish(capacity=2, sessions=sessions(session_1=2), category_capacity={"un": 2}, waitlist=LINE)
    anna, boris, clara = web.shelf.invite("anna", "boris", "clara", category="un")
    assert web.form(web.link(anna, "/registration"), FORM).status_code == 303
    return [anna, boris, clara]


def test_a_registration_is_four_calls_and_writes_one_item_of_each_shared_partition(
    web: Web, people: list[Invitee], calls: list[Call]
) -> None:
    _, boris, _ = people
    calls.clear()
    assert web.form(web.link(boris, "/registration"), FORM).status_code == 303
    assert [name for name, _ in calls] == ["Query", "BatchGetItem", "TransactWriteItems", "SendMessageBatch"]
    assert shared(calls) == [("DUE", 1), ("EVENT", 1), ("LIMIT", 1)]


def test_a_registration_carries_the_reminder_that_it_comes_too_late_for_in_the_same_calls(
    web: Web, people: list[Invitee], calls: list[Call]
) -> None:
    web.shelf.publish(capacity=2, reminders=[{"id": "month", "before_minutes": 30 * 24 * 60}])
    web.get(web.link(people[1]))  # the container has read the new version
    calls.clear()
    assert web.form(web.link(people[1], "/registration"), FORM).status_code == 303
    assert [name for name, _ in calls] == ONE_MAIL
    stored = Counter(name for name, count in shared(calls) for _ in range(count))
    assert stored == {"DUE": 2, "EVENT": 1, "LIMIT": 1}


def test_texts_that_it_comes_too_late_for_go_in_the_same_calls(
    web: Web, people: list[Invitee], calls: list[Call]
) -> None:
    month = 30 * 24 * 60
    texts = [{"id": f"own-{n}", "before_minutes": month + n, "text": {"en": f"Bring {n}"}} for n in range(3)]
    web.shelf.publish(capacity=2, reminders=[*texts, {"id": "month", "before_minutes": month}])
    web.get(web.link(people[1]))  # the container has read the new version
    calls.clear()
    assert web.form(web.link(people[1], "/registration"), FORM).status_code == 303
    assert [name for name, _ in calls] == ONE_MAIL
    stored = Counter(name for name, count in shared(calls) for _ in range(count))
    assert stored == {"DUE": 5, "EVENT": 1, "LIMIT": 1}


def test_joining_the_waitlist_is_one_call_more_and_no_shared_partition_has_more_than_two_items(
    web: Web, people: list[Invitee], calls: list[Call]
) -> None:
    _, boris, clara = people
    web.form(web.link(boris, "/registration"), FORM)
    calls.clear()
    web.form(web.link(clara, "/registration"), FORM)
    made, stored = [name for name, _ in calls], partitions(calls[3:])
    assert state(web.shelf, clara) == "waiting"
    assert made == ["Query", "BatchGetItem", "TransactWriteItems", "TransactWriteItems", "SendMessageBatch"]
    assert max(count for name, count in stored.items() if name != "INVITEE#") <= 2


def test_looking_at_a_page_is_two_reads_and_writes_nothing(web: Web, people: list[Invitee], calls: list[Call]) -> None:
    calls.clear()
    web.get(web.link(people[0]))
    assert [name for name, _ in calls] == ["Query", "BatchGetItem"]


ONE_MAIL = ["Query", "BatchGetItem", "TransactWriteItems", "SendMessageBatch"]


def test_a_change_that_frees_a_place_is_four_calls_too_and_tells_the_clock(
    web: Web, people: list[Invitee], calls: list[Call]
) -> None:
    calls.clear()
    assert web.form(web.link(people[0], "/registration"), {**FORM, "sessions": ["session-2"]}).status_code == 303
    assert counts(web.shelf) == {"t_event": 1, "t_session__session_2": 1, "t_category__un": 1}
    assert [name for name, _ in calls] == ONE_MAIL
    assert shared(calls) == [("DUE", 2), ("EVENT", 1), ("LIMIT", 1)]


def test_declining_gives_the_places_back_in_the_same_transaction(
    web: Web, people: list[Invitee], calls: list[Call]
) -> None:
    calls.clear()
    assert web.form(web.link(people[0], "/answer"), {"answer": "declined"}).status_code == 303
    assert counts(web.shelf) == {}
    assert [name for name, _ in calls] == ONE_MAIL
    assert shared(calls) == [("DUE", 1), ("DUE", 1), ("EVENT", 1), ("LIMIT", 1)]


def test_accepting_an_offer_touches_no_counter_of_the_event(web: Web, people: list[Invitee], calls: list[Call]) -> None:
    anna, boris, clara = people
    for one in (boris, clara):
        web.form(web.link(one, "/registration"), FORM)
    answer(web.shelf, anna, "declined")
    tick(web.shelf, NOW + MINUTE)
    assert state(web.shelf, clara) == "offered"
    calls.clear()
    assert web.form(web.link(clara, "/place"), {"action": "accept"}).status_code == 303
    assert [name for name, _ in calls] == ONE_MAIL
    assert shared(calls) == [("DUE", 1), ("LIMIT", 1)]
    assert state(web.shelf, clara) == "registered"


def test_an_approval_is_one_transaction_with_its_line_of_the_audit_log(
    web: Web, people: list[Invitee], calls: list[Call]
) -> None:
    boris = people[1]
    web.shelf.publish(capacity=2, sessions=sessions(session_1=2), category_capacity={"un": 2}, approval=True)
    web.form(web.link(boris, "/registration"), FORM)
    calls.clear()
    assert web.api("POST", f"/symposium/invitees/{boris.id}/request/approve", {}).json_body["state"] == "registered"
    assert [name for name, _ in calls] == ["GetItem", "Query", "TransactWriteItems", "SendMessageBatch"]
    assert shared(calls) == [("DUE", 1), ("EVENT", 2)]
