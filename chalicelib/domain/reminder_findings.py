"""What there is to say of the rules by which people are reminded: those that would remind nobody, or at no moment."""

from collections.abc import Iterator
from datetime import datetime

from chalicelib.domain.agenda_times import clock_findings, in_words
from chalicelib.domain.contribution import due_until
from chalicelib.domain.event import EventDocument
from chalicelib.domain.finding import Finding, error, warning
from chalicelib.domain.reminder import Reminder, ReminderRule, reminder_of
from chalicelib.domain.text import words


def reminder_findings(document: EventDocument) -> Iterator[Finding]:
    """In the document's order. A rule that goes to several statuses is looked at when none of them can be reached."""
    for number, rule in enumerate(document.reminders):
        field, about = f"reminders.{number}", [reminder_of(document, rule, one) for one in rule.of_sessions(document)]
        yield from _wall(document, field, rule)
        yield from _nobody(document, field, rule, about)
        for reminder in about:
            yield from _quiet(document, field, reminder)
        if any(one.due >= _end(document, one) for one in about) and not (rule.subject and rule.text):
            yield error(
                "reminder-without-words",
                f"{field}.text",
                f'The rule "{rule.id}" is due when its session is over, and the usual words invite people to join it. '
                "Write a subject and a text.",
            )


def _wall(document: EventDocument, field: str, rule: ReminderRule) -> Iterator[Finding]:
    if rule.at:
        days = sorted({session.day - rule.at.days_before for session in rule.of_sessions(document)})
        for day in days:
            yield from clock_findings(
                document.instant(day, rule.at.time), f"{field}.at.time", f'The reminder "{rule.id}"'
            )


def _nobody(document: EventDocument, field: str, rule: ReminderRule, about: list[Reminder]) -> Iterator[Finding]:
    """A rule that never reaches anybody."""
    reasons = []
    for status in rule.statuses:
        if status == "no-answer":
            if any(one.due <= document.answer_until for one in about):
                return
            reasons.append(f"answers are taken until {_said(document, document.answer_until)} only")
        elif status == "owes-contribution":
            if any(one.due <= due_until(document, asked) for one in about for asked in document.contributions):
                return
            reasons.append("no contribution is due then or later")
        elif status == "registered" or about:
            return
        else:
            reasons.append("it is about no familiarisation")
    first = f", due {_said(document, about[0].due)}" if about else ""
    yield error(
        "reminder-of-nobody",
        field,
        f'The rule "{rule.id}"{first} reminds nobody: {", and ".join(reasons)}. Change it or take it out.',
    )


def _quiet(document: EventDocument, field: str, reminder: Reminder) -> Iterator[Finding]:
    """Those in the event's zone stand for everybody here."""
    until = reminder.rest_until(document, document.time_zone, reminder.due)
    if until and until > reminder.latest:
        title = words(reminder.session.title, document.languages[0]) or reminder.session.id
        yield warning(
            "reminder-in-quiet-hours",
            field,
            f'The rule "{reminder.rule.id}" is due for {title} at {_said(document, reminder.due)}, in the quiet hours, '
            f"which last until after its latest moment, {_said(document, reminder.latest)}: who is in the event's time "
            "zone never gets it. Choose another moment, or let the rule pass with quiet_hours: false.",
        )


def _end(document: EventDocument, reminder: Reminder) -> datetime:
    return document.span(reminder.session)[1]


def _said(document: EventDocument, moment: datetime) -> str:
    return in_words(moment.astimezone(document.zone))
