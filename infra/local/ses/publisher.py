"""Publishes events to SNS in the background: in order within a message, several messages at a time."""

import json
import logging
import queue
import threading
import time
from collections.abc import Sequence
from typing import Any

logger = logging.getLogger(__name__)

PAUSES = (0.1, 0.5, 2.0)  # seconds before the second, third and last attempt
SUBJECT = "Amazon SES Email Event Notification"


class Publisher:
    """A queue of event lists and a few threads that publish them; a list is published by one thread."""

    def __init__(self, endpoint: str | None, region: str, access_key: str, secret_key: str, threads: int = 2) -> None:
        self._endpoint, self._region, self._keys = endpoint, region, (access_key, secret_key)
        self._queue: queue.Queue[Sequence[tuple[str, str]] | None] = queue.Queue()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads if endpoint else 0)]
        self.lost = 0
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Event lists not yet published."""
        return self._queue.unfinished_tasks

    def publish(self, events: Sequence[tuple[str, str]]) -> None:
        """Queue (topic ARN, message) pairs, to be published in this order. Without an endpoint they are dropped."""
        if events and self._threads:
            self._queue.put(events)

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

    def _work(self) -> None:
        import boto3
        from botocore.config import Config

        config = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10)
        session = boto3.session.Session(*self._keys, region_name=self._region)
        client = session.client("sns", endpoint_url=self._endpoint, config=config)
        while (events := self._queue.get()) is not None:
            for topic, message in events:
                self._publish(client, topic, message)
            self._queue.task_done()
        self._queue.task_done()

    def _publish(self, client: Any, topic: str, message: str) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        for pause in (*PAUSES, None):
            try:
                client.publish(TopicArn=topic, Subject=SUBJECT, Message=message)
                return
            except (BotoCoreError, ClientError) as error:
                if pause is None:
                    self.lost += 1
                    logger.error("event lost, SNS refused it %d times: %s: %s", len(PAUSES) + 1, topic, error)
                    return
                time.sleep(pause)


def encoded(event: dict[str, Any]) -> str:
    """An event as SES sends it: compact JSON."""
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False)
