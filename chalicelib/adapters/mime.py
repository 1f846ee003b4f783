"""A message as bytes: RFC 5322, MIME (RFC 2045 to 2047, 2231 avoided by ASCII names), iMIP (RFC 6047), RFC 8058.

    multipart/mixed
    ├── multipart/alternative
    │   ├── text/plain
    │   ├── text/html
    │   └── text/calendar; method=…    the first calendar object, and last
    ├── invite.ics, cancelled-2.ics    every calendar object, as application/ics
    └── attachments

The first calendar object stands there twice on purpose, as in what Google Calendar sends. The alternative is what
Outlook, Gmail and Apple Mail turn into an entry: as the last part of the alternatives, with the method as a parameter
that agrees with the METHOD inside (Exchange refuses a mismatch). They read one such part and no more. The files are for
everything else: webmail without iMIP shows nothing of an alternative that it does not know, and Outlook reads the first
VEVENT of the part alone and takes PUBLISH for no iMIP method at all (MS-STANOICAL 2.2.175), while an opened file gives
every session. They are application/ics and not text/calendar, so that no client takes one for a second invitation.

Written here and not with the standard library's ``EmailMessage``, which encodes every attachment again for every
recipient: 7 ms for a 60 KB file. Here the bytes of a file are encoded once and kept.
"""

import re
from base64 import b64encode
from binascii import b2a_base64, b2a_qp
from datetime import UTC
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256

from chalicelib.domain.address import normalise
from chalicelib.domain.message import Attachment, Message

CALENDAR_FILENAMES = {"PUBLISH": "invite", "REQUEST": "invite", "CANCEL": "cancelled"}
"""By method, without ``.ics``; from the second object of a mail on, with its number."""

KEPT_ATTACHMENTS = 64
"""Encoded files held in memory per container: as many as adapters.documents holds of the files themselves."""

KEPT_LINES = 4096
"""Encoded lines held in memory per container: most lines of a mail are the same for everybody of its language."""

KEPT_ADDRESSES = 256
"""Of senders and recipients: two of a mail's three addresses are the same for everybody."""

LINE = 76
"""Characters a line: what RFC 2045 allows in an encoded body, and RFC 2047 in a header line with an encoded word."""

ENCODED = 45
"""Octets in an encoded word of 72 characters."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")
_FILENAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}")
_URL = re.compile(r"https?://[!#-;=?-Z\[\]_a-z~%]{1,900}")
_QP_SAFE = bytes(range(0x20, 0x7F)).replace(b"=", b"") + b"\r\n"


def build(message: Message) -> bytes:
    """The message as SES takes it raw: ASCII, CRLF, lines of 76 characters (an unsubscribe address may be longer).

    The same message gives the same bytes. ValueError for what cannot stand in a header: a line break or control
    character in a name or subject, a malformed address, a file name that is not ASCII.
    """
    boundary = sha256(message.reference.encode()).hexdigest()[:24]
    calendars = [_base64(one.content) for one in message.calendar]
    body = _multipart("alternative", f"=_a{boundary}", [[part] for part in _alternatives(message, calendars)])
    if attached := _attached(message, calendars):
        body = _multipart("mixed", f"=_m{boundary}", [body, *([file] for file in attached)])
    return b"".join([_headers(message).encode("ascii"), *body])


@lru_cache(maxsize=KEPT_ADDRESSES)
def address(value: str) -> str:
    """An address as the wire has it, ASCII alone (``domain.address``). ValueError."""
    if _CONTROL.search(value):
        raise ValueError(f"not an address that a header can hold: {value!r}")
    return normalise(value)


def _headers(message: Message) -> str:
    sender = address(message.sender)
    lines = [
        _mailbox("From", message.sender_name, sender),
        _mailbox("To", message.recipient_name, address(message.recipient)),
        f"Reply-To: {address(message.reply_to)}",
        f"Subject: {_words(message.subject, len('Subject: '))}",
        f"Date: {format_datetime(message.date.astimezone(UTC))}",
        f"Message-ID: <{sha256(message.reference.encode()).hexdigest()[:40]}@{sender.rpartition('@')[2]}>",
        f"Content-Language: {_checked(message.language, re.compile('[a-z]{2,3}'), 'language')}",
        "Auto-Submitted: auto-generated",  # RFC 3834: no machine answers it
        "X-Auto-Response-Suppress: OOF, AutoReply",  # MS-OXCMAIL: no "out of office" to the organiser
    ]
    if message.list_unsubscribe is not None:
        url = _checked(message.list_unsubscribe, _URL, "List-Unsubscribe")
        lines += [f"List-Unsubscribe: <{url}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]
    return "\r\n".join([*lines, "MIME-Version: 1.0", ""])


def _alternatives(message: Message, calendars: list[bytes]) -> list[bytes]:
    for method, content in message.calendar:
        if f"\nMETHOD:{method}\r".encode() not in content:
            raise ValueError(f"the calendar's METHOD is not {method}")
    first = [
        _part(f"text/calendar; charset=utf-8; method={message.calendar[0].method}", "base64", encoded)
        for encoded in calendars[:1]
    ]
    return [_text("plain", message.text), _text("html", message.html), *first]


def _attached(message: Message, calendars: list[bytes]) -> list[bytes]:
    methods = [CALENDAR_FILENAMES[one.method] for one in message.calendar]
    names = [f"{name}-{number}.ics" if number > 1 else f"{name}.ics" for number, name in enumerate(methods, 1)]
    files = [_file(name, "application/ics", encoded) for name, encoded in zip(names, calendars, strict=True)]
    return [*files, *map(_encoded_file, message.attachments)]


@lru_cache(maxsize=KEPT_ATTACHMENTS)
def _encoded_file(attachment: Attachment) -> bytes:
    return _file(attachment.filename, attachment.content_type, _base64(attachment.content))


def _file(filename: str, content_type: str, encoded: bytes) -> bytes:
    name, kind = _checked(filename, _FILENAME, "file name"), _checked(content_type, _TYPE, "content type")
    disposition = f'Content-Disposition: attachment; filename="{name}"\r\n'
    return _part(f'{kind};\r\n name="{name}"', "base64", encoded, disposition)


def _multipart(subtype: str, boundary: str, parts: list[list[bytes]]) -> list[bytes]:
    """The parts' bytes and this one's in order, to be joined once: they are large.

    ``=_`` cannot occur in Base64 or quoted-printable, so that no part can hold the boundary (RFC 2045, 6.7).
    """
    mark = f"--{boundary}".encode()
    pieces = [f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n\r\n'.encode()]
    for part in parts:
        pieces += [mark, b"\r\n", *part, b"\r\n"]
    return [*pieces, mark, b"--\r\n"]


def _part(content_type: str, encoding: str, encoded: bytes, more: str = "") -> bytes:
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n{more}\r\n"
    return head.encode("ascii") + encoded


def _text(subtype: str, text: str) -> bytes:
    """Quoted-printable, or Base64 where that is shorter: Cyrillic is."""
    octets, lines = text.encode("utf-8", "replace"), text.splitlines() or [""]
    if 2 * len(octets.translate(None, _QP_SAFE)) > 0.37 * len(octets):
        data = "\r\n".join([*lines, ""]).encode("utf-8", "replace")
        return _part(f"text/{subtype}; charset=utf-8", "base64", _base64(data))
    return _part(f"text/{subtype}; charset=utf-8", "quoted-printable", b"".join(map(_quoted, lines)))


@lru_cache(maxsize=KEPT_LINES)
def _quoted(line: str) -> bytes:
    return b2a_qp(line.encode("utf-8", "replace") + b"\r\n", istext=True)


def _base64(data: bytes) -> bytes:
    encoded = b2a_base64(data, newline=False)
    return b"\r\n".join([encoded[at:at + LINE] for at in range(0, len(encoded), LINE)])


def _mailbox(header: str, name: str, mailbox: str) -> str:
    """``From: Name <address>``; a name goes as atoms, quoted where it holds ``. , : @ "``, or as encoded words."""
    if not name:
        return f"{header}: {mailbox}"
    if _ATOMS.fullmatch(name) and "=?" not in name and name == name.strip() and len(name) <= LINE - 16:
        phrase = name
    elif name.isascii() and "=?" not in name and len(name) <= LINE - 16 and not _CONTROL.search(name):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        phrase = f'"{escaped}"'
    else:
        phrase = _encoded_words(name, len(header) + 2)
    return f"{header}: {phrase}\r\n <{mailbox}>"


def _words(value: str, used: int) -> str:
    """Text of a header, folded: ASCII as it is, anything else as encoded words. ``used``: characters before it."""
    as_it_is = value.isascii() and "=?" not in value and value == " ".join(value.split()) and not _CONTROL.search(value)
    if not as_it_is or any(len(word) > LINE - used for word in value.split(" ")):
        return _encoded_words(value, used)
    lines, room = [""], LINE - used
    for word in value.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines, room = [*lines, ""], LINE - 1
        lines[-1] = f"{lines[-1]} {word}".lstrip()
    return "\r\n ".join(lines)


def _encoded_words(value: str, used: int) -> str:
    """RFC 2047: encoded words of 75 characters or fewer, the first with room for the header's name.

    Cut after a space where there is one, because some readers, Python's among them, put a space between two of a name.
    """
    if found := _CONTROL.search(value):
        raise ValueError(f"a header cannot hold {found[0]!r}: {value!r}")
    pieces, first = [b""], (LINE - used - 12) // 4 * 3
    for word in re.findall(r"\S+\s*|\s+", value):
        for part in [word] if len(word.encode()) <= first else word:
            if len(pieces[-1]) + len(part.encode()) > (ENCODED if len(pieces) > 1 else first):
                pieces.append(b"")
            pieces[-1] += part.encode()
    return "\r\n ".join(f"=?utf-8?B?{b64encode(piece).decode('ascii')}?=" for piece in pieces if piece or not value)


def _checked(value: str, pattern: re.Pattern[str], what: str) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(f"not a {what} that a header can hold: {value!r}")
    return value
