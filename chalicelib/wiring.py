"""Builds the adapters once per Lambda container. Only handlers import it.

What every page of an invitee needs is imported here; each other room inside the function that builds it, so that a
container loads what it is asked for and no more.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from chalicelib.adapters.aws import client
from chalicelib.adapters.links import Links, keys_from_secret, secret_string
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.table import Table
from chalicelib.settings import settings

if TYPE_CHECKING:
    from chalicelib.adapters.documents import Documents
    from chalicelib.adapters.queue import Queue
    from chalicelib.adapters.ses import Mailer
    from chalicelib.adapters.store.addresses import Addresses
    from chalicelib.adapters.store.audit import Audit
    from chalicelib.adapters.store.batches import Batches
    from chalicelib.adapters.store.due import Dues
    from chalicelib.adapters.store.feedback import Feedbacks
    from chalicelib.adapters.store.ledger import Ledger
    from chalicelib.adapters.store.lists import Lists
    from chalicelib.adapters.store.rate import Pacer
    from chalicelib.adapters.uploads import Uploads
    from chalicelib.usecases.desk import Desk
    from chalicelib.usecases.import_invitees import People
    from chalicelib.usecases.import_list import Intake
    from chalicelib.usecases.send import Post


def now() -> datetime:
    """The moment to the second, as it is stored."""
    return datetime.now(UTC).replace(microsecond=0)


def micros() -> int:
    """Microseconds since the epoch, for the pacer."""
    return time.time_ns() // 1000


@cache
def table() -> Table:
    return Table(client("dynamodb"), settings().table)


@cache
def events() -> Events:
    """One for the container: it holds the documents that it read."""
    return Events(table())


def invitees() -> Invitees:
    return Invitees(table())


def batches() -> Batches:
    from chalicelib.adapters.store.batches import Batches

    return Batches(table())


def dues() -> Dues:
    from chalicelib.adapters.store.due import Dues

    return Dues(table())


def ledger() -> Ledger:
    from chalicelib.adapters.store.ledger import Ledger

    return Ledger(table())


def addresses() -> Addresses:
    from chalicelib.adapters.store.addresses import Addresses

    return Addresses(table())


def audit() -> Audit:
    from chalicelib.adapters.store.audit import Audit

    return Audit(table())


def feedbacks() -> Feedbacks:
    from chalicelib.adapters.store.feedback import Feedbacks

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
    from chalicelib.adapters.documents import Documents

    return Documents(client("s3"), settings().bucket, lambda: client("lambda"), settings().typesetter)


def lists() -> Lists:
    from chalicelib.adapters.store.lists import Lists

    return Lists(table())


@cache
def uploads() -> Uploads:
    from chalicelib.adapters.uploads import Uploads

    return Uploads(client("s3"), settings().bucket)


def people() -> People:
    """What lists become invitees with."""
    from chalicelib.usecases.import_invitees import People

    return People(invitees(), addresses(), ledger(), links())


def intake() -> Intake:
    """What uploaded lists are read with."""
    from chalicelib.usecases.import_list import Intake

    return Intake(events(), people(), lists(), uploads(), queue())


@cache
def queue() -> Queue:
    from chalicelib.adapters.queue import Queue

    return Queue(client("sqs"), settings().queue, settings().urgent_queue, settings().jobs_queue)


@cache
def pacer() -> Pacer:
    from chalicelib.adapters.store.rate import Pacer

    return Pacer(table())


@cache
def mailer() -> Mailer:
    from chalicelib.adapters.ses import Mailer

    return Mailer(client("sesv2"), settings().configuration_set)


def desk() -> Desk:
    """What organisers' batches and the clock work with."""
    from chalicelib.usecases.desk import Desk

    return Desk(
        events=events(),
        invitees=invitees(),
        ledger=ledger(),
        batches=batches(),
        dues=dues(),
        audit=audit(),
        documents=documents(),
        queue=queue(),
        pacer=pacer(),
        mailer=mailer,
    )


@cache
def post() -> Post:
    """Everything that delivers mail. It brings templates and MIME with it, so no other function imports it."""
    from chalicelib.usecases.send import Post

    return Post(
        events=events(),
        invitees=invitees(),
        addresses=addresses(),
        ledger=ledger(),
        batches=batches(),
        dues=dues(),
        links=links(),
        documents=documents(),
        mailer=mailer(),
        pacer=pacer(),
        queue=queue(),
        micros=micros,
    )
