"""The organisers' API of mail to an event's own address: what was filed, and one mail of it."""

import re

from chalice.app import Response

from chalicelib import wiring
from chalicelib.domain.calendar_reply import EXPLAINED
from chalicelib.domain.errors import Invalid, NotFound
from chalicelib.domain.inbound import INBOUND
from chalicelib.handlers import inbound_representations as out
from chalicelib.handlers import requests
from chalicelib.handlers.organisers import blueprint
from chalicelib.handlers.representations import reply


def get_inbound(event: str) -> Response:
    request = blueprint.current_request
    asked, limit = requests.parameters(request), requests.whole_number(request, "limit", 100, 1000)
    after, why = asked.get("cursor", ""), next((one for one in EXPLAINED if one == asked.get("why")), None)
    if after and not re.fullmatch(INBOUND, after):
        raise Invalid.field("cursor", "Use the cursor of the page before, or none to begin again.")
    if "why" in asked and why is None:
        raise Invalid.field("why", f"There is no such reason. There is {', '.join(EXPLAINED)}.")
    wiring.events().get(event)
    found, following = wiring.inbound().page(event, limit, after, wiring.now(), why)
    return reply(out.InboundPage(mails=[out.InboundLine.of(one) for one in found], cursor=following))


def get_inbound_mail(event: str, inbound: str) -> Response:
    if not re.fullmatch(INBOUND, inbound):
        raise NotFound(f'The event "{event}" has no mail "{inbound}".')
    filed, mails = wiring.inbound().get(event, inbound, wiring.now()), wiring.inbound_mails()
    mail, _ = mails.read(filed.key)
    return reply(out.InboundMail.of_mail(filed, mail, mails.download_url(filed.key, f"{filed.id}.eml")))
