"""The calendar feed of a person: programs read it, without a page around it; and the form that makes a new address."""

from chalice.app import Response

from chalicelib import wiring
from chalicelib.adapters.pages import HEADERS
from chalicelib.domain.errors import Invalid
from chalicelib.handlers import requests
from chalicelib.handlers.visit import FEED, FORM, PAGES, READ, Visit, blueprint, personal, see_other

PRIVATE = {"Cache-Control": "private, no-cache", "Content-Type": "text/calendar; charset=utf-8"}
"""The program that asked may keep it, and asks again each time whether it still holds; nobody on the way keeps it."""


@blueprint.route(f"/c/{{token}}{FEED}", methods=READ)
@personal
def calendar_feed(token: str) -> Response:
    from chalicelib.usecases.subscribe import feed_of

    feed = feed_of(wiring.events(), wiring.invitees(), wiring.links(), token)
    request = blueprint.current_request
    headers: dict[str, str | list[str]] = {**HEADERS, **PRIVATE, "ETag": feed.etag}
    if requests.has_already(request, feed.etag):
        return Response(b"", status_code=304, headers=headers)
    return Response(b"" if request.method == "HEAD" else feed.content, status_code=200, headers=headers)


@blueprint.route(f"/i/{{token}}/{PAGES['new_feed']}", methods=["POST"], content_types=FORM)
@personal
def post_new_feed(token: str) -> Response:
    from chalicelib.usecases.subscribe import new_feed_address

    visit = Visit(token)
    try:
        form = requests.form_body(blueprint.current_request)
    except Invalid:
        form = {}
    new_feed_address(wiring.invitees(), visit.person.invitee, form, visit.now, visit.guard())
    return see_other(f"{visit.url('/confirmation')}#subscribe" if visit.person.registered else visit.url())
