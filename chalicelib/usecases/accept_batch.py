"""An organiser's batch: plan it, and accept it under the caller's idempotency key. Nothing is mailed in the request."""

import hashlib
import logging
import secrets
from datetime import datetime, timedelta

from chalicelib.adapters.documents import Documents
from chalicelib.adapters.queue import QueueFailed
from chalicelib.domain.agenda_times import in_words
from chalicelib.domain.batch import Batch, BatchRequest, content_of
from chalicelib.domain.errors import Conflict, Invalid, Problem
from chalicelib.domain.event import Event, Kind
from chalicelib.domain.work import Job
from chalicelib.usecases.desk import Desk, audit_of
from chalicelib.usecases.feed import feed_now
from chalicelib.usecases.planner import FIRST, TooMany

SMALL = 2_000
"""People of an event who are planned within the request; more are planned by the desk."""

ROUND = timedelta(hours=20)
"""How long a round of chasing goes on after its first batch was approved: whoever presses again chases nobody twice."""

logger = logging.getLogger(__name__)


def accept_batch(
    desk: Desk, event_id: str, request: BatchRequest, key: str, who: str, now: datetime, *, dry_run: bool
) -> Batch:
    """Plan a batch and, unless it is a dry run, store it; it is sent at once when the request approves this very plan.

    The same key gives the same batch. Raises NotFound for the event; Conflict when the key was used for another
    request, or it is not the time for this mail, or a dry run has too many people; Invalid when a document that goes
    with it was not uploaded, or nobody has such a category.
    """
    event = desk.events.get(event_id)
    batch_id = hashlib.sha256(f"{event_id}\0{key}".encode()).hexdigest()[:20]
    asked = hashlib.sha256(request.model_dump_json(exclude={"approve"}).encode()).hexdigest()[:32]
    stored = None if dry_run else desk.batches.find(event_id, batch_id)
    if stored:
        return _same(stored, asked)
    _check_audience(event, request)
    if request.answer_by:
        check_deadline(event, request.answer_by, now)
        event = desk.events.answered_until(event, request.answer_by)
    check_time(event, request.kind, now)
    check_documents(desk.documents, event, request.kind)
    unplanned = Batch(
        id=batch_id,
        event=event_id,
        kind=request.kind,
        occurrence=_occurrence(desk, event_id, request.kind, now),
        audience=request.audience,
        plan_id=secrets.token_hex(10),
        request_hash=asked,
        accepted_at=now,
        accepted_by=who,
        state="planning",
        content=content_of(event),
        wanted=request.approve,
        answer_by=request.answer_by if request.kind != "feedback" else None,
    )
    try:
        planned = desk.planner.plan(unplanned, write=not dry_run, most=SMALL)
    except TooMany:
        if dry_run:
            raise Conflict(
                f"The event has more than {SMALL} people, which takes longer than a request may. "
                "Post the batch without dry_run: it is kept as a draft, and nothing is mailed until you approve it."
            ) from None
        return _same(_plan_at_the_desk(desk, unplanned, now), asked)
    draft = planned.model_copy(update={"state": "draft"})
    return draft if dry_run else _same(_stored(desk, draft, who, now), asked)


def _stored(desk: Desk, draft: Batch, who: str, now: datetime) -> Batch:
    """The batch that stands: this one, being sent when its request approved this very plan, or one that was quicker."""
    batch, what = draft, "planned"
    if draft.wanted == draft.fingerprint:
        batch = draft.model_copy(update={"state": "sending", "approved_by": who, "approved_at": now})
        what = "approved"
    standing = desk.batches.accept(batch, [audit_of(batch, who, what, now)])
    if standing.plan_id == batch.plan_id and standing.state == "sending":
        feed_now(desk, standing, now)
    return standing


def _plan_at_the_desk(desk: Desk, batch: Batch, now: datetime) -> Batch:
    """Store the batch as it is and leave its plan to the desk; the clock asks again when nothing comes of it."""
    standing = desk.batches.accept(batch, [audit_of(batch, batch.accepted_by, "planned", now)])
    if standing.plan_id == batch.plan_id:
        ask_to_plan(desk, standing, now)
    return standing


def ask_to_plan(desk: Desk, batch: Batch, now: datetime) -> None:
    """Queue the job of planning; ``fed_at`` says when. A queue that fails is the clock's affair."""
    try:
        desk.queue.send_job(Job(what="plan", event=batch.event, id=batch.id))
    except QueueFailed:
        logger.exception("the clock will have the batch %s planned", batch.id)
        return
    desk.batches.note(batch, fed_at=now)


def _occurrence(desk: Desk, event_id: str, kind: Kind, now: datetime) -> str:
    """Invitations and feedback are one occurrence, ever; chases go in rounds."""
    if kind != "chase":
        return FIRST if kind == "invitation" else kind
    chases = [one for one in desk.batches.all(event_id) if one.kind == "chase"]
    last = max((int(one.occurrence) for one in chases if one.started or one.state != "cancelled"), default=1)
    begun = [one.approved_at or one.accepted_at for one in chases if one.started and one.occurrence == str(last)]
    return str(last if not begun or now < min(begun) + ROUND else last + 1)


def _check_audience(event: Event, request: BatchRequest) -> None:
    """A misspelt category would quietly reach nobody."""
    known = event.document.categories
    for number, category in enumerate(request.audience.categories):
        if known and category not in known:
            raise Invalid.field(f"audience.categories.{number}", f"Write one of {', '.join(known)}.")


def check_deadline(event: Event, answer_by: datetime, now: datetime) -> None:
    """Raises Invalid for a deadline that is over, or that comes after the event."""
    if answer_by <= now:
        raise Invalid.field("answer_by", "Write a moment that lies ahead.")
    if answer_by > event.document.ends_at:
        raise Invalid.field("answer_by", "Write a moment before the end of the event.")


def check_time(event: Event, kind: Kind, now: datetime) -> None:
    """Raises Conflict when this mail comes too late, or too early."""
    until = event.document.answer_until
    if kind in ("invitation", "chase") and now > until:
        raise Conflict(
            f"The deadline for answers has passed: it was at {in_words(until.astimezone(event.document.zone))}. "
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


def check_documents(documents: Documents, event: Event, kind: Kind) -> None:
    """Raises Invalid, naming each document that goes with this mail and was not uploaded."""
    wanted = event.document.goes_with(kind)
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
