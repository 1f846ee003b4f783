"""What is held about a person, for that person: to read, to save, to correct."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chalicelib.adapters.store.invitees import Invitees, WholeFile
from chalicelib.adapters.store.table import ConditionFailed, Write
from chalicelib.domain.errors import Conflict, Invalid, NotFound, Problem
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.text import may_be_link, one_line

LONGEST = 200

OURS = {
    "generation",
    "chain",
    "attending",
    "handed_in",
    "delegated_to",
    "delegated_from",
    "invited_by",
    "batches",
    "withdrawn_by",
    "revision",
    "revised_at",
    "dropped",
    "feed",
}
"""What a profile has for our own book-keeping, or repeats from elsewhere in the file."""


OURS_OF_A_REQUEST = {"seats", "kept", "missing", "stamp", "news"}


def whole_file(invitees: Invitees, invitee_id: str) -> WholeFile:
    """Raises NotFound for somebody who was erased at this very moment."""
    file = invitees.whole_file(invitee_id)
    if file is None:
        raise NotFound("This link does not lead anywhere.")
    return file


def as_json(event: Event, file: WholeFile) -> bytes:
    """Everything that is held, in UTF-8 and by name; feedback is not there because nobody knows whose it is."""
    person = file.person
    registration, request = person.registration, person.request
    everything: dict[str, Any] = {
        "event": {"id": event.id, "title": event.document.title},
        "person": person.invitee.model_dump(mode="json", exclude=OURS),
        "registration": registration.model_dump(mode="json", exclude={"seats"}) if registration else None,
        "waiting_for_a_place": request.model_dump(mode="json", exclude=OURS_OF_A_REQUEST) if request else None,
        "contributions": [one.model_dump(mode="json") for one in person.contributions.values()],
        "files": [
            one.model_dump(mode="json", include={"purpose", "filename", "size", "type", "checked_at"})
            for one in person.uploads.values()
        ],
        "attendance": [
            {**one.model_dump(mode="json", exclude={"invitee", "event"}), "minutes": one.minutes}
            for one in person.attended.values()
        ],
        "gave_feedback": person.gave_feedback,
        "mails": [
            line.model_dump(mode="json", include={"kind", "occurrence", "state", "sent_at", "delivered_at", "reason"})
            for line in file.deliveries
        ],
        "history": [entry.model_dump(mode="json", exclude={"who"}) for entry in file.timeline],
    }
    return json.dumps(everything, ensure_ascii=False, indent=2).encode()


def correct(
    invitees: Invitees, event: Event, before: Invitee, form: dict[str, list[str]], now: datetime,
    guard: Sequence[Write] = (),
) -> None:
    """Write name and language as the person says they are; nothing when they are so already.

    Raises Invalid per field, Limited, and Conflict when the links were revoked meanwhile.
    """  # fmt: skip
    name, language = one_line(" ".join(form.get("name", []))[: 10 * LONGEST]), "".join(form.get("language", []))
    problems = []
    if not name:
        problems.append(Problem(field="name", message="Enter your name."))
    if len(name) > LONGEST:
        problems.append(Problem(field="name", message="Shorten the name to 200 characters."))
    if name != before.name and may_be_link(name):  # the organiser's list may say so
        problems.append(Problem(field="name", message="Write the name alone, without addresses."))
    if language not in event.document.languages:
        problems.append(Problem(field="language", message="Choose one of the languages."))
    if problems:
        raise Invalid("The correction is not complete.", problems)
    facts = {"name": name, "language": language}
    if all(getattr(before, field) == said for field, said in facts.items()):
        return
    try:
        invitees.correct(before, facts, now, guard)
    except ConditionFailed:
        raise Conflict("This was changed in another window a moment ago. Load the page again.") from None
