"""What a mail is before it is bytes: the words, the files and the links of one message to one person.

Plain values: making one costs nothing, and equal ones are equal, so that work on an attachment is done once and kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

CalendarMethod = Literal["PUBLISH", "REQUEST", "CANCEL"]
"""RFC 5546, section 1.4."""


class CalendarObject(NamedTuple):
    """A whole iCalendar object (VCALENDAR) whose METHOD is ``method``."""

    method: CalendarMethod
    content: bytes


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail. ``filename`` is ASCII, ``content_type`` is ``type/subtype``."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses in one person's mails. ``unsubscribe`` asks first; ``unsubscribe_one_click`` takes a bare POST;
    ``contribution`` is where the one that a mail reminds of is handed in, ``data`` shows what is held about the person.
    Below ``join`` is the page of each session that can be joined, by its id.
    """

    page: str
    registration: str
    agenda: str
    calendar: str
    feedback: str
    unsubscribe: str
    unsubscribe_one_click: str
    contribution: str = ""
    data: str = ""
    join: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What a person reads: ``subject`` is one line, ``text`` and ``html`` say the same."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Message:
    """One mail to one person.

    ``reference`` names the delivery; Message-ID follows from it, so that the same delivery never has two. ``date`` is
    aware. The first of ``calendar`` is what mail programs read by themselves. ``list_unsubscribe`` is the one-click
    address (RFC 8058), None on kinds that one cannot leave. ``tags`` are for SES, not for the reader.
    """

    reference: str
    date: datetime
    language: str
    sender_name: str
    sender: str
    reply_to: str
    recipient_name: str
    recipient: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    calendar: tuple[CalendarObject, ...] = ()
    list_unsubscribe: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
