"""A list of people as a file: uploaded, then read at leisure.

waiting ─> reading ─> done      a dry run that is done may be followed by the import
              └─────> failed    with the reason; it may be tried again
"""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from chalicelib.domain.model import Model
from chalicelib.domain.roster import RowReport
from chalicelib.domain.text import Slug

ListState = Literal["waiting", "reading", "done", "failed"]

LARGEST = 50_000_000
"""Octets of a file."""

BLOCK = 1000
"""Rows that are imported between two notes of how far it came."""

SHOWN = 100
"""Rows to look at that the list itself tells; the report has all."""

UPLOADED_WITHIN = timedelta(minutes=15)

KEPT = timedelta(days=30)
"""How long the file and what is known of it are kept: it names people."""

LEASE = timedelta(minutes=16)
"""How long a list belongs to the worker that took it: longer than the worker may run, so an expired one is dead."""

MOST_TRIES = 5
"""How often a worker may die without having imported a single block."""


class UploadedList(Model):
    """``rows`` are imported (in a dry run: looked at) of ``total``, which is 0 until the file was read once.

    ``version`` is the event's that rows are judged by, ``etag`` the file's. ``run`` is the worker that has it, and
    ``updating`` the rows of the block in work whose people it found to be changed. ``due_at`` is when the clock asks.
    """

    id: str
    event: Slug
    filename: str = ""
    created_at: datetime
    state: ListState = "waiting"
    dry_run: bool = False
    version: int = 0
    etag: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    due_at: datetime | None = None
    run: str = ""
    lease_until: datetime | None = None
    tries: int = 0
    format: str = ""
    encoding: str = ""
    total: int = 0
    rows: int = 0
    counts: dict[str, int] = Field(default_factory=dict)
    unknown_columns: list[str] = Field(default_factory=list)
    attention: list[RowReport] = Field(default_factory=list)
    updating: list[int] = Field(default_factory=list)
    reason: str = ""

    @property
    def upload_until(self) -> datetime:
        return self.created_at + UPLOADED_WITHIN
