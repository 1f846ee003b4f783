"""Where the clocks change and where they do not, and when they do in the year that the tests go through."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

YEAR = 2026
ZONES = ("Europe/Vienna", "America/New_York", "Asia/Tashkent", "Australia/Sydney")


def changes_of(zone: str) -> list[datetime]:
    """The hours of the year at which the zone's offset is another one than the hour before."""
    first = datetime(YEAR, 1, 1, tzinfo=UTC)
    hours = [first + timedelta(hours=n) for n in range(1, 365 * 24)]
    there = ZoneInfo(zone)
    offset = {one: one.astimezone(there).utcoffset() for one in (first, *hours)}
    return [one for one in hours if offset[one] != offset[one - timedelta(hours=1)]]


CHANGES = [(zone, moment) for zone in ZONES for moment in changes_of(zone)]
