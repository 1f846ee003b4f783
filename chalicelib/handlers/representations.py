"""What the organisers' API answers, as models: the replies are made of them and the OpenAPI document describes them."""

import json
from datetime import datetime
from typing import Any

from chalice.app import Response
from pydantic import BaseModel, ConfigDict, Field

from chalicelib.domain.agenda_changes import Change, Urgency
from chalicelib.domain.errors import Problem
from chalicelib.domain.event import Event, EventDocument
from chalicelib.domain.finding import Finding
from chalicelib.usecases.agenda_news import agenda_news
from chalicelib.usecases.publish_event import Publication


def reply(body: BaseModel | dict[str, Any], status: int = 200) -> Response:
    """A JSON answer."""
    text = body.model_dump_json() if isinstance(body, BaseModel) else json.dumps(body, ensure_ascii=False)
    headers: dict[str, str | list[str]] = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Response(text.encode(), status_code=status, headers=headers)


class AgendaVersion(BaseModel):
    """A version of an event document. ``changes`` are those of the agenda since the version before, ``news`` the same
    in words, by language: a line for the event and for each session; ``urgency`` is that of the change that matters
    most.
    """

    event: str
    version: int
    findings: list[Finding]
    urgency: Urgency
    changes: list[Change]
    news: dict[str, list[str]]


class Published(AgendaVersion):
    """An event document was stored, or would be. ``version`` stays when the document is the one that was there.

    ``tells_at`` is when those whom it concerns are told what is different from what they heard last; null when nobody
    is.
    """

    tells_at: datetime | None

    @classmethod
    def of(cls, done: Publication) -> "Published":
        return cls(**_version(done), tells_at=done.event.news_at)


class PublishedVersion(AgendaVersion):
    """A version as it was published; it never changes."""

    published_at: datetime
    document: EventDocument

    @classmethod
    def of(cls, done: Publication) -> "PublishedVersion":
        return cls(**_version(done), published_at=done.event.published_at, document=done.event.document)


def _version(done: Publication) -> dict[str, Any]:
    event = done.event
    return {"event": event.id, "version": event.version, "findings": done.findings, **agenda_news(done)._asdict()}


class StoredEvent(BaseModel):
    """An event document as it stands."""

    event: str
    version: int
    findings: list[Finding]
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


class Asked(BaseModel):
    """What somebody asks for: a misspelt field is refused, not passed over."""

    model_config = ConfigDict(extra="forbid")


class RegistrationOut(BaseModel):
    """Somebody who is registered; the columns of the CSV are the same, and one for each question of the form."""

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
    on_behalf: str = Field(default="", description="The paper by which an organiser entered it")
    invitee: str
    answers: dict[str, bool | int | str | list[str]] = Field(
        default_factory=dict,
        description="By question; a file by its name, which POST …/invitees/{invitee}/answers/{question}/open opens",
    )


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
