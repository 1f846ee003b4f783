"""The octets of a part of a mail, and what they say in its character set."""

import codecs
from email.message import Message

OCTETS = 4
"""Of one character, at most, in what mails are written in."""

SLOW = ("punycode", "idna")
"""Codecs of names that no text is written in: their time grows with the square of the length."""


def content_of(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def decoded(part: Message, content: bytes, *, cut: bool = False) -> str:
    """Octets of a part as text; ``cut`` when they may end within a character."""
    charset = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else part.get_content_charset() or "utf-8"
    try:
        known = "utf-8" if codecs.lookup(charset).name in SLOW else charset
        text = content.decode(known, "replace" if cut else "strict")
    except (LookupError, ValueError):
        text = content.decode("utf-8", "replace")
    return text.removeprefix("\ufeff")
