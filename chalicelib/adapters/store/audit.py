"""The audit log: what organisers did to an event's people and mails, and why.

EVENT#<e>  AUDIT#<time>#<n>  who, what, detail, reason
"""

import secrets
from datetime import datetime

from chalicelib.adapters.store.table import Item, Put, Table
from chalicelib.domain.event import utc
from chalicelib.domain.history import AuditEntry


class Audit:
    def __init__(self, table: Table) -> None:
        self._table = table

    def write(self, event: str, who: str, what: str, detail: str, reason: str, now: datetime) -> None:
        self._table.write(audit_put(event, who, what, detail, reason, now))

    def all(self, event: str) -> list[AuditEntry]:
        """Every entry of an event, newest first."""
        items = list(self._table.query_all(f"EVENT#{event}", begins="AUDIT#", consistent=True))
        return [_entry(item) for item in reversed(items)]


def audit_put(event: str, who: str, what: str, detail: str, reason: str, now: datetime) -> Put:
    """The write of one entry, to stand in the transaction of what was done."""
    key = {"PK": f"EVENT#{event}", "SK": f"AUDIT#{utc(now)}#{secrets.token_hex(4)}"}
    return Put({**key, "who": who, "what": what, "detail": detail, "reason": reason})


def _entry(item: Item) -> AuditEntry:
    said = {name: item[name] for name in ("who", "what", "detail", "reason")}
    return AuditEntry(at=item["SK"].split("#")[1], **said)
