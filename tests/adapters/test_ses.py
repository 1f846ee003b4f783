"""Sending through SES: one attempt, and an error that says what can be known. The server is our strict one."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    NoCredentialsError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from chalicelib.adapters.aws import ONCE, client
from chalicelib.adapters.mime import build
from chalicelib.adapters.ses import (
    MISCONFIGURED,
    Mailer,
    Misconfigured,
    NotAccepted,
    QuotaUsedUp,
    Refused,
    Throttled,
    Unsure,
)
from chalicelib.domain.message import Message
from infra.local.ses import SesServer
from tests.shelf import NOW, REGION

Fault = Callable[..., None]


def message(**facts: Any) -> Message:
    said = {
        "reference": "clara.invitation.1", "date": NOW, "language": "en", "sender_name": "Secretariat",
        "sender": "invitations@symposium.example.org", "reply_to": "secretariat@symposium.example.org",
        "recipient_name": "Clara", "recipient": "clara@example.org", "subject": "Symposium", "text": "Come.",
        "html": "<p>Come.</p>", "tags": {"invitee": "clara", "kind": "invitation", "occurrence": "1"},
    }  # fmt: skip
    return Message(**{**said, **facts})


def mailer_at(url: str, configuration_set: str = "convoke") -> Mailer:
    session = boto3.session.Session("testing", "testing", region_name=REGION)
    return Mailer(session.client("sesv2", endpoint_url=url, config=ONCE), configuration_set)


@pytest.fixture
def mailer(mail_server: SesServer) -> Mailer:
    return mailer_at(mail_server.url)


def send(mailer: Mailer, **facts: Any) -> str:
    said = message(**facts)
    return mailer.send(said, build(said))


def test_a_mail_goes_to_one_recipient_with_its_bytes_tags_and_configuration_set(
    mailer: Mailer, mail_server: SesServer
) -> None:
    said = message()
    message_id = mailer.send(said, build(said))
    [accepted] = mail_server.messages()
    assert accepted.id == message_id
    assert accepted.destination == ["clara@example.org"]
    assert accepted.tags == {"invitee": "clara", "kind": "invitation", "occurrence": "1"}
    assert accepted.configuration_set == "convoke"
    assert mail_server.mailbox.raw(message_id) == build(said)


def test_throttled_means_not_accepted_and_nothing_was_sent(
    mailer: Mailer, mail_server: SesServer, fault: Fault
) -> None:
    fault("throttle")
    with pytest.raises(Throttled, match="TooManyRequestsException: Maximum sending rate exceeded"):
        send(mailer)
    assert mail_server.messages() == []


def test_the_real_rate_limit_means_not_accepted(mailer: Mailer, mail_server: SesServer) -> None:
    mail_server.account.limits.set(max_send_rate=1)
    send(mailer)
    with pytest.raises(NotAccepted):
        send(mailer)
    assert len(mail_server.messages()) == 1


def test_paused_sending_is_a_fault_of_the_account(mailer: Mailer, mail_server: SesServer) -> None:
    mail_server.account.sending_enabled = False
    with pytest.raises(Misconfigured, match="SendingPaused"):
        send(mailer)


def test_a_server_error_means_unsure_and_is_asked_once(mailer: Mailer, mail_server: SesServer, fault: Fault) -> None:
    fault("fail", 2)
    with pytest.raises(Unsure):
        send(mailer)
    assert mail_server.account.faults.waiting() == 1, "a client that retries would have met the second fault too"


def test_a_connection_lost_after_accepting_means_unsure_and_one_mail(
    mailer: Mailer, mail_server: SesServer, fault: Fault
) -> None:
    fault("drop")
    with pytest.raises(Unsure, match="no answer"):
        send(mailer)
    assert len(mail_server.messages()) == 1


def test_what_ses_refuses_for_good_is_refused(mailer: Mailer, mail_server: SesServer) -> None:
    with pytest.raises(Refused):
        send(mailer, tags={"occurrence": "no spaces here"})
    assert mail_server.messages() == []


def test_a_sender_that_is_not_verified_is_a_fault_of_the_account(mailer: Mailer, mail_server: SesServer) -> None:
    with pytest.raises(Misconfigured, match="MessageRejected: Email address is not verified"):
        send(mailer, sender="somebody@elsewhere.example")
    assert mail_server.messages() == []


def test_an_unknown_configuration_set_is_a_fault_of_the_configuration(mail_server: SesServer) -> None:
    with pytest.raises(Misconfigured, match="NotFoundException"):
        send(mailer_at(mail_server.url, "no-such-set"))


class Failing:
    """A client that gets no further than this error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def send_email(self, **_: Any) -> dict[str, Any]:
        raise self._error


def answered(code: str, message: str = "", status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "SendEmail")


@pytest.mark.parametrize("error, kind", [
    (NoCredentialsError(), NotAccepted),
    (SSLError(endpoint_url="e", error="x"), Unsure),
    (ConnectionClosedError(endpoint_url="e"), Unsure),
    (ResponseParserError("half an answer"), Unsure),
    (answered("TooManyRequestsException", "Daily message quota exceeded.", 429), QuotaUsedUp),
    (answered("403", "Forbidden", 403), Misconfigured),
    (answered("InvalidClientTokenId", "The security token is invalid.", 403), Misconfigured),
    (answered("MissingAuthenticationTokenException", "Missing token.", 401), Misconfigured),
    (answered("408", "Request Timeout", 408), Unsure),
    (answered("MessageRejected", "Illegal content."), Refused),
    *((answered(code), Misconfigured) for code in sorted(MISCONFIGURED)),
], ids=str)  # fmt: skip
def test_each_fault_says_whether_a_mail_may_have_gone_out_and_what_helps(
    error: Exception, kind: type[Exception]
) -> None:
    said = message()
    with pytest.raises(kind):
        Mailer(Failing(error), "convoke").send(said, build(said))


def test_nobody_listening_means_not_accepted() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NotAccepted, match="no connection"):
            send(mailer_at(f"http://127.0.0.1:{taken.getsockname()[1]}"))


@pytest.fixture
def mute() -> Iterator[str]:
    """Something that takes connections and requests and never answers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        held: list[socket.socket] = []

        def accept() -> None:
            try:
                while True:
                    held.append(server.accept()[0])
            except OSError:
                return

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        for one in held:
            one.close()


def test_no_answer_in_time_means_unsure(mute: str) -> None:
    impatient = boto3.session.Session("testing", "testing", region_name=REGION).client(
        "sesv2", endpoint_url=mute, config=ONCE.merge(type(ONCE)(read_timeout=0.2))
    )
    with pytest.raises(Unsure, match="no answer"):
        said = message()
        Mailer(impatient, "convoke").send(said, build(said))


@pytest.mark.parametrize("service, attempts", [("sesv2", 1), ("dynamodb", 4)])
def test_the_client_of_the_application_tries_ses_once_and_the_others_again(
    service: str, attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    client.cache_clear()
    assert client(service).meta.config.retries["total_max_attempts"] == attempts
    client.cache_clear()


def test_ses_tells_its_limits(mailer: Mailer, mail_server: SesServer) -> None:
    mail_server.account.limits.set(14, 50_000)
    send(mailer)
    said = mailer.limits()
    assert (said.max_send_rate, said.max_24_hour_send, said.sent_last_24_hours) == (14, 50_000, 1)


def test_limits_that_ses_does_not_tell_are_a_mail_error() -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(NotAccepted, match="GetAccount"):
        mailer_at(url).limits()
