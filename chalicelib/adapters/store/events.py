"""Events, their immutable agenda versions and their planned mailings.

EVENT#<e>  META                  the current document, its version, whether feedback is open
EVENT#<e>  AGENDA#0007           version 7 as it was published, never changed
EVENT#<e>  MAILING#<occurrence>  one mailing that the clock will start: when, for which session, what became of it
"""

import json
import re
from datetime import datetime
from typing import Any

from chalicelib.adapters.store.table import (
    ABSENT,
    Condition,
    ConditionFailed,
    Delete,
    Item,
    Key,
    Put,
    Table,
    Update,
    Write,
)
from chalicelib.domain.errors import NotFound
from chalicelib.domain.event import Event, EventDocument, utc
from chalicelib.domain.schedule import Mailing
from chalicelib.domain.text import SLUG


class Events:
    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, event_id: str, *, consistent: bool = False) -> Event | None:
        """The event at its current version, or None; also for what cannot be an event's name."""
        if not re.fullmatch(SLUG, event_id):
            return None
        item = self._table.get((_pk(event_id), "META"), consistent=consistent)
        return _event(item) if item else None

    def get(self, event_id: str) -> Event:
        """Raises NotFound."""
        event = self.find(event_id)
        if event is None:
            raise NotFound(f'There is no event "{event_id}". PUT /api/events/{event_id} creates it.')
        return event

    def version(self, event_id: str, version: int) -> Event | None:
        """The event as it was published in ``version``, or None."""
        item = self._table.get((_pk(event_id), f"AGENDA#{version:04}"), consistent=True)
        return _event(item) if item else None

    def mailings(self, event_id: str) -> list[Mailing]:
        """The event's planned mailings, as the clock knows them."""
        return [_mailing(item) for item in self._table.query_all(_pk(event_id), begins="MAILING#", consistent=True)]

    def mailing(self, event_id: str, occurrence: str) -> Mailing | None:
        item = self._table.get((_pk(event_id), f"MAILING#{occurrence}"), consistent=True)
        return _mailing(item) if item else None

    def publish(self, event: Event, writes: list[Write], *, close_feedback: bool = False) -> None:
        """Store a version with ``writes`` (the clock's rows, 98 at most), all or nothing. Raises ConditionFailed.

        Unless it is closed, whether feedback is open stays as it is: the clock may open it at this moment.
        """
        unchanged = Condition(
            "not overtaken", "attribute_not_exists(#PK) OR #version = :version", {"version": event.version - 1}
        )
        content, closed = _content(event), ("feedback_opened_at",) if close_feedback else ()
        self._table.transact(
            [
                Update((_pk(event.id), "META"), content, removes=closed, condition=unchanged),
                Put({"PK": _pk(event.id), "SK": f"AGENDA#{event.version:04}", **content}, ABSENT),
                *writes,
            ]
        )

    def plan(self, event: Event, writes: list[Write]) -> None:
        """Write clock's rows, 99 at most, as long as this version is the current one. Raises ConditionFailed."""
        current = Condition("still current", "#version = :version", {"version": event.version})
        self._table.transact([Update((_pk(event.id), "META"), {"version": event.version}, condition=current), *writes])

    def settle_mailing(self, mailing: Mailing, state: str, reason: str = "") -> bool:
        """Move a planned mailing to ``fired`` or ``skipped``; False when it was no longer planned for that moment."""
        still = Condition(
            "still planned",
            "#state = :state AND #due_at = :due_at",
            {"state": "planned", "due_at": utc(mailing.due_at)},
        )
        try:
            self._table.write(Update(_mailing_key(mailing), {"state": state, "reason": reason}, condition=still))
        except ConditionFailed:
            return False
        return True

    def open_feedback(self, event_id: str, now: datetime) -> None:
        """From now on the feedback form takes answers; the first opening counts."""
        first = Condition("not open yet", "attribute_exists(#PK) AND attribute_not_exists(#feedback_opened_at)")
        try:
            self._table.write(Update((_pk(event_id), "META"), {"feedback_opened_at": utc(now)}, condition=first))
        except ConditionFailed:
            return


def mailing_put(mailing: Mailing) -> Put:
    """The write that plans (or plans anew) one mailing."""
    return Put(
        {
            "PK": _pk(mailing.event),
            "SK": f"MAILING#{mailing.occurrence}",
            "state": mailing.state,
            "reason": mailing.reason,
            "due_at": utc(mailing.due_at),
            "latest_at": utc(mailing.latest_at),
            "kind": mailing.kind,
            "session": mailing.session,
            "occurrence": mailing.occurrence,
        }
    )


def mailing_delete(mailing: Mailing) -> Delete:
    """The write that withdraws one mailing."""
    return Delete(_mailing_key(mailing))


def _mailing_key(mailing: Mailing) -> Key:
    return _pk(mailing.event), f"MAILING#{mailing.occurrence}"


def _pk(event_id: str) -> str:
    return f"EVENT#{event_id}"


def _content(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "version": event.version,
        "published_at": utc(event.published_at),
        "document": json.dumps(event.document.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":")),
    }


def _event(item: Item) -> Event:
    return Event(
        id=item["id"],
        version=int(item["version"]),
        published_at=item["published_at"],
        feedback_opened_at=item.get("feedback_opened_at"),
        document=EventDocument.model_validate_json(item["document"]),
    )


def _mailing(item: Item) -> Mailing:
    return Mailing(
        event=item["PK"].removeprefix("EVENT#"),
        **{name: item[name] for name in ("occurrence", "kind", "session", "due_at", "latest_at", "state", "reason")},
    )
