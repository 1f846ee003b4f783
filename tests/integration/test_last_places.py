"""More people than places, at once, on the deployed stack: never one too many, nobody lost, the line in its order."""

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from infra.local.actors import Mailbox, Organiser, Participant, personal_link, tick, wait_until
from infra.local.stack import LocalStack
from tests.deployed import symposium

pytestmark = pytest.mark.integration

PLACES, PEOPLE = 5, 12
LINE = {"offer_hours": 48, "until": {"days_before": 1, "at": "18:00"}}


def test_twelve_people_at_five_places_at_once_and_two_who_go(
    stack: LocalStack, organiser: Organiser, mailbox: Mailbox
) -> None:
    event, day = f"places-{uuid.uuid4().hex[:8]}", date.today() + timedelta(days=30)
    document = {**symposium(day.isoformat()), "capacity": PLACES, "waitlist": LINE}
    assert organiser.call("PUT", f"/events/{event}", document).status == 201
    people = [{"email": f"{event}-{n}@example.org", "name": f"Person {n}"} for n in range(PEOPLE)]
    assert organiser.call("POST", f"/events/{event}/invitees", people).status == 200
    batch = organiser.call("POST", f"/events/{event}/batches", {"kind": "invitation"}, idempotency_key="1").json
    assert organiser.approve(event, batch).status == 200
    wait_until(lambda: len(mailbox.messages(event=event, kind="invitation")) == PEOPLE, "the invitations")
    mails = mailbox.messages(event=event, kind="invitation")
    guests = [Participant(personal_link(mailbox.read(one["id"]), stack.web)) for one in mails]

    def come(guest: Participant) -> int:
        return guest.register("Somebody", "Ministry", ["session-1"]).status

    with ThreadPoolExecutor(PEOPLE) as at_once:
        assert set(at_once.map(come, guests)) == {303}
    registered, waiting = stands(organiser, event)
    assert (registered, len(waiting)) == (PLACES, PEOPLE - PLACES)
    assert waiting == sorted(set(waiting)), "everybody has a number of their own"

    inside = [guest for guest in guests if "/confirmation" in guest.get().text]
    assert len(inside) == PLACES
    outside = [guest for guest in guests if guest not in inside]
    with ThreadPoolExecutor(4) as at_once:  # two go while two of those who wait give up
        left = [at_once.submit(one.answer, "declined") for one in inside[:2]]
        gave_up = [at_once.submit(one.post, "/place", {"action": "give-up"}) for one in outside[:2]]
        assert {one.result().status for one in (*left, *gave_up)} == {303}
    tick(stack, f"{date.today() + timedelta(days=1)}T09:00:00Z")
    requests = organiser.call("GET", f"/events/{event}/places").json["requests"]
    states = Counter(one["state"] for one in requests if one["state"] in ("offered", "waiting"))
    assert states == {"offered": 2, "waiting": PEOPLE - PLACES - 4}
    offered = [one["number"] for one in requests if one["state"] == "offered"]
    assert max(offered) < min(one["number"] for one in requests if one["state"] == "waiting")
    assert stands(organiser, event)[0] == PLACES - 2


def stands(organiser: Organiser, event: str) -> tuple[int, list[int]]:
    """How many are registered, and the numbers of those who wait."""
    said = organiser.call("GET", f"/events/{event}/places").json
    listed = organiser.call("GET", f"/events/{event}/registrations").json["registrations"]
    [taken] = [one["taken"] for one in said["places"] if one["of"] == "event"]
    waiting = [one["number"] for one in said["requests"] if one["state"] == "waiting"]
    assert len(listed) <= taken <= PLACES
    return len(listed), waiting
