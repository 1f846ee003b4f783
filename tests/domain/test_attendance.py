"""When a session can be joined, and how long somebody was there who came and went."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.attendance import Attended, Span, join_window, union, whole_minutes, within
from chalicelib.domain.event import EventDocument
from tests.shelf import raw_document

MIDNIGHT = datetime(2021, 1, 28, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minute: int) -> datetime:
    return MIDNIGHT + minute * MINUTE


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted), max_size=12).map(
    lambda pairs: [(at(start), at(end)) for start, end in pairs]
)


def minutes_in(spans: list[Span] | tuple[Span, ...]) -> set[int]:
    return {n for n in range(60) for start, end in spans if start <= at(n) < end}


@given(SPANS, SPANS)
def test_the_union_is_every_minute_once_in_spans_apart_in_any_order_and_however_often(one: list[Span], two: list[Span]):
    joined = union([*one, *two])
    assert minutes_in(joined) == minutes_in(one) | minutes_in(two)
    assert whole_minutes(joined) == len(minutes_in(joined))
    assert all(before[1] < after[0] for before, after in pairwise(joined))
    assert union([*two, *one]) == union([*union(one), *two, *one]) == union(joined) == joined


@given(SPANS, st.integers(0, 60), st.integers(0, 60))
def test_what_lies_within_is_every_minute_that_does(spans: list[Span], start: int, end: int):
    kept = within(spans, (at(start), at(end)))
    assert minutes_in(kept) == minutes_in(spans) & set(range(start, end))
    assert all(at(start) <= one[0] < one[1] <= at(end) for one in kept)


def session(day: str, starts: str, ends: str, zone: str = "Europe/Vienna", opens: int | None = None) -> EventDocument:
    raw = raw_document(date=day, time_zone=zone, reminders=[])
    raw["sessions"] = [{**raw["sessions"][0], "starts": starts, "ends": ends}]
    if opens is not None:
        raw["venue"]["join_opens_minutes"] = opens
    return EventDocument.model_validate(raw)


@pytest.mark.parametrize(("day", "starts", "ends", "zone", "opens", "expected"), [
    ("2021-01-28", "08:30", "10:10", "Europe/Vienna", None, ("2021-01-28T07:15Z", "2021-01-28T09:25Z")),
    ("2021-01-28", "00:05", "01:00", "Asia/Tashkent", 30, ("2021-01-27T18:35Z", "2021-01-27T20:15Z")),
    ("2021-03-28", "03:10", "04:00", "Europe/Vienna", None, ("2021-03-28T00:55Z", "2021-03-28T02:15Z")),
    ("2021-10-31", "03:10", "04:00", "Europe/Vienna", 30, ("2021-10-31T01:40Z", "2021-10-31T03:15Z")),
    ("2021-10-31", "01:30", "03:30", "Europe/Vienna", 0, ("2021-10-30T23:30Z", "2021-10-31T02:45Z")),
    ("2021-04-04", "02:30", "04:00", "Australia/Sydney", None, ("2021-04-03T15:15Z", "2021-04-03T18:15Z")),
])  # fmt: skip
def test_a_session_opens_real_minutes_before_it_starts_also_on_the_nights_when_clocks_change(
    day: str, starts: str, ends: str, zone: str, opens: int | None, expected: tuple[str, str]
):
    document = session(day, starts, ends, zone, opens)
    found = join_window(document, document.sessions[0])
    assert tuple(f"{moment:%Y-%m-%dT%H:%MZ}" for moment in found) == expected
    assert all(moment.tzinfo is UTC for moment in found)


def test_first_and_last_moment_and_minutes_are_told_by_whoever_knows_them():
    nothing = Attended(invitee="clara", event="symposium", session="session-1")
    assert (nothing.sources, nothing.first_at, nothing.last_at, nothing.minutes) == ([], None, None, None)
    pressed = nothing.model_copy(update={"joined_at": at(5), "joined_last_at": at(9)})
    assert (pressed.sources, pressed.first_at, pressed.last_at, pressed.minutes) == (["join"], at(5), at(9), None)
    both = pressed.model_copy(update={"imported": ((at(1), at(4)), (at(6), at(30)))})
    assert (both.sources, both.first_at, both.last_at, both.minutes) == (["join", "import"], at(1), at(30), 27)


def test_a_session_without_a_conference_cannot_be_joined_and_its_own_goes_before_the_venues():
    document = session("2021-01-28", "08:30", "10:10")
    [plain] = document.sessions
    own = plain.model_copy(update={"join_url": "https://meet.example/own"})
    room = document.model_copy(update={"venue": document.venue.model_copy(update={"kind": "in-person"})})
    nowhere = document.model_copy(update={"venue": document.venue.model_copy(update={"join_url": None})})
    assert [document.join_url(one) for one in (plain, own)] == ["https://zoom.example.org/j/1", own.join_url]
    assert [room.join_url(one) for one in (plain, own)] == ["", own.join_url]
    assert [nowhere.join_url(one) for one in (plain, own)] == ["", own.join_url]
    assert document.join_url(own.model_copy(update={"kind": "break"})) == ""
