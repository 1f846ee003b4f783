"""An AWS in memory for counting: moto's table, queues, bucket and secrets, and the project's own strict SES."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto import mock_aws
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models.dynamo_type import DynamoType

from chalicelib.adapters.aws import client
from chalicelib.adapters.store.table import Table
from infra.local.ses import SesServer
from infra.local.ses.account import ConfigurationSet, Identity
from tests.performance import drive
from tests.performance.stub import PDF
from tests.performance.stub_table import SHARDS
from tests.performance.units import Meter, Wire
from tests.shelf import ADDRESS_KEY, KEYS, REGION, table_definition

SERVICES = ("dynamodb", "sqs", "s3", "sesv2", "secretsmanager")


def standing(table: str, key: Wire) -> Wire | None:
    """The item as moto holds it, without a request."""
    held = get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][REGION].tables[table]
    item = held.get_item(DynamoType(key["PK"]), DynamoType(key["SK"]))
    return item.to_json()["Attributes"] if item else None


@contextmanager
def table() -> Iterator[Table]:
    """The table alone, empty."""
    with mock_aws():
        drive.environment()
        client("dynamodb").create_table(**table_definition())
        yield Table(client("dynamodb"), drive.NAMES["TABLE"])


@contextmanager
def account(rate: float) -> Iterator[tuple[SesServer, Meter]]:
    """Everything the functions need, empty but for the files, and a meter on each of their clients."""
    with tempfile.TemporaryDirectory() as box, SesServer(box, rate=rate, daily=10_000_000) as ses, mock_aws():
        drive.environment(ses=ses.url)
        client("dynamodb").create_table(**table_definition())
        for queue in drive.QUEUES.values():
            client("sqs").create_queue(QueueName=queue)
        where: Any = {"LocationConstraint": REGION}
        client("s3").create_bucket(Bucket=drive.NAMES["BUCKET"], CreateBucketConfiguration=where)
        for language in ("en", "ru"):
            key = f"events/{drive.EVENT}/documents/note.{language}.pdf"
            client("s3").put_object(Bucket=drive.NAMES["BUCKET"], Key=key, Body=PDF)
        client("secretsmanager").create_secret(Name=drive.NAMES["LINK_KEYS"], SecretString=json.dumps(KEYS))
        client("secretsmanager").create_secret(Name=drive.NAMES["ADDRESS_KEY"], SecretString=ADDRESS_KEY)
        ses.account.identities["symposium.example.org"] = Identity("symposium.example.org")
        name = drive.NAMES["CONFIGURATION_SET"]
        ses.account.configuration_sets[name] = ConfigurationSet(name)
        meter = Meter(standing)
        for service in SERVICES:
            meter.watch(client(service))
        yield ses, meter


def put(key: str, content: bytes) -> None:
    """An object in the bucket that somebody else pays for: no meter hears of it."""
    get_backend("s3")[DEFAULT_ACCOUNT_ID]["aws"].put_object(drive.NAMES["BUCKET"], key, content)


def take(queue: str) -> list[str]:
    """The bodies of everything that lies in a queue, which is empty then, however long it should have waited."""
    held = get_backend("sqs")[DEFAULT_ACCOUNT_ID][REGION].queues[queue]._messages
    bodies = [message.body for message in held]
    held.clear()
    return bodies


def multiply(people: int) -> None:
    """Put people like the one who is there: other ids and addresses, two languages, without claims of addresses.

    By requests they would be transactions, and moto copies the whole table for each of those.
    """
    pattern = _only("PROFILE")
    said, own = json.dumps(pattern), pattern["id"]["S"]
    for number in range(1, people):
        item = _listed(json.loads(said.replace(own, f"{number:020}")), number)
        item["email"] = {"S": f"{number}.{pattern['email']['S']}"}
        item["language"] = {"S": ("en", "ru")[number % 2]}
        _put(item)


def multiply_registrations(people: int) -> None:
    """Let the first of those people be registered like the one who is."""
    pattern = _only("REGISTRATION")
    said, own = json.dumps(pattern), pattern["invitee"]["S"]
    answered = {name: _held(f"INVITEE#{own}", "PROFILE")[name] for name in ("rsvp", "answered_at", "attending")}
    for number in range(1, people):
        _put(_listed(json.loads(said.replace(own, f"{number:020}")), number))
        _put(_held(f"INVITEE#{number:020}", "PROFILE") | answered)


def _table() -> Any:
    return get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][REGION].tables[drive.NAMES["TABLE"]]


def _held(pk: str, sk: str) -> Wire:
    item = standing(drive.NAMES["TABLE"], {"PK": {"S": pk}, "SK": {"S": sk}})
    assert item is not None
    return item


def _only(sk: str) -> Wire:
    [found] = [item.to_json()["Attributes"] for item in _table().all_items() if item.range_key.value == sk]
    return dict(found)


def _listed(item: Wire, number: int) -> Wire:
    return {**item, "GSI1PK": {"S": f"{item['GSI1PK']['S'].rpartition('#')[0]}#{number % SHARDS}"}}


def _put(item: Wire) -> None:
    _table().put_item(item)
