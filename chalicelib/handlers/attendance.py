"""The organisers' API of attendance: who attended which session, and the reports of platforms that tell of it."""

from io import BytesIO

from chalice.app import Request, Response

from chalicelib import wiring
from chalicelib.adapters.spreadsheets import read_sheet
from chalicelib.domain.errors import Invalid
from chalicelib.domain.event_parts import iana_zone
from chalicelib.domain.tabular import to_csv
from chalicelib.handlers import attendance_representations as out
from chalicelib.handlers import requests
from chalicelib.handlers.organisers import blueprint
from chalicelib.handlers.representations import reply
from chalicelib.usecases.import_attendance import import_attendance
from chalicelib.usecases.list_attendance import list_attendance


def get_attendance(event: str) -> Response:
    request = blueprint.current_request
    rooms = wiring.events(), wiring.invitees(), wiring.attendances()
    lines = list_attendance(*rooms, event, requests.parameters(request).get("session", ""))
    shown = [out.AttendanceOut.of(line) for line in lines]
    if not requests.wants_csv(request):
        return reply(out.AttendanceList(attendance=shown))
    headers: dict[str, str | list[str]] = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": 'attachment; filename="attendance.csv"',
        "Cache-Control": "no-store",
    }
    rows = [one.model_dump(mode="json") for one in shown]
    return Response(to_csv(list(out.AttendanceOut.model_fields), rows).encode(), headers=headers)


def post_attendance(event: str, session: str) -> Response:
    return _import(event, session, replace=False)


def put_attendance(event: str, session: str) -> Response:
    return _import(event, session, replace=True)


def _import(event: str, session: str, *, replace: bool) -> Response:
    request = blueprint.current_request
    dry_run, zone = requests.flag(request, "dry_run", beside="time_zone"), _zone(request)
    records = read_sheet(BytesIO(requests.octets(request)), below=True).records
    who, now = requests.who(request), wiring.now()
    report = import_attendance(
        wiring.register(), event, session, records, zone, who, now, replace=replace, dry_run=dry_run
    )
    return reply(report)


def _zone(request: Request) -> str:
    """The zone of the times in the file; "" when it is not said."""
    zone = requests.parameters(request).get("time_zone", "")
    try:
        return iana_zone(zone[:60]) if zone else ""
    except ValueError as error:
        raise Invalid.field("time_zone", f"{error}.") from None
