"""A person's calendar entries: one VEVENT for each chosen session (RFC 5545, iTIP methods of RFC 5546).

What is the same for everybody of one language and zone is built by ``icalendar`` once, with marks where the personal
parts belong; each person then costs a few string operations, because this runs once for every mail.
"""

from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import quote

from chalicelib.adapters.language import Locale
from chalicelib.adapters.vtimezone import vtimezone
from chalicelib.domain.errors import NotFound
from chalicelib.domain.event import Event, EventDocument, Session
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.text import Text, one_line, words

if TYPE_CHECKING:
    import icalendar

Method = Literal["PUBLISH", "REQUEST", "CANCEL"]

PRODUCT = "-//Convoke//Convoke 1//EN"

ALARM = timedelta(minutes=15)
"""Before each session. One alarm: the reminders that the organiser planned come by mail."""

KEPT = 256
"""Sheets held in memory per container: languages × zones × methods of the events at hand."""

_MARKS = _ID, _STAMP, _SEQUENCE, _PAGE, _ATTENDEE, _JOIN = (
    "\ue000", "\ue001", "\ue002", "\ue003", "\ue004", "\ue005")
"""The marks: private-use characters, which ``one_line`` takes out of every text that stands around them."""


class Sheet(NamedTuple):
    """Content lines: bytes are folded and final, str carries marks and is folded when these are filled in."""

    head: list[bytes | str]
    entries: dict[str, list[bytes | str]]


_sheets: dict[tuple[object, ...], tuple[EventDocument, Sheet]] = {}


def calendar(event: Event, invitee: Invitee, sessions: list[str], locale: Locale, *, method: Method, now: datetime,
             page_url: str, join: bool, revision: int = 0) -> bytes:
    """A ``text/calendar`` object, UTF-8, folded at 75 octets, with the sessions of these ids that the agenda has.

    The UID stays the same for a person and a session. SEQUENCE is the agenda's version plus ``revision``: raise that
    when a person's own entries change without the agenda, so that a CANCEL outranks what it cancels. ``join`` puts
    the link to join in: for registered people only. Raises NotFound when the agenda has none of the sessions.

    PUBLISH has no ATTENDEE (RFC 5546, 3.2.1); REQUEST asks for an answer until there is one; CANCEL carries no alarm.
    Entries are CLASS:PRIVATE: they hold a personal link, and colleagues who may read a calendar must not answer by it.
    """
    sheet = _sheet(event, locale, invitee.time_zone, method, join)
    wanted = [lines for session, lines in sheet.entries.items() if session in sessions]
    if not wanted:
        raise NotFound(f"The agenda of {event.id}, version {event.version}, has none of the sessions {sessions}.")
    values = str.maketrans({
        _ID: _escape(invitee.id), _STAMP: f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}", _PAGE: _escape(page_url),
        _SEQUENCE: str(event.version + revision), _ATTENDEE: _attendee(invitee),
        _JOIN: f"{page_url.partition('?')[0]}/join"})
    filled = [line if isinstance(line, bytes) else fold(line.translate(values))
              for lines in (sheet.head, *wanted) for line in lines]
    return b"".join([*filled, b"END:VCALENDAR\r\n"])


def fold(line: str) -> bytes:
    """A content line with its CRLF, folded before an octet 76 and never inside a character (RFC 5545, 3.1)."""
    rest, folded, room = line.encode(), b"", 75
    while len(rest) > room:
        cut = room
        while rest[cut] & 0xC0 == 0x80:
            cut -= 1
        folded, rest, room = folded + rest[:cut] + b"\r\n ", rest[cut:], 74
    return folded + rest + b"\r\n"


def _attendee(invitee: Invitee) -> str:
    """Parameters and value; an answer is asked for where there is none yet."""
    name, answer = _quotable(invitee.name), invitee.rsvp.upper()
    asked = "TRUE" if invitee.rsvp == "needs-action" else "FALSE"
    return (f';CN="{name}";CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={answer};RSVP={asked}:'
            f'{_mailto(invitee.email)}')


def _mailto(address: str) -> str:
    return "mailto:" + quote(address, safe="@!$&'*+-/=^_`{|}~")


def _escape(text: str) -> str:
    """As TEXT (RFC 5545, 3.3.11); the values are single lines."""
    return one_line(text).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _sheet(event: Event, locale: Locale, zone: str, method: Method, join: bool) -> Sheet:
    """The sheet for these readers. A held one counts only for the document that it was made of."""
    key = (event.id, event.version, event.published_at, locale.code, zone, method, join)
    held = _sheets.get(key)
    if held and held[0] is event.document:
        return held[1]
    sheet = held[1] if held and held[0] == event.document else _Writer(event, locale, zone, method, join).sheet()
    if len(_sheets) >= KEPT:
        _sheets.clear()
    _sheets[key] = event.document, sheet
    return sheet


class _Writer:
    """Builds the sheet for the readers of one language and zone."""

    def __init__(self, event: Event, locale: Locale, zone: str, method: Method, join: bool) -> None:
        self.event, self.document, self.locale, self.zone = event, event.document, locale, zone
        self.method, self.join = method, join
        self.title, self.organiser = self.words(self.document.title), self.words(self.document.organiser.name)

    def words(self, text: Text) -> str:
        return one_line(words(text, self.locale.code))

    def joins(self, session: Session) -> str:
        """The reader's own page to join a session, never the conference: who forwards an entry gives away no more."""
        return f"{_JOIN}/{session.id}" if self.join and self.document.join_url(session) else ""

    def sheet(self) -> Sheet:
        from icalendar import Calendar

        whole = Calendar({"VERSION": "2.0", "PRODID": PRODUCT, "CALSCALE": "GREGORIAN", "METHOD": self.method})
        whole.add_component(vtimezone(self.document.time_zone, self.document.date.year, self.document.ends_at.year))
        head = whole.to_ical().removesuffix(b"END:VCALENDAR\r\n")
        entries = {session.id: self.entry(session).to_ical() for session in self.document.attendable}
        return Sheet(_lines(head), {name: _lines(entry) for name, entry in entries.items()})

    def entry(self, session: Session) -> "icalendar.Event":
        """One VEVENT with marks. RFC 5546 gives what each method has to have, and CANCEL no alarm (3.2.5)."""
        from icalendar import Event as Entry
        from icalendar import vCalAddress, vText

        entry, host = Entry(), self.document.organiser
        entry["UID"] = vText(f"{session.id}.{_ID}@{host.sender.rpartition('@')[2]}")
        entry["DTSTAMP"], entry["SEQUENCE"] = vText(_STAMP), vText(_SEQUENCE)
        mailbox, named = _mailto(self.document.calendar_mailbox), {"CN": _quotable(self.organiser)}
        entry["ORGANIZER"] = vCalAddress(mailbox, params=named)
        if self.method != "PUBLISH":
            entry["ATTENDEE"] = vText(_ATTENDEE)
        cancelled = self.method == "CANCEL"
        entry.add("STATUS", "CANCELLED" if cancelled else "CONFIRMED")
        entry.add("TRANSP", "TRANSPARENT" if cancelled else "OPAQUE")
        entry.add("CLASS", "PRIVATE")
        entry.add("LAST-MODIFIED", self.event.published_at.astimezone(UTC))
        for name, moment in zip(("DTSTART", "DTEND"), self.document.span(session), strict=True):
            entry.add(name, moment)
        self.say(entry, session)
        return entry

    def say(self, entry: "icalendar.Event", session: Session) -> None:
        """What people read in an entry, and its alarm."""
        from icalendar import Alarm, vUri

        summary = " · ".join(part for part in (self.words(session.title), self.title) if part)
        for name, text in (("SUMMARY", summary), ("DESCRIPTION", self.description(session)),
                           ("LOCATION", self.words(self.document.venue.name))):
            entry.add(name, text, parameters={"LANGUAGE": self.locale.code})
        if join_url := self.joins(session):
            label = {"VALUE": "URI", "FEATURE": "VIDEO", "LABEL": _quotable(summary)}
            entry.add("URL", vUri(join_url))
            entry.add("CONFERENCE", vUri(join_url), parameters=label)
        if self.method != "CANCEL":
            alarm = Alarm({"ACTION": "DISPLAY", "DESCRIPTION": summary})
            alarm.add("TRIGGER", -ALARM)
            entry.add_component(alarm)

    def description(self, session: Session) -> str:
        """The event, the session's items in the reader's time, where to join, the personal page, whom to ask."""
        gettext, span = self.locale.gettext, self.document.span
        place, label = self.locale.city(self.zone), self.locale.zone_label(span(session)[0], self.zone)
        items = [f"{self.locale.hours(*span(session, item), self.zone)} {self.words(item.title)}"
                 for item in session.items]
        if items:
            items.insert(0, gettext("Times in {zone}").format(zone=f"{place} ({label})" if place else label))
        join_url = self.joins(session)
        links = [gettext("Join: {link}").format(link=join_url)] if join_url else []
        links.append(gettext("Your page: {link}").format(link=_PAGE))
        contact = gettext("Contact: {mailbox}").format(mailbox=self.document.organiser.reply_to)
        return "\n\n".join("\n".join(block) for block in ([self.title], items, links, [contact]) if block)


def _quotable(text: str) -> str:
    """For a parameter: it cannot hold a double quote (RFC 5545, 3.2), and few clients read RFC 6868's way around."""
    return text.replace('"', "'")


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
