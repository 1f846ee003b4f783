"""Lists as people send them: CSV with the header and separator that a spreadsheet chose, or JSON. Not judged yet."""

import csv
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from chalicelib.domain.errors import Invalid, Problem
from chalicelib.domain.text import one_line

Cells = dict[str, str]
"""A row's cells by our column names; ``""`` holds surplus cells.

The first row of a list also has the columns that we do not know, by their own names and empty.
"""

Record = tuple[int, list[str]]
"""The number of a line of the file, or of a row of the sheet, and its cells."""

NAMES = {
    "email": "mail emailaddress mailaddress элпочта электроннаяпочта адресэлектроннойпочты",
    "name": "fullname nameandsurname nameofparticipant participant имя фио имяифамилия участник",
    "language": "lang languagecode preferredlanguage язык",
    "time_zone": "timezone tz zone iana ianatimezone часовойпояс",
    "country": "countrycode iso страна",
    "delegation": "organisation organization institution affiliation agency ministry организация делегация ведомство",
    "category": "group type категория группа",
    "head": "headofdelegation глава главаделегации",
}
"""Our columns, each with the other headers that mean it: letters and digits only, in lower case."""

MOST_COLUMNS = 200
"""Columns of a list that have a name."""

SEPARATORS = (",", ";", "\t")

LINES_ABOVE = 30
"""Lines of a report that may stand above its table, and are looked at for what separates cells."""


def read_rows(records: Iterable[Record]) -> Iterator[tuple[int, Cells]]:
    """(line number, cells) of each row of a file, whose first record names the columns.

    Raises Invalid, on the first row that is asked for, when there is no record, or no column email or name, or more
    than 200 columns.
    """
    stream = iter(records)
    first = next(stream, None)
    if first is None:
        raise Invalid.field("body", "The list is empty. Its first line names the columns: email,name,language,…")
    yield from _by_name(_header([one_line(cell) for cell in first[1]]), stream)


def csv_records(lines: Iterable[str], *, below: bool = False) -> Generator[Record]:
    """The records of a CSV file that hold anything; the file's first line is 1, a record counts by its first line.

    ``lines`` keep their ends. Comma, semicolon or tab, as the header has it; with or without a byte order mark; line
    breaks in quoted cells (RFC 4180). Where the header stands ``below`` other lines, tabs where there are any, because
    sentences above it hold the others. Raises Invalid for a quotation mark left open.
    """
    stream = iter(lines)
    opening = _opening(stream)
    separator = _separator(opening)
    if below:
        opening += islice(stream, LINES_ABOVE)
        separator = "\t" if any("\t" in line for line in opening) else _separator(["".join(opening)])
    reader, begins = csv.reader(chain(opening, stream), delimiter=separator, strict=True), 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise Invalid.field(
            f"line {begins}", f"The row that begins here cannot be read ({error}). Check its quotation marks."
        ) from None


def from_objects(value: Any) -> list[tuple[int, Cells]]:
    """(position from 1, cells) of a JSON list of objects. Raises Invalid for another shape, naming each place."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Invalid.field("body", 'Send a list of objects: [{"email": "…", "name": "…"}].')
    problems = [
        Problem(field=f"{number}.{name}", message="Write text here, or leave it out.")
        for number, each in enumerate(value)
        for name, cell in each.items()
        if cell is not None and not isinstance(cell, str) and not (name == "head" and isinstance(cell, bool))
    ]
    if problems:
        raise Invalid(f"{len(problems)} values in the list are not text.", problems)
    if not value:
        return []
    names = list(dict.fromkeys(name for each in value for name in each))
    header = _header(names)
    records = ((number, [_text(each.get(name)) for name in names]) for number, each in enumerate(value, start=1))
    return list(_by_name(header, records))


def unknown_columns(rows: Sequence[tuple[int, Cells]]) -> list[str]:
    """The columns that nobody asked for, in the list's order, of its rows from the first on."""
    return [name for name in (rows[0][1] if rows else ()) if name and name not in NAMES]


def _opening(lines: Iterator[str]) -> list[str]:
    """The lines up to the first that is not blank, without a byte order mark."""
    opening: list[str] = []
    for line in lines:
        opening.append(line if opening else line.removeprefix("\ufeff"))
        if opening[-1].strip():
            break
    return opening


def _separator(opening: Sequence[str]) -> str:
    """What separates the header's cells, outside quotation marks; a comma when nothing does."""
    bare = re.sub(r'"[^"]*"', "", opening[-1] if opening else "")
    return max(SEPARATORS, key=bare.count)


@dataclass(frozen=True, slots=True)
class _Header:
    """How many cells it has, where each of our columns stands, and what the others are called, each once."""

    width: int
    ours: dict[str, int]
    unknown: list[str]


def _header(headers: list[str]) -> _Header:
    named = sum(map(bool, headers))
    if named > MOST_COLUMNS:
        needed = ", ".join(NAMES)
        message = f"The list has {named:,} columns; at most {MOST_COLUMNS} are read. Keep {needed}, delete the others."
        raise Invalid.field("body", message)
    plain = [_plain(header) for header in headers]
    ours: dict[str, int] = {}
    for name, others in NAMES.items():
        known = frozenset(others.split())
        at = [i for i, key in enumerate(plain) if key == _plain(name)]
        at = at or [i for i, key in enumerate(plain) if key in known]
        if len(at) > 1:
            raise Invalid.field(name, f"Several columns mean {name}: {_listed([headers[i] for i in at])}. Keep one.")
        if at:
            ours[name] = at[0]
    missing = [name for name in ("email", "name") if name not in ours]
    if missing:
        message = f"The list has no such column. Its columns are {_listed(headers)}."
        raise Invalid(
            f"The list needs a column {' and a column '.join(missing)}; its columns are {_listed(headers)}.",
            [Problem(field=name, message=message) for name in missing],
        )
    places = set(ours.values())
    unknown = dict.fromkeys(header for i, header in enumerate(headers) if header and i not in places)
    return _Header(len(headers), ours, list(unknown))


def _by_name(header: _Header, records: Iterable[Record]) -> Iterator[tuple[int, Cells]]:
    aside = dict.fromkeys(header.unknown, "")
    for number, cells in records:
        yield number, aside | _cells(header, cells)
        aside = {}


def _cells(header: _Header, cells: Sequence[str]) -> Cells:
    """A short row has empty cells at its end; what stands beyond the last column goes under ``""``."""
    row = {name: cells[at] if at < len(cells) else "" for name, at in header.ours.items()}
    surplus = [cell.strip() for cell in cells[header.width :] if cell.strip()]
    return row | ({"": ", ".join(surplus)} if surplus else {})


def _text(value: str | bool | None) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else value or ""


def _plain(header: str) -> str:
    return "".join(character for character in header.casefold() if character.isalnum())


def _listed(headers: Sequence[str]) -> str:
    shown = [f'"{header[:40]}"' for header in headers[:20] if header]
    return ", ".join(shown) + (" and others" if len(headers) > 20 else "") or "without names"
