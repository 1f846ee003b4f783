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
from chalicelib.domain.clashes import clashes, clashing
from chalicelib.domain.colour import readable
from chalicelib.domain.contribution import MEGABYTE, Contribution, asked_of, due_until
from chalicelib.domain.countries import COUNTRIES
from chalicelib.domain.entries import entries
from chalicelib.domain.event import Event, EventDocument
from chalicelib.domain.event_parts import Session
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.private_upload import named
from chalicelib.domain.schedule import feedback_window

ACCENT = "#1a4f8b"
"""Where no event is known."""

LIGHT, DARK = "#e9edf0", "#232a31"
"""The grounds of convoke.css on which the accent stands out least: ``--ground`` when light, ``--panel`` when dark."""

EVERY_LANGUAGE = ("not_found", "problem", "too_many")
"""Pages whose reader is not known: they say the same in each language that there is, the locale's own first."""

SCRIPTS = {"registration": "form.js", "confirmation": "forget.js copy.js", "erased": "forget.js"}
"""Pages with a script of ours whatever their state; all of them work without it. The invitation has that of the
confirmation while something waits for a place: there the form leads then.
"""

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


def render_page(name: str, locale: Locale, *, posts_to: str = "", script: str = "", **context: Any) -> Page:
    """One of ``templates/pages/<name>.html``; what each needs as context stands at the top of the template.

    ``posts_to`` is an origin that a form of this page may post to beside ours, ``script`` the file beside the template
    that this page may run: the policy allows them here and nowhere else.

    Raises jinja2.UndefinedError when the context lacks something, jinja2.TemplateNotFound for no such page.
    """
    event, invitee = context.get("event"), context.get("invitee")
    style = _style(event.document.accent if event else ACCENT)
    if event:
        context = {**_event_context(event, invitee, locale), **context}
    if name in EVERY_LANGUAGE:
        context["passages"] = _passages(name, locale)
    waits = name == "invitation" and context.get("request")
    program = _script(script or ("forget.js" if waits else SCRIPTS.get(name, "")))
    if program:
        context["script"] = Markup(program)
    html = render(f"pages/{name}.html", locale, style=Markup(style), **context)
    special = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": _policy(style, program, posts_to)}
    return Page(html, {**HEADERS, **special})


def _event_context(event: Event, invitee: Invitee | None, locale: Locale) -> dict[str, Any]:
    """What the templates use beside what they are given: ``contact`` (an address), ``zone`` and functions."""
    document = event.document
    zone = invitee.time_zone if invitee else document.time_zone
    opens, closes = feedback_window(event)

    def span_lines(start: datetime, end: datetime) -> list[TimeLine]:
        return locale.times(start, end, own_zone=zone, event_zone=document.time_zone)

    return {
        "contact": parseaddr(document.organiser.reply_to)[1] or document.organiser.reply_to,
        "zone": zone,
        "when": [span_lines(start, end) for start, end in document.days],
        "times": lambda session: span_lines(*document.span(session)),
        "clashing": lambda session: clashing(document, session),
        "clashes": lambda: clashes(document),
        "programme": lambda registered=(): programme(document, locale, zone, registered),
        "countries": _countries(document, locale),
        "moment": lambda at: _moment(at, zone, locale),
        "moments": lambda at: span_lines(at, at),
        "reminders": lambda sessions: _reminders(document, sessions, locale),
        "asked_for": [(one, due_until(document, one), one.id in invitee.handed_in)
                      for one in asked_of(document, invitee)] if invitee else [],
        "accepted": lambda asked: accepted(asked, locale),
        "in_calendar": entries(event, invitee) if invitee else None,
        "file_kinds": lambda field: named(field.files),
        "megabytes": lambda size: megabytes(size, locale),
        "feedback_from": opens,
        "feedback_until": closes,
    }


def _countries(document: EventDocument, locale: Locale) -> list[tuple[str, str]]:
    """Codes and names, as the reader's language sorts them, when the form asks for one."""
    if not any(field.kind == "country" for field in document.form):
        return []
    return sorted(((code, locale.country(code)) for code in COUNTRIES), key=lambda one: one[1].casefold())


def accepted(asked: Contribution, locale: Locale) -> str:
    """What is taken, in words: ``a text of up to 10,000 characters, or a file of up to 25 MB (PDF, Word (DOCX))``."""
    _ = locale.gettext
    text = _("a text of up to 10,000 characters") if asked.takes_text else ""
    said = {"size": asked.max_mb, "kinds": named(asked.files)}
    file = _("a file of up to %(size)d MB (%(kinds)s)") % said if asked.files else ""
    return _("%(text)s, or %(file)s") % {"text": text, "file": file} if text and file else text or file


def megabytes(size: int, locale: Locale) -> str:
    """``0.3 MB``, ``12 MB``, and ``24 KB`` of what is small; with the decimal sign of the language."""
    if size < MEGABYTE // 10:
        return locale.gettext("%(size)d KB") % {"size": -(-size // 1024)}
    amount = f"{size / MEGABYTE:.1f}".removesuffix(".0").replace(".", locale.pgettext("decimal sign", "."))
    return locale.gettext("%(size)s MB") % {"size": amount}


def _moment(at: datetime, zone: str, locale: Locale) -> dict[str, str]:
    """A moment on the reader's wall: ``{"date": "Sunday, 24 January 2021", "clock": "22:00", "where": …}``."""
    [line, *_] = locale.times(at, at, own_zone=zone, event_zone=zone)
    return {"date": line.date, "clock": locale.clock(at, zone), "where": line.where}


def _reminders(document: EventDocument, sessions: Iterable[Session], locale: Locale) -> list[str]:
    """How long before a session somebody is reminded, longest first: ``["1 day before", "1 hour before"]``."""
    chosen = {session.id for session in sessions}
    rules = (rule for rule in document.reminders if rule.plain and rule.of == "start"
             and (rule.sessions is None or not chosen.isdisjoint(rule.sessions)))
    minutes = {rule.before_minutes for rule in rules if rule.before_minutes}
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


@cache
def _script(name: str) -> str:
    """The scripts of these names without their comments; no name, no script. The hash is in the policy of the page."""
    program = "".join((TEMPLATES / "pages" / one).read_text("utf-8") for one in name.split())
    return re.sub(r"^\s*//.*\n", "", program, flags=re.MULTILINE).strip()


def _policy(style: str, script: str, posts_to: str) -> str:
    runs = f"script-src {_digest(script)}; " if script else ""
    form = f"'self' {posts_to}" if posts_to else "'self'"
    return (f"default-src 'none'; style-src {_digest(style)}; {runs}form-action {form}; base-uri 'none'; "
            "frame-ancestors 'none'")


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
