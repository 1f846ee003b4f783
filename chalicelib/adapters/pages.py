"""What an invitee sees in a browser: a template, the one stylesheet with the event's colour, and strict headers."""

import re
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from email.utils import parseaddr
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

from markupsafe import Markup

from chalicelib.adapters.language import Locale, TimeLine, available, load_locale
from chalicelib.adapters.programme import programme
from chalicelib.adapters.templates import TEMPLATES, render
from chalicelib.domain.colour import readable
from chalicelib.domain.event import Event, EventDocument, Session
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.schedule import feedback_window

ACCENT = "#1a4f8b"
"""Where no event is known."""

LIGHT, DARK = "#e9edf0", "#232a31"
"""The grounds of convoke.css on which the accent stands out least: ``--ground`` when light, ``--panel`` when dark."""

EVERY_LANGUAGE = ("not_found", "problem")
"""Pages whose reader is not known: they say the same in each language that there is, the locale's own first."""

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
"""What every answer to an invitee's browser carries: pages, files and redirects."""


class Page(NamedTuple):
    html: str
    headers: dict[str, str]


def render_page(name: str, locale: Locale, **context: Any) -> Page:
    """One of ``templates/pages/<name>.html``; what each needs as context stands at the top of the template.

    Raises jinja2.UndefinedError when the context lacks something, jinja2.TemplateNotFound for no such page.
    """
    event, invitee = context.get("event"), context.get("invitee")
    style = _style(event.document.accent if event else ACCENT)
    if event:
        context = {**_event_context(event, invitee, locale), **context}
    if name in EVERY_LANGUAGE:
        context["passages"] = _passages(name, locale)
    html = render(f"pages/{name}.html", locale, style=Markup(style), **context)
    special = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": _policy(style)}
    return Page(html, {**HEADERS, **special})


def _event_context(event: Event, invitee: Invitee | None, locale: Locale) -> dict[str, Any]:
    """What the templates use beside what they are given: ``contact`` (an address), ``zone`` and three functions."""
    document = event.document
    zone = invitee.time_zone if invitee else document.time_zone
    opens, closes = feedback_window(event)

    def span_lines(start: datetime, end: datetime) -> list[TimeLine]:
        return locale.times(start, end, own_zone=zone, event_zone=document.time_zone)

    return {
        "contact": parseaddr(document.organiser.reply_to)[1] or document.organiser.reply_to,
        "zone": zone,
        "when": [span_lines(start, end) for start, end in days(document)],
        "times": lambda session: span_lines(*document.span(session)),
        "programme": lambda registered=(): programme(document, locale, zone, registered),
        "moment": lambda at: _moment(at, zone, locale),
        "reminders": lambda sessions: _reminders(document, sessions, locale),
        "feedback_from": opens,
        "feedback_until": closes,
    }


def days(document: EventDocument) -> list[tuple[datetime, datetime]]:
    """Start and end of each day of the event, aware, in its zone; familiarisations and breaks do not stretch it."""
    spans: dict[int, list[tuple[datetime, datetime]]] = {}
    sessions = [session for session in document.sessions if session.kind == "session"] or document.sessions
    for session in sessions:
        spans.setdefault(session.day, []).append(document.span(session))
    return [(min(start for start, _ in spans[day]), max(end for _, end in spans[day])) for day in sorted(spans)]


def _moment(at: datetime, zone: str, locale: Locale) -> dict[str, str]:
    """A moment on the reader's wall: ``{"date": "Sunday, 24 January 2021", "clock": "22:00", "where": …}``."""
    [line, *_] = locale.times(at, at, own_zone=zone, event_zone=zone)
    return {"date": line.date, "clock": locale.clock(at, zone), "where": line.where}


def _reminders(document: EventDocument, sessions: Iterable[Session], locale: Locale) -> list[str]:
    """How long before a session somebody is reminded, longest first: ``["1 day before", "1 hour before"]``."""
    chosen = {session.id for session in sessions}
    minutes = {rule.before_minutes for rule in document.reminders
               if rule.sessions is None or not chosen.isdisjoint(rule.sessions)}
    return [_before(each, locale) for each in sorted(minutes, reverse=True)]


def _before(minutes: int, locale: Locale) -> str:
    if minutes % 1440 == 0:
        n, words = minutes // 1440, locale.ngettext("%(n)d day before", "%(n)d days before", minutes // 1440)
    elif minutes % 60 == 0:
        n, words = minutes // 60, locale.ngettext("%(n)d hour before", "%(n)d hours before", minutes // 60)
    else:
        n, words = minutes, locale.ngettext("%(n)d minute before", "%(n)d minutes before", minutes)
    return words % {"n": n}


def _passages(name: str, locale: Locale) -> list[tuple[str, Markup]]:
    codes = sorted(available(), key=lambda code: code != locale.code)
    return [(code, Markup(render(f"pages/{name}_passage.html", load_locale(code), first=code == codes[0])))
            for code in codes]


def _style(accent: str) -> str:
    colours = f":root{{--accent:{readable(accent, LIGHT)};--accent-dark:{readable(accent, DARK)}}}"
    return f"{_stylesheet()}{colours}"


@cache
def _stylesheet() -> str:
    """``convoke.css`` without comments and indentation."""
    source = (TEMPLATES / "pages" / "convoke.css").read_text("utf-8")
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)).strip()


def _policy(style: str) -> str:
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return (f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'")
