"""What the check of an event document says to its organiser."""

from typing import Literal

from chalicelib.domain.model import Model


class Finding(Model):
    """One thing to mend (an error: the document is refused) or to look at (a warning: it is stored all the same).

    ``code`` is for programs (``items-overlap``), ``field`` a dotted path (``sessions.1.items.2.starts``), ``message``
    for the organiser: what is wrong, with titles and times, and what to do.
    """

    severity: Literal["error", "warning"]
    code: str
    field: str
    message: str


def error(code: str, field: str, message: str) -> Finding:
    return Finding(severity="error", code=code, field=field, message=message)


def warning(code: str, field: str, message: str) -> Finding:
    return Finding(severity="warning", code=code, field=field, message=message)
