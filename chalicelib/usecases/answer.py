"""An invitee accepts, declines or says perhaps; and may change it until the deadline."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args

from chalicelib.adapters.queue import Queue
from chalicelib.adapters.store.invitees import Invitees, PersonFile
from chalicelib.adapters.store.table import ConditionFailed, Write
from chalicelib.adapters.store.unchanged import SAME_LINKS, lost
from chalicelib.domain.errors import Closed, Conflict, Invalid
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Invitee, Rsvp
from chalicelib.domain.text import one_line
from chalicelib.usecases.call_off import call_off
from chalicelib.usecases.outbox import hand_over
from chalicelib.usecases.take_place import given_back

ANSWERS: tuple[Rsvp, ...] = tuple(rsvp for rsvp in get_args(Rsvp) if rsvp not in ("needs-action", "delegated"))

LONGEST = 500
"""Characters of a reason."""

AnswerState = Literal["open", "closed", "over"]


def answer_state(event: Event, now: datetime) -> AnswerState:
    """Whether answers and registrations are taken: up to the deadline itself; ``over`` once the event has ended."""
    if now > event.document.ends_at:
        return "over"
    return "closed" if now > event.document.answer_until else "open"


def answer(
    invitees: Invitees,
    queue: Queue,
    event: Event,
    person: PersonFile,
    chosen: str,
    now: datetime,
    guard: Sequence[Write] = (),
    reason: str = "",
) -> Rsvp:
    """Record the answer, and why, which only somebody who declines says; the same again changes nothing. Who was
    registered, or had an entry in the calendar, and comes no more gets a mail that takes it out.

    ``guard`` counts the change. Raises Invalid, Limited, Closed after the deadline, Conflict when other windows changed
    the registration all the while, NotFound when the link was revoked meanwhile.
    """
    if answer_state(event, now) != "open":
        raise Closed("The time for answers has passed.")
    if chosen not in ANSWERS:
        raise Invalid.field("answer", "Choose one of the answers.")
    rsvp, by = chosen, person.invitee
    if by.rsvp == "delegated":
        raise Conflict("You passed this invitation on. Take it back first.")
    why = one_line(reason[: 10 * LONGEST]) if rsvp == "declined" else ""
    if len(why) > LONGEST:
        raise Invalid.field("reason", "Shorten the reason to 500 characters.")
    if (rsvp, why) == (by.rsvp, by.reason) or _recorded(invitees, queue, event, by, person, rsvp, why, now, guard):
        return rsvp
    again = invitees.file(by.id)
    if again is None or not _recorded(invitees, queue, event, by, again, rsvp, why, now, guard):
        raise Conflict("Your registration was changed in another window a moment ago.")
    return rsvp


def _recorded(
    invitees: Invitees,
    queue: Queue,
    event: Event,
    by: Invitee,
    seen: PersonFile,
    rsvp: Rsvp,
    why: str,
    now: datetime,
    guard: Sequence[Write],
) -> bool:
    """Record it beside what was seen; False when that changed meanwhile. Who does not come gives back their places.

    ``by`` is the person as the link was opened: a link that was revoked since counts no more.
    """
    also = given_back(event, seen, now) if rsvp != "accepted" else []
    off = call_off(event, seen, rsvp, now) if rsvp != "accepted" else None
    if off:
        also += off.promised
    try:
        invitees.answer(by, rsvp, seen.registration, now, [*also, *guard], why, off.dropped if off else ())
    except ConditionFailed as failed:
        if failed.name == SAME_LINKS:
            raise lost(failed, by) from None
        return False
    hand_over(queue, off.told if off else [])
    return True
