"""Mail to the events' own addresses: S3 says by a queue that SES has stored one, and it is taken in."""

import logging
from typing import Any

from chalice.app import Blueprint, SQSEvent

from chalicelib import wiring

blueprint = Blueprint(__name__)
logger = logging.getLogger(__name__)


@blueprint.on_sqs_message(queue_arn="arn:aws:sqs:named:in:resources", batch_size=1, name="inbound_mail")
def inbound_mail(event: SQSEvent) -> dict[str, Any]:
    """One mail a call. One that could not be taken in goes back to the queue (partial batch response)."""
    from chalicelib.adapters.mail_events import announced
    from chalicelib.usecases.receive_mail import receive_mail

    failed = []
    for message in event:
        try:
            for key in announced(message.body):
                why = receive_mail(wiring.mailroom(), key, wiring.now())
                logger.info("%s: %s", key, why or "applied")
        except Exception:
            logger.exception("goes back to the queue: %s", message.body[:2000])
            failed.append({"itemIdentifier": message.to_dict()["messageId"]})
    return {"batchItemFailures": failed}
