"""An invitee accepts, declines or says perhaps; and may change it until the deadline."""

from datetime import datetime
from typing import get_args

from chalicelib.adapters.store.invitees import Invitees, PersonFile
from chalicelib.adapters.store.table import ConditionFailed
from chalicelib.domain.errors import Closed, Invalid, NotFound
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Rsvp

ANSWERS: tuple[Rsvp, ...] = tuple(rsvp for rsvp in get_args(Rsvp) if rsvp != "needs-action")


def answer(invitees: Invitees, event: Event, person: PersonFile, chosen: str, now: datetime) -> Rsvp:
    """Record the answer; the same one again changes nothing.

    Raises Invalid, Closed after the deadline, NotFound when the link was revoked meanwhile.
    """
    if now > event.document.answer_until:
        raise Closed("The time for answers has passed.")
    if chosen not in ANSWERS:
        raise Invalid.field("answer", "Choose one of the answers.")
    rsvp = chosen
    if rsvp != person.invitee.rsvp:
        try:
            invitees.answer(person.invitee, rsvp, person.registration, now)
        except ConditionFailed:
            raise NotFound("This link does not lead anywhere.") from None
    return rsvp
