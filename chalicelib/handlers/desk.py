"""The desk: what takes longer than a request may, one job at a time."""

import logging
from typing import Any, cast

from chalice.app import Blueprint, SQSEvent

from chalicelib import wiring
from chalicelib.domain.work import Job

blueprint = Blueprint(__name__)
logger = logging.getLogger(__name__)

SPARE_MS = 60_000
"""Kept back at the end of an invocation: a block of rows takes some ten seconds, and the rest is queued again."""


@blueprint.on_sqs_message(queue_arn="arn:aws:sqs:named:in:resources", batch_size=1, name="desk")
def desk(event: SQSEvent) -> dict[str, Any]:
    """A job that failed goes back to the queue (partial batch response)."""
    failed = []
    for record in event:
        try:
            _do(event, Job.model_validate_json(record.body))
        except Exception:
            logger.exception("job goes back to the queue: %s", record.body)
            failed.append({"itemIdentifier": record.to_dict()["messageId"]})
    return {"batchItemFailures": failed}


def _do(event: SQSEvent, job: Job) -> None:
    if job.what == "plan":
        from chalicelib.usecases.plan_batch import plan_batch

        plan_batch(wiring.desk(), job.event, job.id, wiring.now())
        return

    def time_left() -> bool:
        return bool(cast(Any, event.context).get_remaining_time_in_millis() > SPARE_MS)

    if job.what == "erase":
        from chalicelib.usecases.erase import erase_everybody, take_out_the_rest

        room = wiring.erasing()
        if job.id:
            take_out_the_rest(room, job, wiring.now())
        else:
            logger.info("%d people of %s erased", erase_everybody(room, job, wiring.now, time_left), job.event)
    else:
        from chalicelib.usecases.import_list import import_list

        import_list(wiring.intake(), job.event, job.id, wiring.now, time_left)
