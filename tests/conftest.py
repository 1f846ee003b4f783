"""Fixtures of the unit tests: an AWS in memory for each test, one strict SES for all, adapters on both."""

import copy
import gc
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID

from chalicelib.adapters.aws import ONCE
from chalicelib.adapters.documents import Documents
from chalicelib.adapters.links import Links
from chalicelib.adapters.queue import Queue
from chalicelib.adapters.ses import Mailer
from chalicelib.adapters.store.addresses import Addresses
from chalicelib.adapters.store.audit import Audit
from chalicelib.adapters.store.batches import Batches
from chalicelib.adapters.store.due import Dues
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.ledger import Ledger
from chalicelib.adapters.store.places import Places
from chalicelib.adapters.store.rate import Pacer
from chalicelib.adapters.store.table import Table
from chalicelib.domain.pace import SECOND
from chalicelib.usecases.desk import Desk
from chalicelib.usecases.send import Post
from infra.local.ses import SesServer
from infra.local.ses.account import ConfigurationSet, Identity
from tests import quick_moto
from tests.shelf import (
    ADDRESS_KEY,
    BASE,
    KEYS,
    NOW,
    REGION,
    SETTINGS,
    Clock,
    InProcessTypesetter,
    Shelf,
    backend,
    table_definition,
)

CHECKED = Config(parameter_validation=True)


def pytest_configure(config: pytest.Config) -> None:
    patch = pytest.MonkeyPatch()
    quick_moto.install(patch)
    config.add_cleanup(patch.undo)


def pytest_collection_finish() -> None:
    """What was imported lives to the end: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@cache
def client(service: str, url: str = "") -> Any:
    """One client for the whole run: making one costs more than most tests. Outside ``aws`` they reach nothing. They
    look at parameters, which the functions' own leave to these tests.
    """
    session, config = boto3.session.Session("testing", "testing", region_name=REGION), ONCE.merge(CHECKED)
    return session.client(service, endpoint_url=url or None, config=config)  # type: ignore[call-overload]


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def aws() -> Iterator[None]:
    """An empty AWS, with the table of ``infra/resources.yaml``, the queues and the buckets, put where moto keeps what
    was asked for by calls: these would cost as much as many a test.
    """
    definition = empty_table()
    with mock_aws():
        backend("dynamodb").tables[SETTINGS["TABLE"]] = copy.deepcopy(definition)
        for name in ("deliver", "urgent", "jobs"):
            backend("sqs").create_queue(name)
        for bucket in ("BUCKET", "PRIVATE_BUCKET"):
            backend("s3", "aws").create_bucket(SETTINGS[bucket], REGION)
        yield


@cache
def empty_table() -> Any:
    with mock_aws():
        client("dynamodb").create_table(**table_definition())
        return backend("dynamodb").tables[SETTINGS["TABLE"]]


@pytest.fixture
def queue_url(aws: None) -> str:
    return queue_named("deliver")


@pytest.fixture
def queue(aws: None) -> Queue:
    return Queue(client("sqs"), *(queue_named(name) for name in ("deliver", "urgent", "jobs")))


def queue_named(name: str) -> str:
    return f"https://sqs.{REGION}.amazonaws.com/{DEFAULT_ACCOUNT_ID}/{name}"


@pytest.fixture
def table(aws: None) -> Table:
    return Table(client("dynamodb"), SETTINGS["TABLE"])


@pytest.fixture(scope="session")
def post_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SesServer]:
    with SesServer(tmp_path_factory.mktemp("post"), rate=10_000) as server:
        yield server


@pytest.fixture
def mail_server(post_office: SesServer) -> SesServer:
    """SES with nothing in the mailbox, no fault armed, the sender verified."""
    post_office.control.reset()
    name = SETTINGS["CONFIGURATION_SET"]
    post_office.account.identities["symposium.example.org"] = Identity("symposium.example.org")
    post_office.account.configuration_sets[name] = ConfigurationSet(name)
    return post_office


@pytest.fixture
def links() -> Links:
    return Links(lambda: KEYS, BASE, lambda: ADDRESS_KEY)


OWN = ("audit", "mailer", "places")
"""What organisers' side has, and the workers that send have not."""


@pytest.fixture
def shelf(table: Table, queue: Queue, mail_server: SesServer, links: Links) -> Shelf:
    """Every adapter, on the AWS in memory and the strict SES."""
    typesetter = InProcessTypesetter(lambda: documents, lambda: Events(table))
    documents = Documents(client("s3"), SETTINGS["BUCKET"], lambda: typesetter, SETTINGS["TYPESETTER"])
    mailer = Mailer(client("sesv2", mail_server.url), SETTINGS["CONFIGURATION_SET"])
    invitees, ledger, clock, slept = Invitees(table), Ledger(table), Clock(), list[float]()
    post = Post(
        events=Events(table), invitees=invitees, addresses=Addresses(table), ledger=ledger, batches=Batches(table),
        dues=Dues(table), links=links,
        documents=documents, mailer=mailer, pacer=Pacer(table), queue=queue, sleep=slept.append,
        micros=lambda: int((clock().timestamp() + sum(slept)) * SECOND), senders=1,
    )  # fmt: skip
    shared = {name: getattr(post, name) for name in Desk.__dataclass_fields__ if name not in OWN}
    desk = Desk(audit=Audit(table), places=Places(table), mailer=lambda: mailer, **shared)
    return Shelf(
        table=table, dynamodb=client("dynamodb"), sqs=client("sqs"), s3=client("s3"), ses=mail_server, post=post,
        desk=desk, typesetter=typesetter, clock=clock, slept=slept,
    )  # fmt: skip


@pytest.fixture
def fault(mail_server: SesServer) -> Callable[..., None]:
    """``fault("throttle", 2)``: the next two SendEmail calls meet it; also ``fail`` and ``drop``."""

    def arm(mode: str, calls: int = 1, skip: int = 0) -> None:
        mail_server.account.faults.arm(mode, calls, skip)

    return arm
