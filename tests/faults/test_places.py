"""Many people at the last places at once: never more than there are, nobody lost, the waitlist in order."""

import os
import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.adapters.store.places import Change
from chalicelib.domain.errors import Conflict
from chalicelib.domain.invitee import Invitee
from chalicelib.usecases.answer import answer
from chalicelib.usecases.register import register
from chalicelib.usecases.tick import tick
from tests.faults import drive
from tests.faults.checks import places_are_right
from tests.faults.explore import Tried, everywhere, in_parallel
from tests.faults.gate import Call, Gate, Make
from tests.faults.turns import Turns
from tests.faults.world import World
from tests.shelf import FORM

Judge = Callable[[str, list[Tried]], list[Tried]]
PLACES, PEOPLE = 3, 9
SEEDS = int(os.environ.get("CONVOKE_SEEDS", "100"))
LINE = {"offer_hours": 24, "until": {"days_before": 3, "at": "18:00"}}


def comes(one: Invitee) -> None:
    """Somebody sends the form, and sends it again when told that others were quicker."""
    for _ in range(6):
        person, event = wiring.invitees().file(one.id), wiring.events().get(one.event)
        assert person is not None
        try:
            register(wiring.invitees(), wiring.places(), wiring.queue(), event, person, FORM, wiring.now())
        except Conflict:
            continue
        return
    raise AssertionError(f"{one.id} never got through")


def leaves(one: Invitee) -> None:
    for _ in range(6):
        person = wiring.invitees().file(one.id)
        assert person is not None
        try:
            answer(wiring.invitees(), wiring.queue(), wiring.events().get(one.event), person, "declined", wiring.now())
        except Conflict:
            continue
        return
    raise AssertionError(f"{one.id} never got away")


def looks() -> None:
    assert not tick(wiring.desk(), wiring.now()).failed


@pytest.fixture
def people(world: World) -> list[Invitee]:
    return drive.publish(world, PEOPLE, files=False, capacity=PLACES, waitlist=LINE)


def test_many_at_once_for_the_last_places(world: World, people: list[Invitee], all_right: Judge) -> None:
    runs = [(partial(at_once, world, people, seed), f"seed {seed}", "at once") for seed in range(SEEDS)]
    tried = all_right("people at the last places at once", in_parallel(runs))
    for one in tried:
        found = one.found
        assert (found["registered"] + found["offered"], found["waiting"]) == (PLACES, PEOPLE - 2 - PLACES), one


def at_once(world: World, people: list[Invitee], seed: int) -> Counter[str]:
    """All places are taken, with every other seed three wait already; the others come, two leave and the clock looks,
    by turns that the seed draws.
    """
    random = Random(seed)
    first, rest = people[:PLACES], people[PLACES:]
    line, late = (rest[:PLACES], rest[PLACES:]) if seed % 2 else ([], rest)
    for one in (*first, *line):
        comes(one)
    world.now += timedelta(seconds=30)
    leaving = random.sample(first, 2)
    does: list[Callable[[], None]] = [
        *(partial(comes, one) for one in late), *(partial(leaves, one) for one in leaving), looks]  # fmt: skip
    turns = Turns(random, len(does))
    world.gate.open, world.gate.where, world.gate.meddle = True, "many", turns.meddle
    turns.all_at_once([partial(_in_a_container, world, do) for do in does])
    world.gate.open, world.gate.meddle = False, lambda call, do: do()
    assert not turns.wrong, turns.wrong
    nobody_is_lost(places_are_right(world, PLACES), rest, leaving)
    standing = when_the_clock_has_looked(world)
    assert not line or {standing[one.id] for one in late} == {"waiting"}, "nobody overtakes the three of whom one waits"
    return nobody_is_lost(standing, rest, leaving)


@pytest.mark.parametrize("waiting", [0, 1])
@pytest.mark.parametrize("looked", [False, True], ids=["somebody leaves", "somebody leaves, the clock looks"])
def test_whatever_happens_at_each_call_of_who_comes(
    world: World, people: list[Invitee], waiting: int, looked: bool, all_right: Judge
) -> None:
    tried = met_at_each_call(world, people, waiting, looked)
    all_right(f"somebody leaves at each call of who comes, {waiting} waiting", tried)
    assert len(tried) > 3


def met_at_each_call(world: World, people: list[Invitee], waiting: int, looked: bool) -> list[Tried]:
    """All places are taken, and so many wait. Somebody leaves, and the clock has ``looked`` or has not, just before
    each call of one who comes: that one is not last in a line of nobody beside a free place, and overtakes nobody.
    """
    *others, late = people[: PLACES + waiting + 1]
    for one in others:
        comes(one)

    def meanwhile(call: Call, do: Make, gate: Gate) -> Any:
        gate.open = False
        with world.containers.another():
            leaves(others[0])
            if looked:
                looks()
        gate.open = True
        return do()

    def run() -> str:
        world.gate.open = True
        _in_a_container(world, partial(comes, late))
        world.gate.open = False
        stands = when_the_clock_has_looked(world)[late.id]
        assert stands == "waiting" or not waiting, f"overtook: {stands}"
        return stands

    return everywhere(world.gate, run, {"meanwhile": meanwhile})


WITHOUT: dict[str, tuple[str, Callable[[World, list[Invitee]], list[Tried]]]] = {
    "the number of places": (r"#t_\S+ (>=|<) \S+$", lambda *room: few_seeds(*room)),
    "the order of the line": (r"^NOT #w_", lambda *room: met_at_each_call(*room, waiting=1, looked=False)),
    "what makes it full": (r"^\(", lambda *room: met_at_each_call(*room, waiting=0, looked=True)),
    "the line's last number": (r"#last", lambda *room: few_seeds(*room)),
}
"""Demands on SEATS, by how they begin, and what notices that nobody makes them."""


@pytest.mark.parametrize("demand", WITHOUT)
def test_these_checks_notice_when_a_demand_is_not_made(
    world: World, people: list[Invitee], demand: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins, tried = WITHOUT[demand]
    made = Change._demand

    def all_but_one(change: Change, expression: str, values: dict[str, int]) -> None:
        if not re.search(begins, expression):
            made(change, expression, values)

    monkeypatch.setattr(Change, "_demand", all_but_one)
    assert any("AssertionError" in one.wrong for one in tried(world, people))


def few_seeds(world: World, people: list[Invitee]) -> list[Tried]:
    return in_parallel([(partial(at_once, world, people, seed), f"seed {seed}", "at once") for seed in range(4)])


def when_the_clock_has_looked(world: World) -> dict[str, str]:
    for _ in range(3):
        world.now += timedelta(minutes=1)
        looks()
    return places_are_right(world, PLACES, quiet=True)


def _in_a_container(world: World, do: Callable[[], None]) -> None:
    with world.containers.another():
        do()


def nobody_is_lost(standing: dict[str, str], came: list[Invitee], left: list[Invitee]) -> Counter[str]:
    """Who came stands somewhere, who left nowhere. Returns how many stand where."""
    assert all(one.id in standing for one in came) and not any(one.id in standing for one in left)
    return Counter(standing.values())
