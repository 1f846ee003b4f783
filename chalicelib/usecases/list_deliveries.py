"""What became of each person of a batch, a page at a time."""

import re
from datetime import datetime
from itertools import islice
from typing import get_args

from chalicelib.domain.batch import Batch
from chalicelib.domain.delivery import Delivery, State
from chalicelib.domain.errors import Invalid
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.model import Model
from chalicelib.usecases.desk import Desk

STATES = ("waiting", *get_args(State))

LOOKED_AT = 20
"""Chunks that are read for one page at most, however few of their people fit."""


class DeliveryLine(Model):
    """One person of a batch. ``waiting``: there is no line in the ledger. ``sent_at`` is when SES accepted the mail,
    ``delivered_at`` when the recipient's server did. ``batch`` is the one that mailed, which may be another.
    """

    invitee: str
    name: str
    email: str
    state: str
    reason: str = ""
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    attempts: int = 0
    message_id: str = ""
    batch: str = ""


def list_deliveries(
    desk: Desk, event_id: str, batch_id: str, state: str, limit: int, cursor: str
) -> tuple[list[DeliveryLine], str | None]:
    """Up to ``limit`` people of a batch, those in this state when it is named, in the order of the plan from ``cursor``
    on; and where the next page begins, None at the end. A page may hold fewer, or nobody, and the next one more.

    Raises NotFound; Invalid for a state or a cursor that there is not.
    """
    if state and state not in STATES:
        raise Invalid.field("state", f"Choose one of {', '.join(STATES)}.")
    if not re.fullmatch(r"(\d{1,6}\.\d{1,2})?", cursor, re.ASCII):
        raise Invalid.field("cursor", "Use the cursor of the page before, or none to begin again.")
    batch = desk.batches.get(event_id, batch_id)
    first, _, skipped = (cursor or "0.0").partition(".")
    found: list[DeliveryLine] = []
    for number in range(int(first), min(int(first) + LOOKED_AT, batch.chunks)):
        chunk = desk.batches.chunk(batch.plan_id, number)
        begin = int(skipped) if number == int(first) else 0
        for place, line in islice(enumerate(_lines(desk, batch, chunk.invitees)), begin, None):
            if state in ("", line.state):
                if len(found) == limit:
                    return found, f"{number}.{place}"
                found.append(line)
    following = int(first) + LOOKED_AT
    return found, f"{following}.0" if following < batch.chunks else None


def _lines(desk: Desk, batch: Batch, invitees: list[str]) -> list[DeliveryLine]:
    lines = desk.ledger.lines((invitee, batch.kind, batch.occurrence) for invitee in invitees)
    people = desk.invitees.load(invitees, consistent=False, beside="")
    return [
        _line(invitee, people[invitee][0] if invitee in people else None,
              lines.get((invitee, batch.kind, batch.occurrence)))
        for invitee in invitees
    ]  # fmt: skip


def _line(invitee: str, person: Invitee | None, line: Delivery | None) -> DeliveryLine:
    """Somebody who was taken off the list since has no name and no address any more."""
    facts = line.model_dump(include=set(DeliveryLine.model_fields) - {"invitee"}) if line else {"state": "waiting"}
    return DeliveryLine(
        invitee=invitee, name=person.name if person else "", email=person.email if person else "", **facts
    )
