"""An organiser enters the answer that somebody gave on paper: the same answer, by another hand, and marked as such."""

from datetime import datetime

from pydantic import Field

from chalicelib.adapters.store.audit import audit_put
from chalicelib.adapters.store.invitees import PersonFile
from chalicelib.adapters.store.person import log_put
from chalicelib.adapters.store.table import Write
from chalicelib.domain.errors import Closed, Conflict, Invalid, NotFound, Problem
from chalicelib.domain.event import EventDocument
from chalicelib.domain.form import Answer, posted
from chalicelib.domain.form_file import answering
from chalicelib.domain.invitee import Registration
from chalicelib.domain.model import Model
from chalicelib.domain.text import Line, Slug
from chalicelib.usecases.answer import answer
from chalicelib.usecases.desk import Desk
from chalicelib.usecases.register import register


class Paper(Model):
    """What the paper says. ``on_behalf`` names it ("Note verbale No 17 of 3 March"); name and organisation are those of
    the list when it says none. ``consent``: the person agreed that the details are used for this event.
    """

    answer: str
    on_behalf: Line = Field(min_length=1, max_length=500)
    reason: str = Field(default="", max_length=500)
    name: str = Field(default="", max_length=200)
    organisation: str = Field(default="", max_length=200)
    sessions: list[Slug] = Field(default_factory=list, max_length=60)
    answers: dict[Slug, Answer] = Field(default_factory=dict, max_length=60)
    consent: bool = False


def answer_on_behalf(
    desk: Desk, event_id: str, invitee_id: str, paper: Paper, who: str, now: datetime
) -> Registration | str:
    """The registration, or the request that waits; the answer when it is another one. The same again changes nothing.

    Paper takes its time: the deadline for answers does not hold here, the places and the end of the event do. It
    brings no files: none is required of it, and those that the person sent stay.

    Raises NotFound; Invalid by the paper's fields (``answers.visa``), also for a question or a session that the event
    does not have; Conflict after the event, and when the invitation was passed on or taken back.
    """
    event, person = desk.events.get(event_id), desk.invitees.file(invitee_id)
    if person is None or person.invitee.event != event_id:
        raise NotFound(f'The event "{event_id}" has no invitee "{invitee_id}".')
    if now > event.document.ends_at:
        raise Conflict("This event is over. Nothing was changed.")
    if person.invitee.rsvp == "delegated":
        raise Conflict("This invitation was passed on. Enter the answer of the colleague, or ask who passed it on.")
    if person.invitee.withdrawn_by:
        raise Conflict("This invitation was taken back, and its address may be somebody else's now. Invite them anew.")
    event = event.model_copy(update={"document": _by_paper(event.document)})
    entered: list[Write] = [
        log_put(invitee_id, now, f"{paper.answer} on behalf", paper.on_behalf, who),
        audit_put(event_id, who, f"{paper.answer} on behalf", invitee_id, paper.on_behalf, now),
    ]
    if paper.answer != "accepted":
        return answer(desk.invitees, desk.queue, event, person, paper.answer, now, entered, paper.reason)
    _refuse_unknown(event.document, paper)
    try:
        form = _form(event.document, person, paper)
        return register(
            desk.invitees, desk.places, desk.queue, event, person, form, now, entered, on_behalf=paper.on_behalf
        )
    except Invalid as wrong:
        raise Invalid(wrong.detail, [_as_sent(event.document, problem) for problem in wrong.problems]) from None
    except Closed as closed:
        raise Conflict(closed.detail) from None


def _refuse_unknown(document: EventDocument, paper: Paper) -> None:
    """A misspelt name must not lose what the paper says. Raises Invalid."""
    asked, offered = {one.id for one in document.form}, {one.id for one in document.attendable}
    wrong = [
        Problem(field=f"sessions.{place}", message=f'There is no session "{name}" to register for.')
        for place, name in enumerate(paper.sessions)
        if name not in offered
    ]
    wrong += [
        Problem(field=f"answers.{name}", message=f'The form has no question "{name}".')
        for name in paper.answers
        if name not in asked
    ]
    if wrong:
        raise Invalid("The paper names what this event does not have; nothing was changed.", wrong)


def _as_sent(document: EventDocument, problem: Problem) -> Problem:
    """The problem at the field that the caller sent, which the page calls by another name."""
    named = {one.name: f"answers.{one.id}" for one in document.form}
    return problem.model_copy(update={"field": named.get(problem.field, problem.field)})


def _by_paper(document: EventDocument) -> EventDocument:
    """The event as paper can answer it: up to its end, and without the files, which no paper brings."""
    form = [one.model_copy(update={"required": one.required and one.kind != "file"}) for one in document.form]
    return document.model_copy(update={"form": form}).answered_until(document.ends_at)


def _form(document: EventDocument, person: PersonFile, paper: Paper) -> dict[str, list[str]]:
    """The paper as the page's form would send it; files that the person sent stay."""
    files = answering(document.form, person.uploads)
    sent = person.registration.answers if person.registration else {}
    return {
        "name": [paper.name or person.invitee.name],
        "organisation": [paper.organisation or person.invitee.delegation],
        "sessions": list(paper.sessions),
        "consent": ["yes"] if paper.consent else [],
        **posted({name: said for name, said in sent.items() if said in files.get(name, ())}),
        **posted(paper.answers),
    }
