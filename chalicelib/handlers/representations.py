"""What the organisers' API answers, as models: the replies are made of them and the OpenAPI document describes them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from chalicelib.domain.batch import Batch, Plan, Progress, Status, status_of
from chalicelib.domain.errors import Problem
from chalicelib.domain.event import Event, EventDocument, Kind
from chalicelib.domain.finding import Finding
from chalicelib.domain.invitee import Invitee, Rsvp


class Published(BaseModel):
    """An event document was stored. ``version`` stays when the document is the one that was there."""

    event: str
    version: int
    findings: list[Finding]


class StoredEvent(Published):
    published_at: datetime
    document: EventDocument

    @classmethod
    def of(cls, event: Event, findings: list[Finding]) -> "StoredEvent":
        return cls(
            event=event.id,
            version=event.version,
            published_at=event.published_at,
            document=event.document,
            findings=findings,
        )


class StoredDocument(BaseModel):
    event: str
    document: str
    language: str
    bytes: int


class InviteeOut(BaseModel):
    """An invitee as organisers see one. ``status`` is the RSVP in the words of the filters."""

    id: str
    email: str
    name: str
    language: str
    time_zone: str
    country: str
    delegation: str
    category: str
    rsvp: Rsvp
    status: Status
    answered_at: datetime | None
    left: list[str]

    @classmethod
    def of(cls, invitee: Invitee) -> "InviteeOut":
        return cls(status=status_of(invitee), **invitee.model_dump(include=set(cls.model_fields)))


class InviteePage(BaseModel):
    """``cursor`` goes into the query of the next call; null on the last page."""

    invitees: list[InviteeOut]
    cursor: str | None


class BatchOut(BaseModel):
    """A batch: what was planned and, when one batch is asked for, what became of it."""

    batch: str
    event: str
    kind: Kind
    occurrence: str
    accepted_at: datetime
    dry_run: bool = False
    plan: Plan
    outcomes: Progress | None = None
    complete: bool | None = None

    @classmethod
    def of(cls, batch: Batch, progress: Progress | None = None, *, dry_run: bool = False) -> "BatchOut":
        return cls(
            batch=batch.id,
            event=batch.event,
            kind=batch.kind,
            occurrence=batch.occurrence,
            accepted_at=batch.accepted_at,
            dry_run=dry_run,
            plan=batch.plan,
            outcomes=progress,
            complete=progress.complete if progress else None,
        )


class BatchList(BaseModel):
    """Newest first; the clock's reminders and feedback requests are batches too."""

    batches: list[BatchOut]


class RegistrationOut(BaseModel):
    """Somebody who is registered; the columns of the CSV are the same."""

    name: str
    organisation: str
    email: str
    country: str
    delegation: str
    category: str
    language: str
    time_zone: str
    sessions: list[str]
    registered_at: datetime


class RegistrationList(BaseModel):
    """By name."""

    registrations: list[RegistrationOut]


class FeedbackList(BaseModel):
    """One object per answer: the day, then a value per question that was answered."""

    feedback: list[dict[str, Any]]


class ProblemDocument(BaseModel):
    """RFC 9457; ``errors`` names the fields."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Problem] = Field(default_factory=list)


class InviteeRow(BaseModel):
    """One person of a list: the columns of the CSV are the same. Only ``email`` and ``name`` are needed."""

    email: str
    name: str
    language: str = ""
    time_zone: str = ""
    country: str = ""
    delegation: str = ""
    category: str = ""
