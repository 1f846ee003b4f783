"""The organisers' API of lists: from the offer of an upload to the report, and the desk that reads them."""

import io
import json
from typing import Any

import openpyxl
import pytest
import requests

from app import app
from chalicelib.domain.work import Job
from chalicelib.handlers.desk import SPARE_MS
from tests.handlers.conftest import Web
from tests.handlers.test_machines import call, sqs

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LISTS = "/symposium/lists"


@pytest.fixture
def event(web: Web) -> Web:
    web.shelf.publish()
    return web


def offered(web: Web, **asked: str) -> dict[str, Any]:
    answer = web.api("POST", LISTS, asked or None)
    assert answer.status_code == 201, answer.body
    return answer.json_body  # type: ignore[no-any-return]


def fetch(method: str, url: str, body: bytes = b"") -> Any:
    """What anybody does who has the address, without credentials."""
    return requests.request(method, url, data=body, timeout=10)


def desk(web: Web) -> None:
    """Let the function work off what waits for it."""
    for job in web.shelf.jobs():
        assert call("desk", sqs(job.model_dump_json()), 900_000) == {"batchItemFailures": []}


def workbook(*rows: list[str]) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


HEADER = ["E-mail", "ФИО", "Room"]
PEOPLE = [HEADER, ["anna@example.org", "Анна", "1"], ["nobody", "X", "2"], ["ANNA@example.org", "A", "3"]]
AS_CSV = "\n".join(";".join(row) for row in PEOPLE)


def test_a_list_goes_from_the_offer_to_the_report(event: Web) -> None:
    offer = offered(event, filename=" people.csv ")
    assert offer["expires_at"] == "2021-01-14T09:15:00Z"
    path = f"{LISTS}/{offer['list']}"
    waiting = event.api("GET", path).json_body
    assert [waiting[name] for name in ("state", "filename", "total", "rows")] == ["waiting", "people.csv", None, 0]
    assert event.api("POST", f"{path}/import").status_code == 409
    assert fetch("PUT", offer["upload_url"], AS_CSV.encode("utf-16")).status_code == 200
    begun = event.api("POST", f"{path}/import")
    assert (begun.status_code, begun.json_body["state"]) == (202, "reading")
    assert event.api("POST", f"{path}/import").json_body == begun.json_body
    assert event.api("POST", f"{path}/import?dry_run=true").status_code == 409
    assert event.shelf.jobs() == [Job(what="import", event="symposium", id=offer["list"])]
    desk(event)
    done = event.api("GET", path).json_body
    assert (done["state"], done["format"], done["encoding"], done["total"]) == ("done", "CSV", "UTF-16", 3)
    assert (done["counts"], done["unknown_columns"]) == ({"created": 1, "duplicate": 1, "invalid": 1}, ["Room"])
    assert [(one["row"], one["outcome"]) for one in done["attention"]] == [(3, "invalid"), (4, "duplicate")]
    report = fetch("GET", done["report_url"])
    assert report.headers["Content-Disposition"] == 'attachment; filename="rows-to-look-at.csv"'
    assert report.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert report.content.decode("utf-8-sig").splitlines()[1].startswith("3,invalid,")
    assert [one.name for one in event.shelf.invitees.all("symposium")] == ["Анна"]
    [line] = event.api("GET", LISTS).json_body["lists"]
    assert line == {name: done[name] for name in done if name not in ("attention", "report_url")}


def test_a_dry_run_stores_nobody_and_says_so(event: Web) -> None:
    offer = offered(event)
    fetch("PUT", offer["upload_url"], workbook(*PEOPLE))
    path = f"{LISTS}/{offer['list']}"
    assert event.api("POST", f"{path}/import?dry_run=true").json_body["dry_run"] is True
    desk(event)
    done = event.api("GET", path).json_body
    assert (done["state"], done["dry_run"], done["format"], done["encoding"]) == ("done", True, "XLSX", "")
    assert done["counts"] == {"created": 1, "duplicate": 1, "invalid": 1}
    assert list(event.shelf.invitees.all("symposium")) == []


def test_a_list_without_rows_to_look_at_has_no_report(event: Web) -> None:
    offer = offered(event)
    fetch("PUT", offer["upload_url"], b"email,name\nanna@example.org,Anna\n")
    event.api("POST", f"{LISTS}/{offer['list']}/import")
    desk(event)
    done = event.api("GET", f"{LISTS}/{offer['list']}").json_body
    assert (done["state"], done["attention"], done["report_url"]) == ("done", [], None)


def test_the_address_of_an_upload_is_for_one_file_and_signed_as_every_region_wants_it(event: Web) -> None:
    first, second = offered(event), offered(event)
    assert first["list"] != second["list"]
    for offer in (first, second):
        assert f"/lists/symposium/{offer['list']}?" in offer["upload_url"]
        assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in offer["upload_url"]
        assert "X-Amz-Expires=900" in offer["upload_url"]
        assert ".eu-central-1." in offer["upload_url"].partition("?")[0]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", ""), ("GET", ""), ("GET", "/nothing"), ("POST", "/nothing/import"), ("GET", "/" + "x" * 1500)],
)
@pytest.mark.parametrize("name", ["unknown", "symposium"])
def test_what_is_not_there_is_404(event: Web, method: str, path: str, name: str) -> None:
    if name == "unknown" or path:
        assert event.api(method, f"/{name}/lists{path}").status_code == 404


@pytest.mark.parametrize("body", [{"filename": 5}, {"filename": "x" * 301}, {"file": "x"}, [], "x"])
def test_an_offer_is_asked_for_in_the_words_that_there_are(event: Web, body: Any) -> None:
    assert event.api("POST", LISTS, body).status_code == 422


def test_a_misspelt_dry_run_imports_nobody(event: Web) -> None:
    offer = offered(event)
    fetch("PUT", offer["upload_url"], AS_CSV.encode())
    assert event.api("POST", f"{LISTS}/{offer['list']}/import?dryrun=true").status_code == 422
    assert event.shelf.jobs() == []


# lists in the request


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
def test_a_body_of_any_encoding_is_read_as_a_file_is(event: Web, encoding: str) -> None:
    answer = event.request("POST", "/api/events/symposium/invitees", AS_CSV.encode(encoding), content_type="text/csv")
    assert answer.json_body["counts"] == {"created": 1, "duplicate": 1, "invalid": 1}
    assert [one.name for one in event.shelf.invitees.all("symposium")] == ["Анна"]


@pytest.mark.parametrize("content_type", [XLSX, "text/csv"])
def test_a_workbook_is_known_by_its_bytes_whatever_type_it_comes_as(event: Web, content_type: str) -> None:
    path = "/api/events/symposium/invitees?dry_run=true"
    answer = event.request("POST", path, workbook(*PEOPLE), content_type=content_type)
    assert answer.json_body["unknown_columns"] == ["Room"]
    assert [(one["row"], one["outcome"], one["standing"]) for one in answer.json_body["rows"]] == [
        (2, "created", "new"), (3, "invalid", None), (4, "duplicate", None),
    ]  # fmt: skip


def test_a_file_of_another_program_is_refused_with_what_to_do(event: Web) -> None:
    ole = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600)
    answer = event.request("POST", "/api/events/symposium/invitees", ole, content_type=XLSX)
    assert (answer.status_code, "Save it as XLSX or CSV" in answer.json_body["detail"]) == (422, True)


def test_more_than_a_thousand_rows_are_shown_the_way_to_the_upload(event: Web) -> None:
    body = b"email,name\n" + b"".join(b"p%d@example.org,P\n" % n for n in range(1001))
    answer = event.request("POST", "/api/events/symposium/invitees", body, content_type="text/csv")
    assert answer.status_code == 422
    assert "POST /api/events/symposium/lists" in answer.json_body["detail"]


# the desk


def test_a_job_that_fails_goes_back_alone(event: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = Job(what="import", event="symposium", id="nothing").model_dump_json()
    assert call("desk", sqs(lost), 900_000) == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert call("desk", sqs("{}"), 900_000) == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}


def test_the_desk_stops_while_there_is_time_to_write_down_how_far_it_came(
    event: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.usecases.import_list.BLOCK", 1)
    offer = offered(event)
    fetch("PUT", offer["upload_url"], AS_CSV.encode())
    event.api("POST", f"{LISTS}/{offer['list']}/import")
    [job] = event.shelf.jobs()
    call("desk", sqs(job.model_dump_json()), SPARE_MS)
    assert event.api("GET", f"{LISTS}/{offer['list']}").json_body["rows"] == 1
    assert event.shelf.jobs() == [job, job]
    call("desk", sqs(job.model_dump_json()), SPARE_MS + 1)
    assert event.api("GET", f"{LISTS}/{offer['list']}").json_body["state"] == "done"


def test_the_description_names_every_type_that_a_list_may_have(web: Web) -> None:
    paths = json.loads(web.get("/api/openapi.json").body)["paths"]
    assert set(paths["/api/events/{event}/invitees"]["post"]["requestBody"]["content"]) == {
        "application/json", "text/csv", XLSX,
    }  # fmt: skip
    described = {path for path in paths if "/lists" in path}
    assert described == {path for path in app.routes if "/lists" in path}
