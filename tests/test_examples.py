"""The examples are what newcomers see first: they load, and say what their README says."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from chalicelib.adapters.spreadsheets import read_sheet
from chalicelib.domain.agenda import check
from chalicelib.domain.event import EventDocument, utc
from chalicelib.domain.roster import Row, classify
from chalicelib.domain.roster_rows import read_rows, unknown_columns
from chalicelib.domain.schedule import mailings

EXAMPLE = Path(__file__).parents[1] / "examples" / "central-asia-symposium"
GOVERNMENTS = {"AZ", "BY", "KZ", "KG", "RU", "TJ", "TR", "TM", "UZ"}
RESERVED = (".example", "example.com", "example.net", "example.org")


@pytest.fixture(scope="module")
def source() -> Any:
    return yaml.safe_load((EXAMPLE / "event.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def symposium(source: Any) -> EventDocument:
    return EventDocument.model_validate(source)


@pytest.fixture(scope="module")
def people(symposium: EventDocument) -> list[Row]:
    with (EXAMPLE / "invitees.csv").open("rb") as file:
        rows = list(read_rows(read_sheet(file).records))
    assert unknown_columns(rows) == []
    return list(classify(rows, symposium))


def test_loading_the_symposium_warns_of_the_two_things_that_its_printed_agenda_leaves_open(
    symposium: EventDocument,
) -> None:
    header, speaker = check(symposium)
    assert (header.severity, header.code, header.field) == ("warning", "session-header", "sessions.1.ends")
    assert header.message == (
        "Session 1 is announced as 08:30–10:00 (07:30–09:00 UTC), which is 90 minutes, and as 100 minutes; its items "
        "run 08:30–10:10 (07:30–09:10 UTC), which is 100 minutes. Change the end to 10:10 (09:10 UTC) or shorten "
        "Roundtable One. Times are those of Europe/Vienna."
    )
    assert (speaker.severity, speaker.code) == ("warning", "speaker-unconfirmed")
    assert "UNDP" in speaker.message


def test_the_symposium_is_on_the_morning_of_28_january_2021_in_vienna(symposium: EventDocument) -> None:
    assert (utc(symposium.starts_at), utc(symposium.ends_at)) == ("2021-01-28T07:30:00Z", "2021-01-28T11:00:00Z")


def test_replacing_the_line_of_the_date_moves_the_whole_event() -> None:
    text = (EXAMPLE / "event.yaml").read_text("utf-8")
    [line] = [line for line in text.splitlines() if line.startswith("date:")]
    moved = EventDocument.model_validate(yaml.safe_load(text.replace(line, 'date: "2027-06-30"')))
    assert moved.starts_at.date() == date(2027, 6, 30)
    assert {f"{mailing.due_at:%Y}" for mailing in mailings("symposium", moved)} == {"2027"}
    assert "2021" not in moved.model_dump_json()


def test_the_symposium_can_be_sent_as_json_as_it_stands(source: Any, symposium: EventDocument) -> None:
    assert EventDocument.model_validate_json(symposium.model_dump_json()) == symposium
    assert isinstance(source["date"], str)
    assert all(isinstance(session["starts"], str) for session in source["sessions"])


def test_every_person_of_the_list_can_be_invited(people: list[Row]) -> None:
    assert [row for row in people if row.outcome != "valid"] == []
    assert len(people) >= 64


def test_every_government_has_at_least_three_people_and_so_has_every_category(people: list[Row]) -> None:
    drafts = [row.draft for row in people if row.draft]
    governments = Counter(draft.country for draft in drafts if draft.category == "government")
    assert set(governments) == GOVERNMENTS
    assert min(governments.values()) >= 3
    assert min(Counter(draft.category for draft in drafts).values()) >= 3
    assert set(Counter(draft.language for draft in drafts)) == {"en", "ru"}


def test_no_mail_to_the_list_can_reach_anybody(people: list[Row], symposium: EventDocument) -> None:
    addresses = [row.draft.email for row in people if row.draft]
    for address in [*addresses, symposium.organiser.sender, symposium.organiser.reply_to]:
        assert address.endswith(RESERVED)


def test_everybody_has_a_clock_of_their_own_country(people: list[Row], symposium: EventDocument) -> None:
    hours = {
        "AZ": 11.5, "BY": 10.5, "KG": 13.5, "TJ": 12.5, "TR": 10.5, "TM": 12.5, "UZ": 12.5, "AT": 8.5, "US": 2.5,
    }  # fmt: skip
    for row in people:
        if row.draft and row.draft.country in hours:
            start = symposium.starts_at.astimezone(ZoneInfo(row.draft.time_zone))
            assert start.hour + start.minute / 60 == hours[row.draft.country], row.draft
