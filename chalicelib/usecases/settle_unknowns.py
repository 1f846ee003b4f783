"""An organiser decides what became of mails of which SES told nothing: they were sent, or they were not."""

from datetime import datetime
from typing import Literal

from chalicelib.domain.batch import Batch, Chunk
from chalicelib.domain.delivery import SETTLED_WITHIN, Delivery, State
from chalicelib.usecases.desk import Desk

Decision = Literal["sent", "not-sent"]


def settle_unknowns(
    desk: Desk, event_id: str, batch_id: str, decision: Decision, reason: str, who: str, now: datetime
) -> tuple[int, int]:
    """Settle the unknown deliveries of a batch that are older than SES's events may be late: how many were settled, and
    how many are too young. Those "not-sent" become failed, so that a new batch reaches them. Raises NotFound.
    """
    batch = desk.batches.get(event_id, batch_id)
    state: State = "sent" if decision == "sent" else "failed"
    unknown = [line for chunk in desk.batches.chunks(batch.plan_id) for line in _unknown(desk, batch, chunk, now)]
    old = [line for line in unknown if line.claimed_at is None or line.claimed_at < now - SETTLED_WITHIN]
    if old:
        detail = f"{batch.kind} {batch.id}"
        desk.audit.write(event_id, who, f"batch unknowns are {decision}", detail, reason, now)
    said = f"{decision}, decided by {who}: {reason}"
    settled = sum(desk.ledger.decide((line.invitee, line.kind, line.occurrence), state, said, now) for line in old)
    desk.batches.note_moves(event_id, batch_id, {"unknown": -settled, state: settled})
    return settled, len(unknown) - settled


def _unknown(desk: Desk, batch: Batch, chunk: Chunk, now: datetime) -> list[Delivery]:
    """The unknown lines of one chunk; one that is done was counted, and is read only when some are unknown.

    A claim whose worker died is unknown as well, though in a batch that was stopped no other worker came to find it.
    """
    if chunk.done_at and not chunk.tally.get("unknown"):
        return []
    lines = desk.ledger.lines((invitee, batch.kind, batch.occurrence) for invitee in chunk.invitees)
    ours = [desk.ledger.bury(line, now) for line in lines.values() if line.batch == batch.id]
    return [line for line in ours if line.state == "unknown"]
