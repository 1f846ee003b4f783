"""Who gets a mail as things stand when it is sent, which may be long after it was planned."""

from datetime import datetime, timedelta

from chalicelib.domain.delivery import CATEGORY
from chalicelib.domain.event import Event, Kind
from chalicelib.domain.invitee import Attendance, Invitee, Registration, standing
from chalicelib.domain.schedule import mailings
from chalicelib.domain.work import Work

REGISTERED: frozenset[Kind] = frozenset({"confirmation", "reminder", "feedback"})
"""Kinds of mail for people who are registered."""

READ_WHOLE: frozenset[Kind] = frozenset({"confirmation"})
"""Kinds that tell what the registration says; for the others the profile says enough."""

AFTER_START = timedelta(minutes=5)
"""A reminder that comes later than that after the session's start helps nobody."""


def why_not(event: Event, work: Work, invitee: Invitee, registration: Registration | None, now: datetime) -> str:
    """Why this person does not get this mail any more, as the ledger keeps it; empty when they do."""
    if invitee.suppressed:
        return f"suppressed: {invitee.suppressed}"
    if not invitee.email.isascii():
        return 'undeliverable: SES takes only ASCII before the "@"'
    if work.kind in CATEGORY and CATEGORY[work.kind] in invitee.left:
        return "unsubscribed"
    if work.kind in ("invitation", "chase") and now > event.document.answer_until:
        return "the deadline for answers has passed"
    if work.kind == "chase" and invitee.rsvp != "needs-action":
        return "answered meanwhile"
    if work.kind not in REGISTERED:
        return ""
    coming = coming_as(work.kind, invitee, registration)
    if coming is None:
        return "not registered any more"
    if work.kind == "confirmation" and str(coming.version) != work.occurrence:
        return "a newer confirmation is on its way"
    return _why_not_remind(event, work, coming, now) if work.kind == "reminder" else ""


def coming_as(kind: Kind, invitee: Invitee, registration: Registration | None) -> Attendance | None:
    """What stands of a registration, as a mail of this kind knows it; None when none does."""
    if kind in READ_WHOLE:
        return standing(invitee, registration)
    return invitee.attending if invitee.rsvp == "accepted" else None


def _why_not_remind(event: Event, work: Work, coming: Attendance, now: datetime) -> str:
    if work.occurrence not in {mailing.delivery_occurrence for mailing in mailings(event.id, event.document)}:
        return "the agenda was changed, and this reminder is not planned any more"
    if work.session not in coming.sessions:
        return "not registered for this session any more"
    if now > event.document.span(event.document.session(work.session))[0] + AFTER_START:
        return "the session has started"
    return ""
