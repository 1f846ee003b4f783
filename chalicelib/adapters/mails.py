"""The words of a mail to one person: ``templates/email/<kind>/`` filled with the event as that person sees it.

What is the same for everybody of one language and time zone (times, agenda, deadline) is worked out once and kept.
"""

from collections.abc import Sequence
from datetime import date, datetime
from email.utils import parseaddr
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from chalicelib.adapters.agenda_news import what_is_new
from chalicelib.adapters.language import Locale, TimeLine
from chalicelib.adapters.pages import accepted
from chalicelib.adapters.programme import Band, programme
from chalicelib.adapters.templates import render
from chalicelib.domain.attendance import join_window
from chalicelib.domain.batch import Batch
from chalicelib.domain.change_notice import Told
from chalicelib.domain.colour import readable
from chalicelib.domain.contribution import Contribution, due_until, owes
from chalicelib.domain.delivery import can_leave
from chalicelib.domain.event import Event, EventDocument, Kind
from chalicelib.domain.event_parts import Question, Session
from chalicelib.domain.invitee import Attendance, Invitee, Registration
from chalicelib.domain.message import Links, Words
from chalicelib.domain.places import PlaceRequest
from chalicelib.domain.reminder import ReminderRule
from chalicelib.domain.schedule import feedback_window
from chalicelib.domain.text import one_line, words
from chalicelib.domain.wrapping import wrapped

WHITE = "#ffffff"
"""What the button's words are written in: the event's accent is darkened until they can be read on it."""

SUBJECT_LENGTH = 150
"""Beyond this a subject's title is cut at a word; most readers' lists show the first 40 to 70 characters."""

SECONDS = {"rating": 10, "choice": 15, "text": 45}
"""What one question of a feedback form takes, by its kind."""


class When(NamedTuple):
    """A span of time for a reader, in their zone first.

    ``day`` such as ``четверг, 28 января 2021 г.``, ``date`` the same as a line of its own begins; ``starts`` ``12:30``,
    ``hours`` ``12:30–16:00``, ``where`` ``Tashkent, UTC+5``, ``whose`` ``your time (Tashkent, UTC+5)``; ``others`` such
    as ``08:30–12:00 in Vienna (CET, UTC+1)``, with the date where it is not the reader's; ``brief`` the same in fewer
    words.
    """

    day: str
    date: str
    starts: str
    hours: str
    where: str
    whose: str
    others: list[str]
    brief: tuple[str, ...]


class Unreached(NamedTuple):
    """Somebody whose address gets no more mail. The mail that showed it: its ``kind``, "" for one of another event, and
    ``at``, when it was sent, or when that one came to nothing.
    """

    invitee: Invitee
    kind: str
    at: datetime


def compose(kind: Kind, *, event: Event, invitee: Invitee, locale: Locale, links: Links, now: datetime,
            registration: Attendance | None = None, session: Session | None = None,
            attached: Sequence[str] | None = None, tested: Batch | None = None,
            contribution: Contribution | None = None, rule: ReminderRule | None = None,
            told: Told | None = None) -> Words:
    """The words of one mail. ``session`` is what a reminder reminds of, by which ``rule``; ``registration`` what a
    confirmation confirms, ``contribution`` what somebody owes, ``told`` what a notice of changes tells.

    ``attached`` names what goes with the mail ("agenda", "calendar", documents' ids); as the event says when None.
    ``tested``: the mail is a test of this batch and says so.
    ValueError for a reminder without a session, a confirmation without a registration, no contribution to ask for, or
    nothing to tell.
    """
    confirmed = kind != "confirmation" or isinstance(registration, Registration)
    request = registration if isinstance(registration, PlaceRequest) else None
    if (kind == "reminder" and session is None) or not confirmed or (kind == "place" and request is None):
        raise ValueError(f"a {kind} needs its {'session' if kind == 'reminder' else 'registration'}")
    if kind == "contribution" and contribution is None:
        raise ValueError("a contribution's reminder needs its contribution")
    if kind == "change" and not (told and told.changes):
        raise ValueError("a notice of changes needs changes")
    document = event.document
    facts = _facts(_Same(document), locale, invitee.time_zone)
    names = document.goes_with(kind) if attached is None else attached
    context = {
        **facts, "kind": kind, "invitee": invitee, "links": links, "registration": registration, "session": session,
        "now": now, "tested": tested, "can_leave": can_leave(kind, invitee),
        "attached": _attached(document, names, locale), "calendar_attached": "calendar" in names,
        "feedback_until": _feedback_until(event, locale, invitee.time_zone),
        "request": request, "offer": _offer(document, request, locale, invitee.time_zone),
        **_own(document, facts, registration, session, locale, invitee.time_zone),
        **_reminding(document, rule, session, invitee, locale, now),
        **_asked(document, contribution, locale, invitee.time_zone),
        "news": what_is_new(told, document, registration, locale, invitee.time_zone) if told else None,
        "was_registered": any(one.version for one in invitee.dropped),
    }
    subject = one_line(render(f"email/{kind}/subject.txt", locale, **context))
    context["subject"] = subject = f"[{locale.gettext('Test')}] {subject}" if tested else subject
    text = wrapped(render(f"email/{kind}/body.txt", locale, **context))
    return Words(subject, text, render(f"email/{kind}/body.html", locale, **context))


def notice(unreached: Sequence[Unreached], more: int, *, event: Event, locale: Locale) -> Words:
    """The organiser's news of addresses that get no more mail; ``more`` of them are counted and not listed."""
    document = event.document
    facts = _facts(_Same(document), locale, document.time_zone)
    people = f"/api/events/{event.id}/invitees"
    context = {
        **facts, "kind": "notice", "count": len(unreached) + more, "more": more,
        "rows": [_row(one, document, locale) for one in unreached],
        "replace": f"POST {people}/{{id}}/address", "lift": f"POST {people}/{{id}}/suppression/lift",
        "listing": f"GET {people}?suppressed=true",
    }
    context["subject"] = subject = one_line(render("email/notice/subject.txt", locale, **context))
    text = wrapped(render("email/notice/body.txt", locale, **context))
    return Words(subject, text, render("email/notice/body.html", locale, **context))


def _row(one: Unreached, document: EventDocument, locale: Locale) -> dict[str, str]:
    zone, _ = document.time_zone, locale.gettext
    why = {"bounce": _("The address does not exist, or takes no mail."),
           "complaint": _("The recipient marked the mail as spam.")}
    mail = {"invitation": _("Invitation"), "chase": _("Second invitation"), "confirmation": _("Confirmation"),
            "reminder": _("Reminder"), "contribution": _("Reminder of a contribution"),
            "feedback": _("Feedback request"),
            "place": _("News of a place"),
            "withdrawn": _("News of a withdrawn invitation"),
            "change": _("News of a changed agenda"),
            "cancellation": _("News of a withdrawn registration")}.get(one.kind, _("Mail of another event"))
    return {"id": one.invitee.id, "name": one.invitee.name, "address": one.invitee.email,
            "why": why[one.invitee.suppressed],
            "mail": f"{mail}, {locale.date(_on(one.at, zone), weekday=False)}, {locale.clock(one.at, zone)}"
                    + locale.aside(one.at, one.at, own_zone=zone, event_zone=zone)}


class _Same:
    """A document as a cache key: the very same object, which the cache then keeps alive."""

    def __init__(self, document: EventDocument) -> None:
        self.document = document

    def __hash__(self) -> int:
        return id(self.document)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.document is other.document


@lru_cache(maxsize=64)
def _facts(same: _Same, locale: Locale, zone: str) -> dict[str, Any]:
    """What everybody with this language and zone is told of the event."""
    document = same.document
    organiser, code = document.organiser, locale.code
    until = document.answer_until
    return {
        "title": _short(one_line(words(document.title, code))), "full_title": one_line(words(document.title, code)),
        "summary": words(document.summary, code), "document": document,
        "organiser": words(organiser.name, code), "postal": words(organiser.postal_address, code).splitlines(),
        "contact": parseaddr(organiser.reply_to)[1] or organiser.reply_to,
        "online": document.venue.kind == "online", "joins": any(document.join_url(one) for one in document.sessions),
        "venue": words(document.venue.name, code) or locale.gettext("Online"),
        "accent": readable(document.accent, WHITE), "dates": _dates(document, locale, zone),
        "when": [_when(document, span, locale, zone) for span in document.days],
        "spans": {one.id: _when(document, document.span(one), locale, zone) for one in document.sessions},
        "programme": programme(document, locale, zone),
        "deadline": _until(same, until, locale, zone),
        "deadline_day": locale.date(_on(until, zone), weekday=False, year=False),
        "minutes": minutes(document),
    }


def _when(document: EventDocument, span: tuple[datetime, datetime], locale: Locale, zone: str) -> When:
    own, *others = locale.times(*span, own_zone=zone, event_zone=document.time_zone)
    whose = locale.gettext("your time (%(where)s)") % {"where": own.where}
    opening = own.date[0].upper() + own.date[1:]
    return When(own.date, opening, own.hours.partition("–")[0], own.hours, own.where, whose,
                [_other(line, own, locale) for line in others],
                locale.brief(*span, own_zone=zone, event_zone=document.time_zone))


@lru_cache(maxsize=512)
def _until(same: _Same, at: datetime, locale: Locale, zone: str) -> When:
    """A deadline, which many people share."""
    return _when(same.document, (at, at), locale, zone)


def _other(line: TimeLine, own: TimeLine, locale: Locale) -> str:
    hours = line.hours if line.date == own.date else f"{line.date}, {line.hours}"
    if line.whose == "utc" or not line.place:
        return f"{hours}\u00a0{line.label}"
    return locale.gettext("%(hours)s in %(place)s (%(label)s)") % {
        "hours": hours, "place": line.place, "label": line.label}


def _dates(document: EventDocument, locale: Locale, zone: str) -> str:
    """``28 January 2021``; of an event over several days ``28 January – 30 January 2021``."""
    spans = document.days
    first, last = _on(spans[0][0], zone), _on(spans[-1][0], zone)
    until = locale.date(last, weekday=False)
    if first == last:
        return until
    return f"{locale.date(first, weekday=False, year=first.year != last.year)} – {until}"


def _on(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def _feedback_until(event: Event, locale: Locale, zone: str) -> When | None:
    _, until = feedback_window(event)
    return _until(_Same(event.document), until, locale, zone) if until else None


def minutes(document: EventDocument) -> int:
    """How long the feedback form takes, in whole minutes, 1 or more."""
    questions: list[Question] = document.feedback.questions if document.feedback else []
    return max(1, -(-sum(SECONDS[question.kind] for question in questions) // 60))


def _own(document: EventDocument, facts: dict[str, Any], registration: Attendance | None,
         session: Session | None, locale: Locale, zone: str) -> dict[str, Any]:
    """The sessions somebody registered for, whether reminders come before them, and the session this mail is about,
    with the time from when it can be joined.
    """
    bands: list[Band] = facts["programme"].bands
    chosen = set(registration.sessions) if registration else set()
    return {
        **_opening(document, session, locale, zone),
        "mine": [band for band in bands if band.session.id in chosen],
        "reminded": any(document.reminded_ahead(one) for one in document.attendable if one.id in chosen),
        "this": facts["spans"][session.id] if session else None,
        "rows": [row for band in bands if session and band.session.id == session.id for row in band.rows],
    }


def _opening(document: EventDocument, session: Session | None, locale: Locale, zone: str) -> dict[str, str]:
    """From when the session can be joined: ``opens`` such as ``12:15``, ``28 January, 23:50`` where it starts after
    midnight; ``opens_where`` such as ``Tashkent, UTC+5; 08:15 in Vienna · 07:15 UTC``.
    """
    if session is None:
        return {"opens": "", "opens_where": ""}
    (opens, _), (starts, _) = join_window(document, session), document.span(session)
    at, day = _until(_Same(document), opens, locale, zone), _on(opens, zone)
    same = day == _on(starts, zone)
    return {"opens": at.hours if same else f"{locale.date(day, weekday=False, year=False)}, {at.hours}",
            "opens_where": "; ".join(filter(None, (at.where, " · ".join(at.brief))))}


def _reminding(document: EventDocument, rule: ReminderRule | None, session: Session | None, invitee: Invitee,
               locale: Locale, now: datetime) -> dict[str, Any]:
    """The words of the rule; whether the person has not answered, or the session is over; and what they owe."""
    about_owing = rule is not None and "owes-contribution" in rule.statuses
    taken = [one for one in document.contributions if about_owing and now <= due_until(document, one)]
    return {
        "said": words(rule.text, locale.code) if rule else "",
        "said_subject": words(rule.subject, locale.code) if rule else "",
        "unanswered": rule is not None and "no-answer" in rule.statuses and invitee.rsvp == "needs-action",
        "over": session is not None and now >= document.span(session)[1],
        "owed": [one for one in taken if owes(one, invitee)],
    }


def _offer(document: EventDocument, request: PlaceRequest | None, locale: Locale, zone: str) -> When | None:
    """Until when a place is kept."""
    return _until(_Same(document), request.until, locale, zone) if request and request.until else None


def _asked(document: EventDocument, contribution: Contribution | None, locale: Locale, zone: str) -> dict[str, Any]:
    """The contribution that a mail asks for: ``asked``, ``due`` when, ``accepted``: what is taken."""
    if contribution is None:
        return {"asked": None, "due": None, "due_day": "", "accepted": ""}
    until = due_until(document, contribution)
    due = _until(_Same(document), until, locale, zone)
    day = locale.date(_on(until, zone), weekday=False, year=False)
    return {"asked": contribution, "due": due, "due_day": day, "accepted": accepted(contribution, locale)}


def _attached(document: EventDocument, names: Sequence[str], locale: Locale) -> list[str]:
    titles = {one.id: f"{words(one.title, locale.code)} (PDF)" for one in document.documents}
    titles |= {"agenda": locale.gettext("Agenda (PDF)"), "calendar": locale.gettext("Calendar entry (invite.ics)")}
    return [titles[name] for name in names if name in titles]


def _short(title: str) -> str:
    room = SUBJECT_LENGTH - 40
    return title if len(title) <= room else f"{title[:room].rpartition(' ')[0]}…"
