"""Pace: workers, the pacer's item and SES's token bucket on a clock that jumps from one happening to the next.

The pacer and what it writes are the real ones (on moto's table), and so is SES's limiter (``infra.local.ses``). The
queue, the workers and the network are played: a worker does what ``usecases.deliver`` does with its slots, a call takes
10 to 150 ms to reach SES, by a seeded chance, and who finds no slot comes back after as many seconds as it was told.
"""

import heapq
import itertools
import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

from chalicelib.adapters.store.rate import Pacer
from chalicelib.adapters.store.table import Table
from chalicelib.domain.batch import CHUNK
from chalicelib.domain.pace import SECOND, Full, Limits
from chalicelib.usecases.feed import HELD, shares
from infra.local.ses.errors import TooManyRequests
from infra.local.ses.limits import Limits as SesLimits
from tests.performance import memory_aws
from tests.performance.report import Measured, Row, hand_over

INVITATIONS = 50_000
ROUND_TRIP = (10_000, 150_000)
"""Microseconds until SES sees a mail."""

EVERY = 5 * SECOND
"""A confirmation is asked for so often."""

START = datetime(2021, 1, 14, 9, 0, tzinfo=UTC)


@dataclass
class Chunk:
    batch: str
    mails: int
    asked_at: int


@dataclass
class Simulation:
    """An account of ``rate`` mails a second and so many workers, with two batches in the making, for ``seconds``."""

    rate: int
    workers: int
    seconds: int
    table: Table
    now: int = field(default=int(START.timestamp()) * SECOND)
    accepted: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    full: Counter[bool] = field(default_factory=Counter)
    reserved: Counter[bool] = field(default_factory=Counter)
    waits: list[int] = field(default_factory=list)
    billed: int = 0

    def __post_init__(self) -> None:
        self.begun, self.end = self.now, self.now + self.seconds * SECOND
        self._numbers, self._chance = itertools.count(), random.Random(7)
        self._happenings: list[tuple[int, int, Iterator[int]]] = []
        self._ses = SesLimits(self.rate, 10_000_000, lambda: self.now / SECOND)
        self._queues: dict[bool, list[tuple[int, int, Chunk]]] = {False: [], True: []}
        self._left = {"a": INVITATIONS // CHUNK // 2, "b": INVITATIONS // CHUNK // 2}
        self._working = 0

    def run(self) -> "Simulation":
        limits = Limits(max_send_rate=self.rate, max_24_hour_send=-1, sent_last_24_hours=0)
        actors = [self._clock(Pacer(self.table), limits), self._visitors()]
        actors += [self._worker(Pacer(self.table), urgent) for urgent in [False] * self.workers + [True]]
        for actor in actors:
            self._at(self.now, actor)
        while self._happenings and self._happenings[0][0] < self.end:
            self.now, _, actor = heapq.heappop(self._happenings)
            for until in itertools.islice(actor, 1):
                self._at(until, actor)
        return self

    def _at(self, moment: int, actor: Iterator[int]) -> None:
        heapq.heappush(self._happenings, (max(moment, self.now), next(self._numbers), actor))

    def _clock(self, pacer: Pacer, limits: Limits) -> Iterator[int]:
        """Every minute: ask SES, and fill the queue up, as ``usecases.feed`` does for batches that take turns."""
        while True:
            pace = pacer.learn(limits, START + timedelta(microseconds=self.now - self.begun))
            lying = len(self._queues[False]) + self._working
            seconds = CHUNK / pace.rate_at(self.now)
            room = max(1, int(HELD / seconds)) - lying
            given = shares(max(0, room), 0, [(False, left) for left in self._left.values()])
            turns = zip_longest(*([name] * count for name, count in zip(self._left, given, strict=True)))
            for number, batch in enumerate(name for turn in turns for name in turn if name):
                self._left[batch] -= 1
                delay = int((lying + number) * seconds)
                self._put(Chunk(batch, CHUNK, self.now), self.now + delay * SECOND)
            yield self.now + 60 * SECOND

    def _visitors(self) -> Iterator[int]:
        while True:
            self._put(Chunk("confirmation", 1, self.now), self.now, urgent=True)
            yield self.now + EVERY

    def _put(self, chunk: Chunk, moment: int, urgent: bool = False) -> None:
        heapq.heappush(self._queues[urgent], (moment, next(self._numbers), chunk))

    def _worker(self, pacer: Pacer, urgent: bool) -> Iterator[int]:
        """Takes a chunk, its slots, sends, and comes to its end when the last answer is there."""
        queue = self._queues[urgent]
        while True:
            if not queue or queue[0][0] > self.now:
                yield self.now + SECOND // 10
                continue
            _, _, chunk = heapq.heappop(queue)
            self._working += not urgent
            taken_at = self.now
            while chunk.mails:
                slots = pacer.reserve(chunk.mails, urgent, self.now)
                self.reserved[urgent] += 1
                if isinstance(slots, Full):
                    self.full[urgent] += 1
                    self._put(chunk, self.now + math.ceil(max(1.0, slots.wait)) * SECOND, urgent)
                    break
                chunk.mails -= slots.count
                leaving = [max(self.now, slots[n]) + self._chance.randint(*ROUND_TRIP) for n in range(slots.count)]
                for moment in sorted(leaving):
                    yield moment
                    chunk.mails += not self._send(pacer, chunk)
            self._working -= not urgent
            self.billed += 0 if urgent else self.now - taken_at

    def _send(self, pacer: Pacer, chunk: Chunk) -> bool:
        try:
            self._ses.take(1, 1)
        except TooManyRequests:
            self.throttled += 1
            pacer.slow_down(self.now)
            return False
        self.accepted[chunk.batch] += 1
        if chunk.batch == "confirmation":
            self.waits.append(self.now - chunk.asked_at)
        return True


def measure() -> Measured:
    done = Measured()
    for rate, workers, seconds in ((5, 5, 600), (14, 5, 600), (200, 5, 120)):
        with memory_aws.table() as table:
            one = Simulation(rate, workers, seconds, table).run()
        sent, where = sum(one.accepted.values()), f"pace, {rate}/s, {workers} workers"
        smaller, larger = sorted(one.accepted[batch] for batch in "ab")
        invited = smaller + larger
        done.rows += [
            Row(f"{where}: part of the allowed rate that is used", 100 * sent / (rate * seconds), "%", 95, True, True,
                f"{seconds} s of a virtual clock, {INVITATIONS:,} invitations"),
            Row(f"{where}: throttled by SES", 100 * one.throttled / (sent + one.throttled), "%", 0.1, True),
            Row(f"{where}: the smaller share of two batches", 100 * smaller / invited, "%", 45, True, True),
            Row(f"{where}: longest wait of a confirmation", max(one.waits) / SECOND, "s", 15, True,
                note=f"{len(one.waits)} of them"),
            Row(f"{where}: worker seconds for 10,000 mails", one.billed / SECOND / invited * 10_000, "s", counted=True,
                note=f"waiting for slots; {one.full[False]} of {one.reserved[False]} reservations found none"),
        ]  # fmt: skip
        done.facts |= {
            f"pace.{rate}.billed": one.billed / SECOND / invited * 10_000,
            f"pace.{rate}.invocations": (invited / CHUNK + one.full[False]) / invited * 10_000,
        }
    return done


if __name__ == "__main__":
    hand_over(measure)
