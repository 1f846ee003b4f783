"""The desk plans a batch for more people than a request, or the clock, has time for."""

import secrets
from datetime import datetime

from chalicelib.domain.batch import Batch
from chalicelib.usecases.desk import Desk, audit_of
from chalicelib.usecases.feed import feed_now
from chalicelib.usecases.plan_mailing import go_on_later, plan_mailing


def plan_batch(desk: Desk, event_id: str, batch_id: str, now: datetime) -> Batch | None:
    """Plan a batch that waits for it. It becomes a draft, or is sent: when its request approved this very plan, or when
    it is the clock's. Which of the two is one write: a draft has nobody who would see that it should be sent.

    Whoever plans does so under a plan id of their own, so that one that died, or the same job at the same time, leaves
    nothing but chunks that nobody refers to; TTL removes them. A job that comes late or twice changes nothing: the
    batch is returned as it is, None when there is none.
    """
    batch = desk.batches.find(event_id, batch_id)
    if batch is None or batch.state != "planning":
        return batch
    fresh = batch.model_copy(update={"plan_id": secrets.token_hex(10)})
    if _of_the_clock(batch):
        planned = plan_mailing(desk, fresh, now, write=True)
        if planned.resumes_at:  # before the batch moves on: a job that died is done again
            go_on_later(desk, planned)
    else:
        planned = desk.planner.plan(fresh, write=True)
    facts = planned.model_dump(include={"plan_id", "chunks", "fingerprint"})
    facts |= {"plan": planned.plan, "fed_at": None, "rounds": 0, "reason": ""}
    facts |= {"resumes_at": planned.resumes_at} if planned.resumes_at else {}
    if not _of_the_clock(batch) and batch.wanted != planned.fingerprint:
        return desk.batches.move(batch, "draft", now, **facts)
    who = batch.accepted_by
    audit = [audit_of(batch, who, "approved", now, "its request named this plan")] if who else []
    started = desk.batches.move(batch, "sending", now, also=audit, **facts, approved_by=who, approved_at=now)
    if started:
        feed_now(desk, started, now)
    return started


def _of_the_clock(batch: Batch) -> bool:
    return not batch.accepted_by
