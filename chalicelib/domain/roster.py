"""The list of people: each row of a spreadsheet or of JSON gets a verdict; a bad row never stops the good ones."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Any, Literal

from pydantic import Field

from chalicelib.domain.address import spelled, undeliverable
from chalicelib.domain.countries import COUNTRIES
from chalicelib.domain.errors import Problem
from chalicelib.domain.event import EventDocument
from chalicelib.domain.event_parts import Zone, iana_zone
from chalicelib.domain.model import Model
from chalicelib.domain.places import delegation_named
from chalicelib.domain.roster_rows import Cells
from chalicelib.domain.text import Language, Line, one_line

MOST = 1000
"""Rows of a list that comes in a request."""

MOST_UPLOADED = 100_000
"""Rows of a list that is uploaded."""

REMEMBERED = 4096
"""Cells of a column whose meaning is remembered: most columns say the same few things again and again."""

NAMED = 10
"""Categories that a problem names: a list tells its problems a hundred times, in one item."""

Outcome = Literal["created", "updated", "unchanged", "undeliverable", "duplicate", "invalid"]

Standing = Literal["new", "invited", "registered", "declined", "suppressed", "left"]
"""Where a person stands before a batch of invitations; "new" gets the invitation."""


class Draft(Model):
    """What a row says of one person, cleaned. Language and time zone, where left out, are the event's."""

    email: str
    name: Line
    language: Language
    time_zone: Zone
    country: str = ""
    delegation: str = ""
    category: str = ""
    head: bool = False

    @property
    def address_key(self) -> str:
        """The same for everybody who is reached under this address, which is spelled in one way already."""
        return self.email.lower()


@dataclass(frozen=True, slots=True)
class Row:
    """One verdict. ``number`` is the row's line in the file (the header's is 1), or its place in a JSON list.

    ``draft`` is None when invalid; ``given`` names the columns that the row fills, the rest of the draft are defaults;
    ``duplicate_of`` is the number of the row before with the same address. Somebody who is "undeliverable" is kept.
    """

    number: int
    outcome: Literal["valid", "undeliverable", "duplicate", "invalid"]
    cells: Cells
    draft: Draft | None = None
    problems: list[Problem] = field(default_factory=list)
    duplicate_of: int | None = None
    given: frozenset[str] = frozenset()


class RowReport(Model):
    """What became of one row; ``row`` counts as the organiser's editor does, the header being 1.

    "undeliverable" is kept like anybody else, and gets no mail. ``standing`` is told by a dry run in the request.
    """

    row: int
    outcome: Outcome
    email: str = ""
    invitee: str = ""
    standing: Standing | None = None
    problems: list[Problem] = Field(default_factory=list)
    duplicate_of: int | None = None


def classify(rows: Iterable[tuple[int, Cells]], document: EventDocument) -> Iterator[Row]:
    """A verdict on each row, in order, as they come; what is held is eight octets and a number for each address."""
    seen: dict[int, int] = {}
    columns = {name: lru_cache(REMEMBERED)(partial(clean, document=document)) for name, clean in _COLUMNS.items()}
    for number, cells in rows:
        yield _verdict(number, cells, columns, document, seen)


def _verdict(
    number: int,
    cells: Cells,
    columns: Mapping[str, Callable[[str], str | bool]],
    document: EventDocument,
    seen: dict[int, int],
) -> Row:
    values: dict[str, Any] = {}
    problems = list[Problem]()
    if surplus := cells.get(""):
        message = f'More cells than the header has: "{surplus[:60]}". Put a cell that holds the separator in quotes.'
        problems.append(Problem(field="row", message=message))
    for column, clean in columns.items():
        try:
            values[column] = clean(cells.get(column, ""))
        except ValueError as error:
            problems.append(Problem(field=column, message=str(error)))
    if values.get("head") and not delegation_named(document, str(values.get("delegation", ""))):
        problems.append(Problem(field="head", message=NO_DELEGATION))
    if problems:
        return Row(number, "invalid", cells, problems=problems)
    draft = Draft.model_construct(None, **values)  # each was checked, and pydantic takes as long again
    first = seen.setdefault(_digest(draft.address_key), number)
    if first != number:
        message = f"Row {first} has the same address; this one is left out. Give each person an address of their own."
        return Row(number, "duplicate", cells, draft, [Problem(field="email", message=message)], first)
    given = frozenset(column for column in _COLUMNS if one_line(cells.get(column, "")))
    if sentence := undeliverable(draft.email):
        kept = f"{sentence} Until then this person is kept, and gets no mail."
        return Row(number, "undeliverable", cells, draft, [Problem(field="email", message=kept)], given=given)
    return Row(number, "valid", cells, draft, given=given)


def _digest(key: str) -> int:
    """Eight octets: of 100,000 addresses, two have the same once in four thousand million lists."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest())


def _email(cell: str, document: EventDocument) -> str:
    return spelled(cell)


def _name(cell: str, document: EventDocument) -> str:
    name = _line(cell, document)
    if not any(character.isalnum() for character in name):
        raise ValueError("Write the person's name.")
    return name


def _language(cell: str, document: EventDocument) -> str:
    """``ru``, ``RU`` or ``ru-RU``; one of the event's."""
    text = one_line(cell)
    language = text.replace("_", "-").partition("-")[0].lower()
    if language and language not in document.languages:
        raise ValueError(
            f'The event is not held in "{text[:20]}". Write one of {", ".join(document.languages)}, or leave it empty.'
        )
    return language or document.languages[0]


def _time_zone(cell: str, document: EventDocument) -> str:
    zone = one_line(cell)
    return iana_zone(zone[:60]) if zone else document.time_zone  # no zone has a name as long as that


def _country(cell: str, document: EventDocument) -> str:
    country = one_line(cell).upper()
    if country and country not in COUNTRIES:
        raise ValueError(f'"{country[:40]}" is not a country code. Write the two letters of ISO 3166, such as UZ.')
    return country


def _line(cell: str, document: EventDocument) -> str:
    line = one_line(cell)
    if len(line) > 300:
        raise ValueError("Write at most 300 characters.")
    return line


def _category(cell: str, document: EventDocument) -> str:
    category = one_line(cell).lower()
    if category and document.categories and category not in document.categories:
        named, more = ", ".join(list(document.categories)[:NAMED]), len(document.categories) - NAMED
        others = f" and {more} more" if more > 0 else ""
        raise ValueError(f'There is no category "{category[:40]}". Write one of {named}{others}.')
    return _line(category, document)


def _head(cell: str, document: EventDocument) -> bool:
    said = one_line(cell).casefold()
    if said not in (*YES, *NO):
        raise ValueError("Write yes or no: whether this person leads the delegation.")
    return said in YES


YES = ("yes", "y", "true", "1", "x", "да")

NO = ("", "no", "n", "false", "0", "нет")

NO_DELEGATION = (
    "A head leads a delegation with seats. Name it in the column delegation as the event does under delegations."
)

_COLUMNS: dict[str, Callable[..., str | bool]] = {
    "email": _email,
    "name": _name,
    "language": _language,
    "time_zone": _time_zone,
    "country": _country,
    "delegation": _line,
    "category": _category,
    "head": _head,
}
