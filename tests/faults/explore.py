"""Tries every place where a process can die: at each AWS call of a run, the run is split in two by a fork.

The child is killed there and lives on as the world does after that; the parent goes on undisturbed to the next call. So
every run begins with what really stood in memory and in AWS at that moment, and nothing before it is done twice.
"""

import gc
import io
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

from tests.faults.gate import Call, Gate, Killed, Make

CHILDREN = os.cpu_count() or 1
LONGEST = 120
"""Seconds after which a run counts as hanging."""

Happening = Callable[[Call, Make, Gate], Any]


@dataclass(frozen=True)
class Tried:
    """One run: where it was disturbed and how; what the check found, or ``wrong``: what it did not like."""

    at: str
    how: str
    found: Any = None
    wrong: str = ""


def killed_before(call: Call, do: Make, gate: Gate) -> Any:
    gate.dead = True
    raise Killed


def killed_after(call: Call, do: Make, gate: Gate) -> Any:
    with suppress(Exception):
        do()
    gate.dead = True
    raise Killed


DEATHS: dict[str, Happening] = {"before": killed_before, "after": killed_after}


READS = ("get_", "batch_get_", "query", "head_", "list_")


def once_where_nothing_changes(call: Call, how: str) -> bool:
    """To die after a call that reads is to die before the one that follows."""
    return how == "before" or not call.operation.startswith(READS)


def everywhere(
    gate: Gate, run: Callable[[], Any], happenings: dict[str, Happening] | None = None,
    where: Callable[[Call, str], bool] = lambda call, how: True,
) -> list[Tried]:
    """Run once, and once more for each happening at each call ``where`` it is wanted, by the happening's name; ``run``
    returns what it found, or raises.
    """
    forks = _Forks(gate, happenings or DEATHS, where)
    gate.meddle = forks.meddle
    tried = _outcome(run, "", "undisturbed")
    if forks.child:
        forks.report(_outcome_of(tried, forks.child))
    gate.meddle = lambda call, do: do()
    return [tried, *forks.results()]


def apart(run: Callable[[], Any], at: str, how: str) -> Tried:
    """One run in a process of its own."""
    return in_parallel([(run, at, how)])[0]


def in_parallel(runs: list[tuple[Callable[[], Any], str, str]]) -> list[Tried]:
    """Each in a process of its own, as many at a time as there are processors."""
    forks = _Forks(Gate(), {}, lambda call, how: True)
    for run, at, how in runs:
        if forks.fork(at, how):
            forks.report(_outcome(run, at, how))
    return forks.results()


class _Forks:
    def __init__(
        self, gate: Gate, happenings: dict[str, Happening], where: Callable[[Call, str], bool]
    ) -> None:
        self._gate, self._happenings, self._where = gate, happenings, where
        self._running: list[tuple[int, BinaryIO, str, str]] = []
        self._results: list[Tried] = []
        self._answer = -1
        self.child: tuple[str, str] | None = None

    def meddle(self, call: Call, do: Make) -> Any:
        if self.child is None:
            for how, happening in self._happenings.items():
                if self._where(call, how) and self.fork(str(call), how):
                    self._gate.meddle = lambda call, do: do()
                    return happening(call, do, self._gate)
        return do()

    def fork(self, at: str, how: str) -> bool:
        """True in the child."""
        if len(self._running) >= CHILDREN:
            self._wait()
        reading, writing = os.pipe()
        process = os.fork()
        if process:
            os.close(writing)
            self._running.append((process, os.fdopen(reading, "rb"), at, how))
            return False
        os.close(reading)
        gc.disable()
        signal.alarm(LONGEST)
        sys.stdout = sys.stderr = io.StringIO()
        self._answer, self.child, self._running = writing, (at, how), []
        return True

    def report(self, tried: Tried) -> None:
        """The child's last words."""
        with os.fdopen(self._answer, "wb") as pipe:
            pickle.dump(tried, pipe)
        os._exit(0)

    def results(self) -> list[Tried]:
        while self._running:
            self._wait()
        return self._results

    def _wait(self) -> None:
        process, pipe, at, how = self._running.pop(0)
        with pipe:
            said = pipe.read()
        os.waitpid(process, 0)
        self._results.append(pickle.loads(said) if said else Tried(at, how, wrong="the run hung or died"))


def _outcome(run: Callable[[], Any], at: str, how: str) -> Tried:
    try:
        return Tried(at, how, run())
    except BaseException:
        return Tried(at, how, wrong=traceback.format_exc(limit=-4))


def _outcome_of(tried: Tried, child: tuple[str, str]) -> Tried:
    return Tried(*child, tried.found, tried.wrong)
