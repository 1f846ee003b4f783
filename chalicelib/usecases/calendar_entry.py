"""One person's calendar entry, as it goes with mails and stands on the page."""

from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.adapters.calendar import calendar
from chalicelib.adapters.language import Locale
from chalicelib.adapters.store.invitees import PersonFile
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Attendance, Invitee

if TYPE_CHECKING:
    from chalicelib.domain.message import CalendarMethod


def calendar_entry(
    event: Event,
    invitee: Invitee,
    registration: Attendance | None,
    locale: Locale,
    method: "CalendarMethod",
    page: str,
    now: datetime,
) -> bytes | None:
    """The chosen sessions, or all before there was a choice; None when the agenda has none of them any more."""
    offered = [session.id for session in event.document.attendable]
    sessions = [session for session in offered if registration is None or session in registration.sessions]
    if not sessions:
        return None
    return calendar(
        event,
        invitee,
        sessions,
        locale,
        method=method,
        now=now,
        page_url=page,
        join=registration is not None and method != "CANCEL",
        revision=(registration.version if method == "CANCEL" else registration.version - 1) if registration else 0,
    )


def calendar_file_of(
    event: Event, person: PersonFile, locale: Locale, page: str, now: datetime
) -> tuple[bytes | None, "CalendarMethod"]:
    """What the page offers: the sessions, or, for somebody who does not come, or is not sure any more, the cancellation
    of those registered for.
    """
    invitee = person.invitee
    undecided = invitee.rsvp == "tentative" and person.registration is None
    if undecided or invitee.rsvp in ("needs-action", "accepted"):
        return calendar_entry(event, invitee, person.registered, locale, "PUBLISH", page, now), "PUBLISH"
    if person.registration is None:
        return None, "CANCEL"
    return calendar_entry(event, invitee, person.registration, locale, "CANCEL", page, now), "CANCEL"
