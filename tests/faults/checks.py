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


def one_message_or_unknown(world: World, one: Invitee, kind: str) -> tuple[str, int]:
    """Where nobody sends again: one message, or unknown with at most one. Returns state and messages."""
    state, sent = line_of(world, one, kind).get("state", "no line"), messages(world, one, kind)
    assert (state in ("sent", "delivered") and sent == 1) or (state == "unknown" and sent <= 1), (state, sent)
    return state, sent


def places_are_right(world: World, places: int, quiet: bool = False) -> dict[str, str]:
    """Counted anew from the people: the counters say the same, and there are no more than places. Once it is quiet, no
    place is free while somebody waits, and who waits came after all to whom a place is offered.

    Returns where who has a registration, or a request, stands: "registered", or the request's state.
    """
    items = world.items()
    held, waiting, served, standing = Counter[str](), list[int](), list[int](), dict[str, str]()
    for item in items:
        if item["SK"]["S"] == "REGISTRATION" and "withdrawn_at" not in item:
            held.update(one["S"] for one in item["seats"]["L"])
            standing[item["invitee"]["S"]] = "registered"
        if item["SK"]["S"] == "REQUEST":
            held.update(one["S"] for one in item["kept"]["L"])
            state = standing[item["invitee"]["S"]] = item["state"]["S"]
            if state in ("waiting", "offered"):
                (waiting if state == "waiting" else served).append(int(item["number"]["N"]))
    [seats] = [item for item in items if item["SK"]["S"] == "SEATS"]
    counted = {name: int(value["N"]) for name, value in seats.items() if name[:2] in ("t_", "w_")}
    assert {name: count for name, count in counted.items() if count and name[:2] == "t_"} == {
        f"t_{name}": count for name, count in held.items() if count}  # fmt: skip
    assert counted.get("w_event", 0) == len(waiting) == len(set(waiting))
    assert held["event"] <= places
    if quiet and waiting:
        assert held["event"] == places and all(number < min(waiting) for number in served)
    return standing


def nothing_is_left(world: World) -> None:
    assert not world.troubles, world.troubles
    assert not world.dead_letters, [letter.body for letter in world.dead_letters]


def line_of(world: World, one: Invitee, kind: str) -> dict[str, Any]:
    """The ledger's line of a person, values as text; empty when there is none."""
    found = world.items(f"INVITEE#{one.id}", f"DELIVERY#{kind}#")
    assert len(found) <= 1
    return {name: next(iter(value.values())) for item in found for name, value in item.items()}


def messages(world: World, one: Invitee, kind: str = "") -> int:
    return len(world.ses.mailbox.find(to=one.email, tags={"kind": kind} if kind else {}))
