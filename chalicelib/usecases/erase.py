"""A person is erased: by themselves, by an organiser who was asked to, or by the clock when the event is long over.

    erase ─> gone, counted, the link dead (one transaction) ─> the desk: files, history, answers
          ─> the clock: the desk once more, for what came late ─> the row is removed
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.adapters.links import Links
from chalicelib.adapters.private_files import Place, PrivateFiles
from chalicelib.adapters.queue import Queue, QueueFailed
from chalicelib.adapters.store.addresses import Addresses
from chalicelib.adapters.store.due import Due, Dues, due_put
from chalicelib.adapters.store.erasures import Erasures
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.table import ConditionFailed, Write
from chalicelib.domain.address import address_key
from chalicelib.domain.erasure import kept_until
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.event import Event, utc
from chalicelib.domain.work import Job
from chalicelib.usecases.outbox import GRACE
from chalicelib.usecases.take_place import given_back

TRIES = 3
"""How often somebody who was changed meanwhile is looked at again."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Erasing:
    """What people are erased with."""

    events: Events
    invitees: Invitees
    addresses: Addresses
    erasures: Erasures
    dues: Dues
    links: Links
    queue: Queue
    files: PrivateFiles


def erase(
    room: Erasing, event: Event, invitee_id: str, now: datetime, also: Sequence[Write] = (), *,
    may_come_again: bool = False,
) -> None:
    """Take a person out, for good. Their link leads nowhere from then on, and unless they ``may_come_again`` no list
    invites the address to this event any more. ``also`` is written with it.

    Raises NotFound for somebody who is not there, Limited, and Conflict when they are changed again and again.
    """  # fmt: skip
    for _ in range(TRIES):
        person = room.invitees.file(invitee_id)
        if person is None or person.invitee.event != event.id:
            raise NotFound(f'The event "{event.id}" has no invitee "{invitee_id}".')
        address = room.links.address_hash(address_key(person.invitee.email))
        theirs = room.addresses.claimed(event.id, [address]).get(address) == invitee_id
        job = Job(what="erase", event=event.id, id=invitee_id, due=utc(now + GRACE))
        writes = [*given_back(event, person, now), due_put(_row(job)), *also]
        try:
            room.erasures.erase(person, address if theirs else "", now, writes, may_come_again=may_come_again)
        except ConditionFailed:
            continue
        return _ask(room.queue, job)
    raise Conflict("This person was changed at this very moment. Nothing was erased. Try again.")


def take_out_the_rest(room: Erasing, job: Job, now: datetime) -> None:
    """What is left of an erased person; what leads to files, and to others who are named, is forgotten after these.

    Before the clock's row is due it stays, so that all is done once more then: a worker with a mail in hand, or a
    request that had read the person, writes down what it did after the desk looked first.
    """
    rest = room.erasures.rest(job.id)
    for upload in rest.files:
        room.files.delete(Place(upload.event, upload.invitee, upload.id))
    room.erasures.strike_out(job.id, rest.others)
    room.erasures.delete(rest.items)
    room.erasures.blank(rest.mails)
    if now >= datetime.fromisoformat(job.due):
        room.dues.remove(_row(job))


def erase_everybody(room: Erasing, job: Job, now: Callable[[], datetime], time_left: Callable[[], bool]) -> int:
    """Everybody of an event whose time is over, as far as time goes; how many. The clock asks until nobody is left."""
    event, count = room.events.get(job.event, consistent=True), 0
    if now() < kept_until(event.document):
        return 0
    for invitee in room.invitees.all(event.id):
        if not time_left():
            break
        try:
            erase(room, event, invitee.id, now(), may_come_again=True)
            count += 1
        except (NotFound, Conflict):  # a listing lags behind, and the clock asks again
            continue
        except Exception:  # nobody keeps the others from being erased
            logger.exception("%s was not erased, and is tried again", invitee.id)
    return count


def _row(job: Job) -> Due:
    """The clock's row that makes the desk hear of it again until it is done."""
    at = datetime.fromisoformat(job.due)
    return Due(what="job", reference=f"{job.event}#erase#{job.id}", at=at, body=job.model_dump(mode="json"))


def _ask(queue: Queue, job: Job) -> None:
    try:
        queue.send_job(job)
    except QueueFailed:
        logger.exception("the clock will ask the desk for the rest of an erased person")
