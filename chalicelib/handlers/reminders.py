"""The organisers' API of reminders: which there are, and what one of them would say to whom."""

from chalice.app import Response

from chalicelib import wiring
from chalicelib.handlers import reminder_representations as out
from chalicelib.handlers import requests
from chalicelib.handlers.organisers import blueprint
from chalicelib.handlers.representations import reply
from chalicelib.usecases.list_reminders import list_reminders
from chalicelib.usecases.preview_reminder import preview_reminder


def get_reminders(event: str) -> Response:
    stored, lines = list_reminders(wiring.desk(), event, wiring.now())
    shown = [out.ReminderOut.of(stored, line) for line in lines]
    return reply(out.ReminderList(time_zone=stored.document.time_zone, reminders=shown))


def get_preview(event: str, rule: str) -> Response:
    asked = requests.parameters(blueprint.current_request)
    session, invitee, language = (asked.get(name, "") for name in ("session", "invitee", "language"))
    done = preview_reminder(wiring.desk(), wiring.links(), event, rule, session, invitee, language, wiring.now())
    return reply(out.PreviewOut.of(done, invitee))
