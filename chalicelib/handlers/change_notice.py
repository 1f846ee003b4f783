"""The organisers' API of notices of changes: look at the one that waits, send it now, or drop it."""

from chalice.app import Response

from chalicelib import wiring
from chalicelib.domain.event import Event
from chalicelib.handlers import requests
from chalicelib.handlers.batches import reason
from chalicelib.handlers.change_representations import ChangeNoticeOut
from chalicelib.handlers.organisers import blueprint
from chalicelib.handlers.representations import reply
from chalicelib.usecases.read_news import read_news
from chalicelib.usecases.tell_changes import drop, send_now


def get_notice(event: str) -> Response:
    return reply(ChangeNoticeOut.of(read_news(wiring.desk(), event, wiring.now())))


def post_send(event: str) -> Response:
    send_now(wiring.desk(), _seen(event), requests.who(blueprint.current_request), wiring.now())
    return get_notice(event)


def post_drop(event: str) -> Response:
    why = reason()
    drop(wiring.desk(), _seen(event), requests.who(blueprint.current_request), why, wiring.now())
    return get_notice(event)


def _seen(event: str) -> Event:
    return wiring.events().get(event, consistent=True)
