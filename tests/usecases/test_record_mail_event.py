"""What SES tells of its mails: early, twice, out of order; and the addresses that get no more."""

from itertools import permutations
from typing import Any

import pytest

from chalicelib.domain.invitee import Invitee
from tests.shelf import Shelf
from tests.usecases.steps import accept, invite_all, told, work_off


@pytest.fixture
def clara(shelf: Shelf) -> Invitee:
    shelf.publish()
    return shelf.invite("clara")[0]


def event(shelf: Shelf, kind: str, outcome: str = "delivery") -> dict[str, Any]:
    return shelf.told(shelf.ses.messages()[-1].id, kind, outcome)


def test_a_delivery_is_recorded_with_its_time(shelf: Shelf, clara: Invitee) -> None:
    invite_all(shelf)
    said = event(shelf, "Delivery")
    assert told(shelf, said)
    assert shelf.state(clara) == "delivered"
    assert shelf.delivery(clara)["delivered_at"] == said["delivery"]["timestamp"]


@pytest.mark.parametrize("kinds", list(permutations(["Send", "Delivery", "Complaint"])))
def test_events_in_any_order_and_twice_end_in_the_same_state(
    shelf: Shelf, clara: Invitee, kinds: tuple[str, ...]
) -> None:
    invite_all(shelf)
    said = [event(shelf, kind, "complaint") for kind in kinds]
    for one in (*said, *said):
        told(shelf, one)
    assert shelf.state(clara) == "complained"


def test_the_same_event_again_moves_nothing(shelf: Shelf, clara: Invitee) -> None:
    invite_all(shelf)
    said = event(shelf, "Delivery")
    assert told(shelf, said)
    before = shelf.items()
    assert not told(shelf, said)
    assert shelf.items() == before


@pytest.mark.parametrize("kind, state", [("Send", "sent"), ("Delivery", "delivered"), ("Bounce", "bounced")])
def test_an_event_that_is_quicker_than_the_worker_is_not_undone_by_it(
    shelf: Shelf, clara: Invitee, kind: str, state: str
) -> None:
    accept(shelf)
    send = shelf.mailer.send

    def then_the_event(*arguments: Any) -> str:
        message_id: str = send(*arguments)
        assert told(shelf, event(shelf, kind, "bounce" if kind == "Bounce" else "delivery"))
        return message_id

    shelf.mailer.send = then_the_event
    assert work_off(shelf) == {"sent": 1}
    assert shelf.state(clara) == state
    assert shelf.delivery(clara)["message_id"] == shelf.ses.messages()[0].id


@pytest.mark.parametrize("kind", ["Send", "Delivery", "Bounce"])
def test_the_first_event_says_when_the_mail_was_sent_unless_the_worker_has(
    shelf: Shelf, clara: Invitee, kind: str
) -> None:
    shelf.ses.account.faults.arm("drop", 1)
    invite_all(shelf)
    said = event(shelf, kind, "bounce" if kind == "Bounce" else "delivery")
    said["mail"]["timestamp"] = "2021-01-14T09:00:01.250Z"
    assert told(shelf, said)
    assert shelf.delivery(clara)["sent_at"] == "2021-01-14T09:00:01Z"


def test_what_the_worker_wrote_down_as_the_moment_of_sending_stays(shelf: Shelf, clara: Invitee) -> None:
    invite_all(shelf)
    said = event(shelf, "Delivery")
    said["mail"]["timestamp"] = "2021-01-14T09:30:00.000Z"
    assert told(shelf, said)
    assert shelf.delivery(clara)["sent_at"] == "2021-01-14T09:00:00Z"


def test_news_of_another_message_than_the_one_that_is_known_moves_nothing(shelf: Shelf, clara: Invitee) -> None:
    invite_all(shelf)
    said = event(shelf, "Delivery")
    said["mail"]["messageId"] = "an-earlier-one"
    assert not told(shelf, said)
    assert shelf.state(clara) == "sent"


def test_an_unknown_invitation_is_settled_by_the_event(shelf: Shelf, clara: Invitee) -> None:
    shelf.ses.account.faults.arm("drop", 1)
    invite_all(shelf)
    assert shelf.state(clara) == "unknown"
    assert told(shelf, event(shelf, "Delivery"))
    assert shelf.state(clara) == "delivered"
    assert shelf.delivery(clara)["message_id"] == shelf.ses.messages()[0].id


def test_a_permanent_bounce_suppresses_the_address_for_every_event(shelf: Shelf, clara: Invitee) -> None:
    invite_all(shelf)
    assert told(shelf, event(shelf, "Bounce", "bounce"))
    assert (shelf.state(clara), shelf.delivery(clara)["reason"]) == ("bounced", "Permanent General")
    assert shelf.suppressions.among([shelf.hash_of("clara@example.org")]) == {
        shelf.hash_of("clara@example.org"): "bounce"
    }
    assert accept(shelf, "chase", "chase").plan.suppressed == 1


def test_a_complaint_suppresses_the_address(shelf: Shelf, clara: Invitee) -> None:
    invite_all(shelf)
    told(shelf, event(shelf, "Complaint", "complaint"))
    assert shelf.delivery(clara)["reason"] == "abuse"
    assert list(shelf.suppressions.among([shelf.hash_of("clara@example.org")]).values()) == ["complaint"]


def test_a_transient_bounce_is_recorded_and_suppresses_nothing(shelf: Shelf, clara: Invitee) -> None:
    invite_all(shelf)
    assert told(shelf, event(shelf, "Bounce", "ooto"))
    assert (shelf.state(clara), shelf.delivery(clara)["reason"]) == ("bounced", "Transient General")
    assert shelf.items("SUPPRESSION#") == []


def test_an_out_of_office_reply_to_a_delivered_mail_leaves_it_delivered(shelf: Shelf, clara: Invitee) -> None:
    invite_all(shelf)
    told(shelf, event(shelf, "Delivery", "ooto"))
    told(shelf, event(shelf, "Bounce", "ooto"))
    assert shelf.state(clara) == "delivered"


def test_a_mail_that_ses_took_and_then_rejected_is_failed(shelf: Shelf, clara: Invitee) -> None:
    invite_all(shelf)
    assert told(shelf, event(shelf, "Reject", "reject"))
    assert (shelf.state(clara), shelf.delivery(clara)["reason"]) == ("failed", "Bad content")


def test_capital_letters_in_an_address_do_not_hide_it_from_its_suppression(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite("clara", email="Clara@example.org")
    invite_all(shelf)
    told(shelf, event(shelf, "Bounce", "bounce"))
    assert list(shelf.suppressions.among([shelf.hash_of("clara@example.org")]).values()) == ["bounce"]


@pytest.mark.parametrize(
    "change",
    [
        {"eventType": "Open"},
        {"eventType": "DeliveryDelay"},
        {"eventType": None},
        {"mail": {"messageId": "m", "destination": ["x@example.org"]}},
        {"mail": {"messageId": "m", "destination": ["x@example.org"], "tags": {"invitee": ["x"], "kind": []}}},
        {
            "mail": {
                "messageId": "m",
                "destination": [],
                "tags": {"invitee": ["nobody"], "kind": ["invitation"], "occurrence": ["1"]},
            }
        },
    ],
    ids=["opened", "delayed", "no type", "no tags", "some tags", "nobody's"],
)
def test_news_that_is_not_about_a_delivery_of_ours_changes_nothing(
    shelf: Shelf, clara: Invitee, change: dict[str, Any]
) -> None:
    invite_all(shelf)
    before, said = shelf.items(), event(shelf, "Send")
    assert not told(shelf, {**said, **change})
    assert shelf.items() == before
