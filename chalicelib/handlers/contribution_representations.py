"""What the API of contributions answers, as models."""

from datetime import datetime

from pydantic import BaseModel

from chalicelib.domain.batch import Status, status_of
from chalicelib.domain.contribution import State
from chalicelib.domain.formats import Format
from chalicelib.usecases.list_contributions import Line, Opened
from chalicelib.usecases.open_answer import OpenedAnswer


class ContributionOut(BaseModel):
    """One thing that one person is asked for; the columns of the CSV are the same. ``size`` is in octets."""

    contribution: str
    state: State
    invitee: str
    name: str
    email: str
    country: str
    delegation: str
    category: str
    language: str
    status: Status
    handed_in_at: datetime | None
    format: Format | None
    filename: str
    size: int | None

    @classmethod
    def of(cls, line: Line) -> "ContributionOut":
        about = ("name", "email", "country", "delegation", "category", "language")
        handed = line.handed
        return cls(
            contribution=line.asked.id,
            state=line.state,
            invitee=line.invitee.id,
            status=status_of(line.invitee),
            handed_in_at=handed.handed_in_at if handed else None,
            format=handed.format if handed else None,
            filename=handed.filename if handed else "",
            size=(handed.size or None) if handed else None,
            **{name: getattr(line.invitee, name) for name in about},
        )


class ContributionPage(BaseModel):
    """``cursor`` goes into the query of the next call; null on the last page."""

    contributions: list[ContributionOut]
    cursor: str | None


class OpenedOut(BaseModel):
    """What was handed in: the ``text``, or a ``url`` that saves the file, for five minutes, to whoever has it."""

    contribution: str
    invitee: str
    format: Format
    handed_in_at: datetime
    text: str
    filename: str
    size: int
    url: str
    expires_at: datetime | None

    @classmethod
    def of(cls, opened: Opened) -> "OpenedOut":
        handed = opened.handed
        said = handed.model_dump(include={"contribution", "invitee", "format", "handed_in_at", "text", "size"})
        return cls(**said, filename=opened.filename, url=opened.url, expires_at=opened.expires_at)


class OpenedAnswerOut(BaseModel):
    """The file that answers a question of the form: a ``url`` that saves it, for five minutes, to whoever has it."""

    question: str
    invitee: str
    format: Format
    added_at: datetime
    filename: str
    size: int
    url: str
    expires_at: datetime

    @classmethod
    def of(cls, opened: OpenedAnswer) -> "OpenedAnswerOut":
        upload = opened.upload
        said = {"invitee": upload.invitee, "format": upload.type, "added_at": upload.checked_at, "size": upload.size}
        about = {name: getattr(opened, name) for name in ("question", "filename", "url", "expires_at")}
        return cls(**said, **about)
