"""Sessions at the same time."""

from datetime import date, time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.clashes import clashes as every_clash
from chalicelib.domain.clashes import clashing
from tests.shelf import document


def session(id: str, starts: str, ends: str, **facts: Any) -> dict[str, Any]:
    return {"id": id, "title": {"en": id, "ru": id}, "starts": starts, "ends": ends, **facts}


def clashes(*sessions: dict[str, Any], **changes: Any) -> dict[str, list[str]]:
    held = document(sessions=list(sessions), reminders=[], **changes)
    return {one.id: [other.id for other in clashing(held, one)] for one in held.attendable}


def test_sessions_that_overlap_clash_and_those_that_touch_do_not() -> None:
    found = clashes(session("a", "09:00", "10:00"), session("b", "09:59", "11:00"), session("c", "11:00", "12:00"))
    assert found == {"a": ["b"], "b": ["a"], "c": []}


def test_breaks_are_no_choice_and_another_day_is_another_day() -> None:
    lunch = session("lunch", "09:00", "12:00", kind="break")
    found = clashes(session("a", "09:00", "10:00"), lunch, session("b", "09:00", "10:00", day=2))
    assert found == {"a": [], "b": []}


HOURS = st.tuples(st.integers(0, 22), st.integers(0, 59), st.integers(1, 59))


@given(st.lists(HOURS, min_size=2, max_size=5), st.sampled_from([date(2021, 3, 28), date(2021, 10, 31)]))
def test_a_clash_is_mutual_and_is_a_minute_that_both_have_also_on_days_of_a_clock_change(
    drawn: list[tuple[int, int, int]], day: date
) -> None:
    sessions, minutes = [], {}
    for number, (hour, minute, lasts) in enumerate(drawn):
        ends = hour * 60 + minute + lasts
        sessions.append(session(f"s{number}", f"{hour:02}:{minute:02}", f"{time(ends // 60, ends % 60):%H:%M}"))
    held = document(sessions=sessions, reminders=[], date=day.isoformat(), time_zone="Europe/Vienna")
    for one in held.sessions:
        start, end = (int(moment.timestamp() // 60) for moment in held.span(one))
        minutes[one.id] = set(range(start, end))
    for one in held.sessions:
        expected = [other.id for other in held.sessions if other is not one and minutes[one.id] & minutes[other.id]]
        assert [other.id for other in clashing(held, one)] == expected
    pairs = [(one.id, other.id) for one, other in every_clash(held)]
    assert len({frozenset(pair) for pair in pairs}) == len(pairs)
    assert {frozenset(pair) for pair in pairs} == {
        frozenset((one.id, other.id)) for one in held.sessions for other in clashing(held, one)
    }
