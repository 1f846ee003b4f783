"""A list of people becomes invitees: every row is answered for, and a bad one never stops the good ones."""

import secrets
from collections import Counter
from typing import Literal

from pydantic import Field

from chalicelib.adapters.links import Links
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.table import ConditionFailed
from chalicelib.domain.errors import Problem
from chalicelib.domain.event import Model
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.roster import Draft, Row, classify, unknown_columns

TOGETHER = 40
"""New people per transaction, two items each: DynamoDB takes 100 items."""


class RowReport(Model):
    """What became of one row; ``row`` counts as the organiser's editor does, the header being 1."""

    row: int
    outcome: Literal["created", "updated", "unchanged", "duplicate", "invalid"]
    email: str = ""
    invitee: str = ""
    problems: list[Problem] = Field(default_factory=list)
    duplicate_of: int | None = None


class ImportReport(Model):
    """Counts by outcome, columns that say nothing to us, then each row."""

    dry_run: bool
    counts: dict[str, int]
    unknown_columns: list[str]
    rows: list[RowReport]


def import_invitees(
    events: Events,
    invitees: Invitees,
    links: Links,
    event_id: str,
    rows: list[tuple[int, dict[str, str]]],
    *,
    dry_run: bool,
) -> ImportReport:
    """Create and update invitees from rows of a list. A dry run reads and writes nothing. Raises NotFound, Invalid."""
    event = events.get(event_id)
    classified = classify(rows, event.document)
    drafts = {
        links.address_hash(row.draft.address_key): row for row in classified if row.outcome == "valid" and row.draft
    }
    known = invitees.claimed(event_id, drafts)
    new = [
        (_invitee(event_id, row.draft), address)
        for address, row in drafts.items()
        if address not in known and row.draft
    ]
    ids: dict[str, str] = {}
    if not dry_run:
        lost = _create(invitees, new)
        known |= invitees.claimed(event_id, lost)
        ids = {address: invitee.id for invitee, address in new if address not in lost}
    standing = {i: invitee for i, (invitee, _) in invitees.load(known.values()).items()}
    reports = {row.number: _told(row) for row in classified if row.outcome != "valid"}
    for address, row in drafts.items():
        before = standing.get(known.get(address, ""))
        reports[row.number] = _settle(invitees, row, before, ids.get(address, ""), dry_run=dry_run)
    ordered = [reports[number] for number in sorted(reports)]
    return ImportReport(
        dry_run=dry_run,
        counts=dict(Counter(report.outcome for report in ordered)),
        unknown_columns=unknown_columns(rows),
        rows=ordered,
    )


def _settle(invitees: Invitees, row: Row, before: Invitee | None, created: str, *, dry_run: bool) -> RowReport:
    """Update somebody who was there before, where the row says something new; report either way.

    What the list leaves out stays as it is known: the event's defaults are for new people.
    """
    assert row.draft is not None
    if before is None:
        return RowReport(row=row.number, outcome="created", email=row.draft.email, invitee=created)
    after = before.model_copy(update={name: said for name, said in _said(row.draft).items() if name in row.given})
    if after != before and not dry_run:
        invitees.update(after)
    outcome: Literal["updated", "unchanged"] = "updated" if after != before else "unchanged"
    return RowReport(row=row.number, outcome=outcome, email=row.draft.email, invitee=before.id)


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
                except ConditionFailed:
                    lost.append(person[1])
    return lost


def _invitee(event_id: str, draft: Draft) -> Invitee:
    return Invitee(id=secrets.token_hex(10), event=event_id, email=draft.email, **_said(draft))


def _said(draft: Draft) -> dict[str, str]:
    """What a row may change of a person who is there already: everything but the address."""
    return {
        name: getattr(draft, name) for name in ("name", "language", "time_zone", "country", "delegation", "category")
    }


def _told(row: Row) -> RowReport:
    outcome: Literal["duplicate", "invalid"] = "duplicate" if row.outcome == "duplicate" else "invalid"
    return RowReport(
        row=row.number,
        outcome=outcome,
        email=row.draft.email if row.draft else "",
        problems=row.problems,
        duplicate_of=row.duplicate_of,
    )
