"""A person's file in the tests: what the browser posts to the bucket, and what handing in works with."""

from typing import Any

from chalicelib.adapters.private_files import PrivateFiles
from chalicelib.adapters.store.contributions import Contributions
from chalicelib.domain.contribution import Contribution
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Invitee
from chalicelib.usecases.contribute import Room, asked_for, hand_in_file, hand_in_text, withdraw
from chalicelib.usecases.private_uploads import Uploads
from tests.files import PDF
from tests.shelf import SETTINGS, Shelf

BUCKET = SETTINGS["PRIVATE_BUCKET"]
PAPER: dict[str, Any] = {
    "id": "paper",
    "title": {"en": "A written example", "ru": "Письменный пример"},
    "categories": ["government"],
    "formats": ["text", "pdf", "docx"],
    "due": {"days_before": 5, "at": "18:00"},
    "remind_days_before": [3],
    "max_mb": 25,
}
PHOTO = {**PAPER, "id": "photo", "formats": ["pdf", "jpeg"], "max_mb": 1, "remind_days_before": []}
UPLOAD = "0123456789abcdef0123"


def room(shelf: Shelf) -> Room:
    return Room(shelf.invitees, Uploads(PrivateFiles(shelf.s3, BUCKET), Contributions(shelf.table)))


def key(invitee: Invitee, upload: str = UPLOAD, folder: str = "private") -> str:
    return f"{folder}/{invitee.event}/{invitee.id}/{upload}"


def arrive(shelf: Shelf, invitee: Invitee, content: bytes = PDF, upload: str = UPLOAD, name: str = "paper.pdf") -> str:
    """The browser posted a file."""
    shelf.s3.put_object(
        Bucket=BUCKET, Key=key(invitee, upload), Body=content, ContentType="application/octet-stream",
        Metadata={"filename": name},
    )  # fmt: skip
    return upload


def objects(shelf: Shelf) -> list[str]:
    found = shelf.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return sorted(one["Key"] for one in found)


def asked(shelf: Shelf, invitee: Invitee, contribution: str = "paper") -> tuple[Event, Contribution]:
    event = shelf.events.get("symposium")
    return event, asked_for(event, shelf.file(invitee), contribution)


def hand_in(
    shelf: Shelf, invitee: Invitee, upload: str = UPLOAD, contribution: str = "paper", seen: Any = None
) -> None:
    event, one = asked(shelf, invitee, contribution)
    hand_in_file(room(shelf), event, seen or shelf.file(invitee), one, upload, shelf.clock())


def write(
    shelf: Shelf, invitee: Invitee, text: str = "My example.", seen: Any = None, contribution: str = "paper"
) -> None:
    event, one = asked(shelf, invitee, contribution)
    hand_in_text(room(shelf), event, seen or shelf.file(invitee), one, text, shelf.clock())


def take_back(shelf: Shelf, invitee: Invitee, seen: Any = None, contribution: str = "paper") -> None:
    event, one = asked(shelf, invitee, contribution)
    withdraw(room(shelf), event, seen or shelf.file(invitee), one, shelf.clock())
