"""Mails that SES received: one object each, as it came, below what SES writes at its head.

    inbound/<SES's message id>

    Return-Path: <clara@example.org>
    Received: from … by inbound-smtp.eu-west-1.amazonaws.com with SMTP id … for answers@in.example.org; …
    X-SES-Spam-Verdict: PASS
    X-SES-Virus-Verdict: PASS
    Received-SPF: …
    Authentication-Results: amazonses.com; spf=…; dkim=…; dmarc=pass header.from=example.org;
    X-SES-RECEIPT: …
    (what the sender wrote follows, and may hold all of these again)

Strangers write these, so reading one never raises: what cannot be read is said to be so. The structure is parsed
without the header objects of ``policy.default``, which raise for some of what is broken.

Sources: Amazon SES developer guide, "Deliver to S3 bucket action" (40 MB at most; a setup notification lies beside the
mails); RFC 6047, 2.4 (the method stands twice and is the same); RFC 7986, 6.2 (EMAIL); RFC 8601, 5 (results that the
sender wrote are not believed).
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from functools import partial
from itertools import islice
from typing import Any
from urllib.parse import unquote

from chalicelib.adapters.mail_text import OCTETS, content_of, decoded
from chalicelib.adapters.private_files import OPAQUE, disposition
from chalicelib.domain.address import address_key
from chalicelib.domain.calendar_reply import CalendarReply, Mail
from chalicelib.domain.private_upload import SHOWN_FOR
from chalicelib.domain.text import one_line, paragraphs

FOLDER = "inbound/"

SETUP = f"{FOLDER}AMAZON_SES_SETUP_NOTIFICATION"
"""What SES writes when the rule is made: no mail."""

LARGEST = 500_000
"""Octets of a mail that is read whole: an answer of a calendar has some ten thousand."""

LARGEST_CALENDAR, LONGEST_CALENDAR = 64_000, 2_000
"""Characters and lines of a calendar that is read; an answer has some hundred lines."""

LONGEST_HEADER, LONGEST_TEXT, LONGEST_COMMENT, LONGEST_SUBJECT, LONGEST_ADDRESS = 2_000, 20_000, 500, 300, 320
"""Characters of each that are looked at."""

HEADERS, RECIPIENTS, PARTS, DEPTH, ENTRIES = 300, 10, 50, 10, 20
"""How many headers, recipients, parts, within how many others, and VEVENTs of one are looked at."""

BOXES = 20
"""Parts that hold others, in any part of a mail: the parser compares every line with the boundary of each."""

_BOX = re.compile(rb"boundary|message/", re.IGNORECASE)
"""``boundary=``, and ``boundary*=`` and ``boundary*0=`` as RFC 2231 has it; a word of a text counts as well."""

_TYPE = re.compile(rb"(?:^|[\r\n])content-[a-z]+\s*:((?:[^\n]*\n(?=[ \t]))*[^\n]*)", re.IGNORECASE)

_FOR = re.compile(r"\bfor\s+<?([^\s<>;]+@[^\s<>;]+)")
_DMARC = re.compile(r"\bdmarc=([a-z]+)(?:\s+header\.from=([A-Za-z0-9.-]+))?")
_AUTOMATIC = ("Auto-Submitted", "X-Autoreply", "X-Autorespond", "List-Id", "X-Failed-Recipients")

_STRUCTURE = policy.compat32


class InboundMails:
    """The objects of one bucket."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def read(self, key: str) -> tuple[Mail, datetime]:
        """The mail, and when it came. Of one that is too large only the head is read."""
        found = self._s3.get_object(Bucket=self._bucket, Key=key)
        with found["Body"] as body:
            content = body.read(LARGEST)
        return read_mail(content, cut=found["ContentLength"] > LARGEST), found["LastModified"]

    def download_url(self, key: str, filename: str) -> str:
        """Where to GET the mail as it came for five minutes: to save, never to show."""
        parameters = {
            "Bucket": self._bucket,
            "Key": key,
            "ResponseContentDisposition": disposition(filename),
            "ResponseContentType": OPAQUE,
            "ResponseCacheControl": "no-store",
        }
        seconds = int(SHOWN_FOR.total_seconds())
        return str(self._s3.generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds))


def read_mail(content: bytes, *, cut: bool = False) -> Mail:
    """What a mail says, whatever it is; ``cut`` when it goes on where this ends. Never raises.

    Of one that is cut, or that the parser would be at for minutes, the head alone is read.
    """
    whole = not cut and not _endless(content)
    message = _parsed(content, whole=whole)
    answers, unreadable = _answers(message) if whole else ((), True)
    named = _values(message, "From")
    senders = _addresses(named[0]) if len(named) == 1 else []
    received = _received(message)
    found = _DMARC.findall(received.get("authentication-results", ""))
    [(dmarc, proven)] = found if len(found) == 1 else [("", "")]
    return Mail(
        sender=senders[0] if len(senders) == 1 else "",
        recipients=tuple(dict.fromkeys(_recipients(message, received))),
        subject=_words(next(iter(_values(message, "Subject")), ""))[:LONGEST_SUBJECT],
        text=_text(message) if whole else "",
        automatic=_automatic(message),
        spam=received.get("x-ses-spam-verdict", "").upper(),
        virus=received.get("x-ses-virus-verdict", "").upper(),
        dmarc=dmarc,
        proven=proven.lower().strip("."),
        answers=answers,
        fault="too-large" if cut else "unreadable" if unreadable else "",
    )


def _endless(content: bytes) -> bool:
    """Boxes in boxes, or a header of thousands of parameters, which the parser copies for each."""
    long = any(len(found[1]) > LONGEST_HEADER for found in _TYPE.finditer(content))
    return long or len(_BOX.findall(content)) > BOXES


def _parsed(content: bytes, *, whole: bool) -> Message:
    parser = BytesParser(policy=_STRUCTURE)
    try:
        return parser.parsebytes(content, headersonly=not whole)
    except Exception:  # too deep, or broken in a way that the parser does not know
        return Message() if not whole else _parsed(content, whole=False)


# the head


def _raw(message: Message) -> Iterator[tuple[str, str]]:
    """Names and values as they came, unfolded: UTF-8 where they are not ASCII, cut where they are long."""
    for name, value in islice(message.raw_items(), HEADERS):
        text = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        yield name.lower(), " ".join(text.split())[:LONGEST_HEADER]


def _values(message: Message, name: str) -> list[str]:
    return [value for one, value in _raw(message) if one == name.lower()]


def _received(message: Message) -> dict[str, str]:
    """The first of each header that SES wrote: they end with its receipt. Without one there are none."""
    trusted: dict[str, str] = {}
    for name, value in _raw(message):
        if name == "x-ses-receipt":
            return trusted if '"' not in trusted.get("authentication-results", "") else {}
        trusted.setdefault(name, value)
    return {}


def _addresses(value: str) -> list[str]:
    try:
        found = policy.default.header_factory("To", value).addresses
        return [one_line(one.addr_spec)[:LONGEST_ADDRESS] for one in found]
    except Exception:  # header objects raise for some of what is broken
        return []


def _recipients(message: Message, received: dict[str, str]) -> Iterator[str]:
    if told := _FOR.search(received.get("received", "")):
        yield told[1]
    for name in ("To", "Cc"):
        for value in _values(message, name)[:1]:
            yield from _addresses(value)[:RECIPIENTS]


def _automatic(message: Message) -> bool:
    """A machine wrote it: RFC 3834, 5; a report has no return path (RFC 5321, 4.5.5)."""
    said = [value for name in _AUTOMATIC for value in _values(message, name) if value.lower() != "no"]
    return bool(said) or "<>" in _values(message, "Return-Path")


def _words(value: str) -> str:
    """Encoded words (RFC 2047) as words, on one line."""
    try:
        return one_line(str(make_header(decode_header(value))))
    except Exception:  # of an unknown character set, or broken
        return one_line(value)


# the parts


def _parts(message: Message) -> Iterator[Message]:
    """The leaves, in order, but for those of a mail that is attached: it is somebody else's."""
    waiting, seen = [(message, 0)], 0
    while waiting and seen < PARTS:
        part, depth = waiting.pop(0)
        seen += 1
        if not part.is_multipart():
            yield part
        elif part.get_content_maintype() != "message" and depth < DEPTH:
            waiting = [(one, depth + 1) for one in part.get_payload() if isinstance(one, Message)] + waiting


def _text(message: Message) -> str:
    """The first part of plain text, for people; empty when there is none."""
    for part in _parts(message):
        try:
            if part.get_content_type() == "text/plain" and part.get_content_disposition() != "attachment":
                content, most = content_of(part), OCTETS * LONGEST_TEXT
                return paragraphs(decoded(part, content[:most], cut=len(content) > most)[:LONGEST_TEXT])
        except Exception:  # a header of the part that cannot be read
            continue
    return ""


# the answers


def _answers(message: Message) -> tuple[tuple[CalendarReply, ...], bool]:
    """Those of all calendars, one that stands there twice once; and whether one cannot be read."""
    found, unreadable = dict[CalendarReply, None](), False
    for part in _parts(message):
        try:
            if _is_calendar(part):
                found |= dict.fromkeys(_read(_calendar_text(part), str(part.get_param("method") or "")))
        except Exception:  # whatever a stranger's calendar makes of the parser
            unreadable = True
    return tuple(found), unreadable


def _is_calendar(part: Message) -> bool:
    named = str(part.get_filename() or "").lower().endswith(".ics")
    return named or part.get_content_type() in ("text/calendar", "application/ics")


def _calendar_text(part: Message) -> str:
    """Raises ValueError, before anything is decoded, for what is too long in any character set."""
    content = content_of(part)
    if len(content) > OCTETS * LARGEST_CALENDAR:
        raise ValueError("longer than any answer")
    return decoded(part, content)


def _read(text: str, stated: str) -> list[CalendarReply]:
    """The entries of a calendar whose part states this method, "" for none. Raises whatever is wrong with it."""
    from icalendar import Calendar

    if len(text) > LARGEST_CALENDAR or text.count("\n") > LONGEST_CALENDAR:
        raise ValueError("longer than any answer")
    calendar = Calendar.from_ical(text)
    method = str(calendar.get("METHOD", "")).strip().upper()
    if stated and stated.strip().upper() != method:
        raise ValueError("the part's method is not that of the calendar")
    entries = [one for one in calendar.subcomponents if one.name == "VEVENT"]
    if not 0 < len(entries) <= ENTRIES:
        raise ValueError("no entry, or many")
    return list(map(partial(_reply, method), entries))


def _reply(method: str, entry: Any) -> CalendarReply:
    asked = entry.get("ATTENDEE", [])
    attendees = asked if isinstance(asked, list) else [asked]
    sequence = int(entry.get("SEQUENCE", 0))
    if not 0 <= sequence < 2**31:
        raise ValueError("no sequence number")
    return CalendarReply(
        method=method,
        uid=str(entry["UID"]),
        attendees=tuple(map(_attendee, attendees)),
        partstat=str(attendees[0].params.get("PARTSTAT", "")).upper() if attendees else "",
        sequence=sequence,
        stamp=_utc(entry["DTSTAMP"].dt),
        recurs="RECURRENCE-ID" in entry or "RRULE" in entry,
        comment=_comment(entry.get("COMMENT", "")),
    )


def _attendee(value: Any) -> str:
    """A calendar's user by the address: as ``mailto:``, or beside another name of theirs."""
    said = str(value).strip()
    if said[:7].lower() == "mailto:":
        return address_key(unquote(said[7:]))
    return address_key(str(value.params.get("EMAIL", said)))


def _utc(moment: Any) -> datetime | None:
    if not isinstance(moment, datetime):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)


def _comment(said: Any) -> str:
    return one_line(" ".join(map(str, said)) if isinstance(said, list) else str(said))[:LONGEST_COMMENT]
