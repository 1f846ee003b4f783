"""Who has handed in what an event asks for, who has not, and how an organiser opens what came."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.adapters.private_files import PrivateFiles
from chalicelib.adapters.store.audit import Audit
from chalicelib.adapters.store.contributions import Contributions
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.listings import BEGINNING, Cursor
from chalicelib.domain.contribution import Contribution, HandedIn, State, state_of
from chalicelib.domain.errors import Invalid, NotFound
from chalicelib.domain.event import EventDocument
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.private_upload import SHOWN_FOR, clean_name
from chalicelib.domain.text import SLUG
from chalicelib.usecases.read_person import INVITEE

PAGE = 500
"""People who are read together for a listing of all."""


@dataclass(frozen=True)
class Line:
    """What one person was asked for, and whether it came."""

    asked: Contribution
    invitee: Invitee
    state: State
    handed: HandedIn | None


@dataclass(frozen=True)
class Opened:
    """What was handed in; ``url`` saves a file as ``filename`` until ``expires_at``, and is empty for a text."""

    handed: HandedIn
    filename: str
    url: str = ""
    expires_at: datetime | None = None


def contributions(
    events: Events,
    people: Invitees,
    store: Contributions,
    event_id: str,
    wanted: dict[str, str],
    limit: int,
    cursor: Cursor,
) -> tuple[list[Line], Cursor | None]:
    """A page of up to ``limit`` people, a line for each thing that ``wanted`` (contribution, category, state) names,
    and where the next page begins, None at the end. Raises NotFound, and Invalid for a filter that the event lacks.
    """
    asked = _asked(events.get(event_id).document, wanted)

    def fits(invitee: Invitee) -> bool:
        return any(_fits(one, invitee, wanted) for one in asked)

    found, following = people.page(event_id, limit, cursor, fits)
    return _lines(store, asked, found, wanted), following


def everybody(
    events: Events, people: Invitees, store: Contributions, event_id: str, wanted: dict[str, str]
) -> Iterator[Line]:
    """Every line, page by page. Raises as ``contributions`` does."""
    at: Cursor | None = BEGINNING
    while at:
        lines, at = contributions(events, people, store, event_id, wanted, PAGE, at)
        yield from lines


def open_contribution(
    events: Events, people: Invitees, store: Contributions, files: PrivateFiles, audit: Audit,
    event_id: str, invitee_id: str, contribution_id: str, who: str, now: datetime,
) -> Opened:  # fmt: skip
    """What this person handed in: the text, or an address that saves the file. The audit log is written first.

    Raises NotFound.
    """
    events.get(event_id)
    invitee = _invitee(people, event_id, invitee_id)
    handed = store.find(invitee.id, contribution_id) if re.fullmatch(SLUG, contribution_id) else None
    if handed is None:
        raise NotFound(f'"{invitee_id}" has handed in no "{contribution_id}".')
    audit.write(event_id, who, "contribution opened", f"{contribution_id} of {invitee_id}", "", now)
    if not handed.upload:
        return Opened(handed, "")
    upload = store.upload(invitee.id, handed.upload)
    if upload is None or not upload.kept:
        raise NotFound("The file was replaced or withdrawn a moment ago. Load the list again.")
    name = clean_name(upload.filename, upload.type)
    return Opened(handed, name, files.download_url(upload, name), now + SHOWN_FOR)


def _invitee(people: Invitees, event_id: str, invitee_id: str) -> Invitee:
    file = people.file(invitee_id) if re.fullmatch(INVITEE, invitee_id) else None
    if file is None or file.invitee.event != event_id:
        raise NotFound(f'The event "{event_id}" has no invitee "{invitee_id}".')
    return file.invitee


def _asked(document: EventDocument, wanted: dict[str, str]) -> list[Contribution]:
    known = {
        "contribution": [one.id for one in document.contributions],
        "category": list(document.categories),
        "state": ["handed-in", "missing"],
    }
    for name, value in wanted.items():
        if value not in known[name]:
            there = ", ".join(known[name])
            raise Invalid.field(name, f"Choose one of {there}." if there else "The event asks for no contributions.")
    return [one for one in document.contributions if wanted.get("contribution") in (None, one.id)]


def _fits(asked: Contribution, invitee: Invitee, wanted: dict[str, str]) -> bool:
    """Who declined owes nothing, and is listed with what they handed in before."""
    state = state_of(asked, invitee)
    return (
        invitee.category in asked.categories
        and wanted.get("category") in (None, invitee.category)
        and wanted.get("state") in (None, state)
        and (state == "handed-in" or invitee.rsvp != "declined")
    )


def _lines(
    store: Contributions, asked: list[Contribution], found: Iterable[Invitee], wanted: dict[str, str]
) -> list[Line]:
    fitting = [(one, invitee) for invitee in found for one in asked if _fits(one, invitee, wanted)]
    came = store.load((invitee.id, one.id) for one, invitee in fitting if one.id in invitee.handed_in)
    return [Line(one, invitee, state_of(one, invitee), came.get((invitee.id, one.id))) for one, invitee in fitting]
