from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chalicelib.domain.event import EventDocument, utc
from tests.domain.event_documents import document, item, raw, session


def refused(*sessions: dict[str, Any], **changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        document(*sessions, **changes)
    return str(caught.value)


def test_a_session_and_its_items_are_instants_in_the_events_zone() -> None:
    event = document(session("morning", "08:30", "10:00", item("opening", "08:30", "08:50")), time_zone="Asia/Tashkent")
    morning = event.session("morning")
    assert [utc(moment) for moment in event.span(morning)] == ["2021-01-28T03:30:00Z", "2021-01-28T05:00:00Z"]
    assert utc(event.span(morning, morning.items[0])[1]) == "2021-01-28T03:50:00Z"


def test_the_second_day_counts_on_the_calendar_also_over_the_end_of_a_month() -> None:
    event = document(session("first", "09:00", "10:00"), session("second", "09:00", "10:00", day=2), date="2021-01-31")
    assert event.span(event.session("second"))[0].date() == date(2021, 2, 1)


def test_the_day_after_a_clock_change_keeps_its_time_on_the_wall() -> None:
    event = document(session("first", "09:00", "10:00"), session("second", "09:00", "10:00", day=2), date="2021-03-27")
    starts = [utc(event.span(each)[0]) for each in event.sessions]
    assert starts == ["2021-03-27T08:00:00Z", "2021-03-28T07:00:00Z"]


def test_an_event_begins_with_its_first_session_and_not_with_the_familiarisation_or_a_break() -> None:
    event = document(
        session("hello", "08:00", "08:30", kind="familiarisation"),
        session("second", "10:20", "12:00"),
        session("first", "08:30", "10:00"),
        session("coffee", "12:00", "12:30", kind="break"),
    )
    assert (event.starts_at.hour, event.starts_at.minute, event.ends_at.hour) == (8, 30, 12)
    assert event.ends_at.minute == 0
    assert [each.id for each in event.attendable] == ["hello", "second", "first"]


def test_an_event_of_familiarisations_alone_has_a_beginning_too() -> None:
    assert document(session("hello", "08:00", "08:30", kind="familiarisation")).starts_at.hour == 8


def test_answers_are_taken_until_so_many_days_before_on_the_wall_of_the_events_zone() -> None:
    event = document(date="2021-03-30", answer_by={"days_before": 3, "at": "18:00"})
    assert utc(event.answer_until) == "2021-03-27T17:00:00Z"


def test_moving_the_date_moves_everything() -> None:
    event = document()
    assert event.starts_at.year == 2021
    moved = event.model_copy(update={"date": date(2026, 7, 1)})
    assert utc(moved.starts_at) == "2026-07-01T07:00:00Z"
    assert utc(moved.answer_until) == "2026-06-28T16:00:00Z"


def test_what_is_stored_is_read_back_the_same_also_after_it_was_used() -> None:
    event = document()
    assert event.starts_at < event.ends_at
    again = EventDocument.model_validate_json(event.model_dump_json())
    assert again == event
    assert event == document()


def test_a_reminder_of_an_unknown_session_is_refused_by_name() -> None:
    message = refused(reminders=[{"id": "early", "before_minutes": 60, "sessions": ["evening"]}])
    assert 'reminder "early" names a session "evening"' in message


def test_a_reminder_of_an_empty_list_of_sessions_is_refused_because_it_would_remind_nobody() -> None:
    assert "reminders.0.sessions" in refused(reminders=[{"id": "early", "before_minutes": 60, "sessions": []}])


def test_an_attachment_is_the_agenda_the_calendar_or_one_of_the_documents() -> None:
    held = [{"id": "note", "title": {"en": "Note"}, "filename": "note.pdf"}]
    assert document(documents=held, attachments={"invitation": ["note", "agenda"]})
    assert 'name "map"; there are agenda, calendar, note' in refused(documents=held, attachments={"chase": ["map"]})
    assert "stands twice" in refused(attachments={"chase": ["agenda", "agenda"]})


@pytest.mark.parametrize(
    "changes",
    [
        {"languages": ["en", "en"]},
        {"sessions": [session("a", "09:00", "10:00"), session("a", "10:00", "11:00")]},
        {"sessions": [session("a", "09:00", "10:00", item("x", "09:00", "09:10"), item("x", "09:10", "09:20"))]},
        {"reminders": [{"id": "a", "before_minutes": 1}, {"id": "a", "before_minutes": 2}]},
        {"documents": [{"id": "agenda", "title": {"en": "Mine"}, "filename": "mine.pdf"}]},
        {"feedback": {"questions": [{"id": "a", "label": {"en": "A"}, "kind": "text"}] * 2}},
    ],
    ids=["language", "session", "item", "reminder", "document named as ours", "question"],
)
def test_what_is_looked_up_by_name_has_a_name_of_its_own(changes: dict[str, Any]) -> None:
    assert "stands twice" in refused(**changes)


@pytest.mark.parametrize(
    ("kind", "choices"), [("choice", []), ("choice", [{"en": "Yes"}]), ("text", [{"en": "Yes"}, {"en": "No"}])]
)
def test_a_choice_has_two_choices_or_more_and_other_questions_have_none(kind: str, choices: list[Any]) -> None:
    question = {"id": "again", "label": {"en": "Again?"}, "kind": kind, "choices": choices}
    assert 'question "again"' in refused(feedback={"questions": [question]})


def test_titles_are_one_line_because_they_stand_in_subjects() -> None:
    assert document(title={"en": "Symposium\r\nBcc: all@example.org"}).title["en"] == "Symposium Bcc: all@example.org"


@pytest.mark.parametrize("field", ["sender", "reply_to"])
@pytest.mark.parametrize("address", ["secretariat", "a@b", "a@example.org\nBcc: x@example.org", "бюро@example.org"])
def test_the_organisers_addresses_can_be_mailed(field: str, address: str) -> None:
    organiser = {**raw()["organiser"], field: address}
    assert f"organiser.{field}" in refused(organiser=organiser)


@pytest.mark.parametrize("zone", ["Vienna", "", "CET+1", "../etc/passwd", "Europe", "Europe/Vienna\0", "x" * 5000])
def test_a_time_zone_that_does_not_exist_is_refused_with_an_example(zone: str) -> None:
    assert "write an IANA name" in refused(time_zone=zone)


@pytest.mark.parametrize("day", ["1999-12-31", "2200-01-01", "0001-01-01", "9999-12-31"])
def test_dates_that_calendars_cannot_hold_are_refused(day: str) -> None:
    assert "date" in refused(date=day)


@pytest.mark.parametrize("url", ["http://a.example", "javascript:alert(1)", "https://a/b c", 'https://a"', "https://a/\x07"])
def test_the_join_link_is_https(url: str) -> None:
    assert "join_url" in refused(venue={"name": {"en": "Online"}, "join_url": url})
    assert "sessions.0.join_url" in refused(sessions=[{**raw()["sessions"][0], "join_url": url}])


@pytest.mark.parametrize("minutes", [-1, 1441, "soon"])
def test_a_session_opens_at_most_a_day_before_it_starts(minutes: object) -> None:
    assert "venue.join_opens_minutes" in refused(venue={"name": {"en": "Online"}, "join_opens_minutes": minutes})


def test_a_misspelt_field_is_refused_and_not_ignored() -> None:
    assert "remindres" in refused(remindres=[])


def test_utc_is_how_an_instant_is_stored() -> None:
    assert utc(datetime(2021, 1, 28, 8, 30, tzinfo=ZoneInfo("Europe/Vienna"))) == "2021-01-28T07:30:00Z"


@given(st.datetimes(datetime(2000, 1, 1), datetime(2199, 12, 31)), st.integers(1, 10**9))
def test_stored_instants_sort_as_they_happen(moment: datetime, seconds: int) -> None:
    first = moment.replace(tzinfo=UTC)
    assert utc(first) < utc(first + timedelta(seconds=seconds))
