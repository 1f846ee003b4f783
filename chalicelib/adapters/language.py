"""A language: its words (gettext), and its names of days, cities and countries (CLDR). ``infra.compile`` makes them."""

import gettext
import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

LOCALES = Path(__file__).resolve().parents[2] / "templates" / "locale"
FALLBACK = "en"

_FIELD = re.compile(r"'((?:[^']|'')*)'|EEEE|MMMM|d|y")


class TimeLine(NamedTuple):
    """A span of time as one zone shows it.

    ``whose`` zone it is; ``date`` of the start; ``hours`` such as ``12:30–16:00``, of a moment ``12:30``; ``place``
    such as ``Tashkent``, or ``""`` where the zone is not named after one; ``label`` such as ``UTC+5``; ``other_day``:
    not the date that it has at the event; ``zone`` the IANA name.
    """

    whose: Literal["own", "event", "utc"]
    date: str
    hours: str
    place: str
    label: str
    other_day: bool
    zone: str

    @property
    def where(self) -> str:
        """``Tashkent, UTC+5``"""
        return f"{self.place}, {self.label}" if self.place else self.label


class Locale:
    """One language, loaded once per container. Read what it says with ``load_locale``."""

    def __init__(self, code: str, catalogue: gettext.NullTranslations, names: dict[str, Any]) -> None:
        self.code = code
        self.catalogue = catalogue
        self._names = names

    @property
    def name(self) -> str:
        """What its speakers call it: ``Русский``."""
        name: str = self._names["name"]
        return name

    @property
    def direction(self) -> str:
        """``ltr`` or ``rtl``, as the language is written."""
        direction: str = self._names["direction"]
        return direction

    def gettext(self, message: str) -> str:
        return self.catalogue.gettext(message)

    def ngettext(self, one: str, many: str, n: int) -> str:
        return self.catalogue.ngettext(one, many, n)

    def pgettext(self, context: str, message: str) -> str:
        return self.catalogue.pgettext(context, message)

    def date(self, day: date, *, weekday: bool = True, year: bool = True) -> str:
        """``Thursday, 28 January 2021``, ``четверг, 28 января 2021 г.``; without year ``Thursday 28 January``."""
        wanted = {(True, True): "full", (True, False): "weekday", (False, True): "long", (False, False): "day"}
        pattern: str = self._names["dates"][wanted[weekday, year]]
        values: dict[str, str] = {"EEEE": self._names["weekdays"][day.weekday()], "y": str(day.year),
                                  "MMMM": self._names["months"][day.month - 1], "d": str(day.day)}
        return _FIELD.sub(lambda found: values.get(found[0]) or str(found[1]), pattern)

    def clock(self, moment: datetime, zone: str) -> str:
        """``08:30`` in the zone."""
        return f"{moment.astimezone(ZoneInfo(zone)):%H:%M}"

    def hours(self, start: datetime, end: datetime, zone: str) -> str:
        """``08:30–12:00`` in the zone, with an en dash."""
        return f"{self.clock(start, zone)}–{self.clock(end, zone)}"

    def city(self, zone: str) -> str:
        """``Tashkent``, ``Ташкент``; ``""`` for zones that are not named after a place, such as ``Etc/UTC``."""
        city: str = self._names["cities"].get(zone, "")
        return city

    def offset(self, moment: datetime, zone: str) -> str:
        """``UTC+5``, ``UTC+5:30``, ``UTC−5`` (with a minus sign), ``UTC``: as it is at that moment."""
        minutes = _offset(moment, zone) // timedelta(minutes=1)
        if not minutes:
            return "UTC"
        whole, rest = divmod(abs(minutes), 60)
        return f"UTC{'+' if minutes > 0 else '−'}{whole}{f':{rest:02}' if rest else ''}"

    def zone_label(self, moment: datetime, zone: str) -> str:
        """``CET, UTC+1`` where tzdata has letters for the zone, else ``UTC+5``."""
        letters = moment.astimezone(ZoneInfo(zone)).tzname() or ""
        letters, offset = self._names["abbreviations"].get(letters, letters), self.offset(moment, zone)
        return f"{letters}, {offset}" if letters.isalpha() and letters not in ("UTC", "UCT") else offset

    def span_label(self, start: datetime, end: datetime, zone: str) -> str:
        """The same of a span, with both where the clocks change in it: ``CEST, UTC+2, then CET, UTC+1``."""
        labels = [self.zone_label(start, zone), self.zone_label(end, zone)]
        if labels[0] == labels[1]:
            return labels[0]
        return self.gettext("%(before)s, then %(after)s") % {"before": labels[0], "after": labels[1]}

    def place(self, zone: str, moments: Iterable[datetime]) -> str:
        """Where the times of these moments are from: ``Vienna (CET, UTC+1)``, without the offset where it changes."""
        city, labels = self.city(zone), {self.zone_label(moment, zone) for moment in moments}
        return f"{city} ({labels.pop()})" if city and len(labels) == 1 else city or min(labels)

    def country(self, code: str) -> str:
        """``Uzbekistan`` for ``UZ`` (ISO 3166-1); a code that is not known stays as it is."""
        country: str = self._names["countries"].get(code.upper(), code)
        return country

    def times(self, start: datetime, end: datetime, *, own_zone: str, event_zone: str) -> list[TimeLine]:
        """The span in the reader's zone, the event's and UTC, in this order; equals are left out."""
        lines: list[TimeLine] = []
        shown: set[tuple[timedelta, timedelta]] = set()
        at_event = start.astimezone(ZoneInfo(event_zone)).date()
        whose: tuple[tuple[Literal["own", "event", "utc"], str], ...] = (
            ("own", own_zone), ("event", event_zone), ("utc", "UTC"))
        for owner, zone in whose:
            clocks = _offset(start, zone), _offset(end, zone)
            if clocks in shown:
                continue
            shown.add(clocks)
            day = start.astimezone(ZoneInfo(zone)).date()
            hours = self.clock(start, zone) if start == end else self.hours(start, end, zone)
            lines.append(TimeLine(owner, self.date(day), hours, self.city(zone), self.span_label(start, end, zone),
                                  day != at_event, zone))
        return lines

    def brief(self, start: datetime, end: datetime, *, own_zone: str, event_zone: str) -> tuple[str, ...]:
        """A span or moment beside the reader's hours, in few words: ``08:30–12:00 in Vienna``, ``07:30–11:00 UTC``.

        With a date where it is not the reader's; nothing where their clock is the event's and UTC's.
        """
        return _brief(self, start.astimezone(UTC), end.astimezone(UTC), own_zone, event_zone)[1:]

    def in_utc(self, span: tuple[datetime, datetime], shown: Iterable[str], reader: tzinfo) -> str:
        """``07:30–11:00 UTC``, with the date where it is not the reader's; "" where one of the zones shows it."""
        hours, day = self.hours(*span, "UTC"), span[0].astimezone(UTC).date()
        if hours in [self.hours(*span, zone) for zone in shown]:
            return ""
        other = day != span[0].astimezone(reader).date()
        return f"{self.date(day, weekday=False, year=False)}, {hours}\u00a0UTC" if other else f"{hours}\u00a0UTC"

    def everywhere(self, start: datetime, end: datetime, *, own_zone: str, event_zone: str) -> str:
        """``12:30–16:00 in Tashkent · 08:30–12:00 in Vienna · 07:30–11:00 UTC``"""
        return " · ".join(_brief(self, start.astimezone(UTC), end.astimezone(UTC), own_zone, event_zone))

    def aside(self, start: datetime, end: datetime, *, own_zone: str, event_zone: str) -> str:
        """``brief`` in brackets, with the space before them."""
        found = " · ".join(self.brief(start, end, own_zone=own_zone, event_zone=event_zone))
        return f" ({found})" if found else ""


def load_locale(code: str) -> Locale:
    """The language of this code; English for one that there is not. RuntimeError before ``infra.compile`` ran."""
    if FALLBACK not in available():
        raise RuntimeError(f"no names.json below {LOCALES}; run: python -m infra.compile")
    return _load(code if code in available() else FALLBACK)


@cache
def _load(code: str) -> Locale:
    catalogue = gettext.translation("convoke", LOCALES, [code], fallback=True)
    return Locale(code, catalogue, json.loads((LOCALES / code / "names.json").read_text("utf-8")))


@cache
def available() -> list[str]:
    """The codes of the languages that there are, English first."""
    codes = [path.parent.name for path in LOCALES.glob("*/names.json")]
    return sorted(codes, key=lambda code: (code != FALLBACK, code))


@lru_cache(maxsize=2048)
def _brief(locale: Locale, start: datetime, end: datetime, own_zone: str, event_zone: str) -> tuple[str, ...]:
    """Every mail says it of the same few moments. In UTC: two that a clock shows twice are equal in its own zone."""
    lines, said = locale.times(start, end, own_zone=own_zone, event_zone=event_zone), []
    for line in lines:
        day = locale.date(start.astimezone(ZoneInfo(line.zone)).date(), year=False)
        hours = line.hours if line.date == lines[0].date else f"{day}, {line.hours}"
        named = locale.gettext("%(hours)s in %(place)s") % {"hours": hours, "place": line.place}
        said.append(named if line.place else f"{hours}\u00a0{line.label}")
    return tuple(said)


def _offset(moment: datetime, zone: str) -> timedelta:
    return moment.astimezone(UTC).astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
