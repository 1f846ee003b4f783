"""Files as spreadsheets write them: what they are shows in their bytes, and nothing of them is held in memory."""

import io
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.adapters import workbook
from chalicelib.adapters.spreadsheets import LONGEST_LINE, read_sheet
from chalicelib.domain.errors import Invalid

ROWS = [["email", "имя"], ["a@example.org", "Азиз Каримов"], ["b@example.org", "Ёлкина; Анна"]]


def read(content: bytes) -> list[list[str]]:
    return [cells for _, cells in read_sheet(io.BytesIO(content)).records]


def found(content: bytes) -> tuple[str, str]:
    sheet = read_sheet(io.BytesIO(content))
    return sheet.format, sheet.encoding


def refused(content: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        read(content)
    return caught.value.detail


def csv_text(separator: str) -> str:
    return "".join(separator.join(f'"{cell}"' if ";" in cell else cell for cell in row) + "\r\n" for row in ROWS)


def xlsx(*rows: list[Any], save: Callable[[openpyxl.Workbook], None] = lambda _: None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    save(book)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def package(sheet: str, *, strings: str = "", **parts: str | bytes) -> bytes:
    """A workbook of one sheet, of which a test writes the XML itself."""
    kinds = {"workbook": "sheet.main", "worksheets/sheet1": "worksheet"}
    if strings:
        kinds["sharedStrings"] = "sharedStrings"
    overrides = [f'<Override PartName="/xl/{of}.xml" ContentType="{KIND}.{kind}+xml"/>' for of, kind in kinds.items()]
    related = f'<Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
    files = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">{"".join(overrides)}</Types>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{related}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": sheet,
        **({"xl/sharedStrings.xml": strings} if strings else {}),
        **parts,
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def shared(*strings: str) -> str:
    return f'<sst xmlns="{MAIN}">{"".join(f"<si>{one}</si>" for one in strings)}</sst>'


def sheet(*rows: str) -> str:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'


# text


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("cp1251", "Windows-1251"),
    ],
)
def test_a_csv_is_read_in_every_encoding_that_spreadsheets_write(separator: str, encoding: str, told: str) -> None:
    content = csv_text(separator).encode(encoding)
    assert found(content) == ("CSV", told)
    assert read(content) == ROWS


def test_utf_16_with_the_mark_of_the_other_order_is_read_as_well() -> None:
    assert read(b"\xfe\xff" + csv_text(",").encode("utf-16-be")) == ROWS


def test_one_octet_at_the_very_end_that_is_no_utf_8_makes_the_whole_file_windows_1251() -> None:
    people = b"".join(b"p%d@example.org,P\n" % n for n in range(20_000))
    content = b"email,name\n" + people + "я@example.org,P".encode("cp1251")
    assert found(content) == ("CSV", "Windows-1251")
    assert read(content)[-1] == ["я@example.org", "P"]


def test_a_letter_that_is_cut_in_two_by_a_piece_of_the_file_is_whole() -> None:
    for before in range(1, 4):
        content = ("email,name\n" + "x" * (65_536 - 11 - before) + "ЯЯЯ,P").encode()
        assert found(content) == ("CSV", "UTF-8")
        assert read(content)[1][0].endswith("xЯЯЯ")


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbfemail,name\n\xff", b"\xff\xfee\x00m\x00a", b"\xff\xfe" + b"\x00\xd8" * 4],
    ids=["no UTF-8", "half a unit", "half a pair"],
)
def test_a_file_that_is_not_what_its_mark_says_is_told_and_not_guessed(content: bytes) -> None:
    assert "does not go on so. Save it anew as UTF-8." in refused(content)


def test_a_zero_or_two_do_not_make_utf_16() -> None:
    assert read(b"email,name\n\x00,\x00\na@example.org,Aziz Karimov, of the ministry") [0] == ["email", "name"]


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory() -> None:
    assert "A line has more than 1,000,000 characters" in refused(b"email,name\n" + b"x" * (LONGEST_LINE + 5))


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n \r\n"])
def test_an_empty_file_has_no_records(content: bytes) -> None:
    assert read(content) == []


UNMARKED = ["utf-16-le", "utf-16-be", "cp1251", "utf-8"]
RUSSIAN = st.text("абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ -.", max_size=20)
ANY = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


@settings(deadline=None)
@given(st.lists(st.tuples(ANY, ANY), max_size=5), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_text_comes_back_from_every_encoding_of_unicode(rows: list[tuple[str, str]], encoding: str) -> None:
    assert read(written(rows).encode(encoding)) == [["email", "name"], *as_read(rows)]


@settings(deadline=None)
@given(st.lists(st.tuples(RUSSIAN, RUSSIAN), max_size=20), st.sampled_from(UNMARKED))
def test_any_russian_text_comes_back_from_encodings_without_a_mark(rows: list[tuple[str, str]], encoding: str) -> None:
    assert read(written(rows).encode(encoding)) == [["email", "name"], *as_read(rows)]


def written(rows: list[tuple[str, str]]) -> str:
    quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in rows]
    return "\r\n".join(["email,name", *(",".join(row) for row in quoted)])


def as_read(rows: list[tuple[str, str]]) -> list[list[str]]:
    return [list(row) for row in rows if any(cell.strip() for cell in row)]


# workbooks


def test_a_workbook_is_read_by_its_rows_and_told_as_one() -> None:
    content = xlsx(*ROWS)
    assert found(content) == ("XLSX", "")
    assert read(content) == ROWS


def test_rows_keep_the_numbers_that_the_spreadsheet_shows() -> None:
    content = xlsx(["email", "name"], [], ["a@example.org", "A"], [None, " "], ["b@example.org", "B"])
    assert [number for number, _ in read_sheet(io.BytesIO(content)).records] == [1, 3, 5]


def test_cells_come_as_the_text_that_people_see() -> None:
    row = [5, 5.0, 0.1, -2.5, 998901234567, True, False, date(2021, 1, 28), datetime(2021, 1, 28, 8, 30), time(8, 30)]
    assert read(xlsx(row)) == [
        ["5", "5", "0.1", "-2.5", "998901234567", "TRUE", "FALSE", "2021-01-28", "2021-01-28 08:30", "08:30"]
    ]


def test_only_formats_of_dates_make_a_number_a_date() -> None:
    def formats(book: openpyxl.Workbook) -> None:
        for cell, code in zip(book.active[1], ('0" days"', "[Red]0.00", 'dd"."mm"."yyyy', "[h]:mm"), strict=True):
            cell.number_format = code

    assert read(xlsx([44224, 44224, 44224, 0.5], save=formats)) == [["44224", "44224", "2021-01-28", "12:00"]]


def test_workbooks_of_old_macs_count_days_from_1904() -> None:
    def epoch(book: openpyxl.Workbook) -> None:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904

    assert read(xlsx([datetime(2021, 1, 28)], save=epoch)) == [["2021-01-28"]]


def test_a_formula_gives_the_value_that_was_stored_with_it() -> None:
    cells = (
        '<c r="A1" t="str"><f>B1&amp;"@example.org"</f><v>a@example.org</v></c>'
        '<c r="B1"><f>1+1</f><v>2</v></c><c r="C1" t="e"><v>#N/A</v></c>'
    )
    assert read(package(sheet(f'<row r="1">{cells}</row>'))) == [["a@example.org", "2", "#N/A"]]


def test_text_in_several_fonts_is_one_and_how_it_is_read_aloud_is_left_out() -> None:
    strings = shared(
        "<r><rPr/><t>Аз</t></r><r><t xml:space='preserve'>из </t></r><rPh sb='0' eb='1'><t>reading</t></rPh>",
        "<t>A_x000D_\nB_x005F_C</t>",
    )
    inline = '<c t="inlineStr"><is><r><t>in</t></r><r><t>line</t></r></is></c>'
    row = f'<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c>{inline}</row>'
    assert read(package(sheet(row), strings=strings)) == [["Азиз ", "A\r\nB_C", "inline"]]


def test_escaped_halves_of_a_character_are_one_and_a_half_alone_is_replaced() -> None:
    strings = shared("<t>_xD83D__xDE00_ _xD83D_</t>")
    assert read(package(sheet('<row><c t="s"><v>0</v></c></row>'), strings=strings)) == [["\U0001f600 \ufffd"]]


def test_names_with_prefixes_and_cells_without_places_are_read() -> None:
    rows = '<x:row><x:c t="inlineStr"><x:is><x:t>a</x:t></x:is></x:c><x:c r="D1"><x:v>4</x:v></x:c></x:row>'
    content = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{rows}</x:sheetData></x:worksheet>'
    assert read(package(content)) == [["a", "", "", "4"]]


def test_a_number_that_no_calendar_has_stays_one_in_a_column_of_dates() -> None:
    def dates(book: openpyxl.Workbook) -> None:
        for cell in book.active[1]:
            cell.number_format = "dd.mm.yyyy"

    assert read(xlsx([998901234567, -1, 1e300, 44224], save=dates)) == [["998901234567", "-1", "1e+300", "2021-01-28"]]


@pytest.mark.parametrize("dimension", ["", '<dimension ref="A1"/>', '<dimension ref="A1:B1"/>'])
def test_what_a_sheet_says_of_its_size_is_not_believed(dimension: str) -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="C1"><v>3</v></c></row><row r="3"><c r="A3"><v>5</v></c></row>'
    content = package(sheet(rows).replace("<sheetData>", f"{dimension}<sheetData>"))
    assert list(read_sheet(io.BytesIO(content)).records) == [(1, ["1", "", "3"]), (3, ["5"])]


def test_what_the_library_leaves_out_is_not_warned_of(recwarn: pytest.WarningsRecorder) -> None:
    extension = '</sheetData><extLst><ext uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}"/></extLst>'
    content = package(sheet('<row><c t="str"><v>a</v></c></row>').replace("</sheetData>", extension))
    assert read(content) == [["a"]]
    assert not recwarn.list


def test_the_file_stays_open_for_whoever_opened_it_and_can_be_read_again_after_a_look_at_its_begin() -> None:
    file = io.BytesIO(xlsx(*ROWS))
    records = read_sheet(file).records
    assert next(records) == (1, ROWS[0])
    records.close()
    assert [cells for _, cells in read_sheet(file).records] == ROWS


def test_the_list_is_the_first_sheet_that_people_see_anything_on() -> None:
    book = openpyxl.Workbook()
    book.active.append(["email", "hidden"])
    book.active.sheet_state = "hidden"
    book.create_sheet("Empty")
    book.create_sheet("People").append(["email", "name"])
    book.create_sheet("Other").append(["email", "other"])
    assert read(saved(book)) == [["email", "name"]]


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=15)
CELL = st.none() | st.integers(-(10**12), 10**12) | st.booleans() | TEXT.filter(lambda text: not text.startswith("="))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(CELL, max_size=5), max_size=6))
def test_whatever_is_written_into_cells_is_read_from_them(rows: list[list[Any]]) -> None:
    content = xlsx(*rows)
    shown = [["" if c is None else str(c).upper() if isinstance(c, bool) else str(c) for c in row] for row in rows]
    expected = [trimmed(row) for row in shown if any(cell.strip() for cell in row)]
    assert [trimmed(row) for row in read(content)] == expected


def trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row = row[:-1]
    return row


# what is no list


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "LARGEST", 1_000_000)
    content = package(sheet("<row/>" * 200_000))
    assert len(content) < 20_000
    tracemalloc.start()
    assert "Unpacked, the file has more than 1 MB" in refused(content)
    assert tracemalloc.get_traced_memory()[1] < 500_000
    tracemalloc.stop()


@pytest.mark.parametrize("entity", ['<!ENTITY a "aaaaaaaaaa">', '<!ENTITY a SYSTEM "file:///etc/passwd">', ""])
@pytest.mark.parametrize("part", ["sheet", "strings"])
def test_a_document_type_is_refused_and_with_it_every_entity(entity: str, part: str) -> None:
    cell = '<row><c t="s"><v>0</v></c><c t="inlineStr"><is><t>x</t></is></c></row>'
    written = {"sheet": sheet(cell), "strings": shared("<t>x</t>")}
    written[part] = f"<!DOCTYPE x [{entity}]>" + written[part].replace("<t>x", "<t>&a;" if entity else "<t>x")
    assert "it has a document type" in refused(package(written["sheet"], strings=written["strings"]))


@pytest.mark.parametrize("before", ["<!--" + "x" * 5_000 + "-->", ""], ids=["late", "UTF-16"])
def test_an_entity_is_refused_where_a_document_type_is_not_seen_at_once(before: str) -> None:
    entity = f'{before}<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>' + shared("<t>&a;</t>")
    content = package(sheet(), strings="x", **{"xl/sharedStrings.xml": entity.encode("utf-8" if before else "utf-16")})
    assert "The workbook cannot be read (EntitiesForbidden" in refused(content)


def test_more_parts_than_workbooks_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_PARTS", 3)
    assert "more than 3 parts. Save the list alone, as CSV." in refused(package(sheet()))


def test_a_row_with_a_number_that_no_sheet_has_is_refused_and_not_waited_for() -> None:
    assert "more rows than sheets can have" in refused(package(sheet('<row r="900000000"><c><v>1</v></c></row>')))


def test_a_protected_workbook_is_told_as_such() -> None:
    ole = bytes.fromhex("D0CF11E0A1B11AE1") + b"\x00" * 70_000
    assert "protected by a password" in refused(ole + "EncryptedPackage".encode("utf-16-le"))
    content = bytearray(package(sheet()))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    assert "protected by a password" in refused(bytes(content))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (bytes.fromhex("D0CF11E0A1B11AE1") + b"\x00" * 600, "old kind (.xls). Save it as XLSX or CSV"),
        (package("", **{"content.xml": "<x/>"}).replace(b"[Content_Types]", b"[Content-Types]"), "OpenDocument"),
        (package(sheet(), **{"xl/workbook.bin": ""}), "binary workbook (.xlsb). Save it as XLSX or CSV"),
        (xlsx(["email"])[:-30], "damaged or did not arrive whole"),
        (package("<worksheet><sheetData><row>"), "The workbook cannot be read"),
        (package(sheet('<row><c t="s"><v>7</v></c></row>')), "The workbook cannot be read"),
        (package(sheet('<row><c r="ZZZZ1"><v>7</v></c></row>')), "'ZZZZ' is not a valid column name"),
        (package(sheet(f'<row><c t="str"><v>{"x" * 100_001}</v></c></row>')), "longer than cells can be"),
        (package(sheet(), **{"[Content_Types].xml": "<Types/>"}), "no valid workbook part"),
        (package(sheet(), **{"xl/workbook.xml": '<workbook xmlns="http://purl.oclc.org/x"/>'}), "Strict Open XML"),
    ],
    ids=["xls", "ods", "xlsb", "cut", "open", "string", "column", "cell", "no book", "strict"],
)  # fmt: skip
def test_what_is_no_list_is_refused_with_what_to_do(content: bytes, said: str) -> None:
    told = refused(content)
    assert said in told
    assert told.endswith(".")


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    content = bytearray(SMALL)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        read(bytes(content))
    except Invalid as error:
        assert error.problems


SMALL = xlsx(["email", "name"], ["a@example.org", date(2021, 1, 28)])


# memory


def test_ten_times_the_rows_of_a_csv_take_the_same_memory() -> None:
    few, many = peak("CSV", 1_000), peak("CSV", 10_000)
    assert many < 1.3 * few + 100_000, (few, many)


def test_a_row_of_a_workbook_takes_its_texts_and_little_more() -> None:
    few, many = peak("XLSX", 1_000), peak("XLSX", 10_000)
    assert (many - few) / 9_000 < 500, (few, many)


def peak(kind: str, count: int) -> int:
    rows = [["email", "name"], *([f"person{n}@ministry.example", f"Имя {n}"] for n in range(count))]
    content = xlsx(*rows) if kind == "XLSX" else "\n".join(",".join(row) for row in rows).encode("cp1251")
    sheet = read_sheet(io.BytesIO(content))
    tracemalloc.start()
    assert sum(1 for _ in sheet.records) == count + 1
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return highest
