"""The mailbox for people: a list of what was sent, and each message as its reader would see it.

Mail is foreign content: its HTML is shown in a sandboxed frame and served with a Content-Security-Policy of its own
that allows styles and images but no script, form or frame.
"""

import re
from collections import Counter
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from infra.local.ses.http import Request, Response
from infra.local.ses.mailbox import Mailbox, Message
from infra.local.ses.reading import Reading

SHOWN = 200
SANDBOX = "allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'; base-uri 'none'"
MAIL_POLICY = f"sandbox {SANDBOX}; default-src 'none'; style-src 'unsafe-inline' https:; img-src * data:; font-src *"
PART_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"
_LINK = re.compile(r"(https?://[^\s<>\"]+[^\s<>\".,;:!?)\]}'])")


class Pages:
    """``/``, ``/messages/<id>`` with its views, ``/messages/<id>/html``, ``…/parts/<n>`` and ``…/<id>.eml``."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    def answer(self, request: Request) -> Response:
        """Answer a GET of a browser."""
        if request.method not in ("GET", "HEAD"):
            return self._page("missing.html", 405)
        match request.path:
            case [""]:
                return self._list(request.parameter("q"))
            case ["messages", name] if name.endswith(".eml") and (found := self.mailbox.get(name[:-4])):
                return _download(self.mailbox.raw(found.id), "message/rfc822", name)
            case ["messages", name] if found := self.mailbox.get(name):
                return self._message(found, request.parameter("view"))
            case ["messages", name, "html"] if found := self.mailbox.get(name):
                return self._html(found)
            case ["messages", name, "parts", number] if number.isdecimal() and (found := self.mailbox.get(name)):
                return self._part(found, int(number))
        return self._page("missing.html", 404)

    def _list(self, query: str) -> Response:
        found = self.mailbox.newest(query)
        outcomes = Counter(headline(message) for message in found)
        return self._page("list.html", query=query, messages=found[:SHOWN], total=len(found), outcomes=outcomes)

    def _message(self, message: Message, view: str) -> Response:
        reading = Reading(self.mailbox.raw(message.id))
        views = reading.views()
        chosen = view if view in views else views[0]
        return self._page("message.html", message=message, reading=reading, views=views, view=chosen, sandbox=SANDBOX)

    def _html(self, message: Message) -> Response:
        html = Reading(self.mailbox.raw(message.id)).framed_html(f"/messages/{message.id}/parts")
        return Response(200, html.encode(), [("Content-Type", "text/html; charset=utf-8"), *_secured(MAIL_POLICY)])

    def _part(self, message: Message, number: int) -> Response:
        parts = Reading(self.mailbox.raw(message.id)).parts
        if number >= len(parts):
            return self._page("missing.html", 404)
        part = parts[number]
        return _download(part.content, part.type, part.filename, inline=part.type.startswith("image/"))

    def _page(self, template: str, status: int = 200, **values: object) -> Response:
        body = self._templates.get_template(template).render(**values).encode()
        return Response(status, body, [("Content-Type", "text/html; charset=utf-8"), *_secured(PAGE_POLICY)])

    @cached_property
    def _templates(self) -> Environment:
        loader = FileSystemLoader(Path(__file__).with_name("templates"))
        templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        templates.filters |= {"linked": linked, "headline": headline, "size": size}
        return templates


def headline(message: Message) -> str:
    """The one outcome that stands for a message in a list: the worst of its recipients'."""
    order = ("reject", "bounce", "complaint", "suppressed", "suppressed globally", "ooto", "delay", "delivery")
    return min(message.outcomes.values(), key=order.index, default="delivery").removesuffix(" globally")


def linked(text: str) -> Markup:
    """Plain text with its http and https links made clickable."""
    pieces = _LINK.split(text)
    link = Markup('<a href="{0}" target="_blank" rel="noreferrer noopener">{0}</a>')
    return Markup("").join(link.format(piece) if index % 2 else escape(piece) for index, piece in enumerate(pieces))


def size(octets: int) -> str:
    """``812 B``, ``14 KB``, ``2.3 MB``."""
    if octets < 1000:
        return f"{octets} B"
    return f"{octets / 1000:.0f} KB" if octets < 1_000_000 else f"{octets / 1_000_000:.1f} MB"


def _download(body: bytes, content_type: str, filename: str, *, inline: bool = False) -> Response:
    disposition = f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(filename)}"
    charset = "; charset=utf-8" if content_type.startswith("text/") else ""
    headers = [("Content-Type", content_type + charset), ("Content-Disposition", disposition), *_secured(PART_POLICY)]
    return Response(200, body, headers)


def _secured(policy: str) -> list[tuple[str, str]]:
    return [
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    ]
