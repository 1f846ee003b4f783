"""Whom a reminder reaches, by what their profile says; and what somebody still gets who registers after it was due."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from chalicelib.domain.contribution import due_until, owes
from chalicelib.domain.event import EventDocument
from chalicelib.domain.event_parts import Session
from chalicelib.domain.invitee import Attendance, Invitee
from chalicelib.domain.reminder import Reminder, find_reminder, reminder_of
from chalicelib.domain.text import words

SOON = timedelta(minutes=2)
"""Who registers so shortly before a reminder may not be listed yet when the clock plans it."""

MOST_LATE = 60
"""As many as an event has sessions: they are written with the registration, and a transaction takes 100 writes."""

CHANGED = "the agenda was changed, and this reminder is not planned any more"


def why_not_reminded(document: EventDocument, reminder: Reminder, invitee: Invitee, now: datetime) -> str:
    """Why it is not for this person, as the ledger keeps it; empty when it is. Whether somebody without an answer was
    invited, the profile does not say.
    """
    rule = reminder.rule
    silent, answered = "no-answer" in rule.statuses, rule.statuses == ["no-answer"]
    if invitee.rsvp == "needs-action":
        if not silent:
            return "not registered any more"
        if "invitations" in invitee.left:
            return "unsubscribed"
        if now > document.answer_until:
            return "the deadline for answers has passed"
    elif answered:
        return "answered meanwhile"
    elif invitee.coming is None:
        return "not registered any more"
    elif reminder.session.id not in invitee.coming.sessions:
        return "not registered for this session any more"
    elif reason := _another_status(document, reminder, invitee, invitee.coming, now):
        return reason
    if rule.categories and invitee.category not in rule.categories:
        return "not of a category that is reminded"
    return ""


def _another_status(
    document: EventDocument, reminder: Reminder, invitee: Invitee, attending: Attendance, now: datetime
) -> str:
    """Of somebody who is registered for the session."""
    wanted = reminder.rule.statuses
    if "registered" in wanted:
        return ""
    if "owes-contribution" in wanted:
        taken = (asked for asked in document.contributions if now <= due_until(document, asked))
        if any(owes(asked, invitee) for asked in taken):
            return ""
    if "familiarisation-only" in wanted:
        practice = {session.id for session in document.sessions if session.kind == "familiarisation"}
        if practice.issuperset(attending.sessions):
            return ""
        return "registered for other sessions too"
    return "owes no contribution any more" if "owes-contribution" in wanted else "answered meanwhile"


def why_not_now(
    document: EventDocument, occurrence: str, invitee: Invitee, now: datetime, *, at_once: bool = False
) -> str:
    """The same of a mail that is about to leave. ``at_once``: it answers what the person just did, and does not wait
    for the end of their quiet hours.
    """
    reminder = find_reminder(document, occurrence)
    if reminder is None:
        return CHANGED
    if reason := why_not_reminded(document, reminder, invitee, now):
        return reason
    if now > reminder.until:
        started = reminder.latest == reminder.starts
        return "the session has started" if started else "its latest moment has passed"
    rests = None if at_once else reminder.rest_until(document, invitee.time_zone, now)
    if rests and rests > reminder.latest:
        return f"the quiet hours in {invitee.time_zone} last until after its latest moment"
    return ""


def late_reminders(
    document: EventDocument, invitee: Invitee, attending: Attendance, known: Mapping[str, datetime], now: datetime
) -> list[Reminder]:
    """What somebody who registers now is to get at once, or in a moment: for each session that they did not have
    before the last reminder that was due and still helps; and of others that do, one for each text that none of these
    has, the most recent about the first session. A text is not for them again that they had about another session:
    ``known`` says since when, at the latest, they are registered for those. The ledger knows whether they have it.
    """
    as_registered = invitee.model_copy(update={"rsvp": "accepted", "attending": attending})
    first, others = list[Reminder](), list[Reminder]()
    for session in document.attendable:
        if session.id in known or session.id not in attending.sessions:
            continue
        due = _due(document, session, as_registered, now)
        helps = [one for one in due if now <= one.until]
        chosen = [one for one in helps if one.due > now] or helps[-1:]
        first += chosen
        others += [one for one in reversed(helps) if one not in chosen]
    read = {_as_read(one, invitee) for one in [*first, *_had(document, invitee, known, now)]}
    more = dict[str, Reminder]()
    for one in others:
        more.setdefault(_as_read(one, invitee), one)
    return [*first, *(one for said, one in more.items() if said not in read)][:MOST_LATE]


def _due(document: EventDocument, session: Session, invitee: Invitee, now: datetime) -> list[Reminder]:
    """Those of a session that are for this person and were due, or will be in a moment, the earliest first."""
    about = (reminder_of(document, rule, session) for rule in document.reminders if rule.is_about(session))
    due = sorted((one for one in about if one.due <= now + SOON), key=lambda one: one.due)
    return [one for one in due if not why_not_reminded(document, one, invitee, now)]


def _had(document: EventDocument, invitee: Invitee, known: Mapping[str, datetime], now: datetime) -> list[Reminder]:
    """Those that came to somebody about sessions that they have been registered for: not what had lost its use by then,
    nor what their quiet hours kept from them.
    """
    as_before = invitee.model_copy(update={"rsvp": "accepted", "attending": Attendance(sessions=sorted(known))})
    return [
        one
        for session in document.attendable
        if session.id in known
        for one in _due(document, session, as_before, now)
        if known[session.id] <= one.until
        and (one.rest_until(document, invitee.time_zone, one.due) or one.due) <= one.latest
    ]


def _as_read(reminder: Reminder, invitee: Invitee) -> str:
    """The rule's own text in the person's language; empty where it has the usual words."""
    return words(reminder.rule.text, invitee.language).strip()
