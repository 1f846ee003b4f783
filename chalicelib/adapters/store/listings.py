"""Who there is of an event: listings by GSI1, whose partitions a listing goes through one after the other."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chalicelib.adapters.store.person import (
    SHARDS,
    read_profile,
    read_registration,
)
from chalicelib.adapters.store.places import read_request
from chalicelib.adapters.store.table import (
    Item,
    Table,
)
from chalicelib.domain.invitee import Attendance, Invitee, Registration
from chalicelib.domain.places import PlaceRequest

PLANNED = ("id", "email", "language", "country", "category", "rsvp", "left", "suppressed", "handed_in")
"""What planning looks at."""

AT_ONCE = 200
"""How many people a query reads, at least, when some of them may not fit."""

Cursor = tuple[int, Item | None]
"""Where a listing goes on: the shard, and the keys of the item before."""

BEGINNING: Cursor = (0, None)

CURSOR_KEYS = ("PK", "SK", "GSI1PK", "GSI1SK")


class Listings:
    """What was written a moment ago may be missing."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def listing(self, event: str, what: str = "INVITEE", fields: Sequence[str] = ()) -> Iterator[Item]:
        """Every item of a listing (``INVITEE``, ``REGISTRATION``, ``REQUEST``, ``FEEDBACK``, ``ATTENDANCE``), or these
        fields of it.
        """
        for shard in range(SHARDS):
            yield from self._table.query_all(f"EVENT#{event}#{shard}", begins=f"{what}#", index="GSI1", fields=fields)

    def all(self, event: str) -> Iterator[Invitee]:
        return (read_profile(item) for item in self.listing(event))

    def for_planning(self, event: str, also: Sequence[str] = ()) -> Iterator[Invitee]:
        """Everybody, with only the fields that decide who is mailed (``PLANNED``, and ``also``), unvalidated: half the
        time.
        """
        fields = (*PLANNED, *also)
        for item in self.listing(event, fields=fields):
            said = {name: item[name] for name in fields if name in item}
            if attending := said.get("attending"):
                said["attending"] = Attendance.model_construct(**attending)
            yield Invitee.model_construct(**said)

    def registrations(self, event: str) -> Iterator[Registration]:
        """The registrations that stand; withdrawn ones are not listed."""
        return (read_registration(item) for item in self.listing(event, "REGISTRATION"))

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
                invitee = read_profile(item)
                if fits is None or fits(invitee):
                    found.append(invitee)
                if len(found) == limit:
                    return found, (shard, {name: item[name] for name in CURSOR_KEYS})
            shard, after = (shard, page.next) if page.next else (shard + 1, None)
        return found, None

    def requests(self, event: str) -> Iterator[PlaceRequest]:
        """Everybody whose registration does not stand yet, or came to nothing."""
        return (read_request(item) for item in self.listing(event, "REQUEST"))


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
