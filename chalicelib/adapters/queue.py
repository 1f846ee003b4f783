"""The delivery queue (SQS, standard)."""

import json
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.work import Work


class Queue:
    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, works: Sequence[Work], delay: int = 0) -> None:
        """Queue the work, ten messages a request, ``delay`` seconds from now. Raises QueueFailed."""
        bodies = [work.model_dump_json(exclude_defaults=True) for work in works]
        for start in range(0, len(bodies), 10):
            entries = [
                {"Id": str(n), "MessageBody": body, "DelaySeconds": delay}
                for n, body in enumerate(bodies[start : start + 10])
            ]
            try:
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            except (ClientError, BotoCoreError) as error:
                raise QueueFailed(str(error)) from error
            if answer.get("Failed"):
                raise QueueFailed(json.dumps(answer["Failed"]))


class QueueFailed(RuntimeError):
    """SQS did not take all of the messages; the outbox row stays, and the clock will queue them again."""
