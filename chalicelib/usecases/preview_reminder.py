"""An organiser looks at a reminder before it goes out: when, to how many people, and what one of them would read."""

import re
from datetime import datetime
from typing import NamedTuple

from chalicelib.adapters import mails
from chalicelib.adapters.language import load_locale
from chalicelib.adapters.links import Links
from chalicelib.adapters.reminder_words import sentences
from chalicelib.domain.batch import Plan
from chalicelib.domain.eligible import why_not
from chalicelib.domain.errors import Invalid, NotFound
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Attendance, Invitee
from chalicelib.domain.message import Words
from chalicelib.domain.reminder import Reminder, reminder_of
from chalicelib.domain.work import Work, organiser_id
from chalicelib.usecases.compose import mail_links
from chalicelib.usecases.desk import Desk
from chalicelib.usecases.list_reminders import count, unsent
from chalicelib.usecases.read_person import INVITEE

MOST = 10_000
"""People whom one call looks at, to count them."""

NOT_NOW = {"already_sent": "has it already", "not_invited": "was not invited", "left": "unsubscribed"}
"""What the plan of one person's mail says against it, where the profile did not."""


class Preview(NamedTuple):
    """``at`` when it goes out and ``yours`` when the person would get it, None when they would not: ``reason``."""

    event: Event
    reminder: Reminder
    at: datetime
    plan: Plan | None
    sentences: list[str]
    person: Invitee
    yours: datetime | None
    reason: str
    words: Words


def preview_reminder(
    desk: Desk,
    links: Links,
    event_id: str,
    rule_id: str,
    session_id: str,
    invitee_id: str,
    language: str,
    now: datetime,
) -> Preview:
    """The reminder of a session, of the rule's first one when none is named; as a named invitee would get it, or a
    sample person in ``language``. Nothing is written, and the links in it open nothing.

    Raises NotFound; Invalid for a session that the rule is not about, and a language that the event does not have.
    """
    event = desk.events.get(event_id)
    reminder = _found(event, rule_id, session_id)
    if language and language not in event.document.languages:
        raise Invalid.field("language", f"Write one of {', '.join(event.document.languages)}.")
    stored = desk.events.mailing(event_id, reminder.occurrence)
    current = stored and stored.delivery_occurrence == reminder.in_ledger
    at = max(stored.at if stored and current else reminder.due, now)
    said_in = language or event.document.languages[0]
    person = _invitee(desk, event, invitee_id) if invitee_id else _sample(event, reminder, said_in)
    reason = _reason(desk, event, reminder, person, at) if invitee_id else ""
    rests = reminder.rest_until(event.document, person.time_zone, at)
    plan = count(desk, event, reminder, at, MOST)
    return Preview(
        event=event,
        reminder=reminder,
        at=at,
        plan=plan,
        sentences=sentences(at, event.document.time_zone, plan, load_locale(said_in)),
        person=person,
        yours=None if reason else rests or at,
        reason=reason,
        words=_words(links, event, reminder, person, rests or at),
    )


def _found(event: Event, rule_id: str, session_id: str) -> Reminder:
    rule = next((one for one in event.document.reminders if one.id == rule_id), None)
    if rule is None:
        raise NotFound(f'The event "{event.id}" has no reminder "{rule_id}".')
    about = {session.id: session for session in rule.of_sessions(event.document)}
    if not about:
        raise NotFound(f'The reminder "{rule_id}" is about no session that one can register for.')
    if session_id and session_id not in about:
        raise Invalid.field("session", f"Write one that the rule is about: {', '.join(about)}.")
    return reminder_of(event.document, rule, about[session_id or next(iter(about))])


def _invitee(desk: Desk, event: Event, invitee_id: str) -> Invitee:
    file = desk.invitees.file(invitee_id) if re.fullmatch(INVITEE, invitee_id) else None
    if file is None or file.invitee.event != event.id:
        raise NotFound(f'The event "{event.id}" has no invitee "{invitee_id}".')
    return file.invitee


def _sample(event: Event, reminder: Reminder, language: str) -> Invitee:
    """Somebody whom the rule reaches."""
    document, rule = event.document, reminder.rule
    silent = rule.statuses == ["no-answer"]
    return Invitee(
        id=organiser_id(event.id),
        event=event.id,
        email=document.organiser.reply_to,
        name=load_locale(language).gettext("Sample Person"),
        language=language,
        time_zone=document.time_zone,
        category=next(iter([*rule.categories, *document.categories]), ""),
        rsvp="needs-action" if silent else "accepted",
        attending=None if silent else Attendance(sessions=[reminder.session.id]),
    )


def _reason(desk: Desk, event: Event, reminder: Reminder, person: Invitee, at: datetime) -> str:
    """Why this person would not get it; also what the ledger alone knows."""
    batch = unsent(event, reminder, at)
    work = Work(event=event.id, kind="reminder", occurrence=batch.occurrence, session=batch.session, batch="-")
    if reason := why_not(event, work, person, None, at):
        return reason
    alone = desk.planner.plan(batch, [person], write=False).plan
    return next((said for name, said in NOT_NOW.items() if getattr(alone, name)), "")


def _words(links: Links, event: Event, reminder: Reminder, person: Invitee, at: datetime) -> Words:
    """With the links of nobody: an organiser who reads it cannot act as the person."""
    nobody = person.model_copy(update={"id": organiser_id(event.id)})
    return mails.compose(
        "reminder",
        event=event,
        invitee=person,
        locale=load_locale(person.language),
        links=mail_links(links, nobody, "reminder"),
        registration=person.attending,
        session=reminder.session,
        rule=reminder.rule,
        now=at,
    )
