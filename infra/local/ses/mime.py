"""Message bytes: the checks SES makes on raw messages, and the message it builds from ``Content.Simple``.

Sources: SES API v2 reference, RawMessage (headers and body, 40 MB, lines of at most 1,000 octets with CRLF: RFC 5321
4.5.3.1.6), Message and MessageHeader; RFC 5322 2.2 and 3.6 (header fields, which may occur once). The wording
"Illegal header", "Empty header names are illegal." and "Missing required header" is known from the field; what SES
says to a line break in a header value is not documented.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime
from typing import Any

from infra.local.ses.errors import BadRequest

MAX_BYTES = 40 * 1024 * 1024
MAX_LINE = 998
_FIELD = re.compile(rb"[!-9;-~]*:")
_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")
_ONCE = {"from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references", "subject", "date"}
_ONCE |= {"mime-version", "content-type", "content-transfer-encoding", "return-path"}
_KINDS = (("Text", "plain"), ("Html", "html"))
_CUSTOM_NAME = re.compile(r"[!-9;-~]{1,126}")
_CUSTOM_VALUE = re.compile(r"[ -~]{1,995}")


def check_raw(data: bytes) -> None:
    """Refuse what SES refuses in ``Content.Raw.Data``; CRLF and bare LF are both accepted as line ends.

    Raises:
        BadRequest: too large, a line too long, or a header section that is not one.
    """
    if not data.strip():
        raise BadRequest("Raw message is empty.")
    if len(data) > MAX_BYTES:
        raise BadRequest(f"Message length is more than the allowed {MAX_BYTES} bytes")
    lines = data.split(b"\n")
    if max(map(len, lines)) > MAX_LINE and any(len(line.rstrip(b"\r")) > MAX_LINE for line in lines):
        raise BadRequest(f"A line of the message is longer than {MAX_LINE} octets.")
    names = _header_names(data)
    for name in names:
        if name in _ONCE and names.count(name) > 1:
            raise BadRequest(f"Duplicate header '{name.title()}'.")
    if "from" not in names:
        raise BadRequest("Missing required header 'From'.")


def header_section(data: bytes) -> bytes:
    """What stands before the first empty line: parsing it alone spares the parser the attachments."""
    start = data.lstrip(b"\r\n") if data[:1] in (b"\r", b"\n") else data
    end = _EMPTY_LINE.search(start)
    return start[: end.start()] if end else start


def _header_names(data: bytes) -> list[str]:
    names: list[str] = []
    for line in header_section(data).split(b"\n"):
        line = line.removesuffix(b"\r")
        field = _FIELD.match(line)
        shown = (line.split(b":")[0] or line)[:60].decode("latin-1")
        if any((octet < 32 and octet != 9) or octet > 126 for octet in line):
            raise BadRequest(f"Illegal header '{shown}'.")
        if line[:1] in (b" ", b"\t") and names:
            continue
        if field is None:
            raise BadRequest(f"Illegal header '{shown}'.")
        if field[0] == b":":
            raise BadRequest("Empty header names are illegal.")
        names.append(field[0][:-1].decode("ascii").lower())
    return names


def build_simple(request: Mapping[str, Any], message_id: str, now: datetime) -> bytes:
    """The MIME message SES makes of ``Content.Simple``: text, HTML, or both as alternatives.

    Args:
        request: the whole SendEmail body, its addresses already checked.
        message_id: SES's id, which becomes the Message-ID header.
        now: the Date header.

    Raises:
        BadRequest: no body, a line break in a header value, a custom header SES would not take, attachments.
    """
    simple = request["Content"]["Simple"]
    if simple.get("Attachments"):
        raise BadRequest("Content.Simple.Attachments are not supported here: send Content.Raw.")
    message = _bodies(simple.get("Body") or {})
    for name, value in _headers(request, simple):
        if "\r" in value or "\n" in value:
            raise BadRequest(f"Header '{name}' contains a line break.")
        if name.lower() in _ONCE and name in message:
            raise BadRequest(f"Duplicate header '{name}'.")
        message[name] = value if value.isascii() else Header(value, "utf-8", header_name=name).encode()
    message["Message-ID"] = f"<{message_id}@email.amazonses.com>"
    message["Date"] = format_datetime(now.astimezone(UTC))
    return message.as_bytes(policy=compat32.clone(linesep="\r\n"))


def _headers(request: Mapping[str, Any], simple: Mapping[str, Any]) -> list[tuple[str, str]]:
    destination: Mapping[str, Sequence[str]] = request.get("Destination") or {}
    headers = [("From", str(request["FromEmailAddress"]))]
    headers += [
        (name, ", ".join(addresses))
        for name, addresses in (
            ("To", destination.get("ToAddresses")),
            ("Cc", destination.get("CcAddresses")),
            ("Reply-To", request.get("ReplyToAddresses")),
        )
        if addresses
    ]
    headers.append(("Subject", str((simple.get("Subject") or {}).get("Data", ""))))
    for header in simple.get("Headers") or []:
        if not _CUSTOM_NAME.fullmatch(header["Name"]) or not _CUSTOM_VALUE.fullmatch(header["Value"]):
            raise BadRequest(f"Illegal header '{header['Name'][:60]}'.")
        headers.append((header["Name"], header["Value"]))
    return headers


def _bodies(body: Mapping[str, Any]) -> MIMEBase:
    texts = [MIMEText(body[kind]["Data"], subtype, "utf-8") for kind, subtype in _KINDS if body.get(kind)]
    if not texts:
        raise BadRequest("Content.Simple.Body must have Text or Html.")
    return texts[0] if len(texts) == 1 else MIMEMultipart("alternative", _subparts=texts)
