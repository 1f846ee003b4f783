"""What SES tells of mails on their way: SNS puts it into a queue, and this function works off ten at a time."""

import json
import logging
from typing import Any

from chalice.app import Blueprint, SQSEvent

from chalicelib import wiring
from chalicelib.usecases.record_mail_event import record_mail_event

blueprint = Blueprint(__name__)
logger = logging.getLogger(__name__)


@blueprint.on_sqs_message(
    queue_arn="arn:aws:sqs:named:in:resources", batch_size=10, maximum_batching_window_in_seconds=1, name="ses_events"
)
def ses_events(event: SQSEvent) -> dict[str, Any]:
    """Those that failed go back to the queue alone (partial batch response).

    Mail that is not ours is passed over, and so is the plain sentence that SES sends to a new destination.
    """
    failed = []
    for record in event:
        try:
            _apply(record.body)
        except Exception:
            logger.exception("event goes back to the queue: %s", record.body[:2000])
            failed.append({"itemIdentifier": record.to_dict()["messageId"]})
    return {"batchItemFailures": failed}


def _apply(body: str) -> None:
    try:
        told = json.loads(body)
    except ValueError:
        return
    if isinstance(told, dict) and "mail" in told:
        record_mail_event(wiring.ledger(), wiring.suppressions(), wiring.links(), told, wiring.now())
