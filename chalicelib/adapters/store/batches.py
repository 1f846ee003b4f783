"""Batches and their chunks.

    EVENT#<e>        BATCH#<b>       the batch; its plan is kept as JSON
    BATCH#<plan id>  CHUNK#000001    up to 50 invitee ids: the outbox of a batch; done_at and tally when it is done

Chunks are written first, under a plan id nobody else has; the batch item is the commit point. A crash in between leaves
chunks that nothing refers to, and TTL removes them. A batch that is being planned or sent has a DUE row, which is put
and taken away in the transaction that changes the state, so that the clock forgets none and looks at no others.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chalicelib.adapters.store.due import Due, due_delete, due_put
from chalicelib.adapters.store.table import (
    ABSENT,
    PRESENT,
    Condition,
    ConditionFailed,
    Item,
    Key,
    Put,
    Table,
    Update,
    Write,
)
from chalicelib.domain.batch import MOVES, Batch, BatchState, Chunk, Plan
from chalicelib.domain.errors import NotFound
from chalicelib.domain.event import utc

KEPT = timedelta(days=400)

WATCHED: frozenset[BatchState] = frozenset({"planning", "sending"})
"""States in which the clock looks after a batch."""

MOVED = "moved_"


class Batches:
    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, event: str, batch_id: str) -> Batch | None:
        item = self._table.get((f"EVENT#{event}", f"BATCH#{batch_id}"), consistent=True)
        return _batch(item) if item else None

    def get(self, event: str, batch_id: str) -> Batch:
        """Raises NotFound."""
        batch = self.find(event, batch_id)
        if batch is None:
            raise NotFound(f'The event "{event}" has no batch "{batch_id}".')
        return batch

    def all(self, event: str) -> list[Batch]:
        """Every batch of an event, the clock's own too, newest first."""
        found = [_batch(item) for item in self._table.query_all(f"EVENT#{event}", begins="BATCH#", consistent=True)]
        return sorted(found, key=lambda batch: batch.accepted_at, reverse=True)

    def accept(self, batch: Batch, also: Sequence[Write] = ()) -> Batch:
        """Store the batch, whose chunks are written, and what is written with it; returns the one that stands.

        When a batch of this id exists (a second press of the button), that one is returned and nothing is changed.
        """
        watch = [due_put(due_of(batch))] if batch.state in WATCHED else []
        try:
            self._table.transact([Put(_item(batch), ABSENT), *watch, *also])
        except ConditionFailed:
            return self.get(batch.event, batch.id)
        return batch

    def move(
        self, batch: Batch, to: BatchState, now: datetime, *, also: Sequence[Write] = (), **facts: Any
    ) -> Batch | None:
        """Move a batch on, with ``facts`` and what is written with it; returns it as it stands then.

        None when its state, or what it plans to send, is not what the caller saw any more.
        """
        if to == "complete":
            facts["completed_at"] = now
        may = _as_seen("may follow", batch, MOVES[to])
        due = due_of(batch)
        row = due_put(due) if to in WATCHED else due_delete(due)
        try:
            self._table.transact([Update(_key(batch), _stored({"state": to, **facts}), condition=may), row, *also])
        except ConditionFailed:
            return None
        return self.find(batch.event, batch.id)

    def set_deadline(self, batch: Batch, answer_by: datetime, audit: Write) -> None:
        """Another deadline for those whom the batch invited, with its line in the audit log."""
        self._table.transact([Update(_key(batch), {"answer_by": utc(answer_by)}), audit])

    def note(self, batch: Batch, **facts: Any) -> bool:
        """Write facts of a batch that goes on from where the caller saw it; False when it does not."""
        seen = _as_seen("goes on", batch, frozenset({batch.state}))
        still = Condition(seen.name, f"{seen.expression} AND #fed = :fed", {**seen.values, "fed": batch.fed})
        try:
            self._table.write(Update(_key(batch), _stored(facts), condition=still))
        except ConditionFailed:
            return False
        return True

    def feed(self, batch: Batch, fed: int, now: datetime) -> bool:
        """The first ``fed`` chunks lie in the queue; False when somebody else moved the cursor or the state."""
        return self.note(batch, fed=fed, fed_at=now, reason="")

    def note_moves(self, event: str, batch_id: str, moves: Mapping[str, int]) -> None:
        """Count what SES's events, or an organiser, changed after the chunks were counted; nothing for no batch."""
        counts = {f"{MOVED}{state}": count for state, count in moves.items() if count}
        if counts:
            try:
                self._table.write(Update((f"EVENT#{event}", f"BATCH#{batch_id}"), add=counts, condition=PRESENT))
            except ConditionFailed:
                return

    def write_chunks(self, plan_id: str, first: int, parts: Sequence[list[str]], expires: datetime) -> None:
        """Store chunks, numbered from ``first`` on; TTL removes them ``KEPT`` after ``expires``."""
        epoch = int((expires + KEPT).timestamp())
        self._table.put_many(
            [
                {**_named(_chunk_key(plan_id, number)), "invitees": part, "expires_at": epoch}
                for number, part in enumerate(parts, first)
            ]
        )

    def chunk(self, plan_id: str, number: int) -> Chunk:
        """One chunk. Raises NotFound: work that names a chunk must come again, not count as done."""
        key = _chunk_key(plan_id, number)
        item = self._table.get(key) or self._table.get(key, consistent=True)  # a copy may not have heard of it yet
        if item is None:
            raise NotFound(f'The plan "{plan_id}" has no chunk {number}.')
        return _chunk(item)

    def chunks(self, plan_id: str, *, counted_only: bool = False) -> Iterator[Chunk]:
        """Every chunk in order; without its recipients when only what is counted is of interest."""
        fields = ("SK", "done_at", "tally") if counted_only else ()
        for item in self._table.query_all(f"BATCH#{plan_id}", begins="CHUNK#", fields=fields):
            yield _chunk(item)

    def recipients(self, plan_id: str) -> Iterator[str]:
        for chunk in self.chunks(plan_id):
            yield from chunk.invitees

    def finish_chunk(self, plan_id: str, number: int, tally: Mapping[str, int], now: datetime) -> None:
        """Each recipient has an outcome, counted by ledger state; the first count stands, SES's events move it on."""
        first = Condition("not done yet", "attribute_exists(#PK) AND attribute_not_exists(#done_at)")
        facts = {"done_at": utc(now), "tally": dict(tally)}
        try:
            self._table.write(Update(_chunk_key(plan_id, number), facts, condition=first))
        except ConditionFailed:
            return


def due_of(batch: Batch) -> Due:
    """The row that makes the clock look after a batch: the same row, however often it starts and stops."""
    body = {"event": batch.event, "batch": batch.id}
    return Due(what="batch", reference=f"batch#{batch.id}", at=batch.accepted_at, body=body)


def _as_seen(name: str, batch: Batch, states: frozenset[BatchState]) -> Condition:
    """In one of these states, with the plan that was seen."""
    allowed = {f"from{number}": state for number, state in enumerate(sorted(states))}
    one_of = ", ".join(f":{one}" for one in allowed)
    return Condition(
        name,
        f"#state IN ({one_of}) AND #plan_id = :plan_id AND #fingerprint = :fingerprint",
        {**allowed, "plan_id": batch.plan_id, "fingerprint": batch.fingerprint},
    )


def _key(batch: Batch) -> Key:
    return f"EVENT#{batch.event}", f"BATCH#{batch.id}"


def _chunk_key(plan_id: str, number: int) -> Key:
    return f"BATCH#{plan_id}", f"CHUNK#{number:06}"


def _named(key: Key) -> Item:
    return {"PK": key[0], "SK": key[1]}


def _stored(facts: dict[str, Any]) -> Item:
    return {name: _value(value) for name, value in facts.items()}


def _value(value: Any) -> Any:
    if isinstance(value, Plan):
        return json.dumps(value.model_dump())
    return utc(value) if isinstance(value, datetime) else value


def _item(batch: Batch) -> Item:
    facts = {name: getattr(batch, name) for name in Batch.model_fields if name != "moved"}
    facts = {name: value for name, value in facts.items() if value is not None}
    return {**_named(_key(batch)), **_stored({**facts, "audience": batch.audience.model_dump()})}


def _batch(item: Item) -> Batch:
    stored = {name: item[name] for name in Batch.model_fields if name in item}
    moved = {name.removeprefix(MOVED): int(item[name]) for name in item if name.startswith(MOVED)}
    return Batch.model_validate({**stored, "plan": json.loads(item["plan"]), "moved": moved})


def _chunk(item: Item) -> Chunk:
    return Chunk(
        number=int(item["SK"].removeprefix("CHUNK#")),
        invitees=item.get("invitees", []),
        done_at=item.get("done_at"),
        tally=item.get("tally", {}),
    )
