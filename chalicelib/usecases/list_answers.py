"""What came back, for organisers: invitees, registrations, feedback."""

from collections.abc import Mapping
from typing import get_args

from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.feedback import Feedbacks
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.listings import Cursor
from chalicelib.domain.batch import Status, status_of
from chalicelib.domain.errors import Invalid
from chalicelib.domain.event import EventDocument
from chalicelib.domain.form import Answer, spoken
from chalicelib.domain.invitee import Invitee, standing
from chalicelib.domain.text import words

STATUSES: tuple[Status, ...] = get_args(Status)


def invitees(
    events: Events, people: Invitees, event_id: str, wanted: dict[str, str], limit: int, cursor: Cursor
) -> tuple[list[Invitee], Cursor | None]:
    """A page of those that fit ``wanted`` (status, category, language, suppressed), and where the next begins.

    That is None at the end. Raises NotFound, and Invalid for a filter that this event does not know.
    """
    _check(wanted, events.get(event_id).document)
    return people.page(event_id, limit, cursor, (lambda invitee: _fits(invitee, wanted)) if wanted else None)


def _check(wanted: dict[str, str], document: EventDocument) -> None:
    """An event without categories of its own takes any, as its lists do."""
    known = {
        "status": STATUSES,
        "category": list(document.categories),
        "language": document.languages,
        "suppressed": ("true", "false"),
    }
    for name, value in wanted.items():
        if value not in known[name] and not (name == "category" and not document.categories):
            raise Invalid.field(name, f"Choose one of {', '.join(known[name])}.")


def _fits(invitee: Invitee, wanted: dict[str, str]) -> bool:
    return (
        wanted.get("status") in (None, status_of(invitee))
        and wanted.get("category") in (None, invitee.category)
        and wanted.get("language") in (None, invitee.language)
        and wanted.get("suppressed") in (None, "true" if invitee.suppressed else "false")
    )


def registrations(events: Events, people: Invitees, event_id: str) -> list[dict[str, object]]:
    """Everybody who is registered, by name, a row each; files among the answers by what they are called."""
    events.get(event_id)
    listed = [registration.invitee for registration in people.registrations(event_id)]
    rows: list[dict[str, object]] = []
    for invitee, kept in people.load(listed).values():
        registration = standing(invitee, kept)
        if registration is None:
            continue  # the listing follows what a person does a moment later
        row = {
            "name": registration.name,
            "organisation": registration.organisation,
            "sessions": registration.sessions,
            "registered_at": registration.updated_at.isoformat(),
            "answers": registration.answers_in_words,
            "invitee": registration.invitee,
            "on_behalf": registration.on_behalf,
        }
        about = {
            name: getattr(invitee, name)
            for name in ("email", "country", "delegation", "category", "language", "time_zone")
        }
        rows.append({**row, **about})
    return sorted(rows, key=lambda row: str(row["name"]).casefold())


def in_cells(answers: Mapping[str, Answer]) -> dict[str, object]:
    """Answers for a table: ids of choices, several of them in one cell; ``yes`` and ``no``."""
    return {name: said if isinstance(said, list) else spoken(said) for name, said in answers.items()}


def feedback(
    events: Events, people: Invitees, feedbacks: Feedbacks, event_id: str
) -> tuple[list[str], list[dict[str, object]]]:
    """The columns (day, then a question each) and a row per answer; choices as words of the event's first language."""
    event = events.get(event_id)
    questions = event.document.feedback.questions if event.document.feedback else []
    choices = {question.id: question.choices for question in questions if question.kind == "choice"}
    rows = feedbacks.all(people.listing(event_id, "FEEDBACK"))
    for row in rows:
        for question, offered in choices.items():
            number = str(row.get(question, ""))
            if number.isdigit() and int(number) < len(offered):
                row[question] = words(offered[int(number)], event.document.languages[0])
    return ["day", *(question.id for question in questions)], rows
