"""The organisers' API of lists: people in a request, or in a file that is uploaded and read at leisure."""

from io import BytesIO

from chalice.app import Response

from chalicelib import wiring
from chalicelib.adapters.spreadsheets import read_sheet
from chalicelib.domain.roster_rows import from_objects, read_rows
from chalicelib.handlers import list_representations as out
from chalicelib.handlers import requests
from chalicelib.handlers.organisers import JSON, blueprint
from chalicelib.handlers.representations import reply
from chalicelib.usecases.import_invitees import import_invitees
from chalicelib.usecases.import_list import start_import
from chalicelib.usecases.offer_upload import offer_upload
from chalicelib.usecases.read_list import read_list


def post_invitees(event: str) -> Response:
    request = blueprint.current_request
    dry_run = requests.flag(request, "dry_run")
    if str(request.headers.get("content-type", "")).startswith(JSON):
        rows = iter(from_objects(requests.json_body(request)))
    else:
        rows = read_rows(read_sheet(BytesIO(requests.octets(request))).records)
    return reply(import_invitees(wiring.events(), wiring.people(), event, rows, wiring.now(), dry_run=dry_run))


def post_list(event: str) -> Response:
    request = blueprint.current_request
    asked = requests.model_body(request, out.ListIn) if request.raw_body else out.ListIn()
    listed, url = offer_upload(wiring.events(), wiring.lists(), wiring.uploads(), event, asked.filename, wiring.now())
    return reply(out.ListOffer(list=listed.id, upload_url=url, expires_at=listed.upload_until), 201)


def get_lists(event: str) -> Response:
    wiring.events().get(event)
    return reply(out.ListList(lists=[out.ListLine.of(one) for one in wiring.lists().all(event, wiring.now())]))


def get_list(event: str, listed: str) -> Response:
    return reply(out.ListOut.of(*read_list(wiring.lists(), wiring.uploads(), event, listed, wiring.now())))


def post_import(event: str, listed: str) -> Response:
    dry_run = requests.flag(blueprint.current_request, "dry_run")
    return reply(out.ListLine.of(start_import(wiring.intake(), event, listed, wiring.now(), dry_run=dry_run)), 202)
