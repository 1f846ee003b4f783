"""An uploaded list becomes invitees, a block of rows at a time, by workers who may die at any moment.

A block is stored, then noted. Whoever comes next reads the file from its begin, judges every row again, because a row
may repeat the address of any before it, and stores from the first block that was not noted. What it finds stored of
that block it knows for its own: the people it creates have ids that follow from the list, and the rows whose people it
updates are noted before. So nobody is created twice, and the counts are those of one undisturbed run.
"""

import csv
import hashlib
import io
import logging
import secrets
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import IO

from chalicelib.adapters.queue import Queue, QueueFailed
from chalicelib.adapters.spreadsheets import read_sheet
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.lists import Lists, Overtaken, job_of
from chalicelib.adapters.uploads import Replaced, Uploads
from chalicelib.domain.agenda_times import in_words
from chalicelib.domain.errors import Conflict, Invalid
from chalicelib.domain.roster import MOST_UPLOADED, Row, RowReport, classify
from chalicelib.domain.roster_rows import NAMES, read_rows, unknown_columns
from chalicelib.domain.tabular import safe_cell
from chalicelib.domain.uploaded_list import BLOCK, LARGEST, MOST_TRIES, SHOWN, UploadedList
from chalicelib.usecases.import_invitees import Attempt, People, store_rows

logger = logging.getLogger(__name__)

MOST_TOLD = 50
"""Columns that say nothing to us, of which a list tells: it is kept as one item."""

REPORT_COLUMNS = ("row", "outcome", "what to do", *NAMES)
"""The first three mean nothing to an import: who mends the rows of a report can upload the report as it is."""


@dataclass(frozen=True)
class Intake:
    """What lists are read with."""

    events: Events
    people: People
    lists: Lists
    uploads: Uploads
    queue: Queue


def start_import(intake: Intake, event_id: str, list_id: str, now: datetime, *, dry_run: bool) -> UploadedList:
    """Let the desk read an uploaded list; the same list again where it does or did already.

    Raises NotFound; Conflict without a file, while a run of the other kind goes on, and for a dry run of what is
    imported; Invalid for a file that is too large.
    """
    event = intake.events.get(event_id)
    listed = intake.lists.get(event_id, list_id, now)
    if listed.state == "reading":
        return _same(listed, dry_run)
    if listed.state == "done" and not listed.dry_run:
        if dry_run:
            raise Conflict("This list is imported. Upload it as a new list to see what importing it again would do.")
        return listed
    found = intake.uploads.find(listed)
    if found is None:
        until = in_words(listed.upload_until.astimezone(event.document.zone))
        raise Conflict(f"The file is not there yet. PUT it to the upload_url of the list until {until}.")
    if found.size > LARGEST:
        raise Invalid.field("file", f"The file has more than {LARGEST // 1_000_000} MB. Split it into several lists.")
    if listed.state == "done" and dry_run and found.etag == listed.etag:
        return listed
    started = intake.lists.start(listed, event.version, found.etag, dry_run, now)
    if started is None:  # somebody pressed the button at this very moment
        return _same(intake.lists.get(event_id, list_id, now), dry_run)
    _ask(intake, started)
    return started


def import_list(
    intake: Intake, event_id: str, list_id: str, now: Callable[[], datetime], time_left: Callable[[], bool]
) -> UploadedList:
    """Read a list until it is done, or until there is no ``time_left``, when the job is queued again.

    Does nothing for a list that is not to be read, or that another worker has. Raises NotFound, and whatever AWS does:
    the clock queues the job again then, a few times.
    """
    seen = intake.lists.get(event_id, list_id, now())
    mine = intake.lists.take(seen, secrets.token_hex(8), now()) if seen.state == "reading" else None
    if mine is None:
        return seen
    try:
        if seen.tries >= MOST_TRIES:
            reason = "It could not be read, however often it was tried. The log of the function desk says why."
            return intake.lists.fail(mine, reason, now())
        return _read(intake, mine, now, time_left)
    except Replaced:
        return intake.lists.fail(mine, "The file was changed while it was read. Import the list again.", now())
    except Invalid as error:
        return intake.lists.fail(mine, error.detail.removeprefix("body: "), now())
    except Overtaken:
        return intake.lists.get(event_id, list_id, now())


def _same(listed: UploadedList, dry_run: bool) -> UploadedList:
    if listed.dry_run != dry_run:
        what = "A dry run of this list" if listed.dry_run else "The import of this list"
        raise Conflict(f"{what} is going on. Wait until its state is done.")
    return listed


def _ask(intake: Intake, listed: UploadedList) -> None:
    try:
        intake.queue.send_job(job_of(listed))
    except QueueFailed:
        logger.exception("the clock will queue the list %s", listed.id)


def _read(
    intake: Intake, mine: UploadedList, now: Callable[[], datetime], time_left: Callable[[], bool]
) -> UploadedList:
    event = intake.events.version(mine.event, mine.version)
    assert event is not None, "versions stay"
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as attention:
        report = _Report(attention)
        intake.uploads.read(mine, file)
        if not mine.total:
            mine = intake.lists.note(mine, **_looked_through(file))
        number = 0
        with closing(read_sheet(file).records) as records:
            for block in _blocks(classify(read_rows(records), event.document)):
                report.add(block)
                number += len(block)
                if number <= mine.rows:
                    continue
                mine = _import_block(intake, mine, block, number, report.shown, now())
                if number < mine.total and not time_left():
                    mine = intake.lists.let_go(mine, now())
                    _ask(intake, mine)
                    return mine
        intake.uploads.put_report(mine, attention)
        return intake.lists.finish(mine, now())


def _looked_through(file: IO[bytes]) -> dict[str, object]:
    """What is known of a file that was read once, to its end. Raises Invalid, before anything of it is imported."""
    sheet, total, unknown = read_sheet(file), 0, list[str]()
    with closing(sheet.records) as records:
        for row in read_rows(records):
            unknown = unknown if total else [name[:60] for name in unknown_columns([row])[:MOST_TOLD]]
            total += 1
            if total > MOST_UPLOADED:
                raise Invalid.field("body", f"The list has more than {MOST_UPLOADED:,} rows. Split it into several.")
    return {"format": sheet.format, "encoding": sheet.encoding, "total": total, "unknown_columns": unknown}


def _import_block(
    intake: Intake, mine: UploadedList, block: list[Row], number: int, shown: list[RowReport], now: datetime
) -> UploadedList:
    """Store the rows up to ``number`` and note it. Raises Overtaken."""

    def name(address: str) -> str:
        return hashlib.sha256(f"{mine.id}\0{mine.started_at}\0{address}".encode()).hexdigest()[:20]

    def note(rows: list[int]) -> None:
        intake.lists.note(mine, updating=sorted({*rows, *mine.updating}))

    attempt = Attempt(name, note, frozenset(mine.updating))
    reports = store_rows(intake.people, mine.event, block, now, write=not mine.dry_run, attempt=attempt)
    counts = dict(Counter(mine.counts) + Counter(report.outcome for report in reports))
    news = {"attention": list(shown)} if len(shown) > len(mine.attention) else {}
    return intake.lists.note(mine, rows=number, counts=counts, updating=[], tries=0, **news)


def _blocks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while block := list(islice(rows, BLOCK)):
        yield block


class _Report:
    """The rows that somebody has to look at: the first hundred, and a file of all, safe to open in a spreadsheet."""

    def __init__(self, file: IO[bytes]) -> None:
        self.shown: list[RowReport] = []
        self._csv = csv.writer(io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True))
        self._csv.writerow(REPORT_COLUMNS)

    def add(self, rows: Iterable[Row]) -> None:
        for row in rows:
            if row.outcome == "valid":
                continue
            told = [problem.message if problem.field == "row" else f"{problem.field}: {problem.message}"
                    for problem in row.problems]  # fmt: skip
            cells = (row.cells.get(name, "") for name in NAMES)
            self._csv.writerow([row.number, row.outcome, *map(safe_cell, (" ".join(told), *cells))])
            if len(self.shown) < SHOWN:
                self.shown.append(
                    RowReport(
                        row=row.number,
                        outcome=row.outcome,
                        email=row.draft.email if row.draft else row.cells.get("email", "")[:254],
                        problems=row.problems,
                        duplicate_of=row.duplicate_of,
                    )
                )
