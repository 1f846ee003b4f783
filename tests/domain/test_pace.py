"""The pacer's arithmetic."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.pace import AT_ONCE, RECOVERY, SANDBOX, SECOND, SLOWER, UNEVEN, USED, Limits, Pace, Slots, paced
from tests.shelf import NOW

START = 10**15


def pace(rate: float = 14, **facts: int) -> Pace:
    return Pace(rate=rate, checked_at=NOW, **facts)


def test_an_account_that_was_never_throttled_uses_almost_all_of_its_rate() -> None:
    assert pace(100).rate_at(START) == 100 * USED
    assert pace(100).width(START) == round(SECOND / (100 * USED))
    assert USED >= 0.95


def test_a_throttle_slows_down_at_once_and_the_rate_climbs_back() -> None:
    slowed = pace(100).model_copy(update=pace(100).slower(START))
    rates = [slowed.rate_at(START + second * SECOND) for second in range(0, 40)]
    assert rates[0] == pytest.approx(100 * USED * SLOWER)
    assert rates == sorted(rates) and rates[5] > rates[0]
    assert rates[round(RECOVERY / SECOND)] == 100 * USED


def test_throttles_one_after_the_other_slow_down_further_and_never_to_nothing() -> None:
    slowed = pace(14)
    for _ in range(50):
        slowed = slowed.model_copy(update=slowed.slower(START))
    assert 0 < slowed.rate_at(START) < 0.01
    assert slowed.width(START) <= 100 * SECOND
    assert slowed.rate_at(START + RECOVERY) == pytest.approx(14 * USED)


def test_an_account_with_hardly_any_burst_is_given_room_for_uneven_calls() -> None:
    """SES lets through one at a time at a rate of one, so a call that takes longer than the one before is throttled."""
    assert pace(1).width(START) == SECOND + UNEVEN
    assert pace(2).width(START) == round(SECOND / (2 * USED))


@given(st.floats(0.01, 1_000_000), st.integers(0, 10 * RECOVERY))
def test_a_reservation_holds_a_mail_at_least_and_two_seconds_of_sending_at_most(rate: float, since: int) -> None:
    now = START + since
    slowed = pace(rate).model_copy(update=pace(rate).slower(START))
    count = slowed.at_once(now)
    assert count >= 1
    assert count == 1 or count * slowed.width(now) <= AT_ONCE


@pytest.mark.parametrize(
    "quota, urgent, kept", [(-1, False, 0), (200, True, 0), (200, False, 10), (50_000, False, 500), (10, False, 0)]
)
def test_a_part_of_the_days_quota_is_kept_for_mail_that_somebody_waits_for(quota: int, urgent: bool, kept: int) -> None:
    assert pace(quota=quota, left=quota).kept(urgent) == kept


def test_what_ses_says_becomes_the_pacers_item() -> None:
    said = Limits(max_send_rate=14, max_24_hour_send=50_000, sent_last_24_hours=49_990.5)
    assert paced(said, NOW) == {"rate": 14, "quota": 50_000, "left": 9, "checked_at": NOW}
    endless = Limits(max_send_rate=14, max_24_hour_send=-1, sent_last_24_hours=5)
    assert (paced(endless, NOW)["quota"], paced(endless, NOW)["left"]) == (-1, -1)
    over = Limits(max_send_rate=14, max_24_hour_send=200, sent_last_24_hours=203)
    assert paced(over, NOW)["left"] == 0


@pytest.mark.parametrize("limits", [SANDBOX, Limits(max_send_rate=14, max_24_hour_send=-1, sent_last_24_hours=0)])
def test_the_limits_can_be_read_off_the_item_again(limits: Limits) -> None:
    assert Pace(**paced(limits, NOW)).limits == limits


def test_slots_follow_each_other_at_the_same_distance() -> None:
    slots = Slots(START, 71_429, 3)
    assert [slots[n] for n in range(slots.count)] == [START, START + 71_429, START + 2 * 71_429]
    assert timedelta(microseconds=slots[2] - slots[0]) < timedelta(seconds=1)
