"""The organisers' API of batches: plan, test, approve, follow, pause, resume, cancel."""

from typing import Any

from chalice.app import Response

from chalicelib import wiring
from chalicelib.domain.batch import BatchRequest
from chalicelib.domain.errors import Invalid
from chalicelib.handlers import requests
from chalicelib.handlers.batch_representations import (
    ApproveIn,
    BatchList,
    BatchOut,
    DeadlineIn,
    DeliveryPage,
    ReasonIn,
    TestOut,
    UnknownsIn,
    UnknownsOut,
)
from chalicelib.handlers.organisers import blueprint
from chalicelib.handlers.representations import reply
from chalicelib.usecases import control_batch
from chalicelib.usecases.accept_batch import accept_batch
from chalicelib.usecases.list_deliveries import list_deliveries
from chalicelib.usecases.read_batch import read_batch
from chalicelib.usecases.send_test import send_test
from chalicelib.usecases.settle_unknowns import settle_unknowns


def post_batch(event: str) -> Response:
    request = blueprint.current_request
    key = str(request.headers.get("idempotency-key", ""))
    if not 1 <= len(key) <= 200:
        raise Invalid.field("Idempotency-Key", "Send this header, 1 to 200 characters, new for each new batch.")
    wanted, dry_run = requests.model_body(request, BatchRequest), requests.flag(request, "dry_run")
    batch = accept_batch(wiring.desk(), event, wanted, key, requests.who(request), wiring.now(), dry_run=dry_run)
    return reply(BatchOut.of(batch, dry_run=dry_run), 200 if dry_run else 202)


def get_batches(event: str) -> Response:
    wiring.events().get(event)
    return reply(BatchList(batches=[BatchOut.of(batch) for batch in wiring.batches().all(event)]))


def get_batch(event: str, batch: str) -> Response:
    return reply(BatchOut.of(*read_batch(wiring.desk(), event, batch)))


def get_deliveries(event: str, batch: str) -> Response:
    request = blueprint.current_request
    asked, limit = requests.parameters(request), requests.whole_number(request, "limit", 100, 1000)
    state, cursor = asked.get("state", ""), asked.get("cursor", "")
    lines, following = list_deliveries(wiring.desk(), event, batch, state, limit, cursor)
    return reply(DeliveryPage(deliveries=lines, cursor=following))


def post_test(event: str, batch: str) -> Response:
    sent_of, works = send_test(wiring.desk(), event, batch, wiring.now())
    to, languages = sent_of.document.organiser.reply_to, [work.language for work in works]
    return reply(TestOut(sent_to=to, languages=languages, mails=len(works)), 202)


def post_approve(event: str, batch: str) -> Response:
    asked = requests.model_body(blueprint.current_request, ApproveIn)
    return _done(control_batch.approve, event, batch, asked.fingerprint)


def post_pause(event: str, batch: str) -> Response:
    return _done(control_batch.pause, event, batch, reason())


def post_resume(event: str, batch: str) -> Response:
    return _done(control_batch.resume, event, batch)


def post_cancel(event: str, batch: str) -> Response:
    return _done(control_batch.cancel, event, batch, reason())


def post_deadline(event: str, batch: str) -> Response:
    request = blueprint.current_request
    asked, who = requests.model_body(request, DeadlineIn), requests.who(request)
    desk = wiring.desk()
    extended = control_batch.extend(desk, event, batch, asked.answer_by, asked.reason, who, wiring.now())
    return reply(BatchOut.of(extended))


def post_unknowns(event: str, batch: str) -> Response:
    request = blueprint.current_request
    asked, who = requests.model_body(request, UnknownsIn), requests.who(request)
    settled, left = settle_unknowns(wiring.desk(), event, batch, asked.decided, asked.reason, who, wiring.now())
    return reply(UnknownsOut(settled=settled, left=left))


def _done(action: Any, event: str, batch: str, *arguments: str) -> Response:
    who = requests.who(blueprint.current_request)
    return reply(BatchOut.of(action(wiring.desk(), event, batch, *arguments, who, wiring.now())))


def reason() -> str:
    """The reason of a body, which may also be none."""
    request = blueprint.current_request
    return requests.model_body(request, ReasonIn).reason if request.raw_body else ""
