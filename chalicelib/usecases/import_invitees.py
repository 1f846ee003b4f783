"""A list of people becomes invitees: every row is answered for, and a bad one never stops the good ones."""

import secrets
from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from chalicelib.adapters.links import Links
from chalicelib.adapters.store.addresses import FREE, Addresses
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.invitees import TOGETHER, Invitees
from chalicelib.adapters.store.ledger import Ledger
from chalicelib.adapters.store.table import ConditionFailed
from chalicelib.domain.delivery import GIVEN_UP
from chalicelib.domain.errors import Invalid, Problem
from chalicelib.domain.invitee import Invitee, Registration
from chalicelib.domain.invitee import standing as registered
from chalicelib.domain.model import Model
from chalicelib.domain.roster import MOST, Draft, Row, RowReport, Standing, classify
from chalicelib.domain.roster_rows import Cells, unknown_columns
from chalicelib.usecases.planner import FIRST


class ImportReport(Model):
    """Counts by outcome, columns that say nothing to us, then each row."""

    dry_run: bool
    counts: dict[str, int]
    unknown_columns: list[str]
    rows: list[RowReport]


@dataclass(frozen=True)
class People:
    """Where an event's people are kept, and by what they are found."""

    invitees: Invitees
    addresses: Addresses
    ledger: Ledger
    links: Links


@dataclass(frozen=True)
class Attempt:
    """How rows are stored by somebody who may die and be followed by another who does the same again.

    ``name`` gives the id of whoever is created for an address: the same again, so that a follower knows its own.
    ``note`` is told the rows whose people are about to be updated, and ``noted`` are those of the one before.
    """

    name: Callable[[str], str] = lambda _: secrets.token_hex(10)
    note: Callable[[list[int]], None] = lambda _: None
    noted: Container[int] = ()


def import_invitees(
    events: Events, people: People, event_id: str, rows: Iterable[tuple[int, Cells]], now: datetime, *, dry_run: bool
) -> ImportReport:
    """Create and update invitees from the rows of a request. A dry run writes nothing, and tells where each person
    stands. Raises NotFound, and Invalid for more than 1,000 rows.
    """
    event = events.get(event_id)
    listed = list(islice(rows, MOST + 1))
    if len(listed) > MOST:
        raise Invalid.field(
            "body",
            f"The list has more than {MOST:,} rows. Upload it as a file: POST /api/events/{event_id}/lists says where.",
        )
    classified = list(classify(listed, event.document))
    reports = store_rows(people, event_id, classified, now, write=not dry_run)
    if dry_run:
        reports = _with_standing(people, classified, reports)
    return ImportReport(
        dry_run=dry_run,
        counts=dict(Counter(report.outcome for report in reports)),
        unknown_columns=unknown_columns(listed),
        rows=reports,
    )


ERASED = Problem(field="email", message="Who has this address had their data erased, and is not invited again.")


def store_rows(
    people: People, event_id: str, rows: Sequence[Row], now: datetime, *, write: bool, attempt: Attempt | None = None
) -> list[RowReport]:
    """Store who is new and what is new, unless not told to ``write``; a report on each row, in its order.

    What the list leaves out of somebody who was there before stays as it is known: the event's defaults are for new
    people.
    """
    attempt = attempt or Attempt()
    kept = {people.links.address_hash(row.draft.address_key): row for row in rows if _is_kept(row) and row.draft}
    names = {address: attempt.name(address) for address in kept}
    known = people.addresses.claimed(event_id, kept)
    if write:
        new = [
            (_invitee(event_id, names[address], row.draft), address)
            for address, row in kept.items()
            if address not in known and row.draft
        ]
        known |= people.addresses.claimed(event_id, _create(people.invitees, new))
    ids = {address: known.get(address, names[address] if write else "") for address in kept}
    there = [known[address] for address in kept if known.get(address) and known[address] != names[address]]
    before = {i: one for i, (one, _) in people.invitees.load(there, beside="").items()}
    changed = {
        row.number: after
        for address, row in kept.items()
        if (one := before.get(ids[address])) and (after := _changed(one, row)) != one
    }
    if write and changed:
        attempt.note(list(changed))
        for after in changed.values():
            with suppress(ConditionFailed):  # erased or withdrawn at this very moment: the list came before that
                people.invitees.update(after, now)

    def told(address: str, row: Row) -> RowReport:
        if known.get(address) == "":
            email = row.draft.email if row.draft else ""
            return RowReport(row=row.number, outcome="invalid", email=email, problems=[ERASED])
        news = "updated" if row.number in changed or row.number in attempt.noted else "unchanged"
        return _told(row, news if ids[address] in before else "created", ids[address])

    reports = {row.number: told(address, row) for address, row in kept.items()}
    return [reports.get(row.number) or _told(row) for row in rows]


def _is_kept(row: Row) -> bool:
    return row.outcome in ("valid", "undeliverable")


def _changed(before: Invitee, row: Row) -> Invitee:
    assert row.draft is not None
    return before.model_copy(update={name: said for name, said in _said(row.draft).items() if name in row.given})


def _create(invitees: Invitees, new: list[tuple[Invitee, str]]) -> list[str]:
    """In large transactions; where another import took one of the addresses first, that part goes person by person.

    Returns the addresses that were taken.
    """
    lost = []
    for start in range(0, len(new), TOGETHER):
        part = new[start : start + TOGETHER]
        try:
            invitees.create(part)
        except ConditionFailed:
            for person in part:
                try:
                    invitees.create([person])
                except ConditionFailed as failed:
                    if failed.name != FREE:
                        raise
                    lost.append(person[1])
    return lost


def _with_standing(people: People, rows: Sequence[Row], reports: list[RowReport]) -> list[RowReport]:
    addresses = {row.number: people.links.address_hash(row.draft.address_key) for row in rows if row.draft}
    loaded = people.invitees.load([report.invitee for report in reports if report.invitee])
    invited = people.ledger.states([(invitee, "invitation", FIRST) for invitee in loaded])
    mailed = {invitee for (invitee, _, _), state in invited.items() if state not in GIVEN_UP}
    strangers = [addresses[report.row] for report in reports if report.outcome in ("created", "undeliverable")]
    suppressed = people.addresses.suppressions(strangers)

    def standing(report: RowReport) -> Standing | None:
        if report.outcome in ("invalid", "duplicate"):
            return None
        if found := loaded.get(report.invitee):
            return _standing(*found, mailed=report.invitee in mailed)
        return "suppressed" if addresses[report.row] in suppressed else "new"

    return [report.model_copy(update={"standing": standing(report)}) for report in reports]


def _standing(invitee: Invitee, registration: Registration | None, *, mailed: bool) -> Standing:
    """What keeps an invitation away comes first; whoever answered was invited, by whatever way."""
    if invitee.suppressed:
        return "suppressed"
    if "invitations" in invitee.left:
        return "left"
    if registered(invitee, registration):
        return "registered"
    if invitee.rsvp == "declined":
        return "declined"
    return "invited" if mailed or invitee.rsvp != "needs-action" else "new"


def _invitee(event_id: str, name: str, draft: Draft) -> Invitee:
    return Invitee(id=name, event=event_id, email=draft.email, **_said(draft))


def _said(draft: Draft) -> dict[str, Any]:
    """What a row may change of a person who is there already: everything but the address."""
    names = ("name", "language", "time_zone", "country", "delegation", "category", "head")
    return {name: getattr(draft, name) for name in names}


def _told(row: Row, stored: str = "", invitee: str = "") -> RowReport:
    """A verdict that somebody has to look at outweighs what was stored."""
    return RowReport.model_validate(
        {
            "row": row.number,
            "outcome": stored if row.outcome == "valid" else row.outcome,
            "email": row.draft.email if row.draft else "",
            "invitee": invitee,
            "problems": row.problems,
            "duplicate_of": row.duplicate_of,
        }
    )
