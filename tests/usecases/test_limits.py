"""What is known of SES's limits, also when SES does not tell."""

from datetime import timedelta

import pytest

from chalicelib.adapters.ses import NotAccepted
from chalicelib.domain.pace import SANDBOX, Limits
from chalicelib.usecases.limits import learn_limits
from tests.shelf import NOW, Shelf


@pytest.fixture
def silent(shelf: Shelf) -> None:
    def limits() -> Limits:
        raise NotAccepted("GetAccount: no answer")

    shelf.mailer.limits = limits


def test_ses_is_asked_and_everybody_knows(shelf: Shelf) -> None:
    shelf.ses.account.limits.set(14, 50_000)
    learn_limits(shelf.mailer, shelf.pacer, NOW)
    pace = shelf.pacer.pace()
    assert pace and (pace.rate, pace.quota, pace.left, pace.checked_at) == (14, 50_000, 50_000, NOW)


def test_an_account_that_never_told_is_taken_for_a_new_one(shelf: Shelf, silent: None) -> None:
    assert learn_limits(shelf.mailer, shelf.pacer, NOW).limits == SANDBOX


def test_when_ses_is_silent_what_it_said_before_goes_on(shelf: Shelf, silent: None) -> None:
    shelf.pacer.learn(Limits(max_send_rate=14, max_24_hour_send=100, sent_last_24_hours=40), NOW)
    shelf.pacer.reserve(10, True, shelf.micros())
    later = NOW + timedelta(hours=1)
    pace = learn_limits(shelf.mailer, shelf.pacer, later)
    assert (pace.rate, pace.quota, pace.left, pace.checked_at) == (14, 100, 50, later)
