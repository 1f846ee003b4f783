"""A person's calendar entries (RFC 5545) as objects that programs exchange (iTIP, RFC 5546), and as a feed.

What is the same for everybody of one language and zone is built by ``icalendar`` once, with marks where the personal
parts belong; each person then costs a few string operations, because this runs once for every mail.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from chalicelib.adapters.content_lines import escaped, fold, mailto, quotable, utc_stamp
from chalicelib.adapters.language import Locale
from chalicelib.adapters.vtimezone import vtimezone
from chalicelib.domain.entries import WHOLE, sequence, uid_of
from chalicelib.domain.event import Event, EventDocument
from chalicelib.domain.event_parts import Session
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.message import CalendarMethod
from chalicelib.domain.text import Text, one_line, words

if TYPE_CHECKING:
    import icalendar

PRODUCT = "-//Convoke//Convoke 1//EN"

ALARM = timedelta(minutes=15)
"""Before each session. One alarm each: the reminders that the organiser planned come by mail."""

FEED_EVERY = timedelta(hours=1)
"""How often a program that subscribed is to look (RFC 7986, 5.7)."""

KEPT = 256
"""Sheets held in memory per container: languages × zones × methods, with and without links to join."""

KEPT_ENTRIES = 512
"""Entries of a sheet: one for each session, or for each choice of sessions where they share one."""

_MARKS = _ID, _STAMP, _SEQUENCE, _PAGE, _ATTENDEE, _JOIN, _MODIFIED = (
    "\ue000", "\ue001", "\ue002", "\ue003", "\ue004", "\ue005", "\ue006")
"""The marks: private-use characters, which ``one_line`` takes out of every text that stands around them."""

Lines = list[bytes | str]
"""Content lines: bytes are folded and final, str carries marks and is folded when these are filled in."""

Gone = Mapping[str, tuple[int, EventDocument]]
"""By part, the version and the document that have its last times."""


class Sheet(NamedTuple):
    """``entries``: by part, and the sessions of a standing entry or the version of a cancelled one."""

    head: Lines
    entries: dict[tuple[str, tuple[str, ...] | int], Lines]


_sheets: dict[tuple[object, ...], tuple[EventDocument, Sheet]] = {}


def calendar(event: Event, invitee: Invitee, locale: Locale, *, standing: Mapping[str, list[str]], gone: Gone,
             method: CalendarMethod | None, now: datetime, page_url: str, join_url: str) -> bytes:
    """A ``text/calendar`` object, UTF-8, folded at 75 octets. ``standing`` and ``gone`` are as ``entries`` has them;
    the caller sees to it that a REQUEST or a CANCEL has one part alone (RFC 5546, 3.2.2 and 3.2.5).

    PUBLISH has no ATTENDEE (3.2.1) and says by STATUS what is cancelled; REQUEST asks for an answer until there is one.
    What is cancelled rings no alarm, and has its times in UTC, for its zone may be another. Without a ``method`` it is
    a feed, which names itself and how often to look, and does not name the page. ``join_url`` is where this person's
    pages to join are, each by the id of its session; "" leaves them out, for who is not registered.

    Entries are CLASS:PRIVATE: they hold personal links, and colleagues who may read a calendar must not answer by them.
    """
    sheet, writer = _sheet(event, locale, invitee.time_zone, method, bool(join_url))
    wanted = [_kept(sheet, part, tuple(ids), lambda part=part, ids=ids: writer.entry(part, ids))  # type: ignore[misc]
              for part, ids in standing.items()]
    wanted += [_kept(sheet, part, version, lambda part=part, old=old: writer.cancelled(part, old))  # type: ignore[misc]
               for part, (version, old) in gone.items()]
    values = str.maketrans({
        _ID: escaped(invitee.id), _STAMP: utc_stamp(now), _PAGE: escaped(page_url),
        _SEQUENCE: str(sequence(event, invitee)), _ATTENDEE: _attendee(invitee), _JOIN: join_url,
        _MODIFIED: utc_stamp(modified(event, invitee))})
    filled = [line if isinstance(line, bytes) else fold(line.translate(values))
              for lines in (sheet.head, *wanted) for line in lines]
    return b"".join([*filled, b"END:VCALENDAR\r\n"])


def modified(event: Event, invitee: Invitee) -> datetime:
    """When SEQUENCE rose last: by publishing, or by a change of the person's; never earlier than what was said before.
    A profile that was not changed since there is ``revised_at`` knows of answers alone.
    """
    return max(filter(None, (event.published_at, invitee.revised_at, invitee.answered_at)))


def _attendee(invitee: Invitee) -> str:
    """Parameters and value; an answer is asked for where there is none yet."""
    name, answer = quotable(invitee.name), invitee.rsvp.upper()
    asked = "TRUE" if invitee.rsvp == "needs-action" else "FALSE"
    return (f';CN="{name}";CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={answer};RSVP={asked}:'
            f'{mailto(invitee.email)}')


def _sheet(event: Event, locale: Locale, zone: str, method: CalendarMethod | None,
           join: bool) -> tuple[Sheet, "_Writer"]:
    """The sheet for these readers. A held one counts only for the document that it was made of."""
    writer = _Writer(event, locale, zone, method, join)
    key = (event.id, event.version, event.published_at, locale.code, zone, method, join)
    held = _sheets.get(key)
    if held and held[0] is event.document:
        return held[1], writer
    sheet = held[1] if held and held[0] == event.document else Sheet(writer.head(), {})
    if len(_sheets) >= KEPT:
        _sheets.clear()
    _sheets[key] = event.document, sheet
    return sheet, writer


def _kept(sheet: Sheet, part: str, which: tuple[str, ...] | int, make: Callable[[], "icalendar.Event"]) -> Lines:
    held = sheet.entries.get((part, which))
    if held is None:
        if len(sheet.entries) >= KEPT_ENTRIES:
            sheet.entries.clear()
        sheet.entries[part, which] = held = _lines(make().to_ical())
    return held


class _Writer:
    """Writes what the readers of one language and zone have in common."""

    def __init__(self, event: Event, locale: Locale, zone: str, method: CalendarMethod | None, join: bool) -> None:
        self.event, self.document, self.locale, self.zone = event, event.document, locale, zone
        self.method, self.join = method, join

    def words(self, text: Text) -> str:
        return one_line(words(text, self.locale.code))

    def joins(self, session: Session) -> str:
        """The page where this reader joins a session, and nothing else but those of their other sessions."""
        return f"{_JOIN}/{session.id}" if self.join and self.document.join_url(session) else ""

    def head(self) -> Lines:
        from icalendar import Calendar, vDuration

        whole, title = Calendar({"VERSION": "2.0", "PRODID": PRODUCT, "CALSCALE": "GREGORIAN"}), self.document.title
        if self.method:
            whole.add("METHOD", self.method)
        else:
            whole.add("NAME", self.words(title), parameters={"LANGUAGE": self.locale.code})
            whole.add("X-WR-CALNAME", self.words(title))
            whole.add("REFRESH-INTERVAL", FEED_EVERY, parameters={"VALUE": "DURATION"})
            whole.add("X-PUBLISHED-TTL", vDuration(FEED_EVERY))
        whole.add_component(vtimezone(self.document.time_zone, self.document.date.year, self.document.ends_at.year))
        return _lines(whole.to_ical().removesuffix(b"END:VCALENDAR\r\n"))

    def entry(self, part: str, ids: Sequence[str]) -> "icalendar.Event":
        """One VEVENT with marks. Over several days it leaves the time free: nobody sits there at night."""
        from icalendar import Alarm, vUri

        sessions = sorted(map(self.document.session, ids), key=lambda one: self.document.span(one)[0].timestamp())
        several_days = len({session.day for session in sessions}) > 1
        entry = self.frame(part, "CONFIRMED", "TRANSPARENT" if several_days else "OPAQUE")
        spans = [self.document.span(session) for session in sessions]
        entry.add("DTSTART", spans[0][0])
        entry.add("DTEND", max((end for _, end in spans), key=datetime.timestamp))
        joins = [(session, link) for session in sessions if (link := self.joins(session))]
        summary = self.say(entry, part, self.document, sessions, joins)
        for session, link in joins:
            label = {"VALUE": "URI", "FEATURE": "VIDEO", "LABEL": quotable(self.words(session.title) or summary)}
            entry.add("CONFERENCE", vUri(link), parameters=label)
        if len(joins) == 1:
            entry.add("URL", vUri(joins[0][1]))
        for said, when in self.alarms(sessions, spans, summary):
            alarm = Alarm({"ACTION": "DISPLAY", "DESCRIPTION": said})
            alarm.add("TRIGGER", when, parameters={"VALUE": "DATE-TIME"} if isinstance(when, datetime) else {})
            entry.add_component(alarm)
        return entry

    def alarms(self, sessions: Sequence[Session], spans: Sequence[tuple[datetime, datetime]],
               summary: str) -> list[tuple[str, timedelta | datetime]]:
        """What each alarm says, and when it rings: before the start (RFC 5545, 3.8.6.3); of several sessions before
        each start, in UTC, for a relative trigger knows that of the entry alone. Those that start together share one.
        """
        if len(sessions) == 1:
            return [(summary, -ALARM)]
        starts = groupby(zip(spans, sessions, strict=True), key=lambda one: one[0][0].astimezone(UTC))
        return [(" · ".join(filter(None, (self.words(session.title) for _, session in together))) or summary,
                 start - ALARM) for start, together in starts]

    def cancelled(self, part: str, last: EventDocument) -> "icalendar.Event":
        """The same as it was last, called off."""
        sessions = last.attendable if part == WHOLE else [last.session(part)]
        entry = self.frame(part, "CANCELLED", "TRANSPARENT")
        spans = [last.span(session) for session in sessions]
        entry.add("DTSTART", min(start for start, _ in spans).astimezone(UTC))
        entry.add("DTEND", max(end for _, end in spans).astimezone(UTC))
        self.say(entry, part, last, sessions, [])
        return entry

    def frame(self, part: str, status: str, transparent: str) -> "icalendar.Event":
        """What every entry has; RFC 5546 says what each method has to have."""
        from icalendar import Event as Entry
        from icalendar import vCalAddress, vText

        entry, host = Entry(), self.document.organiser
        entry["UID"] = vText(uid_of(part, _ID, self.event.id))
        entry["DTSTAMP"], entry["SEQUENCE"] = vText(_STAMP), vText(_SEQUENCE)
        entry["LAST-MODIFIED"] = vText(_MODIFIED)
        organiser = {"CN": quotable(self.words(host.name))}
        entry["ORGANIZER"] = vCalAddress(mailto(self.document.calendar_mailbox), params=organiser)
        if self.method in ("REQUEST", "CANCEL"):
            entry["ATTENDEE"] = vText(_ATTENDEE)
        entry.add("STATUS", status)
        entry.add("TRANSP", transparent)
        entry.add("CLASS", "PRIVATE")
        return entry

    def say(self, entry: "icalendar.Event", part: str, document: EventDocument, sessions: Sequence[Session],
            joins: Sequence[tuple[Session, str]]) -> str:
        """What people read in an entry; returns its summary."""
        titles = [document.title] if part == WHOLE else [sessions[0].title, document.title]
        summary = " · ".join(filter(None, map(self.words, titles)))
        for name, text in (("SUMMARY", summary), ("DESCRIPTION", self.description(part, document, sessions, joins)),
                           ("LOCATION", self.words(document.venue.name))):
            entry.add(name, text, parameters={"LANGUAGE": self.locale.code})
        return summary

    def description(self, part: str, document: EventDocument, sessions: Sequence[Session],
                    joins: Sequence[tuple[Session, str]]) -> str:
        """The event, a session's hours in all zones, what happens when, where to join, the page
        (but in a feed), whom to ask.
        """
        gettext = self.locale.gettext
        where = self.locale.place(self.zone, [moment for one in sessions for moment in document.span(one)])
        happens = self.chosen(document, sessions) if part == WHOLE else self.items(document, sessions[0])
        if happens:
            happens.insert(0, gettext("Times in {zone}").format(zone=where))
        links = [gettext("Join: {link}").format(link=link) for _, link in joins]
        if len(links) > 1:
            links = [f"{self.words(session.title)}. {link}" for (session, _), link in zip(joins, links, strict=True)]
        if self.method:
            links.append(gettext("Your page: {link}").format(link=_PAGE))
        contact = gettext("Contact: {mailbox}").format(mailbox=self.document.organiser.reply_to)
        spans = [] if part == WHOLE else [self.everywhere(document, sessions[0])]
        blocks = ([self.words(document.title)], spans, happens, links, [contact])
        return "\n\n".join("\n".join(block) for block in blocks if block)

    def items(self, document: EventDocument, session: Session) -> list[str]:
        opening, lines = self.day(document.span(session)[0]), []
        for item in session.items:
            span = document.span(session, item)
            dated = "" if self.day(span[0]) == opening else f"{self.locale.date(self.day(span[0]), year=False)}, "
            lines.append(dated + self.line(document, span, item.title))
        return lines

    def day(self, moment: datetime) -> date:
        """The reader's."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def line(self, document: EventDocument, span: tuple[datetime, datetime], title: Text) -> str:
        """``12:30–12:50 Opening (08:30–08:50 in Vienna · 07:30–07:50 UTC)``"""
        return (f"{self.locale.hours(*span, self.zone)} {self.words(title)}"
                + self.locale.aside(*span, own_zone=self.zone, event_zone=document.time_zone))

    def everywhere(self, document: EventDocument, session: Session) -> str:
        return self.locale.everywhere(*document.span(session), own_zone=self.zone, event_zone=document.time_zone)

    def chosen(self, document: EventDocument, sessions: Sequence[Session]) -> list[str]:
        """With the reader's date where one of them is on another."""
        spans = [document.span(session) for session in sessions]
        dates = [self.locale.date(self.day(start)) for start, _ in spans]
        hours = [self.line(document, span, session.title) for span, session in zip(spans, sessions, strict=True)]
        if len({*dates}) == 1:
            return hours
        return [f"{date}, {line}" for date, line in zip(dates, hours, strict=True)]


def _lines(content: bytes) -> list[bytes | str]:
    """Runs of final lines joined together, and by itself each line that carries a mark, unfolded."""
    lines = content.decode().replace("\r\n ", "").split("\r\n")[:-1]
    pieces: list[bytes | str] = []
    for personal, run in groupby(lines, key=lambda line: any(mark in line for mark in _MARKS)):
        if personal:
            pieces += [line.replace(f":{_ATTENDEE}", _ATTENDEE) for line in run]
        else:
            pieces.append(b"".join(fold(line) for line in run))
    return pieces
