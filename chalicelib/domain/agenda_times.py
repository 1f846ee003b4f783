"""The parts of an agenda as instants, and the times that a clock change takes away or gives twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from chalicelib.domain.event import EventDocument
from chalicelib.domain.event_parts import AgendaItem, Session
from chalicelib.domain.finding import Finding, error, warning
from chalicelib.domain.text import words

ALSO_UTC = ("UTC", "Etc/UTC")
"""Zones of events whose hours need no UTC beside them."""


class Part(NamedTuple):
    """A session or an item.

    ``field`` is its path; ``wall`` start and end in the event's zone, as printed; ``start`` and ``end`` the same in
    UTC, to compare and subtract; ``when`` names the day on events of several days.
    """

    field: str
    title: str
    when: str
    wall: tuple[datetime, datetime]
    start: datetime
    end: datetime
    minutes: int | None

    @property
    def sound(self) -> bool:
        """Both times exist, and the end comes after the start."""
        return self.start < self.end and all(exists(moment) for moment in self.wall)

    @property
    def starts(self) -> str:
        return _clock(self.wall[0])

    @property
    def ends(self) -> str:
        return _clock(self.wall[1])

    @property
    def hours(self) -> str:
        """``day 2, 09:10–09:30 (08:10–08:30 UTC)``"""
        return f"{self.when}{_clock(*self.wall)}"

    @property
    def length(self) -> int:
        """Real minutes."""
        return (self.end - self.start) // timedelta(minutes=1)

    @property
    def long(self) -> str:
        """The length in words, with the reason where the clock on the wall would say otherwise."""
        printed = self.wall[1].replace(tzinfo=None) - self.wall[0].replace(tzinfo=None)
        reason = "" if printed == self.end - self.start else ", because the clocks change"
        return f"{self.length} minute{'' if self.length == 1 else 's'}{reason}"


def parts(document: EventDocument) -> Iterator[tuple[Part, list[Part]]]:
    """Each session with its items, in the document's order."""
    for number, session in enumerate(document.sessions):
        field = f"sessions.{number}"
        items = [_part(document, f"{field}.items.{place}", session, item) for place, item in enumerate(session.items)]
        yield _part(document, field, session), items


def _part(document: EventDocument, field: str, session: Session, item: AgendaItem | None = None) -> Part:
    part, wall = item or session, document.span(session, item)
    several = any(other.day > 1 for other in document.sessions)
    return Part(
        field=field,
        title=words(part.title, document.languages[0]) or part.id,
        when=f"day {session.day}, " if several else "",
        wall=wall,
        start=wall[0].astimezone(UTC),
        end=wall[1].astimezone(UTC),
        minutes=part.minutes,
    )


def part_findings(part: Part) -> Iterator[Finding]:
    """Times that do not exist or exist twice, an end that does not come after its start."""
    for moment, name in zip(part.wall, ("starts", "ends"), strict=True):
        yield from clock_findings(moment, f"{part.field}.{name}", part.title)
    if not part.sound and all(exists(moment) for moment in part.wall):
        yield error(
            "end-before-start",
            f"{part.field}.ends",
            f"{part.title} starts at {part.starts} and ends at {part.ends}, which is not later. "
            "Change one of them, or say that the session is overnight when it runs past midnight.",
        )


def exists(moment: datetime) -> bool:
    """Whether the clock on the wall ever shows this time; when it is put forward, it leaves out some."""
    return _there_and_back(moment).replace(tzinfo=None) == moment.replace(tzinfo=None)


def clock_findings(moment: datetime, field: str, title: str) -> Iterator[Finding]:
    """What a clock change does to a time; nothing, on all but two nights a year."""
    day = f"{title}: on {moment.day} {moment:%B %Y} the clocks in {moment.tzinfo}"
    if not exists(moment):
        yield error(
            "time-missing",
            field,
            f"{day} are put forward and never show {moment:%H:%M}. Write the time that is meant, "
            f"perhaps {_clock(_there_and_back(moment))}.",
        )
    elif moment.utcoffset() != moment.replace(fold=1).utcoffset():
        yield warning(
            "time-twice",
            field,
            f"{day} are put back and show {moment:%H:%M} twice. The first is taken, {in_words(moment)}. "
            "Choose another time if the second is meant.",
        )


def in_words(moment: datetime) -> str:
    """A moment of the event's zone for an organiser: ``18:00 on 26 January 2021 (Europe/Vienna, 17:00 UTC)``."""
    there, utc = f"{moment:%H:%M} on {moment.day} {moment:%B %Y}", moment.astimezone(UTC)
    if not moment.utcoffset():
        return f"{there} (UTC)"
    day = "" if utc.date() == moment.date() else f" on {utc.day} {utc:%B}"
    return f"{there} ({moment.tzinfo}, {utc:%H:%M} UTC{day})"


def _clock(*span: datetime) -> str:
    """``09:10 (08:10 UTC)``, ``09:10–09:30 (08:10–08:30 UTC)``, with the date where UTC has another."""
    there = "–".join(f"{moment:%H:%M}" for moment in span)
    utc = [moment.astimezone(UTC) for moment in span]
    if str(span[0].tzinfo) in ALSO_UTC:
        return f"{there} UTC"
    day = "" if utc[0].date() == span[0].date() else f" on {utc[0].day} {utc[0]:%B}"
    return f"{there} ({'–'.join(f'{moment:%H:%M}' for moment in utc)} UTC{day})"


def _there_and_back(moment: datetime) -> datetime:
    return moment.astimezone(UTC).astimezone(moment.tzinfo)
