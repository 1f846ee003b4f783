"""Rows of Zoom's and Teams's reports: who, and from when to when in UTC."""

from datetime import UTC, datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest

from chalicelib.adapters.spreadsheets import read_sheet
from chalicelib.domain.errors import Invalid
from chalicelib.domain.meeting_report import MOST, Entry, entries, names_of
from tests.domain.meeting_reports import (
    TEAMS,
    TEAMS_2021,
    TEAMS_GERMAN,
    ZOOM_HISTORY,
    ZOOM_RUSSIAN,
    ZOOM_USAGE,
    utf16,
)

START = datetime(2021, 1, 28, 7, 30, tzinfo=UTC)
HEAD = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n"


def read(content: str | bytes, zone: str = "Europe/Vienna", near: datetime = START) -> list[Entry]:
    octets = content if isinstance(content, bytes) else content.encode()
    return entries(read_sheet(BytesIO(octets), below=True).records, ZoneInfo(zone), near)


def told(found: list[Entry]) -> list[tuple[int, str, tuple[str, ...], str]]:
    """Row, name, addresses, and times of UTC as 07:25:00-07:50:30."""
    times = ["-".join(f"{moment:%H:%M:%S}" for moment in one.span) if one.span else one.problem for one in found]
    return [(one.row, one.name, one.addresses, time) for one, time in zip(found, times, strict=True)]


def test_zooms_usage_report_below_the_lines_of_the_meeting() -> None:
    assert told(read(ZOOM_USAGE)) == [
        (5, "Clara Weiss (Clara)", ("Clara@Example.org",), "07:25:00-07:50:30"),
        (6, "Clara Weiss (Clara)", ("clara@example.org",), "08:00:00-09:20:00"),
        (7, "Boris, Tashkent", (), "07:31:00-09:00:00"),
    ]


def test_zooms_history_of_meetings_says_who_was_in_the_waiting_room() -> None:
    found = read(ZOOM_HISTORY)
    assert [one.waited for one in found] == [True, False]
    assert told(found)[1] == (3, "Clara", ("clara@example.org",), "07:30:20-09:10:00")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_zooms_report_in_russian_as_a_spreadsheet_saved_it(encoding: str) -> None:
    found = read(ZOOM_RUSSIAN.encode(encoding))
    assert told(found) == [(2, "Клара", ("clara@example.org",), "07:30:00-08:30:00")]


def test_teamss_report_has_each_time_that_somebody_joined_and_addresses_from_its_table_of_people() -> None:
    assert told(read(utf16(TEAMS))) == [
        (17, "Clara Weiss", ("clara@example.org", "cweiss@tenant.example"), "07:20:00-08:00:00"),
        (18, "Clara Weiss", ("clara@example.org", "cweiss@tenant.example"), "08:20:00-09:20:00"),
        (19, "Boris (Unverified)", (), "07:40:00-08:00:00"),
        (20, "Anna", ("anna@example.org",), "07:30:00-08:00:00"),
    ]


def test_a_person_whom_the_activities_lack_is_taken_from_the_table_of_people() -> None:
    cut = TEAMS.rpartition("Anna\t")[0]
    assert next((one.row, one.name) for one in read(utf16(cut))) == (13, "Anna")


def test_two_of_one_name_whom_the_activities_do_not_tell_apart_get_nobodys_address() -> None:
    twice = TEAMS.replace("\n\n3.", "\n" + "\t".join(
        ["Anna", "1/28/21, 9:10:00 AM", "1/28/21, 9:20:00 AM", "10m", "", "other@example.org", "Attendee"]) + "\n\n3.")
    assert told(read(utf16(twice)))[-1] == (21, "Anna", (), "07:30:00-08:00:00")


def test_teamss_report_in_german_and_that_of_2021() -> None:
    [clara] = told(read(utf16(TEAMS_GERMAN)))
    assert clara == (6, "Clara Weiß", ("clara@example.org",), "07:35:00-08:35:00")
    assert [one[3] for one in told(read(utf16(TEAMS_2021)))] == ["07:30:00-07:45:00", "08:00:00-08:15:00"]


@pytest.mark.parametrize(("said", "near", "expected"), [
    ("01/28/2021 08:30:00 AM", "2021-01-28", "2021-01-28T07:30:00"),
    ("28/01/2021 08:30", "2021-01-28", "2021-01-28T07:30:00"),
    ("28/01/2021, 8:30:00 pm", "2021-01-28", "2021-01-28T19:30:00"),
    ("02/01/2021 08:30", "2021-01-02", "2021-01-02T07:30:00"),
    ("02/01/2021 08:30", "2021-02-01", "2021-02-01T07:30:00"),
    ("01/02/2021 12:00:00 AM", "2021-02-01", "2021-01-31T23:00:00"),
    ("28.01.2021 20:15:00 PM", "2021-01-28", "2021-01-28T19:15:00"),
    ("1.2.21, 08:30", "2021-02-01", "2021-02-01T07:30:00"),
    ("2021-01-28 08:30:05", "2021-01-28", "2021-01-28T07:30:05"),
    ("2021-01-28T08:30:05.123Z", "2021-01-28", "2021-01-28T08:30:05"),
    ("2021-01-28T08:30:05+05:00", "2021-01-28", "2021-01-28T03:30:05"),
    ("Jan 28, 2021 12:30 PM", "2021-01-28", "2021-01-28T11:30:00"),
    ("January 28, 2021, 08:30:00\u202fAM", "2021-01-28", "2021-01-28T07:30:00"),
])  # fmt: skip
def test_a_date_is_read_as_its_language_writes_it_and_the_sessions_day_decides(
    said: str, near: str, expected: str
) -> None:
    row = f'Clara,,"{said}","{said}",0,No\n'
    [one] = read(HEAD + row, near=datetime.fromisoformat(f"{near}T07:30:00+00:00"))
    assert one.span and f"{one.span[0]:%Y-%m-%dT%H:%M:%S}" == expected


def test_times_are_of_the_zone_that_is_said() -> None:
    row = "Clara,,2021-01-28 12:30:00,2021-01-28 14:10:00,100,No\n"
    assert told(read(HEAD + row, "Asia/Tashkent"))[0][3] == "07:30:00-09:10:00"


def test_whoever_stays_while_the_clocks_are_put_back_leaves_after_joining() -> None:
    row = "Clara,,2021-10-31 02:50:00,2021-10-31 02:10:00,20,No\n"
    assert told(read(HEAD + row, near=datetime(2021, 10, 31, 1, tzinfo=UTC)))[0][3] == "00:50:00-01:10:00"


@pytest.mark.parametrize(("times", "expected"), [
    ("28/13/2021 08:30,28/13/2021 08:40", "is not a date and a time"),
    ("08:30,08:40", "is not a date and a time"),
    ("=1+1,2021-01-28 08:40", "is not a date and a time"),
    ("2021-01-28 08:30,", "no time of leaving"),
    (",2021-01-28 08:30", "no time of joining"),
    ("2021-01-28 08:30,2021-01-28 08:20", "before it joins"),
    ("2021-01-28 25:30,2021-01-28 25:40", "is not a date and a time"),
])  # fmt: skip
def test_a_row_whose_times_cannot_be_told_says_so_and_stops_no_other(times: str, expected: str) -> None:
    good = "Anna,anna@example.org,2021-01-28 08:30,2021-01-28 08:40,10,No\n"
    broken, kept = read(f"{HEAD}Clara,,{times},0,No\n{good}")
    assert broken.span is None and expected in broken.problem and broken.row == 2
    assert kept.span is not None


@pytest.mark.parametrize(("day", "zone"), [("9999-12-31 23:30", "America/New_York"),
                                           ("9999-12-31T23:30:00-05:00", "UTC")])  # fmt: skip
def test_a_row_of_a_day_that_utc_does_not_have_stops_no_other(day: str, zone: str) -> None:
    good = "Anna,anna@example.org,2021-01-28 08:30,2021-01-28 08:40,10,No\n"
    broken, kept = read(f"{HEAD}Clara,,{day},{day},0,No\n{good}", zone)
    assert broken.span is None and "is not a date and a time" in broken.problem
    assert kept.span is not None


@pytest.mark.parametrize(("content", "expected"), [
    ("", "no table"),
    ("email,name\na@example.org,Anna\n", "no table"),
    ("Name (Original Name),User Email,Total Duration (Minutes)\nAnna,a@example.org,65\n", "show unique users"),
    ("Full Name\tUser Action\tTimestamp\nAnna\tJoined\t1/28/2021, 8:30:00 AM\n", "no table"),
    (HEAD + '"Clara,,2021-01-28 08:30,2021-01-28 08:40,10,No\n', "quotation marks"),
    (HEAD + "Clara,,2021-01-28 08:30,2021-01-28 08:40,10,No\n" * MOST, "more than 10,000 rows"),
])  # fmt: skip
def test_what_is_no_report_is_refused_with_what_to_do(content: str, expected: str) -> None:
    with pytest.raises(Invalid, match=expected):
        read(content)


def test_somebody_is_known_by_any_of_the_names_that_a_platform_shows() -> None:
    assert names_of("Aziz  (Aziz KARIMOV)") == ["aziz (aziz karimov)", "aziz", "aziz karimov"]
    assert names_of("Зарина Назарова") == ["зарина назарова"]
    assert names_of("") == []
