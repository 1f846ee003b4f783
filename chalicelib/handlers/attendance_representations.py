"""What the API of attendance answers, as models; what an import answers, ``usecases.import_attendance`` says."""

from datetime import datetime

from pydantic import BaseModel, Field

from chalicelib.domain.attendance import Source
from chalicelib.usecases.list_attendance import Line


class AttendanceOut(BaseModel):
    """One person at one session; the columns of the CSV are the same."""

    session: str
    name: str
    email: str
    country: str
    delegation: str
    category: str
    registered: bool = Field(description="They are registered for this session")
    sources: list[Source] = Field(description="join: pressed Join; import: a report of the platform tells of them")
    first_at: datetime | None
    last_at: datetime | None
    minutes: int | None = Field(description="Within the session's hours, as reports tell; null without one")
    joined_at: datetime | None = Field(description="The first press of Join")
    joined_last_at: datetime | None = Field(description="The last press of Join")
    invitee: str

    @classmethod
    def of(cls, line: Line) -> "AttendanceOut":
        about = {name: getattr(line.invitee, name) for name in ("name", "email", "country", "delegation", "category")}
        told = ("session", "sources", "first_at", "last_at", "minutes", "joined_at", "joined_last_at", "invitee")
        return cls(registered=line.registered, **about, **{name: getattr(line.attended, name) for name in told})


class AttendanceList(BaseModel):
    """By session, in the order of the agenda, then by name."""

    attendance: list[AttendanceOut]
