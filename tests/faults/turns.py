"""Processes that go on by turns, drawn by a seed: each seed is another interleaving of their AWS calls."""

import threading
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from tests.faults.gate import Call, Make


class Turns:
    """Threads, two or more, of which one goes on at a time; who, is drawn at each call."""

    def __init__(self, random: Random, threads: int = 2) -> None:
        self._random, self._changed, self._turn = random, threading.Condition(), 0
        self._left = set(range(threads))
        self._who = threading.local()
        self.answers: dict[int, Any] = {}
        self.wrong: list[str] = []

    def all_at_once(self, works: Sequence[Callable[[], Any]]) -> None:
        """Run each of these in a thread of its own, to the end."""
        threads = [threading.Thread(target=self.run, args=(n, work)) for n, work in enumerate(works)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()

    def run(self, number: int, work: Callable[[], Any]) -> None:
        self._who.number = number
        try:
            self.answers[number] = work()
        except BaseException as wrong:
            self.wrong.append(repr(wrong))
        with self._changed:
            self._left.discard(number)
            self._draw()

    def meddle(self, call: Call, do: Make) -> Any:
        with self._changed:
            self._changed.wait_for(lambda: self._turn == self._who.number, timeout=20)
        try:
            return do()
        finally:
            with self._changed:
                self._draw()

    def _draw(self) -> None:
        if self._left:
            self._turn = self._random.choice(sorted(self._left))
        self._changed.notify_all()
