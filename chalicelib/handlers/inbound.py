"""The organisers' API of mail to an event's own address: what was filed, and one mail of it."""

import re

from chalice.app import Response

from chalicelib import wiring
from chalicelib.domain.errors import Invalid, NotFound
from chalicelib.domain.inbound import INBOUND
from chalicelib.handlers import inbound_representations as out
from chalicelib.handlers import requests
from chalicelib.handlers.organisers import blueprint
from chalicelib.handlers.representations import reply


def get_inbound(event: str) -> Response:
    request = blueprint.current_request
    limit, after = requests.whole_number(request, "limit", 100, 1000), requests.parameters(request).get("cursor", "")
    if after and not re.fullmatch(INBOUND, after):
        raise Invalid.field("cursor", "Use the cursor of the page before, or none to begin again.")
    wiring.events().get(event)
    found, following = wiring.inbound().page(event, limit, after, wiring.now())
    return reply(out.InboundPage(mails=[out.InboundLine.of(one) for one in found], cursor=following))


def get_inbound_mail(event: str, inbound: str) -> Response:
    if not re.fullmatch(INBOUND, inbound):
        raise NotFound(f'The event "{event}" has no mail "{inbound}".')
    filed, mails = wiring.inbound().get(event, inbound, wiring.now()), wiring.inbound_mails()
    mail, _ = mails.read(filed.key)
    return reply(out.InboundMail.of_mail(filed, mail, mails.download_url(filed.key, f"{filed.id}.eml")))
