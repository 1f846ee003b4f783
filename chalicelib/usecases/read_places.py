"""How many places there are, how many are taken, and who waits: for the organiser."""

from typing import NamedTuple

from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.places import Places
from chalicelib.domain.event import EventDocument
from chalicelib.domain.places import EVERYBODY, PlaceRequest, Scope, limits_of, scope


class PlaceCount(NamedTuple):
    """``of`` is event, session, category, delegation or choice (``id`` is then ``question/choice``), ``capacity`` None
    when there is no limit.
    """

    of: str
    id: str
    capacity: int | None
    taken: int
    waiting: int


def read_places(
    events: Events, invitees: Invitees, places: Places, event_id: str
) -> tuple[list[PlaceCount], list[PlaceRequest]]:
    """The counts, and every request: first those that wait for approval, then the waitlist in its order. Raises
    NotFound.
    """
    event = events.get(event_id)
    seats, limits = places.seats(event_id), limits_of(event.document)
    counts = [
        PlaceCount(of, name, limits.get(place), seats.taken.get(place, 0), seats.waiting.get(place, 0))
        for of, name, place in _scopes(event.document)
    ]
    requests = sorted(invitees.requests(event_id), key=lambda one: (one.number, one.updated_at))
    return counts, requests


def _scopes(document: EventDocument) -> list[tuple[str, str, Scope]]:
    return [
        ("event", "", EVERYBODY),
        *(("session", one.id, scope("session", one.id)) for one in document.attendable),
        *(("category", name, scope("category", name)) for name in document.categories),
        *(("delegation", name, scope("delegation", name)) for name in document.delegations),
        *(
            ("choice", f"{field.id}/{one.id}", scope("choice", field.id, one.id))
            for field in document.form
            for one in field.choices
            if one.capacity is not None
        ),
    ]
