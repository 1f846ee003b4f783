"""The registration form: what it says before somebody has typed, and reading what was sent."""

from datetime import datetime
from typing import Any

from chalicelib.adapters.store.invitees import PersonFile
from chalicelib.domain.errors import Invalid, Problem
from chalicelib.domain.event import Event
from chalicelib.domain.form import posted, read_answers
from chalicelib.domain.form_file import answering, file_names, proposed
from chalicelib.domain.invitee import Registration
from chalicelib.domain.places import Scope, Seats, limits_of, scope, seats_for
from chalicelib.domain.text import one_line
from chalicelib.usecases.take_place import held_by

LONGEST = 200


def prefilled(event: Event, person: PersonFile) -> dict[str, Any]:
    """What the form says before the person has typed: what they told us last, else what the list of invitees says."""
    before = person.registration
    offered = [session.id for session in event.document.attendable if session.kind == "session"]
    files = proposed(event.document.form, person.uploads, before)
    return {
        "name": before.name if before else person.invitee.name,
        "organisation": before.organisation if before else person.invitee.delegation,
        "sessions": before.sessions if before else offered,
        "consent": person.registered is not None,
        **posted({**(before.answers if before else {}), **{question: one.id for question, one in files.items()}}),
    }


def full_places(event: Event, person: PersonFile, seats: Seats) -> list[str]:
    """The sessions without a free place for somebody who is not in them, and choices as ``field/choice``; ``*`` when
    there is none at all, for this person with their category and delegation.
    """
    document, held = event.document, set(held_by(person))
    limits = limits_of(document)

    def full(*scopes: Scope) -> bool:
        return bool(seats.full([one for one in scopes if one not in held], limits))

    sessions = [one.id for one in document.attendable if full(scope("session", one.id))]
    choices = [
        f"{field.id}/{one.id}"
        for field in document.form
        for one in field.choices
        if full(scope("choice", field.id, one.id))
    ]
    everything = ["*"] if full(*seats_for(document, person.invitee, [], {})) else []
    return [*everything, *sessions, *choices]


def read_registration(event: Event, person: PersonFile, form: dict[str, list[str]], now: datetime) -> Registration:
    """The registration that the form asks for, in the order of the page. Raises Invalid with a problem per field."""
    name, organisation = (one_line(" ".join(form.get(field, [])))[: LONGEST + 1] for field in ("name", "organisation"))
    offered = [session.id for session in event.document.attendable]
    sessions = [session for session in offered if session in form.get("sessions", [])]
    agreed = form.get("consent") == ["yes"]
    asked = event.document.form
    answers, wrong = read_answers(asked, form, answering(asked, person.uploads))
    problems = [
        *_problems(
            ("name", "Enter your name as it should stand on the badge.", not name),
            ("name", "Shorten the name to 200 characters.", len(name) > LONGEST),
            ("organisation", "Enter the organisation that you represent.", not organisation),
            ("organisation", "Shorten the organisation to 200 characters.", len(organisation) > LONGEST),
            ("sessions", "Choose at least one session.", not sessions),
        ),
        *wrong,
        *_problems(("consent", "Confirm that we may use these details for this event.", not agreed)),
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
        seats=seats_for(event.document, person.invitee, sessions, answers),
        answers=answers,
        files=file_names(asked, person.uploads, answers),
    )


def _problems(*checks: tuple[str, str, bool]) -> list[Problem]:
    return [Problem(field=field, message=message) for field, message, wrong in checks if wrong]
