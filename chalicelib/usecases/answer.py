"""An invitee accepts, declines or says perhaps; and may change it until the deadline."""

from datetime import datetime
from typing import Literal, get_args

from chalicelib.adapters.store.invitees import SAME_LINKS, Invitees, PersonFile
from chalicelib.adapters.store.table import ConditionFailed
from chalicelib.domain.errors import Closed, Conflict, Invalid, NotFound
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Invitee, Registration, Rsvp

ANSWERS: tuple[Rsvp, ...] = tuple(rsvp for rsvp in get_args(Rsvp) if rsvp != "needs-action")

AnswerState = Literal["open", "closed", "over"]


def answer_state(event: Event, now: datetime) -> AnswerState:
    """Whether answers and registrations are taken: up to the deadline itself; ``over`` once the event has ended."""
    if now > event.document.ends_at:
        return "over"
    return "closed" if now > event.document.answer_until else "open"


def answer(invitees: Invitees, event: Event, person: PersonFile, chosen: str, now: datetime) -> Rsvp:
    """Record the answer; the same one again changes nothing.

    Raises Invalid, Closed after the deadline, Conflict when other windows changed the registration all the while,
    NotFound when the link was revoked meanwhile.
    """
    if answer_state(event, now) != "open":
        raise Closed("The time for answers has passed.")
    if chosen not in ANSWERS:
        raise Invalid.field("answer", "Choose one of the answers.")
    rsvp = chosen
    if rsvp != person.invitee.rsvp and not _recorded(invitees, person.invitee, rsvp, person.registration, now):
        again = invitees.file(person.invitee.id)
        if again is None or not _recorded(invitees, person.invitee, rsvp, again.registration, now):
            raise Conflict("Your registration was changed in another window a moment ago.")
    return rsvp


def _recorded(invitees: Invitees, invitee: Invitee, rsvp: Rsvp, seen: Registration | None, now: datetime) -> bool:
    """Record it beside the registration that was seen; False when that one changed meanwhile."""
    try:
        invitees.answer(invitee, rsvp, seen, now)
    except ConditionFailed as failed:
        if failed.name == SAME_LINKS:
            raise NotFound("This link does not lead anywhere.") from None
        return False
    return True
