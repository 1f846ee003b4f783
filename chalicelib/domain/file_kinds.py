"""What a file is, by its bytes. Its name and what the sender calls it count for nothing.

Strict on purpose: a file begins and ends as its format does, so that nothing stands before it, behind it or inside it
that another program would take for something else. Office files are zips whose names and types are looked at; those
with macros are refused. What a file would do to the program that opens it is beyond what can be seen here.
"""

import re
import struct
import zipfile
import zlib
from typing import BinaryIO

from chalicelib.domain.formats import Format

UNKNOWN = "This is not a file of a kind that is asked for, or it is damaged. Export it anew and choose that file."
MACROS = "This file holds macros or programs. Save it without them and choose that file."
LOCKED = "This file is protected by a password. Save it without one and choose that file."

EDGE = 65_557
"""Octets that are looked at from each end: what a zip's directory may stand before (22 + 65,535)."""

ENTRIES = 5_000
UNPACKED = 500 * 1024 * 1024
"""Of an office file; a bomb has more."""

SMALL = 1_000_000
"""Octets of an entry that is read, at most."""

OFFICE: dict[str, Format] = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": "docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml": "pptx",
}
"""ECMA-376, part 1: content types of the main part."""

MAIN: dict[Format, str] = {"docx": "word/document.xml", "pptx": "ppt/presentation.xml"}

ODT = b"application/vnd.oasis.opendocument.text"
"""OpenDocument 1.3, part 2, section 3.3: the first entry, stored, named ``mimetype``."""

MARKUP = re.compile(rb"<(?:!doctype\s+html|html|script|svg|iframe|body|\?php)[\s>]", re.IGNORECASE)

ACTIVE = re.compile(
    r"(?:^|/)(?:vbaproject\.bin|vbadata\.xml|activex|macrosheets|basic|scripts)(?:$|/)"
    r"|\.(?:exe|dll|com|scr|cpl|msi|bat|cmd|ps1|vbs|vbe|js|jse|wsf|hta|jar|lnk|html?|mht(?:ml)?"
    r"|docm|dotm|xlsm|xltm|xlam|pptm|potm|ppsm|ppam|sldm)$",
    re.IGNORECASE,
)
"""Entries that hold programs. ``Basic`` and ``Scripts`` are OpenDocument's folders of macros."""


class Unfit(Exception):
    """``reason`` is a sentence for the person, as it stands in the catalogues."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def recognise(file: BinaryIO, size: int) -> Format:
    """The format of a seekable file of ``size`` octets. Raises Unfit for what is none of ``FILES`` beyond doubt."""
    head = _at(file, 0, min(size, EDGE))
    tail = head if size <= EDGE else _at(file, size - EDGE, EDGE)
    if head.startswith(b"PK\x03\x04"):
        return _zip(file, size, tail)
    if b"PK\x05\x06" in tail or MARKUP.search(head[:2048]):  # it is an archive or a page as well
        raise Unfit(UNKNOWN)
    if re.match(rb"%PDF-(?:1\.[0-7]|2\.0)[\r\n \t]", head) and re.search(rb"%%EOF[\s\0]*\Z", tail[-1024:]):
        return "pdf"
    if re.match(rb"\xff\xd8\xff[\xc0-\xfe]", head) and tail.rstrip(b"\0").endswith(b"\xff\xd9"):
        return "jpeg"
    begin, end = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\0\0\0\0IEND\xaeB`\x82"
    if head.startswith(begin) and tail.endswith(end):
        return "png"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") and b"E\0n\0c\0r\0y\0p\0t" in head + tail:
        raise Unfit(LOCKED)  # an office file with a password is a compound file (MS-OFFCRYPTO)
    raise Unfit(UNKNOWN)


def _zip(file: BinaryIO, size: int, tail: bytes) -> Format:
    """An office file: one plain zip from the first octet to the last, without comment, prefix or gap at its end."""
    if len(tail) < 22 or tail[-22:-18] != b"PK\x05\x06":
        raise Unfit(UNKNOWN)
    entries, length, start, comment = struct.unpack("<HIIH", tail[-12:])
    if comment or start + length != size - 22 or not 0 < entries <= ENTRIES:
        raise Unfit(UNKNOWN)
    try:
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            return _office(archive, entries)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, KeyError, EOFError):
        raise Unfit(UNKNOWN) from None


def _office(archive: zipfile.ZipFile, entries: int) -> Format:
    infos = archive.infolist()
    names = [info.filename for info in infos]
    if len(infos) != entries or len({name.casefold() for name in names}) != entries or not all(map(_plain, names)):
        raise Unfit(UNKNOWN)
    if any(info.flag_bits & 0x1 for info in infos):
        raise Unfit(LOCKED)
    if sum(info.file_size for info in infos) > UNPACKED or min(info.header_offset for info in infos) != 0:
        raise Unfit(UNKNOWN)
    if any(ACTIVE.search(name) for name in names):
        raise Unfit(MACROS)
    first = min(infos, key=lambda info: info.header_offset)
    if first.filename == "mimetype":
        return _open_document(archive, first, names)
    found = _main_parts(_entry(archive, "[Content_Types].xml"))
    if len(found) != 1 or MAIN[found[0]] not in names:
        raise Unfit(UNKNOWN)
    return found[0]


def _open_document(archive: zipfile.ZipFile, first: zipfile.ZipInfo, names: list[str]) -> Format:
    if first.compress_type != zipfile.ZIP_STORED or first.file_size != len(ODT) or _entry(archive, "mimetype") != ODT:
        raise Unfit(UNKNOWN)
    manifest = _entry(archive, "META-INF/manifest.xml")
    if b"encryption-data" in manifest:
        raise Unfit(LOCKED)
    if "content.xml" not in names:
        raise Unfit(UNKNOWN)
    return "odt"


def _main_parts(types: bytes) -> list[Format]:
    """Which formats the list of content types names. Raises Unfit for one with macros, or in no plain encoding."""
    text = types.decode("utf-8-sig")
    if "macroEnabled" in text or "vbaProject" in text or "activeX" in text:
        raise Unfit(MACROS)
    if "<!" in text:  # a document type or an entity, which no office program writes
        raise Unfit(UNKNOWN)
    said = re.findall(r"""ContentType\s*=\s*["']([^"']*)["']""", text)
    return sorted({OFFICE[one] for one in said if one in OFFICE})


def _plain(name: str) -> bool:
    """A name that stays inside: no absolute path, no ``..``, nothing that does not print."""
    parts = name.rstrip("/").split("/")
    return name.isprintable() and not re.search(r'[\\:*?"<>|]', name) and all(parts) and ".." not in parts


def _entry(archive: zipfile.ZipFile, name: str) -> bytes:
    """An entry, unpacked to ``SMALL`` octets at most. Raises Unfit for more, KeyError when there is none."""
    with archive.open(name) as entry:
        content = entry.read(SMALL + 1)
    if len(content) > SMALL:
        raise Unfit(UNKNOWN)
    return content


def _at(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)
