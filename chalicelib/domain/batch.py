"""A batch: a reviewed plan of mails of one kind to part of an event's people."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from chalicelib.domain.event import Kind, Model
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.text import Language, Slug

CHUNK = 25
"""Recipients per chunk: one queue message, one worker."""

Status = Literal["no-answer", "accepted", "declined", "tentative"]


class Audience(Model):
    """Whom: each list narrows, an empty one does not. ``no-answer`` is RSVP needs-action."""

    categories: list[Slug] = Field(default_factory=list)
    countries: list[str] = Field(default_factory=list)
    languages: list[Language] = Field(default_factory=list)
    statuses: list[Status] = Field(default_factory=list)

    def includes(self, invitee: Invitee) -> bool:
        return (
            (not self.categories or invitee.category in self.categories)
            and (not self.countries or invitee.country in [country.upper() for country in self.countries])
            and (not self.languages or invitee.language in self.languages)
            and (not self.statuses or status_of(invitee) in self.statuses)
        )


class BatchRequest(Model):
    """What an organiser asks for. ``chase`` reaches only people who were invited and have not answered."""

    kind: Literal["invitation", "chase", "feedback"]
    audience: Audience = Field(default_factory=Audience)


class Plan(Model):
    """Counts by what will happen to each person of the audience; they add up to ``audience``."""

    audience: int = 0
    to_send: int = 0
    already_sent: int = 0
    not_invited: int = 0
    already_answered: int = 0
    not_registered: int = 0
    suppressed: int = 0
    left: int = 0


class Batch(Model):
    """An accepted batch. ``plan_id`` names the chunks that were written for it."""

    id: str
    event: str
    kind: Kind
    occurrence: str
    plan: Plan
    chunks: int
    plan_id: str
    request_hash: str = ""
    session: str = ""
    accepted_at: datetime


class Progress(Model):
    """Outcome counts of a batch; ``waiting`` has no line in the ledger yet. They add up to the plan's ``to_send``."""

    waiting: int = 0
    sending: int = 0
    sent: int = 0
    delivered: int = 0
    bounced: int = 0
    complained: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0

    @property
    def complete(self) -> bool:
        return not (self.waiting or self.sending)


def status_of(invitee: Invitee) -> Status:
    return "no-answer" if invitee.rsvp == "needs-action" else invitee.rsvp
