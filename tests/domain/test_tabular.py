"""Tables for spreadsheets."""

import csv
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.tabular import to_csv


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("x")', "\nx", " =1", "＝1", "＠x"]
)
def test_a_text_that_a_spreadsheet_would_calculate_is_quoted(cell: str) -> None:
    [_, [written]] = read(to_csv(["a"], [{"a": cell}]))
    assert written == f"'{cell}"


@pytest.mark.parametrize(
    "cell, safe",
    [
        ("a;=1", "a;'=1"),
        ("a; =1;b;@x", "a;' =1;b;'@x"),
        ('a;"=1', "a;'\"=1"),
        ('a; ""@x', "a;' \"\"@x"),
        ("a\t+1", "a\t'+1"),
        ("a\r\n-1", "a\r\n'-1"),
        ("\n=1", "'\n'=1"),
        ("a;\n=1", "a;\n'=1"),
    ],
)
def test_what_another_separator_would_make_a_formula_is_quoted_too(cell: str, safe: str) -> None:
    assert read(to_csv(["a"], [{"a": cell}])) == [["a"], [safe]]


@pytest.mark.parametrize(
    "value, cell",
    [
        (5, "5"),
        (-5, "-5"),
        (None, ""),
        ("a, b", "a, b"),
        ('say "x"', 'say "x"'),
        ("two\nlines", "two\nlines"),
        ("Привет", "Привет"),
        ("10:00-12:00, a=b", "10:00-12:00, a=b"),
        (["a", "b"], "a; b"),
        (["=a", "b"], "'=a; b"),
        ((), ""),
    ],
)
def test_other_values_stay_as_they_are(value: object, cell: str) -> None:
    assert read(to_csv(["a"], [{"a": value}])) == [["a"], [cell]]


def test_a_table_begins_with_a_byte_order_mark_and_its_columns_and_a_missing_value_is_empty() -> None:
    assert to_csv(["a", "b"], [{"b": 1, "c": 2}]) == "\ufeffa,b\r\n,1\r\n"


@settings(deadline=None)
@given(st.lists(st.text() | st.text("=;\t\r\n a-"), min_size=1, max_size=4))
def test_no_text_becomes_a_formula_or_another_cell(cells: list[str]) -> None:
    columns = [f"c{n}" for n in range(len(cells))]
    [_, written] = read(to_csv(columns, [dict(zip(columns, cells, strict=True))]))
    assert [one.replace("'", "") for one in written] == [one.replace("'", "") for one in cells]
    parts = [part.strip() for one in written for part in re.split(r"[;\t\r\n]", one)]
    assert not any(part.startswith(("=", "+", "-", "@")) for part in parts)
