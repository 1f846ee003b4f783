"""Faults, limits and the rest of the control interface."""

import time
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from infra.local.ses import SesServer
from infra.local.ses.errors import TooManyRequests
from infra.local.ses.limits import Limits
from tests.local.ses_calls import Control, Send


def test_throttle_refuses_the_next_calls_and_then_stops(
    ses: SesServer, sesv2: Any, send: Send, control: Control
) -> None:
    control("POST", "faults", mode="throttle", calls=2, skip=1)
    send("first@example.org")
    for _ in range(2):
        with pytest.raises(sesv2.exceptions.TooManyRequestsException, match="Maximum sending rate exceeded"):
            send("throttled@example.org")
    send("last@example.org")
    assert [message.destination[0] for message in ses.messages()] == ["first@example.org", "last@example.org"]


def test_fail_is_an_internal_failure_that_stores_nothing(ses: SesServer, send: Send, control: Control) -> None:
    control("POST", "faults", mode="fail", calls=1)
    with pytest.raises(ClientError) as caught:
        send("amira@example.org")
    assert caught.value.response["Error"]["Code"] == "InternalFailure"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert ses.messages() == []


def test_after_a_drop_the_caller_sees_a_broken_connection_and_the_mail_was_sent_once(
    ses: SesServer, send: Send, control: Control
) -> None:
    control("POST", "faults", mode="drop", calls=1)
    with pytest.raises(ConnectionClosedError):
        send("amira@example.org")
    assert [message.destination for message in ses.messages()] == [["amira@example.org"]]
    assert control("GET", "health")["faults_armed"] == 0


def test_after_a_reset_the_caller_sees_a_broken_connection_too_and_nothing_was_sent(
    ses: SesServer, send: Send, control: Control
) -> None:
    control("POST", "faults", mode="reset", calls=1)
    with pytest.raises(ConnectionClosedError):
        send("amira@example.org")
    assert ses.messages() == []
    send("amira@example.org")


def test_a_drop_of_what_is_refused_is_a_refusal(ses: SesServer, sesv2: Any, send: Send, control: Control) -> None:
    control("POST", "limits", max_24_hour_send=0)
    control("POST", "faults", mode="drop", calls=1)
    with pytest.raises(sesv2.exceptions.TooManyRequestsException):
        send("amira@example.org")
    assert ses.messages() == []


def test_random_faults_meet_their_part_of_all_calls_the_same_ones_for_the_same_seed_until_they_are_ended(
    ses: SesServer, sesv2: Any, send: Send, control: Control
) -> None:
    def refused() -> list[int]:
        control("POST", "faults", mode="throttle", rate=0.3, seed=7)
        return [number for number in range(60) if _is_refused(sesv2, send)]

    first = refused()
    assert 8 <= len(first) <= 30
    assert refused() == first
    assert control("GET", "health")["faults_at_random"] == {"throttle": 0.3}
    control("POST", "faults", mode="throttle", rate=0)
    assert not any(_is_refused(sesv2, send) for _ in range(20))


def _is_refused(sesv2: Any, send: Send) -> bool:
    try:
        send("amira@example.org")
    except sesv2.exceptions.TooManyRequestsException:
        return True
    return False


def test_faults_concern_sending_only(sesv2: Any, control: Control) -> None:
    control("POST", "faults", mode="fail", calls=1)
    sesv2.get_account()
    assert control("GET", "health")["faults_armed"] == 1


def test_limits_show_in_get_account_and_a_used_up_quota_throttles(sesv2: Any, send: Send, control: Control) -> None:
    control("POST", "limits", max_send_rate=14, max_24_hour_send=2)
    send("a@example.org", "b@example.org")
    quota = sesv2.get_account()["SendQuota"]
    assert quota == {"Max24HourSend": 2.0, "MaxSendRate": 14.0, "SentLast24Hours": 2.0}
    with pytest.raises(sesv2.exceptions.TooManyRequestsException, match="Daily message quota exceeded"):
        send("c@example.org")
    send("success@simulator.amazonses.com")


def test_a_quota_of_minus_one_is_none(sesv2: Any, send: Send, control: Control) -> None:
    control("POST", "limits", max_24_hour_send=-1)
    send("a@example.org")
    assert sesv2.get_account()["SendQuota"] == {"Max24HourSend": -1.0, "MaxSendRate": 1000.0, "SentLast24Hours": 1.0}


def test_the_send_rate_throttles_a_burst(ses: SesServer, sesv2: Any, send: Send, control: Control) -> None:
    control("POST", "limits", max_send_rate=2)
    refused = 0
    for number in range(8):
        try:
            send(f"person{number}@example.org")
        except sesv2.exceptions.TooManyRequestsException:
            refused += 1
    assert refused >= 4
    assert len(ses.messages()) == 8 - refused


def test_latency_delays_an_answer(send: Send, control: Control) -> None:
    control("POST", "limits", latency_ms=150)
    started = time.monotonic()
    send("amira@example.org")
    assert time.monotonic() - started >= 0.15


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_bucket_holds_one_second_of_the_rate_and_refills_by_the_clock() -> None:
    clock = Clock()
    limits = Limits(2, 100, clock)
    limits.take(1, 1)
    limits.take(1, 1)
    with pytest.raises(TooManyRequests, match="Maximum sending rate exceeded"):
        limits.take(1, 1)
    clock.now = 0.5
    limits.take(1, 1)
    clock.now = 100
    limits.take(1, 1)
    limits.take(1, 1)
    with pytest.raises(TooManyRequests):
        limits.take(1, 1)


def test_one_message_to_many_may_overdraw_the_rate_and_is_paid_back() -> None:
    clock = Clock()
    limits = Limits(1, 100, clock)
    limits.take(5, 5)
    clock.now = 4.9
    with pytest.raises(TooManyRequests):
        limits.take(1, 1)
    clock.now = 5
    limits.take(1, 1)


def test_the_quota_is_a_rolling_day() -> None:
    clock = Clock()
    limits = Limits(1000, 3, clock)
    limits.take(3, 3)
    clock.now = 86_399
    with pytest.raises(TooManyRequests, match="Daily message quota exceeded"):
        limits.take(1, 1)
    clock.now = 86_400
    limits.take(1, 1)
    assert limits.sent_last_24_hours() == 1


def test_messages_are_listed_by_recipient_tag_and_time(ses: SesServer, send: Send, control: Control) -> None:
    first = send("a@example.org", EmailTags=[{"Name": "delivery", "Value": "1"}])
    time.sleep(0.01)
    second = send("b@example.org", EmailTags=[{"Name": "delivery", "Value": "2"}])
    since = quote(ses.messages(to="b@example.org")[0].time)
    assert [entry["id"] for entry in control("GET", "messages")] == [first, second]
    assert [entry["id"] for entry in control("GET", "messages?to=A@example.org")] == [first]
    assert [entry["id"] for entry in control("GET", "messages?tag.delivery=2")] == [second]
    assert [entry["id"] for entry in control("GET", f"messages?since={since}")] == [second]
    with urlopen(f"{ses.url}/_control/messages/{first}.eml") as answer:
        assert answer.read() == ses.mailbox.raw(first)
    control("DELETE", "messages")
    assert control("GET", "messages") == []
    assert list(ses.mailbox.directory.iterdir()) == []


def test_reset_forgets_everything(ses: SesServer, sesv2: Any, send: Send, control: Control) -> None:
    send("a@example.org")
    control("POST", "faults", mode="fail", calls=9)
    control("POST", "limits", max_send_rate=1)
    control("POST", "reset")
    health = control("GET", "health")
    assert (health["messages"], health["faults_armed"], health["max_send_rate"]) == (0, 0, 1000)
    assert sesv2.list_email_identities()["EmailIdentities"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"mode": "explode", "calls": 1}),
        ("faults", {"mode": "drop"}),
        ("faults", {"mode": "drop", "rate": 5}),
        ("addresses", {"address": "a@example.org", "outcome": "lost"}),
        ("limits", {"max_send_rate": "many"}),
    ],
)
def test_a_control_call_that_makes_no_sense_is_refused(control: Control, path: str, body: dict[str, Any]) -> None:
    with pytest.raises(HTTPError) as caught:
        control("POST", path, **body)
    assert caught.value.code == 400
