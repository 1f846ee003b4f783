"""An agenda that changes again while its first notice is being sent, and a process that dies at each AWS call of it."""

import re
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from chalicelib.domain.invitee import Invitee
from chalicelib.usecases import feed, planner
from tests.faults import drive
from tests.faults.checks import nothing_is_left
from tests.faults.explore import Tried, everywhere, once_where_nothing_changes
from tests.faults.gate import Call
from tests.faults.world import World
from tests.shelf import raw_document

Judge = Callable[[str, list[Tried]], list[Tried]]
PEOPLE = 2
AT_ONCE = {"change_notices": {"quiet_minutes": 0}}


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (feed, planner):
        monkeypatch.setattr(room, "CHUNK", 1)


@pytest.mark.parametrize(("news", "then"), [(True, "08:50"), (True, "08:30"), (False, "08:50")],
                         ids=["moved on, SES tells", "taken back, SES tells", "moved on, SES never tells"])  # fmt: skip
def test_everybody_hears_of_each_change_once(world: World, news: bool, then: str, all_right: Judge) -> None:
    people = drive.publish(world, PEOPLE, files=False, **AT_ONCE)
    for one in people:
        drive.send_form(world, one, "/registration", drive.FORM, aside=True)
    world.run()
    world.news, world.script = news, [moved_to("08:40")]
    world.while_sending(PEOPLE + 1, overtaken_by(then))  # the confirmations and one notice were mailed
    world.gate.calls.clear()
    both, each = ([("08:30", then)] if then != "08:30" else []), [("08:30", "08:40"), ("08:40", then)]

    def run() -> list[list[tuple[str, str]]]:
        world.run()
        nothing_is_left(world)
        heard = [heard_by(world, one) for one in people]
        for one, steps in zip(people, heard, strict=True):
            assert (steps[-1][1] if steps else "08:30") == then, f"{one.id} was left with {steps}"
            assert steps in (both, each) or unsure(world, one), f"{one.id} heard {steps}"
        return heard

    def where(call: Call, how: str) -> bool:
        dies = drive.PRESSED in world.memory and (news or call.where == "deliver_now")
        return dies and once_where_nothing_changes(call, how)

    what = f"a notice that a newer one overtakes ({then}), {'with' if news else 'without'} SES's events"
    tried = all_right(what, everywhere(world.gate, run, where=where))
    assert sorted(tried[0].found) == sorted([both, each]), "one had the first, the other hears both at once"
    assert len(tried) > 20


def overtaken_by(then: str) -> Callable[[World], None]:
    """The agenda is published again; the clock and the desk begin the notice while the first is being sent."""

    def overtake(world: World) -> None:
        world.memory[drive.PRESSED] = True
        moved_to(then)(world)
        world.tick()
        world.work_off("jobs")

    return overtake


def moved_to(starts: str) -> Callable[[World], None]:
    def publish(world: World) -> None:
        document: dict[str, Any] = raw_document(**AT_ONCE)
        document["sessions"][0]["starts"] = starts
        drive.expect(world.http("PUT", drive.EVENT, document), 200)

    return publish


def heard_by(world: World, one: Invitee) -> list[tuple[str, str]]:
    """What each notice said that somebody got, oldest first: from when to when the session was moved."""
    said = []
    for message in world.ses.mailbox.find(to=one.email, tags={"kind": "change"}):
        body = message_from_bytes(world.ses.mailbox.raw(message.id), policy=default).get_body(("plain",))
        assert body is not None
        now, was = re.findall(r"now starts at (\d\d:\d\d)[^,]*,\s+it\s+was\s+(\d\d:\d\d)", body.get_content())[0]
        said.append((was, now))
    return said


def unsure(world: World, one: Invitee) -> bool:
    """Of one of their mails nobody knew whether SES took it: then it goes once more, as the event says of changes."""
    lines = world.items(f"INVITEE#{one.id}", "DELIVERY#change#")
    return any(line["state"]["S"] == "unknown" or line.get("attempts", {}).get("N") == "2" for line in lines)
