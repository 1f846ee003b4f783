"""A person is erased, and a process dies at each AWS call on the way: they are wholly there or wholly gone.

Anna, whose colleague passed the invitation on to her, is registered and handed a file in. Boris has the other place,
Clara and Dora wait. Everything that tells of Anna has one word in it, so that a trace of her is found wherever it is.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.domain.invitee import Invitee
from tests.faults import drive
from tests.faults.checks import messages, nothing_is_left, places_are_right
from tests.faults.explore import Tried, everywhere, once_where_nothing_changes
from tests.faults.gate import Call, boto
from tests.faults.world import World
from tests.files import PDF
from tests.shelf import SETTINGS, person
from tests.usecases.uploading import PAPER, UPLOAD, key

Judge = Callable[[str, list[Tried]], list[Tried]]
Items = list[dict[str, Any]]

PLACES = 2
LINE = {"offer_hours": 24, "until": {"days_before": 3, "at": "18:00"}}
QUESTION = {"id": "diet", "kind": "short-text", "label": {"en": "Diet", "ru": "Питание"}}
WORD = "unmistakable"
ANNA = f"name=Anna+{WORD}&email=anna@{WORD}.example.org".encode()
REGISTERS = f"name=Anna+{WORD}&organisation={WORD}&q-diet={WORD}&sessions=session-1&consent=yes".encode()
ERASE = b"action=erase&sure=yes"


@pytest.fixture
def people(world: World) -> dict[str, Invitee]:
    """Who they are by the time when everything that happened before is over."""
    asks = {"capacity": PLACES, "waitlist": LINE, "contributions": [PAPER], "form": [QUESTION]}
    drive.announce(world, files=False, **asks)
    names = ("aziz", "boris", "clara", "dora")
    aziz, *others = drive.invite(person(name, category="government") for name in names)
    assert send(world, aziz, "/colleague", ANNA) == 303
    [anna] = [one for one in wiring.invitees().all("symposium") if one.delegated_from == aziz.id]
    hand_in(world, anna)
    for one, form in ((anna, REGISTERS), *((one, drive.FORM) for one in others)):
        assert send(world, one, "/registration", form) == 303
        world.run()
    found = {"anna": anna, "aziz": aziz, **dict(zip(names[1:], others, strict=True))}
    places = places_are_right(world, PLACES, quiet=True)
    assert [places[found[name].id] for name in ("anna", *names[1:])] == ["registered"] * 2 + ["waiting"] * 2
    assert messages(world, anna, "confirmation") == 1 and traces(world)
    return {name: read(one) for name, one in found.items()}


def read(one: Invitee) -> Invitee:
    file = wiring.invitees().file(one.id)
    assert file is not None
    return file.invitee


def send(world: World, one: Invitee, page: str, form: bytes) -> int:
    return drive.send_form(world, one, page, form, aside=True).status_code


def hand_in(world: World, anna: Invitee) -> None:
    boto("s3").put_object(
        Bucket=SETTINGS["PRIVATE_BUCKET"], Key=key(anna), Body=PDF, Metadata={"filename": f"{WORD}.pdf"}
    )
    assert send(world, anna, f"/contributions/paper/uploads/{UPLOAD}", b"") == 303
    assert objects() == [key(anna, folder="kept")]


def erase(world: World) -> None:
    """Anna presses the button; who presses again because nobody answered may find that it is done."""
    world.memory[drive.PRESSED] = True
    answer = drive.send_form(world, world.memory["anna"], "/data", ERASE)
    assert answer.status_code == 200 or (answer.status_code == 404 and world.kills), answer.body


def ask_to_erase(world: World) -> None:
    """An organiser does it for her, and again when nobody answered."""
    world.memory[drive.PRESSED] = True
    path = f"{drive.EVENT}/invitees/{world.memory['anna'].id}/erase"
    answer = world.http("POST", path, {"reason": "Asked by letter"})
    assert answer.status_code == 200 or (answer.status_code == 404 and world.kills), answer.body


def at_each_call(
    world: World, what: str, all_right: Judge, people: dict[str, Invitee], functions: Sequence[str], mails: int = 0
) -> list[Any]:
    """What each of the runs found, "gone" or "there": a death at each call of these functions. ``mails`` is how many
    more go to her, all before she is gone.
    """
    world.memory["anna"], before = people["anna"], world.items()
    mails += messages(world, people["anna"])

    def run() -> str:
        world.run()
        nothing_is_left(world)
        assert messages(world, people["anna"]) == mails, "nobody writes to her afterwards"
        if world.http("GET", f"{drive.EVENT}/invitees/{people['anna'].id}", aside=True).status_code == 200:
            assert differences(before, world.items()) == [], "she is wholly there"
            return "there"
        gone(world, people, before)
        return "gone"

    world.gate.calls.clear()

    def where(call: Call, how: str) -> bool:
        return call.where in functions and once_where_nothing_changes(call, how)

    tried = all_right(what, everywhere(world.gate, run, where=where))
    return [one.found for one in tried]


def test_who_erases_themselves_is_wholly_gone_or_wholly_there(
    world: World, people: dict[str, Invitee], all_right: Judge
) -> None:
    """She does not press again: what was begun, the desk and the clock finish."""
    world.script, world.impatient = [erase], True
    first, *others = at_each_call(world, "somebody erases themselves", all_right, people, ("api", "desk", "clock"))
    assert first == "gone" and len(others) > 50
    assert set(others) == {"gone", "there"}


@pytest.mark.parametrize("how", [erase, ask_to_erase])
def test_who_is_not_answered_and_presses_again_is_erased_once(
    world: World, people: dict[str, Invitee], how: Callable[[World], None], all_right: Judge
) -> None:
    world.script = [how]
    found = at_each_call(world, f"{how.__name__}, and again".replace("_", " "), all_right, people, ["api"])
    assert set(found) == {"gone"}


def test_a_worker_that_has_her_mail_in_hand_leaves_nothing_that_leads_to_it(
    world: World, people: dict[str, Invitee], all_right: Judge
) -> None:
    """She changes her registration, and is erased, by the desk as well, while SES takes the confirmation."""
    world.script = [change]
    world.while_sending(len(world.ses.mailbox.find()) + 1, erase_to_the_end)
    found = at_each_call(world, "erased with a mail in a worker's hands", all_right, people, ["deliver_now"], mails=1)
    assert set(found) == {"gone"} and len(found) > 20


def change(world: World) -> None:
    changed = REGISTERS.replace(b"q-diet=", b"q-diet=More+")
    assert drive.send_form(world, world.memory["anna"], "/registration", changed).status_code == 303


def erase_to_the_end(world: World) -> None:
    erase(world)
    world.work_off("jobs")


def gone(world: World, people: dict[str, Invitee], before: Items) -> None:
    """Nothing of Anna is left but a number, a hash and lines without a name; everybody else has what they had."""
    anna, aziz, boris, clara, dora = (people[name] for name in ("anna", "aziz", "boris", "clara", "dora"))
    assert not traces(world) and objects() == []
    for item in world.items(f"INVITEE#{anna.id}"):
        assert item["SK"]["S"].startswith("DELIVERY#"), item
        assert (item["message_id"], item.get("reason")) == ({"S": "(erased)"}, None), item
    address = wiring.links().address_hash(anna.email)
    [claim] = world.items(f"ADDRESS#{address}")
    assert set(claim) == {"PK", "SK", "erased_at"}
    [count] = world.items("EVENT#symposium", "ERASED")
    assert {name: value["N"] for name, value in count.items() if "N" in value} == dict.fromkeys(
        ("people", "accepted", "registered"), "1"
    )
    places = places_are_right(world, PLACES, quiet=True)
    assert places == {boris.id: "registered", clara.id: "offered", dora.id: "waiting"}
    assert messages(world, clara, "place") == 2, "she was told that she waits, and then of the place"
    assert (read(aziz).rsvp, read(aziz).delegated_to) == ("needs-action", ""), "the invitation is his again"
    told = [one for one in differences(before, world.items()) if one[0] not in (f"INVITEE#{anna.id}", claim["PK"]["S"])]
    assert {one[0] for one in told if one[0].startswith(("INVITEE#", "ADDRESS#"))} == {
        f"INVITEE#{one.id}" for one in (aziz, clara)
    }, "nobody else is touched"


def traces(world: World) -> list[str]:
    """The keys of all that has the word in it."""
    return [f"{one['PK']} {one['SK']}" for one in world.items() if WORD in json.dumps(one, ensure_ascii=False).lower()]


def objects() -> list[str]:
    found = boto("s3").list_objects_v2(Bucket=SETTINGS["PRIVATE_BUCKET"]).get("Contents", [])
    return sorted(one["Key"] for one in found)


def differences(before: Items, after: Items) -> list[tuple[str, str]]:
    """The keys of the items that came, went or changed."""

    def by_key(items: Items) -> dict[tuple[str, str], Any]:
        return {(one["PK"]["S"], one["SK"]["S"]): one for one in items}

    old, new = by_key(before), by_key(after)
    return sorted(one for one in old.keys() | new.keys() if old.get(one) != new.get(one))
