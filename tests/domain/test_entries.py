"""Which entries stand, which must go, and by what number each outranks what was said before."""

from typing import Any

import pytest

from chalicelib.domain.eligible import coming_as
from chalicelib.domain.entries import (
    WHOLE,
    Entries,
    all_dropped,
    dropped_by,
    entries,
    may_show,
    retired,
    sequence,
    uid_of,
)
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Attendance, Dropped, Invitee
from tests.shelf import DOCUMENT, NOW, document, person

FIRST, BREAK, SECOND = DOCUMENT["sessions"]
PROPOSING = {"attachments": {"invitation": ["calendar"]}}


def event(version: int = 1, proposed: bool = False, gone: dict[str, int] | None = None, **changes: Any) -> Event:
    return Event(id="symposium", version=version, document=document(**changes), published_at=NOW, proposed=proposed,
                 retired=gone or {})  # fmt: skip


def clara(*sessions: str, **facts: Any) -> Invitee:
    """Registered for these sessions when there are some."""
    own = {"rsvp": "accepted", "attending": Attendance(sessions=[*sessions], version=2)} if sessions else {}
    return person("clara", **{**own, **facts})


def dropped(*sessions: str) -> tuple[Dropped, ...]:
    return tuple(Dropped(one, 1) for one in sessions)


def test_an_entry_stands_for_each_chosen_session_and_before_a_choice_for_none() -> None:
    assert entries(event(), clara("session-2")) == Entries({"session-2": ["session-2"]}, {})
    assert entries(event(), clara()) == Entries({}, {})


def test_invitations_that_bring_entries_propose_every_session_but_the_breaks() -> None:
    assert entries(event(proposed=True), clara()).standing.keys() == {"session-1", "session-2"}
    assert entries(event(3, proposed=True, gone={"old": 2}), clara()).gone == {"old": 2}


@pytest.mark.parametrize("rsvp", ["declined", "delegated"])
def test_who_does_not_come_keeps_none_of_what_was_proposed(rsvp: str) -> None:
    assert entries(event(4, proposed=True), clara(rsvp=rsvp)) == Entries({}, {"session-1": 4, "session-2": 4})
    assert entries(event(4), clara(rsvp=rsvp)) == Entries({}, {}), "nothing was in the calendar"


def test_a_dropped_session_has_the_times_of_now_and_one_off_the_agenda_its_last_ones() -> None:
    told = entries(event(5, gone={"old": 3, "other": 2}), clara("session-1", dropped=dropped("session-2", "old")))
    assert told == Entries({"session-1": ["session-1"]}, {"session-2": 5, "old": 3})


def test_a_chosen_session_that_left_the_agenda_is_gone_until_it_comes_back() -> None:
    first, without = event(1), document(sessions=[FIRST, BREAK])
    second = event(2, gone=retired(first, without), sessions=[FIRST, BREAK])
    assert entries(second, clara("session-1", "session-2")).gone == {"session-2": 1}
    assert retired(second, document()) == {}


def test_an_invitation_that_was_taken_back_leaves_nothing() -> None:
    withdrawn = clara(rsvp="declined", withdrawn_by="head", dropped=dropped("session-1"))
    assert entries(event(2), withdrawn) == Entries({}, {"session-1": 2})


def test_one_entry_for_the_event_holds_what_was_chosen_and_goes_with_the_last_of_it() -> None:
    one = event(calendar_entries="event")
    assert entries(one, clara("session-2", "session-1")).standing == {WHOLE: ["session-1", "session-2"]}
    assert entries(one, clara(rsvp="declined", dropped=dropped("session-1"))) == Entries({}, {WHOLE: 1})
    empty = event(2, calendar_entries="event", sessions=[FIRST])
    assert entries(empty, clara("session-2")) == Entries({}, {WHOLE: 2})


def test_another_shape_takes_the_entries_of_the_one_before_away_and_back_again() -> None:
    first, as_event = event(1), document(calendar_entries="event")
    second = event(2, gone=retired(first, as_event), calendar_entries="event")
    assert entries(second, clara("session-1")) == Entries({WHOLE: ["session-1"]}, {"session-1": 1})
    third = event(3, gone=retired(second, document()))
    assert entries(third, clara("session-1")) == Entries({"session-1": ["session-1"]}, {WHOLE: 2})


def test_the_profile_remembers_what_a_change_dropped_and_forgets_what_was_chosen_again() -> None:
    before, wanted = Attendance(sessions=["session-1"]), Attendance(sessions=["session-2"], version=2)
    known = dropped_by(event(), clara("session-1"), before, wanted)
    assert known == (Dropped("session-1", 2),)
    back = Attendance(sessions=["session-1", "session-2"], version=3)
    assert dropped_by(event(), clara("session-2", dropped=known), wanted, back) == ()


def test_the_first_registration_drops_what_was_proposed_and_not_chosen() -> None:
    wanted = Attendance(sessions=["session-1"])
    assert dropped_by(event(proposed=True), clara(), None, wanted) == (Dropped("session-2", 1),)
    assert dropped_by(event(), clara(), None, wanted) == ()


def test_a_registration_that_does_not_stand_any_more_is_dropped_as_a_whole() -> None:
    stood = Attendance(sessions=["session-1"], version=4)
    assert all_dropped(clara(dropped=dropped("session-2")), stood, ["x"]) == (
        Dropped("session-2", 1), Dropped("session-1", 4))  # fmt: skip
    assert all_dropped(clara(), None, ["session-2", "session-1"]) == (
        Dropped("session-1", 0), Dropped("session-2", 0))  # fmt: skip


def test_each_change_of_the_agenda_or_of_the_person_outranks_what_was_said_before() -> None:
    states = ((1, 0), (1, 1), (2, 1), (2, 2))
    said = [sequence(event(version), clara(revision=revision)) for version, revision in states]
    assert said == [1, 2, 3, 4]


def test_a_uid_is_that_of_a_person_and_a_session_or_of_a_person_alone() -> None:
    assert uid_of("session-1", "a1b2", "symposium") == "session-1.a1b2@symposium"
    assert uid_of(WHOLE, "a1b2", "symposium") == "a1b2@symposium"


@pytest.mark.parametrize(("facts", "comes"), [
    ({"rsvp": "accepted", "attending": Attendance(sessions=["session-1"])}, True),
    ({"rsvp": "accepted"}, False),
    ({"rsvp": "tentative", "attending": Attendance(sessions=["session-1"])}, False),
    ({}, False),
], ids=["comes", "waits", "perhaps, and not cleared yet", "silent"])  # fmt: skip
def test_who_comes_is_said_once_for_entries_mails_and_reminders(facts: dict[str, Any], comes: bool) -> None:
    invitee, of = clara(**facts), event()
    assert (invitee.coming is not None) is comes
    assert bool(entries(of, invitee).standing) is comes
    assert (coming_as("change", invitee, None) is not None) is comes
    assert may_show(of.document, False, invitee) is comes
