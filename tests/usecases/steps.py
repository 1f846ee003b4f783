"""What people and machines do in the tests of the use cases, in one line each."""

from collections import Counter
from datetime import datetime
from typing import Any

from chalicelib.adapters.store.addresses import Addresses
from chalicelib.domain.batch import Batch, BatchRequest, Progress
from chalicelib.domain.history import Suppressed
from chalicelib.domain.invitee import Invitee, Registration
from chalicelib.domain.work import Work
from chalicelib.usecases import answer as answering
from chalicelib.usecases import control_batch
from chalicelib.usecases import deliver as delivering
from chalicelib.usecases import register as registering
from chalicelib.usecases import tick as ticking
from chalicelib.usecases.accept_batch import accept_batch
from chalicelib.usecases.read_batch import read_batch
from chalicelib.usecases.record_mail_event import Moved, note_moves, record_mail_event
from tests.shelf import FORM, Shelf

WHO = "olga@secretariat.example"


def accept(
    shelf: Shelf,
    kind: str = "invitation",
    key: str = "key",
    *,
    dry_run: bool = False,
    approve: bool = True,
    **audience: list[str],
) -> Batch:
    """A batch, planned and, unless told otherwise, approved, so that its first chunks lie in the queue."""
    batch = draft(shelf, kind, key, dry_run=dry_run, **audience)
    if dry_run or not approve or batch.state != "draft":
        return batch
    control_batch.approve(shelf.desk, batch.event, batch.id, batch.fingerprint, WHO, shelf.clock())
    return shelf.batches.get(batch.event, batch.id)


def suppress(shelf: Shelf, *invitees: Invitee, reason: Suppressed = "bounce") -> None:
    """Mail to these people's addresses bounced, or they complained."""
    for invitee in invitees:
        Addresses(shelf.table).suppress(shelf.hash_of(invitee.email), reason, shelf.clock())


def draft(
    shelf: Shelf,
    kind: str = "invitation",
    key: str = "key",
    *,
    dry_run: bool = False,
    wanted: str = "",
    **audience: list[str],
) -> Batch:
    """A batch as its request leaves it; ``wanted`` is the fingerprint that the request approves."""
    request = BatchRequest.model_validate({"kind": kind, "audience": audience, "approve": wanted})
    return accept_batch(shelf.desk, "symposium", request, key, WHO, shelf.clock(), dry_run=dry_run)


def deliver(shelf: Shelf, work: Work) -> dict[str, int]:
    return dict(delivering.deliver(shelf.post, work, shelf.clock, lambda: True))


def work_off(shelf: Shelf) -> dict[str, int]:
    """Deliver what lies in both queues now; what is queued meanwhile stays for later."""
    return dict(sum((Counter(deliver(shelf, work)) for work in shelf.take()), Counter()))


def invite_all(shelf: Shelf, key: str = "key") -> Batch:
    """A batch of invitations, accepted and delivered."""
    batch = accept(shelf, key=key)
    work_off(shelf)
    return batch


def outcomes(shelf: Shelf, batch: Batch) -> dict[str, int]:
    progress = progress_of(shelf, batch)
    return {name: count for name, count in progress.model_dump().items() if count}


def progress_of(shelf: Shelf, batch: Batch) -> Progress:
    return read_batch(shelf.desk, batch.event, batch.id)[1]


def answer(shelf: Shelf, invitee: Invitee, chosen: str) -> None:
    file = shelf.file(invitee)
    answering.answer(shelf.invitees, shelf.queue, shelf.events.get(invitee.event), file, chosen, shelf.clock())


def register(shelf: Shelf, invitee: Invitee, **changes: list[str]) -> Registration:
    event = shelf.events.get(invitee.event)
    return registering.register(
        shelf.invitees, shelf.desk.places, shelf.queue, event, shelf.file(invitee), {**FORM, **changes}, shelf.clock()
    )


def accept_place(shelf: Shelf, invitee: Invitee) -> Registration:
    event, file = shelf.events.get(invitee.event), shelf.file(invitee)
    return registering.accept_place(shelf.invitees, shelf.desk.places, shelf.queue, event, file, shelf.clock())


def tick(shelf: Shelf, now: datetime) -> ticking.Ticked:
    """One tick of the clock, which goes to ``now``."""
    shelf.clock.time = now
    return ticking.tick(shelf.desk, now)


def told(shelf: Shelf, event: dict[str, Any]) -> Moved | None:
    """SES tells of a mail."""
    moved = record_mail_event(shelf.ledger, shelf.addresses, shelf.dues, shelf.links, event, shelf.clock())
    note_moves(shelf.batches, [moved] if moved else [])
    return moved
