"""A person's whole file: one Query, and what is known of the address."""

from datetime import timedelta

import pytest

from chalicelib.domain.errors import NotFound
from chalicelib.domain.history import Suppression
from chalicelib.domain.invitee import Invitee
from chalicelib.usecases.read_person import Read, read_person
from tests.shelf import NOW, Shelf
from tests.usecases.steps import answer, invite_all, register, told, work_off


@pytest.fixture
def clara(shelf: Shelf) -> Invitee:
    shelf.publish()
    return shelf.invite("clara")[0]


def read(shelf: Shelf, invitee: str, event: str = "symposium") -> Read:
    return read_person(shelf.invitees, shelf.addresses, shelf.links, event, invitee)


def test_every_mail_and_everything_that_happened_newest_first(shelf: Shelf, clara: Invitee) -> None:
    invite_all(shelf)
    told(shelf, shelf.told(shelf.ses.messages()[0].id, "Delivery"))
    shelf.clock.pass_(hours=1)
    answer(shelf, clara, "tentative")
    shelf.clock.pass_(hours=1)
    register(shelf, clara)
    work_off(shelf)
    shelf.clock.pass_(hours=1)
    told(shelf, shelf.told(shelf.ses.messages()[-1].id, "Complaint", "complaint"))
    found = read(shelf, clara.id)
    assert found.file.person == shelf.file(clara)
    assert [(line.kind, line.state) for line in found.file.deliveries] == [
        ("confirmation", "complained"), ("invitation", "delivered"),
    ]  # fmt: skip
    assert [(entry.at - NOW, entry.what) for entry in found.file.timeline] == [
        (timedelta(hours=3), "suppressed"), (timedelta(hours=2), "registered"), (timedelta(hours=1), "answered"),
    ]  # fmt: skip
    assert found.suppression == Suppression(reason="complaint", at=NOW + timedelta(hours=3))


def test_a_file_costs_one_query_and_one_look_at_the_address(shelf: Shelf, clara: Invitee) -> None:
    calls: list[str] = []
    shelf.dynamodb.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name), "count")
    read(shelf, clara.id)
    shelf.dynamodb.meta.events.unregister("before-call.dynamodb", unique_id="count")
    assert calls == ["Query", "BatchGetItem"]


@pytest.mark.parametrize("invitee", ["nobody", "", "x" * 3000, "a#b", "CLARA"])
def test_nobody_is_not_found_whatever_the_name(shelf: Shelf, clara: Invitee, invitee: str) -> None:
    with pytest.raises(NotFound):
        read(shelf, invitee)


def test_a_person_of_another_event_is_not_found(shelf: Shelf, clara: Invitee) -> None:
    shelf.publish("forum")
    with pytest.raises(NotFound):
        read(shelf, clara.id, "forum")
