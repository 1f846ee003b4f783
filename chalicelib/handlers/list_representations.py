"""What the API of lists takes and answers, as models."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, Field

from chalicelib.domain.roster import RowReport
from chalicelib.domain.uploaded_list import ListState, UploadedList
from chalicelib.handlers.representations import Asked


class InviteeRow(BaseModel):
    """One person of a list: the columns of the CSV are the same. Only ``email`` and ``name`` are needed."""

    email: str
    name: str
    language: str = ""
    time_zone: str = ""
    country: str = ""
    delegation: str = ""
    category: str = ""
    head: bool | str = Field(default="", description="yes: this person leads the delegation, which has seats")


class ListIn(Asked):
    """``filename`` is for you to know the list by; what the file is, its content says."""

    filename: str = Field(default="", max_length=300)


class ListOffer(BaseModel):
    """PUT the file, at most 50 MB, to ``upload_url`` before ``expires_at``; then POST to the list's ``import``."""

    list: str
    upload_url: str
    expires_at: datetime


class ListLine(BaseModel):
    """An uploaded list. ``total`` is null until the file was looked through; ``rows`` of them are imported, or in a dry
    run looked at, and ``counts`` says by outcome what became of them. ``reason`` says why it failed.
    """

    list: str
    event: str
    filename: str
    state: ListState = Field(description="waiting (for the upload), reading, done or failed")
    reason: str
    dry_run: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    format: str = Field(description="CSV or XLSX, as the file's content shows")
    encoding: str = Field(description="of CSV: UTF-8, UTF-16 or Windows-1251")
    total: int | None
    rows: int
    counts: dict[str, int]
    unknown_columns: Sequence[str]

    @classmethod
    def of(cls, listed: UploadedList) -> "ListLine":
        return cls(**_said(listed))


class ListOut(ListLine):
    """``attention`` are the first 100 rows that somebody has to look at; ``report_url`` gives all of them as CSV, for
    15 minutes, once the list is done. Mended there, the file can be uploaded as a new list.
    """

    attention: Sequence[RowReport]
    report_url: str | None

    @classmethod
    def of(cls, listed: UploadedList, report_url: str | None = None) -> "ListOut":
        return cls(**_said(listed), attention=listed.attention, report_url=report_url)


class ListList(BaseModel):
    """Newest first. Lists are kept for 30 days."""

    lists: list[ListLine]


def _said(listed: UploadedList) -> dict[str, object]:
    """``of`` is the same for both: a line says what it has in common with a list."""
    said = {name: getattr(listed, name) for name in ListLine.model_fields if name in UploadedList.model_fields}
    known = bool(listed.format) and (listed.total > 0 or listed.state == "done")
    return {**said, "list": listed.id, "total": listed.total if known else None}
