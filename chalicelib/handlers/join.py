"""The page where a registered person joins a session. Its button is answered with the conference; nothing else is.

It stands below the person's own page, to which mails lead and which leads on to the rest of their pages; and at two
addresses that calendar entries and the feed name, which colleagues see: there it leads to the conference alone.
"""

from datetime import timedelta
from typing import Any
from zlib import crc32

from chalice.app import Response

from chalicelib import wiring
from chalicelib.adapters.links import LETTERS
from chalicelib.adapters.store.limits import counted_press
from chalicelib.domain.attendance import join_window
from chalicelib.domain.errors import Closed, Conflict
from chalicelib.handlers.visit import FORM, READ, Visit, blueprint, join_path, personal
from chalicelib.usecases.answer import answer_state
from chalicelib.usecases.give_feedback import feedback_state

PAGE = "/i/{token}/join/{session}"
OF_AN_ENTRY = f"/{LETTERS['join']}/{{token}}/{{session}}"
OF_THE_FEED = f"/{LETTERS['feed-join']}/{{token}}/{{session}}"

AWAITED = timedelta(days=1)
"""How long before a session opens its page loads again by itself: browsers' timers do not hold for weeks."""

SOONEST, SPREAD = 10, 15
"""Seconds: no page loads again sooner, and those who wait do so spread over a while, not all in one second."""

ANY_HTTPS = "https:"
"""Where the form may lead: the page's policy counts where the answer to a form redirects to, and conferences redirect
further, to hosts that only they know. So the policy does not name the conference either.
"""


@blueprint.route(PAGE, methods=READ)
@personal
def join_page(token: str, session: str) -> Response:
    return _page(Visit(token), session)


@blueprint.route(OF_AN_ENTRY, methods=READ)
@personal
def join_page_of_an_entry(token: str, session: str) -> Response:
    return _page(Visit(token, "join"), session)


@blueprint.route(OF_THE_FEED, methods=READ)
@personal
def join_page_of_the_feed(token: str, session: str) -> Response:
    return _page(Visit(token, "feed-join"), session)


@blueprint.route(PAGE, methods=["POST"], content_types=FORM)
@personal
def post_join(token: str, session: str) -> Response:
    return _pressed(Visit(token), session)


@blueprint.route(OF_AN_ENTRY, methods=["POST"], content_types=FORM)
@personal
def post_join_of_an_entry(token: str, session: str) -> Response:
    return _pressed(Visit(token, "join"), session)


@blueprint.route(OF_THE_FEED, methods=["POST"], content_types=FORM)
@personal
def post_join_of_the_feed(token: str, session: str) -> Response:
    return _pressed(Visit(token, "feed-join"), session)


def _pressed(visit: Visit, session: str) -> Response:
    """A press of Join. It counts by the person alone: a whole ministry joins from one network address."""
    from chalicelib.usecases.join import join, joinable

    asked, guard = joinable(visit.event, session), counted_press(visit.person.invitee.id, visit.now)
    try:
        conference = join(wiring.attendances(), visit.event, visit.person, asked, visit.now, guard)
    except Conflict:
        return _page(visit, session, 409)
    except Closed:
        return _page(visit, session, 410)
    led = _shown(visit, session, 303, session=asked, state="led", conference=conference)
    led.headers["Location"] = conference
    return led


def _page(visit: Visit, name: str, status: int = 200) -> Response:
    from chalicelib.usecases.join import join_state, joinable

    session = joinable(visit.event, name)
    state = join_state(visit.event, visit.person, session, visit.now)
    opens, _ = join_window(visit.event.document, session)
    known, awaited = visit.person.attended.get(name), state == "early" and opens - visit.now <= AWAITED
    own = visit.purpose == "page"
    page = _shown(
        visit,
        name,
        status,
        session=session,
        state=state,
        opens=opens,
        awaited=awaited,
        joined_at=known.joined_last_at if known and own else None,
        may_register=own and answer_state(visit.event, visit.now) == "open",
        feedback_open=own and feedback_state(visit.event, visit.person, visit.now) == "open",
        posts_to=ANY_HTTPS if state == "open" else "",
    )
    if awaited:
        seconds = int((opens - visit.now).total_seconds()) + crc32(visit.person.invitee.id.encode()) % SPREAD
        page.headers["Refresh"] = str(max(SOONEST, seconds))
    return page


def _shown(visit: Visit, name: str, status: int, **context: Any) -> Response:
    """The page at the address it was opened by; but below the person's own page it knows of no other."""
    if visit.purpose == "page":
        return visit.page("join", join_path(name), status, own=True, **context)
    here = f"/{name}"
    links = {"joins": {name: visit.url(here, purpose=visit.purpose)}}
    return visit.page("join", here, status, purpose=visit.purpose, links=links, own=False, **context)
