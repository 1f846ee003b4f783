"""A file is what its bytes say, from the first to the last; what is anything else as well is refused."""

import io
import struct
import zipfile
from collections.abc import Callable

import pytest

from chalicelib.domain.file_kinds import LOCKED, MACROS, UNKNOWN, Unfit, recognise
from tests.files import DOCX, JPEG, ODT, PDF, PNG, PPTX, docx, odt, office, zipped


def kind(content: bytes) -> str:
    return recognise(io.BytesIO(content), len(content))


def why(content: bytes) -> str:
    with pytest.raises(Unfit) as refused:
        kind(content)
    return refused.value.reason


@pytest.mark.parametrize(
    ("content", "expected"),
    [(PDF, "pdf"), (DOCX, "docx"), (PPTX, "pptx"), (ODT, "odt"), (JPEG, "jpeg"), (PNG, "png")],
    ids=["pdf", "docx", "pptx", "odt", "jpeg", "png"],
)
def test_each_format_is_known_by_its_bytes(content: bytes, expected: str) -> None:
    assert kind(content) == expected


def test_a_large_file_is_known_by_its_two_ends() -> None:
    assert kind(PDF[:-6] + b" " * 300_000 + b"%%EOF\n") == "pdf"
    assert kind(zipped({**dict(docx()), "word/media/image1.png": bytes(300_000)})) == "docx"


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\0" + b"\0" * 200,
        b"\x7fELF" + b"\0" * 200,
        b"#!/bin/sh\nrm -rf /\n",
        b"<!doctype html><script>alert(1)</script>",
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        b"GIF89a" + b"\0" * 50,
        b"{\\rtf1\\ansi hello}",
        b"just words",
        b"%PDF-",
        b"PK",
        b"PK\x03\x04" + b"\0" * 60,
        b"",
    ],
    ids=["exe", "elf", "script", "html", "svg", "gif", "rtf", "words", "begin of a pdf", "begin of a zip",
         "zip without an end", "nothing"],
)  # fmt: skip
def test_anything_else_is_refused_whatever_it_is_called(content: bytes) -> None:
    assert why(content) == UNKNOWN


@pytest.mark.parametrize(
    "content",
    [
        b"<html><body>\n" + PDF,
        b"\n" + PDF,
        b"MZ" + PDF,
        PDF + zipped({"evil.js": b"1"}),
        PDF + b"<script>alert(1)</script>",
        b"%PDF-1.7\n<html><script>alert(1)</script>\n%%EOF\n",
        JPEG + zipped({"evil.class": b"1"}),
        JPEG + b"MZ" + b"\0" * 100,
        PNG + b"<?php system($_GET[0]); ?>",
        b"MZ" + DOCX,
        DOCX + b"MZ",
        PDF + DOCX,
    ],
    ids=["html with a pdf at an offset", "pdf at an offset", "exe with a pdf", "pdf and zip",
         "pdf with a page behind it", "page in a pdf", "jpeg and zip", "jpeg with an exe behind it", "png and php",
         "exe before a docx", "docx and more", "pdf before a docx"],
)  # fmt: skip
def test_what_is_two_things_at_once_is_neither(content: bytes) -> None:
    assert why(content) == UNKNOWN


def with_types(types: str) -> bytes:
    return zipped({**dict(docx()), "[Content_Types].xml": types.encode()})


MACRO_TYPES = (
    office("docx")["[Content_Types].xml"]
    .decode()
    .replace(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        "application/vnd.ms-word.document.macroEnabled.main+xml",
    )
)


@pytest.mark.parametrize(
    "content",
    [
        with_types(MACRO_TYPES),
        zipped({**docx(), "word/vbaProject.bin": b"1"}),
        zipped({**docx(), "word/activeX/activeX1.bin": b"1"}),
        zipped({**docx(), "word/embeddings/setup.exe": b"MZ"}),
        zipped({**docx(), "word/afchunk.html": b"<html>"}),
        zipped({**odt(), "Basic/Standard/Module1.xml": b"1"}, stored="mimetype"),
        zipped({**odt(), "Scripts/python/x.py": b"1"}, stored="mimetype"),
    ],
    ids=["docm renamed", "vba", "activex", "program", "page", "basic", "scripts"],
)
def test_office_files_with_macros_or_programs_are_refused(content: bytes) -> None:
    assert why(content) == MACROS


def crafted(change: Callable[[zipfile.ZipFile], None]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in docx().items():
            archive.writestr(name, content)
        change(archive)
    return file.getvalue()


@pytest.mark.parametrize(
    "name",
    ["../../etc/cron.d/x", "/etc/passwd", "word\\..\\x", "C:/x", "word//x", "word/\u202excod.exe.x", "a\nb",
     "WORD/DOCUMENT.XML"],
)  # fmt: skip
def test_names_that_lead_outside_or_deceive_are_refused(name: str) -> None:
    assert why(crafted(lambda archive: archive.writestr(name, b"1"))) == UNKNOWN


def test_a_bomb_is_refused_unopened() -> None:
    bomb = crafted(lambda archive: archive.writestr("word/media/image1.png", b"\0" * 1_000_000, zipfile.ZIP_DEFLATED))
    told = bomb.replace(struct.pack("<I", 1_000_000), struct.pack("<I", 0xFFFF0000))
    assert told != bomb
    assert why(told) == UNKNOWN
    types = zipped({**docx(), "[Content_Types].xml": b" " * 3_000_000})
    assert why(types) == UNKNOWN
    many = zipped({**docx(), **{f"word/{n}.xml": b"" for n in range(5001)}})
    assert why(many) == UNKNOWN


def test_a_plain_zip_or_another_kind_of_office_file_is_none_that_is_known() -> None:
    assert why(zipped({"paper.pdf": PDF})) == UNKNOWN
    assert why(with_types("<Types/>")) == UNKNOWN
    assert why(zipped({**docx(), "[Content_Types].xml": b'<!DOCTYPE x [<!ENTITY e "1">]><Types/>'})) == UNKNOWN
    assert why(zipped({"[Content_Types].xml": docx()["[Content_Types].xml"]})) == UNKNOWN
    assert why(zipped(odt())) == UNKNOWN  # the mimetype is packed
    spreadsheet = {**odt(), "mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}
    assert why(zipped(spreadsheet, stored="mimetype")) == UNKNOWN


def test_a_file_with_a_password_is_told_from_a_broken_one() -> None:
    compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    assert why(compound + "EncryptedPackage".encode("utf-16-le") + bytes(100)) == LOCKED
    assert why(compound) == UNKNOWN
    sealed = odt() | {"META-INF/manifest.xml": b"<manifest:encryption-data/>"}
    assert why(zipped(sealed, stored="mimetype")) == LOCKED


@pytest.mark.parametrize("content", [PDF, DOCX, ODT, JPEG, PNG], ids=["pdf", "docx", "odt", "jpeg", "png"])
def test_half_a_file_is_none_and_no_damage_makes_us_fail(content: bytes) -> None:
    assert why(content[: len(content) // 2]) == UNKNOWN
    for at in range(0, len(content), 7):
        damaged = content[:at] + b"\xff" + content[at + 1 :]
        try:
            kind(damaged)
        except Unfit:
            continue
