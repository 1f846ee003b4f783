"""Who attended which session.

    INVITEE#<i>  ATTENDANCE#<session>  the first and the last press of Join, and the times that reports tell of

Listed under the session, so that a session's people are one listing. It goes when the person is erased.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from chalicelib.adapters.store.person import attendance_key, listed, log_put, profile_key, read_attended
from chalicelib.adapters.store.table import PRESENT, Check, Condition, Delete, Item, Part, Table, Update, Write
from chalicelib.adapters.store.unchanged import NOT_OVERTAKEN, same_links
from chalicelib.domain.attendance import Attended, Span
from chalicelib.domain.event import utc
from chalicelib.domain.invitee import Invitee

FIRST_PRESS = "first press"
"""The condition that nobody pressed Join for this person and session before."""

TOGETHER = 50
"""People whose import is one transaction, two items each: DynamoDB takes 100 items."""


class Attendances:
    def __init__(self, table: Table) -> None:
        self._table = table

    def join(self, before: Invitee, session: str, now: datetime, *, again: bool, also: Sequence[Write] = ()) -> None:
        """A press of Join. The first one is a line of the timeline; ``again`` moves the last moment alone.

        Raises ConditionFailed(SAME_LINKS), and ConditionFailed(FIRST_PRESS) for a first one that was not.
        """
        sets: Item = {**_about(before.event, before.id, session), "joined_last_at": utc(now)}
        key, first = attendance_key(before.id, session), {"joined_at": utc(now)}
        pressed = Update(key, sets, first=first, condition=_PRESSES[again])
        line = [] if again else [log_put(before.id, now, f"joined {session}")]
        self._table.transact([Check(profile_key(before.id), same_links(before)), pressed, *line, *also])

    def load(self, event: str, session: str, invitees: Iterable[str]) -> dict[str, Attended]:
        """What is known of each of these people at this session, 100 a request; nothing known is said as well."""
        ids = list(dict.fromkeys(invitees))
        found = self._table.batch_get([attendance_key(one, session) for one in ids], consistent=True)
        nothing = {one: Attended(invitee=one, event=event, session=session) for one in ids}
        return nothing | {item["invitee"]: read_attended(item) for item in found.values()}

    def all(self, listing: Iterator[Item]) -> list[Attended]:
        """Of an event's listing ``ATTENDANCE``, or ``ATTENDANCE#<session>``."""
        return [read_attended(item) for item in listing]

    def record(self, changes: Sequence[tuple[Attended, Sequence[Span]]]) -> None:
        """Put these times in place of the imported ones that were seen, for ``TOGETHER`` people at most, all or none.

        Raises ConditionFailed when one of them was erased, or another import came between.
        """
        self._table.transact([part for seen, spans in changes for part in _recorded(seen, spans)])


def _recorded(seen: Attended, spans: Sequence[Span]) -> list[Part]:
    key = attendance_key(seen.invitee, seen.session)
    same, values = "attribute_not_exists(#imported)", dict[str, Any]()
    if seen.imported:
        same, values = "#imported = :seen", {"seen": _said(seen.imported)}
    there = Check(profile_key(seen.invitee), PRESENT)
    if spans:
        sets = {**_about(seen.event, seen.invitee, seen.session), "imported": _said(spans)}
        return [there, Update(key, sets, condition=Condition(NOT_OVERTAKEN, same, values))]
    if seen.joined_at:
        return [there, Update(key, removes=("imported",), condition=Condition(NOT_OVERTAKEN, same, values))]
    alone = f"{same} AND attribute_not_exists(#joined_at)"
    return [there, Delete(key, Condition(NOT_OVERTAKEN, alone, values))]


_PRESSES = {
    False: Condition(FIRST_PRESS, "attribute_not_exists(#joined_at)"),
    True: Condition("pressed before", "attribute_exists(#joined_at)"),
}


def _about(event: str, invitee: str, session: str) -> Item:
    place = listed(event, invitee, f"ATTENDANCE#{session}")
    return {"invitee": invitee, "event": event, "session": session, **place}


def _said(spans: Iterable[Span]) -> list[str]:
    """Each as a time interval of ISO 8601: ``2021-01-28T07:30:00Z/2021-01-28T09:10:00Z``."""
    return [f"{utc(start)}/{utc(end)}" for start, end in spans]
