"""Capacity: never more than there are, nobody lost, the waitlist in order."""

from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from chalicelib.adapters.queue import QueueFailed
from chalicelib.domain.errors import Closed, Conflict, Invalid
from chalicelib.domain.invitee import Invitee, Registration
from chalicelib.domain.places import PlaceRequest
from chalicelib.usecases import fill_places
from chalicelib.usecases.decide_request import approve_request, refuse_request
from chalicelib.usecases.read_places import read_places
from tests.shelf import NOW, Shelf, raw_document
from tests.usecases.steps import accept_place, answer, register, tick, work_off

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LINE = {"offer_hours": 24, "until": {"days_before": 3, "at": "18:00"}}
CUT_OFF = datetime.fromisoformat("2021-01-25T18:00:00+01:00")
NAMES = ("anna", "boris", "clara", "dora", "emil")


def sessions(**capacity: int) -> list[dict[str, Any]]:
    """The event's sessions, with a capacity for some: ``session_1=2``."""
    return [
        {**one, "capacity": capacity.get(one["id"].replace("-", "_"))} for one in raw_document()["sessions"]
    ]  # fmt: skip


def event_with(shelf: Shelf, *names: str, **changes: Any) -> list[Invitee]:
    shelf.publish(**{"waitlist": LINE, **changes})
    return shelf.invite(*(names or NAMES))


def state(shelf: Shelf, invitee: Invitee) -> str:
    file = shelf.file(invitee)
    registered = "registered" if file.registered else ""
    return " ".join(word for word in (registered, file.request.state if file.request else "") if word) or "none"


def counts(shelf: Shelf) -> dict[str, int]:
    """What SEATS says, without what is nought."""
    [item] = shelf.items("EVENT#symposium", "SEATS") or [{}]
    return {name: int(value["N"]) for name, value in item.items() if "N" in value and value["N"] != "0"}


def mailed(shelf: Shelf) -> list[str]:
    """Who was told what of their place, in the order of sending."""
    work_off(shelf)
    return [f"{one.destination[0].partition('@')[0]}: {one.subject}" for one in shelf.ses.messages(kind="place")]


def test_a_place_is_taken_and_given_back(shelf: Shelf) -> None:
    anna, *_ = event_with(shelf, capacity=2)
    register(shelf, anna, sessions=["session-1"])
    assert counts(shelf) == {"t_event": 1, "t_session__session_1": 1}
    register(shelf, anna, sessions=["session-2"])
    assert counts(shelf) == {"t_event": 1, "t_session__session_2": 1}
    answer(shelf, anna, "declined")
    answer(shelf, anna, "tentative")
    assert counts(shelf) == {}


def test_who_finds_everything_full_waits_in_order_and_is_offered_what_becomes_free(shelf: Shelf) -> None:
    anna, boris, clara, dora, _ = event_with(shelf, capacity=1)
    for one in (anna, boris, clara, dora):
        register(shelf, one)
    assert [state(shelf, one) for one in (anna, boris, clara)] == ["registered", "waiting", "waiting"]
    answer(shelf, boris, "declined")
    answer(shelf, anna, "declined")
    tick(shelf, NOW + MINUTE)
    assert [state(shelf, one) for one in (boris, clara, dora)] == ["none", "offered", "waiting"]
    accept_place(shelf, clara)
    assert state(shelf, clara) == "registered"
    assert counts(shelf) == {"t_event": 1, "t_session__session_1": 1, "w_event": 1, "last": 3}


def test_who_has_a_place_in_the_full_event_is_offered_the_session_that_becomes_free(shelf: Shelf) -> None:
    anna, boris, clara, *_ = event_with(shelf, capacity=2, sessions=sessions(session_1=1))
    register(shelf, anna, sessions=["session-1"])
    register(shelf, boris, sessions=["session-2"])
    register(shelf, boris, sessions=["session-1"])
    register(shelf, clara, sessions=["session-2"])
    assert [state(shelf, one) for one in (boris, clara)] == ["registered waiting", "waiting"]
    tick(shelf, NOW + MINUTE)
    register(shelf, anna, sessions=["session-2"])
    tick(shelf, NOW + 2 * MINUTE)
    assert [state(shelf, one) for one in (boris, clara)] == ["registered offered", "waiting"]
    accept_place(shelf, boris)
    assert counts(shelf) == {
        "t_event": 2, "t_session__session_1": 1, "t_session__session_2": 1, "w_event": 1, "last": 2}  # fmt: skip


def test_nobody_overtakes_those_who_wait(shelf: Shelf) -> None:
    anna, boris, clara, *_ = event_with(shelf, capacity=1)
    register(shelf, anna)
    register(shelf, boris)
    answer(shelf, anna, "declined")
    register(shelf, clara)
    tick(shelf, NOW + MINUTE)
    assert [state(shelf, one) for one in (boris, clara)] == ["offered", "waiting"]


def test_who_waits_for_one_session_does_not_hold_up_those_who_want_another(shelf: Shelf) -> None:
    anna, boris, clara, *_ = event_with(shelf, sessions=sessions(session_1=1), capacity=10)
    register(shelf, anna, sessions=["session-1"])
    register(shelf, boris, sessions=["session-1", "session-2"])
    register(shelf, clara, sessions=["session-2"])
    assert [state(shelf, one) for one in (boris, clara)] == ["waiting", "registered"]


def test_an_offer_that_nobody_accepts_goes_to_the_next(shelf: Shelf) -> None:
    anna, boris, clara, *_ = event_with(shelf, capacity=1)
    for one in (anna, boris, clara):
        register(shelf, one)
    answer(shelf, anna, "declined")
    tick(shelf, NOW + MINUTE)
    tick(shelf, NOW + MINUTE + 24 * HOUR)
    tick(shelf, NOW + 2 * MINUTE + 24 * HOUR)
    assert [state(shelf, one) for one in (boris, clara)] == ["expired", "offered"]
    with pytest.raises(Closed):
        accept_place(shelf, boris)
    register(shelf, boris)
    assert state(shelf, boris) == "waiting"


def test_after_the_cut_off_nothing_is_offered_and_nobody_may_wait(shelf: Shelf) -> None:
    anna, boris, clara, *_ = event_with(shelf, capacity=1)
    register(shelf, anna)
    register(shelf, boris)
    shelf.clock.time = CUT_OFF
    with pytest.raises(Invalid) as full:
        register(shelf, clara)
    assert [one.field for one in full.value.problems] == ["sessions"]
    answer(shelf, anna, "declined")
    tick(shelf, CUT_OFF + MINUTE)
    assert state(shelf, boris) == "closed"


def test_who_waits_is_told_when_the_waiting_list_ends_and_registers_like_anybody_else_then(shelf: Shelf) -> None:
    anna, boris, clara, *_ = event_with(shelf, sessions=sessions(session_1=1), capacity=10)
    register(shelf, anna, sessions=["session-1"])
    register(shelf, boris, sessions=["session-2"])
    for one in (boris, clara):
        register(shelf, one, sessions=["session-1"])
    shelf.clock.time = CUT_OFF - MINUTE
    tick(shelf, shelf.clock.time)
    assert [state(shelf, one) for one in (boris, clara)] == ["registered waiting", "waiting"]
    shelf.clock.time = CUT_OFF
    tick(shelf, CUT_OFF)
    assert [state(shelf, one) for one in (boris, clara)] == ["registered closed", "closed"]
    assert shelf.items("WAITLIST#") == [] and counts(shelf)["t_session__session_1"] == 1
    assert mailed(shelf)[-2:] == [f"{name}: No place became free for you: Symposium on Migration"
                                  for name in ("boris", "clara")]  # fmt: skip
    said = [" ".join(mail.get_body(("plain",)).get_content().split()) for mail in shelf.mails(kind="place")[-2:]]
    assert ["Your registration stays as it is." in one for one in said] == [True, False]
    assert ["You are not registered." in one for one in said] == [False, True]
    answer(shelf, anna, "declined")
    register(shelf, clara, sessions=["session-1"])
    assert state(shelf, clara) == "registered"


def test_one_tick_moves_a_part_of_a_long_line_and_the_next_ones_go_on_in_order(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fill_places, "AT_ONCE", 2)
    people = event_with(shelf, capacity=0)
    for one in people:
        register(shelf, one)
    shelf.publish(waitlist=LINE, capacity=3)
    seen = []
    for minute in (1, 2):
        tick(shelf, NOW + minute * MINUTE)
        seen.append([state(shelf, one)[0] for one in people])
    assert seen == [list("oowww"), list("oooww")]
    for minute in (0, 1):
        tick(shelf, CUT_OFF + minute * MINUTE)
    assert [state(shelf, one) for one in people[3:]] == ["closed", "closed"] and shelf.items("WAITLIST#") == []


@pytest.mark.parametrize("changes, after", [
    ({"waitlist": {"offer_hours": 24, "until": {"days_before": 1, "at": "18:00"}}}, "waiting"),
    ({"waitlist": None}, "closed"),
])  # fmt: skip
def test_a_waiting_list_ends_when_the_last_version_says_so(shelf: Shelf, changes: Any, after: str) -> None:
    anna, boris, *_ = event_with(shelf, capacity=1)
    register(shelf, anna)
    register(shelf, boris)
    shelf.publish(**{"waitlist": LINE, "capacity": 1, **changes})
    tick(shelf, CUT_OFF + MINUTE)
    assert state(shelf, boris) == after


def test_without_a_waitlist_full_is_full_and_nothing_is_stored(shelf: Shelf) -> None:
    anna, boris, *_ = event_with(shelf, capacity=1, waitlist=None)
    register(shelf, anna)
    before = shelf.items()
    with pytest.raises(Invalid):
        register(shelf, boris)
    assert shelf.items() == before


def test_who_is_registered_keeps_that_while_they_wait_for_more(shelf: Shelf) -> None:
    anna, boris, *_ = event_with(shelf, sessions=sessions(session_2=1))
    register(shelf, anna, sessions=["session-2"])
    register(shelf, boris, sessions=["session-1"])
    register(shelf, boris, sessions=["session-1", "session-2"])
    assert state(shelf, boris) == "registered waiting"
    assert shelf.file(boris).registered.sessions == ["session-1"]
    answer(shelf, anna, "declined")
    tick(shelf, NOW + MINUTE)
    accept_place(shelf, boris)
    assert (state(shelf, boris), shelf.file(boris).registered.sessions) == ("registered", ["session-1", "session-2"])
    assert counts(shelf) == {"t_event": 1, "t_session__session_1": 1, "t_session__session_2": 1, "last": 1}


def test_places_held_for_a_delegation_are_for_its_members_alone(shelf: Shelf) -> None:
    held = {"tajikistan": {"name": {"en": "Ministry of Tajikistan"}, "seats": 1, "held": True}}
    shelf.publish(capacity=2, delegations=held, waitlist=LINE)
    [minister, deputy] = shelf.invite("minister", "deputy", delegation="Ministry of Tajikistan")
    anna, boris = shelf.invite("anna", "boris")
    for one in (anna, boris, minister, deputy):
        register(shelf, one)
    assert [state(shelf, one) for one in (anna, boris, minister, deputy)] == [
        "registered", "waiting", "registered", "waiting"]  # fmt: skip


def test_a_category_has_places_of_its_own(shelf: Shelf) -> None:
    shelf.publish(category_capacity={"un": 1}, waitlist=LINE)
    anna, boris = shelf.invite("anna", "boris", category="un")
    [clara] = shelf.invite("clara", category="government")
    for one in (anna, boris, clara):
        register(shelf, one)
    assert [state(shelf, one) for one in (anna, boris, clara)] == ["registered", "waiting", "registered"]


def test_more_places_in_a_new_version_are_offered(shelf: Shelf) -> None:
    anna, boris, *_ = event_with(shelf, capacity=1)
    register(shelf, anna)
    register(shelf, boris)
    shelf.publish(capacity=2, waitlist=LINE)
    tick(shelf, NOW + MINUTE)
    assert state(shelf, boris) == "offered"


def test_the_same_form_while_waiting_changes_and_mails_nothing(shelf: Shelf) -> None:
    anna, boris, *_ = event_with(shelf, capacity=1)
    register(shelf, anna)
    register(shelf, boris)
    before = shelf.items()
    register(shelf, boris)
    assert shelf.items() == before


class Day:
    """A day on which many people do things at once, by a seed; ``holders`` is checked after each of them."""

    def __init__(self, shelf: Shelf, seed: int, places: int, people: int) -> None:
        self.shelf, self.random, self.places = shelf, Random(seed), places
        names = [f"p{seed}-{n}" for n in range(people)]
        self.people = event_with(shelf, *names, capacity=places, sessions=sessions(session_1=max(1, places - 1)))
        self.now = NOW
        self.offers: list[int] = []

    def step(self) -> None:
        one, do = self.random.choice(self.people), self.random.random()
        if do < 0.55:
            chosen = self.random.choice([["session-1"], ["session-2"], ["session-1", "session-2"]])
            self._tried(lambda: register(self.shelf, one, sessions=chosen))
        elif do < 0.7:
            answer(self.shelf, one, self.random.choice(["declined", "tentative"]))
        elif do < 0.85:
            self._tried(lambda: accept_place(self.shelf, one))
        else:
            self.now += self.random.choice([MINUTE, HOUR, 25 * HOUR])
            tick(self.shelf, self.now)
        self.check()

    def _tried(self, do: Any) -> None:
        try:
            do()
        except (Closed, Conflict, Invalid):
            return

    def check(self) -> None:
        """Counted anew from what people hold, the counters say the same, and there is no more than there are places."""
        taken, waiting = Counter[str](), Counter[str]()
        for item in self.shelf.items("INVITEE#"):
            named = {key: [one["S"] for one in item.get(key, {}).get("L", [])] for key in ("seats", "kept", "missing")}
            if item["SK"]["S"] == "REGISTRATION" and "withdrawn_at" not in item:
                taken.update(named["seats"])
            if item["SK"]["S"] == "REQUEST":
                taken.update(named["kept"])
                waiting.update(named["missing"] if item["state"]["S"] == "waiting" else [])
        found = counts(self.shelf)
        found.pop("last", None)
        expected = {f"t_{name}": count for name, count in taken.items()}
        assert found == expected | {f"w_{name}": count for name, count in waiting.items()}
        assert taken["event"] <= self.places and taken["session__session_1"] <= max(1, self.places - 1)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_people_do_the_counters_are_right_and_places_are_never_oversold(shelf: Shelf, seed: int) -> None:
    day = Day(shelf, seed, places=1 + seed % 3, people=6)
    for _ in range(40):
        day.step()


def test_an_organiser_is_asked_first_where_the_event_says_so(shelf: Shelf) -> None:
    shelf.publish(approval=["government"])
    [anna], [boris] = shelf.invite("anna", category="government"), shelf.invite("boris", category="un")
    asked, stands = register(shelf, anna), register(shelf, boris)
    assert isinstance(asked, PlaceRequest) and not isinstance(stands, PlaceRequest)
    assert isinstance(stands, Registration)
    assert state(shelf, anna) == "approval"
    assert counts(shelf) == {"t_event": 1, "t_session__session_1": 1, "t_category__un": 1}


@pytest.fixture
def asked(shelf: Shelf) -> list[Invitee]:
    """anna and boris ask for the one place, of which an organiser decides."""
    anna, boris, *_ = event_with(shelf, approval=True, capacity=1)
    for one in (anna, boris):
        register(shelf, one)
    return [anna, boris]


def decide(shelf: Shelf, one: Invitee, what: Any, reason: str = "") -> Any:
    return what(shelf.desk, "symposium", one.id, reason, "olga", shelf.clock())


def test_who_is_approved_is_registered_or_waits_when_it_is_full(shelf: Shelf, asked: list[Invitee]) -> None:
    for one in asked * 2:
        if state(shelf, one) != "registered":
            decide(shelf, one, approve_request)
    assert [state(shelf, one) for one in asked] == ["registered", "waiting"]
    assert mailed(shelf) == [
        "boris: You are on the waiting list: Symposium on Migration",
    ]  # fmt: skip
    assert shelf.recipients(kind="confirmation") == ["anna@example.org"]


def test_who_is_refused_is_told_why_and_cannot_ask_again(shelf: Shelf, asked: list[Invitee]) -> None:
    anna = asked[0]
    work_off(shelf)
    decide(shelf, anna, refuse_request, "The seminar is for directors.")
    decide(shelf, anna, refuse_request, "The seminar is for directors.")
    work_off(shelf)
    [mail] = [one for one in shelf.mails(kind="place") if one["Subject"].startswith("No place")]
    assert "The seminar is for directors." in mail.get_body(("plain",)).get_content()
    with pytest.raises(Closed):
        register(shelf, anna)
    assert counts(shelf) == {}
    with pytest.raises(Conflict):
        decide(shelf, shelf.invite("zoe")[0], refuse_request)
    assert [item["what"]["S"] for item in shelf.items("EVENT#symposium", "AUDIT#")] == ["registration refused"]


def test_a_refusal_stands_whatever_the_person_answers_afterwards(shelf: Shelf, asked: list[Invitee]) -> None:
    anna = asked[0]
    decide(shelf, anna, refuse_request, "The seminar is for directors.")
    for said in ("declined", "tentative", "accepted"):
        answer(shelf, anna, said)
        with pytest.raises(Closed):
            register(shelf, anna)
        assert shelf.file(anna).request.reason == "The seminar is for directors."
    answer(shelf, anna, "declined")
    with pytest.raises(Conflict):
        decide(shelf, anna, approve_request)


def test_a_decision_stands_and_the_clock_sends_its_mail_when_the_queue_fails(
    shelf: Shelf, asked: list[Invitee], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise QueueFailed

    with monkeypatch.context() as patch:
        patch.setattr(shelf.queue, "send", fail)
        decide(shelf, asked[0], refuse_request, "The seminar is for directors.")
    assert state(shelf, asked[0]) == "refused"
    tick(shelf, NOW + 3 * MINUTE)
    assert [one for one in mailed(shelf) if "No place could be given" in one]


def test_a_full_choice_is_named_at_its_question(shelf: Shelf) -> None:
    choices = [{"id": one, "label": {"en": one}, "capacity": 1} for one in ("data", "policy")]
    form = [{"id": "workshop", "kind": "choice", "label": {"en": "Workshop"}, "choices": choices}]
    anna, boris, *_ = event_with(shelf, waitlist=None, form=form, sessions=sessions(session_1=1))
    register(shelf, anna, **{"sessions": ["session-1"], "q-workshop": ["data"]})
    for said, fields in (
        ({"sessions": ["session-2"], "q-workshop": ["data"]}, ["q-workshop"]),
        ({"sessions": ["session-1"], "q-workshop": ["policy"]}, ["sessions"]),
        ({"sessions": ["session-1"], "q-workshop": ["data"]}, ["q-workshop", "sessions"]),
    ):
        with pytest.raises(Invalid) as full:
            register(shelf, boris, **said)
        assert [one.field for one in full.value.problems] == fields
    counted, _ = read_places(shelf.events, shelf.invitees, shelf.desk.places, "symposium")
    assert ("choice", "workshop/data", 1, 1, 0) in counted


def test_who_is_registered_is_not_asked_about_again(shelf: Shelf, asked: list[Invitee]) -> None:
    anna, _ = asked
    decide(shelf, anna, approve_request)
    register(shelf, anna, sessions=["session-2"])
    assert state(shelf, anna) == "registered"


def test_an_organiser_sees_the_places_and_who_waits_in_order(shelf: Shelf, asked: list[Invitee]) -> None:
    decide(shelf, asked[0], approve_request)
    decide(shelf, asked[1], approve_request)
    places, waiting = read_places(shelf.events, shelf.invitees, shelf.desk.places, "symposium")
    assert places[:2] == [("event", "", 1, 1, 1), ("session", "session-1", None, 1, 0)]
    assert [(one.invitee, one.state, one.number) for one in waiting] == [(asked[1].id, "waiting", 1)]


def test_whoever_meets_eleven_others_at_the_end_of_the_line_waits_behind_them(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last, *others = event_with(shelf, *(f"p{n:02}" for n in range(13)), capacity=1, waitlist=LINE)
    register(shelf, first)
    write, met = shelf.desk.places.write, iter(others)

    def overtaken(parts: Any) -> None:
        if other := next(met, None):
            with monkeypatch.context() as patch:
                patch.setattr(shelf.desk.places, "write", write)
                register(shelf, other)
        write(parts)

    monkeypatch.setattr(shelf.desk.places, "write", overtaken)
    register(shelf, last)
    assert [state(shelf, one) for one in (first, last)] == ["registered", "waiting"]
    assert shelf.file(last).request.number == len(others) + 1
