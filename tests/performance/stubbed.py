"""The functions against the stub: an event with any number of people, and its batch in the queue."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.performance import drive, stub


@contextmanager
def event(people: int, latency: float = 0.0, table: float = 0.0) -> Iterator[str]:
    """A published event with this many invitees, who are made up; gives the stub's address.

    SES answers after ``latency`` seconds, the table after ``table``.
    """
    with stub.running(latency, table) as url:
        fill(people, url)
        yield url


def fill(people: int, url: str) -> None:
    """Publish the event and invite the people at the stub of this address."""
    drive.environment(aws=url)
    drive.request("PUT", "", drive.document())
    one = [{"email": "clara@example.org", "name": "Clara Weiss", "language": "en", "time_zone": "Asia/Tashkent"}]
    drive.request("POST", "/invitees", one)
    stub.multiply(url, people)


def queued(queue: str) -> Iterator[str]:
    """What lies in a queue of the stub, until it is empty."""
    from chalicelib.adapters.aws import client

    sqs, url = client("sqs"), drive.queue_url(queue)
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        yield from (message["Body"] for message in messages)


def recorded(clients: list[Any], calls: list[tuple[Any, str, dict[str, Any]]]) -> None:
    """From now on every call of these clients is written into ``calls``: client, operation, parameters."""
    for one in clients:
        service = one.meta.service_model.service_name

        def note(params: dict[str, Any], model: Any, one: Any = one, **_: Any) -> None:
            calls.append((one, model.name, params))

        one.meta.events.register(f"provide-client-params.{service}", note)


def calls(url: str) -> dict[str, int]:
    """How often each operation was asked for."""
    with urllib.request.urlopen(f"{url}/_calls") as answer:
        counted: dict[str, int] = json.loads(answer.read())
    return counted
