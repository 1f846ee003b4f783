"""Notices of changes: their names, when they leave, whom they concern."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.agenda_changes import Change, What, changes
from chalicelib.domain.change_notice import (
    Told,
    concerning,
    leaves_at,
    left_by,
    notice_of,
    overtaken,
    versions_of,
    worth_telling,
)
from chalicelib.domain.event import Event, EventDocument
from chalicelib.domain.event_parts import ChangeNotices
from chalicelib.domain.invitee import Attendance, Dropped
from tests.shelf import ENDS, NOW, STARTS, document, person, raw_document

DIGEST = Change(what="session-title", urgency="digest", session="session-1")
URGENT = Change(what="session-time", urgency="urgent", session="session-1")
ENTRIES = Change(what="calendar-entries", urgency="digest")
PLACE = Change(what="venue", urgency="urgent")
SILENT = Change(what="points", urgency="silent", session="session-1")
EVENT = document()
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@given(told=st.lists(st.integers(1, 9999), min_size=1, max_size=9))
def test_a_name_says_its_versions_and_holds_the_names_of_all_that_it_overtook(told: list[int]) -> None:
    name = notice_of(told)
    assert versions_of(name) == told
    before = overtaken(name)
    assert len(before) == max(0, len(told) - 2)
    assert all(name.startswith(f"{one}-") and len(versions_of(one)) > 1 for one in before)
    assert before == sorted(before, key=len, reverse=True)


@given(
    since=st.integers(0, 3000), late=st.integers(0, 3000), quiet=st.integers(0, 1440), hours=st.integers(0, 720),
    found=st.lists(st.sampled_from([DIGEST, URGENT, PLACE]), min_size=1, max_size=3),
)  # fmt: skip
def test_a_notice_never_leaves_before_it_is_published_nor_after_four_quiet_windows(
    since: int, late: int, quiet: int, hours: int, found: list[Change]
) -> None:
    policy = ChangeNotices(quiet_minutes=quiet, at_once_hours=hours)
    first = NOW + since * MINUTE
    now = first + late * MINUTE
    at = leaves_at(policy, found, EVENT, EVENT, first, now)
    calm, urgent = min(now + quiet * MINUTE, first + 4 * quiet * MINUTE), any(one.urgency == "urgent" for one in found)
    close = STARTS["session-1"] - timedelta(hours=hours if urgent else 0)
    assert now <= at <= max(now, first + 4 * quiet * MINUTE)
    assert at == max(now, min(calm, close))


@pytest.mark.parametrize(("sooner", "at_once"), [("2021-01-16", True), ("2021-01-27", False)])
def test_what_is_moved_to_tomorrow_is_close_to_the_start_that_it_has_now(sooner: str, at_once: bool) -> None:
    """Whoever looks at the old time alone tells them too late."""
    now, after = datetime.fromisoformat("2021-01-15T12:00Z"), document(date=sooner)
    found = changes(EVENT, after)
    assert (leaves_at(ChangeNotices(), found, EVENT, after, now, now) == now) is at_once


def test_what_left_the_agenda_is_remembered_until_it_is_back() -> None:
    """Whatever the entries are; one entry for the event is not retired when a session of it goes."""
    raw = raw_document()
    short = document(sessions=raw["sessions"][:1], calendar_entries="event")
    event = Event(id="symposium", version=1, document=EVENT, published_at=NOW)
    left = event.model_copy(update={"document": short, "gone": left_by(event, short)})
    assert left.gone == ("session-2",)
    assert left_by(left, short) == ("session-2",), "and of the version after that"
    assert left_by(left, EVENT) == ()
    paused = document(sessions=[*raw["sessions"][:-1], {**raw["sessions"][-1], "kind": "break"}])
    assert left_by(event, paused) == ("session-2",), "nobody can register for a break"
    assert left_by(left, paused) == ("session-2",)


def test_misprints_and_what_is_over_are_not_worth_telling() -> None:
    found = [DIGEST, URGENT, SILENT, PLACE]
    assert worth_telling(found, EVENT, EVENT, NOW) == [DIGEST, URGENT, PLACE]
    assert worth_telling(found, EVENT, EVENT, STARTS["session-2"]) == [PLACE], "the first session is over"
    assert worth_telling(found, EVENT, EVENT, ENDS) == []


def test_a_session_that_was_over_and_is_moved_ahead_is_worth_telling() -> None:
    assert worth_telling([URGENT], EVENT, document(date="2021-02-04"), ENDS + DAY) == [URGENT]


@pytest.mark.parametrize(("facts", "told"), [
    ({"rsvp": "accepted", "attending": Attendance(sessions=["session-1"])}, [DIGEST, URGENT, PLACE]),
    ({"rsvp": "accepted", "attending": Attendance(sessions=["session-2"])}, [PLACE]),
    ({"rsvp": "accepted"}, [URGENT, PLACE]),
    ({}, [URGENT, PLACE]),
    ({"rsvp": "tentative"}, [URGENT, PLACE]),
    ({"rsvp": "declined"}, []),
    ({"rsvp": "delegated"}, []),
    ({"withdrawn_by": "head"}, []),
], ids=["comes", "comes to another", "waits", "silent", "perhaps", "declined", "passed on", "withdrawn"])  # fmt: skip
def test_whom_a_change_concerns(facts: dict[str, Any], told: list[Change]) -> None:
    assert concerning(Told(EVENT, [DIGEST, URGENT, PLACE]), person("clara", **facts)) == told


@pytest.mark.parametrize(("facts", "proposed", "hears"), [
    ({"rsvp": "accepted", "attending": Attendance(sessions=["session-1"])}, False, True),
    ({"rsvp": "accepted", "attending": Attendance(sessions=["session-9"])}, True, False),
    ({"rsvp": "tentative", "attending": Attendance(sessions=["session-1"])}, True, False),
    ({}, False, False),
    ({}, True, True),
    ({"rsvp": "accepted"}, True, True),
    ({"rsvp": "accepted"}, False, False),
    ({"dropped": (Dropped("session-1", 0),)}, True, False),
    ({"rsvp": "declined"}, True, False),
    ({"withdrawn_by": "head"}, True, False),
], ids=["comes", "comes to what is gone", "comes no more", "silent", "silent, proposed", "waits, proposed", "waits",
        "refused", "declined", "withdrawn"])  # fmt: skip
def test_of_other_entries_hears_who_may_have_some(facts: dict[str, Any], proposed: bool, hears: bool) -> None:
    waits = Attendance(sessions=["session-1"]) if facts == {"rsvp": "accepted"} else None
    told = Told(EVENT, [ENTRIES], proposed=proposed)
    assert concerning(told, person("clara", **facts), waits) == [ENTRIES] * hears


def test_what_goes_with_a_notice_is_the_calendar_unless_the_event_says_otherwise() -> None:
    other = EventDocument.model_validate({**raw_document(), "attachments": {"change": ["agenda"]}})
    assert (EVENT.goes_with("change"), EVENT.goes_with("reminder"), other.goes_with("change")) == (
        ["calendar"], [], ["agenda"])  # fmt: skip


@pytest.mark.parametrize("what", ["join-link", "session-returned"])
def test_a_new_link_or_what_comes_back_is_of_no_use_to_who_does_not_come(what: What) -> None:
    link = Change(what=what, urgency="urgent", session="session-1")
    comes = person("clara", rsvp="accepted", attending=Attendance(sessions=["session-1"]))
    assert concerning(Told(EVENT, [link]), person("clara")) == []
    assert concerning(Told(EVENT, [link]), comes) == [link]


@pytest.mark.parametrize(("change", "left"), [(URGENT, 2), (DIGEST, 0)])
def test_no_notice_waits_until_it_is_too_late(change: Change, left: int) -> None:
    """A long quiet window ends when the start is as close as the event says, at the start itself for other words."""
    policy, now = ChangeNotices(quiet_minutes=1440, at_once_hours=2), STARTS["session-1"] - timedelta(hours=3)
    assert leaves_at(policy, [change], EVENT, EVENT, now, now) == STARTS["session-1"] - timedelta(hours=left)
