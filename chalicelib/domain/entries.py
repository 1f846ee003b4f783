"""Which entries a person's calendar has to have, and which of those that it may have must go (RFC 5546).

An entry is named by its part: the id of a session, or ``WHOLE`` where the event has one entry for everything that the
person chose (``calendar_entries``). All of it follows from the event and from the profile alone, so that a mail needs
nothing else, and every later mail says the same: one that was lost is made good by the next.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from chalicelib.domain.event import Event, EventDocument
from chalicelib.domain.invitee import Attendance, Dropped, Invitee

WHOLE = "_event"
"""The part of an entry for the whole event: no session has such an id."""

_UID = re.compile(r"(?:(?P<session>[a-z0-9-]{1,64})\.)?(?P<invitee>[a-z0-9]{16,40})@(?P<event>[a-z0-9-]{1,64})")


class Entries(NamedTuple):
    """``standing``: by part, in the agenda's order, the sessions that an entry is about. ``gone``: by part, the agenda
    version that has the last times of an entry which must not be there any more.
    """

    standing: dict[str, list[str]]
    gone: dict[str, int]


def uid_of(part: str, invitee: str, event: str) -> str:
    """``session-1.9f…@symposium``, and of the entry for the event ``9f…@symposium``: the same for a person and a part
    for good, because nothing in it can be edited.
    """
    return f"{invitee}@{event}" if part == WHOLE else f"{part}.{invitee}@{event}"


class Whose(NamedTuple):
    """What a UID names, unverified; ``session`` is empty where one entry is the whole event."""

    session: str
    invitee: str
    event: str


def person_of_uid(uid: str) -> Whose | None:
    """None for what is no UID of ours."""
    found = _UID.fullmatch(uid.strip().lower())
    return Whose(found["session"] or "", found["invitee"], found["event"]) if found else None


def sequence(event: Event, invitee: Invitee) -> int:
    """SEQUENCE of all that is said to this person now. Both numbers only ever grow, and one of them does with each
    change: what comes later outranks what it changes, a CANCEL and what follows it among them.
    """
    return event.version + invitee.revision


def parts(document: EventDocument) -> dict[str, list[str]]:
    """The entries that this agenda makes of everything that can be chosen."""
    offered = [session.id for session in document.attendable]
    if document.calendar_entries == "event":
        return {WHOLE: offered} if offered else {}
    return {session: [session] for session in offered}


def proposes(document: EventDocument) -> bool:
    """Whether an entry comes with the invitation, before there was a choice."""
    return any("calendar" in document.goes_with(kind) for kind in ("invitation", "chase"))


def entries(event: Event, invitee: Invitee) -> Entries:
    """What stands and what must be gone. Before a choice, all is proposed where the event's invitations bring entries;
    of what was in no calendar nothing must go.
    """
    wanted, now = _wanted(event, invitee), parts(event.document)
    chosen = {part: [one for one in sessions if one in wanted] for part, sessions in now.items()}
    standing = {part: sessions for part, sessions in chosen.items() if sessions}
    had = _had(event, invitee)
    last = event.retired | {part: event.version for part in now if part not in standing}
    gone = {part: version for part, version in last.items() if part in had or (part == WHOLE and had)}
    return Entries(standing, gone)


def may_show(document: EventDocument, proposed: bool, invitee: Invitee) -> bool:
    """Whether somebody's calendar may show an entry of this agenda: of what they chose, or of what was ``proposed``."""
    if invitee.coming:
        return any(session.id in invitee.coming.sessions for session in document.attendable)
    return proposed and _proposals_stand(invitee) and bool(document.attendable)


def retired(before: Event, document: EventDocument) -> dict[str, int]:
    """By part, the last version that had an entry which ``document``, the version after ``before``, has not."""
    now = parts(document)
    last = before.retired | dict.fromkeys(parts(before.document), before.version)
    return {part: version for part, version in last.items() if part not in now}


def dropped_by(
    event: Event, invitee: Invitee, before: Attendance | None, wanted: Attendance
) -> tuple[Dropped, ...]:
    """What the profile remembers once the registration ``wanted`` takes the place of ``before``, or, as the first one,
    of what was proposed.
    """
    known = {one.session: one for one in invitee.dropped}
    for session in before.sessions if before else sorted(proposals(event)):
        known.setdefault(session, Dropped(session, wanted.version))
    return tuple(one for session, one in known.items() if session not in wanted.sessions)


def all_dropped(
    invitee: Invitee, registration: Attendance | None, refused: Iterable[str] = ()
) -> tuple[Dropped, ...]:
    """The same once ``registration`` does not stand any more; without one, of the proposals that are ``refused``."""
    known = {one.session: one for one in invitee.dropped}
    version = registration.version if registration else 0
    for session in registration.sessions if registration else sorted(refused):
        known.setdefault(session, Dropped(session, version))
    return tuple(known.values())


def proposals(event: Event) -> set[str]:
    """Sessions of which an invitation may have brought an entry, before there was a choice."""
    if not event.proposed:
        return set()
    return {session.id for session in event.document.attendable} | event.retired.keys() - {WHOLE}


def _wanted(event: Event, invitee: Invitee) -> set[str]:
    if invitee.coming:
        return {*invitee.coming.sessions}
    return proposals(event) if _proposals_stand(invitee) else set()


def _proposals_stand(invitee: Invitee) -> bool:
    """They neither chose nor refused. Who comes no more has chosen: ``coming`` alone does not say it."""
    refused = invitee.withdrawn_by or invitee.rsvp in ("declined", "delegated") or invitee.dropped
    return invitee.attending is None and not refused


def _had(event: Event, invitee: Invitee) -> set[str]:
    """Sessions of which an entry may have been in the person's calendar."""
    known = {one.session for one in invitee.dropped}
    if invitee.attending is not None:
        return known | {*invitee.attending.sessions}
    return known or proposals(event)
