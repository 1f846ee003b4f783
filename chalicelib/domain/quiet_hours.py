"""Hours in which people are left in peace, by the clock on their own wall."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from chalicelib.domain.model import Model
from chalicelib.domain.text import WallTime


class QuietHours(Model):
    """From ``starts`` to ``ends`` on the recipient's wall, over midnight when ``ends`` is the earlier time.

    They do not hold for what ``starts within`` this many minutes; 0 makes no exception.
    """

    starts: WallTime
    ends: WallTime
    unless_starts_within_minutes: int = Field(default=0, ge=0, le=24 * 60)

    @model_validator(mode="after")
    def _some_hours_are_left(self) -> "QuietHours":
        if self.starts == self.ends:
            raise ValueError("quiet hours that start and end at the same time leave nothing; write two times")
        return self

    def until(self, zone: str, moment: datetime) -> datetime | None:
        """When the quiet hours end, in UTC, that hold at ``moment`` in an IANA zone; None when none hold.

        An end that the clocks skip is taken as they would have shown it, of one that they show twice the next.
        """
        local = moment.astimezone(ZoneInfo(zone))
        wall, overnight = local.time().replace(tzinfo=None), self.ends < self.starts
        quiet = (wall >= self.starts or wall < self.ends) if overnight else self.starts <= wall < self.ends
        if not quiet:
            return None
        day = local.date() + timedelta(days=overnight and wall >= self.starts)
        ends = datetime.combine(day, self.ends, tzinfo=local.tzinfo)
        first, second = ends.astimezone(UTC), ends.replace(fold=1).astimezone(UTC)
        return first if first > moment else second

    def rest_until(self, zone: str, moment: datetime, starts: datetime) -> datetime | None:
        """The same of a mail about what ``starts`` then: it is let through once that is near enough."""
        ends = self.until(zone, moment)
        near = starts - timedelta(minutes=self.unless_starts_within_minutes)
        if ends is None or not self.unless_starts_within_minutes or moment > starts:
            return ends
        return min(ends, near) if moment < near else None
