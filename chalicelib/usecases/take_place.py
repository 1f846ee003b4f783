"""A registration takes its places, or waits for them: each way is one transaction.

wanted ──> needs approval ──> request "approval"
   └─────> places left ─────> registration         no places left ──> request "waiting", with the next number
"""

from collections.abc import Sequence
from datetime import datetime

from chalicelib.adapters.store.due import due_put
from chalicelib.adapters.store.invitees import Invitees, PersonFile
from chalicelib.adapters.store.person import log_put
from chalicelib.adapters.store.places import (
    PLACE_LEFT,
    STILL_FULL,
    Change,
    Places,
    dropped,
    look_at,
    no_request,
    read_seats,
    request_delete,
    request_put,
    stamped,
    waiting_put,
)
from chalicelib.adapters.store.table import ConditionFailed, Part, Write
from chalicelib.adapters.store.unchanged import accepted
from chalicelib.domain.entries import dropped_by
from chalicelib.domain.errors import Conflict, Invalid, Problem
from chalicelib.domain.event import Event, EventDocument, utc
from chalicelib.domain.invitee import Registration
from chalicelib.domain.places import (
    PlaceRequest,
    RequestState,
    Scope,
    Seats,
    limits_of,
    needs_approval,
    offered_until,
    scope,
)
from chalicelib.domain.reminding import late_reminders
from chalicelib.domain.work import Work
from chalicelib.usecases.outbox import GRACE, outbox_of

TRIES = 20
"""How often somebody who met others at the last place, or at the end of the line, looks again: of those who meet there
one goes ahead each time.
"""


SESSION_FULL = "A session that you chose is full. Choose another one."

CHOICE_FULL = "What you chose here is full. Choose something else."


def take_place(
    invitees: Invitees,
    places: Places,
    event: Event,
    person: PersonFile,
    wanted: Registration,
    now: datetime,
    also: Sequence[Part] = (),
    *,
    approved: bool = False,
) -> tuple[Registration, Work]:
    """The registration as it stands now, or the request that waits in its place, and the mail about it, which is
    promised already. ``also`` is written with it.

    Raises Invalid when everything is full and nobody may wait; ConditionFailed when the person was changed meanwhile.
    """  # fmt: skip
    if _asks_first(event, person) and not approved:
        return _ask(places, event, person, wanted, now, also)
    for _ in range(TRIES):
        try:
            return _register(invitees, event, person, wanted, now, also)
        except ConditionFailed as failed:
            if failed.name != PLACE_LEFT:
                raise
            seats = read_seats(failed.item)
        try:
            if waits := _wait(places, event, person, wanted, seats, now, also):
                return waits
        except ConditionFailed as failed:
            if failed.name != STILL_FULL:
                raise
    raise Conflict("Many people are registering at this moment. Try again.")


def given_back(event: Event, person: PersonFile, now: datetime, *more: PersonFile) -> list[Write]:
    """The writes that go with registrations that are withdrawn: places, and what waited for some, or the condition that
    nothing did: what another window brought into the line would stay there for good.
    """
    change, writes = Change(event.id, limits_of(event.document)), list[Write]()
    for one in (person, *more):
        change.move(held_by(one), [])
        writes += _without_request(one.request, change) if one.request else [no_request(one.invitee.id)]
    return [*writes, *_counted(event, change, person, now)]


def request_given_up(event: Event, person: PersonFile, now: datetime) -> list[Write]:
    """The writes that end what waits, and leave a registration that stands as it is."""
    change = Change(event.id, limits_of(event.document))
    return [*_without_request(person.request, change), *_counted(event, change, person, now)]


def held_by(person: PersonFile) -> list[Scope]:
    """The places that the registration holds which was seen, whatever the answer that was seen with it says: the two
    are read one after the other, and writes are bound to the registration.
    """
    seen = person.registration
    return seen.seats if seen and not seen.withdrawn_at else []


def mail_about(request: PlaceRequest, now: datetime) -> Work:
    """The mail that tells what became of a request."""
    facts = {"event": request.event, "invitee": request.invitee, "outbox": utc(now + GRACE)}
    return Work(kind="place", occurrence=request.news, **facts)


def _asks_first(event: Event, person: PersonFile) -> bool:
    """Who is registered, or approved and waiting, was asked about before."""
    known = person.registered or (person.request and person.request.state in ("waiting", "offered"))
    return not known and needs_approval(event.document, person.invitee)


def _register(
    invitees: Invitees, event: Event, person: PersonFile, wanted: Registration, now: datetime, also: Sequence[Part]
) -> tuple[Registration, Work]:
    change, request = Change(event.id, limits_of(event.document)), person.request
    held = held_by(person)
    if request and request.holds(now):
        held = [*held, *request.kept]
        writes: list[Write] = [request_delete(request)]
    else:
        writes = _without_request(request, change)
    change.move(held, wanted.seats)
    work = Work(event=event.id, kind="confirmation", occurrence=str(wanted.version), invitee=wanted.invitee,
                outbox=utc(now + GRACE))  # fmt: skip
    writes += [*_counted(event, change, person, now), *_late_reminders(event, person, wanted, now)]
    dropped = dropped_by(event, person.invitee, person.registration, wanted)
    invitees.register(person.invitee, person.registration, wanted, outbox_of(work), [*writes, *also], dropped)
    return wanted, work


def _late_reminders(event: Event, person: PersonFile, wanted: Registration, now: datetime) -> list[Write]:
    """The clock is told at once of reminders that went out before somebody registered, and still help."""
    before = person.registered
    known = dict.fromkeys(before.sessions, before.updated_at) if before else {}
    late = late_reminders(event.document, person.invitee, wanted, known, now)
    to: dict[str, str] = {"event": event.id, "invitee": wanted.invitee}
    works = (Work(kind="reminder", occurrence=one.in_ledger, session=one.session.id,
                  outbox=utc(max(now, one.due)), **to) for one in late)  # fmt: skip
    return [due_put(outbox_of(work)) for work in works]


def _ask(
    places: Places, event: Event, person: PersonFile, wanted: Registration, now: datetime, also: Sequence[Part]
) -> tuple[Registration, Work]:
    request = _request(wanted, "approval")
    return _stored(places, event, person, request, Change(event.id, {}), now, also)


def _wait(
    places: Places, event: Event, person: PersonFile, wanted: Registration, seats: Seats, now: datetime,
    also: Sequence[Part],
) -> tuple[Registration, Work] | None:  # fmt: skip
    """None when there are places after all."""
    limits, held = limits_of(event.document), held_by(person)
    lacks = [one for one in wanted.seats if one not in held]
    missing = seats.full(lacks, limits)
    if not missing:
        return None
    if offered_until(event.document, now) is None:
        raise _full(event.document, missing)
    change = Change(event.id, limits)
    request = _request(wanted, "waiting", number=change.join(missing, seats).number, missing=missing)
    return _stored(places, event, person, request, change, now, [waiting_put(request, lacks), *also])


def _request(wanted: Registration, state: RequestState, **facts: object) -> PlaceRequest:
    said = {name: getattr(wanted, name) for name in Registration.model_fields}
    return stamped(PlaceRequest(state=state, **{**said, **facts}))


def _stored(
    places: Places, event: Event, person: PersonFile, request: PlaceRequest, change: Change, now: datetime,
    also: Sequence[Part],
) -> tuple[Registration, Work]:  # fmt: skip
    """Write a request in the place of the one there was."""
    work, before = mail_about(request, now), person.request
    places.write(
        [
            accepted(person.invitee, now),
            request_put(request, before),
            *(dropped(before, change) if before else []),
            *_counted(event, change, person, now),
            due_put(outbox_of(work)),
            log_put(request.invitee, now, f"registration: {request.state}", ", ".join(request.missing)),
            *also,
        ]
    )
    return request, work


def _without_request(request: PlaceRequest | None, change: Change) -> list[Write]:
    """An organiser's no stands, whatever the person answers afterwards."""
    if request is None or request.state == "refused":
        return []
    return [request_delete(request), *dropped(request, change)]


def _counted(event: Event, change: Change, person: PersonFile, now: datetime) -> list[Write]:
    """The change of the places; when it frees some, the clock looks who is next."""
    looks = [look_at(event.id, person.invitee.id, now)] if change.frees and event.document.waitlist else []
    return [*change.writes(), *looks]


def _full(document: EventDocument, missing: Sequence[Scope]) -> Invalid:
    """At the field where something else can be chosen; where nothing can, all is taken."""
    sessions = {scope("session", one.id) for one in document.attendable}
    fields = {scope("choice", field.id, one.id): field.name for field in document.form for one in field.choices}
    if any(one not in sessions and one not in fields for one in missing):
        return Invalid.field("sessions", "All places are taken.")
    problems = dict.fromkeys((fields[one], CHOICE_FULL) for one in missing if one in fields)
    problems |= dict.fromkeys(("sessions", SESSION_FULL) for one in missing if one in sessions)
    return Invalid("There is no place left.", [Problem(field=field, message=said) for field, said in problems])
