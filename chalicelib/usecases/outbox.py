"""One person's mail is promised in the transaction that causes it; the clock queues what did not reach the queue."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from chalicelib.adapters.queue import Queue, QueueFailed
from chalicelib.adapters.store.due import Due
from chalicelib.domain.work import Work

GRACE = timedelta(minutes=2)
"""How long the direct way has before the clock queues the mail."""


logger = logging.getLogger(__name__)


def hand_over(queue: Queue, works: Sequence[Work]) -> None:
    """Queue mails that are promised already: where that fails, the clock does it."""
    try:
        queue.send(works)
    except QueueFailed:
        for work in works:
            logger.exception("the %s mail to %s waits for the clock", work.kind, work.invitee)


def outbox_of(work: Work) -> Due:
    """The row that makes the clock queue one person's mail again until the worker takes the row away."""
    return Due(
        what="outbox",
        reference=f"{work.invitee}#{work.kind}#{work.occurrence}",
        at=datetime.fromisoformat(work.outbox),
        body=work.model_dump(exclude_defaults=True),
    )
