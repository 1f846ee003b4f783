"""The functions that no person calls: the clock, the worker, SES's news, the typesetter; each by its Lambda event."""

import json
import socket
from typing import Any

import pytest
from chalice.test import TestEventsClient as EventsClient

from app import app
from chalicelib import wiring
from chalicelib.adapters import aws
from chalicelib.adapters.store.batches import Batches
from chalicelib.adapters.store.due import Due
from chalicelib.adapters.store.ledger import Ledger
from chalicelib.domain.errors import NotFound
from chalicelib.domain.invitee import Invitee
from chalicelib.handlers.deliver import MOST_RECEIVES, SPARE_MS
from chalicelib.usecases.send import LONGEST_WAIT
from chalicelib.usecases.tick import ENOUGH
from infra.build import ROOT
from tests.handlers.conftest import Web
from tests.shelf import NOW, SETTINGS, STARTS, object_created, resources
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


def test_a_worker_writes_down_what_cannot_be_written_when_the_queue_gives_it_for_the_last_time(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.shelf.publish()
    [clara] = web.shelf.invite("clara")
    accept(web.shelf)
    [work] = web.shelf.take()

    def faulty(*_: Any) -> Any:
        raise KeyError("rank")

    monkeypatch.setattr("chalicelib.usecases.choose.compose", faulty)
    for received in range(1, MOST_RECEIVES + 1):
        message = sqs(work.model_dump_json())
        message["Records"][0]["attributes"] = {"ApproximateReceiveCount": str(received)}
        failures = call("deliver", message)["batchItemFailures"]
        assert len(failures) == (received < MOST_RECEIVES)
    assert web.shelf.state(clara) == "failed"


def test_a_worker_keeps_back_the_time_that_one_call_to_ses_may_take() -> None:
    functions = json.loads((ROOT / ".chalice/config.json").read_text())["stages"]["prod"]["lambda_functions"]
    assert (aws.ONCE.connect_timeout + aws.ONCE.read_timeout) * 1000 <= SPARE_MS
    assert functions["deliver"]["lambda_timeout"] * 1000 > SPARE_MS + LONGEST_WAIT * 1000


def test_the_queue_gives_a_message_as_often_as_the_worker_counts() -> None:
    queues = [one["Properties"] for one in resources().values() if one.get("Type") == "AWS::SQS::Queue"]
    receives = {one["RedrivePolicy"]["maxReceiveCount"] for one in queues if "RedrivePolicy" in one}
    assert receives == {MOST_RECEIVES}


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
    assert [one for one, _ in web.shelf.queued()] == [work.model_copy(update={"put_off": True})]


def test_a_worker_that_cannot_reach_ses_releases_the_mail(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        aws.client.cache_clear()
        wiring.post.cache_clear()
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


def test_the_clock_is_heard_when_it_gives_something_up(web: Web) -> None:
    body = {"event": "symposium", "kind": "confirmation", "occurrence": "1", "invitee": "clara", "tries": ENOUGH}
    web.shelf.dues.add(Due(what="outbox", reference="clara#confirmation#1", at=NOW, body=body))
    with pytest.raises(RuntimeError, match=r"1 things are given up: clara#confirmation#1"):
        tick("2021-01-28T06:30:00Z")
    assert web.shelf.items("DUE#") == []


# SES's news


KEY = "mail-events/2021/01/14/09/events-1-2021-01-14-09-00-00-a+b"


def object_of(web: Web, *lines: str, key: str = KEY) -> dict[str, Any]:
    """Firehose puts an object of these lines into the bucket; what S3 says of it."""
    web.shelf.s3.put_object(Bucket=SETTINGS["BUCKET"], Key=key, Body="".join(f"{line}\n" for line in lines))
    return sqs(object_created(key))


def invited(web: Web, *names: str) -> tuple[str, list[Invitee], list[dict[str, Any]]]:
    """A batch to these people that was sent, and SES's news of its mails in the order of the names."""
    web.shelf.publish()
    people = web.shelf.invite(*names)
    batch = accept(web.shelf)
    work_off(web.shelf)
    ids = {one.destination[0]: one.id for one in web.shelf.ses.messages()}
    return batch.id, people, [web.shelf.told(ids[one.email], "Delivery") for one in people]


def test_news_from_ses_move_the_ledger(web: Web) -> None:
    _, [clara], [told] = invited(web, "clara")
    assert call("ses_events", object_of(web, json.dumps(told))) == {"batchItemFailures": []}
    assert web.shelf.state(clara) == "delivered"


def test_a_hundred_news_are_told_to_their_batch_in_one_write(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, _, told = invited(web, "clara", "boris", "anna")
    lines = [json.dumps(one) for one in told]
    noted, note = [], Batches.note_moves
    monkeypatch.setattr(Batches, "note_moves", lambda *said: (noted.append(said[1:]), note(*said)))
    assert call("ses_events", object_of(web, *lines, *lines)) == {"batchItemFailures": []}
    assert noted == [("symposium", batch, {"sent": -3, "delivered": 3})]
    assert web.shelf.batches.get("symposium", batch).moved == {"sent": -3, "delivered": 3}


def test_the_same_object_again_counts_no_move_twice(web: Web) -> None:
    batch, _, told = invited(web, "clara", "boris")
    message = object_of(web, *(json.dumps(one) for one in told))
    for _ in range(3):
        assert call("ses_events", message) == {"batchItemFailures": []}
    assert web.shelf.batches.get("symposium", batch).moved == {"sent": -2, "delivered": 2}


def test_counts_that_cannot_be_noted_send_nothing_back(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    _, [clara], [told] = invited(web, "clara")

    def away(*said: object) -> None:
        raise RuntimeError("DynamoDB is away")

    monkeypatch.setattr(Batches, "note_moves", away)
    assert call("ses_events", object_of(web, json.dumps(told))) == {"batchItemFailures": []}
    assert web.shelf.state(clara) == "delivered"


@pytest.mark.parametrize(
    "line",
    ["", "[]", "1", "{}", '{"eventType": "Send"}', '{"eventType": "Deliv',
     '{"source": "aws.ses", "detail-type": "Sandbox Status Change", "detail": {}}'],
)  # fmt: skip
def test_what_is_no_news_of_a_mail_is_passed_over_and_what_follows_is_not(web: Web, line: str) -> None:
    _, [clara], [told] = invited(web, "clara")
    assert call("ses_events", object_of(web, line, json.dumps(told))) == {"batchItemFailures": []}
    assert web.shelf.state(clara) == "delivered"


@pytest.mark.parametrize("between", ["", " ", "\n", "\r\n", "\n\n"])
def test_news_are_told_apart_whatever_stands_between_them(web: Web, between: str) -> None:
    _, people, told = invited(web, "clara", "boris", "anna")
    message = object_of(web, between.join(json.dumps(one) for one in told))
    assert call("ses_events", message) == {"batchItemFailures": []}
    assert [web.shelf.state(one) for one in people] == ["delivered"] * 3


@pytest.mark.parametrize("message", ["no json", "[]", '{"Service": "Amazon S3", "Event": "s3:TestEvent"}'])
def test_a_message_that_tells_of_no_object_is_passed_over(web: Web, message: str) -> None:
    before = web.shelf.items()
    assert call("ses_events", sqs(message)) == {"batchItemFailures": []}
    assert web.shelf.items() == before


def test_an_object_that_cannot_be_read_goes_back_to_the_queue(web: Web) -> None:
    assert call("ses_events", sqs(object_created(KEY))) == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}


def test_news_that_always_fail_never_hold_up_those_around_them(web: Web) -> None:
    batch, people, [clara, boris] = invited(web, "clara", "boris")
    message = object_of(web, json.dumps(clara), '{"mail": 1}', json.dumps(boris))
    receives = resources()["MailEventsQueue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"]
    for _ in range(receives):
        assert call("ses_events", message) == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
        assert [web.shelf.state(one) for one in people] == ["delivered"] * 2
    assert web.shelf.batches.get("symposium", batch).moved == {"sent": -2, "delivered": 2}


def test_news_that_failed_are_recorded_when_their_object_comes_again(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, people, told = invited(web, "clara", "boris")
    message = object_of(web, *(json.dumps(one) for one in told))
    record, failing = Ledger.record_event, people[0].id

    def away(ledger: Ledger, key: tuple[str, str, str], *said: Any, **more: Any) -> Any:
        if key[0] == failing:
            raise RuntimeError("DynamoDB is away")
        return record(ledger, key, *said, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "record_event", away)
        assert call("ses_events", message) == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert [web.shelf.state(one) for one in people] == ["sent", "delivered"]
    assert call("ses_events", message) == {"batchItemFailures": []}
    assert [web.shelf.state(one) for one in people] == ["delivered"] * 2
    assert web.shelf.batches.get("symposium", batch).moved == {"sent": -2, "delivered": 2}


def test_what_the_log_says_of_news_that_fail_names_nobody(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    told = {"eventType": "Delivery", "mail": {"messageId": "0107", "destination": ["clara@example.org"], "tags": 1}}
    call("ses_events", object_of(web, json.dumps(told)))
    said = "\n".join(one.getMessage() for one in caplog.records)
    assert "Delivery of message 0107 could not be recorded" in said
    assert KEY in said
    assert "@" not in said


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
