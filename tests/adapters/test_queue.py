"""The delivery queue."""

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.adapters.queue import Queue, QueueFailed
from chalicelib.domain.work import Work
from tests.shelf import Shelf

WORK = Work(event="symposium", kind="invitation", occurrence="1", batch="b", plan_id="p")


def test_work_comes_out_of_the_queue_as_it_went_in(shelf: Shelf) -> None:
    works = [WORK.model_copy(update={"chunk": n}) for n in range(23)]
    shelf.queue.send(works)
    assert shelf.queued() == [(work, 0) for work in works]


def test_work_may_wait_before_it_is_seen(shelf: Shelf) -> None:
    shelf.queue.send([WORK], delay=30)
    assert shelf.queued() == [(WORK, 30)]


def test_no_work_sends_nothing(shelf: Shelf) -> None:
    shelf.queue.send([])
    assert shelf.queued() == []


def test_what_sqs_refused_is_an_error_because_the_outbox_must_stay(queue_url: str) -> None:
    class Refusing:
        def send_message_batch(self, **_: Any) -> dict[str, Any]:
            return {"Successful": [], "Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": False}]}

    with pytest.raises(QueueFailed, match="InternalError"):
        Queue(Refusing(), queue_url).send([WORK])


def test_a_queue_that_is_not_there_or_cannot_be_reached_is_the_same_error(shelf: Shelf, queue_url: str) -> None:
    with pytest.raises(QueueFailed, match="NonExistentQueue"):
        Queue(shelf.sqs, queue_url + "-gone").send([WORK])

    class Unreachable:
        def send_message_batch(self, **_: Any) -> dict[str, Any]:
            raise EndpointConnectionError(endpoint_url=queue_url)

    with pytest.raises(QueueFailed, match="Could not connect"):
        Queue(Unreachable(), queue_url).send([WORK])
