"""What the organisers' side of the engine works with: planning, approving, feeding, the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.adapters.documents import Documents
from chalicelib.adapters.queue import Queue
from chalicelib.adapters.store.audit import Audit, audit_put
from chalicelib.adapters.store.batches import Batches
from chalicelib.adapters.store.due import Dues
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.ledger import Ledger
from chalicelib.adapters.store.places import Places
from chalicelib.adapters.store.rate import Pacer
from chalicelib.adapters.store.table import Put
from chalicelib.domain.batch import Audience, Batch
from chalicelib.domain.contribution import find
from chalicelib.domain.schedule import Mailing, contribution_of
from chalicelib.usecases.planner import Planner

if TYPE_CHECKING:
    from chalicelib.adapters.ses import Mailer


@dataclass(frozen=True)
class Desk:
    """The adapters; ``mailer`` is made on first use, because hardly anybody here asks SES for anything."""

    events: Events
    invitees: Invitees
    ledger: Ledger
    places: Places
    batches: Batches
    dues: Dues
    audit: Audit
    documents: Documents
    queue: Queue
    pacer: Pacer
    mailer: Callable[[], Mailer]

    @property
    def planner(self) -> Planner:
        return Planner(self.invitees, self.ledger, self.batches)

    def audience_of(self, mailing: Mailing) -> Audience:
        """Whom the clock's batch is for: those who are asked for a contribution and may come, else anybody."""
        if mailing.kind != "contribution":
            return Audience()
        asked = find(self.events.get(mailing.event).document, contribution_of(mailing.occurrence))
        return Audience(categories=asked.categories if asked else [], statuses=["no-answer", "accepted"])


def audit_of(batch: Batch, who: str, what: str, now: datetime, reason: str = "") -> Put:
    """The line of the audit log that goes with what somebody does to a batch."""
    return audit_put(batch.event, who, f"batch {what}", f"{batch.kind} {batch.id}", reason, now)
