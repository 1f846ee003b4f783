"""Addresses that get no mail any more, by hash: hard bounces and complaints.

SUPPRESSION#<hash>  META
"""

from collections.abc import Iterable
from datetime import datetime

from chalicelib.adapters.store.table import Put, Table
from chalicelib.domain.event import utc


class Suppressions:
    def __init__(self, table: Table) -> None:
        self._table = table

    def among(self, address_hashes: Iterable[str]) -> dict[str, str]:
        """Which of these are suppressed, with the reason ("bounce", "complaint"), 100 a request."""
        found = self._table.batch_get([(f"SUPPRESSION#{address}", "META") for address in address_hashes])
        return {pk.removeprefix("SUPPRESSION#"): item["reason"] for (pk, _), item in found.items()}

    def add(self, address_hash: str, reason: str, now: datetime) -> None:
        self._table.write(Put({"PK": f"SUPPRESSION#{address_hash}", "SK": "META", "reason": reason, "at": utc(now)}))
