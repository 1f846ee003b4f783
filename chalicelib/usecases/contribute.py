"""A person hands in what an event asks them for, replaces it, or takes it back, until it is due."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chalicelib.adapters.store.invitees import Invitees, PersonFile
from chalicelib.adapters.store.table import ConditionFailed
from chalicelib.domain.contribution import LONGEST_TEXT, Contribution, HandedIn, asked_of, due_until
from chalicelib.domain.errors import Closed, Conflict, Invalid, Limited, NotFound
from chalicelib.domain.event import Event
from chalicelib.domain.private_upload import PrivateUpload
from chalicelib.domain.text import paragraphs
from chalicelib.usecases.private_uploads import Uploads, Wanted, check, drop

OVERTAKEN = "This was changed in another window a moment ago. Look at what is there now, then try again."

ContributionState = Literal["open", "closed"]


@dataclass(frozen=True)
class Room:
    """What handing in works with."""

    invitees: Invitees
    uploads: Uploads


def asked_for(event: Event, person: PersonFile, contribution_id: str) -> Contribution:
    """The contribution of this id, when this person is asked for it. Raises NotFound."""
    for asked in asked_of(event.document, person.invitee):
        if asked.id == contribution_id:
            return asked
    raise NotFound("Nothing of this name is asked of this person.")


def contribution_state(event: Event, asked: Contribution, now: datetime) -> ContributionState:
    """Things are taken up to the moment when they are due."""
    return "open" if now <= due_until(event.document, asked) else "closed"


def wanted_of(asked: Contribution) -> Wanted:
    return Wanted(f"contribution {asked.id}", asked.files, asked.most)


def hand_in_text(room: Room, event: Event, person: PersonFile, asked: Contribution, said: str, now: datetime) -> None:
    """Store a text; the same one again changes nothing. Raises Invalid, Closed, and Conflict."""
    _open(event, asked, now)
    if not asked.takes_text:
        raise Invalid.field("text", "Hand in a file: a text is not asked for here.")
    text = paragraphs(said)
    if not text:
        raise Invalid.field("text", "Write the text, or choose a file.")
    if len(text) > LONGEST_TEXT:
        raise Invalid.field("text", "Shorten the text to 10,000 characters.")
    before = person.contributions.get(asked.id)
    if before is None or before.text != text:
        _store(room, person, asked, before, {"format": "text", "text": text}, now)


def hand_in_file(
    room: Room, event: Event, person: PersonFile, asked: Contribution, upload_id: str, now: datetime
) -> None:
    """Check an upload of this person, keep it, and store that it is handed in; the same one again changes nothing.

    Raises Invalid with what is wrong with the file, which is then deleted; Closed, Limited and Conflict.
    """
    _open(event, asked, now)
    before = person.contributions.get(asked.id)
    if before and before.upload == upload_id:
        return
    upload = check(room.uploads, person.invitee, upload_id, wanted_of(asked), now)
    said = {"format": upload.type, "upload": upload.id, "filename": upload.filename, "size": upload.size}
    try:
        _store(room, person, asked, before, said, now)
    except (Conflict, NotFound, Limited):
        _drop_unless_named(room, person.invitee.id, upload)
        raise


def withdraw(room: Room, event: Event, person: PersonFile, asked: Contribution, now: datetime) -> None:
    """Take back what was handed in; nothing there changes nothing. Raises Closed and Conflict."""
    _open(event, asked, now)
    before = person.contributions.get(asked.id)
    if before is None:
        return
    try:
        room.uploads.store.withdraw(person.invitee, before, now)
    except ConditionFailed:
        again = _again(room, person)
        if before.contribution not in again.contributions:
            return
        if again.contributions[before.contribution] != before:
            raise Conflict(OVERTAKEN) from None
        _once_more(lambda: room.uploads.store.withdraw(again.invitee, before, now))
    _drop_file(room, before)


def _open(event: Event, asked: Contribution, now: datetime) -> None:
    if contribution_state(event, asked, now) != "open":
        raise Closed("The time for this contribution has passed.")


def _store(
    room: Room, person: PersonFile, asked: Contribution, before: HandedIn | None, said: dict[str, object], now: datetime
) -> None:
    """Put it in place of what the person saw, and delete that; another contribution may come in meanwhile."""
    about = {"invitee": person.invitee.id, "event": person.invitee.event, "contribution": asked.id}
    version = before.version + 1 if before else 1
    new = HandedIn.model_validate({**about, **said, "version": version, "handed_in_at": now})
    try:
        room.uploads.store.hand_in(person.invitee, before, new)
    except ConditionFailed:
        again = _again(room, person)
        there = again.contributions.get(asked.id)
        if _same(there, new):
            return
        if there != before:
            raise Conflict(OVERTAKEN) from None
        _once_more(lambda: room.uploads.store.hand_in(again.invitee, before, new))
    if before:
        _drop_file(room, before)


def _again(room: Room, person: PersonFile) -> PersonFile:
    """The file as it is now. Raises NotFound when the person's links were revoked meanwhile."""
    again = room.invitees.file(person.invitee.id)
    if again is None or again.invitee.generation != person.invitee.generation:
        raise NotFound("This link does not lead anywhere.") from None
    return again


def _once_more(write: Callable[[], None]) -> None:
    try:
        write()
    except ConditionFailed:
        raise Conflict(OVERTAKEN) from None


def _same(one: HandedIn | None, other: HandedIn) -> bool:
    """The other click of the same form was quicker."""
    return one is not None and (one.text, one.upload) == (other.text, other.upload)


def _drop_file(room: Room, gone: HandedIn) -> None:
    upload = room.uploads.store.upload(gone.invitee, gone.upload) if gone.upload else None
    if upload:
        drop(room.uploads, upload)


def _drop_unless_named(room: Room, invitee_id: str, upload: PrivateUpload) -> None:
    file = room.invitees.file(invitee_id)
    if file is None or upload.id not in {one.upload for one in file.contributions.values()}:
        drop(room.uploads, upload)
