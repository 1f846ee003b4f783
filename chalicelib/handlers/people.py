"""The organisers' API of people: who is invited, one person's file, their address; and the audit log."""

from chalice.app import Response

from chalicelib import wiring
from chalicelib.adapters.store.audit import audit_put
from chalicelib.handlers import people_representations as out
from chalicelib.handlers import requests
from chalicelib.handlers.organisers import blueprint
from chalicelib.handlers.representations import reply
from chalicelib.usecases import list_answers
from chalicelib.usecases.erase import erase
from chalicelib.usecases.lift_erasure import lift_erasure
from chalicelib.usecases.lift_suppression import lift_suppression
from chalicelib.usecases.read_person import read_person
from chalicelib.usecases.replace_address import replace_address

FILTERS = ("status", "category", "language", "suppressed")


def get_invitees(event: str) -> Response:
    request = blueprint.current_request
    asked = requests.parameters(request)
    wanted = {name: asked[name] for name in FILTERS if name in asked}
    limit, cursor = requests.whole_number(request, "limit", 100, 1000), requests.from_cursor(asked.get("cursor"), event)
    found, following = list_answers.invitees(wiring.events(), wiring.invitees(), event, wanted, limit, cursor)
    shown = [out.InviteeOut.of(invitee) for invitee in found]
    return reply(out.InviteePage(invitees=shown, cursor=requests.to_cursor(following)))


def get_invitee(event: str, invitee: str) -> Response:
    person = read_person(wiring.invitees(), wiring.addresses(), wiring.links(), event, invitee)
    return reply(out.PersonOut.of(person, wiring.events().get(event).document))


def post_lift(event: str, invitee: str) -> Response:
    request = blueprint.current_request
    wanted, who = requests.model_body(request, out.LiftIn), requests.who(request)
    know = lift_suppression(
        wiring.invitees(), wiring.addresses(), wiring.links(), event, invitee, wanted.reason, who, wiring.now()
    )
    return reply(out.Lifted(invitee=invitee, know=know))


def post_address(event: str, invitee: str) -> Response:
    request = blueprint.current_request
    wanted, who = requests.model_body(request, out.AddressIn), requests.who(request)
    person = replace_address(
        wiring.invitees(),
        wiring.addresses(),
        wiring.batches(),
        wiring.links(),
        event,
        invitee,
        wanted.email,
        wanted.reason,
        who,
        wiring.now(),
    )
    return reply(out.InviteeOut.of(person))


def post_erase(event: str, invitee: str) -> Response:
    request = blueprint.current_request
    wanted, who, now = requests.model_body(request, out.EraseIn), requests.who(request), wiring.now()
    entry = audit_put(event, who, "erased", invitee, wanted.reason, now)
    erase(wiring.erasing(), wiring.events().get(event), invitee, now, [entry])
    return reply(wiring.erasures().count(event))


def post_lift_erasure(event: str) -> Response:
    request = blueprint.current_request
    wanted, who = requests.model_body(request, out.LiftErasureIn), requests.who(request)
    lift_erasure(
        wiring.events(), wiring.addresses(), wiring.links(), event, wanted.email, wanted.reason, who, wiring.now()
    )
    return reply(wiring.erasures().count(event))


def get_erased(event: str) -> Response:
    wiring.events().get(event)
    return reply(wiring.erasures().count(event))


def get_audit(event: str) -> Response:
    wiring.events().get(event)
    return reply(out.AuditList(entries=wiring.audit().all(event)))
