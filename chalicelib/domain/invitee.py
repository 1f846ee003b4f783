"""The people who are invited, and what they answer."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from chalicelib.domain.event import Model, Zone
from chalicelib.domain.text import Language, Line, Slug

Rsvp = Literal["needs-action", "accepted", "declined", "tentative"]
"""RFC 5545 PARTSTAT, in lower case."""


class Attendance(Model):
    """The chosen sessions of a registration that stands. ``version`` rises with each change that is mailed."""

    sessions: list[Slug]
    version: int = 1


class Invitee(Model):
    """One person invited to one event. ``generation`` raised by one revokes every link of this person.

    ``left`` names the categories of mail that the person does not want. ``suppressed`` is why their address gets no
    mail ("bounce", "complaint"), as the address's own record says it; empty when it does. ``attending`` repeats what
    the registration says, for mails that need no more of it; None without one that stands.
    """

    id: str
    event: Slug
    email: str
    name: Line
    language: Language
    time_zone: Zone
    country: str = ""
    delegation: str = ""
    category: str = ""
    rsvp: Rsvp = "needs-action"
    answered_at: datetime | None = None
    generation: int = 1
    left: list[str] = Field(default_factory=list)
    suppressed: str = ""
    attending: Attendance | None = None


class Registration(Attendance):
    """What an invitee who accepted has told us."""

    invitee: str
    event: Slug
    name: Line
    organisation: Line
    consented_at: datetime
    updated_at: datetime
    withdrawn_at: datetime | None = None


def standing(invitee: Invitee, registration: Registration | None) -> Registration | None:
    """The registration that counts: not withdrawn, of somebody whose last answer is "accepted"."""
    stands = registration and not registration.withdrawn_at and invitee.rsvp == "accepted"
    return registration if stands else None
