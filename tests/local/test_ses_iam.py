"""SES asks IAM first. A stand-in shows what is passed on; a real emulator shows that policies decide.

The second half runs where ``CONVOKE_MINISTACK`` names the emulator's executable.
"""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from infra.local.ses import SesServer
from tests.local.ses_calls import client_of, raw_call

MINISTACK = os.environ.get("CONVOKE_MINISTACK", "")
IDENTITY = "arn:aws:ses:eu-central-1:000000000000:identity"
Allowed = Callable[[Any], str]


class StandIn(HTTPServer):
    """An IAM endpoint that records requests and answers with one status."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _StandInHandler)
        self.status = 400
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []


class _StandInHandler(BaseHTTPRequestHandler):
    server: StandIn

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.command, self.path, dict(self.headers.items()), body))
        self.send_response(self.server.status)
        self.send_header("x-amzn-ErrorType", "AccessDeniedException")
        self.end_headers()
        self.wfile.write(b'{"message": "no"}')

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def iam() -> Iterator[StandIn]:
    server = StandIn()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def guarded(iam: StandIn, tmp_path: Path) -> Iterator[SesServer]:
    with SesServer(tmp_path, iam_endpoint=f"http://127.0.0.1:{iam.server_port}") as server:
        yield server


def test_the_very_same_request_is_asked_about_and_a_denial_is_passed_on(iam: StandIn, guarded: SesServer) -> None:
    iam.status = 403
    client = client_of("sesv2", guarded.url)
    with pytest.raises(ClientError) as caught:
        client.delete_email_identity(EmailIdentity="a+b@example.org")
    assert caught.value.response["Error"] == {"Code": "AccessDeniedException", "Message": "no"}
    ((method, path, headers, _),) = iam.seen
    assert (method, path) == ("DELETE", "/v2/email/identities/a%2Bb%40example.org")
    assert headers["Host"] == guarded.url.removeprefix("http://")
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIAWORKER/")


def test_a_denied_message_is_not_stored(iam: StandIn, guarded: SesServer) -> None:
    iam.status = 403
    with pytest.raises(ClientError, match="no"):
        client_of("sesv2", guarded.url).send_email(**raw_call())
    assert guarded.messages() == []


def test_a_permission_is_remembered_for_a_second_and_a_denial_is_not(iam: StandIn, guarded: SesServer) -> None:
    client = client_of("sesv2", guarded.url)
    for _ in range(5):
        client.get_account()
    assert len(iam.seen) == 1
    client.list_email_identities()
    assert len(iam.seen) == 2
    time.sleep(1.05)
    iam.status = 403
    for _ in range(2):
        with pytest.raises(ClientError):
            client.get_account()
    assert len(iam.seen) == 4


def test_an_iam_that_does_not_answer_denies(tmp_path: Path) -> None:
    with SesServer(tmp_path, iam_endpoint="http://127.0.0.1:9") as server, pytest.raises(ClientError) as caught:
        client_of("sesv2", server.url).get_account()
    assert "does not answer" in caught.value.response["Error"]["Message"]


# -- with a real emulator ---------------------------------------------------------------------------------------

with_emulator = [
    pytest.mark.integration,
    pytest.mark.skipif(not MINISTACK, reason="CONVOKE_MINISTACK names no emulator"),
]


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "AUTH": "true"}
    process = subprocess.Popen(
        [MINISTACK], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(150):
        try:
            urlopen(f"{url}/_ministack/health", timeout=1).read()
            break
        except (URLError, OSError):
            time.sleep(0.2)
    yield url
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(timeout=20)


@pytest.fixture(scope="module")
def real(emulator: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SesServer]:
    with SesServer(tmp_path_factory.mktemp("mail"), iam_endpoint=emulator) as server:
        root = client_of("sesv2", server.url, "test", "test")
        root.create_email_identity(EmailIdentity="symposium.example.org")
        root.create_configuration_set(ConfigurationSetName="events")
        yield server


def policy(action: str, *resources: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": list(resources) or "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def role(emulator: str) -> Callable[[str], tuple[str, str, str]]:
    """Credentials of a session of a role with one policy, as a Lambda has them."""
    iam, sts = client_of("iam", emulator, "test", "test"), client_of("sts", emulator, "test", "test")

    def role(document: str) -> tuple[str, str, str]:
        name = f"worker-{uuid4().hex}"
        statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="only", PolicyDocument=document)
        keys = sts.assume_role(RoleArn=arn, RoleSessionName="function")["Credentials"]
        return keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]

    return role


def outcome(server: SesServer, keys: tuple[str, str, str], **arguments: Any) -> str:
    """``sent``, or the error code."""
    try:
        client_of("sesv2", server.url, *keys).send_email(**raw_call(**arguments))
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "sent"


class TestWithAnEmulator:
    pytestmark = with_emulator

    def test_a_role_may_send_only_with_ses_send_email(self, real: SesServer, role: Any) -> None:
        assert outcome(real, role(policy("ses:SendEmail"))) == "sent"
        assert outcome(real, role(policy("ses:GetAccount"))) == "AccessDeniedException"
        assert outcome(real, role(policy("ses:SendRawEmail"))) == "AccessDeniedException"

    def test_a_role_may_be_held_to_one_identity_and_configuration_set(self, real: SesServer, role: Any) -> None:
        mine = f"{IDENTITY}/symposium.example.org"
        events = mine.replace("identity/symposium.example.org", "configuration-set/events")
        assert outcome(real, role(policy("ses:SendEmail", mine))) == "sent"
        assert outcome(real, role(policy("ses:SendEmail", f"{IDENTITY}/other.example.org"))) == "AccessDeniedException"
        named = {"ConfigurationSetName": "events"}
        assert outcome(real, role(policy("ses:SendEmail", mine)), **named) == "AccessDeniedException"
        assert outcome(real, role(policy("ses:SendEmail", mine, events)), **named) == "sent"

    def test_a_wrong_secret_a_wrong_token_and_an_unknown_key_are_refused(self, real: SesServer, role: Any) -> None:
        key, secret, token = role(policy("ses:*"))
        assert outcome(real, (key, "x" * 40, token)) == "InvalidSignatureException"
        assert outcome(real, (key, secret, "x" * 40)) == "UnrecognizedClientException"
        assert outcome(real, ("AKIAXXXXXXXXXXXXXXXX", secret, token)) == "UnrecognizedClientException"
