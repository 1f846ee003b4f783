"""Lists as files: CSV in the encodings that spreadsheets write, and XLSX. What it is, the bytes say, not the name.

    EF BB BF, FF FE, FE FF   a byte order mark (Unicode 16, 23.8): UTF-8 or UTF-16
    every other byte zero    UTF-16 without one
    valid to the last byte   UTF-8
    anything else            Windows-1251, what Excel writes in Russian

Nothing is held in memory but a piece of the file.
"""

import codecs
import io
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import IO, Literal

from chalicelib.adapters.workbook import AS_WHAT, records_of
from chalicelib.domain.errors import Invalid
from chalicelib.domain.roster_rows import Record, csv_records

PIECE = 1 << 16

SAMPLE = 1 << 12
"""Octets that are looked at for UTF-16 without a byte order mark."""

LONGEST_LINE = 1_000_000
"""Characters: a longer line is no row of people."""

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}

SHOWN = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "cp1251": "Windows-1251"}
"""What people call an encoding; all others here are kinds of UTF-16."""

OLE = bytes.fromhex("D0CF11E0A1B11AE1")
"""Begins what Excel wrote before 2007, and a workbook with a password (MS-CFB, 2.2)."""

ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class Sheet:
    """A list that is open: what it is, and its records as they are read from it; ``encoding`` is empty for XLSX."""

    format: Literal["CSV", "XLSX"]
    encoding: str
    records: Generator[Record]


def read_sheet(file: IO[bytes], *, below: bool = False) -> Sheet:
    """The list that begins at the file's begin, or, of a report, ``below`` other lines; the file stays open while
    records are read.

    Raises Invalid with a sentence, also while records are read, for what is neither CSV nor XLSX.
    """
    file.seek(0)
    begin = file.read(SAMPLE)
    if begin.startswith(OLE):
        raise Invalid.field("body", _ole(file))
    if begin.startswith(ZIP):
        return Sheet("XLSX", "", records_of(file))
    encoding = _encoding(begin, file)
    file.seek(0)
    return Sheet("CSV", SHOWN.get(encoding, "UTF-16"), csv_records(_lines(file, encoding), below=below))


def _ole(file: IO[bytes]) -> str:
    if _holds(file, "EncryptedPackage".encode("utf-16-le")):
        return "The file is protected by a password. Save it without one and send it again."
    return f"This is not a list, or an Excel file of the old kind (.xls). {AS_WHAT}"


def _holds(file: IO[bytes], wanted: bytes) -> bool:
    file.seek(0)
    before = b""
    while piece := file.read(PIECE):
        if wanted in before + piece:
            return True
        before = piece[-len(wanted) :]
    return False


def _encoding(begin: bytes, file: IO[bytes]) -> str:
    """The encoding that fits the whole file. Raises Invalid when it is none, though the file says which one it is."""
    said = next((encoding for mark, encoding in MARKS.items() if begin.startswith(mark)), "") or _without_mark(begin)
    if _fits(file, said or "utf-8"):
        return said or "utf-8"
    if said:
        shown = SHOWN.get(said, "UTF-16")
        raise Invalid.field("body", f"The file begins as {shown} and does not go on so. Save it anew as UTF-8.")
    return "cp1251"


def _without_mark(begin: bytes) -> str:
    """UTF-16 shows by the zeros of its commas, spaces and Latin letters: at least every fifth character is one."""
    zeros = {"utf-16-be": begin[0::2].count(0), "utf-16-le": begin[1::2].count(0)}
    likely, other = sorted(zeros, key=lambda name: zeros[name], reverse=True)
    plainly = zeros[likely] * 5 >= len(begin) // 2 and zeros[other] * 5 < zeros[likely]
    return likely if plainly and zeros[likely] else ""


def _fits(file: IO[bytes], encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    pieces = iter(lambda: file.read(PIECE), b"")
    try:
        for piece, last in chain(((piece, False) for piece in pieces), [(b"", True)]):
            decoder.decode(piece, last)
    except UnicodeDecodeError:
        return False
    return True


def _lines(file: IO[bytes], encoding: str) -> Iterator[str]:
    """Lines with their ends, as csv wants them; what Windows-1251 does not know becomes a replacement character."""
    text = io.TextIOWrapper(file, encoding, errors="replace", newline="")
    try:
        while line := text.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise Invalid.field("body", f"A line has more than {LONGEST_LINE:,} characters. {AS_WHAT}")
            yield line
    finally:
        text.detach()
