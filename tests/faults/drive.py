"""What organisers and invitees do, request by request: the one place that knows the API's paths and answers."""

from collections.abc import Callable, Iterable
from typing import Any

from chalice.test import HTTPResponse

from chalicelib import wiring
from chalicelib.domain.invitee import Invitee
from tests.faults.world import World
from tests.shelf import BASE, person, raw_document

FILES = {
    "documents": [{"id": "note", "filename": "note.pdf", "title": {"en": "Note", "ru": "Записка"}}],
    "attachments": {"invitation": ["agenda", "note", "calendar"], "confirmation": ["agenda", "calendar"]},
}
EVENT = "/api/events/symposium"
CONTROLLED = {"pause": "paused", "resume": "sending", "cancel": "cancelled"}
PRESSED = "pressed"
"""Stands in the world's memory from when somebody did more than send a batch."""

NEW_ADDRESS = "clara@other.example.org"
FORM = b"name=Clara+Weiss&organisation=Ministry&sessions=session-1&consent=yes"


def publish(world: World, people: int, files: bool = True, first: str = "", **changes: Any) -> list[Invitee]:
    """An event with its documents and its invitees, the first at an address of their own; returns these."""
    announce(world, files, **changes)
    return invite(person(f"p{n:02}", **({"email": first} if first and not n else {})) for n in range(people))


def announce(world: World, files: bool = True, **changes: Any) -> None:
    """The event alone."""
    expect(world.http("PUT", EVENT, raw_document(**FILES if files else {}, **changes), aside=True), 201)
    if files:
        note = world.http("PUT", f"{EVENT}/documents/note/en", b"%PDF-1.7", True, content_type="application/pdf")
        expect(note, 200)


def invite(people: Iterable[Invitee]) -> list[Invitee]:
    invited = list(people)
    hashes = [wiring.links().address_hash(one.email) for one in invited]
    wiring.invitees().create(list(zip(invited, hashes, strict=True)))
    return invited


def look_at_the_plan(world: World) -> None:
    asked = {"kind": "invitation"}
    answer = expect(world.http("POST", f"{EVENT}/batches?dry_run=true", asked, idempotency_key="k"), 200)
    world.memory["plan"] = answer["plan"]
    world.memory["fingerprint"] = answer["fingerprint"]


def ask_for_the_batch(world: World) -> None:
    answer = expect(world.http("POST", f"{EVENT}/batches", {"kind": "invitation"}, idempotency_key="k"), 202)
    world.memory["batch"] = answer
    assert (answer["plan"], answer["fingerprint"]) == (world.memory["plan"], world.memory["fingerprint"])


def approve_the_batch(world: World) -> None:
    batch, fingerprint = world.memory["batch"]["batch"], {"fingerprint": world.memory["fingerprint"]}
    answer = expect(world.http("POST", f"{EVENT}/batches/{batch}/approve", fingerprint), 200)
    assert answer["state"] in ("sending", "complete")


BATCH = [look_at_the_plan, ask_for_the_batch, approve_the_batch]


def control(what: str) -> Callable[[World], None]:
    """Press ``pause``, ``resume`` or ``cancel``."""

    def press(world: World) -> None:
        batch = world.memory["batch"]["batch"]
        world.memory[PRESSED] = True
        answer = world.http("POST", f"{EVENT}/batches/{batch}/{what}", {"reason": "A mistake in it"})
        assert expect(answer, 200)["state"] == CONTROLLED[what]
        world.memory[what] = world.now

    return press


def ask_for_another_batch(world: World) -> None:
    """The same kind again, for everybody; the first may still stand in the way for a moment."""
    answer = world.http("POST", f"{EVENT}/batches", {"kind": "invitation"}, idempotency_key="k2")
    world.memory["batch"] = expect(answer, 202)
    world.memory["fingerprint"] = world.memory["batch"]["fingerprint"]


def replace_address(world: World) -> None:
    """An invitee gets another address; who asks twice because nobody answered is told that it is so already."""
    world.memory[PRESSED] = True
    wanted = {"email": NEW_ADDRESS, "reason": "The person asked for it"}
    answer = world.http("POST", f"{EVENT}/invitees/{world.memory['clara'].id}/address", wanted)
    assert answer.status_code == 200 or b"already" in answer.body, answer.body
    world.memory["to the old address"] = len(world.ses.mailbox.find(to=world.memory["clara"].email))


def batch_as_it_stands(world: World) -> dict[str, Any]:
    return expect(world.http("GET", f"{EVENT}/batches/{world.memory['batch']['batch']}", aside=True), 200)


def register(world: World) -> None:
    """The invitee sends the form of the page that their link opens."""
    world.memory[PRESSED] = True
    answer = send_form(world, world.memory["clara"], "/registration", FORM)
    assert answer.status_code in (200, 303), answer.body


def send_form(world: World, one: Invitee, page: str, form: bytes, aside: bool = False) -> HTTPResponse:
    """Somebody presses a button on a page of theirs."""
    path = wiring.links().url(one, path=page).removeprefix(BASE)
    return world.http("POST", path, form, aside, content_type="application/x-www-form-urlencoded")


def expect(answer: HTTPResponse, status: int) -> dict[str, Any]:
    assert answer.status_code == status, (answer.status_code, answer.body)
    return answer.json_body  # type: ignore[no-any-return]
