"""A process dies before each AWS call of a flow, and after each that writes: nobody is mailed twice or forgotten."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.usecases import feed, planner
from tests.faults import drive
from tests.faults.checks import a_confirmation, nobody_twice_nobody_forgotten, nothing_is_left, the_batch_adds_up
from tests.faults.explore import DEATHS, Tried, apart, everywhere, once_where_nothing_changes
from tests.faults.world import World

Judge = Callable[[str, list[Tried]], list[Tried]]
NEWS = pytest.mark.parametrize("news", [True, False], ids=["SES tells", "SES never tells"])


@pytest.fixture(autouse=True)
def two_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch of 30 is more than one."""
    for room in (feed, planner):
        monkeypatch.setattr(room, "CHUNK", 25)


def points(world: World, run: Callable[[], Any]) -> int:
    """At how many points the undisturbed run can die: before each call, and after each that changes something."""

    def count() -> int:
        run()
        return sum(once_where_nothing_changes(call, how) for call in world.gate.calls for how in DEATHS)

    tried = apart(count, "", "counting")
    assert not tried.wrong, tried.wrong
    return int(tried.found)


def dying(world: World, run: Callable[[], Any]) -> list[Tried]:
    expected = 1 + points(world, run)
    tried = everywhere(world.gate, run, where=once_where_nothing_changes)
    assert len(tried) == expected
    return tried


@pytest.mark.parametrize(("news", "size"), [(True, 30), (False, 10)], ids=["30, SES tells", "10, SES never tells"])
def test_a_batch(world: World, news: bool, size: int, all_right: Judge) -> None:
    people = drive.publish(world, size)
    world.news, world.script = news, list(drive.BATCH)
    world.gate.calls.clear()

    def run() -> Counter[str]:
        world.run()
        nothing_is_left(world)
        the_batch_adds_up(world, size)
        return nobody_twice_nobody_forgotten(world, people, unknowns=world.kills)

    tried = all_right(f"a batch of {size}, {'with' if news else 'without'} SES's events", dying(world, run))
    assert tried[0].found == {"delivered" if news else "sent": size}


@NEWS
def test_a_registration_and_its_confirmation(world: World, news: bool, all_right: Judge) -> None:
    world.memory["clara"], *_ = drive.publish(world, 2)
    clara = world.memory["clara"]
    world.news, world.script = news, [drive.register]
    world.gate.calls.clear()

    def run() -> tuple[str, int]:
        world.run()
        nothing_is_left(world)
        state, sent = a_confirmation(world, clara)
        assert sent and state == ("delivered" if news else "sent")
        return state, sent

    tried = all_right(f"a registration, {'with' if news else 'without'} SES's events", dying(world, run))
    twice = [one for one in tried if one.found and one.found[1] == 2]
    assert len(twice) == (0 if news else 2), "only between SES's acceptance and its record may the same mail go again"
