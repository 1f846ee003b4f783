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
    from collections.abc import Sequence

    from chalicelib.adapters.documents import Documents
    from chalicelib.adapters.inbound_mail import InboundMails
    from chalicelib.adapters.mail_events import MailEvents
    from chalicelib.adapters.private_files import PrivateFiles
    from chalicelib.adapters.queue import Queue
    from chalicelib.adapters.ses import Mailer
    from chalicelib.adapters.store.addresses import Addresses
    from chalicelib.adapters.store.attendance import Attendances
    from chalicelib.adapters.store.audit import Audit
    from chalicelib.adapters.store.batches import Batches
    from chalicelib.adapters.store.contributions import Contributions
    from chalicelib.adapters.store.delegates import Delegates
    from chalicelib.adapters.store.due import Dues
    from chalicelib.adapters.store.erasures import Erasures
    from chalicelib.adapters.store.feedback import Feedbacks
    from chalicelib.adapters.store.inbound import Inbound
    from chalicelib.adapters.store.ledger import Ledger
    from chalicelib.adapters.store.lists import Lists
    from chalicelib.adapters.store.places import Places
    from chalicelib.adapters.store.rate import Pacer
    from chalicelib.adapters.store.table import Write
    from chalicelib.adapters.uploads import Uploads
    from chalicelib.usecases.contribute import Room
    from chalicelib.usecases.desk import Desk
    from chalicelib.usecases.erase import Erasing
    from chalicelib.usecases.form_files import FileRoom
    from chalicelib.usecases.import_attendance import Register
    from chalicelib.usecases.import_invitees import People
    from chalicelib.usecases.import_list import Intake
    from chalicelib.usecases.private_uploads import Uploads as PrivateUploads
    from chalicelib.usecases.receive_mail import Mailroom
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


def places() -> Places:
    from chalicelib.adapters.store.places import Places

    return Places(table())


def delegates() -> Delegates:
    from chalicelib.adapters.store.delegates import Delegates

    return Delegates(table())


def addresses() -> Addresses:
    from chalicelib.adapters.store.addresses import Addresses

    return Addresses(table())


def audit() -> Audit:
    from chalicelib.adapters.store.audit import Audit

    return Audit(table())


def attendances() -> Attendances:
    from chalicelib.adapters.store.attendance import Attendances

    return Attendances(table())


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


@cache
def private_files() -> PrivateFiles:
    from chalicelib.adapters.private_files import PrivateFiles

    return PrivateFiles(client("s3"), settings().private_bucket)


def contributions(guard: Sequence[Write] = ()) -> Contributions:
    from chalicelib.adapters.store.contributions import Contributions

    return Contributions(table(), guard)


def private_uploads(guard: Sequence[Write] = ()) -> PrivateUploads:
    """What people's files are taken in with: also the files of a form."""
    from chalicelib.usecases.private_uploads import Uploads

    return Uploads(private_files(), contributions(guard))


def contribution_room(guard: Sequence[Write]) -> Room:
    """What people hand contributions in with; ``guard`` counts their changes."""
    from chalicelib.usecases.contribute import Room

    return Room(invitees(), private_uploads(guard))


def file_room(guard: Sequence[Write] = ()) -> FileRoom:
    """What files are added to a form with; ``guard`` counts each."""
    from chalicelib.usecases.form_files import FileRoom

    return FileRoom(invitees(), private_uploads(), guard)


def mail_events() -> MailEvents:
    from chalicelib.adapters.mail_events import MailEvents

    return MailEvents(client("s3"), settings().bucket)


def inbound_mails() -> InboundMails:
    from chalicelib.adapters.inbound_mail import InboundMails

    return InboundMails(client("s3"), settings().bucket)


def inbound() -> Inbound:
    from chalicelib.adapters.store.inbound import Inbound

    return Inbound(table())


def mailroom() -> Mailroom:
    """What mails are received with."""
    from chalicelib.usecases.receive_mail import Mailroom

    return Mailroom(inbound_mails(), inbound(), events(), invitees(), places(), queue())


def erasures() -> Erasures:
    from chalicelib.adapters.store.erasures import Erasures

    return Erasures(table())


def erasing() -> Erasing:
    """What people are erased with."""
    from chalicelib.usecases.erase import Erasing

    return Erasing(events(), invitees(), addresses(), erasures(), dues(), links(), queue(), private_files())


def people() -> People:
    """What lists become invitees with."""
    from chalicelib.usecases.import_invitees import People

    return People(invitees(), addresses(), ledger(), links())


def register() -> Register:
    """What reports of attendance are held against."""
    from chalicelib.usecases.import_attendance import Register

    return Register(events(), invitees(), addresses(), links(), attendances(), audit())


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
        places=places(),
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
