"""One person's calendar entry, as it goes with mails and stands on the page."""

from datetime import datetime

from chalicelib.adapters.calendar import calendar
from chalicelib.adapters.language import Locale
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Invitee, Registration
from chalicelib.domain.message import CalendarMethod


def calendar_entry(
    event: Event,
    invitee: Invitee,
    registration: Registration | None,
    locale: Locale,
    method: CalendarMethod,
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
        join=registration is not None,
        revision=registration.version - 1 if registration else 0,
    )
