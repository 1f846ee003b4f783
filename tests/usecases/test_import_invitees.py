"""Importing people: a report on every row, and one invitee per address whatever happens at the same time."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from chalicelib.adapters.store.person import profile_key
from chalicelib.adapters.store.table import Update
from chalicelib.domain.errors import Invalid, NotFound
from chalicelib.domain.invitee import Invitee
from chalicelib.usecases.import_invitees import ImportReport, People, import_invitees
from tests.shelf import Shelf, person
from tests.usecases.steps import answer, invite_all, register, suppress

Row = dict[str, str]


def row(name: str, **facts: str) -> Row:
    return {"email": f"{name}@example.org", "name": name.title(), **facts}


def load(shelf: Shelf, *rows: Row, dry_run: bool = False) -> ImportReport:
    numbered = list(enumerate(rows, 2))
    return import_invitees(shelf.events, people_of(shelf), "symposium", numbered, shelf.clock(), dry_run=dry_run)


def people_of(shelf: Shelf) -> People:
    return People(shelf.invitees, shelf.addresses, shelf.ledger, shelf.links)


def outcomes(report: ImportReport) -> list[tuple[int, str]]:
    return [(one.row, one.outcome) for one in report.rows]


@pytest.fixture(autouse=True)
def event(shelf: Shelf) -> None:
    shelf.publish()


def test_every_row_is_answered_for_in_its_order_and_a_bad_one_stops_nobody(shelf: Shelf) -> None:
    load(shelf, row("anna"), row("boris"))
    report = load(
        shelf, row("anna"), {"email": "no address", "name": "X"}, row("clara"), row("boris", country="AT"), row("clara")
    )
    assert outcomes(report) == [(2, "unchanged"), (3, "invalid"), (4, "created"), (5, "updated"), (6, "duplicate")]
    assert report.counts == {"unchanged": 1, "invalid": 1, "created": 1, "updated": 1, "duplicate": 1}
    assert [problem.field for problem in report.rows[1].problems] == ["email"]
    assert report.rows[4].duplicate_of == 4
    assert sorted(one.email for one in shelf.invitees.all("symposium")) == [
        "anna@example.org", "boris@example.org", "clara@example.org",
    ]  # fmt: skip


def test_who_goes_at_this_very_moment_stops_nobody_and_is_not_changed(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(shelf, row("anna"), row("boris"))
    anna, _ = sorted(shelf.invitees.all("symposium"), key=lambda one: one.email)
    update = shelf.invitees.update

    def overtaken(invitee: Invitee, now: datetime) -> None:
        if invitee.id == anna.id:
            shelf.table.write(Update(profile_key(anna.id), {"generation": 2, "withdrawn_by": "head"}))
        update(invitee, now)

    monkeypatch.setattr(shelf.invitees, "update", overtaken)
    load(shelf, row("anna", country="AT"), row("boris", country="AT"))
    assert {one.email: one.country for one in shelf.invitees.all("symposium")} == {
        "anna@example.org": "", "boris@example.org": "AT",
    }  # fmt: skip


def test_the_report_names_the_invitee_that_a_row_is_about(shelf: Shelf) -> None:
    [created] = load(shelf, row("anna")).rows
    [again] = load(shelf, row("anna")).rows
    [stored] = shelf.invitees.all("symposium")
    assert created.invitee == again.invitee == stored.id


def test_a_row_fills_what_it_leaves_out_with_the_events_own(shelf: Shelf) -> None:
    load(shelf, row("anna"), row("boris", language="ru", time_zone="Asia/Bishkek", country="kg", category="un"))
    anna, boris = sorted(shelf.invitees.all("symposium"), key=lambda one: one.name)
    assert (anna.language, anna.time_zone) == ("en", "Europe/Vienna")
    assert (boris.language, boris.time_zone, boris.country, boris.category) == ("ru", "Asia/Bishkek", "KG", "un")


def test_a_dry_run_reports_the_same_and_leaves_the_table_byte_for_byte(shelf: Shelf) -> None:
    load(shelf, row("anna"), row("boris"))
    before = shelf.items()
    rows = (row("anna", country="AT"), row("boris"), row("clara"), row("clara"), {"email": "", "name": ""})
    told = load(shelf, *rows, dry_run=True)
    assert shelf.items() == before
    real = load(shelf, *rows)
    assert (told.dry_run, real.dry_run) == (True, False)
    assert (outcomes(told), told.counts) == (outcomes(real), real.counts)


def test_the_same_list_again_writes_nothing(shelf: Shelf) -> None:
    load(shelf, row("anna"), row("boris"))
    before = shelf.items()
    assert load(shelf, row("anna"), row("boris")).counts == {"unchanged": 2}
    assert shelf.items() == before


@pytest.mark.parametrize("spelling", ["ANNA@EXAMPLE.ORG", " Anna@Example.org ", "Anna <anna@example.org>"])
def test_capital_letters_and_spaces_do_not_make_another_person(shelf: Shelf, spelling: str) -> None:
    load(shelf, row("anna"))
    assert load(shelf, {"email": spelling, "name": "Anna"}).counts == {"unchanged": 1}
    assert load(shelf, row("zoe"), {"email": "ZOE@example.org", "name": "Zoe"}).counts == {"created": 1, "duplicate": 1}
    assert len(list(shelf.invitees.all("symposium"))) == 2


def test_an_update_changes_what_the_row_says_and_not_what_the_person_answered(shelf: Shelf) -> None:
    load(shelf, row("anna"))
    [anna] = shelf.invitees.all("symposium")
    answer(shelf, anna, "tentative")
    assert load(shelf, row("anna", language="ru")).counts == {"updated": 1}
    now = shelf.file(anna).invitee
    assert (now.language, now.rsvp, now.id) == ("ru", "tentative", anna.id)


KNOWN = {"language": "ru", "time_zone": "Asia/Bishkek", "country": "KG", "delegation": "Labour", "category": "un"}


@pytest.mark.parametrize("empty", [{}, dict.fromkeys(KNOWN, " ")], ids=["no columns", "empty cells"])
def test_a_list_with_fewer_columns_leaves_what_is_known_and_fills_in_defaults_for_new_people_only(
    shelf: Shelf, empty: Row
) -> None:
    load(shelf, row("anna", **KNOWN), row("boris", **KNOWN))
    report = load(shelf, row("anna", **empty), {**row("boris", **empty), "name": "Dr. Boris"}, row("clara", **empty))
    assert outcomes(report) == [(2, "unchanged"), (3, "updated"), (4, "created")]
    anna, clara, boris = sorted(shelf.invitees.all("symposium"), key=lambda one: one.name)
    for one in (anna, boris):
        assert one.model_dump(include=set(KNOWN)) == KNOWN
    assert boris.name == "Dr. Boris"
    assert (clara.language, clara.time_zone, clara.country) == ("en", "Europe/Vienna", "")


def test_a_list_longer_than_a_transaction_is_stored_whole(shelf: Shelf) -> None:
    report = load(shelf, *(row(f"p{n}") for n in range(90)))
    assert report.counts == {"created": 90}
    assert {one.id for one in shelf.invitees.all("symposium")} == {one.invitee for one in report.rows}


def test_the_same_address_may_be_invited_to_another_event(shelf: Shelf) -> None:
    load(shelf, row("anna"))
    shelf.publish("forum")
    report = import_invitees(shelf.events, people_of(shelf), "forum", [(2, row("anna"))], shelf.clock(), dry_run=False)
    assert report.counts == {"created": 1}


def before_creating(shelf: Shelf, first: Callable[[], Any]) -> None:
    """Let somebody else come first, after the list was looked up and before it is stored."""
    create = shelf.invitees.create

    def overtaken(*arguments: Any) -> None:
        shelf.invitees.create = create
        first()
        create(*arguments)

    shelf.invitees.create = overtaken  # type: ignore[method-assign]


def test_of_two_imports_that_race_for_an_address_one_creates_and_the_other_finds_the_person(shelf: Shelf) -> None:
    before_creating(shelf, lambda: load(shelf, row("anna"), row("boris")))
    report = load(shelf, row("anna"), row("boris", country="AT"), row("clara"))
    assert outcomes(report) == [(2, "unchanged"), (3, "updated"), (4, "created")]
    stored = {one.email: one for one in shelf.invitees.all("symposium")}
    assert len(stored) == 3
    assert [one.invitee for one in report.rows] == [stored[one.email].id for one in report.rows]
    assert stored["boris@example.org"].country == "AT"


def test_an_unknown_event_and_too_long_a_list_are_refused_whole(shelf: Shelf) -> None:
    with pytest.raises(NotFound):
        import_invitees(shelf.events, people_of(shelf), "unknown", [(2, row("anna"))], shelf.clock(), dry_run=False)
    before = shelf.items()
    with pytest.raises(Invalid, match="Upload it as a file: POST /api/events/symposium/lists"):
        load(shelf, *(row(f"p{n}") for n in range(1001)))
    assert shelf.items() == before


def test_a_thousand_rows_are_taken(shelf: Shelf) -> None:
    assert load(shelf, *(row(f"p{n}") for n in range(1000)), dry_run=True).counts == {"created": 1000}


def test_an_address_stands_in_one_item_only_and_never_in_a_key(shelf: Shelf) -> None:
    load(shelf, row("anna"))
    assert [item["SK"]["S"] for item in shelf.items() if "anna@example.org" in str(item)] == ["PROFILE"]


def test_somebody_whom_ses_cannot_reach_is_kept_and_told_each_time(shelf: Shelf) -> None:
    aziz = {"email": "Азиз@Минтруд.example", "name": "Aziz"}
    [told] = load(shelf, aziz).rows
    [kept] = shelf.invitees.all("symposium")
    assert (told.outcome, told.email, told.invitee) == ("undeliverable", kept.email, kept.id)
    assert kept.email == "Азиз@xn--d1ahlfpli.example"
    assert "Ask for another address" in told.problems[0].message
    again = load(shelf, {**aziz, "email": "АЗИЗ@минтруд.EXAMPLE", "country": "UZ"})
    assert again.counts == {"undeliverable": 1}
    assert [one.country for one in shelf.invitees.all("symposium")] == ["UZ"]
    [dry] = load(shelf, aziz, dry_run=True).rows
    assert (dry.invitee, dry.standing) == (kept.id, "new")


def test_a_dry_run_tells_where_each_person_stands_before_a_batch_of_invitations(shelf: Shelf) -> None:
    people = dict(zip(STANDING, shelf.invite(*STANDING), strict=True))
    invite_all(shelf)
    register(shelf, people["registered"])
    register(shelf, people["withdrew"])
    answer(shelf, people["withdrew"], "declined")
    answer(shelf, people["declined"], "declined")
    suppress(shelf, people["suppressed"], reason="complaint")
    shelf.invite("left", left=["invitations"])
    shelf.invite("no-feedback", "answered-elsewhere", left=["feedback"])
    answer(shelf, shelf.file(person("answered-elsewhere")).invitee, "tentative")
    gone = shelf.invite("gone", event="other")
    suppress(shelf, *gone)
    names = [*STANDING, "left", "no-feedback", "answered-elsewhere", "gone", "stranger", "stranger"]
    report = load(shelf, *(row(name) for name in names), dry_run=True)
    assert {name: told.standing for name, told in zip(names[:-1], report.rows, strict=False)} == {
        **STANDING, "left": "left", "no-feedback": "new", "answered-elsewhere": "invited", "gone": "suppressed",
        "stranger": "new",
    }  # fmt: skip
    assert (report.rows[-1].outcome, report.rows[-1].standing) == ("duplicate", None)


STANDING = {
    "invited": "invited", "registered": "registered", "declined": "declined", "suppressed": "suppressed",
    "withdrew": "declined",
}  # fmt: skip


def test_an_import_asks_nothing_of_the_ledger_and_says_nothing_of_standing(shelf: Shelf) -> None:
    shelf.invite("anna")
    assert [told.standing for told in load(shelf, row("anna"), row("boris")).rows] == [None, None]
