"""The words of a mail to one person: ``templates/email/<kind>/`` filled with the event as that person sees it.

What is the same for everybody of one language and time zone (times, agenda, deadline) is worked out once and kept.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from email.utils import parseaddr
from functools import lru_cache
from typing import Any, NamedTuple

from chalicelib.adapters.agenda_news import what_is_new
from chalicelib.adapters.language import Locale
from chalicelib.adapters.mail_case import Case, Coming, News, Reader, Request, Same, marked_links
from chalicelib.adapters.mail_merge import Own, Sheet, filled, sheet
from chalicelib.adapters.mail_times import When, dates_of, day_of, until_of, when_of
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
from chalicelib.domain.reminder import ReminderRule
from chalicelib.domain.schedule import feedback_window
from chalicelib.domain.text import one_line, words
from chalicelib.domain.wrapping import wrapped

WHITE = "#ffffff"
"""What the button's words are written in: the event's accent is darkened until they can be read on it."""

SUBJECT_LENGTH = 150
"""Beyond this a subject's title is cut at a word; most readers' lists show the first 40 to 70 characters."""

KEPT = 128
"""Sheets held in memory per container, and facts: languages × zones × kinds × choices of the events at hand."""

SECONDS = {"rating": 10, "choice": 15, "text": 45}
"""What one question of a feedback form takes, by its kind."""


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
    request = Request.of(registration)
    if (kind == "reminder" and session is None) or not confirmed or (kind == "place" and request is None):
        raise ValueError(f"a {kind} needs its {'session' if kind == 'reminder' else 'registration'}")
    if kind == "contribution" and contribution is None:
        raise ValueError("a contribution's reminder needs its contribution")
    if kind == "change" and not (told and told.changes):
        raise ValueError("a notice of changes needs changes")
    document, own = event.document, Own()
    case = Case(
        kind, invitee.time_zone, Reader.of(invitee, own), Coming.of(registration, own),
        marked_links(links, own),
        names=tuple(document.goes_with(kind) if attached is None else attached),
        request=request,
        session=Same(session), over=session is not None and now >= document.span(session)[1],
        rule=Same(rule), owed=_owed(document, rule, invitee, now), asked=Same(contribution), tested=Same(tested),
        news=News(told), feedback_until=feedback_window(event)[1] if kind == "feedback" else None,
        can_leave=can_leave(kind, invitee), was_registered=any(one.version for one in invitee.dropped))
    return filled(_sheet(Same(document), locale, case), own)


@lru_cache(maxsize=KEPT)
def _sheet(same: Same[EventDocument], locale: Locale, case: Case) -> Sheet:
    """The mail of everybody in this case."""
    document, kind, zone, session = same.value, case.kind, case.zone, case.session.value
    facts, chosen = _facts(same, locale, zone), case.coming.sessions if case.coming else None
    context = {
        **facts, "kind": kind, "invitee": case.reader, "links": case.links, "registration": case.coming,
        "session": session, "tested": case.tested.value, "can_leave": case.can_leave,
        "attached": _attached(document, case.names, locale), "calendar_attached": "calendar" in case.names,
        "feedback_until": until_of(same, case.feedback_until, locale, zone) if case.feedback_until else None,
        "request": case.request, "offer": _offer(document, case.request, locale, zone),
        **_about(document, facts, chosen or (), session, locale, zone),
        **_reminding(document, case, locale),
        **_asked(document, case.asked.value, locale, zone),
        "news": what_is_new(case.news.told, document, chosen, locale, zone) if case.news.told else None,
        "was_registered": case.was_registered,
    }
    subject = " ".join(render(f"email/{kind}/subject.txt", locale, **context).split())
    context["subject"] = subject = f"[{locale.gettext('Test')}] {subject}" if case.tested.value else subject
    parts = [render(f"email/{kind}/body.{part}", locale, **context) for part in ("txt", "html")]
    return sheet(subject, *parts)


def notice(unreached: Sequence[Unreached], more: int, *, event: Event, locale: Locale) -> Words:
    """The organiser's news of addresses that get no more mail; ``more`` of them are counted and not listed."""
    document = event.document
    facts = _facts(Same(document), locale, document.time_zone)
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
            "mail": f"{mail}, {locale.date(day_of(one.at, zone), weekday=False)}, {locale.clock(one.at, zone)}"
                    + locale.aside(one.at, one.at, own_zone=zone, event_zone=zone)}


@lru_cache(maxsize=KEPT)
def _facts(same: Same[EventDocument], locale: Locale, zone: str) -> dict[str, Any]:
    """What everybody with this language and zone is told of the event."""
    document = same.value
    organiser, code = document.organiser, locale.code
    until = document.answer_until
    return {
        "title": _short(one_line(words(document.title, code))), "full_title": one_line(words(document.title, code)),
        "summary": words(document.summary, code), "document": document,
        "organiser": words(organiser.name, code), "postal": words(organiser.postal_address, code).splitlines(),
        "contact": parseaddr(organiser.reply_to)[1] or organiser.reply_to,
        "online": document.venue.kind == "online", "joins": any(document.join_url(one) for one in document.sessions),
        "venue": words(document.venue.name, code) or locale.gettext("Online"),
        "accent": readable(document.accent, WHITE), "dates": dates_of(document, locale, zone),
        "when": [when_of(document, span, locale, zone) for span in document.days],
        "spans": {one.id: when_of(document, document.span(one), locale, zone) for one in document.sessions},
        "programme": programme(document, locale, zone),
        "deadline": until_of(same, until, locale, zone),
        "deadline_day": locale.date(day_of(until, zone), weekday=False, year=False),
        "minutes": minutes(document),
    }


def minutes(document: EventDocument) -> int:
    """How long the feedback form takes, in whole minutes, 1 or more."""
    questions: list[Question] = document.feedback.questions if document.feedback else []
    return max(1, -(-sum(SECONDS[question.kind] for question in questions) // 60))


def _about(document: EventDocument, facts: dict[str, Any], chosen: Collection[str], session: Session | None,
           locale: Locale, zone: str) -> dict[str, Any]:
    """The sessions somebody registered for, whether reminders come before them, and the session this mail is about,
    with the time from when it can be joined.
    """
    bands: list[Band] = facts["programme"].bands
    return {
        **_opening(document, session, locale, zone),
        "mine": [band for band in bands if band.session.id in chosen],
        "reminded": any(document.reminded_ahead(one) for one in document.attendable if one.id in chosen),
        "this": facts["spans"][session.id] if session else None,
        "rows": [row for band in bands if session and band.session.id == session.id for row in band.rows],
    }


def _opening(document: EventDocument, session: Session | None, locale: Locale, zone: str) -> dict[str, str]:
    """From when the session can be joined: ``opens`` such as ``12:15``, ``28 January, 23:50`` where it starts after
    midnight; ``opens_where`` such as ``Tashkent, UTC+5; 08:15 in Vienna · 07:15 UTC``. And when it ``starts``:
    ``Thursday, 28 January 2021, 12:30 in Tashkent · 08:30 in Vienna · 07:30 UTC``.
    """
    if session is None:
        return {"opens": "", "opens_where": "", "starts": ""}
    (opens, _), (starts, _) = join_window(document, session), document.span(session)
    clocks = locale.everywhere(starts, starts, own_zone=zone, event_zone=document.time_zone)
    at, day = until_of(Same(document), opens, locale, zone), day_of(opens, zone)
    same = day == day_of(starts, zone)
    return {"opens": at.hours if same else f"{locale.date(day, weekday=False, year=False)}, {at.hours}",
            "opens_where": "; ".join(filter(None, (at.where, " · ".join(at.brief)))),
            "starts": f"{locale.date(day_of(starts, zone))}, {clocks}"}


def _reminding(document: EventDocument, case: Case, locale: Locale) -> dict[str, Any]:
    """The words of the rule; whether the person has not answered, or the session is over; and what they owe."""
    rule = case.rule.value
    return {
        "said": words(rule.text, locale.code) if rule else "",
        "said_subject": words(rule.subject, locale.code) if rule else "",
        "unanswered": rule is not None and "no-answer" in rule.statuses and case.reader.rsvp == "needs-action",
        "over": case.over, "owed": [one for one in document.contributions if one.id in case.owed],
    }


def _owed(document: EventDocument, rule: ReminderRule | None, invitee: Invitee, now: datetime) -> tuple[str, ...]:
    """The ids of contributions that a rule about them can still ask for."""
    if rule is None or "owes-contribution" not in rule.statuses:
        return ()
    taken = [one for one in document.contributions if now <= due_until(document, one)]
    return tuple(one.id for one in taken if owes(one, invitee))


def _offer(document: EventDocument, request: Request | None, locale: Locale, zone: str) -> When | None:
    """Until when a place is kept."""
    return until_of(Same(document), request.until, locale, zone) if request and request.until else None


def _asked(document: EventDocument, contribution: Contribution | None, locale: Locale, zone: str) -> dict[str, Any]:
    """The contribution that a mail asks for: ``asked``, ``due`` when, ``accepted``: what is taken."""
    if contribution is None:
        return {"asked": None, "due": None, "due_day": "", "accepted": ""}
    until = due_until(document, contribution)
    due = until_of(Same(document), until, locale, zone)
    day = locale.date(day_of(until, zone), weekday=False, year=False)
    return {"asked": contribution, "due": due, "due_day": day, "accepted": accepted(contribution, locale)}


def _attached(document: EventDocument, names: Sequence[str], locale: Locale) -> list[str]:
    titles = {one.id: f"{words(one.title, locale.code)} (PDF)" for one in document.documents}
    titles |= {"agenda": locale.gettext("Agenda (PDF)"), "calendar": locale.gettext("Calendar entry (invite.ics)")}
    return [titles[name] for name in names if name in titles]


def _short(title: str) -> str:
    room = SUBJECT_LENGTH - 40
    return title if len(title) <= room else f"{title[:room].rpartition(' ')[0]}…"
