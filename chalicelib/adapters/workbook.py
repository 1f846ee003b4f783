"""XLSX as a stream of rows, by openpyxl, which reads through defusedxml where that is installed: entities stop there.

Rows pass one by one; openpyxl holds all shared strings, and a little of each row. 100,000 rows of seven columns in
which no text comes twice (83 MB unpacked) take 210 MB; short texts alone take 3.5 times their unpacked size.
"""

import warnings
from collections.abc import Generator
from contextlib import closing
from datetime import datetime, time
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from chalicelib.domain.errors import ConvokeError, Invalid
from chalicelib.domain.roster_rows import Record

LARGEST = 200_000_000
"""Octets of everything when unpacked: 100,000 rows of sixteen columns have fewer; more would not fit the function."""

MOST_PARTS = 5_000
"""Files in the file: some ten, and one for each picture."""

MOST_ROWS = 1_048_576
"""What a sheet has at most (Excel specifications and limits); openpyxl makes up the rows that numbers leave out."""

LONGEST_CELL = 100_000
"""Characters: three times what a cell may hold."""

AS_WHAT = "Save it as XLSX or CSV and send it again."


def records_of(file: IO[bytes]) -> Generator[Record]:
    """(row number, cells as text) of the first visible sheet that has any; nothing when none has.

    Dates come as ``2021-01-28`` or ``2021-01-28 08:30``, numbers without a needless ``.0``, formulas by the value that
    was stored with them. Raises Invalid for what is no workbook, or one that cannot or should not be read.
    """
    try:
        with ZipFile(file) as package:
            if strange := _strange(package):
                raise Invalid.field("body", strange)
        yield from _rows(file)
    except (ConvokeError, ImportError, MemoryError):
        raise
    except BadZipFile as error:
        raise Invalid.field("body", f"The file is damaged or did not arrive whole. {AS_WHAT}") from error
    except Exception as error:  # of a broken file openpyxl says so in nearly every type there is
        why = " ".join(str(error.__cause__ or error).split())[:200] or "damaged"
        raise Invalid.field("body", f"The workbook cannot be read ({why}). {AS_WHAT}") from error


def _strange(package: ZipFile) -> str:
    """Why the archive is not to be read as a workbook; empty when it may be."""
    names, parts = set(package.namelist()), package.infolist()
    if "xl/workbook.bin" in names:
        return f"This is a binary workbook (.xlsb). {AS_WHAT}"
    if "[Content_Types].xml" not in names:
        return f"This is {'an OpenDocument file (.ods)' if 'content.xml' in names else 'no XLSX file'}. {AS_WHAT}"
    if any(part.flag_bits & 1 for part in parts):
        return "The file is protected by a password. Save it without one."
    if len(parts) > MOST_PARTS:
        return f"The file has more than {MOST_PARTS:,} parts. Save the list alone, as CSV."
    if sum(part.file_size for part in parts) > LARGEST:
        return f"Unpacked, the file has more than {LARGEST // 1_000_000} MB. Save the list alone, as CSV."
    for name in names:
        if name.endswith((".xml", ".rels")):
            with package.open(name) as part:
                if b"<!DOCTYPE" in part.read(1 << 12):
                    return f"The workbook cannot be read (it has a document type). {AS_WHAT}"
    return ""


def _rows(file: IO[bytes]) -> Generator[Record]:
    from openpyxl import load_workbook  # type: ignore[import-untyped]

    warnings.filterwarnings("ignore", module="openpyxl")  # it tells of all that it leaves out
    with closing(load_workbook(file, read_only=True, data_only=True, keep_links=False)) as book:
        if not book.worksheets:
            raise ValueError("it has no sheets, or is what Excel calls Strict Open XML")
        dates, book._date_formats = book._date_formats, ()  # it would put #VALUE! for numbers that are no dates
        found = False
        for sheet in book.worksheets:
            if found or sheet.sheet_state != "visible":
                continue
            sheet.reset_dimensions()  # which programs leave out, or write wrong
            for number, row in enumerate(sheet.iter_rows(), 1):
                if number > MOST_ROWS:
                    raise ValueError("it has more rows than sheets can have")
                cells = [_text(cell, dates, book.epoch) for cell in row]
                while cells and not cells[-1]:
                    cells.pop()
                if any(map(str.strip, cells)):
                    found = True
                    yield number, cells


def _text(cell: Any, dates: set[int], epoch: datetime) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        if len(value) > LONGEST_CELL:
            raise ValueError("a cell is longer than cells can be")
        return _unescaped(value) if "_x" in value else value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float) and cell._style_id in dates:
        value = _moment(value, epoch)
    if isinstance(value, datetime | time):
        text = value.isoformat(timespec="seconds").replace("T", " ")
        return text.removesuffix(" 00:00:00").removesuffix(":00")
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _moment(serial: float, epoch: datetime) -> datetime | time | float:
    """What no calendar has stays a number, such as a telephone's in a column of dates."""
    from openpyxl.utils.datetime import from_excel  # type: ignore[import-untyped]

    try:
        return from_excel(serial, epoch) if serial >= 0 else serial
    except (ValueError, OverflowError):
        return serial


def _unescaped(text: str) -> str:
    """``_xD83D__xDE00_`` is one character; half of one could not be stored."""
    from openpyxl.utils.escape import unescape  # type: ignore[import-untyped]

    return str(unescape(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
