"""The delivery worker: works off chunks from the queue."""

import json
import logging
from typing import Any, cast

from chalice.app import Blueprint, SQSEvent

from chalicelib import wiring
from chalicelib.domain.work import Work
from chalicelib.usecases.deliver import deliver as deliver_work

blueprint = Blueprint(__name__)
logger = logging.getLogger(__name__)

SPARE_MS = 15_000
"""Kept back at the end of an invocation, to write down what was begun."""


@blueprint.on_sqs_message(queue_arn="arn:aws:sqs:named:in:resources", batch_size=4, name="deliver")
def deliver(event: SQSEvent) -> dict[str, Any]:
    """Those that failed go back to the queue alone (partial batch response)."""
    failed = []
    for record in event:
        try:
            counts = deliver_work(
                wiring.post(),
                Work.model_validate_json(record.body),
                wiring.now,
                lambda: cast(Any, event.context).get_remaining_time_in_millis() > SPARE_MS,
            )
            print(json.dumps({"work": record.body, "outcomes": counts}))
        except Exception:
            logger.exception("work goes back to the queue: %s", record.body)
            failed.append({"itemIdentifier": record.to_dict()["messageId"]})
    return {"batchItemFailures": failed}
