"""How many places are taken, who waits for one, and whose registration waits for an approval.

    EVENT#<e>     SEATS      t_<scope> places taken, w_<scope> people waiting, last: the waitlist's last number
    WAITLIST#<e>  <number>   one who waits: who, in which scopes they lack a place, which of them were full
    INVITEE#<i>   REQUEST    a registration that does not stand yet (``PlaceRequest``)

SEATS is the one item of an event that every registration writes: DynamoDB takes some hundreds of such writes a second.
What a transaction adds to it and what it asks of it stand together in a ``Change``.
"""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.adapters.store.due import Due, due_put
from chalicelib.adapters.store.person import listed
from chalicelib.adapters.store.table import Condition, Delete, Item, Key, Part, Put, Table, Update, Write
from chalicelib.domain.event import utc
from chalicelib.domain.places import PlaceRequest, Scope, Seats, Waiting

PLACE_LEFT = "a place is left"
"""The condition that nobody was quicker: there is a place in each scope, and nobody waits for one."""

STILL_FULL = "still full"
"""The condition that who joins the waitlist has to, and gets the number that they expect."""

SAME_REQUEST = "same request"
"""The condition that what waited was not changed, answered or withdrawn meanwhile."""


class Places:
    def __init__(self, table: Table) -> None:
        self._table = table

    def seats(self, event: str) -> Seats:
        return read_seats(self._table.get(seats_key(event), consistent=True))

    def queue(self, event: str) -> list[Waiting]:
        """Everybody who waits, in order."""
        items = self._table.query_all(f"WAITLIST#{event}", consistent=True)
        return [Waiting(event=event, **{name: item[name] for name in NAMES}) for item in items]

    def write(self, writes: Sequence[Part]) -> None:
        """All or none. Raises ConditionFailed."""
        self._table.transact(writes)


NAMES = ("number", "invitee", "seats", "missing")


@dataclass
class Change:
    """What one transaction does to an event's SEATS, the only item of it that a transaction may name but once."""

    event: str
    limits: Mapping[Scope, int]
    taken: Counter[Scope] = field(default_factory=Counter)
    waiting: Counter[Scope] = field(default_factory=Counter)
    number: int = 0
    _conditions: list[str] = field(default_factory=list)
    _values: dict[str, int] = field(default_factory=dict)
    _name: str = PLACE_LEFT

    def move(self, held: Sequence[Scope], wanted: Sequence[Scope], *, overtakes: bool = False) -> "Change":
        """From the places that somebody has to those that they want. Who ``overtakes`` was the next in line."""
        fresh = [scope for scope in wanted if scope not in held]
        self.taken.update(fresh)
        self.taken.subtract([scope for scope in held if scope not in wanted])
        for scope in fresh:
            if scope in self.limits:
                left = f"NOT #t_{scope} >= :limit_{scope}" if self.limits[scope] else f"#t_{scope} < :limit_{scope}"
                self._demand(left, {f"limit_{scope}": self.limits[scope]})  # a count that is not there yet is nought
                if not overtakes:
                    self._demand(f"NOT #w_{scope} > :none", {"none": 0})
        return self

    def join(self, missing: Sequence[Scope], before: Seats) -> "Change":
        """Somebody waits for what is full, under the number after the last one that was seen."""
        self.waiting.update(missing)
        self.number, self._name = before.last + 1, STILL_FULL
        full = [f"#t_{scope} >= :limit_{scope} OR #w_{scope} > :none OR :limit_{scope} = :none" for scope in missing]
        limits = {f"limit_{scope}": self.limits[scope] for scope in missing}
        self._demand(f"({' OR '.join(full)})", {**limits, "none": 0})
        if before.last:
            self._demand("#last = :last", {"last": before.last})
        else:
            self._demand("attribute_not_exists(#last)", {})
        return self

    def _demand(self, expression: str, values: dict[str, int]) -> None:
        self._conditions.append(expression)
        self._values |= values

    def leave(self, missing: Sequence[Scope]) -> "Change":
        """Somebody waits no more."""
        self.waiting.subtract(missing)
        return self

    @property
    def frees(self) -> bool:
        """Somebody who waits may have a place now."""
        return any(count < 0 for count in (*self.taken.values(), *self.waiting.values()))

    def writes(self) -> list[Write]:
        """The update of SEATS, or nothing when nothing changes."""
        add = {f"t_{scope}": count for scope, count in self.taken.items() if count}
        add |= {f"w_{scope}": count for scope, count in self.waiting.items() if count}
        add |= {"last": 1} if self.number else {}
        if not add:
            return []
        condition = Condition(self._name, " AND ".join(self._conditions), self._values) if self._conditions else None
        return [Update(seats_key(self.event), add=add, condition=condition)]


def seats_key(event: str) -> Key:
    return f"EVENT#{event}", "SEATS"


def read_seats(item: Item | None) -> Seats:
    def counts(kind: str) -> dict[Scope, int]:
        return {name[2:]: int(value) for name, value in (item or {}).items() if name.startswith(kind)}

    return Seats(taken=counts("t_"), waiting=counts("w_"), last=int((item or {}).get("last", 0)))


def waiting_put(request: PlaceRequest, lacks: Sequence[Scope]) -> Put:
    """``lacks`` are the scopes in which the person has no place yet: of a full event they may have one."""
    said = {**{name: getattr(request, name) for name in NAMES}, "seats": list(lacks)}
    return Put({"PK": f"WAITLIST#{request.event}", "SK": f"{request.number:08}", **said})


def waiting_delete(event: str, number: int) -> Delete:
    return Delete((f"WAITLIST#{event}", f"{number:08}"))


def stamped(request: PlaceRequest, *, news: bool = True) -> PlaceRequest:
    """As it will be written: with a stamp of its own; and with the name of a mail, when there is something to tell."""
    stamp = secrets.token_hex(4)
    return request.model_copy(update={"stamp": stamp, **({"news": stamp} if news else {})})


def request_put(request: PlaceRequest, before: PlaceRequest | None) -> Put:
    """The write of a ``stamped`` request in the place of the one that was seen."""
    item = request.model_dump(mode="json", exclude_none=True)
    times = {name: utc(getattr(request, name)) for name in ("consented_at", "updated_at")}
    until = {"until": utc(request.until)} if request.until else {}
    pk, sk = request_key(request.invitee)
    place = listed(request.event, request.invitee, "REQUEST")
    return Put({"PK": pk, "SK": sk, **place, **item, **times, **until}, same_request(before))


def request_delete(before: PlaceRequest) -> Delete:
    return Delete(request_key(before.invitee), same_request(before))


def no_request(invitee: str) -> Delete:
    """The write that makes sure that nothing of this person waits."""
    return Delete(request_key(invitee), same_request(None))


def request_key(invitee: str) -> Key:
    return f"INVITEE#{invitee}", "REQUEST"


def read_request(item: Item) -> PlaceRequest:
    return PlaceRequest.model_validate({name: item[name] for name in PlaceRequest.model_fields if name in item})


def look_at(event: str, cause: str, now: datetime) -> Put:
    """The clock's row that makes it offer what has become free. ``cause`` keeps two of the same second apart."""
    return due_put(Due(what="places", reference=f"{event}#places#{cause}", at=now, body={"event": event}))


def offer_row(request: PlaceRequest) -> Due:
    """The clock's row that ends an offer."""
    assert request.until is not None, "an offer ends"
    body = {"event": request.event, "invitee": request.invitee, "number": request.number}
    return Due(what="offer", reference=f"{request.invitee}#offer#{request.number}", at=request.until, body=body)


def dropped(request: PlaceRequest, change: Change) -> list[Write]:
    """What goes with a request that goes: its place in the line, or the places that were kept for it."""
    if request.state == "waiting":
        change.leave(request.missing)
        return [waiting_delete(request.event, request.number)]
    if request.state == "offered":  # the row that ends it finds nothing to end
        change.move(request.kept, [])
    return []


def same_request(before: PlaceRequest | None) -> Condition:
    """What waited, or that nothing did, is as it was seen."""
    if before is None:
        return Condition(SAME_REQUEST, "attribute_not_exists(#PK)")
    return Condition(SAME_REQUEST, "#stamp = :stamp", {"stamp": before.stamp})
