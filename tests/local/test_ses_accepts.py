"""What is accepted is kept byte for byte; identities, suppression list and configuration sets behave as SES's do."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from infra.local.ses import SesServer
from tests.local.ses_calls import SENDER, Send, raw_call, simple_call


def test_a_raw_message_is_kept_byte_for_byte_with_what_ses_knew(ses: SesServer, send: Send) -> None:
    data = f"From: {SENDER}\nSubject: =?utf-8?b?0JA=?=\nX-Odd:\tkept \n\nBare line feeds.\n".encode()
    message_id = send("amira@example.org", data=data, EmailTags=[{"Name": "delivery", "Value": "01J-a_b"}])
    assert (ses.mailbox.directory / f"{message_id}.eml").read_bytes() == data
    kept = json.loads((ses.mailbox.directory / f"{message_id}.json").read_text())
    assert kept["id"] == message_id
    assert kept["sender"] == SENDER
    assert kept["destination"] == ["amira@example.org"]
    assert kept["tags"] == {"delivery": "01J-a_b"}
    assert kept["access_key_id"] == "AKIAWORKER"
    assert kept["outcomes"] == {"amira@example.org": "delivery"}
    assert kept["subject"] == "А"


def test_without_an_envelope_the_headers_are_the_envelope(ses: SesServer, sesv2: Any) -> None:
    data = f"From: {SENDER}\r\nTo: A <a@example.org>, b@example.org\r\nCc: c@example.org\r\n\r\nHello".encode()
    sesv2.send_email(Content={"Raw": {"Data": data}})
    (message,) = ses.messages()
    assert (message.sender, message.destination) == (SENDER, ["a@example.org", "b@example.org", "c@example.org"])


def test_the_envelope_given_wins_over_the_headers(ses: SesServer, send: Send) -> None:
    send("real@example.org", data=f"From: {SENDER}\r\nTo: shown@example.org\r\n\r\nHello".encode())
    assert ses.messages()[0].destination == ["real@example.org"]


def test_a_simple_message_becomes_alternatives_with_an_encoded_subject(ses: SesServer, sesv2: Any) -> None:
    subject = "Как это было? Симпозиум по открытым данным, 28 января"
    message_id = sesv2.send_email(**simple_call(subject, ReplyToAddresses=["desk@example.org"]))["MessageId"]
    raw = ses.mailbox.raw(message_id)
    message = message_from_bytes(raw, policy=policy.default)
    assert message["Subject"] == subject
    assert message["Reply-To"] == "desk@example.org"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_a_punycode_domain_is_accepted(ses: SesServer, send: Send) -> None:
    send("amira@xn--e1afmkfd.xn--p1ai")
    assert ses.messages()[0].destination == ["amira@xn--e1afmkfd.xn--p1ai"]


def test_a_verified_domain_covers_its_subdomains_and_an_address_covers_itself(ses: SesServer, sesv2: Any) -> None:
    sesv2.create_email_identity(EmailIdentity="desk@UN.example")
    for sender in ("a@mail.symposium.example.org", "desk@un.Example"):
        sesv2.send_email(**raw_call(FromEmailAddress=sender, data=f"From: {sender}\r\n\r\nHello".encode()))
    assert len(ses.messages()) == 2


def test_eight_threads_store_every_message_once(ses: SesServer, send: Send) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda number: send(f"person{number}@example.org"), range(160)))
    assert len(set(ids)) == 160
    assert sorted(message.id for message in ses.messages()) == sorted(ids)
    assert {path.stem for path in ses.mailbox.directory.glob("*.eml")} == set(ids)


def test_a_new_server_finds_the_messages_of_the_last_one(tmp_path: Path, ses: SesServer, send: Send) -> None:
    message_id = send("amira@example.org")
    again = SesServer(ses.mailbox.directory)
    assert [message.id for message in again.messages(to="AMIRA@example.org")] == [message_id]
    again.stop()


def test_identities_are_created_once_listed_and_deleted(sesv2: Any) -> None:
    with pytest.raises(sesv2.exceptions.AlreadyExistsException):
        sesv2.create_email_identity(EmailIdentity="symposium.example.org")
    assert sesv2.get_email_identity(EmailIdentity="symposium.example.org")["VerifiedForSendingStatus"] is True
    assert [entry["IdentityName"] for entry in sesv2.list_email_identities()["EmailIdentities"]] == [
        "symposium.example.org"
    ]
    sesv2.delete_email_identity(EmailIdentity="symposium.example.org")
    with pytest.raises(sesv2.exceptions.NotFoundException):
        sesv2.get_email_identity(EmailIdentity="symposium.example.org")
    with pytest.raises(sesv2.exceptions.BadRequestException):
        sesv2.create_email_identity(EmailIdentity="not a domain")


def test_the_suppression_list_compares_domains_without_case_and_local_parts_exactly(sesv2: Any) -> None:
    sesv2.put_suppressed_destination(EmailAddress="Amira@Example.ORG", Reason="BOUNCE")
    found = sesv2.get_suppressed_destination(EmailAddress="Amira@example.org")["SuppressedDestination"]
    assert (found["EmailAddress"], found["Reason"]) == ("Amira@example.org", "BOUNCE")
    assert abs(found["LastUpdateTime"] - datetime.now(UTC)) < timedelta(minutes=1)
    with pytest.raises(sesv2.exceptions.NotFoundException):
        sesv2.get_suppressed_destination(EmailAddress="amira@example.org")
    sesv2.delete_suppressed_destination(EmailAddress="Amira@EXAMPLE.org")
    with pytest.raises(sesv2.exceptions.NotFoundException):
        sesv2.delete_suppressed_destination(EmailAddress="Amira@example.org")
    with pytest.raises(sesv2.exceptions.BadRequestException):
        sesv2.put_suppressed_destination(EmailAddress="a@example.org", Reason="DISLIKE")


def test_suppressed_destinations_are_listed_by_reason_time_and_page(sesv2: Any) -> None:
    for number in range(5):
        reason = "COMPLAINT" if number == 2 else "BOUNCE"
        sesv2.put_suppressed_destination(EmailAddress=f"p{number}@example.org", Reason=reason)
    listed = sesv2.list_suppressed_destinations
    assert len(listed()["SuppressedDestinationSummaries"]) == 5
    assert len(listed(Reasons=["COMPLAINT"])["SuppressedDestinationSummaries"]) == 1
    assert not listed(StartDate=datetime.now(UTC) + timedelta(hours=1))["SuppressedDestinationSummaries"]
    first = listed(PageSize=3)
    rest = listed(PageSize=3, NextToken=first["NextToken"])
    found = [*first["SuppressedDestinationSummaries"], *rest["SuppressedDestinationSummaries"]]
    assert [entry["EmailAddress"] for entry in found] == [f"p{number}@example.org" for number in range(5)]
    assert "NextToken" not in rest


def test_configuration_sets_and_their_destinations_are_created_changed_and_deleted(sesv2: Any) -> None:
    events = {"ConfigurationSetName": "events"}
    sesv2.create_configuration_set(**events)
    with pytest.raises(sesv2.exceptions.AlreadyExistsException):
        sesv2.create_configuration_set(**events)
    assert sesv2.get_configuration_set(**events)["SendingOptions"]["SendingEnabled"] is True
    stream = {
        "IamRoleArn": "arn:aws:iam::000000000000:role/teller",
        "DeliveryStreamArn": "arn:aws:firehose:eu-central-1:000000000000:deliverystream/events",
    }
    destination = {"Enabled": True, "MatchingEventTypes": ["SEND"], "KinesisFirehoseDestination": stream}
    one = {**events, "EventDestinationName": "ledger"}
    sesv2.create_configuration_set_event_destination(**one, EventDestination=destination)
    with pytest.raises(sesv2.exceptions.AlreadyExistsException):
        sesv2.create_configuration_set_event_destination(**one, EventDestination=destination)
    sesv2.update_configuration_set_event_destination(
        **one, EventDestination={**destination, "MatchingEventTypes": ["BOUNCE"]}
    )
    (found,) = sesv2.get_configuration_set_event_destinations(**events)["EventDestinations"]
    assert (found["Name"], found["MatchingEventTypes"]) == ("ledger", ["BOUNCE"])
    assert found["KinesisFirehoseDestination"] == stream
    sesv2.delete_configuration_set_event_destination(**one)
    with pytest.raises(sesv2.exceptions.NotFoundException):
        sesv2.delete_configuration_set_event_destination(**one)
    sesv2.delete_configuration_set(**events)
    with pytest.raises(sesv2.exceptions.NotFoundException):
        sesv2.get_configuration_set(**events)


def test_only_firehose_destinations_are_taken(sesv2: Any) -> None:
    sesv2.create_configuration_set(ConfigurationSetName="events")
    with pytest.raises(sesv2.exceptions.BadRequestException):
        sesv2.create_configuration_set_event_destination(
            ConfigurationSetName="events",
            EventDestinationName="bus",
            EventDestination={"MatchingEventTypes": ["SEND"], "EventBridgeDestination": {"EventBusArn": "arn:x"}},
        )
