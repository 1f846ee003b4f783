"""The delivery workers: one for mail that may wait, one for mail that somebody waits for now. Both do the same."""

import json
import logging
from typing import Any, cast

from chalice.app import Blueprint, SQSEvent, SQSRecord

from chalicelib import wiring
from chalicelib.domain.work import Work

blueprint = Blueprint(__name__)
logger = logging.getLogger(__name__)

SPARE_MS = 25_000
"""Kept back at the end of an invocation: a call to SES may take 20 seconds, and what came of it is written down."""

MOST_RECEIVES = 5
"""How often the queue gives a message before it goes to the dead letters (``maxReceiveCount`` in the template)."""


@blueprint.on_sqs_message(queue_arn="arn:aws:sqs:named:in:resources", batch_size=1, name="deliver")
def deliver(event: SQSEvent) -> dict[str, Any]:
    """A chunk of a batch."""
    return _work_off(event)


@blueprint.on_sqs_message(queue_arn="arn:aws:sqs:named:in:resources", batch_size=4, name="deliver_now")
def deliver_now(event: SQSEvent) -> dict[str, Any]:
    """Confirmations, reminders, and mails to the organiser."""
    return _work_off(event)


def _work_off(event: SQSEvent) -> dict[str, Any]:
    """Those that failed go back to the queue alone (partial batch response)."""
    failed = []
    for record in event:
        try:
            _deliver(event, record)
        except Exception:
            logger.exception("work goes back to the queue: %s", record.body)
            failed.append({"itemIdentifier": record.to_dict()["messageId"]})
    return {"batchItemFailures": failed}


def _deliver(event: SQSEvent, record: SQSRecord) -> None:
    from chalicelib.usecases.deliver import deliver as deliver_work  # the API imports this room, and writes no mail

    received = int(record.to_dict().get("attributes", {}).get("ApproximateReceiveCount", 1))
    counts = deliver_work(
        wiring.post(),
        Work.model_validate_json(record.body),
        wiring.now,
        lambda: cast(Any, event.context).get_remaining_time_in_millis() > SPARE_MS,
        repeated=received > 1,
        last=received >= MOST_RECEIVES,
    )
    print(json.dumps({"work": record.body, "outcomes": counts}))
