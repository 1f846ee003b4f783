"""The organisers' API of events: the document, the files that go with mails, and what came back."""

import re
from typing import Any

from chalice.app import Response

from chalicelib import wiring
from chalicelib.domain.agenda import check
from chalicelib.domain.errors import Invalid
from chalicelib.domain.event import EventDocument
from chalicelib.domain.tabular import to_csv
from chalicelib.domain.text import SLUG
from chalicelib.handlers import representations as out
from chalicelib.handlers import requests
from chalicelib.handlers.openapi import description
from chalicelib.handlers.organisers import blueprint
from chalicelib.usecases import list_answers
from chalicelib.usecases.publish_event import publish_event
from chalicelib.usecases.put_document import put_document
from chalicelib.usecases.read_version import read_version


def openapi() -> Response:
    return out.reply(description())


def put_event(event: str) -> Response:
    if not re.fullmatch(SLUG, event):
        raise Invalid.field("event", "Name the event with lower-case letters, digits and hyphens, 1 to 64 of them.")
    document = requests.model_body(blueprint.current_request, EventDocument)
    dry_run = requests.flag(blueprint.current_request, "dry_run")
    done = publish_event(wiring.events(), event, document, wiring.now(), dry_run=dry_run)
    return out.reply(out.Published.of(done), 201 if done.before is None and not dry_run else 200)


def get_event(event: str) -> Response:
    stored = wiring.events().get(event)
    return out.reply(out.StoredEvent.of(stored, check(stored.document)))


def get_version(event: str, version: str) -> Response:
    done = read_version(wiring.events(), event, version)
    return out.reply(out.PublishedVersion.of(done))


def put_event_document(event: str, document: str, language: str) -> Response:
    content = requests.octets(blueprint.current_request)
    put_document(wiring.events(), wiring.documents(), event, document, language, content)
    return out.reply(out.StoredDocument(event=event, document=document, language=language, bytes=len(content)))


def get_registrations(event: str) -> Response:
    rows = list_answers.registrations(wiring.events(), wiring.invitees(), event)
    if requests.wants_csv(blueprint.current_request):
        columns = [name for name in out.RegistrationOut.model_fields if name != "answers"]
        questions = [f"answer: {field.id}" for field in wiring.events().get(event).document.form]
        return _csv("registrations", [*columns, *questions], [_flat(row) for row in rows])
    return out.reply(out.RegistrationList(registrations=[out.RegistrationOut.model_validate(row) for row in rows]))


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    answers = list_answers.in_cells(row["answers"])
    return {**row, **{f"answer: {name}": said for name, said in answers.items()}}


def get_feedback(event: str) -> Response:
    columns, rows = list_answers.feedback(wiring.events(), wiring.invitees(), wiring.feedbacks(), event)
    if requests.wants_csv(blueprint.current_request):
        return _csv("feedback", columns, rows)
    return out.reply(out.FeedbackList(feedback=rows))


def _csv(name: str, columns: list[str], rows: list[dict[str, object]]) -> Response:
    headers: dict[str, str | list[str]] = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "Cache-Control": "no-store",
    }
    return Response(to_csv(columns, rows).encode(), headers=headers)
