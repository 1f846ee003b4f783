"""What an agenda leaves unsaid: words that one of the event's languages lacks, people to be confirmed, reminders."""

from collections.abc import Iterator

from chalicelib.domain.event import EventDocument
from chalicelib.domain.finding import Finding, error, warning
from chalicelib.domain.text import Text, words


def word_findings(document: EventDocument) -> Iterator[Finding]:
    """In the document's order."""
    yield from _title(document)
    for field, what, text in _texts(document):
        yield from _languages(document, field, what, text)
    yield from _people(document)
    yield from _reminders(document)


def _title(document: EventDocument) -> Iterator[Finding]:
    for language in document.languages:
        if not document.title.get(language, "").strip():
            yield error(
                "title-missing",
                f"title.{language}",
                f'The event has no title in "{language}", which is one of its languages. Write it, or take the '
                "language out of the list.",
            )


def _languages(document: EventDocument, field: str, what: str, text: Text) -> Iterator[Finding]:
    instead = words(text, document.languages[0])
    for language in document.languages:
        if not text.get(language, "").strip():
            consequence = f'people read "{_short(instead)}" instead' if instead else "nothing is shown"
            message = f'{what} is missing in "{language}": {consequence}. Write it.'
            yield warning("language-missing", f"{field}.{language}", message)


def _texts(document: EventDocument) -> Iterator[tuple[str, str, Text]]:
    """(path, what it is, the text) of everything that people read; of what is optional, only what is there."""
    yield "consent", "The consent", document.consent
    yield "organiser.name", "The organiser's name", document.organiser.name
    yield "venue.name", "The venue's name", document.venue.name
    for field, what, text in (
        ("summary", "The summary", document.summary),
        ("organiser.postal_address", "The organiser's postal address", document.organiser.postal_address),
    ):
        if text:
            yield field, what, text
    for name, text in document.categories.items():
        yield f"categories.{name}", f'The name of the category "{name}"', text
    for name, delegation in document.delegations.items():
        yield f"delegations.{name}.name", f'The name of the delegation "{name}"', delegation.name
    yield from _agenda_texts(document)
    yield from _form_texts(document)
    for number, rule in enumerate(document.reminders):
        for name, said in (("subject", rule.subject), ("text", rule.text)):
            if said:
                yield f"reminders.{number}.{name}", f'The {name} of the reminder "{rule.id}"', said
    for number, held in enumerate(document.documents):
        yield f"documents.{number}.title", f'The title of the document "{held.id}"', held.title
    for number, question in enumerate(document.feedback.questions if document.feedback else []):
        field, what = f"feedback.questions.{number}", f'of the question "{question.id}"'
        yield f"{field}.label", f"The wording {what}", question.label
        for place, choice in enumerate(question.choices):
            yield f"{field}.choices.{place}", f"Choice {place + 1} {what}", choice


def _form_texts(document: EventDocument) -> Iterator[tuple[str, str, Text]]:
    """What people are asked when they register, and what they are to hand in."""
    for number, asked in enumerate(document.form):
        field, what = f"form.{number}", f'of the question "{asked.id}"'
        yield f"{field}.label", f"The label {what}", asked.label
        if asked.help:
            yield f"{field}.help", f"The help {what}", asked.help
        for place, choice in enumerate(asked.choices):
            yield f"{field}.choices.{place}.label", f'The choice "{choice.id}" {what}', choice.label
    for number, wanted in enumerate(document.contributions):
        field, what = f"contributions.{number}", f'of the contribution "{wanted.id}"'
        yield f"{field}.title", f"The title {what}", wanted.title
        if wanted.help:
            yield f"{field}.help", f"The help {what}", wanted.help


def _agenda_texts(document: EventDocument) -> Iterator[tuple[str, str, Text]]:
    first = document.languages[0]
    for number, session in enumerate(document.sessions):
        yield f"sessions.{number}.title", f'The title of the session "{session.id}"', session.title
        for place, item in enumerate(session.items):
            field, title = f"sessions.{number}.items.{place}", words(item.title, first) or item.id
            yield f"{field}.title", f'The title of the item "{item.id}"', item.title
            for seat, person in enumerate(item.people):
                yield f"{field}.people.{seat}.name", f"The name of a {person.role} of {title}", person.name
                if person.office:
                    who = words(person.name, first) or f"a {person.role} of {title}"
                    yield f"{field}.people.{seat}.office", f"The office of {who}", person.office
            for line, point in enumerate(item.points):
                yield f"{field}.points.{line}", f"Point {line + 1} of {title}", point


def _people(document: EventDocument) -> Iterator[Finding]:
    first = document.languages[0]
    for number, session in enumerate(document.sessions):
        for place, item in enumerate(session.items):
            field, title = f"sessions.{number}.items.{place}.people", words(item.title, first) or item.id
            for seat, person in enumerate(item.people):
                if not person.confirmed:
                    yield warning(
                        "speaker-unconfirmed",
                        f"{field}.{seat}.confirmed",
                        f"{words(person.name, first) or person.role} is not confirmed yet for {title}, and everybody "
                        'reads "to be confirmed". Publish the agenda again when that is settled.',
                    )
            if item.kind == "roundtable" and all(person.role != "moderator" for person in item.people):
                yield warning("roundtable-without-moderator", field, f"{title} has no moderator. Name one.")


def _reminders(document: EventDocument) -> Iterator[Finding]:
    if not document.reminders:
        yield warning("no-reminder", "reminders", "Nobody is reminded. Add a rule, for instance an hour before.")
    breaks = {session.id for session in document.sessions if session.kind == "break"}
    for number, rule in enumerate(document.reminders):
        for name in sorted(breaks.intersection(rule.sessions or ())):
            yield warning(
                "reminder-of-break",
                f"reminders.{number}.sessions",
                f'The rule "{rule.id}" names the break "{name}". Nobody registers for a break, so nobody is reminded. '
                "Take it out.",
            )


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
