"""A local SES, its clients, and a verified sender, for every test of this folder."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest

from infra.local.ses import SesServer
from tests.local.ses_calls import Control, Send, client_of, raw_call


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SesServer]:
    """One server for all tests."""
    with SesServer(tmp_path_factory.mktemp("mail"), rate=1000) as server:
        yield server


@pytest.fixture(scope="session")
def running_client(running: SesServer) -> Any:
    """Its sesv2 client."""
    return client_of("sesv2", running.url)


@pytest.fixture
def ses(running: SesServer) -> SesServer:
    """The server as it was started: empty."""
    running.control.reset()
    return running


@pytest.fixture
def sesv2(ses: SesServer, running_client: Any) -> Any:
    """A sesv2 client; symposium.example.org is verified."""
    running_client.create_email_identity(EmailIdentity="symposium.example.org")
    return running_client


@pytest.fixture
def send(sesv2: Any) -> Send:
    """Sends one raw message and gives its id."""

    def send(*to: str, **arguments: Any) -> str:
        return str(sesv2.send_email(**raw_call(*to, **arguments))["MessageId"])

    return send


@pytest.fixture
def control(ses: SesServer) -> Control:
    """Calls ``/_control/...``: ``control("POST", "faults", mode="fail", calls=1)``."""

    def control(method: str, path: str, **body: Any) -> Any:
        request = Request(f"{ses.url}/_control/{path}", json.dumps(body).encode() if body else None, method=method)
        with urlopen(request, timeout=5) as answer:
            return json.loads(answer.read())

    return control
