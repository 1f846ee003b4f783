"""Tables for spreadsheets: CSV that no spreadsheet takes for a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

DANGEROUS = re.compile(r"(^|[;\t\r\n])((?:[^\S\t\r\n]|\")*[=+\-@＝＋－＠])")
"""What begins so is calculated by spreadsheets, also after white space, after quotes that only another separator gives
a meaning, and inside a cell after what that separator would make a cell of its own (OWASP, "CSV Injection")."""


def to_csv(columns: Sequence[str], rows: Iterable[dict[str, object]]) -> str:
    """RFC 4180 with a byte order mark, because Excel takes anything else for the local code page."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([safe_cell(row.get(column, "")) for column in columns] for row in rows)
    return "\ufeff" + text.getvalue()


def safe_cell(value: object) -> str:
    """What stands in a cell: text that no spreadsheet calculates, numbers as they are, lists joined."""
    if isinstance(value, list | tuple):
        value = "; ".join(str(part) for part in value)
    text = "" if value is None else str(value)
    if isinstance(value, int | float):
        return text
    text = DANGEROUS.sub(r"\1'\2", text)
    return f"'{text}" if text.startswith(("\t", "\r", "\n")) else text
