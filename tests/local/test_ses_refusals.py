"""What SES refuses, this server refuses: with SES's code, and before anything is stored."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.local.ses import SesServer
from tests.local.ses_calls import SENDER, Control, raw_call, simple_call


def refusal(client: Any, **call: Any) -> tuple[str, str, int]:
    """Code, message and HTTP status of a refused SendEmail."""
    with pytest.raises(ClientError) as caught:
        client.send_email(**call)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture(autouse=True)
def nothing_is_stored(ses: SesServer) -> Iterator[None]:
    """A refused message leaves no trace."""
    yield
    assert ses.messages() == []
    assert list(ses.mailbox.directory.iterdir()) == []
    assert ses.account.limits.sent_last_24_hours() == 0


def test_an_unverified_sender_is_rejected_and_named_with_the_region(sesv2: Any) -> None:
    call = raw_call(FromEmailAddress="Someone <a@elsewhere.example>")
    words = "Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: "
    assert refusal(sesv2, **call) == ("MessageRejected", f"{words}a@elsewhere.example", 400)


def test_an_unverified_from_header_is_rejected_even_below_a_verified_envelope(sesv2: Any) -> None:
    code, message, _ = refusal(sesv2, **raw_call(data=b"From: x@elsewhere.example\r\n\r\nHello"))
    assert code == "MessageRejected"
    assert message.endswith(": x@elsewhere.example")


def test_local_parts_of_verified_addresses_are_case_sensitive(sesv2: Any) -> None:
    sesv2.create_email_identity(EmailIdentity="Desk@un.example")
    data = b"From: desk@UN.example\r\n\r\nHello"
    assert refusal(sesv2, **raw_call(data=data, FromEmailAddress=None))[0] == "MessageRejected"


def test_more_than_fifty_recipients_of_all_kinds_are_too_many(sesv2: Any) -> None:
    people = [f"person{number}@example.org" for number in range(51)]
    destination = {"ToAddresses": people[:20], "CcAddresses": people[20:40], "BccAddresses": people[40:]}
    code, message, _ = refusal(sesv2, **raw_call(Destination=destination))
    assert (code, message) == ("BadRequestException", "Recipient count exceeds 50.")


def test_nobody_is_not_a_destination(sesv2: Any) -> None:
    data = f"From: {SENDER}\r\n\r\nHello".encode()
    assert refusal(sesv2, **raw_call(data=data, Destination={}))[0] == "BadRequestException"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("amira", "Missing final '@domain'"),
        ("amira@", "Missing domain"),
        ("@example.org", "Missing local name"),
        ("ami ra@example.org", "Local address contains control or whitespace"),
        ("Karen, Chan <karen@example.org>", "Illegal address"),
        ("амира@example.org", "Local address contains control or whitespace"),
        ("amira@пример.рф", "Domain contains control or whitespace"),
        ("amira@exam_ple.org", "Domain contains illegal character"),
        ("amira@.example.org", "Domain starts with dot"),
        ("amira@example..org", "Domain contains dot-dot"),
        ("a(b)@example.org", "Local address contains illegal character"),
        ("Name\r\nBcc: x@example.org <amira@example.org>", "Illegal address"),
        ("amira@example.org\r\nBcc: x@example.org", "Local address contains control or whitespace"),
    ],
)
def test_a_malformed_recipient_is_refused_in_ses_words(sesv2: Any, address: str, words: str) -> None:
    assert refusal(sesv2, **raw_call(Destination={"ToAddresses": [address]})) == ("BadRequestException", words, 400)


def test_a_display_name_outside_ascii_has_to_be_an_encoded_word(sesv2: Any) -> None:
    call = raw_call(FromEmailAddress="Амира <invitations@symposium.example.org>")
    assert refusal(sesv2, **call)[0] == "BadRequestException"


@pytest.mark.parametrize("subject", ["Hello\r\nBcc: everybody@example.org", "Hello\nthere", "Hello\r"])
def test_a_line_break_in_a_simple_subject_is_refused(sesv2: Any, subject: str) -> None:
    code, message, _ = refusal(sesv2, **simple_call(subject))
    assert (code, message) == ("BadRequestException", "Header 'Subject' contains a line break.")


def test_a_line_break_in_a_custom_header_of_a_simple_message_is_refused(sesv2: Any) -> None:
    call = simple_call(simple={"Headers": [{"Name": "X-Event", "Value": "a\r\nBcc: x@example.org"}]})
    assert refusal(sesv2, **call)[:2] == ("BadRequestException", "Illegal header 'X-Event'.")


def test_a_custom_header_may_not_repeat_one_of_the_message(sesv2: Any) -> None:
    call = simple_call(simple={"Headers": [{"Name": "Subject", "Value": "Another"}]})
    assert refusal(sesv2, **call)[1] == "Duplicate header 'Subject'."


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"To: a@example.org\r\nSubject: x\r\n\r\nHello", "Missing required header 'From'."),
        (b"<!DOCTYPE html>\r\nFrom: a@symposium.example.org\r\n\r\nHello", "Illegal header '<!DOCTYPE html>'."),
        (b"From: a@symposium.example.org\r\n: empty\r\n\r\nHello", "Empty header names are illegal."),
        (b" From: a@symposium.example.org\r\n\r\nHello", "Illegal header ' From'."),
        (b"From: a@symposium.example.org\r\nX: \xd0\x90\r\n\r\nHello", "Illegal header 'X'."),
        (b"From: a@symposium.example.org\r\nX: a\rb\r\n\r\nHello", "Illegal header 'X'."),
        (b"From: a@symposium.example.org\r\nSubject: 1\r\nSubject: 2\r\n\r\nHello", "Duplicate header 'Subject'."),
        (b"From: a@symposium.example.org\r\n\r\n" + b"x" * 999, "A line of the message is longer than 998 octets."),
        (b"  \r\n", "Raw message is empty."),
    ],
)
def test_a_malformed_raw_message_is_refused(sesv2: Any, data: bytes, words: str) -> None:
    assert refusal(sesv2, **raw_call(data=data)) == ("BadRequestException", words, 400)


def test_a_raw_message_above_forty_megabytes_is_refused(sesv2: Any) -> None:
    data = b"From: a@symposium.example.org\r\n\r\n" + (b"x" * 510 + b"\r\n") * (80 * 1024)
    assert "more than the allowed 41943040 bytes" in refusal(sesv2, **raw_call(data=data))[1]


def test_a_template_is_not_supported_and_says_so(sesv2: Any) -> None:
    call = raw_call(Content={"Template": {"TemplateName": "invitation", "TemplateData": "{}"}})
    code, message, _ = refusal(sesv2, **call)
    assert code == "BadRequestException"
    assert "not supported" in message


def test_an_unknown_configuration_set_is_not_found(sesv2: Any) -> None:
    assert refusal(sesv2, **raw_call(ConfigurationSetName="nowhere")) == (
        "NotFoundException",
        "Configuration set <nowhere> does not exist.",
        404,
    )


def test_a_paused_configuration_set_does_not_send(sesv2: Any) -> None:
    sesv2.create_configuration_set(ConfigurationSetName="paused", SendingOptions={"SendingEnabled": False})
    assert refusal(sesv2, **raw_call(ConfigurationSetName="paused"))[0] == "SendingPausedException"


def test_a_paused_account_does_not_send(sesv2: Any, control: Control) -> None:
    control("POST", "limits", sending_enabled=False)
    assert refusal(sesv2, **raw_call())[0] == "SendingPausedException"
    assert sesv2.get_account()["SendingEnabled"] is False


@pytest.mark.parametrize("value", ["INVITEE#1", "a b", "amira@example.org", ""])
def test_a_tag_value_takes_letters_digits_underscore_and_dash_only(sesv2: Any, value: str) -> None:
    code, message, _ = refusal(sesv2, **raw_call(EmailTags=[{"Name": "delivery", "Value": value}]))
    assert code == "BadRequestException"
    assert message.startswith(f"Invalid tag value <{value}>")


def test_an_unknown_operation_is_not_found(sesv2: Any) -> None:
    with pytest.raises(sesv2.exceptions.NotFoundException):
        sesv2.list_contact_lists()
