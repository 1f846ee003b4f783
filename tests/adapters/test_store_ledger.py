"""The ledger: one claim at a time, and no way back from what is known."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from chalicelib.adapters.store.ledger import Ledger
from chalicelib.adapters.store.table import Table
from chalicelib.domain.delivery import FOLLOWS, GIVEN_UP, LEASE, SETTLED_WITHIN, Delivery, State
from chalicelib.domain.event import Kind
from tests.shelf import NOW, SETTINGS, Shelf

LATER = NOW + LEASE + timedelta(seconds=1)
SETTLED = NOW + SETTLED_WITHIN + timedelta(seconds=1)


def delivery(kind: Kind = "invitation", batch: str = "") -> Delivery:
    return Delivery(invitee="clara", event="symposium", kind=kind, occurrence="1", state="sending", batch=batch)


def state(shelf: Shelf, kind: Kind = "invitation") -> str:
    return str(shelf.ledger.states([("clara", kind, "1")]).get(("clara", kind, "1"), ""))


def test_one_worker_claims_a_delivery_and_the_other_sees_whose_it_is(shelf: Shelf) -> None:
    mine, claimed = shelf.ledger.claim(delivery(), NOW)
    theirs, standing = shelf.ledger.claim(delivery(), NOW)
    assert mine and not theirs
    assert standing.claim == claimed.claim
    assert standing.lease_until == NOW + LEASE


def test_a_claim_whose_lease_ran_out_is_unknown_and_an_invitation_is_not_claimed_again(shelf: Shelf) -> None:
    shelf.ledger.claim(delivery(), NOW)
    mine, standing = shelf.ledger.claim(delivery(), LATER)
    assert not mine
    assert (standing.state, state(shelf)) == ("unknown", "unknown")


def test_an_unknown_delivery_is_claimed_once_more_where_that_is_allowed_and_then_never(shelf: Shelf) -> None:
    for attempt, moment in enumerate((NOW, SETTLED), 1):
        mine, claimed = shelf.ledger.claim(delivery(), moment, again=True)
        assert mine and claimed.attempts == attempt
        assert shelf.ledger.settle(claimed, "unknown", reason="no answer")
        assert not shelf.ledger.claim(delivery(), moment, again=True)[0], "SES's events have their time to tell"
        assert not shelf.ledger.claim(delivery(), SETTLED, again=False)[0]
    assert not shelf.ledger.claim(delivery(), SETTLED + timedelta(days=1), again=True)[0]


def test_a_worker_that_comes_back_from_the_dead_cannot_settle_what_another_has_claimed(shelf: Shelf) -> None:
    _, dead = shelf.ledger.claim(delivery("confirmation"), NOW)
    mine, living = shelf.ledger.claim(delivery("confirmation"), SETTLED, again=True)
    assert mine
    assert not shelf.ledger.settle(dead, "failed", reason="too late")
    assert shelf.ledger.settle(living, "sent", message_id="m")
    assert state(shelf, "confirmation") == "sent"


def test_a_worker_that_comes_back_before_anybody_claimed_may_still_say_what_it_knows(shelf: Shelf) -> None:
    _, slow = shelf.ledger.claim(delivery(), NOW)
    shelf.ledger.claim(delivery(), LATER)
    assert shelf.ledger.settle(slow, "sent", message_id="m")


def test_a_released_delivery_is_as_if_it_had_never_been_claimed(shelf: Shelf) -> None:
    before = shelf.items()
    _, claimed = shelf.ledger.claim(delivery(), NOW)
    shelf.ledger.release(claimed)
    assert shelf.items() == before
    shelf.ledger.release(claimed)


def test_a_second_attempt_that_is_released_leaves_what_is_known_of_the_first(shelf: Shelf) -> None:
    """The first may have left: three attempts would be three copies."""
    _, first = shelf.ledger.claim(delivery(), NOW)
    shelf.ledger.settle(first, "unknown", reason="no answer")
    _, second = shelf.ledger.claim(delivery(), SETTLED, again=True)
    shelf.ledger.release(second)
    [line] = shelf.ledger.of_person("clara")
    assert (line.state, line.attempts, line.lease_until) == ("unknown", 1, None)
    mine, third = shelf.ledger.claim(delivery(), SETTLED, again=True)
    assert mine and third.attempts == 2, "it was throttled, so nobody has to wait again"
    assert shelf.ledger.record_event(("clara", "invitation", "1"), "delivered", "first", {})


def test_releasing_does_not_take_away_what_an_event_has_settled(shelf: Shelf) -> None:
    _, claimed = shelf.ledger.claim(delivery(), NOW)
    shelf.ledger.record_event(("clara", "invitation", "1"), "delivered", "m", {})
    shelf.ledger.release(claimed)
    assert state(shelf) == "delivered"


def test_a_skip_is_written_once_with_its_reason_and_never_over_a_delivery(shelf: Shelf) -> None:
    assert shelf.ledger.skip(delivery(), "unsubscribed", NOW).reason == "unsubscribed"
    assert shelf.ledger.skip(delivery(), "another reason", NOW).reason == "unsubscribed"
    [line] = shelf.items("INVITEE#clara")
    assert (line["state"], line["reason"]) == ({"S": "skipped"}, {"S": "unsubscribed"})
    assert not shelf.ledger.claim(delivery(), NOW)[0]


def test_whoever_gives_up_a_delivery_in_a_dead_workers_hands_finds_that_it_is_unknown(shelf: Shelf) -> None:
    """It may have left; and work that met "sending" for ever would come again for ever."""
    shelf.ledger.claim(delivery(), NOW)
    assert shelf.ledger.skip(delivery(), "unsubscribed", NOW + LEASE).state == "sending"
    assert shelf.ledger.skip(delivery(), "unsubscribed", LATER).state == "unknown"
    assert state(shelf) == "unknown"


class Repeating:
    """A client that loses the answer of each put and repeats it, as boto3 does."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_item(self, **arguments: Any) -> Any:
        self._client.put_item(**arguments)
        return self._client.put_item(**arguments)


def test_a_claim_whose_answer_was_lost_and_that_boto3_repeated_is_ours(shelf: Shelf) -> None:
    ledger = Ledger(Table(Repeating(shelf.dynamodb), SETTINGS["TABLE"]))
    mine, claimed = ledger.claim(delivery("confirmation"), NOW)
    assert mine and ledger.settle(claimed, "unknown", reason="no answer")
    again, reclaimed = ledger.claim(delivery("confirmation"), SETTLED, again=True)
    assert again and reclaimed.attempts == 2
    assert ledger.settle(reclaimed, "sent", message_id="m")


@pytest.mark.parametrize("given_up", ["skip", "fail"])
def test_what_a_batch_gave_up_is_replaced_by_another_batch_and_never_by_the_same(shelf: Shelf, given_up: str) -> None:
    give_up = getattr(shelf.ledger, given_up)
    assert give_up(delivery(batch="first"), "first reason", NOW).reason == "first reason"
    assert give_up(delivery(batch="first"), "second reason", NOW).reason == "first reason"
    assert not shelf.ledger.claim(delivery(batch="first"), NOW)[0]
    assert shelf.ledger.skip(delivery(batch="second"), "another reason", NOW).batch == "second"
    mine, claimed = shelf.ledger.claim(delivery(batch="third"), NOW)
    assert mine and shelf.ledger.settle(claimed, "sent", message_id="m")
    assert not shelf.ledger.claim(delivery(batch="fourth"), NOW)[0]
    [line] = shelf.items("INVITEE#clara")
    assert (line["batch"], "reason" in line) == ({"S": "third"}, False)


@pytest.mark.parametrize("state", sorted(set(FOLLOWS) - GIVEN_UP))
def test_no_batch_replaces_a_line_of_somebody_who_got_the_mail_or_may_have(shelf: Shelf, state: State) -> None:
    _, claimed = shelf.ledger.claim(delivery(batch="first"), NOW)
    shelf.ledger.settle(claimed, state)
    assert not shelf.ledger.claim(delivery(batch="second"), NOW)[0]
    assert shelf.ledger.skip(delivery(batch="second"), "late", NOW).state == state
    assert shelf.ledger.fail(delivery(batch="second"), "late", NOW).state == state


def test_an_event_about_another_message_moves_nothing(shelf: Shelf) -> None:
    _, claimed = shelf.ledger.claim(delivery(), NOW)
    shelf.ledger.settle(claimed, "sent", message_id="second")
    assert not shelf.ledger.record_event(("clara", "invitation", "1"), "bounced", "first", {})
    assert state(shelf) == "sent"
    before = shelf.ledger.record_event(("clara", "invitation", "1"), "delivered", "second", {})
    assert before is not None and (before.state, before.message_id) == ("sent", "second")


@pytest.mark.parametrize("decided", ["sent", "failed"])
def test_an_organiser_settles_what_stayed_unknown_when_events_had_their_time(shelf: Shelf, decided: State) -> None:
    reference = ("clara", "invitation", "1")
    _, claimed = shelf.ledger.claim(delivery(), NOW)
    assert not shelf.ledger.decide(reference, decided, "asked her", SETTLED), "it is being sent"
    shelf.ledger.settle(claimed, "unknown", reason="no answer")
    assert not shelf.ledger.decide(reference, decided, "asked her", NOW + SETTLED_WITHIN)
    assert shelf.ledger.decide(reference, decided, "asked her", SETTLED)
    [line] = shelf.ledger.of_person("clara")
    assert (line.state, line.reason) == (decided, "asked her")
    assert not shelf.ledger.decide(reference, "failed", "twice", SETTLED)


def test_an_event_about_an_unknown_delivery_makes_no_line(shelf: Shelf) -> None:
    assert not shelf.ledger.record_event(("clara", "invitation", "1"), "delivered", "m", {})
    assert shelf.items() == []


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered", "complained"])))
def test_events_in_any_order_end_in_the_same_state(shelf: Shelf, order: tuple[str, ...]) -> None:
    _, claimed = shelf.ledger.claim(delivery(), NOW)
    for told in order:
        shelf.ledger.record_event(("clara", "invitation", "1"), told, "m", {})
    shelf.ledger.settle(claimed, "sent", message_id="m")
    assert state(shelf) == "complained"


def test_no_state_may_follow_itself_and_a_skip_follows_nothing() -> None:
    assert all(name not in before for name, before in FOLLOWS.items())
    assert not FOLLOWS["skipped"]
    assert not any("skipped" in before or "failed" in before for before in FOLLOWS.values())
