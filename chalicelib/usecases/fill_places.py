"""The clock gives what has become free to those who wait, in order, ends offers that nobody accepted, and the wait."""

from datetime import datetime

from chalicelib.adapters.store.due import Due, due_put
from chalicelib.adapters.store.person import log_put
from chalicelib.adapters.store.places import (
    PLACE_LEFT,
    SAME_REQUEST,
    Change,
    look_at,
    offer_row,
    request_put,
    stamped,
    waiting_delete,
    waiting_put,
)
from chalicelib.adapters.store.table import ConditionFailed, Write
from chalicelib.domain.event import Event
from chalicelib.domain.places import PlaceRequest, Waiting, limits_of, next_in_line, offered_until
from chalicelib.domain.work import Work
from chalicelib.usecases.desk import Desk
from chalicelib.usecases.outbox import hand_over, outbox_of
from chalicelib.usecases.take_place import held_by, mail_about

AT_ONCE = 200
"""How many people one tick of the clock moves on, so that it is done in time."""


def fill_places(desk: Desk, event_id: str, now: datetime) -> bool:
    """Offer what is free; False when somebody was in the way or more are to come, and the clock has to look again.

    From the waitlist's cut-off on nothing is offered any more, and nobody waits.
    """
    event = desk.events.get(event_id, consistent=True)
    queue, until, limits = desk.places.queue(event_id), offered_until(event.document, now), limits_of(event.document)
    if until is None:
        return all([_close(desk, event, one, now) for one in queue[:AT_ONCE]]) and len(queue) <= AT_ONCE
    ready, longer = next_in_line(queue, desk.places.seats(event_id), limits)
    offered = [_offer(desk, event, one, until, now) for one in ready[:AT_ONCE]]
    longer = longer if len(ready) <= AT_ONCE else []  # who they overtake is not known yet
    return all([*offered, *(_lengthen(desk, event, one) for one in longer)]) and len(ready) <= AT_ONCE


def end_offer(desk: Desk, due: Due, now: datetime) -> bool:
    """The offer that this row is about, when it still stands, is over; False when there was none."""
    person = desk.invitees.file(due.body["invitee"])
    request = person.request if person else None
    if request is None or request.state != "offered" or request.number != due.body["number"]:
        return False
    if request.until is None or now < request.until:
        return False
    event = desk.events.get(due.body["event"])
    expired = stamped(request.model_copy(update={"state": "expired", "kept": []}))
    change = Change(event.id, limits_of(event.document)).move(request.kept, [])
    writes = [*change.writes(), look_at(event.id, request.invitee, now)]
    try:
        _write(desk, request, expired, writes, now)
    except ConditionFailed:  # accepted or given up at this very moment
        return False
    return True


def _offer(desk: Desk, event: Event, one: Waiting, until: datetime, now: datetime) -> bool:
    person = desk.invitees.file(one.invitee)
    request = person.request if person else None
    if person is None or request is None or request.number != one.number:
        return False
    kept = [seat for seat in one.seats if seat not in held_by(person)]
    change = Change(event.id, limits_of(event.document)).move([], kept, overtakes=True).leave(one.missing)
    offered = stamped(request.model_copy(update={"state": "offered", "kept": kept, "until": until}))
    writes = [*change.writes(), waiting_delete(event.id, one.number), due_put(offer_row(offered))]
    try:
        _write(desk, request, offered, writes, now)
    except ConditionFailed as failed:
        if failed.name not in (PLACE_LEFT, SAME_REQUEST):
            raise
        return False
    return True


def _close(desk: Desk, event: Event, one: Waiting, now: datetime) -> bool:
    """Somebody waits no more: no place became free in time."""
    person = desk.invitees.file(one.invitee)
    request = person.request if person else None
    if request is None or request.number != one.number or request.state != "waiting":
        return False
    closed = stamped(request.model_copy(update={"state": "closed"}))
    change = Change(event.id, limits_of(event.document)).leave(request.missing)
    try:
        _write(desk, request, closed, [*change.writes(), waiting_delete(event.id, one.number)], now)
    except ConditionFailed:  # given up at this very moment
        return False
    return True


def _lengthen(desk: Desk, event: Event, one: Waiting) -> bool:
    """Somebody waits for more than was full when they came: nobody may overtake them there either."""
    person = desk.invitees.file(one.invitee)
    request = person.request if person else None
    if request is None or request.number != one.number or request.state != "waiting":
        return False
    waits = stamped(request.model_copy(update={"missing": one.missing}), news=False)
    change = Change(event.id, limits_of(event.document))
    change.waiting.update(seat for seat in one.missing if seat not in request.missing)
    try:
        desk.places.write([*change.writes(), waiting_put(waits, one.seats), request_put(waits, request)])
    except ConditionFailed:
        return False
    return True


def _write(desk: Desk, before: PlaceRequest, after: PlaceRequest, writes: list[Write], now: datetime) -> None:
    """Move a request on, and tell the person."""
    work: Work = mail_about(after, now)
    desk.places.write(
        [
            request_put(after, before),
            *writes,
            due_put(outbox_of(work)),
            log_put(after.invitee, now, f"registration: {after.state}", "", "the clock"),
        ]
    )
    hand_over(desk.queue, [work])
