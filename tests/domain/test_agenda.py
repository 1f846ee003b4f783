from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.agenda import check
from chalicelib.domain.agenda_times import in_words
from chalicelib.domain.event import EventDocument
from chalicelib.domain.finding import Finding
from tests.domain.event_documents import document, item, session


def codes(event: EventDocument, severity: str = "") -> list[str]:
    return [finding.code for finding in check(event) if severity in ("", finding.severity)]


def only(event: EventDocument) -> Finding:
    [finding] = check(event)
    return finding


def test_a_sound_agenda_gives_no_finding() -> None:
    morning = session(
        "morning", "08:30", "10:00", item("opening", "08:30", "08:50", minutes=20), item("talk", "08:50", "10:00")
    )
    coffee = session("coffee", "10:00", "10:10", kind="break", minutes=10)
    assert check(document(morning, coffee, session("late", "10:10", "12:00"))) == []


@pytest.mark.parametrize("ends", ["08:00", "08:30"])
def test_an_end_at_or_before_the_start_is_an_error_at_the_end(ends: str) -> None:
    finding = only(document(session("morning", "08:30", ends)))
    assert (finding.severity, finding.code, finding.field) == ("error", "end-before-start", "sessions.0.ends")
    assert f"Morning starts at 08:30 (07:30 UTC) and ends at {ends} (07:{ends[3:]} UTC), " in finding.message


def test_an_items_end_before_its_start_is_an_error_at_the_item() -> None:
    finding = only(document(session("morning", "08:30", "10:00", item("talk", "09:00", "08:00"))))
    assert (finding.severity, finding.field) == ("error", "sessions.0.items.0.ends")


def test_items_that_overlap_are_an_error_at_the_later_one_naming_both() -> None:
    morning = session("morning", "08:30", "10:00", item("opening", "08:30", "09:10"), item("talk", "09:00", "10:00"))
    finding = only(document(morning))
    assert (finding.severity, finding.code) == ("error", "items-overlap")
    assert finding.field == "sessions.0.items.1.starts"
    assert finding.message == (
        "Talk, 09:00–10:00 (08:00–09:00 UTC), starts before Opening, 08:30–09:10 (07:30–08:10 UTC), has ended. Start "
        "it at 09:10 (08:10 UTC) or end Opening at 09:00 (08:00 UTC). Times are those of Europe/Vienna."
    )


def test_an_item_inside_a_longer_one_is_found_although_another_stands_between() -> None:
    items = [item("long", "08:30", "10:00"), item("a", "08:40", "08:50"), item("b", "09:00", "09:10")]
    assert codes(document(session("morning", "08:30", "10:00", *items))) == ["items-overlap", "items-overlap"]


def test_the_order_in_which_items_are_written_does_not_matter() -> None:
    morning = session("morning", "08:30", "10:00", item("talk", "09:00", "10:00"), item("opening", "08:30", "09:00"))
    assert check(document(morning)) == []


@pytest.mark.parametrize("kind", ["session", "break", "familiarisation"])
def test_sessions_that_overlap_are_an_error_whatever_their_kind(kind: str) -> None:
    finding = only(document(session("early", "08:00", "08:45", kind=kind), session("morning", "08:30", "10:00")))
    assert (finding.severity, finding.code, finding.field) == ("error", "sessions-overlap", "sessions.1.starts")


def test_sessions_at_the_same_hour_of_different_days_do_not_overlap() -> None:
    assert check(document(session("first", "09:00", "10:00"), session("second", "09:00", "10:00", day=2))) == []


def test_on_events_of_several_days_a_message_names_the_day() -> None:
    event = document(session("first", "09:00", "10:00"), session("second", "09:00", "10:00", day=2, minutes=90))
    said = "Second is announced as day 2, 09:00–10:00 (08:00–09:00 UTC), which is 60 minutes, and as 90 minutes."
    assert said in only(event).message


def test_the_symposiums_heading_is_one_warning_that_says_how_to_mend_it() -> None:
    items = [item("opening", "08:30", "09:10"), item("roundtable", "09:10", "10:10")]
    morning = session("session-1", "08:30", "10:00", *items, minutes=100)
    finding = only(document(morning, session("coffee", "10:10", "10:20", kind="break")))
    assert (finding.severity, finding.code, finding.field) == ("warning", "session-header", "sessions.0.ends")
    assert finding.message == (
        "Session-1 is announced as 08:30–10:00 (07:30–09:00 UTC), which is 90 minutes, and as 100 minutes; its items "
        "run 08:30–10:10 (07:30–09:10 UTC), which is 100 minutes. Change the end to 10:10 (09:10 UTC) or shorten "
        "Roundtable. Times are those of Europe/Vienna."
    )


@pytest.mark.parametrize(
    ("starts", "ends", "minutes", "field", "advice"),
    [
        ("08:20", "10:00", None, "starts", "Change the start to 08:30 (07:30 UTC) or say what happens before Talk."),
        ("08:40", "10:00", None, "starts", "Change the start to 08:30 (07:30 UTC) or move Talk."),
        ("08:30", "10:20", None, "ends", "Change the end to 10:00 (09:00 UTC) or say what happens after Talk."),
        ("08:30", "09:50", None, "ends", "Change the end to 10:00 (09:00 UTC) or shorten Talk."),
        ("08:30", "10:00", 100, "minutes", "Change the minutes to 90."),
    ],
)
def test_a_heading_that_disagrees_with_its_items_is_a_warning(
    starts: str, ends: str, minutes: int | None, field: str, advice: str
) -> None:
    finding = only(document(session("morning", starts, ends, item("talk", "08:30", "10:00"), minutes=minutes)))
    assert (finding.severity, finding.code, finding.field) == ("warning", "session-header", f"sessions.0.{field}")
    assert finding.message.endswith(f" {advice} Times are those of Europe/Vienna.")


def test_printed_minutes_are_compared_with_the_times_also_without_items() -> None:
    finding = only(document(session("coffee", "10:10", "10:20", kind="break", minutes=15)))
    assert finding.message == (
        "Coffee is announced as 10:10–10:20 (09:10–09:20 UTC), which is 10 minutes, and as 15 minutes. Change the "
        "minutes to 10. Times are those of Europe/Vienna."
    )


def test_an_items_printed_minutes_are_compared_with_its_times() -> None:
    finding = only(document(session("morning", "08:30", "09:00", item("talk", "08:30", "09:00", minutes=20))))
    assert (finding.severity, finding.code, finding.field) == ("warning", "item-minutes", "sessions.0.items.0.minutes")
    assert "Talk is announced as 20 minutes; 08:30–09:00 (07:30–08:00 UTC) is 30 minutes." in finding.message


def test_time_between_two_items_is_a_warning() -> None:
    morning = session("morning", "08:30", "10:00", item("opening", "08:30", "08:50"), item("talk", "09:00", "10:00"))
    finding = only(document(morning))
    assert (finding.severity, finding.code, finding.field) == ("warning", "items-gap", "sessions.0.items.1.starts")
    said = "between Opening, which ends at 08:50 (07:50 UTC), and Talk, which starts at 09:00 (08:00 UTC). "
    assert said in finding.message


def test_time_between_two_sessions_is_a_warning_unless_a_break_fills_it() -> None:
    early, late = session("early", "08:00", "10:00"), session("late", "10:20", "12:00")
    assert codes(document(early, late)) == ["sessions-gap"]
    assert codes(document(early, session("coffee", "10:00", "10:20", kind="break"), late)) == []
    assert codes(document(early, session("coffee", "10:00", "10:10", kind="break"), late)) == ["sessions-gap"]


def test_a_short_session_inside_a_long_one_is_an_overlap_and_leaves_no_gap() -> None:
    long, late = session("long", "08:00", "12:00"), session("late", "12:00", "13:00")
    assert codes(document(long, session("short", "09:00", "10:00"), late)) == ["sessions-overlap"]


def test_time_after_a_familiarisation_or_over_night_is_no_gap() -> None:
    hello = session("hello", "08:00", "08:10", kind="familiarisation")
    assert codes(document(hello, session("early", "09:00", "10:00"), session("late", "09:00", "10:00", day=2))) == []


def test_an_item_that_lies_outside_its_session_is_told_by_itself_and_not_as_a_wrong_heading_too() -> None:
    morning = session("morning", "08:30", "10:00", item("talk", "08:30", "10:00"), item("closing", "19:45", "20:00"))
    finding = only(document(morning))
    assert (finding.code, finding.field) == ("item-outside-session", "sessions.0.items.1.starts")
    said = "Closing, 19:45–20:00 (18:45–19:00 UTC), lies outside its session Morning, 08:30–10:00 (07:30–09:00 UTC). "
    assert said in finding.message


def test_a_session_whose_items_run_into_the_next_one_is_a_warning() -> None:
    early = session("early", "08:30", "10:00", item("talk", "08:30", "10:10"))
    event = document(early, session("late", "10:00", "11:00"))
    assert codes(event) == ["session-header", "session-runs-over"]
    said = "Talk, in Early, runs to 10:10 (09:10 UTC), but Late starts at 10:00 (09:00 UTC). "
    assert said in check(event)[1].message


def test_a_time_that_the_spring_clock_change_leaves_out_is_an_error() -> None:
    event = document(session("night", "01:30", "02:30"), date="2021-03-28")
    finding = only(event)
    assert (finding.severity, finding.code, finding.field) == ("error", "time-missing", "sessions.0.ends")
    assert "on 28 March 2021 the clocks in Europe/Vienna are put forward and never show 02:30" in finding.message
    assert "perhaps 03:30 (01:30 UTC)." in finding.message


def test_a_time_that_the_autumn_clock_change_gives_twice_is_a_warning_that_says_which_is_taken() -> None:
    event = document(session("night", "02:30", "03:30"), date="2021-10-31")
    finding = only(event)
    assert (finding.severity, finding.code, finding.field) == ("warning", "time-twice", "sessions.0.starts")
    said = "show 02:30 twice. The first is taken, 02:30 on 31 October 2021 (Europe/Vienna, 00:30 UTC)."
    assert said in finding.message


@pytest.mark.parametrize(("day", "length", "utc"), [
    ("2021-03-28", 120, "00:30–02:30 UTC"),
    ("2021-10-31", 240, "23:30–03:30 UTC on 30 October"),
    ("2021-01-28", 180, "00:30–03:30 UTC"),
])  # fmt: skip
def test_a_session_across_a_clock_change_has_its_true_length(day: str, length: int, utc: str) -> None:
    assert codes(document(session("night", "01:30", "04:30", minutes=length), date=day)) == []
    finding = only(document(session("night", "01:30", "04:30", minutes=1), date=day))
    reason = "" if length == 180 else ", because the clocks change"
    said = f"is announced as 01:30–04:30 ({utc}), which is {length} minutes{reason}, and as 1 minutes."
    assert said in finding.message


def test_a_session_past_midnight_says_so_and_its_late_items_are_of_the_next_day() -> None:
    talks = [item("late", "22:00", "23:30"), item("across", "23:30", "00:30"), item("early", "00:30", "01:00")]
    night = session("night", "22:00", "01:00", *talks, overnight=True, minutes=180)
    event = document(night, session("next", "09:00", "10:00", day=2))
    assert codes(event) == []
    held = event.session("night")
    hours = [[f"{moment:%d %H:%M}" for moment in event.span(held, one)] for one in (None, *held.items)]
    assert hours == [["28 22:00", "29 01:00"], ["28 22:00", "28 23:30"], ["28 23:30", "29 00:30"],
                     ["29 00:30", "29 01:00"]]  # fmt: skip
    assert codes(document(session("night", "22:00", "01:00")))[0] == "end-before-start"
    clashing = document(night, session("early", "00:30", "02:00", day=2))
    assert codes(clashing) == ["sessions-overlap"]


@pytest.mark.parametrize(("day", "length"), [("2021-03-27", 240), ("2021-10-30", 360), ("2021-01-28", 300)])
def test_a_night_in_which_the_clocks_change_has_its_true_length(day: str, length: int) -> None:
    assert codes(document(session("night", "23:00", "04:00", overnight=True, minutes=length), date=day)) == []


def test_a_time_after_midnight_that_the_clocks_leave_out_is_an_error() -> None:
    night = session("night", "22:00", "02:30", overnight=True)
    finding = only(document(night, date="2021-03-27"))
    assert (finding.code, finding.field) == ("time-missing", "sessions.0.ends")
    assert "on 28 March 2021" in finding.message


def test_a_deadline_on_the_clock_change_is_checked_like_any_time() -> None:
    assert codes(document(date="2021-03-31", answer_by={"days_before": 3, "at": "02:30"})) == ["time-missing"]


PAPER = {"id": "paper", "title": {"en": "A paper"}, "categories": ["experts"], "formats": ["pdf"]}
EXPERTS = {"experts": {"en": "Experts"}}


@pytest.mark.parametrize(("day", "code"), [("2021-03-31", "time-missing"), ("2021-11-03", "time-twice")])
def test_the_deadlines_of_waiting_lists_and_contributions_are_checked_on_a_clock_change(day: str, code: str) -> None:
    on_the_change = {"days_before": 3, "at": "02:30"}
    [waits] = check(document(date=day, waitlist={"until": on_the_change}))
    assert (waits.code, waits.field) == (code, "waitlist.until.at")
    event = document(date=day, categories=EXPERTS, contributions=[{**PAPER, "due": on_the_change}])
    [due] = check(event)
    assert (due.code, due.field) == (code, "contributions.0.due.at")
    assert due.message.startswith("The due moment of A paper: on ")


@pytest.mark.parametrize(("day", "code"), [("2021-03-31", "time-missing"), ("2021-11-03", "time-twice")])
def test_the_reminders_of_a_contribution_are_checked_on_a_clock_change(day: str, code: str) -> None:
    paper = {**PAPER, "due": {"days_before": 1, "at": "02:30"}, "remind_days_before": [7, 2]}
    finding = only(document(date=day, categories=EXPERTS, contributions=[paper]))
    assert (finding.code, finding.field) == (code, "contributions.0.remind_days_before.1")


def test_a_deadline_after_the_events_start_is_an_error_and_one_at_its_start_is_not() -> None:
    assert codes(document(answer_by={"days_before": 0, "at": "09:00"})) == []
    finding = only(document(answer_by={"days_before": 0, "at": "09:01"}))
    assert (finding.severity, finding.code, finding.field) == ("error", "deadline-after-start", "answer_by")
    assert "until 09:01 on 28 January 2021 (Europe/Vienna, 08:01 UTC), but the event starts at 09:00" in finding.message


@pytest.mark.parametrize(("moment", "words"), [
    ("2021-01-28T00:30+01:00[Europe/Vienna]", "00:30 on 28 January 2021 (Europe/Vienna, 23:30 UTC on 27 January)"),
    ("2021-07-28T18:00+02:00[Europe/Vienna]", "18:00 on 28 July 2021 (Europe/Vienna, 16:00 UTC)"),
    ("2021-01-28T18:00+00:00[Europe/London]", "18:00 on 28 January 2021 (UTC)"),
])  # fmt: skip
def test_a_moment_is_said_with_its_zone_and_in_utc(moment: str, words: str) -> None:
    instant, zone = moment.rstrip("]").split("[")
    assert in_words(datetime.fromisoformat(instant).astimezone(ZoneInfo(zone))) == words


def test_an_event_title_missing_in_one_of_its_languages_is_an_error() -> None:
    event = document(title={"en": "Symposium", "ru": " "}, languages=["en", "ru"])
    assert [(f.code, f.field) for f in check(event) if f.severity == "error"] == [("title-missing", "title.ru")]


@pytest.mark.parametrize(
    "field",
    [
        "consent.ru", "summary.ru", "organiser.name.ru", "venue.name.ru", "categories.un.ru", "sessions.0.title.ru",
        "sessions.0.items.0.title.ru", "sessions.0.items.0.people.0.name.ru", "sessions.0.items.0.people.0.office.ru",
        "sessions.0.items.0.points.0.ru", "documents.0.title.ru", "feedback.questions.0.label.ru",
        "feedback.questions.0.choices.1.ru", "delegations.tajikistan.name.ru", "form.0.label.ru", "form.0.help.ru",
        "form.0.choices.1.label.ru", "contributions.0.title.ru", "contributions.0.help.ru",
    ],
)  # fmt: skip
def test_everything_that_lacks_a_language_of_the_event_is_a_warning_at_its_place(field: str) -> None:
    person = {"name": {"en": "Ms. Example"}, "office": {"en": "Director"}}
    talk = item("talk", "09:00", "10:00", people=[person], points=[{"en": "Lessons"}])
    question = {"id": "again", "label": {"en": "Again?"}, "kind": "choice", "choices": [{"en": "Yes"}, {"en": "No"}]}
    workshop = {"id": "workshop", "kind": "choice", "label": {"en": "Workshop"}, "help": {"en": "One of them."},
                "choices": [{"id": name, "label": {"en": name.title()}} for name in ("data", "policy")]}  # fmt: skip
    paper = {"id": "paper", "title": {"en": "Example"}, "help": {"en": "A page."}, "categories": ["un"],
             "formats": ["pdf"], "due": {"days_before": 5, "at": "18:00"}}  # fmt: skip
    event = document(
        session("morning", "09:00", "10:00", talk),
        languages=["en", "ru"],
        delegations={"tajikistan": {"name": {"en": "Ministry"}, "seats": 2}},
        form=[workshop],
        contributions=[paper],
        summary={"en": "A symposium."},
        categories={"un": {"en": "United Nations"}},
        documents=[{"id": "note", "title": {"en": "Note"}, "filename": "note.pdf"}],
        feedback={"questions": [question]},
    )
    found = {finding.field: finding for finding in check(event)}
    assert (found[field].severity, found[field].code) == ("warning", "language-missing")


def test_what_may_be_left_out_altogether_is_not_missed() -> None:
    person = {"name": {"en": "IOM Regional Office"}, "role": "moderator"}
    talk = item("talk", "09:00", "10:00", kind="roundtable", people=[person])
    assert check(document(session("morning", "09:00", "10:00", talk))) == []


def test_a_question_is_told_by_its_id_and_a_ready_one_speaks_the_languages_that_it_has() -> None:
    asked = [{"id": "visa", "kind": "yes-no", "label": {"en": "Visa?", "ru": " "}}, {"use": "dietary"}]
    found = check(document(languages=["en", "ru"], title={"en": "Symposium", "ru": "Симпозиум"}, form=asked))
    [finding] = [one for one in found if one.field.startswith("form")]
    said = 'The label of the question "visa" is missing in "ru": people read "Visa?" instead. Write it.'
    assert finding.message == said


def test_a_session_without_any_title_is_told_by_its_id() -> None:
    finding = only(document(session("morning", "09:00", "10:00", title={})))
    assert finding.message == 'The title of the session "morning" is missing in "en": nothing is shown. Write it.'


def test_a_speaker_who_is_not_confirmed_is_a_warning() -> None:
    talk = item("talk", "09:00", "10:00", people=[{"name": {"en": "Somebody"}, "confirmed": False}])
    finding = only(document(session("morning", "09:00", "10:00", talk)))
    assert (finding.severity, finding.code) == ("warning", "speaker-unconfirmed")
    assert finding.field == "sessions.0.items.0.people.0.confirmed"
    assert "Somebody is not confirmed yet for Talk" in finding.message


def test_a_roundtable_without_a_moderator_is_a_warning() -> None:
    talk = item("table", "09:00", "10:00", kind="roundtable", people=[{"name": {"en": "Somebody"}}])
    assert codes(document(session("morning", "09:00", "10:00", talk))) == ["roundtable-without-moderator"]


def test_an_event_without_reminders_is_a_warning_and_so_is_a_reminder_of_a_break() -> None:
    assert codes(document(reminders=[])) == ["no-reminder"]
    early, coffee = session("early", "09:00", "10:00"), session("coffee", "10:00", "10:10", kind="break")
    rule = {"id": "before", "before_minutes": 5, "sessions": ["coffee"]}
    assert codes(document(early, coffee, reminders=[rule])) == ["reminder-of-break"]


def test_errors_come_before_warnings() -> None:
    event = document(session("early", "08:00", "09:00", minutes=5), session("late", "10:00", "09:00"), reminders=[])
    assert [finding.severity for finding in check(event)] == ["error", "warning", "warning"]


CLOCK = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))
MINUTES = st.none() | st.integers(1, 1440)
CLOCK_CHANGES = ["2000-01-01", "2011-12-30", "2021-03-28", "2021-10-31", "2199-12-31"]
DATES = st.sampled_from(CLOCK_CHANGES) | st.dates(date(2000, 1, 1), date(2199, 12, 31)).map(str)
ZONES = st.sampled_from(["Europe/Vienna", "Asia/Tashkent", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Casablanca"])


@st.composite
def sessions(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        session(
            f"s{number}",
            draw(CLOCK),
            draw(CLOCK),
            *(item(f"i{n}", draw(CLOCK), draw(CLOCK), minutes=draw(MINUTES)) for n in range(draw(st.integers(0, 3)))),
            kind=draw(st.sampled_from(["session", "break", "familiarisation"])),
            day=draw(st.integers(1, 3)),
            minutes=draw(MINUTES),
        )
        for number in range(draw(st.integers(1, 3)))
    ]


@settings(max_examples=200, deadline=None)
@given(sessions(), DATES, ZONES, CLOCK, st.integers(0, 365))
def test_any_agenda_is_checked_without_an_exception_and_findings_point_into_it(
    drawn: list[dict[str, Any]], day: str, zone: str, at: str, before: int
) -> None:
    event = document(*drawn, date=day, time_zone=zone, answer_by={"days_before": before, "at": at})
    for finding in check(event):
        place: Any = event.model_dump()
        for step in finding.field.split("."):
            place = place[int(step)] if isinstance(place, list) else place[step]
        assert finding.message.endswith(".")


@st.composite
def consistent(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Sessions without gaps from some hour on, each filled by its items, with the minutes printed right."""
    at, made = draw(st.integers(0, 300)), []
    for number in range(draw(st.integers(1, 5))):
        begin, items = at, []
        for place in range(draw(st.integers(1, 4))):
            length = draw(st.integers(1, 40))
            items.append(item(f"i{place}", wall(at), wall(at + length), minutes=length))
            at += length
        made.append(session(f"s{number}", wall(begin), wall(at), *items, minutes=at - begin))
    return made


def wall(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@settings(deadline=None)
@given(consistent(), st.randoms())
def test_a_consistent_agenda_has_no_finding_in_any_order_of_writing(made: list[dict[str, Any]], dice: Any) -> None:
    dice.shuffle(made)
    for each in made:
        dice.shuffle(each["items"])
    assert check(document(*made, time_zone="Asia/Tashkent")) == []


@settings(deadline=None)
@given(consistent(), st.data())
def test_an_item_stretched_into_the_next_is_always_an_error(made: list[dict[str, Any]], data: st.DataObject) -> None:
    pairs = [(each, place) for each in made for place in range(len(each["items"]) - 1)]
    if pairs:
        chosen, place = data.draw(st.sampled_from(pairs))
        chosen["items"][place]["ends"] = chosen["items"][place + 1]["ends"]
        assert "items-overlap" in codes(document(*made, time_zone="Asia/Tashkent"), "error")


@pytest.mark.parametrize(("zone", "said"), [
    ("Etc/UTC", "starts at 09:00 UTC and ends at 08:00 UTC, which"),
    ("Europe/London", "starts at 09:00 (09:00 UTC) and ends at 08:00 (08:00 UTC), which"),
])  # fmt: skip
def test_hours_of_an_event_in_utc_are_said_once(zone: str, said: str) -> None:
    message = check(document(session("morning", "09:00", "08:00"), time_zone=zone))[0].message
    assert said in message
    assert message.endswith("Times are those of Europe/London." if zone == "Europe/London" else "past midnight.")


def test_findings_of_a_session_stand_together_in_the_order_of_the_agenda() -> None:
    early = session("early", "08:00", "10:00", item("a", "08:00", "09:10"), item("b", "09:00", "10:00"))
    event = document(early, session("late", "12:00", "11:00"))
    assert codes(event)[:2] == ["items-overlap", "end-before-start"]
