"""Two workers on the same chunk, and messages that come twice."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import pytest

from app import app
from tests.faults import drive
from tests.faults.checks import nobody_twice_nobody_forgotten, nothing_is_left, the_batch_adds_up
from tests.faults.explore import Happening, Tried, everywhere, in_parallel
from tests.faults.gate import Call, Gate, Make
from tests.faults.turns import Turns
from tests.faults.world import Context, Letter, World, sqs_event

Judge = Callable[[str, list[Tried]], list[Tried]]
PEOPLE = 6


@pytest.fixture
def people(world: World) -> Any:
    found = drive.publish(world, PEOPLE)
    world.script = list(drive.BATCH)
    return found


def run(world: World, people: Any) -> Counter[str]:
    world.run()
    nothing_is_left(world)
    the_batch_adds_up(world, PEOPLE)
    return nobody_twice_nobody_forgotten(world, people, unknowns=world.kills)


def the_letter(world: World) -> Letter:
    return next(letter for letter in world.letters.values() if letter.queue == "deliver")


def test_a_second_worker_begins_at_each_call_of_the_first(world: World, people: Any, all_right: Judge) -> None:
    def second() -> None:
        with world.containers.another():
            world.invoke("deliver", sqs_event([the_letter(world)]))

    def before(call: Call, do: Make, gate: Gate) -> Any:
        second()
        return do()

    def after(call: Call, do: Make, gate: Gate) -> Any:
        try:
            return do()
        finally:
            second()

    happenings: dict[str, Happening] = {"before": before, "after": after}
    mine = lambda call, how: call.where == "deliver"  # noqa: E731
    tried = everywhere(world.gate, partial(run, world, people), happenings, mine)
    all_right("a second worker on the same chunk", tried)
    assert len(tried) > 2 * 3 * PEOPLE
    assert all(one.found == {"delivered": PEOPLE} for one in tried)


@pytest.mark.parametrize("order", ["forwards", "backwards"])
def test_every_message_comes_twice(world: World, order: str) -> None:
    people = drive.publish(world, 27)
    world.script, world.twice = list(drive.BATCH), order
    world.run()
    nothing_is_left(world)
    the_batch_adds_up(world, 27)
    assert nobody_twice_nobody_forgotten(world, people) == {"delivered": 27}


def test_two_workers_take_turns_by_chance(world: World, people: Any, all_right: Judge) -> None:
    def both(seed: int) -> Any:
        turns = Turns(Random(seed))
        deliver = app.handler_map["deliver"]

        def taking_turns(event: Any, context: Any) -> Any:
            app.handler_map["deliver"] = deliver
            world.gate.meddle = turns.meddle

            def work() -> Any:
                with world.containers.another():
                    return deliver(event, Context())

            turns.all_at_once([work, work])
            world.gate.meddle = lambda call, do: do()
            assert not turns.wrong, turns.wrong
            return turns.answers[0]

        app.handler_map["deliver"] = taking_turns
        return run(world, people)

    tried = in_parallel([(partial(both, seed), f"seed {seed}", "two workers") for seed in range(60)])
    all_right("two workers that take turns", tried)
    assert all(one.found == {"delivered": PEOPLE} for one in tried)
