"""The whole application behind Chalice's test client, on an AWS in memory."""

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from chalice.test import Client, HTTPResponse

from app import app
from chalicelib import settings as settings_module
from chalicelib import wiring
from chalicelib.adapters import aws
from chalicelib.domain.invitee import Invitee
from tests.shelf import ADDRESS_KEY, BASE, KEYS, REGION, SETTINGS, Shelf, backend

CACHED = (settings_module.settings, wiring.table, wiring.events, wiring.links, wiring.documents,
          wiring.private_files, wiring.queue, wiring.pacer, wiring.mailer, wiring.post)  # fmt: skip


@dataclass
class Web:
    """Requests as API Gateway passes them on, and what the adapters hold behind them."""

    client: Client
    shelf: Shelf

    def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> HTTPResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.http.request(method, path.removeprefix(BASE), headers=named, body=body)

    def get(self, path: str, **headers: str) -> HTTPResponse:
        return self.request("GET", path, **headers)

    def api(self, method: str, path: str, body: Any = None, **headers: str) -> HTTPResponse:
        """A call of an organiser: a ``body`` that is not bytes goes as JSON."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.request(method, f"/api/events{path}", raw, **{"content_type": "application/json", **headers})

    def form(self, path: str, fields: dict[str, Any] | bytes) -> HTTPResponse:
        raw = fields if isinstance(fields, bytes) else urlencode(fields, doseq=True).encode()
        return self.request("POST", path, raw, content_type="application/x-www-form-urlencoded")

    def link(self, invitee: Invitee, path: str = "") -> str:
        return self.shelf.links.url(invitee, path=path)

    def leaving(self, invitee: Invitee, category: str = "invitations") -> str:
        return self.shelf.links.leaving(invitee, category)


@pytest.fixture
def web(shelf: Shelf, queue_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    queues = {"QUEUE": queue_url, "URGENT_QUEUE": queue_url.replace("deliver", "urgent"),
              "JOBS_QUEUE": queue_url.replace("deliver", "jobs")}  # fmt: skip
    for name, value in {**SETTINGS, **queues, "AWS_DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", shelf.ses.url)
    for name, secret in (("LINK_KEYS", json.dumps(KEYS)), ("ADDRESS_KEY", ADDRESS_KEY)):
        backend("secretsmanager").create_secret(SETTINGS[name], secret, None, None, [], None, None, [], False)
    for one in CACHED:
        one.cache_clear()
    monkeypatch.setattr(wiring, "now", shelf.clock)
    monkeypatch.setattr(wiring, "micros", shelf.post.micros)
    monkeypatch.setattr(wiring, "documents", functools.cache(lambda: shelf.documents))
    yield Web(Client(app), shelf)
    for one in CACHED:
        one.cache_clear()


@pytest.fixture(scope="session", autouse=True)
def forget_clients() -> Iterator[None]:
    """The application's clients are made while AWS is in memory; nobody after these tests may get one."""
    yield
    aws.client.cache_clear()
