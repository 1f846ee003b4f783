"""Tables for spreadsheets: CSV that no spreadsheet takes for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

DANGEROUS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""A cell that begins so is calculated by spreadsheets, also after white space (OWASP, "CSV Injection")."""


def to_csv(columns: Sequence[str], rows: Iterable[dict[str, object]]) -> str:
    """RFC 4180 with a byte order mark, because Excel takes anything else for the local code page."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column, "")) for column in columns] for row in rows)
    return "\ufeff" + text.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, list | tuple):
        value = "; ".join(str(part) for part in value)
    text = "" if value is None else str(value)
    dangerous = text.startswith(("\t", "\r", "\n")) or text.lstrip().startswith(DANGEROUS)
    return f"'{text}" if dangerous and not isinstance(value, int | float) else text
