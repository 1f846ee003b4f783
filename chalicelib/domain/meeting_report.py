"""Reports that platforms make of a meeting: who was there from when to when. Nobody is looked up here.

    Zoom   participants, from Reports or from the meeting's history, with or without the meeting's lines above:
           Name (Original Name), User Email, Join Time, Leave Time, Duration (Minutes), Guest, In Waiting Room
    Teams  attendance report, UTF-16 with tabs, in numbered sections:
           2. Participants: Name, First Join, Last Leave, In-Meeting Duration, Email, Participant ID (UPN), Role
           3. In-Meeting Activities: Name, Join Time, Leave Time, Duration, Email, Role
           and the report of 2021: Full Name, Join Time, Leave Time, Duration, Email, Role, Participant ID (UPN)

Columns are known by their names, in English, German and Russian, whatever stands beside them. Both platforms write
times of a zone that the file does not name, and dates as the language of whoever downloads it has them.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from chalicelib.domain.attendance import Span
from chalicelib.domain.errors import Invalid
from chalicelib.domain.roster_rows import NAMES, Record
from chalicelib.domain.text import one_line

MOST = 10_000
"""Rows of a report, whatever they hold."""

COLUMNS = {
    "name": f"nameoriginalname {NAMES['name']} name username nameursprünglichername имянастоящееимя",
    "email": f"useremail {NAMES['email']} email benutzeremail emailпользователя",
    "upn": "participantidupn teilnehmeridupn идентификаторучастникаupn",
    "first": "firstjoin ersterbeitritt",
    "last": "lastleave letztesverlassen",
    "joined": "jointime joined beitrittszeit beitreten времявхода",
    "left": "leavetime left austrittszeit verlassenszeit verlassen времявыхода",
    "waited": "inwaitingroom",
}
"""What a column says, and the headers that say it: letters and digits only, in lower case."""

SECTION = re.compile(r"\d{1,2}\. \S.*")

CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?:\.\d+)?\s*(?:(?P<half>[ap])\.?\s?m\.?)?"

ISO = re.compile(rf"(?P<year>\d{{4}})-(?P<a>\d\d)-(?P<b>\d\d)(?:T|,?\s+){CLOCK}(?P<offset>Z|[+-]\d\d:\d\d)?", re.I)

NUMERIC = re.compile(rf"(?P<a>\d{{1,2}})(?P<by>[./-])(?P<b>\d{{1,2}})(?P=by)(?P<year>\d{{4}}|\d\d),?\s+{CLOCK}", re.I)

NAMED = re.compile(rf"(?P<month>[a-z]{{3}})[a-z]*\.? (?P<b>\d{{1,2}}), (?P<year>\d{{4}}),?\s+{CLOCK}", re.I)

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

UNIQUE = (
    'The report has no times: "show unique users" was ticked. Export it again without, so that each row says when '
    "somebody joined and left."
)

NO_TABLE = (
    "The file has no table with a name, and with times of joining and leaving. Send the participants' report of Zoom "
    "or the attendance report of Teams as it was downloaded."
)


@dataclass(frozen=True)
class Entry:
    """One row: somebody, from when to when. A row whose times cannot be told has no ``span`` and a ``problem``.
    ``upn`` is what Teams knows them by, often an address too. ``waited``: in the waiting room, and not in the meeting.
    """

    row: int
    name: str
    email: str = ""
    upn: str = ""
    span: Span | None = None
    problem: str = ""
    waited: bool = False

    @property
    def addresses(self) -> tuple[str, ...]:
        """As they stand, the likeliest first."""
        return tuple(dict.fromkeys(one for one in (self.email, self.upn) if "@" in one))


def entries(records: Iterable[Record], zone: ZoneInfo, near: datetime) -> list[Entry]:
    """Every row of the report in its order. Times are of ``zone``; where a date can be read in two ways, the one that
    is nearer to ``near`` counts.

    Where a report has one table of people and one of each time that they joined, the second is taken, and of the first
    those whom it lacks. Raises Invalid without such a table, or for more than 10,000 rows.
    """
    listed = list(islice(records, MOST + 1))
    if len(listed) > MOST:
        raise Invalid.field("body", f"The report has more than {MOST:,} rows. Split it.")
    tables = list(_tables(listed))
    people = [_entry(header, row, zone, near) for header, rows in tables if "first" in header for row in rows]
    joins = [_entry(header, row, zone, near) for header, rows in tables if "joined" in header for row in rows]
    known: dict[tuple[str, str], set[str]] = {}
    for one in people:
        known.setdefault((one.name, one.email), set()).add(one.upn)
    alone = {who: upns.pop() for who, upns in known.items() if len(upns) == 1}
    there = {(one.name, one.email) for one in joins}
    told = [replace(one, upn=one.upn or alone.get((one.name, one.email), "")) for one in joins]
    return sorted([*told, *(one for one in people if (one.name, one.email) not in there)], key=lambda one: one.row)


def names_of(name: str) -> list[str]:
    """What somebody may be called who appears under this name, to compare: ``Aziz (Aziz Karimov)`` is any of three."""
    outside, _, inside = name.partition("(")
    spelled = (name, outside, inside.rpartition(")")[0])
    return list(dict.fromkeys(folded for one in spelled if (folded := one_line(one).casefold())))


Header = dict[str, int]
"""Where the columns stand."""


def _tables(records: Iterable[Record]) -> Iterator[tuple[Header, list[Record]]]:
    """Each table with its rows; what stands above and between them is passed over. Raises Invalid for none."""
    header, rows, found, seen = None, list[Record](), False, set[str]()
    for number, cells in records:
        cells = [one_line(cell) for cell in cells]
        said = [cell for cell in cells if cell]
        below = _header(cells)
        if below or (len(said) == 1 and SECTION.fullmatch(said[0])):
            if header:
                yield header, rows
            header, rows, found = below, [], found or below is not None
        elif header:
            rows.append((number, cells))
        else:
            seen |= {_plain(cell) for cell in cells}
    if header:
        yield header, rows
    if not found:
        raise Invalid.field("body", UNIQUE if any("totalduration" in one for one in seen) else NO_TABLE)


def _header(cells: Sequence[str]) -> Header | None:
    """The columns, when this record names those of a table."""
    plain = [_plain(cell) for cell in cells]
    header = {name: plain.index(one) for name, all_ in COLUMNS.items() for one in all_.split()[::-1] if one in plain}
    times = {"joined", "left"} <= header.keys() or {"first", "last"} <= header.keys()
    return header if "name" in header and times else None


def _entry(header: Header, record: Record, zone: ZoneInfo, near: datetime) -> Entry:
    number, cells = record

    def cell(*names: str) -> str:
        places = [header[name] for name in names if name in header]
        return next((cells[at] for at in places if at < len(cells) and cells[at]), "")

    waited = _plain(cell("waited")) in ("yes", "ja", "да")
    entry = Entry(number, cell("name"), cell("email"), cell("upn"), waited=waited)
    joined, left = cell("joined", "first"), cell("left", "last")
    for what, said in (("joining", joined), ("leaving", left)):
        if not said:
            return replace(entry, problem=f"The row has no time of {what}. Download the report after the meeting.")
    try:
        start, end = _moment(joined, zone, near), _moment(left, zone, near)
        if end < start:  # the clocks were put back in between
            end = _moment(left, zone, near, fold=1)
    except ValueError as error:
        return replace(entry, problem=str(error))
    if end < start:
        return replace(entry, problem=f"The row leaves ({left}) before it joins ({joined}).")
    return replace(entry, span=(start, end))


def _moment(said: str, zone: ZoneInfo, near: datetime, *, fold: int = 0) -> datetime:
    """In UTC. Raises ValueError for what is no date with a time of day."""
    try:
        readings = [moment.replace(fold=fold).astimezone(UTC) for moment in _readings(said, zone)]
    except OverflowError:  # the last day there is, and in UTC the one after
        readings = []
    if not readings:
        raise ValueError(f'"{said[:40]}" is not a date and a time as Zoom or Teams write them.')
    return min(readings, key=lambda moment: abs(moment - near))


def _readings(said: str, zone: ZoneInfo) -> Iterator[datetime]:
    """Every date that it may be: 28.01.2021 has the day first, 01/02/2021 may have either."""
    if found := ISO.fullmatch(said):
        offset = found["offset"]
        aware = datetime.fromisoformat(f"2000-01-01T00:00{offset}").tzinfo if offset else zone
        yield from _dated(found, int(found["a"]), int(found["b"]), aware)
    elif found := NUMERIC.fullmatch(said):
        yield from _dated(found, int(found["b"]), int(found["a"]), zone)
        if found["by"] != ".":
            yield from _dated(found, int(found["a"]), int(found["b"]), zone)
    elif (found := NAMED.fullmatch(said)) and found["month"].lower() in MONTHS:
        yield from _dated(found, MONTHS.index(found["month"].lower()) + 1, int(found["b"]), zone)


def _dated(found: re.Match[str], month: int, day: int, zone: object) -> Iterator[datetime]:
    year, hour, half = int(found["year"]), int(found["hour"]), (found["half"] or "").lower()
    if half and hour <= 12:  # Zoom in Russian writes "20:15:00 PM"
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        yield datetime(year + 2000 if year < 100 else year, month, day, hour, int(found["minute"]),
                       int(found["second"] or 0), tzinfo=zone)  # type: ignore[arg-type]  # fmt: skip
    except ValueError:
        return


def _plain(header: str) -> str:
    return "".join(character for character in header.casefold() if character.isalnum())
