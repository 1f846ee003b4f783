"""An organiser looks at a registration that asks for approval: yes, no, and why; and at who waits for a place."""

from datetime import datetime

from chalicelib.adapters.store.audit import audit_put
from chalicelib.adapters.store.due import due_put
from chalicelib.adapters.store.invitees import PersonFile
from chalicelib.adapters.store.person import log_put
from chalicelib.adapters.store.places import request_put, stamped
from chalicelib.adapters.store.table import ConditionFailed, Write
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Registration
from chalicelib.domain.places import PlaceRequest
from chalicelib.usecases.desk import Desk
from chalicelib.usecases.outbox import hand_over, outbox_of
from chalicelib.usecases.take_place import mail_about, take_place


def approve_request(desk: Desk, event_id: str, invitee_id: str, reason: str, who: str, now: datetime) -> Registration:
    """The person is registered, or waits when it is full. Who was approved before is as they were.

    Raises NotFound; Conflict when nothing waits for approval; Invalid when it is full and nobody may wait.
    """
    event, person, request = _asked(desk, event_id, invitee_id)
    if request.state in ("waiting", "offered"):
        return request
    if request.state not in ("approval", "refused"):
        raise _nothing_waits()
    version = person.registration.version + 1 if person.registration else 1
    wanted = request.registration(now).model_copy(update={"version": version})
    also: list[Write] = [audit_put(event_id, who, "registration approved", invitee_id, reason, now)]
    try:
        stands, work = take_place(desk.invitees, desk.places, event, person, wanted, now, also, approved=True)
    except ConditionFailed:
        raise _overtaken() from None
    hand_over(desk.queue, [work])
    return stands


def refuse_request(desk: Desk, event_id: str, invitee_id: str, reason: str, who: str, now: datetime) -> PlaceRequest:
    """The person is told, with the reason. Raises NotFound; Conflict when nothing waits for approval."""
    event, _, request = _asked(desk, event_id, invitee_id)
    if request.state == "refused":
        return request
    if request.state != "approval":
        raise _nothing_waits()
    refused = stamped(request.model_copy(update={"state": "refused", "reason": reason}))
    work = mail_about(refused, now)
    try:
        desk.places.write(
            [
                request_put(refused, request),
                due_put(outbox_of(work)),
                log_put(invitee_id, now, "registration: refused", reason, who),
                audit_put(event.id, who, "registration refused", invitee_id, reason, now),
            ]
        )
    except ConditionFailed:
        raise _overtaken() from None
    hand_over(desk.queue, [work])
    return refused


def _asked(desk: Desk, event_id: str, invitee_id: str) -> tuple[Event, PersonFile, PlaceRequest]:
    event, person = desk.events.get(event_id, consistent=True), desk.invitees.file(invitee_id)
    if person is None or person.invitee.event != event_id:
        raise NotFound(f'Event "{event_id}" has no invitee "{invitee_id}".')
    if person.request is None or person.invitee.rsvp != "accepted":
        raise _nothing_waits()
    return event, person, person.request


def _nothing_waits() -> Conflict:
    return Conflict("No registration of this person waits for approval.")


def _overtaken() -> Conflict:
    return Conflict("The person changed their registration at this very moment. Look at it again.")
