"""Sessions that nobody can attend both of from beginning to end."""

from datetime import UTC

from chalicelib.domain.event import EventDocument
from chalicelib.domain.event_parts import Session


def clashing(document: EventDocument, session: Session) -> list[Session]:
    """The other sessions that one can choose which overlap this one, in order; those that only touch do not."""
    starts, ends = _moments(document, session)
    found = []
    for other in document.attendable:
        begins, closes = _moments(document, other)
        if other.id != session.id and begins < ends and starts < closes:
            found.append(other)
    return found


def clashes(document: EventDocument) -> list[tuple[Session, Session]]:
    """Every two that clash, once, in the order of the document."""
    order = {session.id: number for number, session in enumerate(document.sessions)}
    return [
        (one, other)
        for one in document.attendable
        for other in clashing(document, one)
        if order[one.id] < order[other.id]
    ]


def _moments(document: EventDocument, session: Session) -> tuple[float, float]:
    """In UTC: two moments of one zone are compared by the wall, which a clock change sets back."""
    start, end = (moment.astimezone(UTC).timestamp() for moment in document.span(session))
    return start, end
