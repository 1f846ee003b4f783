"""The changes of an agenda in words: a line for the event, and one for each session that is not as it was."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chalicelib.adapters.language import Locale
from chalicelib.domain.agenda_changes import Change
from chalicelib.domain.change_notice import Told
from chalicelib.domain.event import EventDocument
from chalicelib.domain.event_parts import AgendaItem, Session
from chalicelib.domain.text import words

Span = tuple[datetime, datetime]


class Phrase(NamedTuple):
    """``text`` such as ``now starts at 12:30, it was 12:20``, on the reader's clock; ``clocks`` the same at the event
    and in UTC, such as ``08:30 in Vienna · 07:30 UTC; it was 08:20 in Vienna · 07:20 UTC``, or ""; ``whole`` both in
    one: ``now starts at 12:30 (08:30 in Vienna · 07:30 UTC), it was 12:20 (…)``, if they are not the same.
    """

    text: str
    clocks: str = ""
    whole: str = ""

    def __str__(self) -> str:
        return self.whole or self.text


class Line(NamedTuple):
    """What is new of a session, or of the event, which has no ``title`` here."""

    title: str
    phrases: list[Phrase]

    def __str__(self) -> str:
        said = "; ".join(map(str, self.phrases))
        return f"{self.title}: {said}" if self.title else said


class New(NamedTuple):
    """What a notice says. ``sessions`` are those whose news it tells and that take place, ``session`` the title of the
    only one, ``cancelled`` that of the only one of which nothing is left to tell, ``returned`` that of the only one
    when all is told with it: it takes place after all. ``whole_event``: when or where all of it is; ``link_alone``:
    nothing else that is urgent but another link; ``entries_alone``: nothing but other entries in the calendar.
    """

    lines: list[Line]
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
) -> list[Line]:
    """One line for each session, in the order of the changes. Times are those of ``zone``, then the event's and UTC."""
    teller = _Teller(before, after, locale, zone)
    lines = []
    for _, group in groupby(found, key=lambda change: change.session):
        concerned = list(group)
        title = teller.title(concerned[0])
        phrases = [*dict.fromkeys(teller.phrase(one) for one in concerned if teller.is_seen(one))]
        if not phrases:
            continue
        if not title:
            phrases[0] = phrases[0]._replace(text=phrases[0].text[0].upper() + phrases[0].text[1:])
        lines.append(Line(title, phrases))
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

    def is_seen(self, change: Change) -> bool:
        """False for a part that is when it was, under another zone: of this the zone's own line tells."""
        timed = change.what in ("session-time", "item-time")
        return not timed or self._instants(self._after, change) != self._instants(self._before, change)

    def phrase(self, change: Change) -> Phrase:
        said = self._said(change)
        return said if isinstance(said, Phrase) else Phrase(said)

    def _said(self, change: Change) -> Phrase | str:
        _, facts = self._locale.gettext, self._facts(change)
        match change.what:
            case "session-added":
                return self._new(_("it is new: %(hours)s"), change)
            case "session-returned":
                return self._new(_("it takes place after all: %(hours)s"), change)
            case "item-added":
                return self._new(_("“%(now)s” is new: %(hours)s"), change)
            case "session-time" | "item-time":
                return self._moved(change)
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
            case "session-cancelled":
                return _("it does not take place")
            case "item-cancelled":
                return _("“%(was)s” does not take place") % facts
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

    def _instants(self, document: EventDocument, change: Change) -> list[datetime]:
        return [moment.astimezone(UTC) for moment in self._span(document, change)]

    def _new(self, said: str, change: Change) -> Phrase:
        span, facts = self._span(self._after, change), self._facts(change)
        hours = _hours(*span) if change.item else self._dated(*span)
        clocks = self._elsewhere(self._after, *span)
        return Phrase(said % {**facts, "hours": hours}, clocks, said % {**facts, "hours": _beside(hours, clocks)})

    def _moved(self, change: Change) -> Phrase:
        """The start, the end, both, or the day as well."""
        _, before, after = self._locale.gettext, self._before, self._after
        now: tuple[datetime, ...] = self._span(after, change)
        was: tuple[datetime, ...] = self._span(before, change)
        (start, end), (then, until) = now, was
        moved = (before.date, before.time_zone) != (after.date, after.time_zone)
        said, shown = _("now %(now)s, it was %(was)s"), _hours
        same_start, same_end = _hours(start) == _hours(then), _hours(end) == _hours(until)
        on_another_day = then.date() != start.date() and not moved
        if on_another_day or (same_start and same_end) or self._elsewhen(after, now) or self._elsewhen(before, was):
            shown = self._dated
        elif same_end:
            said, now, was = _("now starts at %(now)s, it was %(was)s"), (start,), (then,)
        elif same_start:
            said, now, was = _("now ends at %(now)s, it was %(was)s"), (end,), (until,)
        hours = {"now": shown(*now), "was": shown(*was)}
        clocks = {"now": self._elsewhere(after, *now), "was": self._elsewhere(before, *was)}
        if any(clocks.values()):
            clocks = {"now": clocks["now"] or _utc(*now), "was": clocks["was"] or _utc(*was)}
        lead = f"{self._quoted(change)} " if change.item else ""
        same = clocks["now"] == clocks["was"]
        return Phrase(lead + said % hours, clocks["now"] if same else _("%(now)s; it was %(was)s") % clocks,
                      lead + said % {side: _beside(hours[side], clocks[side]) for side in hours})

    def _elsewhen(self, document: EventDocument, span: Sequence[datetime]) -> bool:
        """Whether a moment is on another date than at the event."""
        return any(moment.date() != moment.astimezone(document.zone).date() for moment in span)

    def _elsewhere(self, document: EventDocument, *span: datetime) -> str:
        """``09:10 in Vienna · 08:10 UTC``; "" where the reader's clock shows both."""
        return " · ".join(
            self._locale.brief(span[0], span[-1], own_zone=self._zone, event_zone=document.time_zone))

    def _dated(self, *span: datetime) -> str:
        return f"{self._locale.date(span[0].date(), year=False)}, {_hours(*span)}"


def _hours(*span: datetime) -> str:
    return "–".join(f"{moment:%H:%M}" for moment in span)


def _utc(*span: datetime) -> str:
    return f"{_hours(*span)}\u00a0UTC"


def _beside(hours: str, clocks: str) -> str:
    return f"{hours} ({clocks})" if clocks else hours


def _session(document: EventDocument, name: str) -> Session | None:
    return next((one for one in document.sessions if one.id == name), None)


def _item(document: EventDocument, change: Change) -> AgendaItem | None:
    session = _session(document, change.session)
    return next((one for one in session.items if one.id == change.item), None) if session else None
