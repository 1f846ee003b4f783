"""What organisers do in the middle of a batch, and a process that dies at each AWS call of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.usecases import feed, planner
from tests.faults import drive
from tests.faults.checks import (
    line_of,
    messages,
    nobody_twice_nobody_forgotten,
    nothing_is_left,
    one_message_or_unknown,
    the_batch_adds_up,
)
from tests.faults.explore import Tried, everywhere
from tests.faults.world import Unanswered, World
from tests.shelf import NOW

Judge = Callable[[str, list[Tried]], list[Tried]]
NEWS = pytest.mark.parametrize("news", [True, False], ids=["SES tells", "SES never tells"])
CHUNK, PEOPLE, PRESSED_AT = 2, 3, 1
PATIENCE = NOW + timedelta(minutes=30)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (feed, planner):
        monkeypatch.setattr(room, "CHUNK", CHUNK)


def tried_everywhere(world: World, what: str, all_right: Judge, run: Callable[[], Any], sender: str = "") -> list[Any]:
    """What each of the runs found, that without trouble first: a death at each call from when somebody pressed, and at
    those of the ``sender`` before. What comes before is tried elsewhere.
    """
    world.gate.calls.clear()
    runs = everywhere(world.gate, run, where=lambda call, how: call.where == sender or drive.PRESSED in world.memory)
    tried = all_right(f"{what}, {'with' if world.news else 'without'} SES's events", runs)
    assert len(tried) > 2 * PEOPLE
    return [one.found for one in tried]


@NEWS
def test_a_confirmation_that_rather_waits(world: World, news: bool, all_right: Judge) -> None:
    clara, *_ = drive.publish(world, 2, when_unsure={"confirmation": "wait"})
    world.memory["clara"], world.news, world.script = clara, news, [drive.register]

    def run() -> tuple[str, int]:
        world.run()
        nothing_is_left(world)
        return one_message_or_unknown(world, clara, "confirmation")

    first, *others = tried_everywhere(world, "a registration that waits when unsure", all_right, run)
    assert first == ("delivered" if news else "sent", 1)
    assert all(sent == 1 or state == "unknown" for state, sent in others)
    assert news or any(state == "unknown" for state, _ in others)


def test_a_pause_and_its_end(world: World, all_right: Judge) -> None:
    people = drive.publish(world, PEOPLE, files=False)
    world.script = [*drive.BATCH, when("pause"), drive.control("resume")]
    world.while_sending(PRESSED_AT, drive.control("pause"))

    def run() -> Any:
        world.run()
        nothing_is_left(world)
        the_batch_adds_up(world, PEOPLE)
        states = nobody_twice_nobody_forgotten(world, people, unknowns=world.kills)
        return states, world.memory["sent by the first"]

    first, *_ = tried_everywhere(world, "a batch that is paused", all_right, run, "deliver")
    assert first == ({"delivered": PEOPLE}, CHUNK), "a pause holds within one chunk"


def test_cancelled_and_planned_again(world: World, all_right: Judge) -> None:
    people = drive.publish(world, PEOPLE, files=False)
    world.script = [*drive.BATCH, when("cancel"), drive.ask_for_another_batch, drive.approve_the_batch]
    world.while_sending(PRESSED_AT, drive.control("cancel"))

    def run() -> Any:
        world.run()
        nothing_is_left(world)
        states = nobody_twice_nobody_forgotten(world, people, unknowns=world.kills)
        return states, world.memory["sent by the first"]

    first, *_ = tried_everywhere(world, "a batch that is cancelled, and another", all_right, run, "deliver")
    assert first == ({"delivered": PEOPLE}, CHUNK), "whoever was waiting got nothing from the first"


def when(pressed: str) -> Callable[[World], None]:
    """Half a minute after that was answered, when what was being sent is sent, goes on."""

    def look(world: World) -> None:
        if pressed not in world.memory or world.now < world.memory[pressed] + timedelta(seconds=30):
            raise Unanswered
        world.memory["sent by the first"] = len(world.ses.mailbox.find())

    return look


@pytest.mark.parametrize("after", [0, PRESSED_AT], ids=["before the first mail", "in the middle"])
def test_an_address_is_replaced_between_plan_and_mail(world: World, after: int, all_right: Judge) -> None:
    people = drive.publish(world, PEOPLE, files=False)
    clara = world.memory["clara"] = people[-1] if after else people[0]
    look, ask, approve = drive.BATCH
    world.script = [look, ask, *([] if after else [drive.replace_address]), approve]
    if after:
        world.while_sending(after, drive.replace_address)

    def run() -> Any:
        world.run()
        nothing_is_left(world)
        the_batch_adds_up(world, PEOPLE)
        old, new = messages(world, clara, "invitation"), to_the_new_address(world)
        assert old == world.memory["to the old address"] and old + new <= 1, "the mail goes to the address that holds"
        assert old + new or line_of(world, clara, "invitation")["state"] == "unknown"
        others = [one for one in people if one is not clara]
        return nobody_twice_nobody_forgotten(world, others, unknowns=world.kills), new

    first, *_ = tried_everywhere(world, "an address replaced before its mail", all_right, run)
    assert first == ({"delivered": PEOPLE - 1}, 1)


def test_a_mail_that_came_back_goes_to_the_new_address(world: World, all_right: Judge) -> None:
    """The first batch bounces for one; the address is replaced, and a second batch for everybody reaches them alone."""
    people = drive.publish(world, PEOPLE, files=False, first="bounce@simulator.amazonses.com")
    clara = world.memory["clara"] = people[0]
    world.script = [*drive.BATCH, bounced, drive.replace_address, drive.ask_for_another_batch, drive.approve_the_batch]

    def run() -> Any:
        world.run()
        nothing_is_left(world)
        old, new = messages(world, clara, "invitation"), to_the_new_address(world)
        assert old <= 1 and new <= old
        assert new or line_of(world, clara, "invitation")["state"] == "unknown"
        return nobody_twice_nobody_forgotten(world, people[1:], unknowns=world.kills), new

    first, *_ = tried_everywhere(world, "a bounce, a new address, a second batch", all_right, run)
    assert first == ({"delivered": PEOPLE - 1}, 1)


def bounced(world: World) -> None:
    """The organiser looks at the person until the mail has come back, or half an hour."""
    if line_of(world, world.memory["clara"], "invitation").get("state") != "bounced" and world.now < PATIENCE:
        raise Unanswered


def to_the_new_address(world: World) -> int:
    return len(world.ses.mailbox.find(to=drive.NEW_ADDRESS, tags={"kind": "invitation"}))
