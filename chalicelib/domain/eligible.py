"""Who gets a mail as things stand when it is sent, which may be long after it was planned."""

from datetime import datetime
from typing import Literal

from chalicelib.domain.contribution import due_until, find, owes
from chalicelib.domain.delivery import CATEGORY
from chalicelib.domain.entries import entries
from chalicelib.domain.event import Event, Kind
from chalicelib.domain.invitee import Attendance, Invitee, Registration, standing
from chalicelib.domain.places import PlaceRequest, waits_for
from chalicelib.domain.reminding import why_not_now
from chalicelib.domain.schedule import contribution_mailings, contribution_of
from chalicelib.domain.work import Work

REGISTERED: frozenset[Kind] = frozenset({"confirmation", "reminder", "feedback", "place", "withdrawn"})
"""Kinds of mail for people who are registered, want to be, or were."""

WITH_REGISTRATION = REGISTERED | {"change"}
"""Kinds of mail that show what somebody registered for, where they are registered."""

Beside = Literal["", "registration", "request"]

BESIDE: dict[Kind, Beside] = {
    "confirmation": "registration",
    "place": "request",
    "withdrawn": "registration",
    "change": "request",
}
"""What has to be read besides the profile, by the kinds of mail that tell it; for others the profile says enough."""


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
    if work.kind == "invitation" and invitee.withdrawn_by:
        return f"withdrawn by the {invitee.withdrawn_by} before it was sent"
    if work.kind == "chase" and invitee.rsvp != "needs-action":
        return "answered meanwhile"
    if work.kind == "contribution":
        return _why_not_ask(event, work, invitee, now)
    if work.kind == "change":
        return _why_not_tell(event, invitee, registration, now)
    if work.kind == "cancellation":
        again = invitee.withdrawn_by or entries(event, invitee).standing
        return "this has changed since" if again else ""
    if work.kind not in REGISTERED:
        return ""
    if work.kind == "reminder":
        return why_not_now(event.document, work.occurrence, invitee, now, at_once=not work.batch)
    coming = coming_as(work.kind, invitee, registration)
    if work.kind == "withdrawn":
        return "" if invitee.withdrawn_by and str(invitee.generation) == work.occurrence else "this has changed since"
    if work.kind == "place":
        return "" if isinstance(coming, PlaceRequest) and coming.news == work.occurrence else "this has changed since"
    if coming is None:
        return "not registered any more"
    if work.kind == "confirmation" and str(coming.version) != work.occurrence:
        return "a newer confirmation is on its way"
    return ""


def coming_as(kind: Kind, invitee: Invitee, registration: Registration | None) -> Attendance | None:
    """What stands of a registration, as a mail of this kind knows it, or the request for one; None when none does."""
    if kind in ("place", "withdrawn"):
        return registration
    if kind == "confirmation":
        return standing(invitee, registration)
    return invitee.coming


def _why_not_tell(event: Event, invitee: Invitee, request: Registration | None, now: datetime) -> str:
    """Who comes is told of changes, and who waits for a place; who may yet answer as long as they can, unless they left
    the invitations.
    """
    if invitee.coming or waits_for(request):
        return ""
    if invitee.rsvp == "needs-action" and "invitations" in invitee.left:
        return "unsubscribed"
    return "the deadline for answers has passed" if now > event.document.answer_until else ""


def _why_not_ask(event: Event, work: Work, invitee: Invitee, now: datetime) -> str:
    """Who handed in meanwhile, declined, or left the invitations without an answer is reminded of nothing."""
    asked = find(event.document, contribution_of(work.occurrence))
    if asked is None or not _planned(event, work):
        return "the event was changed, and this reminder is not planned any more"
    if asked.id in invitee.handed_in:
        return "handed in meanwhile"
    if invitee.category not in asked.categories:
        return "not asked any more"
    if not owes(asked, invitee):
        return "does not take part, or has not decided"
    if invitee.rsvp == "needs-action" and "invitations" in invitee.left:
        return "unsubscribed"
    return "the time for this contribution has passed" if now > due_until(event.document, asked) else ""


def _planned(event: Event, work: Work) -> bool:
    return work.occurrence in {one.delivery_occurrence for one in contribution_mailings(event.id, event.document)}
