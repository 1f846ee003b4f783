"""Feeding: the queue holds about two minutes of sending, shared out among the batches that are being sent.

Messages go into the queue before the cursor moves on: a crash in between doubles them, which the ledger makes harmless,
and loses none. What got lost all the same is found when everything is fed and time has passed.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import zip_longest

from chalicelib.adapters.queue import QueueFailed
from chalicelib.domain.batch import CHUNK, Batch
from chalicelib.domain.pace import SECOND, STALE, Pace
from chalicelib.domain.work import URGENT, Work, chunks_of
from chalicelib.usecases.desk import Desk
from chalicelib.usecases.limits import learn_limits

HELD = 120
"""Seconds of sending that lie in the queue: two of the clock's minutes, so that one tick may fail."""

AGAIN = timedelta(minutes=15)
"""How long queued chunks have before they are queued once more: longer than the queue hides a message."""

ROUNDS = 8
"""How often that is done: two hours, after which trying is no help."""

FEW = 20
"""Chunks that are queued again by number; for more the cursor goes back, and they take their turn."""

USED_UP = "The day's quota of SES is used up"

logger = logging.getLogger(__name__)


def feed_now(desk: Desk, batch: Batch, now: datetime) -> None:
    """The first feed of a batch that was started a moment ago; a queue that fails is the clock's affair."""
    try:
        feed(desk, [batch], now)
    except QueueFailed:
        logger.exception("the clock will feed the batch %s", batch.id)


def feed(desk: Desk, batches: Sequence[Batch], now: datetime) -> None:
    """Queue as many chunks of batches that are being sent as there is room for. Raises QueueFailed."""
    pace, lying = _pace(desk, now), desk.queue.waiting()
    seconds = CHUNK / max(pace.rate_at(int(now.timestamp() * SECOND)), 0.01)
    holds = max(1, int(HELD / seconds))
    longest_ago = sorted(batches, key=lambda one: one.fed_at or one.accepted_at)
    flowing = [one for one in longest_ago if not held_up(desk, pace, one, now)]
    rooms = [min(room, _allowed(pace, urgent)) for room, urgent in ((holds, False), (max(1, holds // 2), True))]
    waiting = [(one.kind in URGENT, one.chunks - one.fed) for one in flowing]
    given = shares(max(0, rooms[0] - lying), rooms[1], waiting)
    parts = [chunks_of(one, range(one.fed, one.fed + count)) for one, count in zip(flowing, given, strict=True)]
    urgent, others = (_in_turn([part for part in parts if part and part[0].urgent is which]) for which in (True, False))
    ahead = [*range(len(urgent)), *(lying + len(urgent) + number for number in range(len(others)))]
    desk.queue.send([*urgent, *others], delays=[int(before * seconds) for before in ahead])
    for one, count in zip(flowing, given, strict=True):
        if count:
            desk.batches.feed(one, one.fed + count, now)


def shares(room: int, urgent_room: int, waiting: Sequence[tuple[bool, int]]) -> list[int]:
    """How many chunks each batch may queue now, of (whether it is urgent, how many it has waiting).

    Urgent ones go first, out of ``urgent_room``, however full the queue of the others is; what they take is gone from
    ``room``, of which the others get equal parts. What cannot be parted goes to those that come first.
    """
    first = _parted(urgent_room, [count if urgent else 0 for urgent, count in waiting])
    then = _parted(max(0, room - sum(first)), [0 if urgent else count for urgent, count in waiting])
    return [one + other for one, other in zip(first, then, strict=True)]


def finish(desk: Desk, batch: Batch, now: datetime) -> str:
    """What became of a batch that is wholly fed: ``completed``, when every chunk is done; ``queued_again``, when what
    got lost was queued once more; ``stuck``, when that has been tried often enough; else ``fed``. Raises QueueFailed.
    """
    waited = now >= (batch.fed_at or batch.accepted_at) + AGAIN
    if batch.rounds >= ROUNDS and not waited:
        return "fed"
    chunks = list(desk.batches.chunks(batch.plan_id, counted_only=True))
    done = {chunk.number for chunk in chunks if chunk.done_at}  # a copy of the table may not have heard of all of them
    open_ = [number for number in range(batch.chunks) if number not in done]
    if not open_:
        return "completed" if desk.batches.move(batch, "complete", now, reason="") else "fed"
    held = held_up(desk, _pace(desk, now), batch, now)
    if held or not waited or batch.reason.startswith(USED_UP):  # after a hold their time begins anew
        return "fed"
    if batch.rounds >= ROUNDS:
        people = batch.plan.to_send - sum(sum(chunk.tally.values()) for chunk in chunks if chunk.done_at)
        reason = (
            f"{people} people are stuck: their chunks were queued {ROUNDS} times again and never got done. "
            "Look at the dead letters of its queue and at the log of the deliver function, then run make redrive."
        )
        logger.error("batch %s of %s: %s", batch.id, batch.event, reason)
        desk.batches.note(batch, reason=reason, fed_at=now)
        return "stuck"
    few = len(open_) <= FEW
    if few:
        desk.queue.send(chunks_of(batch, open_))
    desk.batches.note(batch, fed=batch.fed if few else open_[0], fed_at=now, rounds=batch.rounds + 1)
    return "queued_again"


def held_up(desk: Desk, pace: Pace, batch: Batch, now: datetime) -> bool:
    """Whether the day's quota lets nothing of this batch out; the batch says so for as long as that is."""
    used_up, said = _allowed(pace, batch.kind in URGENT) == 0, batch.reason.startswith(USED_UP)
    if used_up and not said:
        done = (chunk.tally for chunk in desk.batches.chunks(batch.plan_id, counted_only=True) if chunk.done_at)
        people = batch.plan.to_send - sum(sum(tally.values()) for tally in done)
        reason = f"{USED_UP}; {people} people wait. It goes on by itself as soon as SES allows more mail."
        desk.batches.note(batch, reason=reason)
    if said and not used_up:
        desk.batches.note(batch, reason="", fed_at=now)
    return used_up


def _allowed(pace: Pace, urgent: bool) -> int:
    """How many chunks the day's quota still lets out; the number of chunks in any batch when there is no quota."""
    return 1_000_000 if pace.quota < 0 else -(-max(0, pace.left - pace.kept(urgent)) // CHUNK)


def _pace(desk: Desk, now: datetime) -> Pace:
    """What SES said of the account's limits within the last minutes, or says now."""
    known = desk.pacer.pace()
    return known if known and now <= known.checked_at + STALE else learn_limits(desk.mailer(), desk.pacer, now)


def _parted(room: int, wanted: Sequence[int]) -> list[int]:
    given = [0] * len(wanted)
    while open_ := [number for number, most in enumerate(wanted) if given[number] < most and room]:
        part = max(1, room // len(open_))
        for number in open_:
            taken = min(part, wanted[number] - given[number], room)
            given[number] += taken
            room -= taken
    return given


def _in_turn(parts: Sequence[Sequence[Work]]) -> list[Work]:
    """One of each, then the next of each."""
    return [work for row in zip_longest(*parts) for work in row if work is not None]
