"""What came back, for organisers: invitees, registrations, feedback."""

from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.feedback import Feedbacks
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.table import Item
from chalicelib.domain.batch import status_of
from chalicelib.domain.errors import Invalid
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.text import words

STATUSES = ("no-answer", "accepted", "declined", "tentative")

REGISTRATION_COLUMNS = [
    "name",
    "organisation",
    "email",
    "country",
    "delegation",
    "category",
    "language",
    "time_zone",
    "sessions",
    "registered_at",
]


def invitees(
    events: Events, people: Invitees, event_id: str, wanted: dict[str, str], limit: int, cursor: tuple[int, Item | None]
) -> tuple[list[Invitee], tuple[int, Item | None] | None]:
    """A page of those that fit ``wanted`` (status, category, language), and where the next begins (None at the end)."""
    events.get(event_id)
    if wanted.get("status", "accepted") not in STATUSES:
        raise Invalid.field("status", f"Choose one of {', '.join(STATUSES)}.")
    found: list[Invitee] = []
    following: tuple[int, Item | None] | None = cursor
    while following is not None and len(found) < limit:
        page, following = people.page(event_id, limit - len(found), following)
        found += [invitee for invitee in page if _fits(invitee, wanted)]
    return found, following


def _fits(invitee: Invitee, wanted: dict[str, str]) -> bool:
    return (
        wanted.get("status") in (None, status_of(invitee))
        and wanted.get("category") in (None, invitee.category)
        and wanted.get("language") in (None, invitee.language)
    )


def registrations(events: Events, people: Invitees, event_id: str) -> list[dict[str, object]]:
    """Everybody who is registered, by name, a row each."""
    events.get(event_id)
    standing = {registration.invitee: registration for registration in people.registrations(event_id)}
    rows: list[dict[str, object]] = []
    for invitee, registration in people.load(standing).values():
        if registration is None or registration.withdrawn_at or invitee.rsvp != "accepted":
            continue  # the listing follows what a person does a moment later
        row = {
            "name": registration.name,
            "organisation": registration.organisation,
            "sessions": registration.sessions,
            "registered_at": registration.updated_at.isoformat(),
        }
        about = {
            name: getattr(invitee, name)
            for name in ("email", "country", "delegation", "category", "language", "time_zone")
        }
        rows.append({**row, **about})
    return sorted(rows, key=lambda row: str(row["name"]).casefold())


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
