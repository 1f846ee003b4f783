"""The words of times in a mail: for one reader, in their zone, the event's and UTC."""

from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chalicelib.adapters.language import Locale, TimeLine
from chalicelib.adapters.mail_case import Same
from chalicelib.domain.event import EventDocument


class When(NamedTuple):
    """A span of time for a reader, in their zone first.

    ``day`` such as ``четверг, 28 января 2021 г.``, ``date`` the same as a line of its own begins;
    ``hours`` ``12:30–16:00``, ``where`` ``Tashkent, UTC+5``, ``whose`` ``your time (Tashkent, UTC+5)``; ``others`` such
    as ``08:30–12:00 in Vienna (CET, UTC+1)``, with the date where it is not the reader's; ``brief`` the same in fewer
    words.
    """

    day: str
    date: str
    hours: str
    where: str
    whose: str
    others: list[str]
    brief: tuple[str, ...]


def when_of(document: EventDocument, span: tuple[datetime, datetime], locale: Locale, zone: str) -> When:
    own, *others = locale.times(*span, own_zone=zone, event_zone=document.time_zone)
    whose = locale.gettext("your time (%(where)s)") % {"where": own.where}
    opening = own.date[0].upper() + own.date[1:]
    return When(own.date, opening, own.hours, own.where, whose,
                [_other(line, own, locale) for line in others],
                locale.brief(*span, own_zone=zone, event_zone=document.time_zone))


@lru_cache(maxsize=512)
def until_of(same: Same[EventDocument], at: datetime, locale: Locale, zone: str) -> When:
    """A deadline, which many people share."""
    return when_of(same.value, (at, at), locale, zone)


def _other(line: TimeLine, own: TimeLine, locale: Locale) -> str:
    hours = line.hours if line.date == own.date else f"{line.date}, {line.hours}"
    if line.whose == "utc" or not line.place:
        return f"{hours}\u00a0{line.label}"
    return locale.gettext("%(hours)s in %(place)s (%(label)s)") % {
        "hours": hours, "place": line.place, "label": line.label}


def dates_of(document: EventDocument, locale: Locale, zone: str) -> str:
    """``28 January 2021``; of an event over several days ``28 January – 30 January 2021``."""
    spans = document.days
    first, last = day_of(spans[0][0], zone), day_of(spans[-1][0], zone)
    until = locale.date(last, weekday=False)
    if first == last:
        return until
    return f"{locale.date(first, weekday=False, year=first.year != last.year)} – {until}"


def day_of(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()
