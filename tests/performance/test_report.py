"""What fails a run, and what is only told."""

import pytest

from tests.performance.prices import PRICES, cost
from tests.performance.report import Measured, Row, lines


@pytest.mark.parametrize(
    ("row", "verdict", "broken"),
    [
        (Row("units", 2.2, "", 2.2, counted=True), "held", False),
        (Row("units", 2.21, "", 2.2, counted=True), "BROKEN", True),
        (Row("used", 94.9, "%", 95, counted=True, least=True), "BROKEN", True),
        (Row("used", 95.0, "%", 95, counted=True, least=True), "held", False),
        (Row("units", 7, "", counted=True), "counted", False),
        (Row("seconds", 31, "s", 30), "measured, over", False),
        (Row("seconds", 29, "s", 30), "measured", False),
    ],
)
def test_counted_figures_fail_beyond_their_budget_and_times_never_do(row: Row, verdict: str, broken: bool) -> None:
    assert (row.verdict, row.broken) == (verdict, broken)


def test_rows_come_through_another_process() -> None:
    done = Measured([Row("units", 2.179, "", 2.2, counted=True, note="index writes included")], {"units": 2.179})
    assert Measured.of_json(done.to_json()) == done
    assert [line.split()[0] for line in lines(done.rows)] == ["measure", "units"]


def test_every_price_says_where_it_stands() -> None:
    assert all(price >= 0 and source for price, source in PRICES.values())
    assert cost({"write unit": 2_000_000, "SQS request": 1_000_000}) == pytest.approx(1.65)
