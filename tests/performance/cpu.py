"""CPU of one mail: writing it, and the whole of an invitation against endpoints in another process.

The whole is the worker as it runs in Lambda, threads included; the same calls, made bare and one after the other, show
what of it is boto3's own.
"""

import os
import time
from io import BytesIO
from typing import Any

from botocore import xform_name

from chalicelib.adapters.aws import client
from chalicelib.adapters.documents import Documents
from chalicelib.adapters.links import Links
from chalicelib.adapters.mime import build
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.table import Table
from chalicelib.domain.event import Event, EventDocument
from chalicelib.domain.work import Work
from chalicelib.usecases.compose import compose
from tests.performance import drive, stubbed
from tests.performance.report import Measured, Row, hand_over
from tests.performance.stub import PDF
from tests.shelf import BASE, KEYS, person

WRITTEN = 1000
"""Mails that are only written."""

SENT = 1000
"""Mails that are sent."""


class Bucket:
    """S3 without a request: fetching belongs to the whole, not to the writing."""

    def get_object(self, **_: str) -> dict[str, Any]:
        return {"ETag": "one", "Body": BytesIO(PDF)}


def writing() -> float:
    """Milliseconds of CPU to render and build one mail with a PDF of 60 KB and a calendar."""
    document = EventDocument.model_validate(drive.document())
    event = Event(id=drive.EVENT, version=1, document=document, published_at=drive.now(), proposed=True)
    work = Work(event=event.id, kind="invitation", occurrence="1")
    links, moment = Links(lambda: KEYS, BASE, lambda: "hashes"), drive.now()
    events = Events(Table(None, ""))
    files = Documents(Bucket(), "", lambda: None, "")
    people = [person(f"person{number}", language=("en", "ru")[number % 2]) for number in range(WRITTEN)]
    begun = 0.0
    for number, invitee in enumerate(people):
        if number == WRITTEN // 10:  # templates are compiled by now
            begun = time.process_time()
        raw = build(compose(events, links, files, event, work, invitee, None, moment))
        assert len(raw) > 80_000
    return (time.process_time() - begun) / (WRITTEN - WRITTEN // 10) * 1000


def sending() -> tuple[float, float, float]:
    """Milliseconds of CPU and calls of a whole invitation, and milliseconds of the same calls made bare."""
    with stubbed.event(SENT):
        bodies = iter(drive.start("invitation", stubbed.queued))
        for body in (next(bodies), next(bodies)):
            drive.messages("deliver", body)
        services = [client(name) for name in ("dynamodb", "sesv2", "s3", "sqs")]
        calls: list[tuple[Any, str, dict[str, Any]]] = []
        *rest, last = bodies
        begun = time.process_time()
        for body in rest:
            drive.messages("deliver", body)
        whole = time.process_time() - begun
        stubbed.recorded(services, calls)
        drive.messages("deliver", last)
        calls, mails = list(calls), sum(name == "SendEmail" for _, name, _ in calls)
        begun = time.process_time()
        for _ in range(len(rest)):
            for one, operation, params in calls:
                _bare(one, operation, params)
        bare = time.process_time() - begun
    total = mails * len(rest)
    return whole / total * 1000, len(calls) / mails, bare / total * 1000


def _bare(one: Any, operation: str, params: dict[str, Any]) -> None:
    try:
        getattr(one, xform_name(operation))(**params)
    except one.exceptions.ClientError as said:
        if said.response["ResponseMetadata"]["HTTPStatusCode"] != 304:
            raise


def measure() -> Measured:
    whole, calls, bare = sending()
    return Measured([
        Row("CPU: render and build one mail, 60 KB PDF and calendar", writing(), "ms", 1),
        Row("CPU: a whole invitation, claim to record", whole, "ms", 9, note=f"{SENT} mails; {os.cpu_count()} cores"),
        Row("CPU: the same calls by boto3 alone", bare, "ms", note=f"{calls:.2f} calls a mail, one after the other"),
        Row("CPU: a whole invitation beyond boto3's own", whole - bare, "ms", 2.7, note="9 by boto3's 6.3"),
    ])  # fmt: skip


if __name__ == "__main__":
    hand_over(measure)
