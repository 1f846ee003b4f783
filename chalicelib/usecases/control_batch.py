"""What an organiser does to a batch: approve, pause, resume, cancel. A second click gives the same answer."""

from datetime import datetime
from typing import Any

from chalicelib.domain.batch import Batch, BatchState, Fingerprint, content_of
from chalicelib.domain.errors import Conflict
from chalicelib.domain.event import Event, utc
from chalicelib.usecases.accept_batch import check_deadline, check_documents, check_time
from chalicelib.usecases.desk import Desk, audit_of
from chalicelib.usecases.feed import feed_now

POSSIBLE: dict[BatchState, str] = {
    "planning": "Wait until it is planned, or cancel it.",
    "draft": "Approve it or cancel it.",
    "sending": "Pause it or cancel it.",
    "paused": "Resume it or cancel it.",
    "cancelled": "Nothing can be done with it any more; start a new batch.",
    "complete": "Everything in it is done; start a new batch for whoever is to get another mail.",
}


def approve(desk: Desk, event_id: str, batch_id: str, fingerprint: str, who: str, now: datetime) -> Batch:
    """Start a draft, or go on with a paused batch, when ``fingerprint`` is that of its recipients and of the event now.

    Raises NotFound; Conflict with the fingerprint that can be approved, or with what is in the way; Invalid when a
    document that goes with the mail is not there.
    """
    batch, event = desk.batches.get(event_id, batch_id), desk.events.get(event_id, consistent=True)
    if batch.approved_at and batch.state in ("sending", "complete") and batch.fingerprint == fingerprint:
        return batch
    if batch.state not in ("draft", "paused"):
        raise _not_now(batch)
    current = renewed(desk, batch, event)
    if current.fingerprint != fingerprint:
        raise Conflict(_other_fingerprint(batch, current))
    check_time(desk.events.answered_until(event, batch.answer_by) if batch.answer_by else event, batch.kind, now)
    check_documents(desk.documents, event, batch.kind)
    _check_round(desk, batch)
    facts = {"fingerprint": fingerprint, "content": current.content, "approved_by": who, "approved_at": now}
    return _start(desk, batch, who, "approved", now, **facts)


def pause(desk: Desk, event_id: str, batch_id: str, reason: str, who: str, now: datetime) -> Batch:
    """Nothing is handed over any more, but for the chunks that are being sent now. Raises NotFound, Conflict."""
    batch = desk.batches.get(event_id, batch_id)
    if batch.state == "paused":
        return batch
    audit = audit_of(batch, who, "paused", now, reason)
    said = f"Paused by {who}{f': {reason}' if reason else '.'}"
    return _moved(desk, batch, "paused", desk.batches.move(batch, "paused", now, also=[audit], reason=said))


def resume(desk: Desk, event_id: str, batch_id: str, who: str, now: datetime) -> Batch:
    """Go on with what was approved. Raises NotFound; Conflict, also when the event was changed meanwhile."""
    batch, event = desk.batches.get(event_id, batch_id), desk.events.get(event_id, consistent=True)
    if batch.state == "sending":
        return batch
    if batch.state != "paused":
        raise _not_now(batch)
    if not batch.unchanged_since_approval(event):
        raise Conflict(_other_fingerprint(batch, renewed(desk, batch, event)))
    return _start(desk, batch, who, "resumed", now)


def cancel(desk: Desk, event_id: str, batch_id: str, reason: str, who: str, now: datetime) -> Batch:
    """Whoever has no mail yet gets none from this batch. Raises NotFound, Conflict."""
    batch = desk.batches.get(event_id, batch_id)
    if batch.state == "cancelled":
        return batch
    audit = audit_of(batch, who, "cancelled", now, reason)
    said = f"Cancelled by {who}{f': {reason}' if reason else '.'}"
    return _moved(desk, batch, "cancelled", desk.batches.move(batch, "cancelled", now, also=[audit], reason=said))


def extend(
    desk: Desk, event_id: str, batch_id: str, answer_by: datetime, reason: str, who: str, now: datetime
) -> Batch:
    """Another deadline for those whom this batch invites, and for nobody else: later, or earlier.

    Raises NotFound; Conflict when nobody has been invited by it yet; Invalid for a moment that makes no sense.
    """
    batch, event = desk.batches.get(event_id, batch_id), desk.events.get(event_id)
    if batch.kind not in ("invitation", "chase") or not batch.approved_at:
        raise Conflict("Nobody was invited by this batch. Post a new one with the deadline that you want.")
    check_deadline(event, answer_by, now)
    if batch.answer_by != answer_by:
        detail = f"until {utc(answer_by)}{f': {reason}' if reason else ''}"
        desk.batches.set_deadline(batch, answer_by, audit_of(batch, who, "deadline", now, detail))
    return desk.batches.get(event_id, batch_id)


def renewed(desk: Desk, batch: Batch, event: Event) -> Batch:
    """The batch as it can be approved now: the same recipients, the event as it is.

    Only a draft or a paused batch whose event was changed differs from what is stored.
    """
    if batch.state not in ("draft", "paused") or batch.unchanged_since_approval(event):
        return batch
    content = content_of(event)
    fingerprint = Fingerprint(batch, content)
    for invitee in desk.batches.recipients(batch.plan_id):
        fingerprint.add(invitee)
    return batch.model_copy(update={"content": content, "fingerprint": str(fingerprint)})


def _start(desk: Desk, batch: Batch, who: str, what: str, now: datetime, **facts: Any) -> Batch:
    """To ``sending``, from the first chunk on that is not done: what lay in the queue during a pause is gone."""
    if batch.fed:
        done = {chunk.number for chunk in desk.batches.chunks(batch.plan_id, counted_only=True) if chunk.done_at}
        facts["fed"] = next((number for number in range(batch.chunks) if number not in done), batch.chunks)
    audit = audit_of(batch, who, what, now)
    started = desk.batches.move(batch, "sending", now, also=[audit], reason="", rounds=0, **facts)
    if started:
        feed_now(desk, started, now)
    return _moved(desk, batch, "sending", started)


def _moved(desk: Desk, before: Batch, to: BatchState, after: Batch | None) -> Batch:
    """The batch after a move, also one that somebody else made a moment ago. Conflict when it was not possible."""
    standing = after or desk.batches.get(before.event, before.id)
    if standing.state != to:
        raise _not_now(standing)
    return standing


def _check_round(desk: Desk, batch: Batch) -> None:
    """A draft of an earlier round would chase people again whom a later round has just chased."""
    if batch.kind != "chase" or batch.started:
        return
    begun = (one for one in desk.batches.all(batch.event) if one.kind == "chase" and one.started)
    if any(int(one.occurrence) > int(batch.occurrence) for one in begun):
        raise Conflict("A later round of chasing has begun since this was planned. Cancel it and start a new batch.")


def _other_fingerprint(planned: Batch, current: Batch) -> str:
    if planned.fingerprint == current.fingerprint:
        return f'That is not the fingerprint of this batch. Look at its plan, then approve "{current.fingerprint}".'
    return (
        "The event was changed after this was planned. Plan it again with a new batch; or look at what was changed and "
        f'approve "{current.fingerprint}", which is this batch with the event as it is now.'
    )


def _not_now(batch: Batch) -> Conflict:
    return Conflict(f"The batch is {batch.state}. {POSSIBLE[batch.state]}")
