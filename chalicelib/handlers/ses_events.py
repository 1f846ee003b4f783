"""What SES tells of mails on their way: it comes through a queue, and this function works off a hundred at a time."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, SQSEvent

from chalicelib import wiring

if TYPE_CHECKING:
    from chalicelib.usecases.record_mail_event import Moved

blueprint = Blueprint(__name__)
logger = logging.getLogger(__name__)


@blueprint.on_sqs_message(
    queue_arn="arn:aws:sqs:named:in:resources", batch_size=100, maximum_batching_window_in_seconds=2, name="ses_events"
)
def ses_events(event: SQSEvent) -> dict[str, Any]:
    """Those that failed go back to the queue alone (partial batch response).

    Mail that is not ours is passed over, and so is the plain sentence that SES sends to a new destination.
    """
    from chalicelib.usecases.record_mail_event import note_moves

    failed, moved = [], []
    for record in event:
        try:
            moved.append(_apply(record.body))
        except Exception:
            logger.exception("event goes back to the queue: %s", record.body[:2000])
            failed.append({"itemIdentifier": record.to_dict()["messageId"]})
    note_moves(wiring.batches(), (one for one in moved if one))
    return {"batchItemFailures": failed}


def _apply(body: str) -> Moved | None:
    """One event, which SNS passes on raw (``RawMessageDelivery`` in the template)."""
    from chalicelib.usecases.record_mail_event import record_mail_event

    try:
        told = json.loads(body)
    except ValueError:
        return None
    if not isinstance(told, dict) or "mail" not in told:
        return None
    return record_mail_event(wiring.ledger(), wiring.addresses(), wiring.dues(), wiring.links(), told, wiring.now())
