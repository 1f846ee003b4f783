"""XLSX as a stream of rows, in the same memory for any number of them (ECMA-376, part 1, 18.3; part 2 for the package).

Read with expat and not with a library that builds objects for every cell: 100,000 rows take a quarter of the time, and
shared strings, which such a library holds as a list, wait in a temporary file here. A document type, with which
entities would come, is refused, as the packaging conventions ask (ECMA-376, part 2, 8.2).
"""

import os
import posixpath
import re
import tempfile
import zlib
from array import array
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import IO, Any
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

LARGEST = 300_000_000
"""Octets of everything in the file when unpacked: 100,000 rows of forty columns have fewer, a zip bomb has more."""

MOST_COLUMNS = 16_384
"""What a sheet has at most (Excel specifications and limits)."""

LONGEST_CELL = 100_000
"""Characters: three times what a cell may hold, because each may be escaped."""

PIECE = 1 << 16

DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""Number formats that are dates or times without saying so (18.8.30)."""

_PLAIN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_INTEGER = re.compile(r"-?[0-9]{1,15}")

BROKEN = (
    BadZipFile, zlib.error, expat.ExpatError, EOFError, KeyError, ValueError, OverflowError, NotImplementedError,
    IndexError,
)  # fmt: skip
"""What reading raises when the file is no workbook, or a damaged one."""

Attributes = dict[str, str]
Row = tuple[int, list[str]]


class Protected(Exception):
    """The file asks for a password."""


class TooLarge(Exception):
    """Unpacked, the file is larger than any list."""


def rows_of(file: IO[bytes]) -> Iterator[Row]:
    """(row number, cells as text) of the first visible sheet that has any; nothing when none has.

    Dates come as ``2021-01-28`` or ``2021-01-28 08:30``, numbers without a needless ``.0``, formulas by the value that
    was stored with them. Raises one of BROKEN, Protected, TooLarge.
    """
    with ZipFile(file) as package, tempfile.TemporaryFile() as spilled:
        if any(part.flag_bits & 1 for part in package.infolist()):
            raise Protected
        if sum(part.file_size for part in package.infolist()) > LARGEST:
            raise TooLarge
        book = _Book(package)
        strings = _Strings(spilled)
        for part in book.parts("sharedStrings"):
            _SharedStrings(strings).read(package, part)
        dates = _dates(package, book.parts("styles"))
        for sheet in book.sheets:
            found = False
            for row in _Sheet(strings, dates, book.epoch).stream(package, sheet):
                found = True
                yield row
            if found:
                return


class _Reader:
    """One part of the package, parsed piece by piece; those who inherit say what begins and ends mean to them."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.length = 0
        self.listening = False

    def begin(self, name: str, said: Attributes) -> None:
        """An element begins; its name comes without a prefix."""

    def end(self, name: str) -> None:
        """An element ends."""

    def listen(self) -> None:
        self.text.clear()
        self.length, self.listening = 0, True

    def heard(self) -> str:
        self.listening = False
        return "".join(self.text)

    def read(self, package: ZipFile, part: str) -> None:
        for _ in self.pieces(package, part):
            pass

    def pieces(self, package: ZipFile, part: str) -> Iterator[None]:
        """Parse on, and stop after each piece, so that what it held can be taken."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        parser.StartElementHandler = _local(self.begin)
        parser.EndElementHandler = _local(self.end)
        parser.CharacterDataHandler = self._hear
        with package.open(part) as stream:
            while piece := stream.read(PIECE):
                parser.Parse(piece, False)
                yield
        parser.Parse(b"", True)
        yield

    def _hear(self, data: str) -> None:
        if self.listening:
            self.text.append(data)
            self.length += len(data)
            if self.length > LONGEST_CELL:
                raise ValueError("a cell is longer than cells can be")


def _refuse(*_: Any) -> None:
    raise ValueError("it has a document type")


def _local(handler: Callable[..., None]) -> Callable[..., None]:
    """``x:row`` is a row; most files have no prefixes."""

    def handle(name: str, *said: Any) -> None:
        handler(name.rpartition(":")[2] if ":" in name else name, *said)

    return handle


class _Elements(_Reader):
    """Every element of a small part, in order."""

    def __init__(self, package: ZipFile, part: str) -> None:
        super().__init__()
        self.found: list[tuple[str, Attributes]] = []
        self.read(package, part)

    def begin(self, name: str, said: Attributes) -> None:
        self.found.append((name, {key.rpartition(":")[2]: value for key, value in said.items()}))


class _Book:
    """Which parts there are: visible sheets in their order, and the others by the last word of their type."""

    def __init__(self, package: ZipFile) -> None:
        [main] = [target for kind, _, target in _related(package, "") if kind == "officeDocument"][:1] or [""]
        if not main:
            raise ValueError("it is not a workbook")
        self._related = _related(package, main)
        sheets = {name: target for kind, name, target in self._related if kind == "worksheet"}
        self.sheets, self.epoch = [], datetime(1899, 12, 30)
        for name, said in _Elements(package, main).found:
            if name == "sheet" and said.get("state", "visible") == "visible" and said.get("id") in sheets:
                self.sheets.append(sheets[said["id"]])
            if name == "workbookPr" and said.get("date1904") in ("1", "true"):
                self.epoch = datetime(1904, 1, 1)

    def parts(self, kind: str) -> list[str]:
        return [target for of, _, target in self._related if of == kind]


def _related(package: ZipFile, part: str) -> list[tuple[str, str, str]]:
    """(kind, id, part) of what ``part`` refers to, inside the file."""
    folder, name = posixpath.split(part)
    found = _Elements(package, posixpath.join(folder, "_rels", f"{name}.rels")).found
    return [
        (
            said.get("Type", "").rpartition("/")[2],
            said.get("Id", ""),
            posixpath.normpath(posixpath.join("/", folder, said.get("Target", ""))).lstrip("/"),
        )
        for element, said in found
        if element == "Relationship" and said.get("TargetMode") != "External"
    ]


def _dates(package: ZipFile, styles: list[str]) -> frozenset[str]:
    """The cell styles, by their number, whose numbers are dates."""
    formats, found, inside = set(map(str, DATES)), [], False
    for name, said in _Elements(package, styles[0]).found if styles else ():
        if name == "numFmt" and re.search("[dmyhs]", _PLAIN.sub("", said.get("formatCode", "")), re.IGNORECASE):
            formats.add(said.get("numFmtId", ""))
        if name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            inside = name == "cellXfs"
        if name == "xf" and inside:
            found.append(said.get("numFmtId", "0") in formats)
    return frozenset(str(number) for number, date in enumerate(found) if date)


class _Strings:
    """Shared strings in a temporary file; in memory is where each begins."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._begins = file, array("Q", [0])

    def add(self, text: str) -> None:
        self._begins.append(self._begins[-1] + self._file.write(text.encode()))

    def flush(self) -> None:
        self._file.flush()

    def get(self, number: int) -> str:
        if number < 0:
            raise IndexError
        begin, end = self._begins[number], self._begins[number + 1]
        return os.pread(self._file.fileno(), end - begin, begin).decode()


class _SharedStrings(_Reader):
    def __init__(self, strings: _Strings) -> None:
        super().__init__()
        self._strings, self._parts, self._phonetic = strings, list[str](), False

    def begin(self, name: str, said: Attributes) -> None:
        if name == "si":
            self._parts.clear()
        elif name == "rPh":  # how Japanese is read aloud: not what stands in the cell
            self._phonetic = True
        elif name == "t" and not self._phonetic:
            self.listen()

    def end(self, name: str) -> None:
        if name == "t" and self.listening:
            self._parts.append(self.heard())
        elif name == "rPh":
            self._phonetic = False
        elif name == "si":
            self._strings.add(_unescaped("".join(self._parts)))
        elif name == "sst":
            self._strings.flush()


class _Sheet(_Reader):
    def __init__(self, strings: _Strings, dates: frozenset[str], epoch: datetime) -> None:
        super().__init__()
        self._strings, self._dates, self._epoch = strings, dates, epoch
        self._ready: list[Row] = []
        self._cells: list[str] = []
        self._number = self._column = 0
        self._kind = self._style = ""
        self._value: list[str] = []
        self._phonetic = False

    def stream(self, package: ZipFile, part: str) -> Iterator[Row]:
        for _ in self.pieces(package, part):
            yield from self._ready
            self._ready.clear()

    def begin(self, name: str, said: Attributes) -> None:
        if name == "c":
            self._column = _column(said["r"]) if "r" in said else self._column + 1
            self._kind, self._style = said.get("t", "n"), said.get("s", "0")
            self._value.clear()
        elif name == "v" or (name == "t" and not self._phonetic):
            self.listen()
        elif name == "row":
            self._number = int(said["r"]) if "r" in said else self._number + 1
            self._column, self._cells = 0, []
        elif name == "rPh":
            self._phonetic = True

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            if self.listening:
                self._value.append(self.heard())
        elif name == "c":
            if self._value and (text := self._as_text("".join(self._value))):
                self._cells += [""] * (self._column - len(self._cells))
                self._cells[self._column - 1] = text
        elif name == "row":
            if any(cell.strip() for cell in self._cells):
                self._ready.append((self._number, self._cells))
        elif name == "rPh":
            self._phonetic = False

    def _as_text(self, value: str) -> str:
        if self._kind == "s":
            return self._strings.get(int(value))
        if self._kind in ("inlineStr", "str"):
            return _unescaped(value)
        if self._kind == "b":
            return "TRUE" if value.strip() == "1" else "FALSE"
        if self._kind != "n":  # an error such as #N/A, or a date in letters
            return value
        if self._style in self._dates:
            return _moment(float(value), self._epoch)
        return value if _INTEGER.fullmatch(value) else f"{float(value):.15g}"


def _column(reference: str) -> int:
    """``AB12`` stands in column 28."""
    column = 0
    for letter in reference:
        if not "A" <= letter <= "Z":
            break
        column = column * 26 + ord(letter) - 64
    if not 1 <= column <= MOST_COLUMNS:
        raise ValueError(f"there is no column {reference[:20]}")
    return column


def _moment(serial: float, epoch: datetime) -> str:
    """Days since the epoch, and their fraction; a time alone has no days. What no calendar has stays a number."""
    if not 0 <= serial < 2_958_465:
        return f"{serial:.15g}"
    moment = epoch + timedelta(seconds=round(serial * 86_400))
    time = f"{moment:%H:%M:%S}".removesuffix(":00")
    if serial < 1:
        return time
    return f"{moment:%Y-%m-%d}" if time == "00:00" else f"{moment:%Y-%m-%d} {time}"


def _unescaped(text: str) -> str:
    """``_x000D_`` stands for a character that XML cannot hold, ``_x005F_`` for an underscore (22.4.2.4)."""
    if "_x" not in text:
        return text
    units = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return units.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # half a pair cannot be stored
