"""Round after round of a few people at fewer places, at once, on the deployed stack; each seed is another round.

By default as many rounds as fit into a minute; CONVOKE_SEEDS=300 plays so many.
"""

import os
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count, islice, takewhile
from random import Random
from typing import Any

import pytest

from chalicelib.adapters.links import Links, keys_from_secret, secret_string
from chalicelib.adapters.store.limits import counted
from chalicelib.adapters.store.table import Update
from chalicelib.domain.invitee import Invitee
from infra.local.actors import Organiser, Participant, tick
from infra.local.stack import STACK, LocalStack
from tests.deployed import symposium

pytestmark = pytest.mark.integration

SEEDS, SECONDS = int(os.environ.get("CONVOKE_SEEDS", "0")), 60
TOGETHER = 4
"""Rounds between two looks of the clock."""

SESSIONS = ("session-1", "session-2")
LINE = {"offer_hours": 48, "until": {"days_before": 1, "at": "18:00"}}
STEPS = ("come", "come", "decline", "give up")
AFTER = {
    "come": ("registered", "waiting", "offered"),
    "decline": ("nowhere",),
    "give up": ("nowhere", "registered"),
}
"""Where somebody may stand after their last step: who gives up what they waited for keeps what they had."""


@dataclass
class Round:
    """``places`` are all that there are, ``seats`` those in the first session; ``steps`` is what each person does."""

    seed: int
    places: int
    seats: int
    steps: list[list[tuple[str, str]]]
    event: str = field(default_factory=lambda: f"round-{uuid.uuid4().hex[:10]}")
    guests: dict[str, Participant] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)

    @classmethod
    def drawn(cls, seed: int) -> "Round":
        """Everybody comes first; then some choose another session, decline, give up, or come again."""
        random = Random(seed)

        def one(*what: str) -> list[tuple[str, str]]:
            return [(step, random.choice(SESSIONS)) for step in what]

        people = random.randint(4, 7)
        steps = [one("come", *random.choices(STEPS, k=random.choice([0, 1, 1, 2]))) for _ in range(people)]
        return cls(seed, random.randint(1, 3), random.randint(1, 2), steps)


def test_seeds_of_people_at_the_last_places(stack: LocalStack, organiser: Organiser) -> None:
    links, began, stood = links_of(stack), time.monotonic(), Counter[str]()
    while some := list(islice(rounds(began, stood["rounds"]), TOGETHER)):
        for one in some:
            invite(one, organiser, links)
            forget_where_they_come_from(stack, links)
            everybody_at_once(one)
            holds(one, organiser)
        for minute in (1, 2):
            tick(stack, f"{datetime.now(UTC) + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}")
        for one in some:
            stood += holds(one, organiser, looked=True)
        stood["rounds"] += len(some)
        print(f"{dict(stood)} in {time.monotonic() - began:.0f} seconds")
    assert stood["rounds"] >= max(SEEDS, TOGETHER)
    assert min(stood["registered"], stood["waiting"], stood["nowhere"]) > 0


def rounds(began: float, played: int) -> Iterator[Round]:
    in_time = takewhile(lambda seed: time.monotonic() < began + SECONDS, count(played))
    return map(Round.drawn, range(played, SEEDS) if SEEDS else in_time)


def links_of(stack: LocalStack) -> Links:
    """Links as they stand in mails, without waiting for these."""

    def secret(name: str) -> str:
        found = stack.client("cloudformation").describe_stack_resource(StackName=STACK, LogicalResourceId=name)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    secrets = stack.client("secretsmanager")
    return Links(
        lambda: keys_from_secret(secrets, secret("LinkKeys")), stack.web,
        lambda: secret_string(secrets, secret("AddressKey")),
    )  # fmt: skip


def invite(one: Round, organiser: Organiser, links: Links) -> None:
    document = symposium((date.today() + timedelta(days=30)).isoformat())
    seats = {SESSIONS[0]: one.seats}
    sessions = [{**session, "capacity": seats.get(session["id"])} for session in document["sessions"]]
    changes = {"capacity": one.places, "sessions": sessions, "waitlist": LINE, "attachments": {}, "reminders": []}
    assert organiser.call("PUT", f"/events/{one.event}", {**document, **changes}).status == 201
    people = [{"email": f"{one.event}-{n}@example.org", "name": f"Person {n}"} for n in range(len(one.steps))]
    assert organiser.call("POST", f"/events/{one.event}/invitees", people).status == 200
    for said in organiser.call("GET", f"/events/{one.event}/invitees").json["invitees"]:
        known = Invitee(id=said["id"], event=one.event, **{name: said[name] for name in ("email", "name")},
                        language="en", time_zone="Europe/Vienna")  # fmt: skip
        one.guests[known.id] = Participant(links.url(known))


def forget_where_they_come_from(stack: LocalStack, links: Links) -> None:
    """All of them come from one network address, which may change only so much in an hour."""
    mine = counted("", links.address_hash("127.0.0.1"), datetime.now(UTC))[-1]
    assert isinstance(mine, Update)
    pk, sk = mine.key
    stack.client("dynamodb").delete_item(TableName=stack.outputs["TableName"], Key={"PK": {"S": pk}, "SK": {"S": sk}})


def everybody_at_once(one: Round) -> None:
    with ThreadPoolExecutor(len(one.guests)) as at_once:
        list(at_once.map(does, one.guests.values(), one.steps))
    one.last = {invitee: steps[-1][0] for invitee, steps in zip(one.guests, one.steps, strict=True)}


def does(guest: Participant, steps: list[tuple[str, str]]) -> None:
    """One step after the other, each tried again when the page says that others were quicker."""
    for step, session in steps:
        for _ in range(8):
            if step == "come":
                answer = guest.register("Somebody", "Ministry", [session])
            elif step == "decline":
                answer = guest.answer("declined")
            else:
                answer = guest.post("/place", {"action": "give-up"})
            if answer.status != 409:
                break
        assert answer.status == 303, (step, answer.status, answer.text)


@dataclass(frozen=True)
class Stands:
    """What the API says of an event: registrations and requests by person, of each limit how many are taken."""

    registered: dict[str, Any]
    requests: dict[str, Any]
    taken: dict[str, tuple[int, int]]

    @classmethod
    def of(cls, event: str, organiser: Organiser) -> "Stands":
        said = organiser.call("GET", f"/events/{event}/places").json
        listed = organiser.call("GET", f"/events/{event}/registrations").json["registrations"]
        limited = [line for line in said["places"] if line["capacity"] is not None]
        return cls(
            registered={one["invitee"]: one for one in listed},
            requests={one["invitee"]: one for one in said["requests"]},
            taken={line["id"] or line["of"]: (line["taken"], line["capacity"]) for line in limited},
        )

    def where(self, invitee: str) -> str:
        if invitee in self.registered:
            return "registered"
        return str(self.requests[invitee]["state"]) if invitee in self.requests else "nowhere"

    @property
    def line(self) -> list[Any]:
        return sorted((one for one in self.requests.values() if one["state"] == "waiting"), key=lambda o: o["number"])


def holds(one: Round, organiser: Organiser, looked: bool = False) -> Counter[str]:
    """Never more than there are, and nobody is lost; when the clock has looked, the line is in order.

    Returns how many stand where, "nowhere" for who declined or gave up.
    """
    stands = Stands.of(one.event, organiser)
    about, seated = f"seed {one.seed}: {stands}", [person["sessions"] for person in stands.registered.values()]
    held = {"event": len(seated), SESSIONS[0]: sum(SESSIONS[0] in sessions for sessions in seated)}
    assert {name: most for name, (_, most) in stands.taken.items()} == {"event": one.places, SESSIONS[0]: one.seats}
    assert all(held[name] <= taken <= most for name, (taken, most) in stands.taken.items()), about
    for invitee, last in one.last.items():
        assert stands.where(invitee) in AFTER[last], f"{invitee} is lost after {last}; {about}"
    assert len({request["number"] for request in stands.requests.values()}) == len(stands.requests), about
    if looked:
        the_line_is_in_order(stands, about)
    return Counter(map(stands.where, one.guests))


def the_line_is_in_order(stands: Stands, about: str) -> None:
    """Whoever waits wants what is full, or what somebody before them waits for; nobody passed them who wants that."""
    before = {name for name, (taken, most) in stands.taken.items() if taken >= most}
    new = [one for one in stands.requests.values() if one["invitee"] not in stands.registered]
    for one in stands.line:
        had = {"event", *stands.registered.get(one["invitee"], {"sessions": []})["sessions"]}
        wants = {"event", *one["sessions"]} - (had if one not in new else set())
        assert wants & before, f"number {one['number']} waits for nothing; {about}"
        before |= wants
        passed = [other for other in new if other["state"] == "offered" and other["number"] > one["number"]]
        assert one not in new or all(other["sessions"] != one["sessions"] for other in passed), about
