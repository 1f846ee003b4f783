"""A registered person joins a session: from a set time before its start, by a page of theirs.

The conference's address is on no page and in no mail. It is the answer to a press of Join, which writes down that the
person attended.
"""

import contextlib
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from chalicelib.adapters.store.attendance import FIRST_PRESS, Attendances
from chalicelib.adapters.store.invitees import PersonFile
from chalicelib.adapters.store.table import ConditionFailed, Write
from chalicelib.adapters.store.unchanged import lost
from chalicelib.domain.attendance import join_window
from chalicelib.domain.errors import Closed, Conflict, Limited, NotFound
from chalicelib.domain.event import Event
from chalicelib.domain.event_parts import Session

JoinState = Literal["not-registered", "early", "open", "over"]


def joinable(event: Event, session_id: str) -> Session:
    """The session of this id, when it has a conference. Raises NotFound."""
    for session in event.document.sessions:
        if session.id == session_id and event.document.join_url(session):
            return session
    raise NotFound("There is no such session to join.")


def join_state(event: Event, person: PersonFile, session: Session, now: datetime) -> JoinState:
    """Where a person stands before a session; what was not chosen is not joined, whatever the time."""
    if person.registered is None or session.id not in person.registered.sessions:
        return "not-registered"
    opens, closes = join_window(event.document, session)
    return "early" if now < opens else "open" if now < closes else "over"


def join(
    attendances: Attendances, event: Event, person: PersonFile, session: Session, now: datetime,
    guard: Sequence[Write] = (),
) -> str:
    """The address of the conference; a first press is written down as attendance, another moves its last moment.

    ``guard`` counts presses beside the first of each session; beyond what it allows nothing is written, and they are
    let in all the same. Raises Conflict for who is not registered or comes early, Closed, NotFound when the link was
    revoked.
    """  # fmt: skip
    state = join_state(event, person, session, now)
    if state == "over":
        raise Closed("This session has ended.")
    if state != "open":
        raise Conflict("This session cannot be joined now.")
    known = person.attended.get(session.id)
    again = known is not None and known.joined_at is not None
    with contextlib.suppress(Limited):
        _press(attendances, person, session, now, again=again, guard=guard)
    return event.document.join_url(session)


def _press(
    attendances: Attendances, person: PersonFile, session: Session, now: datetime, *, again: bool,
    guard: Sequence[Write],
) -> None:  # fmt: skip
    """As a first press, or as another one when a second window was quicker."""
    try:
        attendances.join(person.invitee, session.id, now, again=again, also=guard if again else ())
    except ConditionFailed as failed:
        if failed.name == FIRST_PRESS:
            return _press(attendances, person, session, now, again=True, guard=guard)
        raise lost(failed, person.invitee) from None
