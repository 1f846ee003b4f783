"""The page where a registered person joins a session. Its button is answered with the conference; nothing else is."""

from datetime import timedelta
from zlib import crc32

from chalice.app import Response

from chalicelib import wiring
from chalicelib.adapters.store.limits import counted
from chalicelib.domain.attendance import join_window
from chalicelib.domain.errors import Closed, Conflict
from chalicelib.handlers.visit import FORM, READ, Visit, blueprint, join_path, personal
from chalicelib.usecases.answer import answer_state
from chalicelib.usecases.give_feedback import feedback_state

PAGE = "/i/{token}/join/{session}"

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


@blueprint.route(PAGE, methods=["POST"], content_types=FORM)
@personal
def post_join(token: str, session: str) -> Response:
    """A press of Join. It counts by the person's link alone: a whole ministry joins from one network address."""
    from chalicelib.usecases.join import join, joinable

    visit = Visit(token)
    asked, guard = joinable(visit.event, session), counted(visit.person.invitee.id, "", visit.now)
    try:
        conference = join(wiring.attendances(), visit.event, visit.person, asked, visit.now, guard)
    except Conflict:
        return _page(visit, session, 409)
    except Closed:
        return _page(visit, session, 410)
    led = visit.page("join", join_path(session), 303, session=asked, state="led", conference=conference)
    led.headers["Location"] = conference
    return led


def _page(visit: Visit, name: str, status: int = 200) -> Response:
    from chalicelib.usecases.join import join_state, joinable

    session = joinable(visit.event, name)
    state = join_state(visit.event, visit.person, session, visit.now)
    opens, _ = join_window(visit.event.document, session)
    known, awaited = visit.person.attended.get(name), state == "early" and opens - visit.now <= AWAITED
    page = visit.page(
        "join",
        join_path(name),
        status,
        session=session,
        state=state,
        opens=opens,
        awaited=awaited,
        joined_at=known.joined_last_at if known else None,
        may_register=answer_state(visit.event, visit.now) == "open",
        feedback_open=feedback_state(visit.event, visit.person, visit.now) == "open",
        posts_to=ANY_HTTPS if state == "open" else "",
    )
    if awaited:
        seconds = int((opens - visit.now).total_seconds()) + crc32(visit.person.invitee.id.encode()) % SPREAD
        page.headers["Refresh"] = str(max(SOONEST, seconds))
    return page
