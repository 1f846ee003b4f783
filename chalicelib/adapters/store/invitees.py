"""Invitees with all that belongs to them: a person's whole file is one Query.

    INVITEE#<i>              PROFILE         who, how to reach them, what they answered
    INVITEE#<i>              REGISTRATION    what they told us when they accepted
    INVITEE#<i>              LOG#<time>#<n>  what happened, for the organiser
    EVENT#<e>#ADDRESS#<hash> CLAIM           one invitee per address and event

Listings go through GSI1, whose partition ``EVENT#<e>#<0..7>`` is spread by invitee.
"""

import secrets
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.adapters.store.due import Due, due_put
from chalicelib.adapters.store.table import ABSENT, Condition, Delete, Item, Key, Put, Table, Update, Write
from chalicelib.domain.event import utc
from chalicelib.domain.invitee import Invitee, Registration, Rsvp, standing

SHARDS = 8

SAME_LINKS = "same links"
"""The condition that the person's links were not revoked meanwhile."""

NOT_OVERTAKEN = "not overtaken"
"""The condition that the registration is still the one that was seen."""

AT_ONCE = 200
"""How many people a query reads, at least, when some of them may not fit."""

Cursor = tuple[int, Item | None]
"""Where a listing goes on: the shard, and the keys of the item before."""

BEGINNING: Cursor = (0, None)

CURSOR_KEYS = ("PK", "SK", "GSI1PK", "GSI1SK")


@dataclass(frozen=True)
class PersonFile:
    """What is kept of one person, from one Query."""

    invitee: Invitee
    registration: Registration | None
    gave_feedback: bool

    @property
    def registered(self) -> Registration | None:
        """The registration that stands."""
        return standing(self.invitee, self.registration)


class Invitees:
    def __init__(self, table: Table) -> None:
        self._table = table

    def file(self, invitee_id: str) -> PersonFile | None:
        """The person's profile, registration (also a withdrawn one) and whether feedback was given; None if unknown."""
        items = {item["SK"]: item for item in self._table.query_all(f"INVITEE#{invitee_id}", consistent=True)}
        if "PROFILE" not in items:
            return None
        registration = items.get("REGISTRATION")
        return PersonFile(
            _invitee(items["PROFILE"]), _registration(registration) if registration else None, "FEEDBACK" in items
        )

    def load(self, invitee_ids: Iterable[str]) -> dict[str, tuple[Invitee, Registration | None]]:
        """Profiles and registrations by id as they are now, 50 persons a request; unknown ids are left out."""
        ids = list(dict.fromkeys(invitee_ids))
        keys = [key for i in ids for key in (profile_key(i), registration_key(i))]
        found = self._table.batch_get(keys, consistent=True)
        loaded = {}
        for i in ids:
            if profile := found.get(profile_key(i)):
                item = found.get(registration_key(i))
                loaded[i] = _invitee(profile), _registration(item) if item else None
        return loaded

    def claimed(self, event: str, address_hashes: Iterable[str]) -> dict[str, str]:
        """Which of these addresses the event knows already: invitee id by address hash."""
        found = self._table.batch_get([_claim_key(event, address) for address in address_hashes], consistent=True)
        return {pk.rpartition("#")[2]: item["invitee"] for (pk, _), item in found.items()}

    def create(self, people: list[tuple[Invitee, str]]) -> None:
        """Store new invitees with their address claims, all or none, at most 50. Raises ConditionFailed."""
        writes: list[Write] = []
        for invitee, address_hash in people:
            pk, sk = _claim_key(invitee.event, address_hash)
            writes += [Put({"PK": pk, "SK": sk, "invitee": invitee.id}, ABSENT), Put(_profile(invitee), ABSENT)]
        self._table.transact(writes)

    def update(self, invitee: Invitee) -> None:
        """Write what an organiser may change; what the person answered stays."""
        names = ("name", "language", "time_zone", "country", "delegation", "category")
        self._table.write(Update(profile_key(invitee.id), {name: getattr(invitee, name) for name in names}))

    def listing(self, event: str, what: str = "INVITEE") -> Iterator[Item]:
        """Every item of a listing (``INVITEE``, ``REGISTRATION`` or ``FEEDBACK``), shard by shard."""
        for shard in range(SHARDS):
            yield from self._table.query_all(f"EVENT#{event}#{shard}", begins=f"{what}#", index="GSI1")

    def all(self, event: str) -> Iterator[Invitee]:
        return (_invitee(item) for item in self.listing(event))

    def registrations(self, event: str) -> Iterator[Registration]:
        """The registrations that stand; withdrawn ones are not listed."""
        return (_registration(item) for item in self.listing(event, "REGISTRATION"))

    def page(
        self, event: str, limit: int, cursor: Cursor, fits: Callable[[Invitee], bool] | None = None
    ) -> tuple[list[Invitee], Cursor | None]:
        """Up to ``limit`` invitees that fit, from ``cursor`` on, and the next cursor (None at the end)."""
        shard, after = cursor
        found: list[Invitee] = []
        while shard < SHARDS:
            at_once = max(limit, AT_ONCE) if fits else limit - len(found)
            page = self._table.query(
                f"EVENT#{event}#{shard}", begins="INVITEE#", index="GSI1", limit=at_once, after=after
            )
            for item in page.items:
                invitee = _invitee(item)
                if fits is None or fits(invitee):
                    found.append(invitee)
                if len(found) == limit:
                    return found, (shard, {name: item[name] for name in CURSOR_KEYS})
            shard, after = (shard, page.next) if page.next else (shard + 1, None)
        return found, None

    def answer(self, before: Invitee, rsvp: Rsvp, registration: Registration | None, now: datetime) -> None:
        """Record an RSVP; one that is not "accepted" withdraws the registration from the listings.

        Raises ConditionFailed("same links") when the links were revoked meanwhile, ConditionFailed("not overtaken")
        when an answer that withdraws did not see the registration that there is.
        """
        same = Condition(SAME_LINKS, "#generation = :generation", {"generation": before.generation})
        writes: list[Write] = [
            Update(profile_key(before.id), {"rsvp": rsvp, "answered_at": utc(now)}, condition=same),
            _log(before.id, now, "answered", f"{before.rsvp} -> {rsvp}"),
        ]
        if rsvp != "accepted":
            writes.append(_withdrawal(before.id, registration, now))
        self._table.transact(writes)

    def register(self, before: Invitee, registration: Registration, outbox: Due) -> None:
        """Accepted and registered, with the confirmation's outbox row, in one transaction.

        Raises ConditionFailed("not overtaken") when another request changed the registration first.
        """
        same = Condition(SAME_LINKS, "#generation = :generation", {"generation": before.generation})
        unchanged = Condition(
            NOT_OVERTAKEN, "attribute_not_exists(#PK) OR #version = :version", {"version": registration.version - 1}
        )
        now = registration.updated_at
        self._table.transact(
            [
                Update(profile_key(before.id), {"rsvp": "accepted", "answered_at": utc(now)}, condition=same),
                Put(_registration_item(registration), unchanged),
                due_put(outbox),
                _log(before.id, now, "registered", f"version {registration.version}"),
            ]
        )

    def leave(self, invitee: Invitee, categories: list[str], now: datetime) -> None:
        """Which categories of mail this person does not want any more; an empty list brings them back."""
        self._table.transact(
            [
                Update(profile_key(invitee.id), {"left": categories}),
                _log(invitee.id, now, "left" if categories else "came back", ", ".join(categories)),
            ]
        )


def profile_key(invitee_id: str) -> Key:
    return f"INVITEE#{invitee_id}", "PROFILE"


def registration_key(invitee_id: str) -> Key:
    return f"INVITEE#{invitee_id}", "REGISTRATION"


def listed(event: str, invitee_id: str, what: str, name: str = "") -> dict[str, str]:
    """The GSI1 attributes that put an item into an event's listing of ``what``."""
    return {
        "GSI1PK": f"EVENT#{event}#{zlib.crc32(invitee_id.encode()) % SHARDS}",
        "GSI1SK": f"{what}#{name or invitee_id}",
    }


def read_cursor(said: Any, event: str) -> Cursor:
    """A cursor that came back from outside. Raises ValueError for one that this event's listing did not give."""
    if not isinstance(said, list) or len(said) != 2:
        raise ValueError("not a shard and an item's keys")
    shard, after = said
    ours = after is None or (
        isinstance(after, dict)
        and set(after) == set(CURSOR_KEYS)
        and after["GSI1PK"] == f"EVENT#{event}#{shard}"
        and all(value and isinstance(value, str) for value in after.values())
    )
    if type(shard) is not int or not 0 <= shard < SHARDS or not ours:
        raise ValueError("not a place in this listing")
    return shard, after


def _withdrawal(invitee_id: str, seen: Registration | None, now: datetime) -> Write:
    """Withdraw the registration that was seen; where there was none, make sure that there is none."""
    key = registration_key(invitee_id)
    if seen is None:
        return Delete(key, Condition(NOT_OVERTAKEN, ABSENT.expression))
    same = Condition(NOT_OVERTAKEN, "#version = :version", {"version": seen.version})
    return Update(key, {"withdrawn_at": utc(now)}, removes=("GSI1PK", "GSI1SK"), condition=same)


def _claim_key(event: str, address_hash: str) -> Key:
    return f"EVENT#{event}#ADDRESS#{address_hash}", "CLAIM"


def _log(invitee_id: str, now: datetime, what: str, detail: str) -> Put:
    return Put(
        {"PK": f"INVITEE#{invitee_id}", "SK": f"LOG#{utc(now)}#{secrets.token_hex(4)}", "what": what, "detail": detail}
    )


def _profile(invitee: Invitee) -> Item:
    pk, sk = profile_key(invitee.id)
    return {
        "PK": pk,
        "SK": sk,
        **listed(invitee.event, invitee.id, "INVITEE"),
        **invitee.model_dump(mode="json", exclude_none=True),
    }


def _invitee(item: Item) -> Invitee:
    return Invitee.model_validate({name: item[name] for name in Invitee.model_fields if name in item})


def _registration_item(registration: Registration) -> Item:
    pk, sk = registration_key(registration.invitee)
    times = {"consented_at": utc(registration.consented_at), "updated_at": utc(registration.updated_at)}
    return {
        "PK": pk,
        "SK": sk,
        **listed(registration.event, registration.invitee, "REGISTRATION"),
        **registration.model_dump(mode="json", exclude_none=True),
        **times,
    }


def _registration(item: Item) -> Registration:
    return Registration.model_validate({name: item[name] for name in Registration.model_fields if name in item})
