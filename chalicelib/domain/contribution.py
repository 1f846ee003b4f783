"""What an event asks some of its people for beside an answer: a written example, as text or as a file.

An event asks by category, until a moment of its own; a person hands in one thing for each contribution, and may replace
or withdraw it until then.
"""

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field

from chalicelib.domain.formats import FILES, Format
from chalicelib.domain.model import Deadline, Model
from chalicelib.domain.text import Slug, Text, Title

if TYPE_CHECKING:
    from chalicelib.domain.event import EventDocument
    from chalicelib.domain.invitee import Invitee

MEGABYTE = 1024 * 1024

LARGEST_MB = 25

LONGEST_TEXT = 10_000
"""Characters of a text: four pages. A person's whole file is read for each page that they open."""

MOST = 10
"""Contributions of an event: what a person handed in is read with their file."""


def _formats(said: object) -> object:
    unknown = [name for name in said if name not in get_args(Format)] if isinstance(said, list) else []
    if unknown or not said:
        known = ", ".join(get_args(Format))
        raise ValueError(f"{'there is no format ' + str(unknown[0]) + '; ' if unknown else ''}write some of {known}")
    return said


def _once(said: list[str]) -> list[str]:
    if twice := sorted({name for name in said if said.count(name) > 1}):
        raise ValueError(f"{', '.join(map(str, twice))} stands twice; name each once")
    return said


def _size(said: object) -> object:
    if not isinstance(said, int) or isinstance(said, bool) or not 1 <= said <= LARGEST_MB:
        raise ValueError(f"write a whole number of megabytes, 1 to {LARGEST_MB}; larger files cannot be handed in")
    return said


def _days(said: object) -> object:
    if not isinstance(said, list) or any(type(day) is not int or not 1 <= day <= 60 for day in said):
        raise ValueError("write whole days before the due day, 1 to 60, for instance [7, 1]; [] reminds nobody")
    return said


class Contribution(Model):
    """One thing that people of ``categories`` are asked for, due like an answer: days before the event, and a time.

    ``remind_days_before`` the due day, at the same time on the wall, those who owe it get a mail. ``max_mb`` is of a
    file; a text has ``LONGEST_TEXT`` characters.
    """

    id: Slug
    title: Title
    help: Text = Field(default_factory=dict)
    categories: Annotated[list[Slug], Field(min_length=1, max_length=100), AfterValidator(_once)]
    formats: Annotated[list[Format], BeforeValidator(_formats), AfterValidator(_once)]
    due: Deadline
    remind_days_before: Annotated[list[int], Field(max_length=5), BeforeValidator(_days), AfterValidator(_once)] = (
        Field(default_factory=list)
    )
    max_mb: Annotated[int, BeforeValidator(_size)] = LARGEST_MB

    @property
    def takes_text(self) -> bool:
        return "text" in self.formats

    @property
    def files(self) -> list[Format]:
        """The formats of files, in the order in which they are always named."""
        return [name for name in FILES if name in self.formats]

    @property
    def most(self) -> int:
        """Octets of a file, at most."""
        return self.max_mb * MEGABYTE


class HandedIn(Model):
    """What a person handed in: a ``text``, or a file, the upload of this id. ``version`` rises when it is replaced."""

    invitee: str
    event: Slug
    contribution: Slug
    version: int = 1
    format: Format
    text: str = ""
    upload: str = ""
    filename: str = ""
    size: int = 0
    handed_in_at: datetime


State = Literal["handed-in", "missing"]


def due_until(document: "EventDocument", asked: Contribution, days_earlier: int = 0) -> datetime:
    """The last moment to hand in, aware, in the event's zone; or the same time on the wall some days earlier."""
    day = document.date - timedelta(days=asked.due.days_before + days_earlier)
    at: time = asked.due.at
    return datetime.combine(day, at, tzinfo=document.zone)


def asked_of(document: "EventDocument", invitee: "Invitee") -> list[Contribution]:
    """What the event asks this person for, as it stands in the document; nothing of who passed the invitation on."""
    if invitee.rsvp == "delegated":
        return []
    return [one for one in document.contributions if invitee.category in one.categories]


def find(document: "EventDocument", contribution_id: str) -> Contribution | None:
    return next((one for one in document.contributions if one.id == contribution_id), None)


def owes(asked: Contribution, invitee: "Invitee") -> bool:
    """Somebody of the asked categories who has handed in nothing, and did not say that they will not come."""
    return (
        invitee.category in asked.categories
        and invitee.rsvp in ("accepted", "needs-action")
        and asked.id not in invitee.handed_in
    )


def state_of(asked: Contribution, invitee: "Invitee") -> State:
    return "handed-in" if asked.id in invitee.handed_in else "missing"
