"""The agenda as rows: each line of it with its hours in the reader's zone, and in the event's where they differ."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chalicelib.adapters.language import Locale
from chalicelib.domain.event import EventDocument
from chalicelib.domain.event_parts import AgendaItem, Person, Session

Span = tuple[datetime, datetime]


class Hours(NamedTuple):
    """``own`` and ``event`` such as ``12:30–12:50``; ``day`` is the reader's date if not shown before."""

    own: str
    event: str
    day: str


class Row(NamedTuple):
    """An agenda item with its hours; moderators come before speakers.

    ``utc`` such as ``07:30–07:50 UTC``, with the date where it is not the reader's; empty where a clock shows it.
    ``brief``: the event's hours and UTC in few words, such as ``08:30–08:50 in Vienna``.
    """

    hours: Hours
    utc: str
    brief: tuple[str, ...]
    item: AgendaItem
    moderators: list[Person]
    speakers: list[Person]


class Band(NamedTuple):
    """A session with its items. ``date`` opens a new day of the event, in words, and is empty on one-day events.

    ``utc`` is as a ``Row`` has it.
    """

    date: str
    hours: Hours
    utc: str
    session: Session
    rows: list[Row]
    mine: bool


class Programme(NamedTuple):
    """``two_zones``: the reader's clock differs from the event's somewhere; ``own`` and ``event`` name the places."""

    two_zones: bool
    own: str
    event: str
    bands: list[Band]


def programme(document: EventDocument, locale: Locale, zone: str, registered: Iterable[str] = ()) -> Programme:
    """The agenda in order of time, for a reader in ``zone`` who registered for the sessions of these ids."""
    mine, clock = set(registered), _Clock(locale, zone, document.time_zone)
    sessions = sorted(document.sessions, key=lambda session: document.span(session)[0])
    several = len({session.day for session in sessions}) > 1
    bands: list[Band] = []
    for session in sessions:
        span = document.span(session)
        new_day = not bands or bands[-1].session.day != session.day
        opening = clock.turn_to(span[0]) if new_day else ""
        hours = clock.hours(span)
        rows = [_row(clock, document.span(session, item), item) for item in session.items]
        bands.append(Band(opening if several else "", hours, clock.utc(span), session, rows, session.id in mine))
    differ = any(moment.utcoffset() != moment.astimezone(ZoneInfo(zone)).utcoffset() for session in sessions
                 for item in (None, *session.items) for moment in document.span(session, item))
    own, event = (locale.city(tz) or locale.zone_label(document.starts_at, tz) for tz in (zone, document.time_zone))
    return Programme(differ, own, event, bands)


def _row(clock: "_Clock", span: Span, item: AgendaItem) -> Row:
    return Row(clock.hours(span), clock.utc(span), clock.brief(span), item,
               [person for person in item.people if person.role == "moderator"],
               [person for person in item.people if person.role == "speaker"])


class _Clock:
    """Two clocks side by side, which remember the date that the reader has in mind."""

    def __init__(self, locale: Locale, own: str, event: str) -> None:
        self._locale, self._own, self._event = locale, own, event
        self._date: date | None = None

    def turn_to(self, moment: datetime) -> str:
        """Begin a day of the event: its date in words."""
        self._date = moment.astimezone(ZoneInfo(self._event)).date()
        return self._locale.date(self._date)

    def hours(self, span: Span) -> Hours:
        day = span[0].astimezone(ZoneInfo(self._own)).date()
        words = self._locale.date(day, year=False) if day != self._date else ""
        self._date = day
        return Hours(self._locale.hours(*span, self._own), self._locale.hours(*span, self._event), words)

    def utc(self, span: Span) -> str:
        return self._locale.in_utc(span, [self._own, self._event], ZoneInfo(self._own))

    def brief(self, span: Span) -> tuple[str, ...]:
        return self._locale.brief(*span, own_zone=self._own, event_zone=self._event)
