"""Builds the adapters once per Lambda container. Only handlers import it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from chalicelib.adapters.aws import client
from chalicelib.adapters.documents import Documents
from chalicelib.adapters.links import Links, keys_from_secret, secret_string
from chalicelib.adapters.queue import Queue
from chalicelib.adapters.store.batches import Batches
from chalicelib.adapters.store.due import Dues
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.feedback import Feedbacks
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.ledger import Ledger
from chalicelib.adapters.store.suppressions import Suppressions
from chalicelib.adapters.store.table import Table
from chalicelib.settings import settings
from chalicelib.usecases.accept_batch import Planner

if TYPE_CHECKING:
    from chalicelib.usecases.deliver import Post


def now() -> datetime:
    """The moment to the second, as it is stored."""
    return datetime.now(UTC).replace(microsecond=0)


@cache
def table() -> Table:
    return Table(client("dynamodb"), settings().table)


def events() -> Events:
    return Events(table())


def invitees() -> Invitees:
    return Invitees(table())


def batches() -> Batches:
    return Batches(table())


def dues() -> Dues:
    return Dues(table())


def ledger() -> Ledger:
    return Ledger(table())


def suppressions() -> Suppressions:
    return Suppressions(table())


def feedbacks() -> Feedbacks:
    return Feedbacks(table())


@cache
def links() -> Links:
    return Links(
        lambda: keys_from_secret(client("secretsmanager"), settings().link_keys),
        settings().base_url,
        lambda: secret_string(client("secretsmanager"), settings().address_key),
    )


@cache
def documents() -> Documents:
    return Documents(client("s3"), settings().bucket, lambda: client("lambda"), settings().typesetter)


@cache
def queue() -> Queue:
    return Queue(client("sqs"), settings().queue)


def planner() -> Planner:
    return Planner(invitees(), ledger(), suppressions(), links())


@cache
def post() -> Post:
    """Everything that delivers mail. It brings templates and MIME with it, so no other function imports it."""
    from chalicelib.adapters.ses import Mailer
    from chalicelib.usecases.deliver import Post

    mailer = Mailer(client("sesv2"), settings().configuration_set)
    return Post(
        events(), invitees(), ledger(), suppressions(), batches(), dues(), links(), documents(), mailer, queue()
    )
