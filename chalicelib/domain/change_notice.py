"""Notices of changes: which changes one tells, when it leaves, and to whom.

A notice is named by versions of the agenda: ``3-7`` tells what is different in 7 from 3. One that comes while the last
is still being sent takes its place and goes on from it: ``3-7-8`` tells 8 to those who heard 7, and to the others what
is different from 3. So its name holds the names of all that it overtook, and nobody is told anything twice.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from chalicelib.domain.agenda_changes import Change, What
from chalicelib.domain.entries import may_show
from chalicelib.domain.event import Event, EventDocument
from chalicelib.domain.event_parts import ChangeNotices
from chalicelib.domain.invitee import Attendance, Invitee

AT_MOST = 4
"""Quiet windows after the first change: whoever publishes on and on does not keep everybody in the dark."""


FOR_WHO_CHOSE: frozenset[What] = frozenset({"join-link", "session-returned"})
"""Urgent, and of no use to who has chosen nothing yet."""


class Told(NamedTuple):
    """What somebody is told: ``changes`` from ``before``, which was ``version``. Entries may be ``proposed`` with
    invitations so far. ``waits``: what they heard last has to be known first.
    """

    before: EventDocument
    changes: list[Change]
    version: int = 0
    proposed: bool = False
    waits: bool = False


def notice_of(told: Sequence[int]) -> str:
    """The name of a notice, and its occurrence in the ledger."""
    return "-".join(map(str, told))


def versions_of(notice: str) -> list[int]:
    """The versions that a name is made of, oldest first; the last is the one that it tells."""
    return [int(version) for version in notice.split("-") if version]


def overtaken(notice: str) -> list[str]:
    """The notices in whose place this one came, the newest first."""
    told = versions_of(notice)
    return [notice_of(told[:length]) for length in range(len(told) - 1, 1, -1)]


def batch_of(event: str, notice: str) -> str:
    """The id of its batch: whoever begins it a second time finds that it is there."""
    return hashlib.sha256(f"{event}\0change\0{notice}".encode()).hexdigest()[:20]


def left_by(before: Event, document: EventDocument) -> tuple[str, ...]:
    """The sessions that some version up to ``before`` had and that ``document``, the next one, has not; no breaks.

    Not the same as the entries that are ``retired``: one entry for the event stays while sessions of it go.
    """
    now = {one.id for one in document.attendable}
    return tuple(sorted({*before.gone, *(one.id for one in before.document.attendable)} - now))


def worth_telling(
    found: Iterable[Change], before: EventDocument, after: EventDocument, now: datetime
) -> list[Change]:
    """Without misprints, and without what is over."""
    return [one for one in found if one.urgency != "silent" and _last(one, before, after) > now]


def leaves_at(
    policy: ChangeNotices,
    found: Sequence[Change],
    before: EventDocument,
    after: EventDocument,
    since: datetime,
    now: datetime,
) -> datetime:
    """When a notice leaves of what is ``worth_telling``, published at ``now``, the first of it at ``since``."""
    near, quiet = timedelta(hours=policy.at_once_hours), timedelta(minutes=policy.quiet_minutes)
    calm = min(now + quiet, since + AT_MOST * quiet, *(_next(one, before, after, now) for one in found))
    close = [_next(one, before, after, now) - near for one in found if one.urgency == "urgent"]
    return max(now, min([calm, *close]))


def concerning(told: Told, invitee: Invitee, waits: Attendance | None = None) -> list[Change]:
    """What somebody has to hear: who comes, or ``waits`` for a place, of the sessions that they chose; who may yet
    answer, when and where it is. To these a session that comes back is as new as any: they may not have known it.
    Of other entries in the calendar hears who may have some.
    """
    if invitee.withdrawn_by or invitee.rsvp in ("declined", "delegated"):
        return []
    shown = may_show(told.before, told.proposed, invitee)
    found = [one for one in told.changes if one.what != "calendar-entries" or shown]
    if chosen := invitee.coming or waits:
        return [one for one in found if one.touches(chosen.sessions)]
    urgent = [one for one in found if one.urgency == "urgent" and one.what not in FOR_WHO_CHOSE]
    return [one for one in found if one in urgent or one.what == "calendar-entries"]


def _next(change: Change, before: EventDocument, after: EventDocument, now: datetime) -> datetime:
    """The next start, old or new, of what it concerns; of what has begun, its end."""
    spans = _spans(change, before, after)
    return min((moment for span in spans for moment in span if moment >= now), default=now)


def _last(change: Change, before: EventDocument, after: EventDocument) -> datetime:
    return max(end for _, end in _spans(change, before, after))


def _spans(change: Change, before: EventDocument, after: EventDocument) -> list[tuple[datetime, datetime]]:
    """Start and end of the sessions that it concerns, as they were and as they are."""
    return [
        document.span(session)
        for document in (before, after)
        for session in document.sessions
        if change.session in ("", session.id)
    ]
