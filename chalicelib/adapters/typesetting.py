"""The agenda as PDF, set by Typst: tagged (PDF/UA-1), in one language, in the event's time and a reader's."""

import json
import re
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from textwrap import shorten
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.adapters.language import Locale, TimeLine, load_locale
from chalicelib.domain.colour import readable
from chalicelib.domain.event import Event
from chalicelib.domain.event_parts import AgendaItem, Person, Session
from chalicelib.domain.text import Text, one_line, words

DOCUMENTS = Path(__file__).resolve().parents[2] / "templates" / "documents"
"""Beside ``chalicelib/``: in the repository, and at the root of the zip that Lambda unpacks."""

GROUND = "#e6ebf1"
"""A little darker than the band of a session: a colour that can be read on it can be read on the band and on paper."""

_PICTURES = re.compile("[\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]+")
"""Emoji and dingbats, which the font lacks; PDF/UA forbids a character without a glyph."""

PARTS = ("year", "month", "day", "hour", "minute", "second")
"""Of a Typst ``datetime``, in the order of a ``time.struct_time``."""

Span = tuple[datetime, datetime]


def agenda_pdf(event: Event, language: str, zone: str) -> bytes:
    """An A4 PDF in ``language``, with a second column of times where ``zone`` (IANA) differs from the event's.

    The same event, language and zone give the same bytes. Text that PDF/UA forbids, such as letters that the font lacks
    (it has Latin, Cyrillic and Greek) or a title of invisible marks, is set without the claim to conform to it. Raises
    typst.TypstError when the template fails.
    """
    import typst

    data = json.dumps(agenda_data(event, language, zone), ensure_ascii=False, sort_keys=True)
    compiler = _compiler()
    try:
        return bytes(compiler.compile(sys_inputs={"agenda": data}, pdf_standards=["ua-1"]))
    except typst.TypstError as error:
        if not str(error).startswith("PDF/UA"):
            raise
        return bytes(compiler.compile(sys_inputs={"agenda": data}))


@cache
def _compiler() -> Any:
    """One a container: it has read the fonts, and remembers what did not change between documents."""
    import typst

    return typst.Compiler(str(DOCUMENTS / "agenda.typ"), root=str(DOCUMENTS), ignore_system_fonts=True)


def agenda_data(event: Event, language: str, zone: str) -> dict[str, Any]:
    """What ``agenda.typ`` prints, as strings in ``language``: only the looks are left to decide."""
    return _Agenda(event, load_locale(language), language, zone).data()


class _Agenda:
    """One event for the readers of one language and zone."""

    def __init__(self, event: Event, locale: Locale, language: str, zone: str) -> None:
        self.event, self.document, self.locale, self.language = event, event.document, locale, language
        starts = [self.document.span(session)[0] for session in self.document.sessions]
        other = any(start.utcoffset() != start.astimezone(ZoneInfo(zone)).utcoffset() for start in starts)
        self.zones = [self.document.time_zone, *([zone] if other else [])]

    def data(self) -> dict[str, Any]:
        gettext, title = self.locale.gettext, self.words(self.document.title)
        published = self.event.published_at.astimezone(UTC)
        issued = self.locale.date(published.astimezone(self.document.zone).date(), weekday=False)
        return {
            "language": self.language, "kind": gettext("Agenda"), "title": title,
            "running_title": shorten(title, 72, placeholder="…"), "organiser": self.words(self.document.organiser.name),
            "summary": self.words(self.document.summary), "facts": self.facts(),
            "version": gettext("Agenda version {version}, {date}").format(version=self.event.version, date=issued),
            "published": dict(zip(PARTS, published.timetuple(), strict=False)),
            "accent": readable(self.document.accent, GROUND), "own_zone": len(self.zones) > 1, "days": self.days(),
            "zones": self.zone_words(), "page": gettext("Page {page} of {pages}"),
        }

    def words(self, text: Text) -> str:
        """Without the pictures that the fonts lack; a dash where nothing else was written: headings need words."""
        said = words(text, self.language)
        return one_line(_PICTURES.sub("", said)) or ("–" if said.strip() else "")

    def facts(self) -> list[dict[str, Any]]:
        """When, where, and whom to ask."""
        gettext, mailbox = self.locale.gettext, self.document.organiser.reply_to
        return [
            {"label": gettext("When"), "lines": self.when()},
            {"label": gettext("Where"), "lines": [{"text": self.words(self.document.venue.name)}]},
            {"label": gettext("Contact"), "lines": [{"text": mailbox, "link": f"mailto:{mailbox}"}]},
        ]

    def when(self) -> list[dict[str, Any]]:
        """The day, then the hours in the reader's time, the event's and UTC; of several days, the first and last."""
        (start, end), *more = self.document.days
        if more:
            days = f"{self.locale.date(start.date())} – {self.locale.date(more[-1][0].date())}"
            return [{"text": _capital(days), "strong": True}]
        own, *others = self.locale.times(start, end, own_zone=self.zones[-1], event_zone=self.zones[0])
        rest = [_at(line) + (f", {line.date}" if line.date != own.date else "") for line in others]
        return [{"text": _capital(own.date), "strong": True}, {"text": _at(own), "strong": True},
                *([{"text": " · ".join(rest)}] if rest else [])]

    def zone_words(self) -> str:
        """``Times in Vienna (CET, UTC+1) and Tashkent (UTC+5)``; without offsets where they change during the event."""
        starts = [self.document.span(session)[0] for session in self.document.sessions]
        named = [self.locale.place(zone, starts) for zone in self.zones]
        if len(named) == 1:
            return self.locale.gettext("Times in {zone}").format(zone=named[0])
        return self.locale.gettext("Times in {zone} and {other}").format(zone=named[0], other=named[1])

    def days(self) -> list[dict[str, Any]]:
        """Day by day: its title (none when there is one day), the heads of its columns, its sessions."""
        spans = [(self.document.span(session), session) for session in self.document.sessions]
        spans.sort(key=lambda pair: pair[0])
        days = [list(day) for _, day in groupby(spans, key=lambda pair: pair[0][0].date())]
        return [{
            "title": _capital(self.locale.date(day[0][0][0].date())) if len(days) > 1 else "",
            "columns": [*(self.column(zone, day[0][0][0]) for zone in self.zones), self.locale.gettext("Programme")],
            "sessions": [self.session(session, span) for span, session in day],
        } for day in days]

    def column(self, zone: str, moment: datetime) -> str:
        return "\n".join(part for part in (self.locale.city(zone), self.locale.zone_label(moment, zone)) if part)

    def session(self, session: Session, span: Span) -> dict[str, Any]:
        return {"id": session.id, "kind": session.kind, "title": self.words(session.title), **self.hours(span, None),
                "items": [self.item(item, self.document.span(session, item), span) for item in session.items]}

    def item(self, item: AgendaItem, span: Span, session: Span) -> dict[str, Any]:
        """Moderators come first; a roundtable is marked in words unless its title says so."""
        title, mark = self.words(item.title), self.locale.gettext("Roundtable")
        said = item.kind != "roundtable" or mark.casefold() in title.casefold()
        people = sorted(item.people, key=lambda person: person.role != "moderator")
        return {"kind": item.kind, "title": title, "mark": "" if said else mark, **self.hours(span, session[0]),
                "people": [self.person(person) for person in people],
                "points": [self.words(point) for point in item.points]}

    def person(self, person: Person) -> dict[str, str]:
        gettext = self.locale.gettext
        return {"name": self.words(person.name), "office": self.words(person.office),
                "role": gettext("Moderator:") if person.role == "moderator" else "",
                "unconfirmed": "" if person.confirmed else gettext("to be confirmed")}

    def hours(self, span: Span, session: datetime | None) -> dict[str, Any]:
        """The hours in each zone; below them an item's length, and a date that is not expected."""
        length, (date, *dates) = self.length(span), [self.other_date(span[0], session, zone) for zone in self.zones]
        return {"length": length, "utc": self.utc(span),
                "hours": [self.locale.hours(*span, zone) for zone in self.zones],
                "notes": ["\n".join(part for part in (length if session else "", date) if part), *dates]}

    def utc(self, span: Span) -> str:
        """``07:30–11:00 UTC``, with the date where it is not the event's; "" where a column shows it."""
        return self.locale.in_utc(span, self.zones, self.document.zone)

    def other_date(self, start: datetime, session: datetime | None, zone: str) -> str:
        """The date in ``zone`` where it is not the day's own, or, for an item, not the one that its session shows."""
        day = start.astimezone(ZoneInfo(zone)).date()
        expected = session.astimezone(ZoneInfo(zone)).date() if session else start.date()
        return "" if day == expected else self.locale.date(day, weekday=False, year=False)

    def length(self, span: Span) -> str:
        """``20 min``, ``3 h 30 min``: time that passes, also when clocks change; none for an end before its start."""
        gettext, passed = self.locale.gettext, span[1].astimezone(UTC) - span[0].astimezone(UTC)
        minutes = int(passed.total_seconds()) // 60
        if minutes <= 120:
            return gettext("{minutes} min").format(minutes=minutes) if minutes > 0 else ""
        hours, rest = divmod(minutes, 60)
        words = gettext("{hours} h {minutes} min") if rest else gettext("{hours} h")
        return words.format(hours=hours, minutes=rest)


def _at(line: TimeLine) -> str:
    """``12:30–16:00 (Tashkent, UTC+5)``, ``07:30–11:00 UTC``."""
    return f"{line.hours} ({line.place}, {line.label})" if line.place else f"{line.hours} {line.label}"


def _capital(text: str) -> str:
    """Where a line begins: Russian writes its weekdays small."""
    return text[:1].upper() + text[1:]
