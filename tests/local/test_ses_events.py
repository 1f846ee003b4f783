"""What happens after SES accepted a message: its events, published to Firehose and read from its bucket."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from infra.local.ses import SesServer, events, publisher
from tests.local.ses_calls import SENDER, client_of, raw_call

ALL = ["SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "DELIVERY_DELAY"]
TAGS = [{"Name": "delivery", "Value": "01J9"}, {"Name": "kind", "Value": "invitation"}]
Read = Callable[[], list[Any]]


ROLE = "arn:aws:iam::000000000000:role/teller"
GONE = "arn:aws:firehose:eu-central-1:000000000000:deliverystream/gone"


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """The address of an emulated Firehose and S3. As Firehose without a buffer, it makes an object of each record."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def stream_and_read(aws: str) -> tuple[str, Read]:
    """A delivery stream, and a function that takes the lines of everything in its bucket."""
    s3 = client_of("s3", aws)
    s3.create_bucket(Bucket="told", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    stream = client_of("firehose", aws).create_delivery_stream(
        DeliveryStreamName="events",
        ExtendedS3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::told"},
    )["DeliveryStreamARN"]

    def read() -> list[Any]:
        lines = []
        for one in s3.list_objects_v2(Bucket="told").get("Contents", []):
            lines += s3.get_object(Bucket="told", Key=one["Key"])["Body"].read().decode().splitlines(keepends=True)
            s3.delete_object(Bucket="told", Key=one["Key"])
        assert all(line.endswith("\n") for line in lines)
        return lines

    return stream, read


@pytest.fixture(scope="module")
def publishing(aws: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SesServer, Any]]:
    """A server that publishes, and its client."""
    with SesServer(tmp_path_factory.mktemp("mail"), firehose_endpoint=aws, rate=1000) as server:
        yield server, client_of("sesv2", server.url)


@pytest.fixture
def ses(publishing: tuple[SesServer, Any], stream_and_read: tuple[str, Read]) -> SesServer:
    """The server, with a verified domain whose default configuration set publishes everything."""
    server, client = publishing
    server.control.reset()
    client.create_configuration_set(ConfigurationSetName="events")
    destination(client, stream_and_read[0], ALL)
    client.create_email_identity(EmailIdentity="symposium.example.org", ConfigurationSetName="events")
    server.settle()
    stream_and_read[1]()
    return server


@pytest.fixture
def happen(ses: SesServer, publishing: tuple[SesServer, Any], stream_and_read: tuple[str, Read]) -> Callable[..., Any]:
    """Sends a message and gives its events."""

    def happen(*to: str, **arguments: Any) -> list[dict[str, Any]]:
        publishing[1].send_email(**raw_call(*to, EmailTags=TAGS, **arguments))
        assert ses.settle()
        return [json.loads(body) for body in stream_and_read[1]()]

    return happen


def destination(client: Any, stream: str, kinds: list[str], enabled: bool = True) -> None:
    """Make the stream the destination of the set "events", or change what it gets."""
    found = client.get_configuration_set_event_destinations(ConfigurationSetName="events")["EventDestinations"]
    put = (
        client.update_configuration_set_event_destination
        if found
        else (client.create_configuration_set_event_destination)
    )
    put(
        ConfigurationSetName="events",
        EventDestinationName="ledger",
        EventDestination={
            "Enabled": enabled,
            "MatchingEventTypes": kinds,
            "KinesisFirehoseDestination": {"IamRoleArn": ROLE, "DeliveryStreamArn": stream},
        },
    )


def kinds(events: list[dict[str, Any]]) -> list[str]:
    """The event types in order."""
    return [event["eventType"] for event in events]


def test_send_and_delivery_carry_the_mail_its_headers_and_its_tags(ses: SesServer, happen: Callable[..., Any]) -> None:
    send, delivery = happen("amira@example.org")
    (message,) = ses.messages()
    assert kinds([send, delivery]) == ["Send", "Delivery"]
    assert send["send"] == {}
    mail = send["mail"]
    assert mail["messageId"] == message.id
    assert mail["source"] == SENDER
    assert mail["sourceArn"] == "arn:aws:ses:eu-central-1:000000000000:identity/symposium.example.org"
    assert mail["sendingAccountId"] == "000000000000"
    assert mail["destination"] == ["amira@example.org"]
    assert mail["timestamp"].endswith("Z")
    assert mail["headersTruncated"] is False
    assert {"name": "Subject", "value": "Invitation"} in mail["headers"]
    assert mail["commonHeaders"]["from"] == [SENDER]
    assert mail["commonHeaders"]["subject"] == "Invitation"
    assert mail["tags"]["delivery"] == ["01J9"]
    assert mail["tags"]["ses:configuration-set"] == ["events"]
    assert mail["tags"]["ses:caller-identity"] == ["AKIAWORKER"]
    assert delivery["delivery"]["recipients"] == ["amira@example.org"]
    assert {"timestamp", "processingTimeMillis", "smtpResponse", "reportingMTA"} < set(delivery["delivery"])


def test_a_long_header_section_is_truncated_and_says_so(happen: Callable[..., Any]) -> None:
    extra = "".join(f"X-Filler-{number}: {'x' * 900}\r\n" for number in range(12))
    send, _ = happen("amira@example.org", data=f"From: {SENDER}\r\n{extra}\r\nHello".encode())
    assert send["mail"]["headersTruncated"] is True
    assert len(send["mail"]["headers"]) < 13


def test_a_suppressed_address_is_accepted_and_bounces_without_delivery(
    ses: SesServer, publishing: Any, happen: Callable[..., Any]
) -> None:
    publishing[1].put_suppressed_destination(EmailAddress="amira@example.org", Reason="COMPLAINT")
    send, bounce = happen("amira@Example.org")
    assert kinds([send, bounce]) == ["Send", "Bounce"]
    assert (bounce["bounce"]["bounceType"], bounce["bounce"]["bounceSubType"]) == (
        "Permanent",
        "OnAccountSuppressionList",
    )
    assert "suppression list for your account" in bounce["bounce"]["bouncedRecipients"][0]["diagnosticCode"]
    assert ses.messages()[0].outcomes == {"amira@Example.org": "suppressed"}


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("success", ["Send", "Delivery"]),
        ("bounce", ["Send", "Bounce"]),
        ("complaint", ["Send", "Delivery", "Complaint"]),
        ("ooto", ["Send", "Delivery", "Bounce"]),
        ("suppressionlist", ["Send", "Bounce"]),
        ("bounce+01J9", ["Send", "Bounce"]),
    ],
)
def test_the_mailbox_simulator_answers_and_suppresses_nobody(
    ses: SesServer, happen: Callable[..., Any], local: str, expected: list[str]
) -> None:
    events = happen(f"{local}@simulator.amazonses.com")
    assert kinds(events) == expected
    assert ses.account.suppressed == {}
    assert ses.account.limits.sent_last_24_hours() == 0


def test_the_simulators_bounces_have_their_types(happen: Callable[..., Any]) -> None:
    def types(local: str) -> tuple[str, str]:
        bounce = happen(f"{local}@simulator.amazonses.com")[-1]["bounce"]
        return bounce["bounceType"], bounce["bounceSubType"]

    assert types("bounce") == ("Permanent", "General")
    assert types("suppressionlist") == ("Permanent", "Suppressed")
    assert types("ooto") == ("Transient", "General")


@pytest.mark.parametrize(("outcome", "reason"), [("bounce", "BOUNCE"), ("complaint", "COMPLAINT")])
def test_an_address_arranged_to_bounce_or_complain_does_so_once_and_is_suppressed(
    ses: SesServer, happen: Callable[..., Any], publishing: Any, outcome: str, reason: str
) -> None:
    ses.account.outcomes["amira@example.org"] = outcome  # type: ignore[assignment]
    first = happen("amira@example.org")[-1]
    assert first["eventType"] == outcome.title()
    key = {"bounce": "bouncedRecipients", "complaint": "complainedRecipients"}[outcome]
    assert first[outcome][key][0]["emailAddress"] == "amira@example.org"
    found = publishing[1].get_suppressed_destination(EmailAddress="amira@example.org")["SuppressedDestination"]
    assert found["Reason"] == reason
    assert happen("amira@example.org")[-1]["bounce"]["bounceSubType"] == "OnAccountSuppressionList"


def test_a_delayed_message_says_so_and_is_delivered_later(
    ses: SesServer, happen: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "DELAY", 0.3)
    ses.account.outcomes["amira@example.org"] = "delay"
    happened = {event["eventType"]: event for event in happen("amira@example.org")}
    assert set(happened) == {"Send", "DeliveryDelay", "Delivery"}
    delay, delivery = happened["DeliveryDelay"]["deliveryDelay"], happened["Delivery"]["delivery"]
    assert delay["delayType"] == "TransientCommunicationFailure"
    assert delay["delayedRecipients"][0]["emailAddress"] == "amira@example.org"
    assert delay["timestamp"] < delivery["timestamp"] < delay["expirationTime"]
    assert ses.account.suppressed == {}


def test_each_recipient_of_a_message_has_an_outcome_of_its_own(happen: Callable[..., Any]) -> None:
    events = happen("a@example.org", "b@example.org", "bounce@simulator.amazonses.com")
    assert kinds(events) == ["Send", "Delivery", "Bounce"]
    assert events[1]["delivery"]["recipients"] == ["a@example.org", "b@example.org"]


def test_the_antivirus_test_file_is_rejected_after_acceptance(ses: SesServer, happen: Callable[..., Any]) -> None:
    virus = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
    (reject,) = happen("amira@example.org", data=f"From: {SENDER}\r\n\r\n{virus}".encode())
    assert (reject["eventType"], reject["reject"]) == ("Reject", {"reason": "Bad content"})
    assert ses.messages()[0].outcomes == {"amira@example.org": "reject"}


def test_only_matching_event_types_of_an_enabled_destination_are_published(
    happen: Callable[..., Any], publishing: Any, stream_and_read: tuple[str, Read]
) -> None:
    destination(publishing[1], stream_and_read[0], ["DELIVERY"])
    assert kinds(happen("amira@example.org")) == ["Delivery"]
    destination(publishing[1], stream_and_read[0], ALL, enabled=False)
    assert happen("amira@example.org") == []


def test_the_events_of_one_message_keep_their_order_in_a_batch(ses: SesServer, happen: Callable[..., Any]) -> None:
    seen: dict[str, list[str]] = {}
    for number in range(10):
        for event in happen(f"person{number}@example.org"):
            seen.setdefault(event["mail"]["messageId"], []).append(event["eventType"])
    assert list(seen.values()) == [["Send", "Delivery"]] * 10


def test_events_of_many_messages_share_requests_and_none_is_lost(
    ses: SesServer, publishing: Any, stream_and_read: tuple[str, Read]
) -> None:
    for number in range(40):
        publishing[1].send_email(**raw_call(f"person{number}@example.org"))
    assert ses.settle()
    told = [json.loads(body) for body in stream_and_read[1]()]
    seen: dict[str, list[str]] = {}
    for event in told:
        seen.setdefault(event["mail"]["destination"][0], []).append(event["eventType"])
    assert seen == {f"person{number}@example.org": ["Send", "Delivery"] for number in range(40)}


def test_what_happens_while_events_are_gathered_becomes_one_record_of_lines(
    aws: str, stream_and_read: tuple[str, Read], tmp_path: Any
) -> None:
    with SesServer(tmp_path, firehose_endpoint=aws, gather=0.5, rate=1000) as server:
        client = client_of("sesv2", server.url)
        client.create_configuration_set(ConfigurationSetName="events")
        destination(client, stream_and_read[0], ["DELIVERY"])
        client.create_email_identity(EmailIdentity="symposium.example.org", ConfigurationSetName="events")
        for number in range(5):
            client.send_email(**raw_call(f"person{number}@example.org"))
        assert server.settle()
    assert len(client_of("s3", aws).list_objects_v2(Bucket="told")["Contents"]) == 1
    told = [json.loads(line)["mail"]["destination"] for line in stream_and_read[1]()]
    assert told == [[f"person{number}@example.org"] for number in range(5)]


def test_a_record_never_grows_larger_than_firehose_takes() -> None:
    lines = ["x" * 400_000, "y" * 400_000, "z" * 400_000]
    records = list(publisher._records(lines))
    assert b"".join(records).decode().splitlines() == lines
    assert [record.count(b"\n") for record in records] == [2, 1]


def test_a_failing_firehose_costs_events_but_never_the_mail(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "PAUSES", (0.01, 0.01))
    with SesServer(tmp_path, firehose_endpoint="http://127.0.0.1:9") as server:
        client = client_of("sesv2", server.url)
        client.create_configuration_set(ConfigurationSetName="events")
        destination(client, GONE, ["SEND"])
        client.create_email_identity(EmailIdentity="symposium.example.org", ConfigurationSetName="events")
        started = time.monotonic()
        client.send_email(**raw_call())
        assert time.monotonic() - started < 1
        assert server.settle()
        assert server.publisher.lost == 1
        assert len(server.messages()) == 1
