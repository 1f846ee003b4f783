"""Rows of the table that ``make bench`` prints, and how a measuring process hands them over."""

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Row:
    """One measure. ``counted`` figures are the same in every run, and fail it beyond ``budget``; times never do.

    ``least``: the budget is a lower bound. ``note`` says how the figure came about.
    """

    measure: str
    figure: float
    unit: str
    budget: float | None = None
    counted: bool = False
    least: bool = False
    note: str = ""

    @property
    def held(self) -> bool:
        return self.budget is None or (self.figure >= self.budget if self.least else self.figure <= self.budget)

    @property
    def broken(self) -> bool:
        return self.counted and not self.held

    @property
    def verdict(self) -> str:
        if self.counted and self.budget is not None:
            return "held" if self.held else "BROKEN"
        kind = "counted" if self.counted else "measured"
        return kind if self.held else f"{kind}, over"


@dataclass
class Measured:
    """What one process measured. ``facts`` are figures that others go on with."""

    rows: list[Row] = field(default_factory=list)
    facts: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps({"rows": [asdict(row) for row in self.rows], "facts": self.facts})

    @classmethod
    def of_json(cls, text: str) -> "Measured":
        said = json.loads(text)
        return cls([Row(**row) for row in said["rows"]], said["facts"])


def hand_over(measure: Callable[[], Measured]) -> None:
    """What a measuring process does: its last line of output is what it measured."""
    done = measure()
    sys.stdout.write(f"\n{done.to_json()}\n")


def lines(rows: Iterable[Row]) -> list[str]:
    """The table as text."""
    cells = [("measure", "figure", "budget", "verdict", "")]
    cells += [(row.measure, _said(row.figure, row.unit), _budget(row), row.verdict, row.note) for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, [*widths, 0], strict=True)).rstrip()
            for line in cells]  # fmt: skip


def _said(figure: float, unit: str) -> str:
    digits = 0 if figure == int(figure) and abs(figure) < 1e6 else 4 if abs(figure) < 0.1 else 2 if figure < 100 else 0
    return f"{figure:,.{digits}f} {unit}".strip()


def _budget(row: Row) -> str:
    return "" if row.budget is None else f"{'>=' if row.least else '<='} {_said(row.budget, row.unit)}"
