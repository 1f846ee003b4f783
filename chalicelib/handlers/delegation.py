"""What an invitee does about others: a colleague who comes instead, the members of a delegation."""

from chalice.app import Response

from chalicelib import wiring
from chalicelib.domain.errors import Closed, Conflict, Invalid, Problem
from chalicelib.handlers import requests
from chalicelib.handlers.visit import FORM, Visit, blueprint, first, personal, see_other


@blueprint.route("/i/{token}/colleague", methods=["POST"], content_types=FORM)
@personal
def post_colleague(token: str) -> Response:
    """Name a colleague who comes instead, or take that back."""
    from chalicelib.usecases.delegate import pass_on, take_back

    visit, form, delegates, links, queue = Visit(token), None, wiring.delegates(), wiring.links(), wiring.queue()
    try:
        form = requests.form_body(blueprint.current_request)
        if first(form, "action") == "take-back":
            people, guard = wiring.invitees(), visit.guard()
            take_back(people, delegates, links, queue, visit.event, visit.person, visit.now, guard)
        else:
            pass_on(delegates, links, queue, visit.event, visit.person, form, visit.now, visit.guard())
    except Invalid as error:
        return visit.invitation(422, error.problems, form)
    except Conflict as error:
        return Visit(token).invitation(409, [Problem(field="answer", message=error.detail)])
    except Closed:
        return visit.invitation(410)
    return see_other(visit.url())


@blueprint.route("/i/{token}/delegation", methods=["POST"], content_types=FORM)
@personal
def post_delegation(token: str) -> Response:
    """A head of delegation names a member, or withdraws one."""
    from chalicelib.usecases.lead_delegation import invite_member, withdraw_member

    visit, form, links, queue = Visit(token), None, wiring.links(), wiring.queue()
    people, delegates = wiring.invitees(), wiring.delegates()
    try:
        form = requests.form_body(blueprint.current_request)
        if member := first(form, "withdraw"):
            guard = visit.guard()
            withdraw_member(people, delegates, links, queue, visit.event, visit.person, member, visit.now, guard)
        else:
            guard = visit.guard()
            invite_member(people, delegates, links, queue, visit.event, visit.person, form, visit.now, guard)
    except Invalid as error:
        return visit.invitation(422, error.problems, form)
    except Conflict as error:
        return Visit(token).invitation(409, [Problem(field="answer", message=error.detail)])
    except Closed:
        return visit.invitation(410)
    return see_other(visit.url("/delegation"))
