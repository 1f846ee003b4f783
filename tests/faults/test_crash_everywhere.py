"""A process dies at each AWS call of a flow, once before and once after: nobody is mailed twice, nobody forgotten."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.faults import drive
from tests.faults.checks import a_confirmation, nobody_twice_nobody_forgotten, nothing_is_left, the_batch_adds_up
from tests.faults.explore import Tried, apart, everywhere
from tests.faults.world import World

Judge = Callable[[str, list[Tried]], list[Tried]]
NEWS = pytest.mark.parametrize("news", [True, False], ids=["SES tells", "SES never tells"])


def counted(world: World, run: Callable[[], Any]) -> int:
    """How many calls the undisturbed run makes."""

    def count() -> int:
        run()
        return len(world.gate.calls)

    tried = apart(count, "", "counting")
    assert not tried.wrong, tried.wrong
    return int(tried.found)


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

    calls = counted(world, run)
    tried = all_right(f"a batch of {size}, {'with' if news else 'without'} SES's events", everywhere(world.gate, run))
    assert len(tried) == 1 + 2 * calls
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

    calls = counted(world, run)
    tried = all_right(f"a registration, {'with' if news else 'without'} SES's events", everywhere(world.gate, run))
    assert len(tried) == 1 + 2 * calls
    twice = [one for one in tried if one.found and one.found[1] == 2]
    assert len(twice) == (0 if news else 2), "only between SES's acceptance and its record may the same mail go again"
