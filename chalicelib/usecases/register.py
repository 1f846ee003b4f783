"""An invitee accepts and registers; the confirmation is promised in the same transaction."""

import logging
from datetime import datetime, timedelta
from typing import Any

from chalicelib.adapters.queue import Queue, QueueFailed
from chalicelib.adapters.store.due import Due
from chalicelib.adapters.store.invitees import SAME_LINKS, Invitees, PersonFile
from chalicelib.adapters.store.table import ConditionFailed
from chalicelib.domain.errors import Closed, Conflict, Invalid, NotFound, Problem
from chalicelib.domain.event import Event, utc
from chalicelib.domain.invitee import Registration
from chalicelib.domain.text import one_line
from chalicelib.domain.work import Work
from chalicelib.usecases.answer import answer_state

logger = logging.getLogger(__name__)

GRACE = timedelta(minutes=2)
"""How long the direct way has before the clock queues the confirmation."""

LONGEST = 200


def prefilled(event: Event, person: PersonFile) -> dict[str, Any]:
    """What the form says before the person has typed: what they told us last, else what the list of invitees says."""
    before = person.registration
    offered = [session.id for session in event.document.attendable if session.kind == "session"]
    return {
        "name": before.name if before else person.invitee.name,
        "organisation": before.organisation if before else person.invitee.delegation,
        "sessions": before.sessions if before else offered,
        "consent": person.registered is not None,
    }


def register(
    invitees: Invitees, queue: Queue, event: Event, person: PersonFile, form: dict[str, list[str]], now: datetime
) -> Registration:
    """Store what the form says and queue the confirmation; the same form again changes and mails nothing.

    A queue that fails is no reason to say no: the clock finds the promise of the confirmation.

    Raises Invalid with a problem per field, Closed after the deadline, Conflict when another window was quicker,
    NotFound when the link was revoked meanwhile.
    """
    if answer_state(event, now) != "open":
        raise Closed("The time for answers has passed.")
    wanted = _read(event, person, form, now)
    if person.registered and _same(person.registered, wanted):
        return person.registered
    work = Work(
        event=event.id,
        kind="confirmation",
        occurrence=str(wanted.version),
        invitee=person.invitee.id,
        outbox=utc(now + GRACE),
    )
    try:
        invitees.register(person.invitee, wanted, outbox_of(work))
    except ConditionFailed as failed:
        if failed.name == SAME_LINKS:
            raise NotFound("This link does not lead anywhere.") from None
        return _of_the_other_click(invitees, wanted)
    try:
        queue.send([work])
    except QueueFailed:
        logger.exception("the confirmation of %s waits for the clock", work.invitee)
    return wanted


def _of_the_other_click(invitees: Invitees, wanted: Registration) -> Registration:
    """What another request stored a moment ago, when it says what was wanted here. Raises Conflict when it does not."""
    file = invitees.file(wanted.invitee)
    if file is None or file.registered is None or not _same(file.registered, wanted):
        raise Conflict("Your registration was changed in another window a moment ago.")
    return file.registered


def _same(one: Registration, other: Registration) -> bool:
    said = {"name", "organisation", "sessions"}
    return one.model_dump(include=said) == other.model_dump(include=said)


def outbox_of(work: Work) -> Due:
    """The row that makes the clock queue one person's mail again until the worker takes the row away."""
    return Due(
        what="outbox",
        reference=f"{work.invitee}#{work.kind}#{work.occurrence}",
        at=datetime.fromisoformat(work.outbox),
        body=work.model_dump(exclude_defaults=True),
    )


def _read(event: Event, person: PersonFile, form: dict[str, list[str]], now: datetime) -> Registration:
    name, organisation = (one_line(" ".join(form.get(field, [])))[: LONGEST + 1] for field in ("name", "organisation"))
    offered = [session.id for session in event.document.attendable]
    sessions = [session for session in offered if session in form.get("sessions", [])]
    problems = [
        Problem(field=field, message=message)
        for field, message, wrong in (
            ("name", "Enter your name as it should stand on the badge.", not name),
            ("name", "Shorten the name to 200 characters.", len(name) > LONGEST),
            ("organisation", "Enter the organisation that you represent.", not organisation),
            ("organisation", "Shorten the organisation to 200 characters.", len(organisation) > LONGEST),
            ("sessions", "Choose at least one session.", not sessions),
            ("consent", "Confirm that we may use these details for this event.", form.get("consent") != ["yes"]),
        )
        if wrong
    ]
    if problems:
        raise Invalid("The registration is not complete.", problems)
    version = person.registration.version + 1 if person.registration else 1
    return Registration(
        invitee=person.invitee.id,
        event=event.id,
        name=name,
        organisation=organisation,
        sessions=sessions,
        consented_at=now,
        updated_at=now,
        version=version,
    )
