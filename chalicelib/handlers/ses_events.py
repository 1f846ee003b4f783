"""What SES tells of mails on their way: S3 says by a queue that an object of events is there, and it is worked off."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, SQSEvent

from chalicelib import wiring

if TYPE_CHECKING:
    from chalicelib.usecases.record_mail_event import Moved

blueprint = Blueprint(__name__)
logger = logging.getLogger(__name__)


@blueprint.on_sqs_message(queue_arn="arn:aws:sqs:named:in:resources", batch_size=1, name="ses_events")
def ses_events(event: SQSEvent) -> dict[str, Any]:
    """One object a call. When some of its events fail, it goes back to the queue (partial batch response).

    The others are applied all the same, each time it comes. Mail that is not ours is passed over.
    """
    from chalicelib.adapters.mail_events import announced

    failed = []
    for message in event:
        try:
            wrong = sum(_apply(key) for key in announced(message.body))
        except Exception:
            logger.exception("goes back to the queue: %s", message.body[:2000])
            wrong = 1
        if wrong:
            failed.append({"itemIdentifier": message.to_dict()["messageId"]})
    return {"batchItemFailures": failed}


def _apply(key: str) -> int:
    """How many of the object's events failed."""
    from chalicelib.usecases.record_mail_event import record_mail_event, record_mail_events

    adapters = (wiring.ledger(), wiring.addresses(), wiring.dues(), wiring.links())

    def record(event: dict[str, Any]) -> Moved | None:
        return record_mail_event(*adapters, event, wiring.now())

    failed = record_mail_events(wiring.mail_events().read(key), wiring.batches(), record)
    if failed:
        logger.error("%d events of %s failed: it goes back to the queue", failed, key)
    return failed
