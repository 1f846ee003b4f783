"""Deliver the mails that a piece of work names: choose, take slots, and send, several at the same time.

What stands in the ledger decides, so the same work may come twice, to two workers, or after a crash.

    work -> batch (paused, cancelled, changed: nothing) -> chunk (done: nothing) -> people -> slots -> send -> tally
"""

import logging
import math
import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from chalicelib.adapters.ses import Misconfigured
from chalicelib.adapters.store.rate import Unasked
from chalicelib.domain.batch import Batch
from chalicelib.domain.delivery import SETTLED_WITHIN
from chalicelib.domain.event import Event, utc
from chalicelib.domain.pace import Full, Slots
from chalicelib.domain.work import Work
from chalicelib.usecases.choose import choose
from chalicelib.usecases.limits import learn_limits
from chalicelib.usecases.outbox import outbox_of
from chalicelib.usecases.send import Outcome, Parcel, Post, send

LATER = 30
"""Seconds until work comes back of which a part is in another worker's hands, or was not accepted by SES."""

AFTER_EVENTS = int(SETTLED_WITHIN.total_seconds()) + 10
"""Seconds until work comes back of which a part is unknown and may go once more."""

ROUNDS = 4
"""How often one pass takes slots for somebody whom SES throttled."""

NOT_LOST = timedelta(minutes=15)
"""How long after its time a message that was put off is taken for lost, and the clock queues it again."""

CHANGED = "The event was changed after the batch was approved. Approve it again."

Clock = Callable[[], datetime]

logger = logging.getLogger(__name__)


def deliver(
    post: Post,
    work: Work,
    now: Clock,
    enough_time: Callable[[], bool],
    *,
    repeated: bool = False,
    last: bool = False,
) -> dict[str, int]:
    """Work off one piece; returns how many recipients stand where. What was not finished is queued again.

    ``repeated``: the queue gave this work before; ``last``: it will not do so again. Raises what the table, S3 or the
    typesetter raise, when everybody else has been served: then the queue gives the whole piece again, and the ledger
    knows who is done. Raises Misconfigured at once, because it holds up everybody.
    """
    event = post.events.get(work.event)
    if work.batch:
        approved = _approved(post, event, work, now())
        if approved is None:
            return _buried(post, work, now()) if repeated else {}
        event = approved
    ids = [work.invitee] if work.invitee else _recipients(post, work)
    outcomes, parcels = choose(post, event, work, ids, now, repeated or work.put_off)
    wait, troubles = _send_all(post, event, work, parcels, outcomes, now, enough_time, last)
    if troubles:
        raise troubles[0]
    _follow_up(post, work, outcomes, wait, now())
    return dict(Counter(outcome.state or "waiting" for outcome in outcomes.values()))


def _approved(post: Post, event: Event, work: Work, now: datetime) -> Event | None:
    """The event that the batch is to be sent with, None when it is not. A batch whose content is not what was approved
    is paused; a copy of the table may be late, so the event is looked at twice.
    """
    batch: Batch | None = post.batches.find(work.event, work.batch)
    if batch is None or batch.state != "sending":
        return None
    if not batch.unchanged_since_approval(event):
        event = post.events.get(work.event, consistent=True)
    if batch.unchanged_since_approval(event):
        return post.events.answered_until(event, batch.answer_by) if batch.answer_by else event
    post.batches.move(batch, "paused", now, reason=CHANGED)
    return None


def _buried(post: Post, work: Work, now: datetime) -> dict[str, int]:
    """A worker died with this chunk, and its batch was stopped since: no other pass finds what the dead one held."""
    lines = post.ledger.lines((i, work.kind, work.occurrence) for i in _recipients(post, work)).values()
    return dict(Counter(post.ledger.bury(one, now).state for one in lines if one.batch == work.batch))


def _recipients(post: Post, work: Work) -> list[str]:
    chunk = post.batches.chunk(work.plan_id, work.chunk)
    return [] if chunk.done_at else chunk.invitees


def _send_all(
    post: Post,
    event: Event,
    work: Work,
    parcels: dict[str, Parcel],
    outcomes: dict[str, Outcome],
    now: Clock,
    enough_time: Callable[[], bool],
    last: bool,
) -> tuple[float, list[Exception]]:
    """Send the parcels in slots, and write into ``outcomes`` what came of each.

    Returns how many seconds the rest should wait, 0 when there is none, and one recipient's trouble that must not hold
    up the others.
    """
    troubles: list[Exception] = []
    waiting, rounds = list(parcels), Counter[str]()
    while waiting and enough_time():
        slots = _slots(post, len(waiting), work.urgent, now())
        if isinstance(slots, Full):
            outcomes.update((i, Outcome(None, again=True)) for i in waiting)
            return max(1.0, slots.wait), troubles
        ready, waiting = waiting[: slots.count], waiting[slots.count :]
        timed = {i: parcels[i].at(slots[n]) for n, i in enumerate(ready)}
        for i, outcome in _overlapped(post, event, timed, now, enough_time, last, troubles):
            outcomes[i] = outcome
            if outcome.state is None and rounds[i] < ROUNDS - 1:
                rounds[i] += 1
                waiting.append(i)
    outcomes.update((i, Outcome(None, again=True)) for i in waiting)
    return (0.0 if enough_time() else 1.0), troubles


def _slots(post: Post, count: int, urgent: bool, now: datetime) -> Slots | Full:
    try:
        return post.pacer.reserve(count, urgent, post.micros())
    except Unasked:
        learn_limits(post.mailer, post.pacer, now)
        return post.pacer.reserve(count, urgent, post.micros())


def _overlapped(
    post: Post,
    event: Event,
    parcels: dict[str, Parcel],
    now: Clock,
    enough_time: Callable[[], bool],
    last: bool,
    troubles: list[Exception],
) -> Iterator[tuple[str, Outcome]]:
    """Each recipient's outcome; those who met trouble are left out. Raises Misconfigured when nobody sends any more."""
    stopped = threading.Event()

    def one(parcel: Parcel) -> Outcome:
        try:
            return send(post, event, parcel, now, lambda: enough_time() and not stopped.is_set(), last)
        except Misconfigured:
            stopped.set()
            raise

    with _senders(post.senders) as submit:
        passes = [(i, submit(one, parcel)) for i, parcel in parcels.items()]
        for i, done in passes:
            try:
                yield i, done.result()
            except Misconfigured:
                raise
            except Exception as trouble:  # one recipient's trouble must not hold up the others
                logger.exception("the mail to %s is not done", i)
                troubles.append(trouble)


@contextmanager
def _senders(count: int) -> Iterator[Callable[[Callable[[Parcel], Outcome], Parcel], Future[Outcome]]]:
    """Something to submit passes to: threads, because sending is waiting; one after the other when there is one."""
    if count == 1:
        yield _at_once
    else:
        with ThreadPoolExecutor(count, initializer=_on_one_core, initargs=(_any_core(),)) as threads:
            yield threads.submit


def _any_core() -> set[int]:
    """One of those that this process may use; none where the system does not say."""
    try:
        return {random.choice(sorted(os.sched_getaffinity(0)))}
    except (AttributeError, OSError):
        return set()


def _on_one_core(core: set[int]) -> None:
    """For this thread. Python runs one of them at a time, and handing over between cores is a quarter of a mail's CPU
    (decision 23).
    """
    if core:
        with suppress(OSError):
            os.sched_setaffinity(0, core)


def _at_once(one: Callable[[Parcel], Outcome], parcel: Parcel) -> Future[Outcome]:
    done: Future[Outcome] = Future()
    try:
        done.set_result(one(parcel))
    except Exception as trouble:
        done.set_exception(trouble)
    return done


def _follow_up(post: Post, work: Work, outcomes: dict[str, Outcome], wait: float, now: datetime) -> None:
    """Queue the piece once more while somebody is not done; else write down that it is."""
    unfinished = [outcome for outcome in outcomes.values() if outcome.again]
    if unfinished:
        unknown = all(outcome.state == "unknown" for outcome in unfinished)
        _put_off(post, work, AFTER_EVENTS if unknown else math.ceil(wait) or LATER, now)
    elif work.outbox:
        post.dues.remove(outbox_of(work))
    elif work.batch and outcomes:
        tally = Counter[str](outcome.handed_over for outcome in outcomes.values() if outcome.handed_over)
        post.batches.finish_chunk(work.plan_id, work.chunk, tally, now)


def _put_off(post: Post, work: Work, seconds: int, now: datetime) -> None:
    """Queue the piece for later; the row that promises it goes with it, or the clock would add a copy of its own."""
    if not work.outbox:
        post.queue.send([work.model_copy(update={"put_off": True})], delay=seconds)
        return
    due = utc(now + timedelta(seconds=seconds) + NOT_LOST)
    later = work.model_copy(update={"outbox": due, "put_off": True})
    post.dues.add(outbox_of(later))
    post.queue.send([later], delay=seconds)
    if later.outbox != work.outbox:  # the same moment is the same row
        post.dues.remove(outbox_of(work))
