"""A batch and a registration on bad days: each seed is another one."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.faults import drive
from tests.faults.checks import a_confirmation, nobody_twice_nobody_forgotten, the_batch_adds_up
from tests.faults.explore import Tried, in_parallel
from tests.faults.troubles import BadDay
from tests.faults.world import World

PEOPLE = 27
SEEDS = range(40)


@pytest.mark.parametrize("news", [True, False], ids=["SES tells", "SES never tells"])
def test_bad_days(world: World, news: bool, all_right: Callable[[str, list[Tried]], list[Tried]]) -> None:
    people = drive.publish(world, PEOPLE)
    world.memory["clara"] = people[3]
    world.news, world.script = news, [*drive.BATCH, drive.register]

    def run(seed: int) -> Any:
        day = BadDay(world, seed)
        world.gate.meddle, world.post_news = day, day.news
        world.twice = day.random.choice(["", "", "forwards", "backwards"])
        world.run()
        try:
            assert not world.troubles, world.troubles
            the_batch_adds_up(world, PEOPLE)
            states = nobody_twice_nobody_forgotten(world, people, unknowns=PEOPLE)
            return states, a_confirmation(world, people[3]), len(day.met)
        except AssertionError as wrong:
            raise AssertionError("\n".join([str(wrong), *world.history])) from None

    runs = [(partial(run, seed), f"seed {seed}", "a bad day") for seed in SEEDS]
    tried = all_right(f"bad days, {'with' if news else 'without'} SES's events", in_parallel(runs))
    assert sum(one.found[2] for one in tried) > 5 * len(SEEDS)
