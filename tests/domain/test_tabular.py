"""Tables for spreadsheets."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.tabular import to_csv


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")', "\n=1", " =1", "＝1", "＠x"]
)
def test_a_text_that_a_spreadsheet_would_calculate_is_quoted(cell: str) -> None:
    [_, [written]] = read(to_csv(["a"], [{"a": cell}]))
    assert written == f"'{cell}"


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
@given(st.lists(st.text(), min_size=1, max_size=4))
def test_no_text_becomes_a_formula_or_another_cell(cells: list[str]) -> None:
    columns = [f"c{n}" for n in range(len(cells))]
    [_, written] = read(to_csv(columns, [dict(zip(columns, cells, strict=True))]))
    assert [one.removeprefix("'") for one in written] == [one.removeprefix("'") for one in cells]
    assert not any(one.startswith(("=", "+", "-", "@", "\t", "\r")) for one in written)
