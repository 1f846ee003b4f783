"""Batches and their chunks.

    EVENT#<e>        BATCH#<b>    the accepted batch
    BATCH#<plan id>  CHUNK#0001   up to 25 invitee ids: the outbox of a batch

Chunks are written first, under a plan id nobody else has; the batch item is the commit point. A crash in between leaves
chunks that nothing refers to, and TTL removes them.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from chalicelib.adapters.store.due import Due, due_put
from chalicelib.adapters.store.table import ABSENT, ConditionFailed, Item, Put, Table
from chalicelib.domain.batch import CHUNK, Batch
from chalicelib.domain.errors import NotFound
from chalicelib.domain.event import utc

KEPT = timedelta(days=400)


class Batches:
    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, event: str, batch_id: str) -> Batch | None:
        item = self._table.get((f"EVENT#{event}", f"BATCH#{batch_id}"), consistent=True)
        return _batch(item) if item else None

    def all(self, event: str) -> list[Batch]:
        """Every batch of an event, the clock's own too, newest first."""
        found = [_batch(item) for item in self._table.query_all(f"EVENT#{event}", begins="BATCH#")]
        return sorted(found, key=lambda batch: batch.accepted_at, reverse=True)

    def accept(self, batch: Batch, recipients: list[str], outbox: Due) -> Batch:
        """Store the batch with its chunks and its outbox row; returns the one that stands.

        When a batch of this id exists (a second press of the button), that one is returned and nothing is changed.
        """
        self._table.put_many(list(_chunk_items(batch, recipients)))
        try:
            self._table.transact([Put(_item(batch), ABSENT), due_put(outbox)])
        except ConditionFailed:
            stored = self.find(batch.event, batch.id)
            assert stored is not None
            return stored
        return batch

    def chunk(self, plan_id: str, number: int) -> list[str]:
        """The invitee ids of one chunk. Raises NotFound: work that names a chunk must come again, not count as done."""
        item = self._table.get((f"BATCH#{plan_id}", f"CHUNK#{number:04}"), consistent=True)
        if item is None:
            raise NotFound(f'The plan "{plan_id}" has no chunk {number}.')
        return list(item["invitees"])

    def recipients(self, plan_id: str) -> Iterator[str]:
        for item in self._table.query_all(f"BATCH#{plan_id}", begins="CHUNK#"):
            yield from item["invitees"]


def _chunk_items(batch: Batch, recipients: list[str]) -> Iterator[Item]:
    expires = _epoch(batch.accepted_at + KEPT)
    for number in range(batch.chunks):
        part = recipients[number * CHUNK : (number + 1) * CHUNK]
        yield {"PK": f"BATCH#{batch.plan_id}", "SK": f"CHUNK#{number:04}", "invitees": part, "expires_at": expires}


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())


def _item(batch: Batch) -> Item:
    stored = {
        **batch.model_dump(mode="json"),
        "plan": json.dumps(batch.plan.model_dump()),
        "accepted_at": utc(batch.accepted_at),
    }
    return {"PK": f"EVENT#{batch.event}", "SK": f"BATCH#{batch.id}", **stored}


def _batch(item: Item) -> Batch:
    return Batch.model_validate({**{name: item[name] for name in Batch.model_fields}, "plan": json.loads(item["plan"])})
