"""Send one mail: claim it in the ledger, hand it to SES once, write down what came of it.

The order is the guarantee. A claim that stands keeps everybody else away; what dies between the claim and the record
is found as "unknown", never as "not sent".
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.adapters.documents import Documents
from chalicelib.adapters.links import Links
from chalicelib.adapters.mime import build
from chalicelib.adapters.queue import Queue
from chalicelib.adapters.ses import Mailer, Misconfigured, NotAccepted, QuotaUsedUp, Refused, Throttled, Unsure
from chalicelib.adapters.store.addresses import Addresses
from chalicelib.adapters.store.batches import Batches
from chalicelib.adapters.store.due import Dues
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.ledger import Ledger
from chalicelib.adapters.store.rate import Pacer
from chalicelib.domain.delivery import MAX_ATTEMPTS, Delivery, State, sent_again
from chalicelib.domain.event import Event, utc
from chalicelib.domain.message import Message
from chalicelib.domain.pace import SECOND

SENDERS = 25
"""Mails that one worker hands over at the same time: it waits for SES most of the time."""

LONGEST_WAIT = 15.0
"""Seconds that a worker waits for a slot, which is billed and must end before the worker's time does."""

LARGE = 1_000_000
"""Octets of files from which on a worker holds one mail at a time. On its way through SES's client a mail stands in
memory some five times: 25 with 7 MB of files are 1 GB, and the worker has half of that.
"""

FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a fault of ours, or of one person's data, raises while a mail is written; AWS's troubles raise others."""

_one_by_one = threading.Lock()

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Post:
    """The adapters that a delivery needs, and the worker's clock: ``micros`` since the epoch."""

    events: Events
    invitees: Invitees
    addresses: Addresses
    ledger: Ledger
    batches: Batches
    dues: Dues
    links: Links
    documents: Documents
    mailer: Mailer
    pacer: Pacer
    queue: Queue
    micros: Callable[[], int]
    sleep: Callable[[float], None] = time.sleep
    senders: int = SENDERS


@dataclass(frozen=True)
class Parcel:
    """One recipient's mail before it is sent: the line that it will have, and how to write it.

    ``compose`` returns None when there is nothing to say after all. ``slot`` is when it may leave, in microseconds.
    """

    delivery: Delivery
    compose: Callable[[], Message | None]
    slot: int = 0

    def at(self, slot: int) -> "Parcel":
        return replace(self, slot=slot)


@dataclass(frozen=True)
class Outcome:
    """Where the line stands after one pass, None when there is none; ``again`` when the recipient is not done."""

    state: State | None
    again: bool = False

    @classmethod
    def of(cls, line: Delivery) -> "Outcome":
        """Somebody who is not mailed in this pass: in another worker's hands, or settled."""
        return cls(line.state, again=line.state == "sending")

    @property
    def handed_over(self) -> State | None:
        """The state as a worker knows it: what SES tells later is counted when it comes."""
        return "sent" if self.state in ("delivered", "bounced", "complained") else self.state


def send(
    post: Post,
    event: Event,
    parcel: Parcel,
    now: Callable[[], datetime],
    may_claim: Callable[[], bool],
    last: bool = False,
) -> Outcome:
    """One pass over one recipient; ``last`` when the queue will not give this work again.

    Raises Misconfigured, and what the table or S3 raise; the line is then released, or stands as "sending" until its
    lease is over. A mail that cannot be written raises as well, except on the last pass, which writes that down.
    """
    delivery, again = parcel.delivery, sent_again(event.document, parcel.delivery.kind)
    try:
        message = parcel.compose()
    except FAULTS as fault:
        if not last:
            raise
        return _cannot_be_written(post, delivery, fault, now())
    if message is None:
        return Outcome.of(post.ledger.skip(delivery, "there is nothing to tell any more", now()))
    wait = max(0, parcel.slot - post.micros()) / SECOND
    if wait > LONGEST_WAIT:
        return Outcome(None, again=True)
    post.sleep(wait)
    with _room_for(message):
        return _hand_over(post, delivery, message, again, now, may_claim)


def _hand_over(
    post: Post, delivery: Delivery, message: Message, again: bool, now: Callable[[], datetime],
    may_claim: Callable[[], bool],
) -> Outcome:  # fmt: skip
    """Make it, claim it, and send it once."""
    try:
        raw = build(message)
    except ValueError as fault:
        return _cannot_be_written(post, delivery, fault, now())
    if not may_claim():
        return Outcome(None, again=True)
    mine, line = post.ledger.claim(delivery, now(), again=again)
    more = again and line.attempts < MAX_ATTEMPTS
    if not mine:
        return Outcome(line.state, again=line.state == "sending" or (line.state == "unknown" and more))
    try:
        message_id = post.mailer.send(message, raw)
    except (NotAccepted, Misconfigured) as no:
        post.ledger.release(line)
        if isinstance(no, Misconfigured):
            raise
        _slower(post, no)
        return Outcome(None, again=True)
    except Refused as refused:
        return _settled(post, line, "failed", reason=refused.reason)
    except Unsure as unsure:
        post.pacer.slow_down(post.micros())  # SES is in trouble: fewer are to become unknown
        outcome = _settled(post, line, "unknown", reason=unsure.reason)
        return replace(outcome, again=more and outcome.state == "unknown")
    return _settled(post, line, "sent", message_id=message_id, sent_at=utc(now()))


def _room_for(message: Message) -> AbstractContextManager[object]:
    """What a mail waits for before it is made: large ones are made and sent one at a time."""
    large = sum(len(file.content) for file in message.attachments) >= LARGE
    return _one_by_one if large else nullcontext()


def _cannot_be_written(post: Post, delivery: Delivery, fault: Exception, now: datetime) -> Outcome:
    logger.error("the %s to %s cannot be written", delivery.kind, delivery.invitee, exc_info=fault)
    return Outcome.of(post.ledger.fail(delivery, f"cannot be written: {fault!s:.300}", now))


def _settled(post: Post, line: Delivery, state: State, **facts: str) -> Outcome:
    """An SES event that was quicker has the last word: then SES has the mail."""
    return Outcome(state if post.ledger.settle(line, state, **facts) else "sent")


def _slower(post: Post, no: NotAccepted) -> None:
    if isinstance(no, QuotaUsedUp):
        post.pacer.used_up()
    elif isinstance(no, Throttled):
        post.pacer.slow_down(post.micros())
