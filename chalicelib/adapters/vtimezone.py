"""A time zone as calendars are told it (VTIMEZONE: RFC 5545, 3.6.5), read from the tz database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import icalendar

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


def vtimezone(zone: str, first_year: int, last_year: int) -> "icalendar.Timezone":
    """The zone over whole calendar years: the observance at their beginning, and each change.

    DTSTART of an observance is read on the clock that it replaces, which icalendar's own ``Timezone.from_tzinfo``
    misses by an hour in spring; and a few days of an event need no rule for all times to come.
    """
    from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

    tz = ZoneInfo(zone)
    begin = datetime(first_year, 1, 1, tzinfo=tz).astimezone(UTC)
    whole = Timezone({"TZID": zone})
    for moment in (begin, *_changes(tz, begin, datetime(last_year + 1, 1, 1, tzinfo=UTC))):
        after = moment.astimezone(tz)
        before = after if moment == begin else (moment - _MINUTE).astimezone(tz)
        part = TimezoneDaylight() if after.dst() else TimezoneStandard()
        part.add("DTSTART", (moment + _offset(before)).replace(tzinfo=None))
        part.add("TZOFFSETFROM", _offset(before))
        part.add("TZOFFSETTO", _offset(after))
        part.add("TZNAME", after.tzname() or "")
        whole.add_component(part)
    return whole


def _changes(tz: ZoneInfo, begin: datetime, end: datetime) -> Iterator[datetime]:
    """The first minute of each new offset or name, in UTC: looked for day by day, then by halves."""
    day = begin
    while day < end:
        last, following = day, day + _DAY
        if _observance(day, tz) != _observance(following, tz):
            new = following
            while new - last > _MINUTE:
                middle = last + (new - last) // (2 * _MINUTE) * _MINUTE
                last, new = (middle, new) if _observance(middle, tz) == _observance(last, tz) else (last, middle)
            yield new
        day = following


def _observance(moment: datetime, tz: ZoneInfo) -> tuple[timedelta, str | None]:
    local = moment.astimezone(tz)
    return _offset(local), local.tzname()


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta()
