"""A mail program's calendar, as RFC 5546 says that it works: what it shows after these mails, files and feeds.

It reads with vobject, which shares no code with what writes, and refuses what iTIP does not allow.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import vobject

REQUIRED = {
    "PUBLISH": {"uid", "dtstamp", "dtstart", "organizer", "summary"},
    "REQUEST": {"uid", "dtstamp", "dtstart", "organizer", "summary", "sequence", "attendee"},
    "CANCEL": {"uid", "dtstamp", "organizer", "sequence", "attendee", "status"},
}
"""RFC 5546, 3.2.1, 3.2.2 and 3.2.5; SEQUENCE is asked of updates."""


@dataclass(frozen=True)
class Shown:
    """An entry as people see it."""

    summary: str
    starts: datetime
    ends: datetime


@dataclass(frozen=True)
class Held:
    """``stamp`` is SEQUENCE, then DTSTAMP: what is higher is newer (RFC 5546, 2.1.5)."""

    stamp: tuple[int, datetime]
    shown: Shown | None


@dataclass
class CalendarClient:
    """``remembers`` what was cancelled, as some programs do; the others take an old invitation that comes late for a
    new one.
    """

    attendee: str
    remembers: bool = True
    held: dict[str, Held] = field(default_factory=dict)

    @property
    def shows(self) -> dict[str, Shown]:
        return {uid: one.shown for uid, one in self.held.items() if one.shown}

    def receive(self, mail: EmailMessage) -> None:
        """First what programs read by themselves, then the files, which somebody opens."""
        inline = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
        for part in inline:
            content = part.get_payload(decode=True)
            assert f"METHOD:{part.get_param('method')}\r\n".encode() in content, "Exchange refuses a mismatch"
            self.take(content)
        files = [part for part in mail.iter_attachments() if part.get_content_type() == "application/ics"]
        assert len(inline) == min(1, len(files))
        for file in files:
            self.take(file.get_payload(decode=True))

    def take(self, content: bytes) -> None:
        """One iTIP object."""
        whole = vobject.readOne(content.decode())
        method, events = whole.method.value, whole.contents["vevent"]
        self._check(method, events)
        for event in events:
            self._apply(method, event)

    def follow(self, content: bytes) -> None:
        """A feed is the whole calendar: what it does not have is not there."""
        whole = vobject.readOne(content.decode())
        assert "method" not in whole.contents
        self.held = {one.uid.value: _held(one) for one in whole.contents.get("vevent", [])}

    def _check(self, method: str, events: list[Any]) -> None:
        uids = [event.uid.value for event in events]
        assert len({*uids}) == len(uids), "a UID stands once"
        assert method == "PUBLISH" or len(uids) == 1, "one UID (RFC 5546, 3.2.2 and 3.2.5)"
        for event in events:
            assert event.contents.keys() >= REQUIRED[method], event
            if method == "PUBLISH":
                assert "attendee" not in event.contents
            else:
                assert [one.value for one in event.contents["attendee"]] == [f"mailto:{self.attendee}"]
            if method == "CANCEL":
                assert event.status.value == "CANCELLED"

    def _apply(self, method: str, event: Any) -> None:
        uid, new = event.uid.value, _held(event)
        known = self.held.get(uid)
        if known is None and new.shown is None and not self.remembers:
            return
        if known and new.stamp < known.stamp:
            return
        if known and new.stamp[0] == known.stamp[0]:
            assert new.shown == known.shown, f"two truths under one SEQUENCE: {known}, {new}"
        self.held[uid] = new
        if new.shown is None and not self.remembers:
            del self.held[uid]


def _held(event: Any) -> Held:
    stamp = int(event.sequence.value), event.dtstamp.value
    if event.status.value == "CANCELLED":
        return Held(stamp, None)
    starts, ends = (moment.value.astimezone(UTC) for moment in (event.dtstart, event.dtend))
    return Held(stamp, Shown(event.summary.value, starts, ends))
