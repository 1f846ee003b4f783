import csv
import io
from collections.abc import Iterable, Iterator
from itertools import count, islice
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.domain.errors import Invalid
from chalicelib.domain.event import EventDocument
from chalicelib.domain.roster import Row
from chalicelib.domain.roster import classify as classified
from chalicelib.domain.roster_rows import MOST_COLUMNS, NAMES, Cells, csv_records, from_objects, unknown_columns
from chalicelib.domain.roster_rows import read_rows as rows_of
from tests.domain.event_documents import document

EVENT = document(
    title={"en": "Symposium", "ru": "Симпозиум"},
    languages=["en", "ru"],
    categories={"government": {"en": "Governments"}, "un": {"en": "United Nations"}},
)
HEADER = "email,name,language,time_zone,country,delegation,category\n"


def read_rows(text: str) -> list[tuple[int, Cells]]:
    return list(rows_of(csv_records(io.StringIO(text, newline=""))))


def classify(rows: Iterable[tuple[int, Cells]], event: EventDocument = EVENT) -> list[Row]:
    return list(classified(rows, event))


def verdicts(text: str) -> list[Row]:
    return classify(read_rows(text))


def verdict(text: str) -> Row:
    [row] = verdicts(text)
    return row


def problem_of(text: str) -> tuple[str, str]:
    row = verdict(text)
    assert (row.outcome, row.draft) == ("invalid", None)
    [problem] = row.problems
    return problem.field, problem.message


def refused(call: Any, *arguments: Any) -> str:
    with pytest.raises(Invalid) as caught:
        call(*arguments)
    return caught.value.detail


def test_a_full_row_is_a_draft_of_a_person() -> None:
    row = verdict(HEADER + "A@Ministry.UZ.example, Aziz  Karimov ,RU,Asia/Tashkent,uz,Ministry of Labour,Government\n")
    assert (row.number, row.outcome, row.problems, row.duplicate_of) == (2, "valid", [], None)
    assert row.draft and row.draft.model_dump() == {
        "email": "A@ministry.uz.example",
        "name": "Aziz Karimov",
        "language": "ru",
        "time_zone": "Asia/Tashkent",
        "country": "UZ",
        "delegation": "Ministry of Labour",
        "category": "government",
        "head": False,
    }
    assert row.draft.address_key == "a@ministry.uz.example"


def test_what_a_row_leaves_out_is_the_events_own() -> None:
    draft = verdict("email,name\na@example.org,Aziz\n").draft
    assert draft and (draft.language, draft.time_zone) == ("en", "Europe/Vienna")
    assert (draft.country, draft.delegation, draft.category) == ("", "", "")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_list_is_read_as_spreadsheets_write_it(separator: str, end: str, mark: str) -> None:
    lines = [["email", "name", "delegation"], ["a@example.org", "Aziz", '"Labour, ""Migration""; Youth"']]
    [(number, cells)] = read_rows(mark + "".join(separator.join(line) + end for line in lines))
    assert number == 2
    assert cells == {"email": "a@example.org", "name": "Aziz", "delegation": 'Labour, "Migration"; Youth'}


def test_a_separator_inside_a_quoted_header_does_not_count() -> None:
    assert read_rows('"name, as on the badge, in full";e-mail;name\nx;a@example.org;Aziz')[0][1]["name"] == "Aziz"


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("E-Mail", "email"),
        ("Email address *", "email"),
        ("Адрес электронной почты", "email"),
        ("FULL NAME", "name"),
        ("Ф.И.О.", "name"),
        ("Time zone", "time_zone"),
        ("timezone", "time_zone"),
        ("Organisation", "delegation"),
        ("organization", "delegation"),
        ("Country_Code", "country"),
        (" Category ", "category"),
        ("Preferred language", "language"),
    ],
)
def test_headers_are_known_by_the_names_that_people_give_them(header: str, column: str) -> None:
    headers = [name for name in ("email", "name") if name != column] + [header]
    [(_, cells)] = read_rows(",".join(headers) + "\n" + ",".join("x" for _ in headers))
    assert column in cells
    assert unknown_columns([(2, cells)]) == []


def test_a_missing_column_is_one_error_that_names_the_columns_there_are() -> None:
    with pytest.raises(Invalid) as caught:
        read_rows("Mailbox,First name,Country\na@example.org,Aziz,UZ")
    assert [problem.field for problem in caught.value.problems] == ["email", "name"]
    assert caught.value.detail == (
        'The list needs a column email and a column name; its columns are "Mailbox", "First name", "Country".'
    )


def test_two_columns_that_mean_the_same_are_not_guessed_between() -> None:
    assert 'Several columns mean email: "E-mail", "email". Keep one.' in refused(read_rows, "E-mail,email,name\na,b,c")
    assert 'Several columns mean name: "Имя", "ФИО". Keep one.' in refused(read_rows, "email,Имя,ФИО\na,b,c")


def test_our_own_name_for_a_column_wins_over_another_that_may_mean_it() -> None:
    rows = read_rows("email,name,organisation,delegation\na@example.org,Aziz,Institute,Uzbekistan")
    assert rows[0][1]["delegation"] == "Uzbekistan"
    assert unknown_columns(rows) == ["organisation"]


def test_unknown_columns_are_left_aside_and_can_be_told_once() -> None:
    rows = read_rows("email,name,Room,,Diet,Diet\na@example.org,Aziz,12,,none,none\nb@example.org,Bek,13,,none,none")
    assert unknown_columns(rows) == ["Room", "Diet"]
    assert [row.outcome for row in classify(rows, EVENT)] == ["valid", "valid"]


def test_of_unknown_columns_only_the_first_row_keeps_the_names() -> None:
    text = "email,Room,name\na@example.org,12,Aziz\nb@example.org,13,Bek,x, y \nc@example.org\n"
    objects = [{"email": "a@example.org", "Room": "12", "name": "Aziz"}, {"email": "c@example.org", "Room": "14"}]
    assert [cells for _, cells in read_rows(text)] == [
        {"email": "a@example.org", "name": "Aziz", "Room": ""},
        {"email": "b@example.org", "name": "Bek", "": "x, y"},
        {"email": "c@example.org", "name": ""},
    ]
    assert [cells for _, cells in from_objects(objects)] == [
        {"email": "a@example.org", "name": "Aziz", "Room": ""},
        {"email": "c@example.org", "name": ""},
    ]


def test_a_list_of_more_than_two_hundred_columns_is_refused_with_what_to_do() -> None:
    names = ["email", "name", *(f"c{number}" for number in range(MOST_COLUMNS - 2))]
    assert len(unknown_columns(read_rows(",".join(names) + "\na@example.org,Aziz"))) == MOST_COLUMNS - 2
    said = f"body: The list has 201 columns; at most 200 are read. Keep {', '.join(NAMES)}, delete the others."
    assert refused(read_rows, ",".join([*names, "one more"])) == said
    assert refused(from_objects, [dict.fromkeys(names, "x"), {"one more": "x"}]) == said


def test_columns_without_a_name_do_not_count_however_many_a_spreadsheet_wrote() -> None:
    empty = "," * 20_000
    [(_, cells)] = read_rows(f"email,name{empty}\na@example.org,Aziz{empty}")
    assert cells == {"email": "a@example.org", "name": "Aziz"}


@pytest.mark.parametrize("text", ["", "\ufeff", "\n\n  \n", ",,,\n"])
def test_an_empty_list_is_told_as_such(text: str) -> None:
    assert "The list is empty" in refused(read_rows, text)


def test_a_header_alone_is_a_list_of_nobody() -> None:
    assert verdicts(HEADER) == []


def test_blank_lines_are_no_rows_and_still_count_as_lines() -> None:
    assert [row.number for row in verdicts("\nemail,name\n\na@example.org,Aziz\n,,\n\nb@example.org,Bek\n")] == [4, 7]


def test_a_row_is_numbered_by_its_first_line_also_after_line_breaks_in_quotes() -> None:
    text = 'email,name,delegation\na@example.org,"Aziz\nKarimov","Ministry\r\nof\nLabour"\nb@example.org,Bek,x\n'
    rows = verdicts(text)
    assert [row.number for row in rows] == [2, 6]
    assert rows[0].draft and (rows[0].draft.name, rows[0].draft.delegation) == ("Aziz Karimov", "Ministry of Labour")


@pytest.mark.parametrize("row", ['a@example.org,"Aziz', 'a@example.org,"Aziz" Karimov'])
def test_a_quotation_mark_left_open_is_an_error_at_its_line_and_swallows_nobody(row: str) -> None:
    assert "line 3:" in refused(read_rows, f"email,name\nb@example.org,Bek\n{row}\nc@example.org,Chinara\n")


def test_a_quotation_mark_inside_a_name_is_kept() -> None:
    draft = verdict('email,name\na@example.org,Aziz "Aka" Karimov').draft
    assert draft and draft.name == 'Aziz "Aka" Karimov'


def test_a_row_with_more_cells_than_the_header_is_told_why() -> None:
    field, message = problem_of("email,name,delegation\na@example.org,Aziz,Ministry of Labour, Tashkent")
    assert field == "row"
    assert '"Tashkent"' in message
    assert "in quotes" in message


@pytest.mark.parametrize(
    ("row", "field", "said"),
    [
        ("azizexample.org,Aziz,,,,,", "email", "is not one address"),
        (",Aziz,,,,,", "email", "Write an address"),
        ("a@example.org,,,,,,", "name", "Write the person's name"),
        ("a@example.org,\u202e - ,,,,,", "name", "Write the person's name"),
        (f"a@example.org,{'x' * 301},,,,,", "name", "at most 300"),
        ("a@example.org,Aziz,uz,,,,", "language", "Write one of en, ru, or leave it empty"),
        ("a@example.org,Aziz,,Tashkent,,,", "time_zone", "Asia/Tashkent"),
        ("a@example.org,Aziz,,,Uzbekistan,,", "country", "such as UZ"),
        ("a@example.org,Aziz,,,UK,,", "country", "is not a country code"),
        (f"a@example.org,Aziz,,,,{'x' * 301},", "delegation", "at most 300"),
        ("a@example.org,Aziz,,,,,press", "category", "Write one of government, un"),
    ],
)
def test_a_cell_that_does_not_fit_is_told_by_column_and_with_what_to_do(row: str, field: str, said: str) -> None:
    found, message = problem_of(HEADER + row)
    assert found == field
    assert said in message


@pytest.mark.parametrize(
    ("count", "said"), [(10, "c08, c09."), (11, "c08, c09 and 1 more."), (500, "c08, c09 and 490 more.")]
)
def test_of_many_categories_a_problem_names_ten(count: int, said: str) -> None:
    event = document(categories={f"c{number:02}": {"en": "Some"} for number in range(count)})
    [row] = classify(read_rows("email,name,category\na@example.org,Aziz,press"), event)
    [problem] = row.problems
    assert problem.message.startswith('There is no category "press". Write one of c00, c01, ')
    assert problem.message.endswith(said) and problem.message.count(",") == 9


def test_every_problem_of_a_row_is_told_at_once() -> None:
    assert [p.field for p in verdict(HEADER + "x,,uz,Nowhere,ZZ,,press").problems] == [
        "email", "name", "language", "time_zone", "country", "category",
    ]  # fmt: skip


def test_a_verdict_tells_what_the_row_says_from_what_is_filled_in() -> None:
    [row] = verdicts("email,name,language,country\na@example.org,Aziz, ,uz\n")
    assert row.given == {"email", "name", "country"}
    assert row.draft and row.draft.language == "en"


def test_a_language_may_carry_its_region() -> None:
    rows = verdicts("email,name,language\na@example.org,A,ru-RU\nb@example.org,B,en_GB\n")
    assert [row.draft.language for row in rows if row.draft] == ["ru", "en"]


def test_where_an_event_has_no_categories_any_will_do() -> None:
    [row] = classify(read_rows("email,name,category\na@example.org,Aziz,press"), document())
    assert row.draft and row.draft.category == "press"


@pytest.mark.parametrize("again", ["A@EXAMPLE.ORG", "Aziz <a@example.org>", "mailto:a@Example.org", " a@example.org "])
def test_the_same_address_in_another_spelling_is_a_duplicate_of_the_first_row(again: str) -> None:
    first, second = verdicts(f"email,name\na@example.org,Aziz\n{again},Aziz Karimov\n")
    assert (first.outcome, second.outcome, second.duplicate_of) == ("valid", "duplicate", 2)
    assert second.draft
    assert "Row 2 has the same address" in second.problems[0].message


def test_a_row_repeated_after_an_invalid_one_is_valid() -> None:
    rows = verdicts("email,name\na@example.org,\na@example.org,Aziz\na@example.org,Aziz\n")
    assert [(row.outcome, row.duplicate_of) for row in rows] == [("invalid", None), ("valid", None), ("duplicate", 3)]


def test_an_address_that_ses_cannot_deliver_to_is_kept_and_told() -> None:
    first, again, domain = verdicts(
        "email,name\nАзиз@Ministry.example,Aziz\nАЗИЗ@ministry.example,A\nb@минтруд.example,B\n"
    )
    assert (first.outcome, again.outcome, domain.outcome) == ("undeliverable", "duplicate", "valid")
    assert first.draft and first.draft.email == "Азиз@ministry.example"
    assert again.duplicate_of == 2
    [problem] = first.problems
    assert problem.field == "email"
    assert 'with "А" before the "@". Ask for another address.' in problem.message
    assert "kept, and gets no mail" in problem.message


def test_rows_are_judged_as_they_come_and_none_is_held() -> None:
    def endless() -> Iterator[tuple[int, Cells]]:
        for number in count(2):
            yield number, {"email": f"p{number % 5}@example.org", "name": "P"}

    first = list(islice(classified(endless(), EVENT), 12))
    assert [(row.number, row.outcome, row.duplicate_of) for row in first[4:]] == [
        (6, "valid", None), *((n, "duplicate", 2 + (n - 2) % 5) for n in range(7, 14)),
    ]  # fmt: skip


def test_a_row_still_has_its_cells_so_that_they_can_be_shown_to_whoever_mends_them() -> None:
    assert verdict("email,name\nx, Aziz ").cells == {"email": "x", "name": " Aziz "}


def test_json_goes_the_same_way_and_is_numbered_from_one() -> None:
    aziz = {"e-mail": "a@example.org", "Full name": "Aziz", "x": "1"}
    rows = from_objects([aziz, {**aziz, "Full name": None}, {**aziz, "e-mail": "A@EXAMPLE.org"}])
    assert unknown_columns(rows) == ["x"]
    found = classify(rows, EVENT)
    assert [(row.number, row.outcome) for row in found] == [(1, "valid"), (2, "invalid"), (3, "duplicate")]
    assert from_objects([]) == []


@pytest.mark.parametrize("body", [None, {}, "a@example.org", ["a@example.org"], [[]], 5])
def test_json_of_another_shape_is_refused_as_a_whole(body: Any) -> None:
    assert "Send a list of objects" in refused(from_objects, body)


def test_json_values_that_are_no_text_are_refused_by_their_place() -> None:
    with pytest.raises(Invalid) as caught:
        from_objects([{"email": "a@example.org", "name": "A"}, {"email": 5, "name": ["A"]}])
    assert [problem.field for problem in caught.value.problems] == ["1.email", "1.name"]


@settings(deadline=None)
@given(st.text() | st.text('",;\t\r\n a@b.cemailnd', max_size=60).map(lambda text: f"email,name\n{text}"))
@example("email,name\n\x00,\x00")
@example('email,name\n"' + "x" * 140_000 + '"')
@example("email,name\n\ud800@example.org,\udfff")
def test_any_text_gives_verdicts_or_one_invalid_and_nothing_else(text: str) -> None:
    try:
        rows = verdicts(text)
    except Invalid as error:
        assert error.problems
        return
    assert all(row.draft if row.outcome != "invalid" else row.problems for row in rows)


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=10)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["email", "name", "", "x"]), inner),
    max_leaves=12,
)


@given(JSON)
def test_any_json_gives_verdicts_or_one_invalid_and_nothing_else(body: Any) -> None:
    try:
        classify(from_objects(body), EVENT)
    except Invalid as error:
        assert error.problems


@given(st.lists(st.lists(st.sampled_from(["a", "b\nc", "d\r\n", "\n\n", ' "', ","]), min_size=2, max_size=2)))
def test_a_row_is_found_again_at_its_line_whatever_stands_in_quotes(made: list[list[str]]) -> None:
    text, begins = io.StringIO(newline=""), []
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(["email", "name"])
    for cells in made:
        begins.append(text.getvalue().count("\n") + 1)
        writer.writerow(cells)
    kept = [(begin, cells) for begin, cells in zip(begins, made, strict=True) if any(cell.strip() for cell in cells)]
    assert [(number, [row["email"], row["name"]]) for number, row in read_rows(text.getvalue())] == kept


@given(st.from_regex(r"\A[a-z0-9]{1,12}@[a-z]{1,8}\.example\Z"), st.data())
def test_the_same_person_in_capitals_is_a_duplicate(address: str, data: st.DataObject) -> None:
    shouted = "".join(data.draw(st.sampled_from([c.lower(), c.upper()])) for c in address)
    assert [row.outcome for row in verdicts(f"email,name\n{address},A\n{shouted},B\n")] == ["valid", "duplicate"]
