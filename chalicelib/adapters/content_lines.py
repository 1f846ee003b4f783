"""Content lines of iCalendar (RFC 5545, 3.1) and the values in them."""

from datetime import UTC, datetime
from urllib.parse import quote

from chalicelib.domain.text import one_line


def fold(line: str) -> bytes:
    """A content line with its CRLF, folded before an octet 76 and never inside a character (RFC 5545, 3.1)."""
    rest, folded, room = line.encode(), b"", 75
    while len(rest) > room:
        cut = room
        while rest[cut] & 0xC0 == 0x80:
            cut -= 1
        folded, rest, room = folded + rest[:cut] + b"\r\n ", rest[cut:], 74
    return folded + rest + b"\r\n"


def mailto(address: str) -> str:
    return "mailto:" + quote(address, safe="@!$&'*+-/=^_`{|}~")


def escaped(text: str) -> str:
    """As TEXT (RFC 5545, 3.3.11); the values are single lines."""
    return one_line(text).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def utc_stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def quotable(text: str) -> str:
    """For a parameter: it cannot hold a double quote (RFC 5545, 3.2), and few clients read RFC 6868's way around."""
    return text.replace('"', "'")
