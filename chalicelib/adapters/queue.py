"""The queues (SQS, standard): mail that may wait, mail that somebody waits for now, and jobs for the desk."""

import json
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.work import Job, Work

LONGEST_DELAY = 900
"""Seconds: SQS delays no message longer."""

LYING = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible")


class Queue:
    """Urgent work goes to a queue of its own, so that it never waits behind a batch."""

    def __init__(self, client: Any, bulk: str, urgent: str, jobs: str) -> None:
        self._client = client
        self._bulk, self._urgent, self._jobs = bulk, urgent, jobs

    def send(self, works: Sequence[Work], delay: int = 0, delays: Sequence[int] = ()) -> None:
        """Queue the work, ten messages a request, ``delay`` seconds from now, or each after its own of ``delays``.

        Raises QueueFailed; some of the messages may be queued then.
        """
        waits = list(delays) or [delay] * len(works)
        for url, urgent in ((self._urgent, True), (self._bulk, False)):
            self._send(url, [(w.model_dump_json(exclude_defaults=True), s)
                             for w, s in zip(works, waits, strict=True) if w.urgent is urgent])  # fmt: skip

    def send_job(self, job: Job) -> None:
        """Raises QueueFailed."""
        self._send(self._jobs, [(job.model_dump_json(), 0)])

    def waiting(self) -> int:
        """About how many chunks of mail that may wait lie in the queue or are being worked on."""
        try:
            answer = self._client.get_queue_attributes(QueueUrl=self._bulk, AttributeNames=list(LYING))
        except (ClientError, BotoCoreError) as error:
            raise QueueFailed(str(error)) from error
        return sum(int(answer["Attributes"][name]) for name in LYING)

    def _send(self, url: str, messages: list[tuple[str, int]]) -> None:
        for start in range(0, len(messages), 10):
            entries = [
                {"Id": str(n), "MessageBody": body, "DelaySeconds": max(0, min(delay, LONGEST_DELAY))}
                for n, (body, delay) in enumerate(messages[start : start + 10])
            ]
            try:
                answer = self._client.send_message_batch(QueueUrl=url, Entries=entries)
            except (ClientError, BotoCoreError) as error:
                raise QueueFailed(str(error)) from error
            if answer.get("Failed"):
                raise QueueFailed(json.dumps(answer["Failed"]))


class QueueFailed(RuntimeError):
    """SQS did not take all of the messages; the row that promises them stays, and the clock will queue them again."""
