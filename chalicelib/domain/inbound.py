"""A mail that is filed for the organiser: who wrote, why it is no answer, and where it lies."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from chalicelib.domain.address import address_key
from chalicelib.domain.calendar_reply import Why
from chalicelib.domain.event import EventDocument
from chalicelib.domain.model import Model
from chalicelib.domain.text import SLUG, Slug

KEPT = timedelta(days=30)
"""As long as the bucket keeps the mail itself (``infra/resources.yaml``)."""

INBOUND = r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{16}"
"""What an id looks like: when the mail came, and which it is, so that ids sort by time."""


class Filed(Model):
    """``key`` names the object that holds the mail, ``invitee`` is whose entry it is about, "" when that is not known,
    ``automatic`` says that a machine wrote it: an absence note, a report that a mail could not be delivered.
    """

    id: str
    event: Slug
    at: datetime
    sender: str
    subject: str
    why: Why
    automatic: bool
    key: str
    invitee: str = ""


def inbound_id(key: str, at: datetime) -> str:
    """The same for the same object, however often it is taken in."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{sha256(key.encode()).hexdigest()[:16]}"


def named_by(address: str) -> Iterator[str]:
    """The events that an address may be that of: ``symposium@…`` and ``answers+symposium@…``."""
    local = address_key(address).partition("@")[0]
    for name in (local, local.partition("+")[2]):
        if re.fullmatch(SLUG, name):
            yield name


def receives(document: EventDocument, address: str) -> bool:
    """Whether mail to this address is the event's."""
    inbound = document.organiser.inbound
    return inbound is not None and address_key(inbound) == address_key(address)
