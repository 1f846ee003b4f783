"""Who attended which session, for organisers."""

from dataclasses import dataclass

from chalicelib.adapters.store.attendance import Attendances
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.domain.attendance import Attended
from chalicelib.domain.errors import Invalid
from chalicelib.domain.invitee import Invitee, standing


@dataclass(frozen=True)
class Line:
    """One person at one session; not ``registered``: they had not chosen it, or take part no more."""

    attended: Attended
    invitee: Invitee
    registered: bool


def list_attendance(
    events: Events, invitees: Invitees, attendances: Attendances, event_id: str, session_id: str = ""
) -> list[Line]:
    """By session, in the order of the agenda, then by name; of one session when it is named. Sessions that the agenda
    has no more come last. Raises NotFound, and Invalid for a session that the agenda does not have.
    """
    order = [session.id for session in events.get(event_id).document.sessions]
    if session_id and session_id not in order:
        raise Invalid.field("session", f"Choose one of {', '.join(order)}.")
    found = attendances.all(invitees.listing(event_id, "ATTENDANCE" + (session_id and f"#{session_id}")))
    loaded = invitees.load(one.invitee for one in found)
    lines = []
    for one in found:
        if one.invitee in loaded:  # who was erased a moment ago is listed a moment longer
            registration = standing(*loaded[one.invitee])
            chosen = registration is not None and one.session in registration.sessions
            lines.append(Line(one, loaded[one.invitee][0], chosen))
    place = {name: number for number, name in enumerate(order)}
    return sorted(lines, key=lambda line: (place.get(line.attended.session, len(order)), line.attended.session,
                                           line.invitee.name.casefold(), line.invitee.id))  # fmt: skip
