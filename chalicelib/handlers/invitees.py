"""The invitee's pages: no account, one link. GET and HEAD change nothing; every change is a POST of a form."""

from chalice.app import Response

from chalicelib import wiring
from chalicelib.domain.errors import Closed, Conflict, Invalid, NotFound, Problem
from chalicelib.domain.places import PlaceRequest
from chalicelib.handlers import requests
from chalicelib.handlers.visit import FORM, READ, Visit, blueprint, file, first, personal, see_other
from chalicelib.usecases.answer import answer, answer_state
from chalicelib.usecases.give_feedback import give_feedback
from chalicelib.usecases.register import accept_place, give_up_place, register


@blueprint.route("/i/{token}", methods=READ)
@blueprint.route("/i/{token}/answer", methods=READ)
@blueprint.route("/i/{token}/place", methods=READ)
@blueprint.route("/i/{token}/colleague", methods=READ)
@blueprint.route("/i/{token}/delegation", methods=READ)
@personal
def invitation(token: str) -> Response:
    return Visit(token).invitation()


@blueprint.route("/i/{token}/answer", methods=["POST"], content_types=FORM)
@personal
def post_answer(token: str) -> Response:
    visit = Visit(token)
    try:
        form = requests.form_body(blueprint.current_request)
        chosen, reason = first(form, "answer"), first(form, "reason")
        people, queue, guard = wiring.invitees(), wiring.queue(), visit.guard()
        rsvp = answer(people, queue, visit.event, visit.person, chosen, visit.now, guard, reason)
    except Invalid as error:
        return visit.invitation(422, error.problems)
    except Conflict as error:
        return visit.invitation(409, [Problem(field="answer", message=error.detail)])
    except Closed:
        return visit.invitation(410)
    return see_other(visit.url("/registration") if rsvp == "accepted" and not visit.person.registered else visit.url())


@blueprint.route("/i/{token}/registration", methods=READ)
@personal
def registration(token: str) -> Response:
    visit = Visit(token)
    return visit.registration() if answer_state(visit.event, visit.now) == "open" else visit.invitation()


@blueprint.route("/i/{token}/registration", methods=["POST"], content_types=FORM)
@personal
def post_registration(token: str) -> Response:
    visit, form = Visit(token), None
    try:
        form = requests.form_body(blueprint.current_request)
        places, queue = wiring.places(), wiring.queue()
        stands = register(wiring.invitees(), places, queue, visit.event, visit.person, form, visit.now, visit.guard())
    except Invalid as error:
        return visit.registration(422, error.problems, form)
    except Conflict as error:
        return visit.registration(409, [Problem(field="name", message=error.detail)], form)
    except Closed:
        return visit.invitation(410)
    if visit.person.uploads:
        from chalicelib.usecases.form_files import let_go_of_unnamed

        let_go_of_unnamed(wiring.file_room(), visit.person, visit.now)
    return see_other(visit.url() if isinstance(stands, PlaceRequest) else visit.url("/confirmation"))


@blueprint.route("/i/{token}/place", methods=["POST"], content_types=FORM)
@personal
def post_place(token: str) -> Response:
    """Accept a place that was offered, or wait for one no more."""
    visit, places = Visit(token), wiring.places()
    try:
        if first(requests.form_body(blueprint.current_request), "action") == "accept":
            queue, guard = wiring.queue(), visit.guard()
            accept_place(wiring.invitees(), places, queue, visit.event, visit.person, visit.now, guard)
            return see_other(visit.url("/confirmation"))
        give_up_place(places, visit.event, visit.person, visit.now, visit.guard())
    except Conflict as error:
        return visit.invitation(409, [Problem(field="answer", message=error.detail)])
    except (Closed, Invalid):
        return visit.invitation(410)
    return see_other(visit.url())


@blueprint.route("/i/{token}/confirmation", methods=READ)
@personal
def confirmation(token: str) -> Response:
    visit = Visit(token)
    return visit.page("confirmation", "/confirmation") if visit.person.registered else visit.invitation()


@blueprint.route("/i/{token}/calendar.ics", methods=READ)
@personal
def calendar_of_one(token: str) -> Response:
    from chalicelib.usecases.calendar_entry import calendar_file  # one of the few answers that need calendars

    visit = Visit(token)
    invitee, page = visit.person.invitee, visit.url()
    content = calendar_file(wiring.events(), wiring.links(), visit.event, invitee, visit.locale, page, visit.now)
    if content is None:
        raise NotFound("There is nothing for the calendar.")
    return file(content, "text/calendar; charset=utf-8; method=PUBLISH", "invitation.ics")


@blueprint.route("/i/{token}/agenda.pdf", methods=READ)
@personal
def agenda_file(token: str) -> Response:
    visit = Visit(token)
    content = wiring.documents().agenda(visit.event, visit.locale.code, visit.person.invitee.time_zone)
    return file(content, "application/pdf", "agenda.pdf")


@blueprint.route("/i/{token}/feedback", methods=READ)
@personal
def feedback(token: str) -> Response:
    return Visit(token).feedback()


@blueprint.route("/i/{token}/feedback", methods=["POST"], content_types=FORM)
@personal
def post_feedback(token: str) -> Response:
    visit, form = Visit(token), None
    try:
        form = requests.form_body(blueprint.current_request)
        give_feedback(wiring.feedbacks(), visit.event, visit.person, form, visit.now)
    except Invalid as error:
        return visit.feedback(422, error.problems, form)
    except Closed:
        return visit.feedback(410)
    return see_other(visit.url("/feedback"))
