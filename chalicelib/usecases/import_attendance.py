"""A platform's report of a session becomes attendance: of those whose address it has. Nothing of it is lost.

Who is found by a name alone is proposed and not recorded: two people may share a name. Put their address into the row,
and import the report again. Times are kept as the union of all that was imported, so the same report again changes
nothing, and the reports of a meeting that was started twice add up, in any order.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from chalicelib.adapters.links import Links
from chalicelib.adapters.store.addresses import Addresses
from chalicelib.adapters.store.attendance import TOGETHER, Attendances
from chalicelib.adapters.store.audit import Audit
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.table import ConditionFailed
from chalicelib.domain.address import address_key
from chalicelib.domain.attendance import Attended, Span, hours_of, union, whole_minutes, within
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.event import EventDocument
from chalicelib.domain.event_parts import Session
from chalicelib.domain.invitee import Invitee, Registration, standing
from chalicelib.domain.meeting_report import Entry, entries, names_of
from chalicelib.domain.model import Model
from chalicelib.domain.roster_rows import Record

TRIES = 3
"""How often an import that met another one, or an erasing, is worked out again."""


@dataclass(frozen=True)
class Register:
    """What a report is held against, and where attendance is kept."""

    events: Events
    invitees: Invitees
    addresses: Addresses
    links: Links
    attendances: Attendances
    audit: Audit


class Recorded(Model):
    """Somebody whose address is known. ``rows`` are those of the file that tell of them.

    ``registered`` is False of who had not registered for this session, or not at all. ``minutes``, ``first_at`` and
    ``last_at`` count what was imported before as well. "removed": imported before, not in the file that replaces it.
    """

    invitee: str
    name: str
    email: str
    registered: bool
    outcome: Literal["created", "updated", "unchanged", "removed"]
    rows: list[int]
    minutes: int
    first_at: datetime | None
    last_at: datetime | None


class Candidate(Model):
    """Somebody registered for the event under the name of a row."""

    invitee: str
    name: str
    email: str


class Unrecorded(Model):
    """A row that was not recorded, and why; ``candidates`` are those who have its name."""

    row: int
    outcome: Literal["proposed", "ambiguous", "unmatched", "outside", "invalid"]
    name: str
    email: str
    problem: str
    candidates: list[Candidate] = Field(default_factory=list)


class AttendanceImport(Model):
    """What became of a report: people by name, then each row that was not recorded; counts of both by outcome."""

    dry_run: bool
    session: str
    time_zone: str
    counts: dict[str, int]
    people: list[Recorded]
    rows: list[Unrecorded]


PROBLEMS = {
    "proposed": "No address of the event stands here; one registered person has this name. If it is them, write their "
    "address into the row and import the report again.",
    "ambiguous": "No address of the event stands here, and several registered people have this name. Write the "
    "address of the right one into the row and import the report again.",
    "unmatched": "Nobody of the event has this address, and nobody who is registered this name.",
    "outside": "They were not in the meeting for a minute of the session's hours.",
}


@dataclass
class Plan:
    """What a report comes to: for each person what was known and what is to be, the rows that tell of them, and the
    rows that are not recorded.
    """

    loaded: dict[str, tuple[Invitee, Registration | None]]
    seen: dict[str, Attended]
    spans: dict[str, tuple[Span, ...]]
    told: dict[str, list[int]]
    rows: list[Unrecorded] = field(default_factory=list)

    @property
    def changes(self) -> list[tuple[Attended, tuple[Span, ...]]]:
        return [(self.seen[one], spans) for one, spans in self.spans.items() if self.seen[one].imported != spans]


def import_attendance(
    register: Register, event_id: str, session_id: str, records: Iterable[Record], zone: str, who: str, now: datetime,
    *, replace: bool, dry_run: bool,
) -> AttendanceImport:  # fmt: skip
    """Add the times of a report to what was imported for the session, or put them in its place (``replace``); what
    Join recorded stays. ``zone`` is that of the times in the file, "" the event's.

    Raises NotFound, Invalid for what is no report, and Conflict when other imports go on all the while.
    """
    document = register.events.get(event_id).document
    session, zone = _session(document, session_id), zone or document.time_zone
    hours = hours_of(document, session)
    found = entries(records, ZoneInfo(zone), hours[0])
    for attempt in range(TRIES):
        plan = _plan(register, event_id, session_id, found, hours, replace=replace)
        if plan.changes and not dry_run and not attempt:
            register.audit.write(event_id, who, "attendance imported", f"{session_id}, {len(found)} rows", "", now)
        if dry_run or _stored(register.attendances, plan.changes):
            return _report(plan, session, zone, dry_run=dry_run)
    raise Conflict("Another import went on at this very moment. Import the report again.")


def _session(document: EventDocument, session_id: str) -> Session:
    for session in document.attendable:
        if session.id == session_id:
            return session
    raise NotFound(f'The agenda has no session "{session_id[:64]}" that people attend.')


def _plan(
    register: Register, event_id: str, session_id: str, found: Sequence[Entry], hours: Span, *, replace: bool
) -> Plan:
    inside = [entry for entry in found if entry.span and not entry.waited and within([entry.span], hours)]
    theirs = _matched(register, event_id, inside)
    loaded = register.invitees.load(theirs.values())
    of: dict[str, list[Entry]] = {one: [] for one in loaded}
    for entry in inside:
        if (owner := theirs.get(entry.row, "")) in of:
            of[owner].append(entry)
    spans = {one: within((entry.span for entry in told if entry.span), hours) for one, told in of.items()}
    spans = {one: times for one, times in spans.items() if whole_minutes(times) >= 1}
    unknown = [entry for entry in inside if theirs.get(entry.row) not in loaded]
    recorded = {entry.row for one in spans for entry in of[one]} | {entry.row for entry in unknown}
    rows = [_left(entry, "outside" if entry.span else "invalid") for entry in found if entry.row not in recorded]
    gone = _imported(register, event_id, session_id) - spans.keys() if replace else set[str]()
    loaded |= register.invitees.load(gone)
    seen = register.attendances.load(event_id, session_id, [*spans, *(one for one in gone if one in loaded)])
    return Plan(
        loaded,
        seen,
        {one: _times(known, spans.get(one, ()), replace=replace) for one, known in seen.items()},
        {one: [entry.row for entry in of[one]] for one in spans},
        [*rows, *_by_name(register, event_id, unknown)],
    )


def _matched(register: Register, event_id: str, found: Sequence[Entry]) -> dict[int, str]:
    """Who has the address of a row, by its number; of several addresses the first that somebody has."""
    hashes = {one: register.links.address_hash(address_key(one)) for entry in found for one in entry.addresses}
    claimed = register.addresses.claimed(event_id, dict.fromkeys(hashes.values()))
    owners = {entry.row: [claimed.get(hashes[one], "") for one in entry.addresses] for entry in found}
    return {row: next(filter(None, known)) for row, known in owners.items() if any(known)}


def _imported(register: Register, event_id: str, session_id: str) -> set[str]:
    listing = register.invitees.listing(event_id, f"ATTENDANCE#{session_id}")
    return {one.invitee for one in register.attendances.all(listing) if one.imported}


def _times(known: Attended, told: Sequence[Span], *, replace: bool) -> tuple[Span, ...]:
    return union(told if replace else [*known.imported, *told])


def _stored(attendances: Attendances, changes: Sequence[tuple[Attended, tuple[Span, ...]]]) -> bool:
    """False when somebody was erased, or another import wrote, meanwhile; what is stored until then stays."""
    try:
        for start in range(0, len(changes), TOGETHER):
            attendances.record(changes[start : start + TOGETHER])
    except ConditionFailed:
        return False
    return True


def _by_name(register: Register, event_id: str, unknown: Sequence[Entry]) -> list[Unrecorded]:
    """Rows whose address nobody has: those who are registered under their name are told, and not more."""
    if not unknown:
        return []
    wanted = {name for entry in unknown for name in names_of(entry.name)}
    called: dict[str, list[str]] = {}
    for registration in register.invitees.registrations(event_id):
        for name in wanted.intersection(names_of(registration.name)):
            called.setdefault(name, []).append(registration.invitee)
    loaded = register.invitees.load(one for ids in called.values() for one in ids)
    named = {one: Candidate(invitee=one, name=kept.name, email=invitee.email)
             for one, (invitee, kept) in loaded.items() if kept and standing(invitee, kept)}  # fmt: skip
    rows = []
    for entry in unknown:
        ids = dict.fromkeys(one for name in names_of(entry.name) for one in called.get(name, ()) if one in named)
        outcome = ("unmatched", "proposed", "ambiguous")[min(len(ids), 2)]
        rows.append(_left(entry, outcome, [named[one] for one in ids]))
    return rows


def _left(entry: Entry, outcome: str, candidates: Sequence[Candidate] = ()) -> Unrecorded:
    said = {"row": entry.row, "outcome": outcome, "name": entry.name, "email": entry.email or entry.upn}
    problem = entry.problem or PROBLEMS[outcome]
    return Unrecorded.model_validate({**said, "problem": problem, "candidates": list(candidates)})


def _report(plan: Plan, session: Session, zone: str, *, dry_run: bool) -> AttendanceImport:
    people = [_recorded(plan, one, session) for one in plan.spans]
    outcomes = [one.outcome for one in people] + [one.outcome for one in plan.rows]
    return AttendanceImport(
        dry_run=dry_run,
        session=session.id,
        time_zone=zone,
        counts=dict(Counter(outcomes)),
        people=sorted(people, key=lambda one: (one.name.casefold(), one.invitee)),
        rows=sorted(plan.rows, key=lambda one: one.row),
    )


def _recorded(plan: Plan, one: str, session: Session) -> Recorded:
    invitee, kept = plan.loaded[one]
    registration, seen, spans = standing(invitee, kept), plan.seen[one], plan.spans[one]
    same = "unchanged" if seen.imported == spans else "updated" if spans else "removed"
    return Recorded.model_validate(
        {
            "invitee": one,
            "name": invitee.name,
            "email": invitee.email,
            "registered": registration is not None and session.id in registration.sessions,
            "outcome": "created" if spans and not seen.imported else same,
            "rows": plan.told.get(one, []),
            "minutes": whole_minutes(spans),
            "first_at": spans[0][0] if spans else None,
            "last_at": spans[-1][1] if spans else None,
        }
    )
