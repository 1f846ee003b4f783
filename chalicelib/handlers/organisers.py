"""The organisers' API by route: JSON in and out, behind the Cognito authorizer.

A room is imported when the first of its routes is called, with its models and use cases: the invitees' pages come from
the same function, and nobody who opens one waits for what organisers need.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

from chalice.app import Blueprint, CognitoUserPoolAuthorizer, Response

from chalicelib.handlers.problems import View, answers_problems

blueprint = Blueprint(__name__)

organisers = CognitoUserPoolAuthorizer("organisers", provider_arns=["arn:aws:cognito-idp:named:in:resources"])

JSON = "application/json"
SHEETS = ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
"""Types of body that hold a file of people; which kind it is, its content says."""

EVENT = "/api/events/{event}"
PERSON = f"{EVENT}/invitees/{{invitee}}"
LIST = f"{EVENT}/lists/{{listed}}"
BATCH = f"{EVENT}/batches/{{batch}}"
ATTENDANCE = f"{EVENT}/attendance/{{session}}"


class Route(NamedTuple):
    """``view`` is a function of a room beside this one; ``takes`` are the types of body that it reads."""

    method: str
    path: str
    view: str
    takes: Sequence[str] = (JSON,)


ROUTES = (
    Route("GET", "/api/openapi.json", "events.openapi"),
    Route("PUT", EVENT, "events.put_event"),
    Route("GET", EVENT, "events.get_event"),
    Route("GET", f"{EVENT}/versions/{{version}}", "events.get_version"),
    Route("GET", f"{EVENT}/change-notice", "change_notice.get_notice"),
    Route("POST", f"{EVENT}/change-notice/send", "change_notice.post_send"),
    Route("POST", f"{EVENT}/change-notice/drop", "change_notice.post_drop"),
    Route("PUT", f"{EVENT}/documents/{{document}}/{{language}}", "events.put_event_document", ["application/pdf"]),
    Route("GET", f"{EVENT}/registrations", "events.get_registrations"),
    Route("GET", f"{EVENT}/feedback", "events.get_feedback"),
    Route("GET", f"{EVENT}/attendance", "attendance.get_attendance"),
    Route("POST", ATTENDANCE, "attendance.post_attendance", SHEETS),
    Route("PUT", ATTENDANCE, "attendance.put_attendance", SHEETS),
    Route("GET", f"{EVENT}/reminders", "reminders.get_reminders"),
    Route("GET", f"{EVENT}/reminders/{{rule}}/preview", "reminders.get_preview"),
    Route("GET", f"{EVENT}/contributions", "contribution_lists.get_contributions"),
    Route("POST", f"{PERSON}/contributions/{{contribution}}/open", "contribution_lists.post_open"),
    Route("GET", f"{EVENT}/invitees", "people.get_invitees"),
    Route("GET", PERSON, "people.get_invitee"),
    Route("POST", f"{PERSON}/suppression/lift", "people.post_lift"),
    Route("POST", f"{PERSON}/address", "people.post_address"),
    Route("POST", f"{PERSON}/erase", "people.post_erase"),
    Route("GET", f"{EVENT}/erased", "people.get_erased"),
    Route("POST", f"{EVENT}/erased/lift", "people.post_lift_erasure"),
    Route("POST", f"{PERSON}/answer", "places.post_answer_on_behalf"),
    Route("POST", f"{PERSON}/answers/{{question}}/open", "contribution_lists.post_open_answer"),
    Route("GET", f"{EVENT}/places", "places.get_places"),
    Route("POST", f"{PERSON}/request/approve", "places.post_approve_request"),
    Route("POST", f"{PERSON}/request/refuse", "places.post_refuse_request"),
    Route("GET", f"{EVENT}/audit", "people.get_audit"),
    Route("GET", f"{EVENT}/inbound", "inbound.get_inbound"),
    Route("GET", f"{EVENT}/inbound/{{inbound}}", "inbound.get_inbound_mail"),
    Route("POST", f"{EVENT}/invitees", "lists.post_invitees", [JSON, *SHEETS]),
    Route("POST", f"{EVENT}/lists", "lists.post_list"),
    Route("GET", f"{EVENT}/lists", "lists.get_lists"),
    Route("GET", LIST, "lists.get_list"),
    Route("POST", f"{LIST}/import", "lists.post_import"),
    Route("POST", f"{EVENT}/batches", "batches.post_batch"),
    Route("GET", f"{EVENT}/batches", "batches.get_batches"),
    Route("GET", BATCH, "batches.get_batch"),
    Route("GET", f"{BATCH}/deliveries", "batches.get_deliveries"),
    Route("POST", f"{BATCH}/test", "batches.post_test"),
    Route("POST", f"{BATCH}/approve", "batches.post_approve"),
    Route("POST", f"{BATCH}/pause", "batches.post_pause"),
    Route("POST", f"{BATCH}/resume", "batches.post_resume"),
    Route("POST", f"{BATCH}/cancel", "batches.post_cancel"),
    Route("POST", f"{BATCH}/deadline", "batches.post_deadline"),
    Route("POST", f"{BATCH}/unknowns", "batches.post_unknowns"),
)


def view(name: str) -> View:
    """The view of this name, ``room.function``, importing its room."""
    room, _, function = name.partition(".")
    found: View = getattr(import_module(f"chalicelib.handlers.{room}"), function)
    return found


def _when_called(name: str) -> View:
    def called(**arguments: str) -> Response:
        return view(name)(**arguments)

    called.__name__ = name.partition(".")[2]
    return answers_problems(called)


for route in ROUTES:
    blueprint.route(route.path, methods=[route.method], authorizer=organisers, content_types=list(route.takes))(
        _when_called(route.view)
    )
