"""The ledger's rules."""

import json
from datetime import timedelta
from typing import get_args

import pytest

from chalicelib.domain.delivery import (
    CATEGORY,
    FOLLOWS,
    LEASE,
    MAX_ATTEMPTS,
    SENT_AGAIN,
    SETTLED_WITHIN,
    Delivery,
    State,
    sent_again,
)
from chalicelib.domain.event import Kind
from infra.build import ROOT
from tests.shelf import NOW, document


def delivery(state: State = "sending", kind: Kind = "invitation", attempts: int = 1) -> Delivery:
    return Delivery(
        invitee="i",
        event="e",
        kind=kind,
        occurrence="1",
        state=state,
        attempts=attempts,
        claimed_at=NOW,
        lease_until=NOW + LEASE,
    )


@pytest.mark.parametrize("seconds, dead", [(-1, False), (0, False), (1, True)])
def test_a_claim_may_be_taken_over_when_its_lease_has_run_out(seconds: int, dead: bool) -> None:
    assert delivery().may_be_taken_over(NOW + LEASE + timedelta(seconds=seconds)) is dead


@pytest.mark.parametrize("state", sorted(set(FOLLOWS) - {"sending"}))
def test_what_is_not_being_sent_is_never_taken_over(state: State) -> None:
    assert not delivery(state).may_be_taken_over(NOW + timedelta(days=1))


@pytest.mark.parametrize(
    "kind, again",
    [("invitation", False), ("chase", False), ("feedback", False), ("confirmation", True), ("reminder", True)],
)
def test_only_what_is_worse_late_than_twice_is_sent_again_unless_the_event_says_otherwise(
    kind: Kind, again: bool
) -> None:
    assert sent_again(document(), kind) is again
    assert sent_again(document(when_unsure={kind: "wait"}), kind) is False
    assert sent_again(document(when_unsure={kind: "send-again"}), kind) is True


def test_an_unknown_one_is_sent_again_when_events_had_their_time_and_twice_at_most() -> None:
    late = NOW + SETTLED_WITHIN + timedelta(seconds=1)
    assert delivery("unknown").may_be_sent_again(late)
    assert not delivery("unknown").may_be_sent_again(NOW + SETTLED_WITHIN)
    assert not delivery("unknown", attempts=MAX_ATTEMPTS).may_be_sent_again(late)
    assert not any(delivery(state).may_be_sent_again(late) for state in set(FOLLOWS) - {"unknown"})


def test_one_can_leave_what_one_did_not_ask_for_and_the_rest_is_sent_again() -> None:
    assert not CATEGORY.keys() & SENT_AGAIN
    assert set(get_args(Kind)) == CATEGORY.keys() | SENT_AGAIN


def test_nothing_goes_back_to_a_state_that_it_has_left() -> None:
    """Only an unknown delivery may become what it was, when it is sent once more."""
    for start in set(FOLLOWS) - {"sending", "unknown"}:
        reached: set[State] = set()
        following: set[State] = {start}
        while following - reached:
            reached |= following
            following = {name for name, before in FOLLOWS.items() if before & reached} - {start}
        assert not FOLLOWS[start] & (reached - {start})


def test_a_lease_is_longer_than_a_worker_may_run() -> None:
    config = json.loads((ROOT / ".chalice/config.json").read_text())
    functions = config["stages"]["prod"]["lambda_functions"]
    for name in ("deliver", "deliver_now"):
        assert LEASE.total_seconds() > functions[name]["lambda_timeout"]
