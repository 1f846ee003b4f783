"""The organisers' API of places: how many are taken, who waits, and the approvals."""

from chalice.app import Response

from chalicelib import wiring
from chalicelib.handlers import places_representations as out
from chalicelib.handlers import requests
from chalicelib.handlers.organisers import blueprint
from chalicelib.handlers.representations import reply
from chalicelib.usecases.answer_on_behalf import Paper, answer_on_behalf
from chalicelib.usecases.decide_request import approve_request, refuse_request
from chalicelib.usecases.read_places import read_places


def get_places(event: str) -> Response:
    counts, waiting = read_places(wiring.events(), wiring.invitees(), wiring.places(), event)
    places = [out.PlaceCountOut.of_count(one) for one in counts]
    return reply(out.PlacesOut(places=places, requests=[out.RequestOut.of_request(one) for one in waiting]))


def post_approve_request(event: str, invitee: str) -> Response:
    request = blueprint.current_request
    wanted, who = requests.model_body(request, out.ApproveRequestIn), requests.who(request)
    return reply(out.Decided.of(approve_request(wiring.desk(), event, invitee, wanted.reason, who, wiring.now())))


def post_answer_on_behalf(event: str, invitee: str) -> Response:
    request = blueprint.current_request
    paper, who = requests.model_body(request, Paper), requests.who(request)
    stands = answer_on_behalf(wiring.desk(), event, invitee, paper, who, wiring.now())
    return reply(out.Decided(invitee=invitee, state=stands) if isinstance(stands, str) else out.Decided.of(stands))


def post_refuse_request(event: str, invitee: str) -> Response:
    request = blueprint.current_request
    wanted, who = requests.model_body(request, out.RefuseRequestIn), requests.who(request)
    return reply(out.Decided.of(refuse_request(wiring.desk(), event, invitee, wanted.reason, who, wiring.now())))
