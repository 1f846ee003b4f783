"""Publishes events to Data Firehose in the background, in order, a line each, as SES does.

It plays one piece of Firehose as well. AWS's buffers records and puts what came in a minute into one object; the
emulator's has no buffer and makes an object of every record. So what happens within ``gather`` seconds goes there as
one record of many lines, and the objects in the bucket are what AWS's would be.
"""

import json
import logging
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

logger = logging.getLogger(__name__)

PAUSES = (0.1, 0.5, 2.0)  # seconds before the second, third and last attempt
LARGEST = 900_000
"""Bytes of a record that lines are joined to. Firehose takes 1,000 KiB."""

Told = Sequence[tuple[str, str]]
"""(delivery stream's ARN, event) pairs, in the order in which they are published."""


class Publisher:
    """A queue of event lists and a thread that publishes what it gathers in ``gather`` seconds."""

    def __init__(
        self, endpoint: str | None, region: str, access_key: str, secret_key: str, gather: float = 0.0
    ) -> None:
        self._endpoint, self._region, self._keys, self._gather = endpoint, region, (access_key, secret_key), gather
        self._queue: queue.Queue[Told | None] = queue.Queue()
        self._lock = threading.Lock()
        self._later = 0
        self._thread = threading.Thread(target=self._work, daemon=True) if endpoint else None
        self.lost = 0
        if self._thread:
            self._thread.start()

    @property
    def waiting(self) -> int:
        """Event lists not yet published."""
        return self._queue.unfinished_tasks + self._later

    def publish(self, events: Told, after: float = 0.0) -> None:
        """Queue the events, or do so ``after`` seconds. Without an endpoint they are dropped."""
        if not events or not self._thread:
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
        """Publish what is queued, for two seconds at most, and end the thread."""
        self.settle(2.0)
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
        client = session.client("firehose", endpoint_url=self._endpoint, config=config)
        ending = False
        while not ending:
            taken = self._take()
            told = [pair for events in taken if events for pair in events]
            for stream in dict.fromkeys(stream for stream, _ in told):
                for record in _records([event for where, event in told if where == stream]):
                    self._put(client, stream, record)
            for _ in taken:
                self._queue.task_done()
            ending = taken[-1] is None

    def _take(self) -> list[Told | None]:
        """Waits for one list and takes along what else comes by then; ``None``, the sign to end, comes last."""
        taken = [self._queue.get()]
        if taken[0] is not None:
            time.sleep(self._gather)
        with suppress(queue.Empty):
            while taken[-1] is not None:
                taken.append(self._queue.get_nowait())
        return taken

    def _put(self, client: Any, stream: str, record: bytes) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        reason: object = None
        for pause in (*PAUSES, None):
            try:
                name = stream.rpartition("/")[2]
                answer = client.put_record_batch(DeliveryStreamName=name, Records=[{"Data": record}])
                if not answer["FailedPutCount"]:
                    return
                reason = answer["RequestResponses"]
            except (BotoCoreError, ClientError) as error:
                reason = error
            if pause is not None:
                time.sleep(pause)
        lines = record.count(b"\n")
        with self._lock:
            self.lost += lines
        logger.error("%d events lost, Firehose refused %d times: %s: %s", lines, len(PAUSES) + 1, stream, reason)


def _records(events: list[str]) -> Iterator[bytes]:
    """The events, each with its newline, joined as long as the record stays below LARGEST."""
    record = b""
    for event in events:
        line = event.encode() + b"\n"
        if record and len(record) + len(line) > LARGEST:
            yield record
            record = b""
        record += line
    if record:
        yield record


def encoded(event: dict[str, Any]) -> str:
    """An event as SES sends it: compact JSON."""
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False)
