"""What the unit tests stand on: an event, people, and the adapters on moto's AWS and the project's own SES."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import quote_plus

import yaml
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID

from chalicelib.adapters.documents import Documents
from chalicelib.adapters.store.invitees import TOGETHER
from chalicelib.adapters.store.table import Table
from chalicelib.domain.event import Event, EventDocument
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.work import Job, Work
from chalicelib.usecases.desk import Desk
from chalicelib.usecases.publish_event import publish_event
from chalicelib.usecases.send import Post
from chalicelib.usecases.typeset_agenda import typeset_agenda
from infra.build import ROOT
from infra.local.ses import SesServer, events

REGION = "eu-central-1"
BASE = "https://convoke.example.org"
KEYS = {"current": "1", "1": "the first key of the tests"}
ADDRESS_KEY = "the key of the tests' address hashes"
SETTINGS = {"TABLE": "convoke", "BUCKET": "convoke-files", "PRIVATE_BUCKET": "convoke-private",
            "LINK_KEYS": "link-keys", "ADDRESS_KEY": "address-key",
            "BASE_URL": BASE, "CONFIGURATION_SET": "convoke", "TYPESETTER": "typeset"}  # fmt: skip
NOW = datetime(2021, 1, 14, 9, 0, tzinfo=UTC)
"""Two weeks before the event, and before its deadline."""

DEADLINE = datetime(2021, 1, 26, 17, 0, tzinfo=UTC)
STARTS = {"session-1": datetime(2021, 1, 28, 7, 30, tzinfo=UTC), "session-2": datetime(2021, 1, 28, 9, 20, tzinfo=UTC)}
ENDS = datetime(2021, 1, 28, 11, 0, tzinfo=UTC)

DOCUMENT: dict[str, Any] = {
    "title": {"en": "Symposium on Migration", "ru": "Симпозиум по миграции"},
    "languages": ["en", "ru"],
    "time_zone": "Europe/Vienna",
    "date": "2021-01-28",
    "organiser": {
        "name": {"en": "Secretariat", "ru": "Секретариат"},
        "sender": "invitations@symposium.example.org",
        "reply_to": "secretariat@symposium.example.org",
    },
    "venue": {"name": {"en": "Zoom", "ru": "Zoom"}, "join_url": "https://zoom.example.org/j/1"},
    "categories": {"government": {"en": "Government", "ru": "Правительство"}, "un": {"en": "UN", "ru": "ООН"}},
    "sessions": [
        {"id": "session-1", "title": {"en": "First", "ru": "Первая"}, "starts": "08:30", "ends": "10:10"},
        {"id": "break", "kind": "break", "title": {"en": "Break", "ru": "Перерыв"}, "starts": "10:10", "ends": "10:20"},
        {"id": "session-2", "title": {"en": "Second", "ru": "Вторая"}, "starts": "10:20", "ends": "12:00"},
    ],
    "answer_by": {"days_before": 2, "at": "18:00"},
    "reminders": [{"id": "hour-before", "before_minutes": 60}],
    "feedback": {
        "after_minutes": 30,
        "open_days": 14,
        "questions": [
            {"id": "overall", "kind": "rating", "required": True, "label": {"en": "Overall", "ru": "В целом"}},
            {"id": "best", "kind": "choice", "label": {"en": "Best", "ru": "Лучшее"},
             "choices": [{"en": "Talks", "ru": "Доклады"}, {"en": "Round tables", "ru": "Круглые столы"}]},
            {"id": "more", "kind": "text", "label": {"en": "More", "ru": "Ещё"}},
        ],
    },
    "consent": {"en": "I agree.", "ru": "Я согласен."},
}  # fmt: skip

QUEUES = ("urgent", "deliver")
"""The queues of mail, in the order in which the tests work them off."""

FORM = {"name": ["Clara Weiss"], "organisation": ["Ministry"], "sessions": ["session-1"], "consent": ["yes"]}
"""A registration as a browser posts it."""


def raw_document(**changes: Any) -> dict[str, Any]:
    """The event document as JSON has it, with fields replaced by those given."""
    return {**copy.deepcopy(DOCUMENT), **changes}


def document(**changes: Any) -> EventDocument:
    return EventDocument.model_validate(raw_document(**changes))


def moved(to: str = "2021-02-04") -> EventDocument:
    """The same event a week later."""
    return document(date=to)


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    time: datetime = NOW

    def __call__(self) -> datetime:
        return self.time

    def pass_(self, **span: float) -> datetime:
        self.time += timedelta(**span)
        return self.time


@dataclass
class InProcessTypesetter:
    """Lambda's client for the one function that is invoked, which runs here; it counts its calls."""

    documents: Callable[[], Documents]
    events: Callable[[], Any]
    calls: list[dict[str, Any]] = field(default_factory=list)
    failing: bool = False

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        order = json.loads(Payload)
        self.calls.append(order)
        if self.failing:
            return {"FunctionError": "Unhandled", "Payload": BytesIO(b'{"errorMessage": "no ink"}')}
        done = typeset_agenda(self.events(), self.documents(), order)
        return {"Payload": BytesIO(json.dumps(done).encode())}


@dataclass
class Shelf:
    """Every adapter, built once for a test. ``post.sleep`` only writes down how long it would have waited."""

    table: Table
    dynamodb: Any
    sqs: Any
    s3: Any
    ses: SesServer
    post: Post
    desk: Desk
    typesetter: InProcessTypesetter
    clock: Clock
    slept: list[float]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.post, name)

    def publish(self, event_id: str = "symposium", /, **changes: Any) -> Event:
        return publish_event(self.post.events, event_id, document(**changes), self.clock()).event

    def invite(self, *names: str, event: str = "symposium", **facts: Any) -> list[Invitee]:
        """People of an event, in the table: ``invite("clara", language="ru")`` is clara@example.org."""
        people = [person(name, event=event, **facts) for name in names]
        for start in range(0, len(people), TOGETHER):
            self.post.invitees.create([(one, self.hash_of(one.email)) for one in people[start : start + TOGETHER]])
        return people

    def hash_of(self, email: str) -> str:
        return self.links.address_hash(email.lower())

    def file(self, invitee: Invitee) -> Any:
        found = self.post.invitees.file(invitee.id)
        assert found is not None
        return found

    def items(self, pk: str = "", sk: str = "") -> list[dict[str, Any]]:
        """The stored items as DynamoDB holds them, those whose keys begin so, in order of their keys."""
        table = backend("dynamodb").tables[SETTINGS["TABLE"]]
        stored = (copy.deepcopy(item.to_json()["Attributes"]) for item in table.all_items())
        every = sorted(stored, key=lambda item: (item["PK"]["S"], item["SK"]["S"]))
        return [item for item in every if item["PK"]["S"].startswith(pk) and item["SK"]["S"].startswith(sk)]

    def delivery(self, invitee: Invitee, kind: str = "invitation", occurrence: str = "1") -> dict[str, Any]:
        """The ledger's line; empty when there is none."""
        return self.table.get((f"INVITEE#{invitee.id}", f"DELIVERY#{kind}#{occurrence}"), consistent=True) or {}

    def state(self, invitee: Invitee, kind: str = "invitation", occurrence: str = "1") -> str:
        return str(self.delivery(invitee, kind, occurrence).get("state", ""))

    def queued(self, queue: str = "") -> list[tuple[Work, int]]:
        """What lies in the queues of mail, or in one of them, and how many seconds each message was to wait."""
        queues = backend("sqs").queues
        messages = [one for name in ([queue] if queue else QUEUES) for one in queues[name]._messages]
        waits = [round(max(0, one.delayed_until - one.sent_timestamp) / 1000) for one in messages]
        return [(Work.model_validate_json(one.body), wait) for one, wait in zip(messages, waits, strict=True)]

    def jobs(self) -> list[Job]:
        """What waits for the desk."""
        messages = backend("sqs").queues["jobs"]._messages
        return [Job.model_validate_json(one.body) for one in messages]

    def take_jobs(self) -> list[Job]:
        """Empty the desk's queue."""
        jobs = self.jobs()
        backend("sqs").queues["jobs"]._messages.clear()
        return jobs

    def take(self) -> list[Work]:
        """Empty the queue, whatever waits in it."""
        works = [work for work, _ in self.queued()]
        for name in QUEUES:
            backend("sqs").queues[name]._messages.clear()
        return works

    def mails(self, **tags: str) -> list[EmailMessage]:
        """What SES accepted, oldest first, as the recipient's program parses it."""
        found = []
        for accepted in self.ses.messages(**tags):
            mail = message_from_bytes(self.ses.mailbox.raw(accepted.id), policy=policy.default)
            assert isinstance(mail, EmailMessage) and not mail.defects
            found.append(mail)
        return found

    def recipients(self, **tags: str) -> list[str]:
        return sorted(address for one in self.ses.messages(**tags) for address in one.destination)

    def told(self, message_id: str, kind: str, outcome: str = "delivery") -> dict[str, Any]:
        """The event of this kind ("Send", "Bounce", …) that SES publishes about a message with this outcome."""
        message = self.ses.mailbox.get(message_id)
        assert message is not None
        became = {**vars(message), "outcomes": dict.fromkeys(message.destination, outcome)}
        headers = BytesHeaderParser().parsebytes(self.ses.mailbox.raw(message_id))
        at_once, later = events.events(self.ses.account, type(message)(**became), headers)
        every = {event["eventType"]: event for _, event in (*at_once, *later)}
        return json.loads(json.dumps(every[kind]))  # type: ignore[no-any-return]


def backend(service: str, region: str = REGION) -> Any:
    """Where moto keeps what a service holds."""
    return get_backend(service)[DEFAULT_ACCOUNT_ID][region]  # type: ignore[call-overload]


def object_created(key: str) -> str:
    """S3's message about a new object: S3 user guide, "Event message structure"."""
    placed = {"bucket": {"name": SETTINGS["BUCKET"]}, "object": {"key": quote_plus(key, safe="/"), "size": 1}}
    record = {"eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": placed}
    return json.dumps({"Records": [record]})


def person(name: str, *, event: str = "symposium", **facts: Any) -> Invitee:
    """An invitee whose id and address follow from the name."""
    said = {"email": f"{name}@example.org", "name": name.title(), "language": "en", "time_zone": "Europe/Vienna"}
    return Invitee(id=name.ljust(20, "x"), event=event, **{**said, **facts})


@cache
def resources() -> dict[str, Any]:
    """The resources of the template, its functions apart."""
    stated: dict[str, Any] = yaml.load((ROOT / "infra/resources.yaml").read_text(), Loader=_Template)["Resources"]
    return stated


@cache
def table_definition() -> dict[str, Any]:
    """CreateTable's arguments, from the template that AWS gets."""
    properties = resources()["Table"]["Properties"]
    wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    return {"TableName": SETTINGS["TABLE"], **{name: properties[name] for name in wanted}}


class _Template(yaml.SafeLoader):
    """CloudFormation's short forms (``!Ref``) are read and left alone."""


_Template.add_multi_constructor("!", lambda loader, suffix, node: (suffix, node.value))


def keyed(items: list[dict[str, Any]]) -> Iterator[str]:
    return (f"{item['PK']['S']} {item['SK']['S']}" for item in items)
