"""What organisers and invitees do, request by request: the one place that knows the API's paths and answers."""

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
FORM = b"name=Clara+Weiss&organisation=Ministry&sessions=session-1&consent=yes"


def publish(world: World, people: int, files: bool = True) -> list[Invitee]:
    """An event with its documents and its invitees; returns these."""
    expect(world.http("PUT", EVENT, raw_document(**FILES if files else {}), aside=True), 201)
    if files:
        note = world.http("PUT", f"{EVENT}/documents/note/en", b"%PDF-1.7", True, content_type="application/pdf")
        expect(note, 200)
    invited = [person(f"p{n:02}") for n in range(people)]
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


def batch_as_it_stands(world: World) -> dict[str, Any]:
    return expect(world.http("GET", f"{EVENT}/batches/{world.memory['batch']['batch']}", aside=True), 200)


def register(world: World) -> None:
    """The invitee sends the form of the page that their link opens."""
    clara = world.memory["clara"]
    path = wiring.links().url(clara, path="/registration").removeprefix(BASE)
    answer = world.http("POST", path, FORM, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (200, 303), answer.body


def expect(answer: HTTPResponse, status: int) -> dict[str, Any]:
    assert answer.status_code == status, (answer.status_code, answer.body)
    return answer.json_body  # type: ignore[no-any-return]
