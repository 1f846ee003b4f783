"""What SES tells of its mails: early, twice, out of order; and the addresses that get no more."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from chalicelib.domain.invitee import Invitee
from chalicelib.usecases.record_mail_event import Moved, note_moves, record_mail_event
from tests.shelf import NOW, Shelf
from tests.usecases.steps import accept, invite_all, told, work_off


@pytest.fixture
def clara(shelf: Shelf) -> Invitee:
    shelf.publish()
    return shelf.invite("clara")[0]


def suppressions(shelf: Shelf) -> list[str]:
    """Why Clara's address is suppressed, if it is."""
    return [one.reason for one in shelf.addresses.suppressions([shelf.hash_of("clara@example.org")]).values()]


def notices(shelf: Shelf) -> list[str]:
    """The rows that have the organiser told: when, and their references."""
    return sorted(item["SK"]["S"] for item in shelf.items("DUE#") if item["what"]["S"] == "notice")


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
    shelf.publish("forum")
    [twin] = shelf.invite("twin", email="Clara@example.org", event="forum")
    invite_all(shelf)
    assert told(shelf, event(shelf, "Bounce", "bounce"))
    assert (shelf.state(clara), shelf.delivery(clara)["reason"]) == ("bounced", "Permanent General")
    assert suppressions(shelf) == ["bounce"]
    assert [shelf.file(one).invitee.suppressed for one in (clara, twin)] == ["bounce", "bounce"]
    assert accept(shelf, "chase", "chase").plan.suppressed == 1


def test_a_complaint_suppresses_the_address_and_leaves_no_category(shelf: Shelf, clara: Invitee) -> None:
    invite_all(shelf)
    told(shelf, event(shelf, "Complaint", "complaint"))
    assert shelf.delivery(clara)["reason"] == "abuse"
    assert suppressions(shelf) == ["complaint"]
    assert shelf.file(clara).invitee.left == ()


@pytest.mark.parametrize("bounce", ["Transient", "Undetermined"])
def test_a_bounce_that_is_not_hard_is_recorded_and_suppresses_nothing_and_tells_nobody(
    shelf: Shelf, clara: Invitee, bounce: str
) -> None:
    invite_all(shelf)
    said = event(shelf, "Bounce", "ooto")
    said["bounce"]["bounceType"] = bounce
    assert told(shelf, said)
    assert (shelf.state(clara), shelf.delivery(clara)["reason"]) == ("bounced", f"{bounce} General")
    assert suppressions(shelf) == []
    assert notices(shelf) == []


def test_an_out_of_office_reply_to_a_delivered_mail_leaves_it_delivered(shelf: Shelf, clara: Invitee) -> None:
    invite_all(shelf)
    told(shelf, event(shelf, "Delivery", "ooto"))
    told(shelf, event(shelf, "Bounce", "ooto"))
    assert shelf.state(clara) == "delivered"


def test_a_mail_that_ses_took_and_then_rejected_is_failed(shelf: Shelf, clara: Invitee) -> None:
    invite_all(shelf)
    assert told(shelf, event(shelf, "Reject", "reject"))
    assert (shelf.state(clara), shelf.delivery(clara)["reason"]) == ("failed", "Bad content")


def test_a_rejection_after_a_bounce_moves_nothing(shelf: Shelf, clara: Invitee) -> None:
    invite_all(shelf)
    told(shelf, event(shelf, "Bounce", "bounce"))
    assert not told(shelf, event(shelf, "Reject", "reject"))
    assert shelf.state(clara) == "bounced"


def test_a_delay_says_that_ses_has_the_mail_and_nothing_else(shelf: Shelf, clara: Invitee) -> None:
    shelf.ses.account.faults.arm("drop", 1)
    invite_all(shelf)
    said = event(shelf, "DeliveryDelay", "delay")
    assert told(shelf, said)
    line = shelf.delivery(clara)
    assert (line["state"], line["message_id"]) == ("sent", shelf.ses.messages()[0].id)
    before = shelf.items()
    assert not told(shelf, said)
    told(shelf, event(shelf, "Delivery"))
    assert not told(shelf, said)
    assert shelf.state(clara) == "delivered"
    assert before != shelf.items()


def test_capital_letters_in_an_address_do_not_hide_it_from_its_suppression(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite("clara", email="Clara@example.org")
    invite_all(shelf)
    told(shelf, event(shelf, "Bounce", "bounce"))
    assert suppressions(shelf) == ["bounce"]


# who is told, and what is counted


@pytest.mark.parametrize("kind", ["Bounce", "Complaint"])
def test_the_persons_timeline_and_the_organiser_hear_of_it_once(shelf: Shelf, clara: Invitee, kind: str) -> None:
    invite_all(shelf)
    shelf.clock.pass_(minutes=7)
    said = event(shelf, kind, kind.lower())
    told(shelf, said)
    told(shelf, said)
    [entry] = [item for item in shelf.items("INVITEE#", "LOG#") if item["what"]["S"] == "suppressed"]
    assert entry["detail"]["S"] == {"Bounce": "bounce: Permanent General", "Complaint": "complaint: abuse"}[kind]
    assert notices(shelf) == ["2021-01-14T09:15:00Z#symposium#notice"]


def test_bounces_of_one_quarter_of_an_hour_share_a_notice_and_the_next_has_its_own(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite("clara", "boris", "anna")
    invite_all(shelf)
    said = [shelf.told(one.id, "Bounce", "bounce") for one in shelf.ses.messages()]
    shelf.clock.time = NOW + timedelta(minutes=14, seconds=59)
    told(shelf, said[0])
    told(shelf, said[1])
    shelf.clock.pass_(seconds=1)
    told(shelf, said[2])
    assert notices(shelf) == ["2021-01-14T09:15:00Z#symposium#notice", "2021-01-14T09:30:00Z#symposium#notice"]


def test_a_person_who_has_another_address_by_now_is_left_alone(shelf: Shelf, clara: Invitee) -> None:
    invite_all(shelf)
    said = event(shelf, "Bounce", "bounce")
    said["mail"]["destination"] = ["the-old-one@example.org"]
    told(shelf, said)
    assert shelf.file(clara).invitee.suppressed == ""
    assert len(notices(shelf)) == 1, "in which there is nothing to tell: then no mail is written"


def test_whoever_is_suppressed_is_promised_to_the_organiser_first(
    shelf: Shelf, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies in between leaves a notice too many, never one too few."""
    invite_all(shelf)

    def die(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(shelf.addresses, "suppress", die)
    with pytest.raises(KeyboardInterrupt):
        told(shelf, event(shelf, "Bounce", "bounce"))
    assert len(notices(shelf)) == 1


def test_an_event_costs_one_write_to_the_ledger_and_no_read(shelf: Shelf, clara: Invitee) -> None:
    invite_all(shelf)
    said, calls = event(shelf, "Delivery"), []
    shelf.dynamodb.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name), "count")
    record_mail_event(shelf.ledger, shelf.addresses, shelf.dues, shelf.links, said, shelf.clock())
    shelf.dynamodb.meta.events.unregister("before-call.dynamodb", unique_id="count")
    assert calls == ["UpdateItem"]


def test_what_events_moved_is_added_up_by_batch_and_told_once(shelf: Shelf) -> None:
    class Counting:
        def __init__(self) -> None:
            self.told: list[tuple[str, str, dict[str, int]]] = []

        def note_moves(self, event: str, batch: str, moves: dict[str, int]) -> None:
            self.told.append((event, batch, {state: count for state, count in moves.items() if count}))
            if batch == "broken":
                raise RuntimeError("DynamoDB is away")

    batches = Counting()
    moved = [
        Moved("e", "broken", "sent", "delivered"),
        Moved("e", "b", "sending", "delivered"),
        Moved("e", "b", "sent", "delivered"),
        Moved("e", "b", "unknown", "sent"),
        Moved("e", "b", "delivered", "complained"),
        Moved("e", "", "sent", "delivered"),
        Moved("e", "c", "sending", "sent"),
    ]
    note_moves(batches, moved)  # type: ignore[arg-type]
    assert batches.told == [
        ("e", "broken", {"sent": -1, "delivered": 1}),
        ("e", "b", {"sent": -1, "delivered": 1, "unknown": -1, "complained": 1}),
        ("e", "c", {}),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"eventType": "Open"},
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
    ids=["opened", "no type", "no tags", "some tags", "nobody's"],
)
def test_news_that_is_not_about_a_delivery_of_ours_changes_nothing(
    shelf: Shelf, clara: Invitee, change: dict[str, Any]
) -> None:
    invite_all(shelf)
    before, said = shelf.items(), event(shelf, "Send")
    assert not told(shelf, {**said, **change})
    assert shelf.items() == before
