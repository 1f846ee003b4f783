"""Hours in which people are left in peace, against a clock that is read minute by minute."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chalicelib.domain.quiet_hours import QuietHours
from tests.domain.zones import CHANGES

MINUTE = timedelta(minutes=1)
NIGHT = QuietHours(starts=time(21), ends=time(7))


def wall(hours: QuietHours, zone: str, moment: datetime) -> bool:
    """Whether the wall shows a quiet time, told in another way than the code does: from the start, how far is it?"""
    shown = moment.astimezone(ZoneInfo(zone)).strftime("%H:%M")
    minutes = lambda text: int(text[:2]) * 60 + int(text[3:])  # noqa: E731
    since = (minutes(shown) - minutes(f"{hours.starts:%H:%M}")) % 1440
    return since < (minutes(f"{hours.ends:%H:%M}") - minutes(f"{hours.starts:%H:%M}")) % 1440


@given(
    st.sampled_from(CHANGES), st.integers(-1440, 1440),
    st.integers(0, 1439), st.integers(0, 1439),
)  # fmt: skip
def test_they_hold_when_the_wall_says_so_and_until_it_does_not_any_more(
    change: tuple[str, datetime], away: int, starts: int, ends: int
) -> None:
    zone, changed = change
    if starts == ends:
        return
    hours = QuietHours(starts=time(*divmod(starts, 60)), ends=time(*divmod(ends, 60)))
    moment = changed + away * MINUTE
    until = hours.until(zone, moment)
    assert (until is not None) == wall(hours, zone, moment)
    if until:
        assert until > moment
        assert f"{until.astimezone(ZoneInfo(zone)):%H:%M}" == f"{hours.ends:%H:%M}" or skipped(hours.ends, zone, until)
        before = [until - n * MINUTE for n in range(1, (until - moment) // MINUTE)]
        loud = [one for one in before if not wall(hours, zone, one)]
        assert not loud or abs(changed - until) < timedelta(hours=25), "only a clock change parts a night"


def skipped(shown: time, zone: str, moment: datetime) -> bool:
    local = datetime.combine(moment.astimezone(ZoneInfo(zone)).date(), shown, tzinfo=ZoneInfo(zone))
    return local.astimezone(UTC).astimezone(ZoneInfo(zone)).time() != shown


@pytest.mark.parametrize("zone, until", [
    ("Europe/Vienna", None), ("Asia/Tashkent", "2026-11-27T02:00:00Z"), ("Australia/Sydney", "2026-11-26T20:00:00Z"),
    ("America/New_York", None)])  # fmt: skip
def test_each_is_left_in_peace_by_their_own_wall(zone: str, until: str | None) -> None:
    """19:30 in Vienna is 23:30 in Tashkent, and 05:30 in Sydney."""
    found = NIGHT.until(zone, datetime(2026, 11, 26, 18, 30, tzinfo=UTC))
    assert (f"{found:%Y-%m-%dT%H:%M:%SZ}" if found else None) == until


def test_what_starts_soon_is_let_through_and_not_before() -> None:
    hours = QuietHours(starts=time(21), ends=time(7), unless_starts_within_minutes=120)
    starts = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)  # 05:00 in Vienna
    asleep = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
    assert hours.rest_until("Europe/Vienna", asleep, starts) == datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
    assert hours.rest_until("Europe/Vienna", starts - timedelta(hours=2), starts) is None
    assert hours.rest_until("Europe/Vienna", starts, starts) is None
    assert hours.rest_until("Europe/Vienna", starts + MINUTE, starts) == datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
    late = starts + timedelta(days=1)
    assert hours.rest_until("Europe/Vienna", asleep, late) == datetime(2026, 11, 27, 6, 0, tzinfo=UTC)


def test_hours_that_never_end_are_refused() -> None:
    with pytest.raises(ValidationError, match="leave nothing"):
        QuietHours(starts=time(7), ends=time(7))
