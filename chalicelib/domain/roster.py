"""The list of people: each row of a spreadsheet or of JSON gets a verdict; a bad row never stops the good ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from chalicelib.domain.address import address_key, normalise
from chalicelib.domain.errors import Invalid, Problem
from chalicelib.domain.event import EventDocument, Model, Zone, iana_zone
from chalicelib.domain.roster_rows import Cells, from_objects, read_rows, unknown_columns
from chalicelib.domain.text import Language, Line, one_line

__all__ = ["MOST", "Draft", "Row", "address_key", "classify", "from_objects", "read_rows", "unknown_columns"]

MOST = 1000
"""Rows in one list."""

_CODES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA "
    "CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA "
    "GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP "
    "KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS "
    "MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS "
    "RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW "
    "TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
COUNTRIES = frozenset(_CODES.split())
"""ISO 3166-1 alpha-2."""


class Draft(Model):
    """What a row says of one person, cleaned. Language and time zone, where left out, are the event's."""

    email: str
    name: Line
    language: Language
    time_zone: Zone
    country: str = ""
    delegation: str = ""
    category: str = ""

    @property
    def address_key(self) -> str:
        """The same for everybody who is reached under this address."""
        return address_key(self.email)


@dataclass(frozen=True, slots=True)
class Row:
    """One verdict. ``number`` is the row's line in the file (the header's is 1), or its place in a JSON list.

    ``draft`` is None when invalid; ``given`` names the columns that the row fills, the rest of the draft are defaults;
    ``duplicate_of`` is the number of the valid row with the same address.
    """

    number: int
    outcome: Literal["valid", "invalid", "duplicate"]
    draft: Draft | None = None
    problems: list[Problem] = field(default_factory=list)
    duplicate_of: int | None = None
    given: frozenset[str] = frozenset()


def classify(rows: Sequence[tuple[int, Cells]], document: EventDocument) -> list[Row]:
    """A verdict on each row, in order. Raises Invalid for more than 1,000 rows."""
    if len(rows) > MOST:
        raise Invalid.field("body", f"The list has {len(rows):,} rows. Send at most {MOST:,} at a time.")
    seen: dict[str, int] = {}
    return [_verdict(number, cells, document, seen) for number, cells in rows]


def _verdict(number: int, cells: Cells, document: EventDocument, seen: dict[str, int]) -> Row:
    values, problems = {}, []
    if surplus := cells.get(""):
        message = f'More cells than the header has: "{surplus[:60]}". Put a cell that holds the separator in quotes.'
        problems.append(Problem(field="row", message=message))
    for column, clean in _COLUMNS.items():
        try:
            values[column] = clean(cells.get(column, ""), document)
        except ValueError as error:
            problems.append(Problem(field=column, message=str(error)))
    if problems:
        return Row(number, "invalid", problems=problems)
    draft = Draft(**values)
    first = seen.setdefault(draft.address_key, number)
    if first != number:
        message = f"Row {first} has the same address; this one is left out. Give each person an address of their own."
        return Row(number, "duplicate", draft, [Problem(field="email", message=message)], first)
    given = frozenset(column for column in _COLUMNS if one_line(cells.get(column, "")))
    return Row(number, "valid", draft, given=given)


def _email(cell: str, _: EventDocument) -> str:
    return normalise(cell)


def _name(cell: str, _: EventDocument) -> str:
    name = _line(cell, _)
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
    return iana_zone(zone) if zone else document.time_zone


def _country(cell: str, _: EventDocument) -> str:
    country = one_line(cell).upper()
    if country and country not in COUNTRIES:
        raise ValueError(f'"{country[:40]}" is not a country code. Write the two letters of ISO 3166, such as UZ.')
    return country


def _line(cell: str, _: EventDocument) -> str:
    line = one_line(cell)
    if len(line) > 300:
        raise ValueError("Write at most 300 characters.")
    return line


def _category(cell: str, document: EventDocument) -> str:
    category = one_line(cell).lower()
    if category and document.categories and category not in document.categories:
        raise ValueError(f'There is no category "{category[:40]}". Write one of {", ".join(document.categories)}.')
    return _line(category, document)


_COLUMNS: dict[str, Callable[[str, EventDocument], str]] = {
    "email": _email,
    "name": _name,
    "language": _language,
    "time_zone": _time_zone,
    "country": _country,
    "delegation": _line,
    "category": _category,
}
