"""An organiser tries a batch: its mail goes to the organiser alone, once in each language of the event."""

import logging
from datetime import datetime

from chalicelib.adapters.queue import QueueFailed
from chalicelib.domain.delivery import CATEGORY
from chalicelib.domain.errors import Conflict
from chalicelib.domain.event import Event, utc
from chalicelib.domain.work import Work, organiser_id
from chalicelib.usecases.desk import Desk
from chalicelib.usecases.outbox import GRACE, outbox_of

logger = logging.getLogger(__name__)


def send_test(desk: Desk, event_id: str, batch_id: str, now: datetime) -> tuple[Event, list[Work]]:
    """Queue a batch's mail to the organiser, in the order of the event's languages; a second click sends once more.

    A queue that fails is no reason to say no: the clock finds the promises. Raises NotFound; Conflict for a batch
    whose mail nobody would get, or that the clock sends by itself.
    """
    event, batch = desk.events.get(event_id), desk.batches.get(event_id, batch_id)
    if batch.kind not in CATEGORY:
        raise Conflict(f"The clock sends each {batch.kind} by itself. Test a batch that you started.")
    if batch.state == "planning":
        raise Conflict("The batch is still being planned. Try again when its state is draft.")
    if batch.state == "cancelled":
        raise Conflict("The batch is cancelled. Start a new one and test that.")
    works = [
        Work(
            event=event.id,
            kind="test",
            occurrence=f"{batch.id}_{language}_{int(now.timestamp())}",
            invitee=organiser_id(event.id),
            language=language,
            outbox=utc(now + GRACE),
        )
        for language in event.document.languages
    ]
    for work in works:
        desk.dues.add(outbox_of(work))
    try:
        desk.queue.send(works)
    except QueueFailed:
        logger.exception("the test of batch %s waits for the clock", batch.id)
    return event, works
