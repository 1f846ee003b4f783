"""Calendar entries, which ``icalendar`` writes, read back by it, and by ``ical`` and ``vobject``, which share no code.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject
from ical.calendar_stream import IcsCalendarStream
from ical.event import Event as SecondEvent

from chalicelib.adapters.calendar import calendar
from chalicelib.adapters.content_lines import fold
from chalicelib.adapters.language import load_locale
from chalicelib.adapters.vtimezone import vtimezone
from chalicelib.domain.entries import WHOLE
from chalicelib.domain.event import Event, EventDocument
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.message import CalendarMethod
from tests.adapters.sample_event import SESSIONS, both, event

NOW = datetime(2021, 1, 15, 12, 0, 5, tzinfo=UTC)
PAGE = "https://convoke.example.org/i/01HX2Z.k1.Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6"
JOINS = "https://convoke.example.org/j/01HX2Z.k1.cXV4cXV4cXV4cXV4cXV4cXV4cXV4"
JOIN = "https://meet.example.org/j/123?pwd=a,b;c"


def person(**changes: Any) -> Invitee:
    return Invitee.model_validate({
        "id": "01HX2Z", "event": "symposium", "email": "a.karimova@example.org", "name": "Aziza Karimova",
        "language": "en", "time_zone": "Asia/Tashkent", **changes})


def entries_of(it: Event, who: Invitee | None = None, sessions: tuple[str, ...] = ("session-1", "session-2"), *,
               method: CalendarMethod | None = "PUBLISH", join: bool = False,
               gone: dict[str, tuple[int, EventDocument]] | None = None, page: str = PAGE) -> bytes:
    """``sessions``: ids, of one entry each; joined by a plus sign, of the one entry for the event."""
    who, parts = who or person(), {(WHOLE if "+" in one else one): one.split("+") for one in sessions}
    return calendar(it, who, load_locale(who.language), standing={} if method == "CANCEL" else parts, gone=gone or (
        {one: (it.version, it.document) for one in parts} if method == "CANCEL" else {}), method=method, now=NOW,
        page_url=page, join_url=JOINS if join else "")


def parsed(content: bytes) -> list[icalendar.Event]:
    return icalendar.Calendar.from_ical(content).walk("VEVENT")


def second(content: bytes) -> list[SecondEvent]:
    return IcsCalendarStream.calendar_from_ics(content.decode()).events


def third(content: bytes) -> list[Any]:
    return list(vobject.readOne(content.decode()).contents["vevent"])


def one(content: bytes) -> icalendar.Event:
    [entry] = parsed(content)
    return entry


def test_each_chosen_session_is_one_entry_and_no_other_is() -> None:
    assert [entry["UID"] for entry in parsed(entries_of(event()))] == [
        "session-1.01HX2Z@symposium", "session-2.01HX2Z@symposium"]


def test_the_uid_stays_and_the_sequence_rises_with_the_agenda_or_the_persons_own_changes() -> None:
    made = [one(entries_of(event(version=version), person(revision=revision), sessions=("session-1",)))
            for version, revision in ((3, 0), (4, 0), (4, 1))]
    assert len({entry["UID"] for entry in made}) == 1
    assert [entry["SEQUENCE"] for entry in made] == [3, 4, 5]


def test_two_people_have_different_uids() -> None:
    others = [one(entries_of(event(), person(id=name), sessions=("session-1",)))["UID"] for name in ("a", "b")]
    assert len(set(others)) == 2


def test_start_and_end_are_on_the_clock_of_the_event_with_its_zone() -> None:
    content = entries_of(event(), sessions=("session-1",))
    assert b"DTSTART;TZID=Europe/Vienna:20210128T083000\r\n" in content
    assert b"DTEND;TZID=Europe/Vienna:20210128T101000\r\n" in content
    assert one(content).start.astimezone(UTC) == datetime(2021, 1, 28, 7, 30, tzinfo=UTC)
    assert second(content)[0].start_datetime.astimezone(UTC) == datetime(2021, 1, 28, 7, 30, tzinfo=UTC)


def test_stamp_is_the_moment_of_writing_and_last_modified_that_of_publishing_or_of_the_persons_answer() -> None:
    entry = one(entries_of(event(), sessions=("session-1",)))
    assert entry.DTSTAMP == NOW
    assert event().published_at == entry.LAST_MODIFIED
    answered = event().published_at + timedelta(hours=3)
    assert answered == one(entries_of(event(), person(answered_at=answered), sessions=("session-1",))).LAST_MODIFIED


@pytest.mark.parametrize("method", ["PUBLISH", "REQUEST", "CANCEL", None])
def test_all_parsers_read_the_same_words_and_times(method: CalendarMethod | None) -> None:
    content = entries_of(event(), person(language="ru"), method=method, join=True)
    for ours, theirs, others in zip(parsed(content), second(content), third(content), strict=True):
        assert (others.summary.value, others.description.value, others.location.value) == (
            theirs.summary, theirs.description, theirs.location)
        assert (others.uid.value, others.sequence.value) == (theirs.uid, str(theirs.sequence))
        assert ours.start == others.dtstart.value == theirs.start_datetime
        assert ours.end == others.dtend.value == theirs.end_datetime
        assert (ours["SUMMARY"], ours["DESCRIPTION"], ours["LOCATION"]) == (
            theirs.summary, theirs.description, theirs.location)
        assert (ours["UID"], ours["SEQUENCE"]) == (theirs.uid, theirs.sequence)


def test_an_entry_is_in_the_persons_language_and_its_items_in_all_zones() -> None:
    entry = one(entries_of(event(), person(language="ru"), sessions=("session-1",)))
    assert entry["SUMMARY"].startswith("Сессия 1: Глобальный договор на национальном уровне · Развитие")
    assert entry["SUMMARY"].params["LANGUAGE"] == "ru"
    assert entry["LOCATION"] == "Онлайн, на платформе Zoom"
    assert "\n\n12:30–14:10, Ташкент · 08:30–10:10, Вена · 07:30–09:10\u00a0UTC\n\n" in entry["DESCRIPTION"]
    items = ("Время: Ташкент (UTC+5)\n"
             "12:30–12:50 Вступительное слово (08:30–08:50, Вена · 07:30–07:50\u00a0UTC)\n12:50–13:10 Доклад")
    assert items in entry["DESCRIPTION"]
    assert f"Ваша страница: {PAGE}" in entry["DESCRIPTION"]


def test_an_item_after_the_readers_midnight_says_its_date() -> None:
    late = {"id": "late", "title": both("Late", "Поздно"), "starts": "20:30", "ends": "21:30"}
    evening = event(sessions=[{"id": "session-1", "title": both("Evening", "Вечер"), "starts": "18:00", "ends": "21:30",
                               "items": [late]}])  # fmt: skip
    said = one(entries_of(evening, sessions=("session-1",)))["DESCRIPTION"]
    assert "\nFriday 29 January, 00:30–01:30 Late (Thursday 28 January, 20:30–21:30 in Vienna · " in said


def test_the_join_link_is_for_registered_people_only() -> None:
    without = entries_of(event(), join=False)
    assert b"/j/" not in without.replace(b"\r\n ", b"")
    entry = one(entries_of(event(), sessions=("session-1",), join=True))
    assert entry["URL"] == f"{JOINS}/session-1"
    assert f"Join: {JOINS}/session-1" in entry["DESCRIPTION"]
    assert entry["CONFERENCE"] == f"{JOINS}/session-1"
    assert (entry["CONFERENCE"].params["VALUE"], entry["CONFERENCE"].params["FEATURE"]) == ("URI", "VIDEO")
    assert "meet.example.org" not in entries_of(event(), join=True).decode().replace("\r\n ", "")


def test_the_links_to_join_and_to_the_page_are_two_and_a_feed_has_the_first_alone() -> None:
    entry = one(entries_of(event(), sessions=("session-2",), join=True))
    assert [(name, PAGE in str(value)) for name, value in entry.property_items() if PAGE in str(value)] == [
        ("DESCRIPTION", True)]
    feed = one(entries_of(event(), sessions=("session-2",), method=None, join=True))
    assert feed["URL"] == f"{JOINS}/session-2" and PAGE not in str(feed.to_ical())


def test_a_session_of_its_own_conference_can_be_joined_in_an_event_in_person() -> None:
    sessions = [{**raw, **({"join_url": JOIN} if raw["id"] == "session-2" else {})} for raw in SESSIONS]
    hybrid = event(venue={"kind": "in-person", "name": both("Hofburg", "Хофбург"), "join_url": JOIN}, sessions=sessions)
    first, second_one = parsed(entries_of(hybrid, join=True))
    assert "URL" not in first and second_one["URL"] == f"{JOINS}/session-2"


def test_an_event_without_a_join_link_has_none_to_show() -> None:
    place = event(venue={"kind": "in-person", "name": both("Vienna International Centre", "Венский центр")})
    assert "URL" not in one(entries_of(place, sessions=("session-1",), join=True))


def test_publish_has_an_organizer_and_no_attendee() -> None:
    content = entries_of(event())
    assert b"METHOD:PUBLISH\r\n" in content
    for entry in parsed(content):
        assert "ATTENDEE" not in entry
        assert entry["ORGANIZER"] == "mailto:secretariat@example.org"
        assert entry["ORGANIZER"].params["CN"] == "IOM Regional Office in Vienna"


@pytest.mark.parametrize(("rsvp", "asked"), [
    ("needs-action", "TRUE"), ("accepted", "FALSE"), ("declined", "FALSE"), ("tentative", "FALSE")])
def test_request_names_the_one_person_with_the_answer_so_far(rsvp: str, asked: str) -> None:
    content = entries_of(event(), person(rsvp=rsvp), sessions=("session-1",), method="REQUEST")
    attendee = one(content)["ATTENDEE"]
    assert attendee == "mailto:a.karimova@example.org"
    assert (attendee.params["PARTSTAT"], attendee.params["RSVP"]) == (rsvp.upper(), asked)
    [theirs] = second(content)[0].attendees
    assert (theirs.common_name, str(theirs.status)) == ("Aziza Karimova", rsvp.upper())


def test_cancel_takes_the_entry_back_without_an_alarm() -> None:
    content = entries_of(event(), person(revision=1), sessions=("session-1",), method="CANCEL")
    entry = one(content)
    assert b"METHOD:CANCEL\r\n" in content
    assert (entry["STATUS"], entry["TRANSP"], entry["SEQUENCE"]) == ("CANCELLED", "TRANSPARENT", 4)
    assert not entry.walk("VALARM")
    assert "ATTENDEE" in entry


def test_a_live_entry_is_confirmed_busy_private_and_rings_once_a_quarter_of_an_hour_before() -> None:
    entry = one(entries_of(event(), sessions=("session-1",)))
    assert (entry["STATUS"], entry["TRANSP"], entry["CLASS"]) == ("CONFIRMED", "OPAQUE", "PRIVATE")
    [alarm] = entry.walk("VALARM")
    assert timedelta(minutes=-15) == alarm.TRIGGER


def test_publish_says_by_status_what_is_called_off_with_the_times_that_it_had() -> None:
    earlier = event(date="2021-02-25", time_zone="Asia/Tashkent", title=both("Old title", "Прежнее")).document
    content = entries_of(event(), sessions=("session-1",), gone={"session-2": (2, earlier)}, join=True)
    live, dead = parsed(content)
    assert (live["STATUS"], dead["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert dead.start == datetime(2021, 2, 25, 5, 20, tzinfo=UTC)
    assert dead["SUMMARY"].endswith("Old title")
    assert JOIN not in dead["DESCRIPTION"] and "URL" not in dead and not dead.walk("VALARM")


def test_one_entry_for_the_event_spans_what_was_chosen_and_lists_it_in_the_persons_time() -> None:
    content = entries_of(event(), sessions=("session-2+session-1",), join=True)
    entry = one(content)
    assert entry["UID"] == "01HX2Z@symposium"
    assert (entry.start, entry.end) == (datetime(2021, 1, 28, 7, 30, tzinfo=UTC), datetime(2021, 1, 28, 11, tzinfo=UTC))
    assert "\n12:30–14:10 Session 1: " in entry["DESCRIPTION"]
    assert "\n14:20–16:00 Session 2: Working together (10:20–12:00 in Vienna · 09:20–11:00\u00a0UTC)" in (
        entry["DESCRIPTION"])
    assert entry["TRANSP"] == "OPAQUE"


def alarms(entry: icalendar.Event) -> list[tuple[Any, str]]:
    return [(alarm.TRIGGER, alarm["DESCRIPTION"]) for alarm in entry.walk("VALARM")]


def test_one_entry_for_the_event_rings_before_each_session_by_all_parsers() -> None:
    """Over a change of the clocks: Vienna springs forward on 28 March 2021."""
    days = [SESSIONS[1], {**SESSIONS[3], "day": 2}]
    content = entries_of(event(date="2021-03-27", sessions=days), person(language="ru"), ("session-2+session-1",))
    moments = [datetime(2021, 3, 27, 7, 15, tzinfo=UTC), datetime(2021, 3, 28, 8, 5, tzinfo=UTC)]
    titles = [SESSIONS[1]["title"]["ru"], SESSIONS[3]["title"]["ru"]]
    assert alarms(one(content)) == list(zip(moments, titles, strict=True))
    assert content.count(b"TRIGGER;VALUE=DATE-TIME:20210327T071500Z\r\n") == 1
    theirs = [(alarm.trigger, alarm.description, str(alarm.action)) for alarm in second(content)[0].alarm]
    assert theirs == [(moment, title, "DISPLAY") for moment, title in zip(moments, titles, strict=True)]
    others = [(alarm.trigger.value, alarm.description.value) for alarm in third(content)[0].valarm_list]
    assert others == list(zip(moments, titles, strict=True))


def test_sessions_that_start_together_ring_once_and_say_both() -> None:
    parallel = [SESSIONS[1], {**SESSIONS[3], "starts": SESSIONS[1]["starts"]}]
    entry = one(entries_of(event(sessions=parallel), sessions=("session-1+session-2",)))
    titles = " · ".join(session["title"]["en"] for session in parallel)
    assert alarms(entry) == [(datetime(2021, 1, 28, 7, 15, tzinfo=UTC), titles)]


def test_the_entry_for_the_event_of_who_chose_one_session_rings_as_that_of_a_session_does() -> None:
    it = event()
    whole = calendar(it, person(), load_locale("en"), standing={WHOLE: ["session-2"]}, gone={}, method="PUBLISH",
                     now=NOW, page_url=PAGE, join_url="")
    assert alarms(one(whole)) == [(timedelta(minutes=-15), one(whole)["SUMMARY"])]


def test_one_entry_over_several_days_leaves_the_nights_free_and_dates_each_session() -> None:
    days = [SESSIONS[1], {**SESSIONS[3], "day": 2}]
    entry = one(entries_of(event(sessions=days), person(time_zone="Europe/Vienna"), ("session-1+session-2",)))
    assert entry["TRANSP"] == "TRANSPARENT"
    assert "\nThursday, 28 January 2021, 08:30–10:10 Session 1" in entry["DESCRIPTION"]
    assert "\nFriday, 29 January 2021, 10:20–12:00 Session 2" in entry["DESCRIPTION"]


def test_a_feed_names_itself_says_how_often_to_look_and_has_no_method() -> None:
    content = entries_of(event(), method=None)
    whole = icalendar.Calendar.from_ical(content)
    assert "METHOD" not in whole
    assert whole["NAME"] == whole["X-WR-CALNAME"] == both(*event().document.title.values())["en"]
    assert b"\r\nREFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in content
    assert b"\r\nX-PUBLISHED-TTL:PT1H\r\n" in content
    assert not [entry for entry in parsed(content) if "ATTENDEE" in entry]


NASTY = 'Line\r\nbreak, comma; semicolon: colon \\ back\\nslash "quoted" ^caret 🎉 \u202eflip'


def test_line_breaks_commas_semicolons_quotes_and_emoji_survive_and_inject_nothing() -> None:
    odd = event(title=both(NASTY, NASTY), venue={"name": both(NASTY, NASTY), "join_url": JOIN}, organiser={
        "name": both(NASTY, NASTY), "sender": "a@example.org", "reply_to": "b@example.org"})
    who = person(name='Q "q"; c, d: e\r\nX-EVIL:1')
    content = entries_of(odd, who, sessions=("session-1",), method="REQUEST", join=True)
    clean = 'Line break, comma; semicolon: colon \\ back\\nslash "quoted" ^caret 🎉 flip'
    ours, [theirs] = one(content), second(content)
    for entry in (ours["SUMMARY"], theirs.summary):
        assert str(entry).endswith(clean)
    assert ours["LOCATION"] == theirs.location == clean
    assert ours["ATTENDEE"].params["CN"] == "Q 'q'; c, d: e X-EVIL:1"
    assert theirs.attendees[0].common_name == "Q 'q'; c, d: e X-EVIL:1"
    assert "X-EVIL" not in ours


def test_a_cyrillic_title_of_three_hundred_characters_arrives_whole() -> None:
    title = ("Щедрость " * 34)[:299] + "я"
    content = entries_of(event(title=both("T", title)), person(language="ru"), sessions=("session-1",))
    assert one(content)["SUMMARY"].endswith(title)
    assert (second(content)[0].summary or "").endswith(title)


@pytest.mark.parametrize("method", ["PUBLISH", "REQUEST", "CANCEL"])
def test_lines_end_in_crlf_and_have_at_most_75_octets_of_whole_characters(method: CalendarMethod) -> None:
    who = person(language="ru", name="Ярослав " * 20, email="a" * 60 + "@" + "b" * 60 + ".example.org")
    content = entries_of(event(), who, method=method, join=True)
    assert content.endswith(b"END:VCALENDAR\r\n")
    lines = content.removesuffix(b"\r\n").split(b"\r\n")
    assert all(b"\n" not in line and b"\r" not in line for line in lines)
    assert max(len(line) for line in lines) <= 75
    assert all(line.decode() for line in lines)


@pytest.mark.parametrize("length", [0, 1, 36, 37, 38, 74, 75, 76, 149, 150, 300])
@pytest.mark.parametrize("letter", ["a", "я", "€", "🎉"])
def test_folding_loses_nothing_at_any_length(letter: str, length: int) -> None:
    folded = fold(letter * length)
    assert folded.replace(b"\r\n ", b"").decode() == letter * length + "\r\n"
    assert all(len(line) <= 75 for line in folded.split(b"\r\n"))


def test_no_mark_of_the_sheet_is_left_in_what_people_get() -> None:
    content = entries_of(event(), method="REQUEST", join=True).decode()
    assert not [char for char in content if "\ue000" <= char <= "\uf8ff"]


def test_a_private_use_character_in_a_title_cannot_pass_for_a_mark() -> None:
    assert PAGE not in one(entries_of(event(title=both("A\ue002B", "Х")), sessions=("session-1",)))["SUMMARY"]


def test_a_sheet_of_another_document_is_never_used() -> None:
    first = entries_of(event())
    renamed = entries_of(event(title=both("Another title", "Другое название")))
    assert "Another title" in parsed(renamed)[0]["SUMMARY"]
    assert entries_of(event()) == first


def test_everybody_has_their_own_link_name_and_time() -> None:
    it = event()
    for who in (person(), person(id="b", language="ru", time_zone="Europe/Minsk"),
                person(id="c", time_zone="Asia/Bishkek")):
        entry = one(entries_of(it, who, sessions=("session-1",), method="REQUEST"))
        begins = datetime(2021, 1, 28, 7, 30, tzinfo=UTC).astimezone(ZoneInfo(who.time_zone))
        assert f"\n{begins:%H:%M}–" in entry["DESCRIPTION"]
        assert f".{who.id}@" in entry["UID"]


@pytest.mark.parametrize("zone", ["Europe/Vienna", "America/New_York", "Asia/Tehran", "Asia/Tashkent", "Etc/UTC",
                                  "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_the_zone_that_is_told_has_the_offsets_of_the_tz_database_all_year(zone: str) -> None:
    parts = [(part["DTSTART"].dt, part["TZOFFSETFROM"].td, part["TZOFFSETTO"].td)
             for part in vtimezone(zone, 2021, 2021).subcomponents]
    for hour in range(1, 365 * 24):
        moment = datetime(2021, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
        if moment.astimezone(ZoneInfo(zone)).year != 2021:
            continue
        offset = [to for start, before, to in parts if start - before <= moment.replace(tzinfo=None)][-1]
        assert offset == moment.astimezone(ZoneInfo(zone)).utcoffset()


def test_an_event_in_utc_needs_no_zone_of_its_own() -> None:
    content = entries_of(event(time_zone="UTC"), sessions=("session-1",))
    assert one(content).start == datetime(2021, 1, 28, 8, 30, tzinfo=UTC)


def test_an_event_over_new_year_has_both_years_of_its_zone() -> None:
    days = [SESSIONS[1], {**SESSIONS[3], "day": 2}]
    content = entries_of(event(date="2020-12-31", sessions=days))
    assert b"DTSTART:20200101T000000" in content
    assert b"DTSTART:20211031T030000" in content
    assert parsed(content)[1].start == datetime(2021, 1, 1, 10, 20, tzinfo=ZoneInfo("Europe/Vienna"))


def test_an_entry_over_a_clock_change_names_no_offset_for_all_of_it() -> None:
    day = {"starts": "09:00", "ends": "10:00"}
    sessions = [{"id": f"session-{n}", "title": both("A", "А"), "day": n, **day} for n in (1, 2)]
    winter, both_clocks = (event(date=date, sessions=sessions) for date in ("2021-03-20", "2021-03-27"))
    vienna, both_days = person(time_zone="Europe/Vienna"), ("session-1+session-2",)
    assert "Times in Vienna (CET, UTC+1)\n" in one(entries_of(winter, vienna, both_days))["DESCRIPTION"]
    assert "Times in Vienna\n" in one(entries_of(both_clocks, vienna, both_days))["DESCRIPTION"]
