"""Who attended a session: by pressing Join, by the report of the platform, or both; and when a session can be joined.

Instants are in UTC: a session across a clock change has its true length, and opens real minutes before it starts.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal

from chalicelib.domain.event import EventDocument
from chalicelib.domain.event_parts import Session
from chalicelib.domain.model import Model
from chalicelib.domain.text import Slug

Span = tuple[datetime, datetime]

Source = Literal["join", "import"]

GRACE = timedelta(minutes=15)
"""How long a session can be joined after its end as printed: some run over."""


class Attended(Model):
    """What is known of one person at one session.

    ``joined_at`` and ``joined_last_at`` are the first and the last press of Join. ``imported`` are the times that
    reports of the platform tell of, within the session: they lie apart, in order.
    """

    invitee: str
    event: Slug
    session: Slug
    joined_at: datetime | None = None
    joined_last_at: datetime | None = None
    imported: tuple[Span, ...] = ()

    @property
    def sources(self) -> list[Source]:
        told: dict[Source, bool] = {"join": self.joined_at is not None, "import": bool(self.imported)}
        return [source for source, tells in told.items() if tells]

    @property
    def first_at(self) -> datetime | None:
        return min(self._moments, default=None)

    @property
    def last_at(self) -> datetime | None:
        return max(self._moments, default=None)

    @property
    def minutes(self) -> int | None:
        """Whole minutes, as far as a report tells; None when none does."""
        return whole_minutes(self.imported) if self.imported else None

    @property
    def _moments(self) -> list[datetime]:
        pressed = (self.joined_at, self.joined_last_at)
        return [moment for moment in (*pressed, *(m for span in self.imported for m in span)) if moment]


def join_window(document: EventDocument, session: Session) -> Span:
    """From when, and until before when, a session can be joined."""
    start, end = hours_of(document, session)
    return start - timedelta(minutes=document.venue.join_opens_minutes), end + GRACE


def hours_of(document: EventDocument, session: Session) -> Span:
    start, end = document.span(session)
    return start.astimezone(UTC), end.astimezone(UTC)


def union(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time as spans that lie apart, in order: whoever was there twice at once was there once."""
    apart: list[Span] = []
    for start, end in sorted(spans):
        if apart and start <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(apart[-1][1], end)
        else:
            apart.append((start, end))
    return tuple(apart)


def within(spans: Iterable[Span], bounds: Span) -> tuple[Span, ...]:
    """What of them lies between two moments."""
    cut = ((max(start, bounds[0]), min(end, bounds[1])) for start, end in spans)
    return union((start, end) for start, end in cut if start < end)


def whole_minutes(spans: Iterable[Span]) -> int:
    return sum((end - start for start, end in spans), timedelta()) // timedelta(minutes=1)
