"""An invitee accepts and registers; the confirmation is promised in the same transaction."""

from collections.abc import Sequence
from datetime import datetime

from chalicelib.adapters.queue import Queue
from chalicelib.adapters.store.invitees import Invitees, PersonFile
from chalicelib.adapters.store.person import log_put
from chalicelib.adapters.store.places import Places
from chalicelib.adapters.store.table import ConditionFailed, Part, Write
from chalicelib.adapters.store.unchanged import SAME_LINKS, lost, still_kept
from chalicelib.domain.errors import Closed, Conflict
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Registration
from chalicelib.domain.places import ALIVE, scope
from chalicelib.usecases.answer import answer_state
from chalicelib.usecases.outbox import hand_over
from chalicelib.usecases.registration_form import read_registration
from chalicelib.usecases.take_place import request_given_up, take_place


def register(
    invitees: Invitees,
    places: Places,
    queue: Queue,
    event: Event,
    person: PersonFile,
    form: dict[str, list[str]],
    now: datetime,
    guard: Sequence[Write] = (),
    *,
    on_behalf: str = "",
) -> Registration:
    """Store what the form says, as a registration or as a request that waits, and queue the mail about it; the same
    form again changes and mails nothing. ``on_behalf`` is the paper by which an organiser enters it.

    A queue that fails is no reason to say no: the clock finds the promise of the mail. ``guard`` counts the change.

    Raises Limited; Invalid with a problem per field, also when all is full; Closed after the deadline, and when an
    organiser said no; Conflict when another window was quicker, NotFound when the link was revoked meanwhile.
    """
    if answer_state(event, now) != "open":
        raise Closed("The time for answers has passed.")
    if person.invitee.rsvp == "delegated":
        raise Conflict("You passed this invitation on. Take it back first.")
    waits = person.request
    if waits and waits.state == "refused":
        raise Closed("The organiser cannot offer a place.")
    seen = person.registered.agenda if on_behalf and person.registered else 0 if on_behalf else event.version
    said = {"on_behalf": on_behalf, "agenda": seen}
    wanted = read_registration(event, person, form, now).model_copy(update=said)
    stands = waits if waits and waits.state in ("approval", "waiting") else person.registered
    if stands and _same(stands, wanted):
        return stands
    also = [*guard, *still_kept(wanted)]
    return _take_place(invitees, places, queue, event, person, wanted, now, also)


def accept_place(
    invitees: Invitees,
    places: Places,
    queue: Queue,
    event: Event,
    person: PersonFile,
    now: datetime,
    guard: Sequence[Write] = (),
) -> Registration:
    """Register as the request said that was offered a place. Raises Closed when the offer is over, and as ``register``
    does; who did it before is registered already.
    """
    request = person.request
    if request is None and person.registered:
        return person.registered
    if request is None or not request.holds(now):
        raise Closed("This offer is over.")
    version = person.registration.version + 1 if person.registration else 1
    wanted = request.registration(now).model_copy(update={"version": version})
    return _take_place(invitees, places, queue, event, person, wanted, now, guard)


def drop_session(
    invitees: Invitees,
    places: Places,
    queue: Queue,
    event: Event,
    person: PersonFile,
    session: str,
    now: datetime,
    guard: Sequence[Write] = (),
) -> Registration:
    """Stay registered for the other sessions that the registration has; all else that it says stays as it was.

    Raises Closed when no registration stands; Conflict and NotFound as ``register`` does.
    """
    stands = person.registered
    if stands is None:
        raise Closed("There is no registration any more.")
    wanted = stands.model_copy(
        update={
            "sessions": [one for one in stands.sessions if one != session],
            "seats": [one for one in stands.seats if one != scope("session", session)],
            "version": stands.version + 1,
            "updated_at": now,
        }
    )
    return _take_place(invitees, places, queue, event, person, wanted, now, guard)


def give_up_place(
    places: Places, event: Event, person: PersonFile, now: datetime, guard: Sequence[Write] = ()
) -> None:
    """Wait no more, or leave a place that was offered to the next; a registration that stands is as it was.

    Who did it before has done it. Raises Conflict when it was changed at this very moment.
    """
    if person.request is None or person.request.state not in ALIVE:
        return
    try:
        entry = log_put(person.invitee.id, now, "place given up")
        places.write([*request_given_up(event, person, now), entry, *guard])
    except ConditionFailed:
        raise Conflict("Your registration was changed in another window a moment ago.") from None


def _take_place(
    invitees: Invitees,
    places: Places,
    queue: Queue,
    event: Event,
    person: PersonFile,
    wanted: Registration,
    now: datetime,
    guard: Sequence[Part],
) -> Registration:
    try:
        stands, work = take_place(invitees, places, event, person, wanted, now, guard)
    except ConditionFailed as failed:
        if failed.name == SAME_LINKS:
            raise lost(failed, person.invitee) from None
        return _of_the_other_click(invitees, wanted)
    hand_over(queue, [work])
    return stands


def _of_the_other_click(invitees: Invitees, wanted: Registration) -> Registration:
    """What another request stored a moment ago, when it says what was wanted here. Raises Conflict when it does not."""
    file = invitees.file(wanted.invitee)
    for stands in (file.registered, file.request) if file else ():
        if stands and _same(stands, wanted):
            return stands
    raise Conflict("Your registration was changed in another window a moment ago.")


def _same(one: Registration, other: Registration) -> bool:
    said = {"name", "organisation", "sessions", "answers"}
    return one.model_dump(include=said) == other.model_dump(include=said)
