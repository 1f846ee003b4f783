"""What happened: to a person, to an address, and by which organiser's hand."""

from datetime import datetime
from typing import Literal

from chalicelib.domain.model import Model

Suppressed = Literal["bounce", "complaint"]


class Suppression(Model):
    """Why, and since when, an address gets no mail. A complaint outweighs a bounce; the first moment stays."""

    reason: Suppressed
    at: datetime


class LogEntry(Model):
    """One line of a person's timeline. ``who`` is the organiser who did it, "calendar" when it was the person by
    theirs; empty when it was the person on our pages, or SES.
    """

    at: datetime
    what: str
    detail: str = ""
    who: str = ""


class AuditEntry(Model):
    """One thing that an organiser did to an event's people or mails, and the reason they gave."""

    at: datetime
    who: str
    what: str
    detail: str = ""
    reason: str = ""
