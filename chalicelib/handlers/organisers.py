"""The organisers' API: JSON in and out, behind the Cognito authorizer."""

import json
import re
from typing import Any

from chalice.app import Blueprint, CognitoUserPoolAuthorizer, Response
from pydantic import BaseModel

from chalicelib import wiring
from chalicelib.domain.agenda import check
from chalicelib.domain.batch import BatchRequest
from chalicelib.domain.errors import Invalid
from chalicelib.domain.event import EventDocument
from chalicelib.domain.roster import from_objects, read_rows
from chalicelib.domain.tabular import to_csv
from chalicelib.domain.text import SLUG
from chalicelib.handlers import representations as out
from chalicelib.handlers import requests
from chalicelib.handlers.openapi import description
from chalicelib.handlers.problems import answers_problems
from chalicelib.usecases import list_answers
from chalicelib.usecases.accept_batch import accept_batch
from chalicelib.usecases.import_invitees import import_invitees
from chalicelib.usecases.publish_event import publish_event
from chalicelib.usecases.put_document import put_document
from chalicelib.usecases.read_batch import read_batch

blueprint = Blueprint(__name__)

organisers = CognitoUserPoolAuthorizer("organisers", provider_arns=["arn:aws:cognito-idp:named:in:resources"])


@blueprint.route("/api/openapi.json", authorizer=organisers)
@answers_problems
def openapi() -> Response:
    return _json(description())


@blueprint.route("/api/events/{event}", methods=["PUT"], authorizer=organisers)
@answers_problems
def put_event(event: str) -> Response:
    if not re.fullmatch(SLUG, event):
        raise Invalid.field("event", "Name the event with lower-case letters, digits and hyphens, 1 to 64 of them.")
    document = requests.model_body(blueprint.current_request, EventDocument)
    stored, findings, new = publish_event(wiring.events(), event, document, wiring.now())
    return _json(out.Published(event=event, version=stored.version, findings=findings), 201 if new else 200)


@blueprint.route("/api/events/{event}", methods=["GET"], authorizer=organisers)
@answers_problems
def get_event(event: str) -> Response:
    stored = wiring.events().get(event)
    return _json(out.StoredEvent.of(stored, check(stored.document)))


@blueprint.route(
    "/api/events/{event}/documents/{document}/{language}",
    methods=["PUT"],
    authorizer=organisers,
    content_types=["application/pdf"],
)
@answers_problems
def put_event_document(event: str, document: str, language: str) -> Response:
    content = requests.octets(blueprint.current_request)
    put_document(wiring.events(), wiring.documents(), event, document, language, content)
    return _json(out.StoredDocument(event=event, document=document, language=language, bytes=len(content)))


@blueprint.route(
    "/api/events/{event}/invitees",
    methods=["POST"],
    authorizer=organisers,
    content_types=["application/json", "text/csv"],
)
@answers_problems
def post_invitees(event: str) -> Response:
    request = blueprint.current_request
    is_csv = str(request.headers.get("content-type", "")).startswith("text/csv")
    rows = read_rows(requests.text_body(request)) if is_csv else from_objects(requests.json_body(request))
    dry_run = requests.flag(request, "dry_run")
    report = import_invitees(wiring.events(), wiring.invitees(), wiring.links(), event, rows, dry_run=dry_run)
    return _json(report)


@blueprint.route("/api/events/{event}/invitees", methods=["GET"], authorizer=organisers)
@answers_problems
def get_invitees(event: str) -> Response:
    request = blueprint.current_request
    asked = requests.parameters(request)
    wanted: dict[str, str] = {name: asked[name] for name in ("status", "category", "language") if name in asked}
    limit, cursor = requests.whole_number(request, "limit", 100, 1000), requests.from_cursor(asked.get("cursor"), event)
    found, following = list_answers.invitees(wiring.events(), wiring.invitees(), event, wanted, limit, cursor)
    shown = [out.InviteeOut.of(invitee) for invitee in found]
    return _json(out.InviteePage(invitees=shown, cursor=requests.to_cursor(following)))


@blueprint.route("/api/events/{event}/batches", methods=["POST"], authorizer=organisers)
@answers_problems
def post_batch(event: str) -> Response:
    request = blueprint.current_request
    key = str(request.headers.get("idempotency-key", ""))
    if not 1 <= len(key) <= 200:
        raise Invalid.field("Idempotency-Key", "Send this header, 1 to 200 characters, new for each new batch.")
    wanted, dry_run = requests.model_body(request, BatchRequest), requests.flag(request, "dry_run")
    batch = accept_batch(
        wiring.events(),
        wiring.planner(),
        wiring.batches(),
        wiring.dues(),
        wiring.queue(),
        wiring.documents(),
        event,
        wanted,
        key,
        wiring.now(),
        dry_run=dry_run,
    )
    return _json(out.BatchOut.of(batch, dry_run=dry_run), 200 if dry_run else 202)


@blueprint.route("/api/events/{event}/batches", methods=["GET"], authorizer=organisers)
@answers_problems
def get_batches(event: str) -> Response:
    wiring.events().get(event)
    return _json(out.BatchList(batches=[out.BatchOut.of(batch) for batch in wiring.batches().all(event)]))


@blueprint.route("/api/events/{event}/batches/{batch}", methods=["GET"], authorizer=organisers)
@answers_problems
def get_batch(event: str, batch: str) -> Response:
    return _json(out.BatchOut.of(*read_batch(wiring.batches(), wiring.ledger(), event, batch)))


@blueprint.route("/api/events/{event}/registrations", methods=["GET"], authorizer=organisers)
@answers_problems
def get_registrations(event: str) -> Response:
    rows = list_answers.registrations(wiring.events(), wiring.invitees(), event)
    if requests.wants_csv(blueprint.current_request):
        return _csv("registrations", list(out.RegistrationOut.model_fields), rows)
    return _json(out.RegistrationList(registrations=[out.RegistrationOut.model_validate(row) for row in rows]))


@blueprint.route("/api/events/{event}/feedback", methods=["GET"], authorizer=organisers)
@answers_problems
def get_feedback(event: str) -> Response:
    columns, rows = list_answers.feedback(wiring.events(), wiring.invitees(), wiring.feedbacks(), event)
    if requests.wants_csv(blueprint.current_request):
        return _csv("feedback", columns, rows)
    return _json(out.FeedbackList(feedback=rows))


def _csv(name: str, columns: list[str], rows: list[dict[str, object]]) -> Response:
    headers: dict[str, str | list[str]] = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "Cache-Control": "no-store",
    }
    return Response(to_csv(columns, rows).encode(), headers=headers)


def _json(body: BaseModel | dict[str, Any], status: int = 200) -> Response:
    text = body.model_dump_json() if isinstance(body, BaseModel) else json.dumps(body, ensure_ascii=False)
    headers: dict[str, str | list[str]] = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Response(text.encode(), status_code=status, headers=headers)
