"""One call of the organisers' API: what it takes and answers, and what several calls take."""

from dataclasses import dataclass

from pydantic import BaseModel

Model = type[BaseModel]


@dataclass(frozen=True)
class Operation:
    """One call. ``query`` and ``headers`` give name -> description; ``also`` media types beside JSON."""

    path: str
    method: str
    summary: str
    answers: Model | None
    status: int = 200
    takes: Model | None = None
    takes_list: bool = False
    takes_also: tuple[str, ...] = ()
    answers_also: tuple[str, ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    header: tuple[str, str] | None = None
    problems: tuple[int, ...] = (404,)


DRY_RUN = ("dry_run", "true: say what would happen and write nothing")

REPORT_ZONE = ("time_zone", "the IANA zone of the times in the report; the event's when it is not said")
