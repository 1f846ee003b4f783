"""What the clock has to look at: rows that sort by the moment they are due, spread over a few partitions.

    DUE#<0..3>  <utc>#<reference>   what to do then

One Query per partition with "everything up to now" finds all that is due and nothing that is not, however many ticks
were missed; a row is deleted when its work is done, so nothing has to remember how far the clock came.
"""

import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from chalicelib.adapters.store.table import Delete, Key, Put, Table
from chalicelib.domain.event import utc
from chalicelib.domain.model import Model

SHARDS = 4


class Due(Model):
    """One row: ``mailing`` starts an event's mailing, ``outbox`` queues one mail that may not have reached the queue,
    ``agenda`` plans what a new agenda version has left to plan, ``batch`` looks after a batch that is planned or sent,
    ``notice`` tells the organiser of addresses that mail did not reach, ``job`` queues what the desk may not know of,
    ``places`` offers what has become free to those who wait, ``offer`` ends an offer that nobody accepted,
    ``retention`` erases everybody of an event, ``news`` tells what changed in an agenda.
    """

    what: Literal["mailing", "outbox", "agenda", "batch", "notice", "job", "places", "offer", "retention", "news"]
    reference: str
    at: datetime
    body: dict[str, Any]

    @property
    def key(self) -> Key:
        return f"DUE#{zlib.crc32(self.reference.encode()) % SHARDS}", f"{utc(self.at)}#{self.reference}"


class Dues:
    def __init__(self, table: Table) -> None:
        self._table = table

    def until(self, now: datetime) -> Iterator[Due]:
        """Everything due at ``now`` or before, oldest first within each partition.

        A row is taken as it stands: one that cannot be worked off fails by itself, and holds up no other.
        """
        for shard in range(SHARDS):
            for item in self._table.query_all(f"DUE#{shard}", until=f"{utc(now)}$"):
                at, _, reference = item["SK"].partition("#")
                stored: dict[str, Any] = {"what": item.get("what"), "body": item.get("body", {})}
                yield Due.model_construct(reference=reference, at=datetime.fromisoformat(at), **stored)

    def add(self, due: Due) -> None:
        self._table.write(due_put(due))

    def remove(self, due: Due) -> None:
        """Gone; also when it was gone before."""
        self._table.write(due_delete(due))


def due_put(due: Due) -> Put:
    pk, sk = due.key
    return Put({"PK": pk, "SK": sk, "what": due.what, "reference": due.reference, "at": utc(due.at), "body": due.body})


def due_delete(due: Due) -> Delete:
    return Delete(due.key)
