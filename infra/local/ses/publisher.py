"""Publishes events to SNS in the background: in order within a message, ten to a request when many wait."""

import json
import logging
import queue
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

logger = logging.getLogger(__name__)

PAUSES = (0.1, 0.5, 2.0)  # seconds before the second, third and last attempt
SUBJECT = "Amazon SES Email Event Notification"
MOST = 10  # entries of one PublishBatch

Told = Sequence[tuple[str, str]]
"""(topic ARN, message) pairs, in the order in which they are published."""


class Publisher:
    """A queue of event lists and a few threads that publish them; a list is published by one thread."""

    def __init__(self, endpoint: str | None, region: str, access_key: str, secret_key: str, threads: int = 2) -> None:
        self._endpoint, self._region, self._keys = endpoint, region, (access_key, secret_key)
        self._queue: queue.Queue[Told | None] = queue.Queue()
        self._lock = threading.Lock()
        self._later = 0
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads if endpoint else 0)]
        self.lost = 0
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Event lists not yet published."""
        return self._queue.unfinished_tasks + self._later

    def publish(self, events: Told, after: float = 0.0) -> None:
        """Queue the events, or do so ``after`` seconds. Without an endpoint they are dropped."""
        if not events or not self._threads:
            return
        if not after:
            self._queue.put(events)
            return
        with self._lock:
            self._later += 1
        timer = threading.Timer(after, self._due, (events,))
        timer.daemon = True
        timer.start()

    def settle(self, timeout: float = 10.0) -> bool:
        """Wait (seconds) until nothing is waiting; whether that was reached."""
        deadline = time.monotonic() + timeout
        while self.waiting and time.monotonic() < deadline:
            time.sleep(0.01)
        return not self.waiting

    def stop(self) -> None:
        """Publish what is queued, for two seconds at most, and end the threads."""
        self.settle(2.0)
        for _ in self._threads:
            self._queue.put(None)

    def _due(self, events: Told) -> None:
        self._queue.put(events)
        with self._lock:
            self._later -= 1

    def _work(self) -> None:
        import boto3
        from botocore.config import Config

        config = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10)
        session = boto3.session.Session(*self._keys, region_name=self._region)
        client = session.client("sns", endpoint_url=self._endpoint, config=config)
        ending = False
        while not ending:
            taken = self._take()
            told = [pair for events in taken if events for pair in events]
            for topic in dict.fromkeys(topic for topic, _ in told):
                messages = [message for where, message in told if where == topic]
                for start in range(0, len(messages), MOST):
                    self._publish(client, topic, messages[start : start + MOST])
            for _ in taken:
                self._queue.task_done()
            ending = taken[-1] is None

    def _take(self) -> list[Told | None]:
        """Waits for one list and takes along what else lies there; ``None``, the sign to end, comes last."""
        taken = [self._queue.get()]
        with suppress(queue.Empty):
            while taken[-1] is not None and len(taken) < MOST:
                taken.append(self._queue.get_nowait())
        return taken

    def _publish(self, client: Any, topic: str, messages: list[str]) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        reason: object = None
        for pause in (*PAUSES, None):
            entries = [{"Id": str(n), "Subject": SUBJECT, "Message": one} for n, one in enumerate(messages)]
            try:
                failed = client.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries).get("Failed") or []
                messages, reason = [messages[int(one["Id"])] for one in failed], failed
            except (BotoCoreError, ClientError) as error:
                reason = error
            if not messages:
                return
            if pause is not None:
                time.sleep(pause)
        with self._lock:
            self.lost += len(messages)
        logger.error("%d events lost, SNS refused %d times: %s: %s", len(messages), len(PAUSES) + 1, topic, reason)


def encoded(event: dict[str, Any]) -> str:
    """An event as SES sends it: compact JSON."""
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False)
