"""Uploaded lists, and how far each is read.

EVENT#<e>  LIST#<id>  the list; what is counted and shown of its rows is kept as JSON

A list that is being read has a DUE row, put and taken away in the transaction that changes its state: should the
message to the desk be lost, or the desk die, the clock queues the job again. TTL removes the list with its file.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from chalicelib.adapters.store.due import Due, due_delete, due_put
from chalicelib.adapters.store.table import ABSENT, Condition, ConditionFailed, Item, Key, Put, Table, Update, Write
from chalicelib.domain.errors import NotFound
from chalicelib.domain.event import utc
from chalicelib.domain.roster import RowReport
from chalicelib.domain.uploaded_list import KEPT, LEASE, UploadedList
from chalicelib.domain.work import Job

ASKED_AFTER = timedelta(minutes=5)
"""How long the desk has to begin before the clock queues the job again."""

ASKED_AGAIN_AFTER = timedelta(minutes=20)
"""How long it has to end: longer than the lease, so that whoever comes then finds the list free."""

AS_JSON = ("counts", "unknown_columns", "attention", "updating")


class Overtaken(Exception):
    """Another worker has taken the list: the lease ran out before this one was done."""


class Lists:
    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, listed: UploadedList) -> None:
        epoch = int((listed.created_at + KEPT).timestamp())
        pk, sk = _key(listed.event, listed.id)
        self._table.write(Put({"PK": pk, "SK": sk, "expires_at": epoch, **_stored(dict(listed))}, ABSENT))

    def get(self, event: str, list_id: str, now: datetime) -> UploadedList:
        """Raises NotFound, also for one whose time is over and that TTL has not removed yet."""
        item = self._table.get(_key(event, list_id), consistent=True)
        if item is None or item["expires_at"] <= now.timestamp():
            raise NotFound(f'The event "{event}" has no list "{list_id}". Lists are kept for {KEPT.days} days.')
        return _list(item)

    def all(self, event: str, now: datetime) -> list[UploadedList]:
        """Newest first."""
        items = self._table.query_all(f"EVENT#{event}", begins="LIST#", consistent=True)
        found = [_list(item) for item in items if item["expires_at"] > now.timestamp()]
        return sorted(found, key=lambda listed: listed.created_at, reverse=True)

    def start(self, seen: UploadedList, version: int, etag: str, dry_run: bool, now: datetime) -> UploadedList | None:
        """Begin reading a list from its first row; None when somebody else changed it since it was ``seen``."""
        fresh = UploadedList(
            id=seen.id, event=seen.event, filename=seen.filename, created_at=seen.created_at, state="reading",
            dry_run=dry_run, version=version, etag=etag, started_at=now, due_at=now + ASKED_AFTER,
        )  # fmt: skip
        as_seen = Condition(
            "as it was seen", "#state = :state AND #run = :seen", {"state": seen.state, "seen": seen.run}
        )
        return fresh if self._try(fresh, dict(fresh), as_seen, _promise(None, fresh)) else None

    def take(self, seen: UploadedList, run: str, now: datetime) -> UploadedList | None:
        """Let a worker have the list; None when another one has it."""
        facts = {
            "run": run, "lease_until": now + LEASE, "tries": seen.tries + 1, "due_at": now + ASKED_AGAIN_AFTER,
        }  # fmt: skip
        free = Condition(
            "nobody has it",
            "#state = :state AND #run = :seen AND (attribute_not_exists(#lease_until) OR #lease_until < :now)",
            {"state": "reading", "seen": seen.run, "now": utc(now)},
        )
        taken = seen.model_copy(update=facts)
        return taken if self._try(taken, facts, free, _promise(seen, taken)) else None

    def note(self, mine: UploadedList, **facts: Any) -> UploadedList:
        """Write down how far this worker came. Raises Overtaken."""
        return self._mine(mine, facts)

    def let_go(self, mine: UploadedList, now: datetime) -> UploadedList:
        """The worker's time is over, and another one goes on from here. Raises Overtaken."""
        later = mine.model_copy(update={"due_at": now + ASKED_AFTER})
        facts = {"lease_until": None, "due_at": later.due_at}
        return self._mine(mine, facts, _promise(mine, later))

    def finish(self, mine: UploadedList, now: datetime) -> UploadedList:
        """Every row is read. Raises Overtaken."""
        return self._mine(mine, {"state": "done", "finished_at": now, "lease_until": None}, _promise(mine, None))

    def fail(self, mine: UploadedList, reason: str, now: datetime) -> UploadedList:
        """Nothing more is read of this file. Raises Overtaken."""
        facts = {"state": "failed", "reason": reason, "finished_at": now, "lease_until": None}
        return self._mine(mine, facts, _promise(mine, None))

    def _mine(self, mine: UploadedList, facts: dict[str, Any], also: Sequence[Write] = ()) -> UploadedList:
        still = Condition("still mine", "#state = :state AND #run = :mine", {"state": "reading", "mine": mine.run})
        if not self._try(mine, facts, still, also):
            raise Overtaken(mine.id)
        return mine.model_copy(update=facts)

    def _try(self, listed: UploadedList, facts: dict[str, Any], condition: Condition, also: Sequence[Write]) -> bool:
        gone = [name for name, value in facts.items() if value is None]
        update = Update(_key(listed.event, listed.id), _stored(facts), removes=gone, condition=condition)
        try:
            if also:
                self._table.transact([update, *also])
            else:
                self._table.write(update)
        except ConditionFailed:
            return False
        return True


def job_of(listed: UploadedList) -> Job:
    return Job(what="import", event=listed.event, id=listed.id)


def _promise(before: UploadedList | None, after: UploadedList | None) -> list[Write]:
    """The clock's row goes from where it was to where it is to be; both may be the same."""
    old, new = _due(before), _due(after)
    gone: list[Write] = [due_delete(old)] if old and (new is None or old.key != new.key) else []
    return [*gone, due_put(new)] if new else gone


def _due(listed: UploadedList | None) -> Due | None:
    if listed is None or listed.due_at is None:
        return None
    return Due(what="job", reference=f"list#{listed.id}", at=listed.due_at, body=job_of(listed).model_dump())


def _key(event: str, list_id: str) -> Key:
    return f"EVENT#{event}", f"LIST#{list_id}"


def _stored(facts: dict[str, Any]) -> Item:
    return {name: _value(name, value) for name, value in facts.items() if value is not None}


def _value(name: str, value: Any) -> Any:
    if name == "attention":
        value = [row.model_dump(exclude_defaults=True) for row in value]
    if name in AS_JSON:
        return json.dumps(value, ensure_ascii=False)
    return utc(value) if isinstance(value, datetime) else value


def _list(item: Item) -> UploadedList:
    stored = {name: item[name] for name in UploadedList.model_fields if name in item}
    read = {name: json.loads(stored[name]) for name in AS_JSON if name in stored}
    read["attention"] = [RowReport.model_validate(row) for row in read.get("attention", [])]
    return UploadedList.model_validate({**stored, **read})
