"""A stored message as its reader sees it: bodies, headers, attachments."""

import re
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from typing import cast

SHOWN_HEADERS = ("From", "To", "Cc", "Reply-To", "Date", "List-Unsubscribe", "List-Unsubscribe-Post")
_NAMES = {"text/calendar": "calendar.ics", "text/plain": "text.txt", "text/html": "message.html"}
_CID = re.compile(r"cid:([^\"'()\s>]+)")


@dataclass(frozen=True)
class Part:
    """One leaf of the message: ``type`` is the media type, ``content`` the decoded bytes."""

    number: int
    type: str
    filename: str
    content: bytes
    content_id: str
    method: str

    def text(self) -> str:
        """The content as text; octets that are not UTF-8 are shown as U+FFFD."""
        return self.content.decode("utf-8", "replace")


class Reading:
    """Parses lazily; a broken message shows what can be read of it."""

    def __init__(self, raw: bytes) -> None:
        self.size = len(raw)
        self.message = message_from_bytes(raw, policy=policy.default)

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        """All headers, unfolded and decoded, in order."""
        return [(name, " ".join(str(value).split())) for name, value in self.message.items()]

    @property
    def subject(self) -> str:
        """The subject, or nothing."""
        return str(self.message["Subject"] or "")

    @property
    def shown(self) -> list[tuple[str, str]]:
        """The headers a reader cares about, where present."""
        return [(name, str(self.message[name])) for name in SHOWN_HEADERS if self.message[name]]

    @cached_property
    def parts(self) -> list[Part]:
        """Every leaf, bodies included, in order."""
        leaves = [part for part in self.message.walk() if not part.is_multipart()]
        return [_part(number, leaf) for number, leaf in enumerate(leaves)]

    @cached_property
    def html(self) -> str | None:
        """The HTML body."""
        return self._body("html")

    @cached_property
    def text(self) -> str | None:
        """The plain-text body."""
        return self._body("plain")

    @property
    def calendar(self) -> Part | None:
        """The calendar part of the alternatives, or a calendar file."""
        return next((part for part in self.parts if part.type == "text/calendar"), None)

    @property
    def files(self) -> list[Part]:
        """Everything but the two bodies: attachments, calendar parts, embedded images."""
        bodies = [self.message.get_body((kind,)) for kind in ("html", "plain")]
        leaves = [part for part in self.message.walk() if not part.is_multipart()]
        return [part for part, leaf in zip(self.parts, leaves, strict=True) if leaf not in bodies]

    def views(self) -> list[str]:
        """The views this message has, the best one first."""
        present = {"html": self.html, "text": self.text, "calendar": self.calendar}
        return [*(name for name, value in present.items() if value is not None), "headers"]

    def framed_html(self, parts_url: str) -> str:
        """The HTML body for a frame: links open a tab of their own, ``cid:`` images come from ``parts_url``."""
        numbers = {part.content_id: part.number for part in self.parts if part.content_id}
        html = _CID.sub(lambda found: f"{parts_url}/{numbers.get(found[1], 'none')}", self.html or "")
        base = '<base target="_blank"><meta name="referrer" content="no-referrer">'
        with_base, done = re.subn(r"(<head[^>]*>)", rf"\1{base}", html, count=1, flags=re.IGNORECASE)
        return with_base if done else base + html

    def _body(self, kind: str) -> str | None:
        part = self.message.get_body((kind,))
        return None if part is None else _part(0, cast(EmailMessage, part)).text()


def _part(number: int, leaf: EmailMessage) -> Part:
    content = cast(bytes, leaf.get_payload(decode=True) or b"")
    kind, charset = leaf.get_content_type(), leaf.get_content_charset("utf-8")
    if leaf.get_content_maintype() == "text":
        with suppress(LookupError):
            content = content.decode(charset, "replace").encode()
    filename = leaf.get_filename() or _NAMES.get(kind, f"part-{number}")
    method = str(leaf.get_param("method") or "")
    return Part(number, kind, filename, content, str(leaf["Content-ID"] or "").strip("<> "), method)
