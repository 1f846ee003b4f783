"""The pacer's item: who takes which slot."""

from datetime import timedelta

import pytest

from chalicelib.adapters.store.rate import KNOWN_FOR, QUOTA_WAIT, Pacer, Unasked
from chalicelib.adapters.store.table import Table
from chalicelib.domain.pace import AHEAD, SECOND, STALE, USED, Full, Limits, Slots
from tests.shelf import NOW

START = int(NOW.timestamp()) * SECOND
WIDTH = round(SECOND / (10 * USED))


def limits(rate: float = 10, quota: float = -1, sent: float = 0) -> Limits:
    return Limits(max_send_rate=rate, max_24_hour_send=quota, sent_last_24_hours=sent)


@pytest.fixture
def pacer(table: Table) -> Pacer:
    made = Pacer(table)
    made.learn(limits(), NOW)
    return made


def taken(slots: Slots | Full) -> Slots:
    assert isinstance(slots, Slots), slots
    return slots


def test_before_ses_was_asked_there_are_no_slots(table: Table) -> None:
    with pytest.raises(Unasked):
        Pacer(table).reserve(1, False, START)


def test_what_ses_said_long_ago_is_not_believed(pacer: Pacer) -> None:
    late = START + round(STALE.total_seconds() + 1) * SECOND
    with pytest.raises(Unasked):
        pacer.reserve(1, False, late)
    pacer.learn(limits(), NOW + STALE)
    assert taken(pacer.reserve(1, False, late)).start == late


def test_the_first_mail_goes_at_once_and_the_next_ones_after_it(pacer: Pacer) -> None:
    first, second = taken(pacer.reserve(3, False, START)), taken(pacer.reserve(2, False, START + 5))
    assert first == Slots(START, WIDTH, 3)
    assert second == Slots(START + 3 * WIDTH, WIDTH, 2)


def test_two_workers_never_share_a_slot(table: Table, pacer: Pacer) -> None:
    other = Pacer(table)
    slots = [taken(one.reserve(4, True, START)) for one in (pacer, other, pacer, other)]
    moments = [each[n] for each in slots for n in range(each.count)]
    assert moments == sorted(set(moments)) and len(moments) == 16


def test_who_sent_nothing_for_a_while_has_saved_up_nothing(pacer: Pacer) -> None:
    pacer.reserve(1, False, START)
    later = START + 20 * SECOND
    assert taken(pacer.reserve(2, False, later)) == Slots(later, WIDTH, 2)


def test_one_reservation_takes_no_more_than_two_seconds_of_sending(pacer: Pacer) -> None:
    assert taken(pacer.reserve(25, False, START)).count == 2 * SECOND // WIDTH == 19


def test_mail_that_may_wait_is_let_in_only_while_the_next_slot_is_near(pacer: Pacer) -> None:
    while isinstance(slots := pacer.reserve(19, False, START), Slots):
        assert slots.start <= START + AHEAD[False] + WIDTH
    assert 0 < slots.wait < 2 and not slots.quota
    urgent = taken(pacer.reserve(1, True, START))
    assert urgent.start < START + AHEAD[False] + 2 * SECOND + 2 * WIDTH
    again = START + round(slots.wait * SECOND) + 2 * WIDTH
    assert isinstance(pacer.reserve(1, False, again), Slots)


def test_urgent_mail_too_comes_back_when_the_next_slot_is_far(pacer: Pacer) -> None:
    while isinstance(slots := pacer.reserve(19, True, START), Slots):
        assert slots.start <= START + AHEAD[True] + WIDTH
    assert not slots.quota


def test_a_slow_account_is_served_mail_by_mail_without_going_back_to_the_queue(table: Table) -> None:
    pacer = Pacer(table)
    pacer.learn(limits(rate=0.5), NOW)
    first, second = (taken(pacer.reserve(25, False, START)) for _ in range(2))
    assert (first.count, second.count) == (1, 1)
    assert isinstance(pacer.reserve(25, False, START), Full)


def test_a_throttle_slows_every_worker_within_a_second(table: Table, pacer: Pacer) -> None:
    other = Pacer(table)
    before = taken(other.reserve(1, False, START)).width
    pacer.slow_down(START)
    pacer.slow_down(START + 1000)  # of the same burst
    later = START + KNOWN_FOR + 1
    after = taken(other.reserve(1, True, later)).width
    assert before == WIDTH and WIDTH < after < 1.5 * WIDTH
    assert taken(other.reserve(1, True, later + 60 * SECOND)).width == WIDTH


def test_the_days_quota_is_counted_down_and_the_last_part_is_for_urgent_mail(table: Table) -> None:
    pacer = Pacer(table)
    pacer.learn(limits(1000, quota=100, sent=85), NOW)
    assert taken(pacer.reserve(25, False, START)).count == 10, "15 are left, and 5 of 100 are kept"
    full = pacer.reserve(25, False, START)
    assert full == Full(QUOTA_WAIT, quota=True)
    assert taken(pacer.reserve(25, True, START)).count == 5
    assert pacer.reserve(1, True, START) == Full(QUOTA_WAIT, quota=True)
    pacer.learn(limits(1000, quota=100, sent=50), NOW + timedelta(minutes=1))
    assert taken(pacer.reserve(25, False, START + 60 * SECOND)).count == 25


def test_when_ses_says_that_the_quota_is_used_up_it_is(table: Table) -> None:
    pacer = Pacer(table)
    pacer.learn(limits(1000, quota=100), NOW)
    pacer.used_up()
    assert pacer.reserve(1, True, START) == Full(QUOTA_WAIT, quota=True)


def test_a_worker_whose_clock_is_wrong_holds_up_the_others_for_a_minute_at_most(table: Table, pacer: Pacer) -> None:
    Pacer(table).reserve(1, False, START + 300 * SECOND)
    assert isinstance(pacer.reserve(1, True, START), Full)
    pacer.learn(limits(), NOW)
    assert taken(pacer.reserve(1, True, START)).start == START


def test_an_account_without_a_quota_has_none_to_use_up(pacer: Pacer) -> None:
    for second in range(0, 40, 2):
        assert isinstance(pacer.reserve(19, False, START + second * SECOND), Slots)
