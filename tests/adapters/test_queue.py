"""The delivery queue."""

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.adapters.queue import Queue, QueueFailed
from chalicelib.domain.event import Kind
from chalicelib.domain.work import Job, Work
from tests.shelf import Shelf

WORK = Work(event="symposium", kind="invitation", occurrence="1", batch="b", plan_id="p")


def test_work_comes_out_of_the_queue_as_it_went_in(shelf: Shelf) -> None:
    works = [WORK.model_copy(update={"chunk": n}) for n in range(23)]
    shelf.queue.send(works)
    assert shelf.queued() == [(work, 0) for work in works]


def test_work_may_wait_before_it_is_seen(shelf: Shelf) -> None:
    shelf.queue.send([WORK], delay=30)
    assert shelf.queued() == [(WORK, 30)]


def test_each_piece_may_wait_for_its_own_time_and_fifteen_minutes_at_most(shelf: Shelf) -> None:
    works = [WORK.model_copy(update={"chunk": n}) for n in range(3)]
    shelf.queue.send(works, delays=[0, 7, 5000])
    assert [wait for _, wait in shelf.queued()] == [0, 7, 900]


@pytest.mark.parametrize("kind", ["confirmation", "reminder", "test", "notice"])
def test_what_somebody_waits_for_has_a_queue_of_its_own(shelf: Shelf, kind: Kind) -> None:
    urgent = WORK.model_copy(update={"kind": kind})
    shelf.queue.send([WORK, urgent], delays=[1, 2])
    assert shelf.queued("urgent") == [(urgent, 2)]
    assert shelf.queued("deliver") == [(WORK, 1)]


def test_what_waits_is_counted_without_what_is_urgent_and_whether_it_is_seen_yet_or_not(shelf: Shelf) -> None:
    shelf.queue.send([WORK, WORK, WORK.model_copy(update={"kind": "reminder"})], delays=[0, 60, 0])
    assert shelf.queue.waiting() == 2


def test_a_job_goes_to_the_desk(shelf: Shelf) -> None:
    job = Job(what="plan", event="symposium", id="b")
    shelf.queue.send_job(job)
    assert shelf.queued() == []
    [body] = shelf.jobs()
    assert body == job


def test_no_work_sends_nothing(shelf: Shelf) -> None:
    shelf.queue.send([])
    assert shelf.queued() == []


def test_what_sqs_refused_is_an_error_because_the_outbox_must_stay() -> None:
    class Refusing:
        def send_message_batch(self, **_: Any) -> dict[str, Any]:
            return {"Successful": [], "Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": False}]}

    with pytest.raises(QueueFailed, match="InternalError"):
        Queue(Refusing(), "bulk", "urgent", "jobs").send([WORK])


def test_a_queue_that_is_not_there_or_cannot_be_reached_is_the_same_error(shelf: Shelf) -> None:
    with pytest.raises(QueueFailed, match="NonExistentQueue"):
        Queue(shelf.sqs, "https://sqs.eu-central-1.amazonaws.com/1/gone", "urgent", "jobs").send([WORK])

    class Unreachable:
        def send_message_batch(self, **_: Any) -> dict[str, Any]:
            raise EndpointConnectionError(endpoint_url="https://sqs.example.org")

    with pytest.raises(QueueFailed, match="Could not connect"):
        Queue(Unreachable(), "bulk", "urgent", "jobs").send([WORK])
