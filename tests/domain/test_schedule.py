"""When mailings are due, and what a changed agenda does to them."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.event import Event
from chalicelib.domain.schedule import Mailing, changes, feedback_window, mailings
from tests.shelf import DOCUMENT, ENDS, NOW, STARTS, document, moved

MINUTE = timedelta(minutes=1)


def planned(**changes: object) -> list[Mailing]:
    return mailings("symposium", document(**changes))


def test_a_reminder_is_due_before_each_session_that_one_can_attend_and_no_later_than_its_start() -> None:
    reminders = [one for one in planned() if one.kind == "reminder"]
    assert [one.session for one in reminders] == ["session-1", "session-2"]
    assert [(one.due_at, one.latest_at) for one in reminders] == [
        (start - 60 * MINUTE, start) for start in STARTS.values()
    ]  # fmt: skip


def test_a_rule_that_names_sessions_reminds_of_these_alone() -> None:
    found = planned(reminders=[{"id": "r", "before_minutes": 5, "sessions": ["session-2"]}], feedback=None)
    assert [one.occurrence for one in found] == ["r_session-2"]


def test_feedback_is_due_after_the_end_and_until_the_form_closes() -> None:
    [feedback] = [one for one in planned() if one.kind == "feedback"]
    assert (feedback.due_at, feedback.latest_at) == (ENDS + 30 * MINUTE, ENDS + timedelta(days=14))
    assert all(one.kind == "reminder" for one in planned(feedback=None))


def test_mailings_stand_in_order_of_time() -> None:
    found = planned(reminders=[{"id": "hour", "before_minutes": 60}, {"id": "day", "before_minutes": 1440}])
    assert [one.due_at for one in found] == sorted(one.due_at for one in found)


@pytest.mark.parametrize("day", ["2021-03-28", "2021-10-31"], ids=["spring", "autumn"])
def test_a_day_before_is_1440_real_minutes_also_when_the_clocks_change(day: str) -> None:
    [reminder] = planned(
        date=day, reminders=[{"id": "day", "before_minutes": 1440, "sessions": ["session-1"]}], feedback=None
    )
    assert reminder.latest_at - reminder.due_at == timedelta(days=1)
    assert reminder.due_at.tzinfo is UTC


def test_a_reminder_of_a_moved_session_is_another_delivery_and_a_feedback_request_never() -> None:
    before, after = planned(), mailings("symposium", moved())
    for old, new in zip(before, after, strict=True):
        assert (old.delivery_occurrence == new.delivery_occurrence) == (old.kind == "feedback")
        assert old.occurrence == new.occurrence


def test_an_occurrence_can_stand_in_a_mail_tag() -> None:
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,256}", one.delivery_occurrence) for one in planned())


def test_no_two_mailings_share_a_name_whatever_their_rules_and_sessions_are_called() -> None:
    sessions = [{**DOCUMENT["sessions"][0], "id": name} for name in ("c", "b--c")]
    rules = [{"id": name, "before_minutes": 60} for name in ("a", "a--b")]
    found = [one.occurrence for one in planned(sessions=sessions, reminders=rules, feedback=None)]
    assert len(set(found)) == len(found) == 4


def test_a_mailing_that_is_due_when_it_was_but_later_of_use_is_planned_anew() -> None:
    """The session starts 30 minutes later, and its reminder comes 30 minutes earlier before it."""
    first = planned(reminders=[{"id": "r", "before_minutes": 60}], feedback=None)
    later = [{**one, "starts": "09:00"} if one["id"] == "session-1" else one for one in DOCUMENT["sessions"]]
    rule = {"id": "r", "before_minutes": 90, "sessions": ["session-1"]}
    again, gone = changes(first, planned(sessions=later, reminders=[rule], feedback=None), NOW)
    assert [(one.due_at, one.latest_at) for one in again] == [(first[0].due_at, first[0].latest_at + 30 * MINUTE)]
    assert [one.session for one in gone] == ["session-2"]


def test_an_unchanged_agenda_changes_nothing() -> None:
    assert changes(planned(), planned(), NOW) == ([], [])


def test_what_moved_is_planned_anew_and_what_is_new_is_planned() -> None:
    again, gone = changes(planned(), mailings("symposium", moved()), NOW)
    assert (len(again), gone) == (3, [])
    assert changes([], planned(), NOW)[0] == planned()


@pytest.mark.parametrize("state", ["fired", "skipped"])
def test_what_went_out_is_planned_anew_only_when_it_moved_into_the_future(state: str) -> None:
    done = [one.model_copy(update={"state": state}) for one in planned()]
    assert changes(done, planned(), ENDS) == ([], [])
    assert len(changes(done, mailings("symposium", moved()), ENDS)[0]) == 3
    assert changes(done, mailings("symposium", document(date="2021-01-27")), ENDS + timedelta(days=30)) == ([], [])


def test_what_the_agenda_has_no_more_is_withdrawn_unless_it_went_out() -> None:
    first, *rest = planned()
    _, gone = changes([first.model_copy(update={"state": "fired"}), *rest], [], NOW)
    assert gone == rest


def test_feedback_is_open_as_planned_until_the_clock_says_when() -> None:
    event = Event(id="symposium", version=1, document=document(), published_at=NOW)
    assert feedback_window(event) == (ENDS + 30 * MINUTE, ENDS + 30 * MINUTE + timedelta(days=14))
    late = datetime(2021, 1, 29, tzinfo=UTC)
    assert feedback_window(event.model_copy(update={"feedback_opened_at": late})) == (late, late + timedelta(days=14))
    without = event.model_copy(update={"document": document(feedback=None)})
    assert feedback_window(without) == (None, None)
