"""A participant answers the feedback form: once, and so that the answers cannot be led back to the person."""

from datetime import datetime
from typing import Any, Literal

from chalicelib.adapters.store.feedback import Feedbacks
from chalicelib.adapters.store.invitees import PersonFile
from chalicelib.domain.errors import Closed, Invalid, Problem
from chalicelib.domain.event import Event
from chalicelib.domain.event_parts import Question
from chalicelib.domain.schedule import feedback_window

LONGEST = 4000

FeedbackState = Literal["not-asked", "not-yet", "open", "thanks", "closed"]


def feedback_state(event: Event, person: PersonFile, now: datetime) -> FeedbackState:
    """Whether this person may answer; only who is registered is asked. It opens when the clock has said so."""
    if person.registered is None:
        return "not-asked"
    _, closes = feedback_window(event)
    if person.gave_feedback:
        return "thanks"
    if closes is None or event.feedback_opened_at is None:
        return "not-yet"
    return "open" if now <= closes else "closed"


def give_feedback(
    feedbacks: Feedbacks, event: Event, person: PersonFile, form: dict[str, list[str]], now: datetime
) -> None:
    """Store the answers; a second time changes nothing. Raises Invalid per question, Closed when not open."""
    state = feedback_state(event, person, now)
    if state == "thanks":
        return
    if state != "open" or event.document.feedback is None:
        raise Closed("The feedback form is not open.")
    answers: dict[str, Any] = {}
    problems = []
    for question in event.document.feedback.questions:
        said = " ".join(form.get(question.id, [])).strip()
        if said and not _fits(question, said):
            problems.append(Problem(field=question.id, message="Choose one of the offered answers."))
        elif len(said) > LONGEST:
            problems.append(Problem(field=question.id, message="Shorten the text to 4,000 characters."))
        elif said:
            answers[question.id] = int(said) if question.kind == "rating" else said
        elif question.required:
            problems.append(Problem(field=question.id, message="Answer this question."))
    if not answers and not problems:
        problems.append(Problem(field=event.document.feedback.questions[0].id, message="Answer at least one question."))
    if problems:
        raise Invalid("The feedback is not complete.", problems)
    feedbacks.give(event.id, person.invitee.id, answers, now.date())


def _fits(question: Question, said: str) -> bool:
    """A rating is 1 to 5; a choice is the number of the choice, counted from 0."""
    if question.kind == "rating":
        return said in ("1", "2", "3", "4", "5")
    return question.kind == "text" or said in [str(number) for number in range(len(question.choices))]
