"""The functions as Lambda calls them, in this process: requests, queue messages, minutes and SES's events.

``wiring`` builds the adapters from the environment, as it does in Lambda; where they lead to is the caller's choice:
moto's AWS in memory, or the stub.
"""

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from chalice.test import Client, TestEventsClient

from tests.shelf import REGION, object_created, raw_document

EVENT = "symposium"
NAMES = {
    "TABLE": "convoke",
    "BUCKET": "convoke-files",
    "PRIVATE_BUCKET": "convoke-private",
    "LINK_KEYS": "link-keys",
    "ADDRESS_KEY": "address-key",
    "BASE_URL": "https://convoke.example.org",
    "CONFIGURATION_SET": "convoke",
    "TYPESETTER": "typeset",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "measured",
    "AWS_SECRET_ACCESS_KEY": "measured",
}
QUEUES = {"QUEUE": "deliver", "URGENT_QUEUE": "urgent", "JOBS_QUEUE": "jobs"}


Queued = Callable[[str], Iterable[str]]
"""Empties a queue: the bodies of what lay in it."""

LONGEST = 3
"""Minutes until everything is fed where SES sets no limit: the first feed does not know that yet."""


class Context:
    """Lambda's context, with a minute left."""

    function_name = "measured"
    aws_request_id = "1"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def environment(aws: str = "", ses: str = "") -> None:
    """What the template tells the functions; ``aws`` and ``ses`` are other endpoints than AWS's own."""
    at = aws or f"https://sqs.{REGION}.amazonaws.com"
    os.environ.update({**NAMES, **{name: f"{at}/123456789012/{queue}" for name, queue in QUEUES.items()}})
    if aws:
        os.environ["AWS_ENDPOINT_URL"] = aws
    if ses:
        os.environ["AWS_ENDPOINT_URL_SESV2"] = ses


def queue_url(queue: str) -> str:
    return next(os.environ[name] for name, one in QUEUES.items() if one == queue)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def document() -> dict[str, Any]:
    """An event in two months, whose invitation brings a calendar and a document."""
    return raw_document(
        date=f"{now() + timedelta(days=60):%Y-%m-%d}",
        documents=[{"id": "note", "title": {"en": "Concept note", "ru": "Записка"}, "filename": "note.pdf"}],
        attachments={"invitation": ["note", "calendar"], "reminder": ["calendar"]},
    )


def request(method: str, path: str, body: Any = None, **headers: str) -> Any:
    """An organiser's call; the answer's JSON. Raises RuntimeError for a refusal."""
    from app import app

    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    answer = Client(app).http.request(method, f"/api/events/{EVENT}{path}", headers=sent, body=raw)
    if answer.status_code >= 300:
        raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.body!r}")
    return json.loads(answer.body)


def call(function: str, event: dict[str, Any]) -> Any:
    from app import app

    return app.handler_map[function](event, Context())


def tick(at: datetime) -> Any:
    """One run of the clock, which is a container of its own: what it learned of the pace stays there."""
    from app import app
    from chalicelib import wiring

    event = TestEventsClient(app).generate_cw_event("aws.events", "Scheduled Event", {}, [])
    done = call("clock", {**event, "time": f"{at:%Y-%m-%dT%H:%M:%SZ}"})
    wiring.pacer.cache_clear()
    wiring.post.cache_clear()
    return done


def messages(function: str, *bodies: str) -> Any:
    """One run of a function that works off a queue. Raises RuntimeError when messages go back."""
    from app import app

    event = TestEventsClient(app).generate_sqs_event(list(bodies))
    for number, record in enumerate(event["Records"]):
        record["messageId"] = f"message-{number}"
    answer = call(function, event)
    if answer and answer["batchItemFailures"]:
        raise RuntimeError(f"{function}: {answer}")
    return answer


def delivered(message_id: str, address: str, tags: dict[str, str]) -> str:
    """SES's "Delivery" event: Amazon SES Developer Guide, "Examples of event data"."""
    moment = f"{now():%Y-%m-%dT%H:%M:%S}.000Z"
    mail = {
        "timestamp": moment,
        "messageId": message_id,
        "destination": [address],
        "tags": {name: [value] for name, value in tags.items()},
    }
    delivery = {"timestamp": moment, "recipients": [address]}
    return json.dumps({"eventType": "Delivery", "mail": mail, "delivery": delivery})


def told(put: Callable[[str, bytes], None], events: list[str]) -> None:
    """SES's events as one object: ``put`` does what Firehose does, then S3 tells the function of it."""
    key = f"mail-events/{uuid4()}"
    put(key, "".join(f"{event}\n" for event in events).encode())
    messages("ses_events", object_created(key))


def planned(kind: str, queued: Queued) -> float:
    """Have a batch planned; the seconds that it took."""
    begun = time.perf_counter()
    batch = request("POST", "/batches", {"kind": kind}, idempotency_key=f"measured-{kind}")
    if batch["state"] == "planning":
        begun = time.perf_counter()
        for body in queued("jobs"):
            messages("desk", body)
    return time.perf_counter() - begun


def approved(kind: str, queued: Queued) -> None:
    """Plan a batch and approve what was planned."""
    planned(kind, queued)
    [batch] = [one for one in request("GET", "/batches")["batches"] if one["kind"] == kind]
    request("POST", f"/batches/{batch['batch']}/approve", {"fingerprint": batch["fingerprint"]})


def start(kind: str, queued: Queued) -> Iterator[str]:
    """Plan and approve a batch; everything that the queue is fed with, minute by minute."""
    approved(kind, queued)
    for _ in range(LONGEST):
        yield from queued("deliver")
        tick(now())
    yield from queued("deliver")
