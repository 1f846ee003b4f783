"""The functions that no person calls: the clock, the worker, SES's news, the typesetter; each by its Lambda event."""

import json
import socket
from typing import Any

import pytest
from chalice.test import TestEventsClient as EventsClient

from app import app
from chalicelib import wiring
from chalicelib.adapters import aws
from chalicelib.domain.errors import NotFound
from chalicelib.handlers.deliver import SPARE_MS
from tests.handlers.conftest import Web
from tests.shelf import STARTS
from tests.usecases.steps import accept, register, work_off

events = EventsClient(app)


class Context:
    """Lambda's context; ``left`` is what remains of the invocation, in milliseconds."""

    def __init__(self, left: int = 60_000) -> None:
        self.left = left

    def get_remaining_time_in_millis(self) -> int:
        return self.left


def call(name: str, event: dict[str, Any], left: int = 60_000) -> Any:
    return app.handler_map[name](event, Context(left))


def sqs(*bodies: str) -> dict[str, Any]:
    event = events.generate_sqs_event(list(bodies))
    for number, record in enumerate(event["Records"]):
        record["messageId"] = f"message-{number}"
    return event


def tick(at: str) -> Any:
    return call("clock", {**events.generate_cw_event("aws.events", "Scheduled Event", {}, []), "time": at})


# the worker


def test_the_worker_delivers_what_the_queue_brings_through_the_real_client(web: Web) -> None:
    web.shelf.publish()
    web.shelf.invite("clara")
    accept(web.shelf)
    bodies = [work.model_dump_json(exclude_defaults=True) for work in web.shelf.take()]
    assert call("deliver", sqs(*bodies)) == {"batchItemFailures": []}
    assert web.shelf.recipients() == ["clara@example.org"]


@pytest.mark.parametrize("broken", ["not json", "{}", '{"event": "unknown", "kind": "invitation", "occurrence": "1"}'])
def test_a_message_that_fails_goes_back_alone(web: Web, broken: str) -> None:
    web.shelf.publish()
    web.shelf.invite("clara")
    accept(web.shelf)
    [work] = web.shelf.take()
    good = work.model_dump_json(exclude_defaults=True)
    assert call("deliver", sqs(broken, good)) == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert web.shelf.recipients() == ["clara@example.org"]


def test_a_worker_at_the_end_of_its_time_sends_nothing_and_queues_it_again(web: Web) -> None:
    web.shelf.publish()
    web.shelf.invite("clara")
    accept(web.shelf)
    [work] = web.shelf.take()
    assert call("deliver", sqs(work.model_dump_json()), left=SPARE_MS) == {"batchItemFailures": []}
    assert web.shelf.ses.messages() == []
    assert [one for one, _ in web.shelf.queued()] == [work]


def test_a_worker_that_cannot_reach_ses_releases_the_mail(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        aws.client.cache_clear()
        wiring.post.cache_clear()
        monkeypatch.setattr("chalicelib.usecases.deliver.PAUSES", ())
        web.shelf.publish()
        [clara] = web.shelf.invite("clara")
        accept(web.shelf)
        [work] = web.shelf.take()
        assert call("deliver", sqs(work.model_dump_json())) == {"batchItemFailures": []}
        assert (web.shelf.state(clara), len(web.shelf.queued())) == ("", 1)
    aws.client.cache_clear()


# the clock


def test_the_clock_takes_its_time_from_its_event(web: Web) -> None:
    web.shelf.publish()
    [clara] = web.shelf.invite("clara")
    register(web.shelf, clara)
    work_off(web.shelf)
    assert tick("2021-01-28T06:29:59Z")["fired"] == []
    assert tick("2021-01-28T06:30:00Z")["fired"] == ["symposium#hour-before_session-1"]
    web.shelf.clock.time = STARTS["session-1"]
    assert work_off(web.shelf) == {"sent": 1}


def test_the_clock_is_heard_when_something_due_could_not_be_done(web: Web) -> None:
    web.shelf.publish()
    key = {"PK": {"S": "DUE#0"}, "SK": {"S": "2021-01-01T00:00:00Z#broken"}}
    web.shelf.dynamodb.put_item(TableName="convoke", Item={**key, "what": {"S": "nonsense"}})
    with pytest.raises(RuntimeError, match="broken"):
        tick("2021-01-28T06:30:00Z")
    assert web.shelf.events.mailing("symposium", "hour-before_session-1").state == "fired"


# SES's news


def test_news_from_ses_move_the_ledger(web: Web) -> None:
    web.shelf.publish()
    [clara] = web.shelf.invite("clara")
    accept(web.shelf)
    work_off(web.shelf)
    told = web.shelf.told(web.shelf.ses.messages()[0].id, "Delivery")
    call("ses_events", events.generate_sqs_event([json.dumps(told)]))
    assert web.shelf.state(clara) == "delivered"


@pytest.mark.parametrize(
    "message",
    ["Successfully validated SNS topic for Amazon SES event publishing.", "[]", "1", "{}", '{"eventType": "Send"}'],
)
def test_what_is_no_news_of_a_mail_is_passed_over(web: Web, message: str) -> None:
    before = web.shelf.items()
    assert call("ses_events", sqs(message)) == {"batchItemFailures": []}
    assert web.shelf.items() == before


def test_news_that_fail_go_back_to_their_queue_alone(web: Web) -> None:
    web.shelf.publish()
    [clara] = web.shelf.invite("clara")
    accept(web.shelf)
    work_off(web.shelf)
    good = json.dumps(web.shelf.told(web.shelf.ses.messages()[0].id, "Delivery"))
    assert call("ses_events", sqs('{"mail": 1}', good)) == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert web.shelf.state(clara) == "delivered"


# the typesetter


def test_the_typesetter_sets_the_version_it_is_asked_for_and_keeps_it(web: Web) -> None:
    event = web.shelf.publish()
    web.shelf.publish(date="2021-02-04")
    order = {"event": "symposium", "version": 1, "language": "en", "zone": "Europe/Vienna"}
    done = call("typeset", order)
    assert done["key"].startswith("events/symposium/agenda/0001.")
    assert web.shelf.documents.agenda(event, "en", "Europe/Vienna").startswith(b"%PDF-")
    assert web.shelf.typesetter.calls == []


def test_the_typesetter_refuses_a_version_that_there_is_not(web: Web) -> None:
    web.shelf.publish()
    with pytest.raises(NotFound):
        call("typeset", {"event": "symposium", "version": 2, "language": "en", "zone": "Europe/Vienna"})


def test_every_function_of_the_template_is_there() -> None:
    assert set(app.handler_map) >= {"deliver", "clock", "ses_events", "typeset"}
