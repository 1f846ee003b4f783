"""An organiser's batch: plan it, and accept it under the caller's idempotency key. Nothing is mailed here."""

import hashlib
import logging
import secrets
from datetime import datetime, timedelta

from chalicelib.adapters.documents import Documents
from chalicelib.adapters.links import Links
from chalicelib.adapters.queue import Queue, QueueFailed
from chalicelib.adapters.store.batches import Batches
from chalicelib.adapters.store.due import Due, Dues
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.ledger import Ledger
from chalicelib.adapters.store.suppressions import Suppressions
from chalicelib.domain.address import address_key
from chalicelib.domain.batch import CHUNK, Batch, BatchRequest, Plan
from chalicelib.domain.delivery import CAN_LEAVE, GIVEN_UP
from chalicelib.domain.errors import Conflict, Invalid, Problem
from chalicelib.domain.event import Event, Kind
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
        """Class each person of an audience once; the first reason not to mail counts.

        Who was given up, because the mail failed or was skipped, got nothing: a new batch may mail them.
        """
        hashes = {invitee.id: self._links.address_hash(address_key(invitee.email)) for invitee in audience}
        suppressed = self._suppressions.among(hashes.values())
        standing = self._mailed(audience, kind, occurrence)
        invited = self._mailed(audience, "invitation", FIRST) if kind == "chase" else set()
        counts, recipients = {name: 0 for name in Plan.model_fields}, []
        for invitee in audience:
            fate = (
                "suppressed"
                if hashes[invitee.id] in suppressed
                else "left"
                if kind in CAN_LEAVE and "invitations" in invitee.left
                else "already_sent"
                if invitee.id in standing
                else "not_invited"
                if kind == "chase" and invitee.id not in invited
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

    def _mailed(self, audience: list[Invitee], kind: Kind, occurrence: str) -> set[str]:
        """Those who got this mail, may have got it, or are getting it now."""
        states = self._ledger.states([(invitee.id, kind, occurrence) for invitee in audience])
        return {invitee for (invitee, _, _), state in states.items() if state not in GIVEN_UP}

    def _registered(self, event: str) -> set[str]:
        return {registration.invitee for registration in self._invitees.registrations(event)}


def accept_batch(
    events: Events,
    planner: Planner,
    batches: Batches,
    dues: Dues,
    queue: Queue,
    documents: Documents,
    event_id: str,
    request: BatchRequest,
    key: str,
    now: datetime,
    *,
    dry_run: bool,
) -> Batch:
    """Plan a batch and, unless it is a dry run, store and queue it. The same key gives the same batch.

    Raises NotFound for the event; Conflict when the key was used for another request, or it is not the time for this
    mail; Invalid when a document that goes with it was not uploaded.
    """
    event = events.get(event_id)
    batch_id = hashlib.sha256(f"{event_id}\0{key}".encode()).hexdigest()[:20]
    asked = hashlib.sha256(request.model_dump_json().encode()).hexdigest()[:32]
    stored = None if dry_run else batches.find(event_id, batch_id)
    if stored:
        return _same(stored, asked)
    _check_audience(event, request)
    _check_time(event, request.kind, now)
    _check_documents(documents, event, request.kind)
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


def _check_audience(event: Event, request: BatchRequest) -> None:
    """A misspelt category would quietly reach nobody."""
    known = event.document.categories
    for number, category in enumerate(request.audience.categories):
        if known and category not in known:
            raise Invalid.field(f"audience.categories.{number}", f"Write one of {', '.join(known)}.")


def start_batch(batches: Batches, dues: Dues, queue: Queue, batch: Batch, recipients: list[str]) -> Batch:
    """Store a batch with its outbox row, queue its chunks, take the row away. The clock catches up a crash.

    From the moment it is stored the batch is accepted: a queue that fails then is the clock's affair.
    """
    outbox = Due(
        what="outbox",
        reference=f"batch#{batch.id}",
        at=batch.accepted_at + GRACE,
        body={"event": batch.event, "batch": batch.id},
    )
    standing = batches.accept(batch, recipients, outbox)
    if standing.plan_id == batch.plan_id:
        try:
            queue.send(chunks_of(batch))
        except QueueFailed:
            logging.getLogger(__name__).exception("the clock will queue the batch %s", batch.id)
            return standing
        dues.remove(outbox)
    return standing


def _check_time(event: Event, kind: Kind, now: datetime) -> None:
    until = event.document.answer_until
    if kind in ("invitation", "chase") and now > until:
        raise Conflict(
            f"The deadline for answers has passed ({until:%Y-%m-%d %H:%M}, {event.document.time_zone}). "
            'Publish the event with a later "answer_by" first.'
        )
    if kind == "feedback" and event.document.feedback is None:
        raise Conflict(
            "The event has no feedback form. Publish it with one; the clock asks for feedback by itself after the end."
        )
    if kind == "feedback" and event.feedback_opened_at is None:
        raise Conflict(
            "The clock asks for feedback by itself after the end; the form is not open yet. "
            "A batch can ask those whom the clock's own request did not reach."
        )


def _check_documents(documents: Documents, event: Event, kind: Kind) -> None:
    wanted = event.document.attachments.get(kind, [])
    missing = [
        document.id
        for document in event.document.documents
        if document.id in wanted and not documents.has_document(event.id, document.id, event.document.languages)
    ]
    if missing:
        raise Invalid(
            "A document that goes with this mail is not there.",
            [
                Problem(field=f"documents.{name}", message="Upload it, or take it out of attachments.")
                for name in missing
            ],
        )


def _same(batch: Batch, asked: str) -> Batch:
    if batch.request_hash != asked:
        raise Conflict("This Idempotency-Key was used for another request. Send a new key for a new batch.")
    return batch
