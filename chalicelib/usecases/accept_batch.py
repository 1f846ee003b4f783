"""An organiser's batch: plan it, and accept it under the caller's idempotency key. Nothing is mailed here."""

import hashlib
import secrets
from datetime import datetime, timedelta

from chalicelib.adapters.links import Links
from chalicelib.adapters.queue import Queue
from chalicelib.adapters.store.batches import Batches
from chalicelib.adapters.store.due import Due, Dues
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.ledger import Ledger
from chalicelib.adapters.store.suppressions import Suppressions
from chalicelib.domain.address import address_key
from chalicelib.domain.batch import CHUNK, Batch, BatchRequest, Plan
from chalicelib.domain.delivery import CAN_LEAVE
from chalicelib.domain.errors import Conflict
from chalicelib.domain.event import Kind
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.work import chunks_of

FIRST = "1"
"""The occurrence of the invitation: there is one, ever, per person."""

GRACE = timedelta(minutes=2)
"""How long after accepting the clock looks whether the batch reached the queue."""


class Planner:
    """Finds out who of an audience will get a mail, and why the others will not."""

    def __init__(self, invitees: Invitees, ledger: Ledger, suppressions: Suppressions, links: Links) -> None:
        self._invitees, self._ledger, self._suppressions, self._links = invitees, ledger, suppressions, links

    def plan(self, event: str, request: BatchRequest, occurrence: str) -> tuple[Plan, list[str]]:
        """The counts, and the ids of those who will get it, in a stable order."""
        audience = [invitee for invitee in self._invitees.all(event) if request.audience.includes(invitee)]
        return self.narrow(
            audience, request.kind, occurrence, self._registered(event) if request.kind == "feedback" else None
        )

    def narrow(
        self, audience: list[Invitee], kind: Kind, occurrence: str, registered: set[str] | None
    ) -> tuple[Plan, list[str]]:
        """Class each person of an audience once; the first reason not to mail counts."""
        hashes = {invitee.id: self._links.address_hash(address_key(invitee.email)) for invitee in audience}
        suppressed = self._suppressions.among(hashes.values())
        standing = self._ledger.states([(i.id, kind, occurrence) for i in audience])
        invited = self._ledger.states([(i.id, "invitation", FIRST) for i in audience]) if kind == "chase" else {}
        counts, recipients = {name: 0 for name in Plan.model_fields}, []
        for invitee in audience:
            fate = (
                "suppressed"
                if hashes[invitee.id] in suppressed
                else "left"
                if kind in CAN_LEAVE and "invitations" in invitee.left
                else "already_sent"
                if (invitee.id, kind, occurrence) in standing
                else "not_invited"
                if kind == "chase" and (invitee.id, "invitation", FIRST) not in invited
                else "already_answered"
                if kind == "chase" and invitee.rsvp != "needs-action"
                else "not_registered"
                if registered is not None and invitee.id not in registered
                else "to_send"
            )
            counts[fate] += 1
            if fate == "to_send":
                recipients.append(invitee.id)
        return Plan(**{**counts, "audience": len(audience)}), recipients

    def _registered(self, event: str) -> set[str]:
        return {registration.invitee for registration in self._invitees.registrations(event)}


def accept_batch(
    events: Events,
    planner: Planner,
    batches: Batches,
    dues: Dues,
    queue: Queue,
    event_id: str,
    request: BatchRequest,
    key: str,
    now: datetime,
    *,
    dry_run: bool,
) -> Batch:
    """Plan a batch and, unless it is a dry run, store and queue it. The same key gives the same batch.

    Raises NotFound for the event; Conflict when the key was used for another request.
    """
    events.get(event_id)
    batch_id = hashlib.sha256(f"{event_id}\0{key}".encode()).hexdigest()[:20]
    asked = hashlib.sha256(request.model_dump_json().encode()).hexdigest()[:32]
    stored = None if dry_run else batches.find(event_id, batch_id)
    if stored:
        return _same(stored, asked)
    occurrence = batch_id if request.kind == "chase" else FIRST if request.kind == "invitation" else request.kind
    plan, recipients = planner.plan(event_id, request, occurrence)
    batch = Batch(
        id=batch_id,
        event=event_id,
        kind=request.kind,
        occurrence=occurrence,
        plan=plan,
        request_hash=asked,
        chunks=-(-len(recipients) // CHUNK),
        plan_id=secrets.token_hex(10),
        accepted_at=now,
    )
    if dry_run:
        return batch
    standing = start_batch(batches, dues, queue, batch, recipients)
    return _same(standing, asked)


def start_batch(batches: Batches, dues: Dues, queue: Queue, batch: Batch, recipients: list[str]) -> Batch:
    """Store a batch with its outbox row, queue its chunks, take the row away. The clock catches up a crash."""
    outbox = Due(
        what="outbox",
        reference=f"batch#{batch.id}",
        at=batch.accepted_at + GRACE,
        body={"event": batch.event, "batch": batch.id},
    )
    standing = batches.accept(batch, recipients, outbox)
    if standing.plan_id == batch.plan_id:
        queue.send(chunks_of(batch))
        dues.remove(outbox)
    return standing


def _same(batch: Batch, asked: str) -> Batch:
    if batch.request_hash != asked:
        raise Conflict("This Idempotency-Key was used for another request. Send a new key for a new batch.")
    return batch
