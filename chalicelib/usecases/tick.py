"""The clock: once a minute, everything due by the time it is given, each thing by a transition that happens once."""

import hashlib
import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import Field

from chalicelib.adapters.store.due import Due
from chalicelib.adapters.store.listings import BEGINNING
from chalicelib.domain.batch import Batch
from chalicelib.domain.erasure import kept_until
from chalicelib.domain.event import utc
from chalicelib.domain.model import Model
from chalicelib.domain.schedule import Mailing
from chalicelib.domain.work import Job, Work
from chalicelib.usecases.accept_batch import SMALL, ask_to_plan
from chalicelib.usecases.desk import Desk
from chalicelib.usecases.feed import ROUNDS, feed, finish
from chalicelib.usecases.fill_places import end_offer, fill_places
from chalicelib.usecases.limits import learn_limits
from chalicelib.usecases.notice import send_notice
from chalicelib.usecases.outbox import outbox_of
from chalicelib.usecases.plan_mailing import go_on_later, plan_mailing
from chalicelib.usecases.planner import TooMany
from chalicelib.usecases.publish_event import finish_publishing
from chalicelib.usecases.tell_changes import tell_changes

AGAIN = timedelta(minutes=15)
"""How long one person's mail has before the clock queues it once more: longer than the queue hides a message."""

ENOUGH = 20
"""How often one person's mail is queued again: five hours, after which trying is no help."""

PLANNED_WITHIN = timedelta(minutes=20)
"""How long the desk has for a plan before it is asked again: longer than its function may run."""

logger = logging.getLogger(__name__)


class Ticked(Model):
    """What one tick did, by the references of its rows; ``stuck`` was tried often enough."""

    fired: list[str] = Field(default_factory=list)
    skipped: list[str] = Field(default_factory=list)
    queued_again: list[str] = Field(default_factory=list)
    planned: list[str] = Field(default_factory=list)
    noticed: list[str] = Field(default_factory=list)
    filled: list[str] = Field(default_factory=list)
    ended: list[str] = Field(default_factory=list)
    told: list[str] = Field(default_factory=list)
    fed: list[str] = Field(default_factory=list)
    completed: list[str] = Field(default_factory=list)
    stuck: list[str] = Field(default_factory=list)
    failed: list[str] = Field(default_factory=list)


def tick(desk: Desk, now: datetime) -> Ticked:
    """Do what is due at ``now``. A tick that dies, comes twice or comes late does nothing twice and forgets nothing.

    Batches that are being sent come last and together, because they share what room there is.
    """
    done, sending, freed = Ticked(), dict[str, Batch](), dict[str, list[Due]]()

    def one(reference: str, do: Callable[[], str]) -> None:
        """One that fails must not hold up the others; the handler makes it heard."""
        try:
            what = do()
        except Exception:
            logger.exception("%s could not be done", reference)
            what = "failed"
        if what:
            getattr(done, what).append(reference)

    for due in desk.dues.until(now):
        if due.what == "places":
            freed.setdefault(due.body["event"], []).append(due)
        else:
            one(due.reference, lambda due=due: _do(desk, due, sending, now))  # type: ignore[misc]
    for event, rows in freed.items():
        one(f"{event}#places", lambda event=event, rows=rows: _fill(desk, event, rows, now))  # type: ignore[misc]
    if sending:
        one("limits", lambda: _learn(desk, now))
        hungry = [batch for batch in sending.values() if batch.fed < batch.chunks]
        if hungry:
            one(", ".join(f"batch#{batch.id}" for batch in hungry), lambda: _feed(desk, hungry, now))
        for batch in sending.values():
            if batch.fed >= batch.chunks:
                one(f"batch#{batch.id}", lambda batch=batch: finish(desk, batch, now))  # type: ignore[misc]
    return done


def _do(desk: Desk, due: Due, sending: dict[str, Batch], now: datetime) -> str:
    """One row; batches that are being sent are put to ``sending``."""
    if due.what == "batch":
        return _look_after(desk, due, sending, now)
    if due.what == "outbox":
        return _queue_again(desk, due, now)
    if due.what == "job":  # the row goes when the job is done
        desk.queue.send_job(Job.model_validate(due.body))
        return "queued_again"
    if due.what == "agenda":
        finish_publishing(desk.events, due, now)
        desk.dues.remove(due)
        return "planned"
    if due.what == "offer":
        ended = end_offer(desk, due, now)
        desk.dues.remove(due)
        return "ended" if ended else "skipped"
    if due.what == "retention":
        return _retain(desk, due, now)
    if due.what == "news":
        became = tell_changes(desk, due, now)
        if became == "later":
            return ""
        desk.dues.remove(due)
        return became
    if due.what == "notice":
        send_notice(desk, due, now)
        return "noticed"
    return _start(desk, due, sending, now)


def _fill(desk: Desk, event: str, rows: list[Due], now: datetime) -> str:
    """Offer what is free, once for all the rows that ask for it; they stay while somebody is in the way."""
    if fill_places(desk, event, now):
        for due in rows:
            desk.dues.remove(due)
    return "filled"


def _learn(desk: Desk, now: datetime) -> str:
    learn_limits(desk.mailer(), desk.pacer, now)
    return ""


def _feed(desk: Desk, hungry: list[Batch], now: datetime) -> str:
    feed(desk, hungry, now)
    return "fed"


def _retain(desk: Desk, due: Due, now: datetime) -> str:
    """The desk erases everybody of an event whose time is over; the clock asks again until nobody is left."""
    event = desk.events.find(due.body["event"])
    people, _ = desk.invitees.page(due.body["event"], 1, BEGINNING)
    if event is None or now < kept_until(event.document) or not people:
        desk.dues.remove(due)
        return "skipped"
    desk.dues.add(due.model_copy(update={"at": now + PLANNED_WITHIN}))
    desk.queue.send_job(Job(what="erase", event=event.id, id=""))
    desk.dues.remove(due)
    return "queued_again"


def _look_after(desk: Desk, due: Due, sending: dict[str, Batch], now: datetime) -> str:
    batch = desk.batches.find(due.body["event"], due.body["batch"])
    if batch and batch.state == "sending":
        sending[batch.id] = batch
    elif batch and batch.state == "planning":
        return _plan_again(desk, batch, now)
    elif batch is None:  # a batch that rests has no row: both are written together
        desk.dues.remove(due)
        return "skipped"
    return ""


def _plan_again(desk: Desk, batch: Batch, now: datetime) -> str:
    """Ask the desk for a plan that never came, a few times."""
    if batch.fed_at and now < batch.fed_at + PLANNED_WITHIN:
        return ""
    if batch.rounds < ROUNDS:
        if batch.fed_at:
            desk.batches.note(batch, rounds=batch.rounds + 1)
        ask_to_plan(desk, batch, now)
        return "queued_again"
    reason = "It could not be planned. Look at the log of the desk function, then cancel it and post a new one."
    logger.error("batch %s of %s: %s", batch.id, batch.event, reason)
    desk.batches.note(batch, reason=reason, fed_at=now)
    return "stuck"


def _start(desk: Desk, due: Due, sending: dict[str, Batch], now: datetime) -> str:
    mailing = desk.events.mailing(due.body["event"], due.body["occurrence"])
    batch = None
    if mailing and mailing.state == "planned" and utc(mailing.at) == utc(due.at):
        batch = _fire(desk, mailing, now)
    desk.dues.remove(due)
    if batch and batch.state == "sending":
        sending[batch.id] = batch
    return "fired" if batch else "skipped"


def _fire(desk: Desk, mailing: Mailing, now: datetime) -> Batch | None:
    """Start a mailing, or skip it when it is too late, which gives None.

    The batch comes first, under an id that follows from the mailing and its moment: a tick that dies before the mailing
    is marked makes the next one find the same batch again, and a mailing that is planned anew makes another one.
    """
    if mailing.fate(now) == "skipped":
        desk.events.settle_mailing(mailing, "skipped", f"due at {utc(mailing.at)}, looked at only at {utc(now)}")
        return None
    if mailing.kind == "feedback":
        desk.events.open_feedback(mailing.event, now)
    occurrence = mailing.delivery_occurrence
    name = f"{mailing.event}\0{mailing.kind}\0{occurrence}\0{utc(mailing.at)}"
    batch_id = hashlib.sha256(name.encode()).hexdigest()[:20]
    batch = desk.batches.find(mailing.event, batch_id)
    if batch is None:
        batch = Batch(
            id=batch_id,
            event=mailing.event,
            kind=mailing.kind,
            occurrence=occurrence,
            audience=desk.audience_of(mailing),
            session=mailing.session,
            plan_id=secrets.token_hex(10),
            accepted_at=now,
        )
        batch = _planned(desk, batch, now)
    if batch.resumes_at:
        go_on_later(desk, batch)
    else:
        desk.events.settle_mailing(mailing, "fired")
    return batch


def _planned(desk: Desk, batch: Batch, now: datetime) -> Batch:
    """A mailing's batch as it is stored: being sent, or being planned by the desk when it is for many people."""
    try:
        return desk.batches.accept(plan_mailing(desk, batch, now, write=True, most=SMALL))
    except TooMany:
        stored = desk.batches.accept(batch.model_copy(update={"state": "planning"}))
        ask_to_plan(desk, stored, now)
        return stored


def _queue_again(desk: Desk, due: Due, now: datetime) -> str:
    """Queue one person's mail that may have been lost between the table and the queue; the ledger makes a second time
    harmless. A later row takes the place of this one, until the worker takes it away or it is given up.
    """
    if due.body.get("tries", 0) >= ENOUGH:
        logger.error("given up after %d tries: %s", ENOUGH, due.reference)
        desk.dues.remove(due)
        return "stuck"
    before = Work.model_validate(due.body)
    work = before.model_copy(update={"outbox": utc(now + AGAIN), "tries": before.tries + 1})
    desk.dues.add(outbox_of(work))
    desk.queue.send([work])
    desk.dues.remove(due)
    return "queued_again"
