"""The clock: once a minute, everything due by the time it is given, each thing by a transition that happens once."""

import hashlib
import logging
import secrets
from datetime import datetime, timedelta

from chalicelib.adapters.queue import Queue
from chalicelib.adapters.store.batches import Batches
from chalicelib.adapters.store.due import Due, Dues
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.domain.batch import CHUNK, Batch, Plan
from chalicelib.domain.event import Model, utc
from chalicelib.domain.schedule import Mailing
from chalicelib.domain.work import Work, chunks_of
from chalicelib.usecases.accept_batch import Planner, start_batch
from chalicelib.usecases.publish_event import finish_publishing
from chalicelib.usecases.register import outbox_of

AGAIN = timedelta(minutes=15)
"""How long queued work has before the clock queues it once more: longer than the queue hides a message."""

ENOUGH = 20
"""How often one person's mail is queued again: five hours, after which trying is no help."""

logger = logging.getLogger(__name__)


class Ticked(Model):
    """What one tick did."""

    fired: list[str]
    skipped: list[str]
    queued_again: list[str]
    planned: list[str]
    failed: list[str]


def tick(
    events: Events, invitees: Invitees, planner: Planner, batches: Batches, dues: Dues, queue: Queue, now: datetime
) -> Ticked:
    """Do what is due at ``now``. A tick that dies, comes twice or comes late does nothing twice and forgets nothing."""
    done: dict[str, list[str]] = {"fired": [], "skipped": [], "queued_again": [], "planned": [], "failed": []}
    for due in dues.until(now):
        try:
            if due.what == "outbox":
                what = _queue_again(batches, dues, queue, due, now)
            elif due.what == "agenda":
                finish_publishing(events, due, now)
                dues.remove(due)
                what = "planned"
            else:
                what = _start(events, invitees, planner, batches, dues, queue, due, now)
            done[what].append(due.reference)
        except Exception:  # one that fails must not hold up the others; the handler makes it heard
            logger.exception("%s could not be done", due.reference)
            done["failed"].append(due.reference)
    return Ticked.model_validate(done)


def _start(
    events: Events,
    invitees: Invitees,
    planner: Planner,
    batches: Batches,
    dues: Dues,
    queue: Queue,
    due: Due,
    now: datetime,
) -> str:
    mailing = events.mailing(due.body["event"], due.body["occurrence"])
    fired = False
    if mailing and mailing.state == "planned" and utc(mailing.due_at) == utc(due.at):
        fired = _fire(events, invitees, planner, batches, dues, queue, mailing, now)
    dues.remove(due)
    return "fired" if fired else "skipped"


def _fire(
    events: Events,
    invitees: Invitees,
    planner: Planner,
    batches: Batches,
    dues: Dues,
    queue: Queue,
    mailing: Mailing,
    now: datetime,
) -> bool:
    """Start a mailing, or skip it when it is too late; True when it started.

    The batch comes first, under an id that follows from the mailing and its moment: a tick that dies before the mailing
    is marked makes the next one find the same batch again, and a mailing that is planned anew makes another one.
    """
    if now > mailing.latest_at:
        events.settle_mailing(mailing, "skipped", f"due at {utc(mailing.due_at)}, looked at only at {utc(now)}")
        return False
    if mailing.kind == "feedback":
        events.open_feedback(mailing.event, now)
    registrations = [
        r for r in invitees.registrations(mailing.event) if not mailing.session or mailing.session in r.sessions
    ]
    people = [invitee for invitee, _ in invitees.load(r.invitee for r in registrations).values()]
    occurrence = mailing.delivery_occurrence
    plan, recipients = planner.narrow(people, mailing.kind, occurrence, None)
    moment = utc(mailing.due_at)
    name = hashlib.sha256(f"{mailing.event}\0{mailing.kind}\0{occurrence}\0{moment}".encode()).hexdigest()
    start_batch(batches, dues, queue, _batch(mailing, occurrence, plan, recipients, name, now), recipients)
    events.settle_mailing(mailing, "fired")
    return True


def _batch(mailing: Mailing, occurrence: str, plan: Plan, recipients: list[str], name: str, now: datetime) -> Batch:
    return Batch(
        id=name[:20],
        event=mailing.event,
        kind=mailing.kind,
        occurrence=occurrence,
        session=mailing.session,
        plan=plan,
        chunks=-(-len(recipients) // CHUNK),
        plan_id=secrets.token_hex(10),
        accepted_at=now,
    )


def _queue_again(batches: Batches, dues: Dues, queue: Queue, due: Due, now: datetime) -> str:
    """Queue what may have been lost between the table and the queue; the ledger makes a second time harmless.

    A batch's row goes with that; one person's mail keeps a later row, which the worker takes away when it is done.
    After enough tries it is given up: the dead letter queue keeps the messages.
    """
    if "batch" in due.body:
        batch = batches.find(due.body["event"], due.body["batch"])
        works = chunks_of(batch) if batch else []
    elif due.body.get("tries", 0) >= ENOUGH:
        logger.error("given up after %d tries: %s", ENOUGH, due.reference)
        dues.remove(due)
        return "skipped"
    else:
        before = Work.model_validate(due.body)
        work = before.model_copy(update={"outbox": utc(now + AGAIN), "tries": before.tries + 1})
        dues.add(outbox_of(work))
        works = [work]
    queue.send(works)
    dues.remove(due)
    return "queued_again"
