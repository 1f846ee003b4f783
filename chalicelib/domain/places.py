"""Places: how many there are, what a registration takes of them, and who waits for one.

A *scope* is what has a number of places: the event, a session, a category, a delegation, a choice of the form. A
registration takes one place in each of its scopes, and gives them back when it is withdrawn.

approval ── organiser: yes ──> registered, or, when it is full, waiting ── the clock, in order ──> offered
   └─────── organiser: no ───> refused                                                               │
                  closed <── cut-off ──┘            expired <── time is over ──┴── the person accepts ──> registered

Without approval, and with a place left, a registration stands at once, and none of this happens.
Nobody overtakes: who comes while somebody waits for one of their scopes waits as well, behind them.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from chalicelib.domain.event import EventDocument
from chalicelib.domain.form import Answer
from chalicelib.domain.invitee import Attendance, Invitee, Registration
from chalicelib.domain.model import Model

Scope = str
"""``event``, or what ``scope`` makes of a session, a category, a delegation or a choice."""

EVERYBODY: Scope = "event"

RequestState = Literal["approval", "waiting", "offered", "refused", "expired", "closed"]

ALIVE: tuple[RequestState, ...] = ("approval", "waiting", "offered")
"""States that something is still to come of."""


class PlaceRequest(Registration):
    """A registration that does not stand yet, perhaps in the place of one that does.

    ``number`` is the place in the waitlist, ``missing`` the scopes that were full. While it is "offered", until
    ``until``, the places in ``kept`` are taken for it. ``stamp`` changes with every write, ``news`` with every state:
    it names the mail that tells the person.
    """

    state: RequestState
    number: int = 0
    missing: list[Scope] = Field(default_factory=list)
    kept: list[Scope] = Field(default_factory=list)
    until: datetime | None = None
    reason: str = ""
    stamp: str = ""
    news: str = ""

    def holds(self, now: datetime) -> bool:
        """It is an offer that can be accepted."""
        return self.state == "offered" and self.until is not None and now <= self.until

    def registration(self, now: datetime) -> Registration:
        """What it becomes when the place is taken."""
        said = {name: getattr(self, name) for name in Registration.model_fields}
        return Registration(**{**said, "updated_at": now})


def waits_for(request: Attendance | None) -> PlaceRequest | None:
    """The request that may yet come to something."""
    return request if isinstance(request, PlaceRequest) and request.state in ALIVE else None


class Waiting(Model):
    """One line of a waitlist, in the order of ``number``; ``seats`` are those that they want and have not."""

    event: str
    number: int
    invitee: str
    seats: list[Scope]
    missing: list[Scope]


class Seats(Model):
    """How many places are taken and how many people wait, by scope; ``last`` is the waitlist's last number."""

    taken: dict[Scope, int] = Field(default_factory=dict)
    waiting: dict[Scope, int] = Field(default_factory=dict)
    last: int = 0

    def full(self, seats: Iterable[Scope], limits: Mapping[Scope, int]) -> list[Scope]:
        """Those without a free place for somebody who comes now."""
        capped = [scope for scope in seats if scope in limits]
        return [one for one in capped if self.taken.get(one, 0) >= limits[one] or self.waiting.get(one, 0) > 0]


def scope(kind: Literal["session", "category", "delegation", "choice"], *names: str) -> Scope:
    """``session__opening_day``: what an attribute's name may be. Ids are slugs, with no underscore of their own."""
    return "__".join([kind, *(name.replace("-", "_") for name in names)])


def limits_of(document: EventDocument) -> dict[Scope, int]:
    """How many places each scope has; one that is not named has no limit. Places held for delegations are not among
    the event's own.
    """
    limits: dict[Scope, int] = {}
    if document.capacity is not None:
        held = sum(one.seats for one in document.delegations.values() if one.held)
        limits[EVERYBODY] = max(0, document.capacity - held)
    limits |= {scope("session", one.id): one.capacity for one in document.sessions if one.capacity is not None}
    limits |= {scope("category", name): places for name, places in document.category_capacity.items()}
    limits |= {scope("delegation", name): one.seats for name, one in document.delegations.items()}
    for field in document.form:
        limits |= {scope("choice", field.id, one.id): one.capacity for one in field.choices if one.capacity}
    return limits


def seats_for(
    document: EventDocument, invitee: Invitee, sessions: Iterable[str], answers: Mapping[str, Answer]
) -> list[Scope]:
    """The scopes in which this person's registration takes a place."""
    delegation = delegation_of(document, invitee)
    holds = bool(delegation) and document.delegations[delegation].held
    seats = [] if holds else [EVERYBODY]
    seats += [scope("session", session) for session in sessions]
    seats += [scope("category", invitee.category)] if invitee.category in document.categories else []
    for field in document.form:
        given = answers.get(field.id)
        chosen = given if isinstance(given, list) else [given]
        seats += [scope("choice", field.id, one.id) for one in field.choices if one.id in chosen]
    return seats + ([scope("delegation", delegation)] if delegation else [])


def delegation_of(document: EventDocument, invitee: Invitee) -> str:
    """The id of the person's delegation; empty when it has none with seats."""
    return delegation_named(document, invitee.delegation)


def delegation_named(document: EventDocument, said: str) -> str:
    """The id of the delegation that lists name by its id or by its name; empty when there is none."""
    wanted = called(said)
    return next((one for one in document.delegations if wanted and wanted in names_of(document, one)), "")


def names_of(document: EventDocument, delegation: str) -> list[str]:
    """What a delegation is ``called`` in lists: its id, and its name in each language."""
    return list(dict.fromkeys([delegation, *map(called, document.delegations[delegation].name.values())]))


def called(said: str) -> str:
    """How lists name a delegation, whatever the case."""
    return said.strip().casefold()


def needs_approval(document: EventDocument, invitee: Invitee) -> bool:
    asked = document.approval
    return asked if isinstance(asked, bool) else invitee.category in asked


def offered_until(document: EventDocument, now: datetime) -> datetime | None:
    """Until when an offer made now holds; None when none is made any more."""
    if document.waitlist is None:
        return None
    cut_off = document.deadline(document.waitlist.until)
    until = min(now + timedelta(hours=document.waitlist.offer_hours), cut_off)
    return until if until > now else None


def next_in_line(
    queue: Iterable[Waiting], seats: Seats, limits: Mapping[Scope, int]
) -> tuple[list[Waiting], list[Waiting]]:
    """Who can be offered a place now, in order; and those who cannot, and wait for more than was known.

    Whoever cannot keeps others from what they wait for.
    """
    taken, blocked = dict(seats.taken), set[Scope]()
    ready, longer = [], []
    for one in queue:
        short = [s for s in one.seats if s in limits and (s in blocked or taken.get(s, 0) >= limits[s])]
        if not short:
            ready.append(one)
            for place in one.seats:
                taken[place] = taken.get(place, 0) + 1
            continue
        missing = [*one.missing, *(place for place in short if place not in one.missing)]
        blocked.update(missing)
        if missing != one.missing:
            longer.append(one.model_copy(update={"missing": missing}))
    return ready, longer
