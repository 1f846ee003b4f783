"""The changes of an agenda in words: a line for the event, and one for each session that is not as it was."""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chalicelib.adapters.language import Locale
from chalicelib.domain.agenda_changes import Change, What
from chalicelib.domain.change_notice import Told
from chalicelib.domain.event import EventDocument
from chalicelib.domain.event_parts import AgendaItem, Session
from chalicelib.domain.text import words

Span = tuple[datetime, datetime]

TIMED: frozenset[What] = frozenset({"session-added", "session-returned", "session-time", "item-added", "item-time"})
"""Changes whose words give a new time of day."""


class New(NamedTuple):
    """What a notice says. ``sessions`` are those whose news it tells and that take place, ``session`` the title of the
    only one, ``cancelled`` that of the only one of which nothing is left to tell, ``returned`` that of the only one
    when all is told with it: it takes place after all. ``whole_event``: when or where all of it is; ``link_alone``:
    nothing else that is urgent but another link; ``entries_alone``: nothing but other entries in the calendar.
    """

    lines: list[str]
    sessions: list[Session]
    session: str
    cancelled: str
    returned: str
    urgent: bool
    whole_event: bool
    link_alone: bool
    entries_alone: bool


def what_is_new(
    told: Told, after: EventDocument, chosen: Collection[str] | None, locale: Locale, zone: str
) -> New:
    """For somebody who is registered for the ``chosen`` sessions, or for nothing yet."""
    found, teller = told.changes, _Teller(told.before, after, locale, zone)
    names = {one.session for one in found}
    mine = [one for one in after.attendable if chosen is None or one.id in chosen]
    only = teller.title(found[0]) if len(names) == 1 else ""
    urgent = {one.what for one in found if one.urgency == "urgent"}
    return New(
        lines=news(found, told.before, after, locale, zone),
        sessions=[one for one in mine if any(change.touches([one.id]) for change in found)],
        session=only,
        cancelled=only if [one.what for one in found] == ["session-cancelled"] else "",
        returned=only if [one.what for one in found] == ["session-returned"] else "",
        urgent=bool(urgent),
        whole_event=bool(urgent & {"date", "zone", "venue"}),
        link_alone=urgent == {"join-link"},
        entries_alone=[one.what for one in found] == ["calendar-entries"],
    )


def news(
    found: Sequence[Change], before: EventDocument, after: EventDocument, locale: Locale, zone: str
) -> list[str]:
    """One line for each session, in the order of the changes: ``Session 1: now starts at 08:25 (07:25 UTC), it was …``.

    Times are those of ``zone``; the first new one of a line is given in the event's zone and UTC as well. Further ones
    follow from it: with two more clocks at each of them, nobody would find the change.
    """
    teller = _Teller(before, after, locale, zone)
    lines = []
    for _, group in groupby(found, key=lambda change: change.session):
        concerned = list(group)
        timed = next((one for one in concerned if one.what in TIMED), None)
        said = "; ".join(dict.fromkeys(teller.phrase(one, one is timed) for one in concerned))
        title = teller.title(concerned[0])
        lines.append(f"{title}: {said}" if title else said[0].upper() + said[1:])
    return lines


class _Teller:
    def __init__(self, before: EventDocument, after: EventDocument, locale: Locale, zone: str) -> None:
        self._before, self._after, self._locale, self._zone = before, after, locale, zone

    def title(self, change: Change) -> str:
        """As its session is called now, or was before it was cancelled or a break; empty for the event."""
        if change.what == "session-cancelled":
            return self._words(change.before)
        found = _session(self._after, change.session) or _session(self._before, change.session)
        return self._words(found.title) if found else ""

    def phrase(self, change: Change, wide: bool) -> str:
        """``wide``: with the new time in the other zones."""
        _, facts = self._locale.gettext, self._facts(change)
        match change.what:
            case "date":
                return _("the event is now on %(now)s, it was on %(was)s") % self._dates()
            case "zone":
                return _("the times are now those of another time zone")
            case "venue":
                return _("the place is now %(now)s, it was %(was)s") % facts
            case "join-link":
                return _("there is another link to join")
            case "calendar-entries" if self._after.calendar_entries == "event":
                return _("the entries in your calendar change: from now on there is one for the whole event")
            case "calendar-entries":
                return _("the entries in your calendar change: from now on there is one for each session")
            case "event-title" | "session-title":
                return _("it is now called “%(now)s”, it was “%(was)s”") % facts
            case "item-title":
                return _("“%(was)s” is now called “%(now)s”") % facts
            case "session-added":
                span = self._span(self._after, change)
                return _("it is new: %(hours)s") % {"hours": self._dated(span) + self._aside(span, wide)}
            case "session-returned":
                span = self._span(self._after, change)
                return _("it takes place after all: %(hours)s") % {"hours": self._dated(span) + self._aside(span, wide)}
            case "session-cancelled":
                return _("it does not take place")
            case "item-added":
                span = self._span(self._after, change)
                hours = self._hours(span) + self._aside(span, wide)
                return _("“%(now)s” is new: %(hours)s") % {**facts, "hours": hours}
            case "item-cancelled":
                return _("“%(was)s” does not take place") % facts
            case "session-time":
                return self._moved(change, wide)
            case "item-time":
                return f"{self._quoted(change)} {self._moved(change, wide)}"
            case "points":
                return _("%(item)s has other points") % {"item": self._quoted(change)}
            case "person-added":
                return _("%(now)s takes part in %(item)s") % {**facts, "item": self._quoted(change)}
            case "person-left":
                return _("%(was)s does not take part in %(item)s") % {**facts, "item": self._quoted(change)}
            case "person-confirmed":
                return _("%(now)s has confirmed") % facts
            case "person-unconfirmed":
                return _("%(now)s is to be confirmed") % facts
            case "person-words":
                return _("“%(was)s” is now “%(now)s”") % facts

    def _facts(self, change: Change) -> dict[str, str]:
        return {"was": self._words(change.before), "now": self._words(change.after)}

    def _words(self, text: dict[str, str]) -> str:
        return words(text, self._locale.code)

    def _dates(self) -> dict[str, str]:
        return {"now": self._locale.date(self._after.date), "was": self._locale.date(self._before.date)}

    def _quoted(self, change: Change) -> str:
        item = _item(self._after, change) or _item(self._before, change)
        return self._locale.gettext("“%(title)s”") % {"title": self._words(item.title) if item else ""}

    def _span(self, document: EventDocument, change: Change) -> Span:
        session = _session(document, change.session)
        assert session is not None
        start, end = document.span(session, _item(document, change) if change.item else None)
        return start.astimezone(ZoneInfo(self._zone)), end.astimezone(ZoneInfo(self._zone))

    def _moved(self, change: Change, wide: bool) -> str:
        """The start, the end, both, or the day as well."""
        _ = self._locale.gettext
        was, now = (self._span(document, change) for document in (self._before, self._after))
        moved = (self._before.date, self._before.time_zone) != (self._after.date, self._after.time_zone)
        if was[0].date() != now[0].date() and not moved:
            dated = self._dated(now) + self._aside(now, wide)
            return _("now %(now)s, it was %(was)s") % {"now": dated, "was": self._dated(was)}
        (start, end), (then, until) = ([f"{moment:%H:%M}" for moment in span] for span in (now, was))
        if end == until:
            start += self._aside((now[0], now[0]), wide)
            return _("now starts at %(now)s, it was %(was)s") % {"now": start, "was": then}
        if start == then:
            end += self._aside((now[1], now[1]), wide)
            return _("now ends at %(now)s, it was %(was)s") % {"now": end, "was": until}
        hours = self._hours(now) + self._aside(now, wide)
        return _("now %(now)s, it was %(was)s") % {"now": hours, "was": self._hours(was)}

    def _aside(self, span: Span, wide: bool) -> str:
        return self._locale.aside(*span, own_zone=self._zone, event_zone=self._after.time_zone) if wide else ""

    def _hours(self, span: Span) -> str:
        return f"{span[0]:%H:%M}–{span[1]:%H:%M}"

    def _dated(self, span: Span) -> str:
        return f"{self._locale.date(span[0].date(), year=False)}, {self._hours(span)}"


def _session(document: EventDocument, name: str) -> Session | None:
    return next((one for one in document.sessions if one.id == name), None)


def _item(document: EventDocument, change: Change) -> AgendaItem | None:
    session = _session(document, change.session)
    return next((one for one in session.items if one.id == change.item), None) if session else None
