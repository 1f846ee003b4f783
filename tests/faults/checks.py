"""What has to be true when everything is quiet, whatever was killed on the way."""

from collections import Counter
from typing import Any

from chalicelib.domain.invitee import Invitee
from tests.faults.drive import batch_as_it_stands
from tests.faults.world import World


def nobody_twice_nobody_forgotten(
    world: World, people: list[Invitee], kind: str = "invitation", unknowns: int = 1
) -> Counter[str]:
    """Everybody has one message, or is ``unknown`` with at most one; at most so many are. Returns the states."""
    states: Counter[str] = Counter()
    for one in people:
        line, sent = line_of(world, one, kind), messages(world, one, kind)
        state = line.get("state", "no line")
        states[state] += 1
        told = "delivered" if world.news else "sent"
        if state == "unknown":
            assert sent <= (0 if world.news else 1), f"{one.email} is unknown with {sent} messages"
        else:
            assert (state, sent) == (told, 1), f"{one.email} is {state!r} with {sent} messages: {line}"
    assert states["unknown"] <= unknowns, f"{states['unknown']} are unknown"
    return states


def the_batch_adds_up(world: World, people: int) -> None:
    shown = batch_as_it_stands(world)
    outcomes = shown["outcomes"]
    assert sum(outcomes.values()) == shown["plan"]["to_send"] == people, shown
    assert not outcomes["waiting"] and not outcomes["sending"] and not outcomes["skipped"], shown
    assert shown["complete"] and shown["state"] == "complete", shown


def a_confirmation(world: World, one: Invitee) -> tuple[str, int]:
    """Who registered has it: once, or twice where the first was not settled in time. Returns state and messages."""
    line, sent = line_of(world, one, "confirmation"), messages(world, one, "confirmation")
    assert line, "no confirmation"
    assert sent <= int(line["attempts"]) <= 2, (line, sent)
    told = "delivered" if world.news else "sent"
    assert (sent and line["state"] == told) or (line["state"] == "unknown" and line["attempts"] == "2"), (line, sent)
    return line["state"], sent


def nothing_is_left(world: World) -> None:
    assert not world.troubles, world.troubles
    assert not world.dead_letters, [letter.body for letter in world.dead_letters]


def line_of(world: World, one: Invitee, kind: str) -> dict[str, Any]:
    """The ledger's line of a person, values as text; empty when there is none."""
    found = world.items(f"INVITEE#{one.id}", f"DELIVERY#{kind}#")
    assert len(found) <= 1
    return {name: next(iter(value.values())) for item in found for name, value in item.items()}


def messages(world: World, one: Invitee, kind: str) -> int:
    return len(world.ses.mailbox.find(to=one.email, tags={"kind": kind}))
