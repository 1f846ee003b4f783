"""How a batch is coming along: what is counted is what is known of each person."""

from collections import Counter

from chalicelib.domain.batch import Batch, Progress
from chalicelib.domain.delivery import GIVEN_UP
from chalicelib.usecases.control_batch import renewed
from chalicelib.usecases.desk import Desk

EXACT = 50
"""Chunks up to which each person's line is read; beyond, what the workers and SES's events counted is added up."""


def read_batch(desk: Desk, event_id: str, batch_id: str) -> tuple[Batch, Progress]:
    """The batch, with the fingerprint that can be approved now, and its outcome counts, which add up to the plan.

    Up to 100 chunks they are read from the ledger, so they also count those whom another batch mailed; above they are
    the chunks' own counts. Raises NotFound.
    """
    batch = desk.batches.get(event_id, batch_id)
    if batch.state in ("planning", "draft"):
        progress = Progress(waiting=batch.plan.to_send)
    elif batch.chunks <= EXACT:
        progress = _of_the_ledger(desk, batch)
    else:
        progress = _of_the_chunks(desk, batch)
    return renewed(desk, batch, desk.events.get(event_id)), progress


def _of_the_ledger(desk: Desk, batch: Batch) -> Progress:
    """What another batch gave up waits for this one, until its chunk is done."""
    done = {i: chunk.done_at is not None for chunk in desk.batches.chunks(batch.plan_id) for i in chunk.invitees}
    lines = desk.ledger.lines((invitee, batch.kind, batch.occurrence) for invitee in done)
    counts = Counter(waiting=len(done) - len(lines))
    for line in lines.values():
        anew = line.state in GIVEN_UP and line.batch != batch.id and not done[line.invitee]
        counts["waiting" if anew else line.state] += 1
    return Progress(**counts)


def _of_the_chunks(desk: Desk, batch: Batch) -> Progress:
    """Workers count what they hand over as sent; an event that came before they had written that moves it as well."""
    counts = Counter(batch.moved)
    counts["sent"] += counts.pop("sending", 0)
    for chunk in desk.batches.chunks(batch.plan_id, counted_only=True):
        counts.update(chunk.tally)
    known = {name: max(0, counts[name]) for name in Progress.model_fields}
    known["waiting"] = max(0, batch.plan.to_send - sum(known.values()))
    return Progress(**known)
