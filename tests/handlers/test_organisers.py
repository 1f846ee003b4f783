"""The organisers' API: bodies, headers, cursors, tables, and errors that name the field."""

import base64
import csv
import io
import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import app
from chalicelib.domain.errors import Problem
from chalicelib.handlers.representations import ProblemDocument, RegistrationOut
from tests.handlers.conftest import Web
from tests.shelf import DOCUMENT, ENDS, raw_document
from tests.usecases.steps import answer, register

pytestmark = pytest.mark.filterwarnings("ignore:CognitoUserPoolAuthorizer")
"""Chalice's test client lets everybody in and says so; the deployed stack is asked elsewhere."""


@pytest.fixture
def event(web: Web) -> Web:
    web.shelf.publish()
    return web


def refused(answer: Any, status: int) -> list[Problem]:
    """The problems of a refusal, which is a problem document (RFC 9457)."""
    assert answer.status_code == status, answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    said = ProblemDocument.model_validate_json(answer.body)
    assert said.status == status and said.title and said.detail
    return said.errors


def table(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))


# the document


def test_a_new_document_is_201_a_changed_one_200_and_the_same_one_keeps_its_version(web: Web) -> None:
    answers = [
        web.api("PUT", "/symposium", body) for body in (raw_document(), raw_document(), raw_document(date="2021-02-04"))
    ]
    assert [(one.status_code, one.json_body["version"]) for one in answers] == [(201, 1), (200, 1), (200, 2)]
    stored = web.api("GET", "/symposium").json_body
    assert (stored["version"], stored["document"]["date"], stored["published_at"]) == (
        2,
        "2021-02-04",
        "2021-01-14T09:00:00Z",
    )


def test_the_stored_document_can_be_put_back_as_it_is(event: Web) -> None:
    stored = event.api("GET", "/symposium").json_body["document"]
    assert event.api("PUT", "/symposium", stored).json_body["version"] == 1


def test_findings_are_answered_with_the_version_and_errors_change_nothing(web: Web) -> None:
    doubtful = raw_document()
    doubtful["sessions"][0]["minutes"] = 5
    assert {one["severity"] for one in web.api("PUT", "/symposium", doubtful).json_body["findings"]} == {"warning"}
    before = web.shelf.items()
    wrong = raw_document()
    wrong["sessions"][0]["ends"] = "07:00"
    assert any(one.field.startswith("sessions.0") for one in refused(web.api("PUT", "/symposium", wrong), 422))
    assert web.shelf.items() == before


@pytest.mark.parametrize(
    "change, field",
    [
        ({"date": "soon"}, "date"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"colour": "red"}, "colour"),
        ({"sessions": [{**DOCUMENT["sessions"][0], "starts": "8:30"}]}, "sessions.0.starts"),
        ({"languages": []}, "languages"),
        ({"organiser": {**DOCUMENT["organiser"], "sender": "nobody"}}, "organiser.sender"),
        ({"reminders": [{"id": "r", "before_minutes": float("nan")}]}, "reminders.0.before_minutes"),
    ],
)
def test_a_field_that_does_not_fit_is_named_by_its_path(web: Web, change: dict[str, Any], field: str) -> None:
    assert field in [one.field for one in refused(web.api("PUT", "/symposium", raw_document(**change)), 422)]
    assert web.shelf.items() == []


@pytest.mark.parametrize("name", ["Symposium", "a_b", "-a", "a" * 65, "%D0%B0", "a%0A", "a%23b"])
def test_an_event_has_a_name_that_can_stand_in_addresses_and_keys(web: Web, name: str) -> None:
    assert refused(web.api("PUT", f"/{name}", raw_document()), 422)[0].field == "event"
    assert web.shelf.items() == []


@pytest.mark.parametrize(
    "method, path, body",
    [
        ("GET", "", None),
        ("POST", "/invitees", []),
        ("GET", "/invitees", None),
        ("POST", "/batches", {"kind": "invitation"}),
        ("GET", "/batches", None),
        ("GET", "/batches/x", None),
        ("GET", "/registrations", None),
        ("GET", "/feedback", None),
    ],
)
@pytest.mark.parametrize("name", ["unknown", "Not%20A%20Name", "x" * 3000])
def test_an_event_that_is_not_there_is_404(web: Web, method: str, path: str, body: Any, name: str) -> None:
    refused(web.api(method, f"/{name}{path}", body, idempotency_key="k"), 404)


# documents


def test_a_pdf_is_uploaded_and_anything_else_refused(web: Web) -> None:
    web.shelf.publish(documents=[{"id": "note", "title": {"en": "Note", "ru": "Записка"}, "filename": "note.pdf"}])
    path = "/api/events/symposium/documents/note/ru"
    answer = web.request("PUT", path, b"%PDF-1.7 \xff\x00", content_type="application/pdf")
    assert (answer.status_code, answer.json_body["bytes"]) == (200, 11)
    assert web.shelf.documents.document("symposium", "note", ["ru"]) == b"%PDF-1.7 \xff\x00"
    assert refused(web.request("PUT", path, b"<html>", content_type="application/pdf"), 422)[0].field == "body"
    refused(web.request("PUT", path.replace("note", "other"), b"%PDF-1.7", content_type="application/pdf"), 404)


# people


@pytest.mark.parametrize("content_type", ["text/csv", "text/csv; charset=utf-8"])
def test_people_come_as_csv_or_as_json_and_every_row_is_answered_for(event: Web, content_type: str) -> None:
    body = "\ufeffemail;name;language\r\nanna@example.org;Анна;ru\r\nnot-an-address;B;en\r\n".encode()
    answer = event.request("POST", "/api/events/symposium/invitees", body, content_type=content_type)
    assert [(one["row"], one["outcome"]) for one in answer.json_body["rows"]] == [(2, "created"), (3, "invalid")]
    again = event.api("POST", "/symposium/invitees", [{"email": "Anna@example.org", "name": "Анна", "language": "ru"}])
    assert again.json_body["counts"] == {"unchanged": 1}


def test_a_dry_run_of_a_list_writes_nothing(event: Web) -> None:
    before = event.shelf.items()
    answer = event.api("POST", "/symposium/invitees?dry_run=true", [{"email": "anna@example.org", "name": "Anna"}])
    assert (answer.json_body["dry_run"], answer.json_body["counts"]) == (True, {"created": 1})
    assert event.shelf.items() == before


@pytest.mark.parametrize(
    "body, content_type",
    [
        (b"{", "application/json"),
        (b"", "application/json"),
        (b'{"email": "a@example.org"}', "application/json"),
        (b"[1]", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'[{"\\ud800": "\\ud800"}]', "application/json"),
        (b'email,name\n"never closed', "text/csv"),
        (b"", "text/csv"),
        (b"first,second\n1,2", "text/csv"),
        (b"email,name\n\x00,\x00", "text/csv"),
    ],
)
def test_a_list_that_cannot_be_read_is_answered_in_words_and_writes_nothing(
    event: Web, body: bytes, content_type: str
) -> None:
    before = event.shelf.items()
    answer = event.request("POST", "/api/events/symposium/invitees", body, content_type=content_type)
    assert answer.status_code in (200, 422), answer.body
    if answer.status_code == 200:
        assert set(answer.json_body["counts"]) <= {"invalid"}
    assert event.shelf.items() == before


def test_another_kind_of_body_is_refused_by_its_type(event: Web) -> None:
    refused(event.request("POST", "/api/events/symposium/invitees", b"<x/>", content_type="application/xml"), 415)
    refused(event.request("POST", "/api/events/symposium/batches", b"x", content_type="text/plain"), 415)


def test_people_are_read_page_by_page_with_a_cursor(event: Web) -> None:
    event.shelf.invite(*(f"p{n}" for n in range(25)))
    names, path = [], "/symposium/invitees?limit=4"
    while path:
        page = event.api("GET", path).json_body
        assert len(page["invitees"]) <= 4
        names += [one["name"] for one in page["invitees"]]
        path = page["cursor"] and f"/symposium/invitees?limit=4&cursor={page['cursor']}"
    assert sorted(names) == sorted(f"P{n}" for n in range(25))


@pytest.mark.parametrize("limit", [1, 1000])
def test_people_are_filtered_by_status_category_and_language_together(event: Web, limit: int) -> None:
    fits = {"category": "un", "language": "ru"}
    event.shelf.invite("anna", "boris", "clara", **fits)
    event.shelf.invite("dan", **{**fits, "category": "government"})
    event.shelf.invite("emma", **{**fits, "language": "en"})
    for one in event.shelf.invitees.all("symposium"):
        if one.name != "Clara":
            answer(event.shelf, one, "declined")
    names, query = [], f"limit={limit}&status=declined&category=un&language=ru"
    path = f"/symposium/invitees?{query}"
    while path:
        page = event.api("GET", path).json_body
        names += [one["name"] for one in page["invitees"]]
        path = page["cursor"] and f"/symposium/invitees?{query}&cursor={page['cursor']}"
    assert sorted(names) == ["Anna", "Boris"]


def test_a_person_is_shown_with_status_and_without_a_link(event: Web) -> None:
    [clara] = event.shelf.invite("clara", country="AT")
    [shown] = event.api("GET", "/symposium/invitees").json_body["invitees"]
    assert (shown["email"], shown["status"], shown["country"]) == ("clara@example.org", "no-answer", "AT")
    assert event.shelf.links.token(clara).rpartition(".")[2] not in json.dumps(shown)
    assert "generation" not in shown


def test_a_cursor_of_another_event_or_of_anybodys_making_is_refused(event: Web) -> None:
    event.shelf.publish("forum")
    event.shelf.invite(*(f"p{n}" for n in range(9)))
    cursor = event.api("GET", "/symposium/invitees?limit=1").json_body["cursor"]
    assert refused(event.api("GET", f"/forum/invitees?cursor={cursor}"), 422)[0].field == "cursor"
    key = {"GSI1PK": "EVENT#symposium#0", "GSI1SK": "INVITEE#x", "PK": "INVITEE#x", "SK": "PROFILE"}
    made_up: list[Any] = [
        None,
        1,
        "x",
        [],
        [0],
        [9, None],
        [-1, None],
        [0, 1],
        [0, []],
        [0, {}],
        [0, {"GSI1PK": "EVENT#symposium#0"}],
        ["0", None],
        [0, {**key, "GSI1PK": "EVENT#forum#0"}],
        [1, key],
        [0, {**key, "more": "x"}],
        [0, {**key, "SK": 1}],
        [0, {**key, "SK": ""}],
        [True, None],
    ]
    texts = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode() for one in made_up]
    for text in (
        *texts,
        "x",
        "%D0%B0",
        base64.urlsafe_b64encode(b"[" * 5000).decode(),
        base64.urlsafe_b64encode(b"\xff").decode(),
    ):
        assert refused(event.api("GET", f"/symposium/invitees?cursor={text}"), 422)[0].field == "cursor", text


@pytest.mark.parametrize(
    "query, field",
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
        ("limit=-1", "limit"),
        ("limit=", "limit"),
        ("limit=%D9%A3", "limit"),
        (f"limit={'9' * 5000}", "limit"),
        ("status=maybe", "status"),
        ("category=press", "category"),
        ("category=", "category"),
        ("language=fr", "language"),
    ],
)
def test_a_query_that_does_not_fit_names_its_field(event: Web, query: str, field: str) -> None:
    assert refused(event.api("GET", f"/symposium/invitees?{query}"), 422)[0].field == field


# what came back


def test_registrations_are_json_or_a_table_that_no_spreadsheet_calculates(event: Web) -> None:
    [clara] = event.shelf.invite("clara")
    register(
        event.shelf,
        clara,
        name=['=HYPERLINK("http://x.example","y")'],
        organisation=["@SUM(1)"],
        sessions=["session-1", "session-2"],
    )
    [said] = event.api("GET", "/symposium/registrations").json_body["registrations"]
    assert set(said) == set(RegistrationOut.model_fields)
    assert (said["name"], said["sessions"]) == ('=HYPERLINK("http://x.example","y")', ["session-1", "session-2"])
    [row] = table(event.api("GET", "/symposium/registrations", accept="text/csv"))
    assert row["name"] == '\'=HYPERLINK("http://x.example","y")'
    assert (row["organisation"], row["sessions"]) == ("'@SUM(1)", "session-1; session-2")


def test_feedback_is_json_or_a_table_that_no_spreadsheet_calculates(event: Web) -> None:
    [clara] = event.shelf.invite("clara")
    register(event.shelf, clara)
    event.shelf.clock.time = ENDS + timedelta(hours=1)
    event.shelf.events.open_feedback("symposium", event.shelf.clock())
    event.form(event.link(clara, "/feedback"), {"overall": "5", "more": "+1\n=2"})
    assert event.api("GET", "/symposium/feedback").json_body["feedback"] == [
        {"day": "2021-01-28", "overall": 5, "more": "+1\n=2"}
    ]
    [row] = table(event.api("GET", "/symposium/feedback", accept="text/csv"))
    assert row == {"day": "2021-01-28", "overall": "5", "best": "", "more": "'+1\n'=2"}


# the description


def test_the_description_names_every_route_of_the_api_and_resolves(web: Web) -> None:
    said = web.get("/api/openapi.json").json_body
    routes = {
        (path, method.lower()) for path, methods in app.routes.items() if path.startswith("/api") for method in methods
    }
    described = {(path, method) for path, methods in said["paths"].items() for method in methods}
    assert said["openapi"].startswith("3.1")
    assert described == routes
    schemas, text = said["components"]["schemas"], json.dumps(said)
    assert set(re.findall(r"#/components/schemas/(\w+)", text)) <= set(schemas)


def test_the_description_names_the_fields_of_a_registration_and_what_a_body_of_another_type_gets(web: Web) -> None:
    said = web.get("/api/openapi.json").json_body
    listed = said["components"]["schemas"]["RegistrationList"]["properties"]["registrations"]["items"]["$ref"]
    fields = said["components"]["schemas"][listed.rpartition("/")[2]]["properties"]
    assert {"name", "email", "sessions", "registered_at"} <= set(fields)
    for methods in said["paths"].values():
        for one in methods.values():
            assert ("415" in one["responses"]) == ("requestBody" in one)


def test_every_route_of_the_api_is_behind_the_authorizer_and_no_page_is() -> None:
    for path, methods in app.routes.items():
        for entry in methods.values():
            assert (entry.authorizer is not None) == path.startswith("/api"), path


# anything that may come

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
SPOILT = st.tuples(st.sampled_from(sorted(DOCUMENT)), ANY).map(lambda pair: raw_document(**{pair[0]: pair[1]}))
PEOPLE = st.lists(
    st.dictionaries(st.sampled_from(["email", "name", "language", "time_zone", "x"]), ANY, max_size=4), max_size=3
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=ANY | SPOILT | PEOPLE | st.binary(max_size=60), dry_run=st.sampled_from(["true", "false", "", "x"]))
def test_no_body_whatsoever_makes_the_api_fail(web: Web, body: Any, dry_run: str) -> None:
    if web.shelf.events.find("symposium") is None:
        web.shelf.publish()
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    calls = [("PUT", "/other", {}), ("POST", f"/symposium/invitees?dry_run={dry_run}", {}),
             ("POST", f"/symposium/batches?dry_run={dry_run}", {"idempotency_key": "k"})]  # fmt: skip
    for method, path, headers in calls:
        answer = web.api(method, path, raw, **headers)
        assert answer.status_code in (200, 201, 202, 409, 422), (method, path, answer.body)
    answer = web.request("POST", "/api/events/symposium/invitees", raw, content_type="text/csv")
    assert answer.status_code in (200, 422)


def test_an_organiser_reads_what_would_change_before_anything_is_stored(web: Web) -> None:
    first = web.api("PUT", "/symposium", raw_document())
    assert (first.status_code, first.json_body["urgency"], first.json_body["changes"]) == (201, "silent", [])
    later = raw_document()
    later["sessions"][0]["starts"] = "08:25"
    before = web.shelf.items()
    tried = web.api("PUT", "/symposium?dry_run=true", later)
    assert (tried.status_code, tried.json_body["version"], tried.json_body["urgency"]) == (200, 2, "urgent")
    assert tried.json_body["news"] == {
        "en": ["First: now starts at 08:25 (07:25\u00a0UTC), it was 08:30 (07:30\u00a0UTC)"],
        "ru": ["Первая: теперь начинается в 08:25 (07:25\u00a0UTC), раньше было в 08:30 (07:30\u00a0UTC)"],
    }
    assert [(one["what"], one["session"]) for one in tried.json_body["changes"]] == [("session-time", "session-1")]
    assert web.shelf.items() == before
    assert web.api("PUT", "/symposium?dry_run=true", {**later, "languages": []}).status_code == 422
    assert web.api("PUT", "/another?dry_run=true", later).status_code == 200
    assert web.shelf.items() == before
    stored = web.api("PUT", "/symposium", later).json_body
    assert stored == tried.json_body
    assert web.api("PUT", "/symposium", later).json_body["changes"] == []
    web.api("PUT", "/symposium", raw_document())
    kept = web.api("GET", "/symposium/versions/2").json_body
    assert {**stored, **kept} == {**kept, "tells_at": stored["tells_at"]}
    assert kept["document"]["sessions"][0]["starts"] == "08:25"
    assert web.api("GET", "/symposium/versions/1").json_body["changes"] == []
    for nothing in ("0", "4", "-1", "1.5", "\u0662", "9" * 40):
        refused(web.api("GET", f"/symposium/versions/{quote(nothing)}"), 404)


def test_an_organiser_sees_sends_and_drops_the_notice_of_what_was_changed(web: Web) -> None:
    web.api("PUT", "/symposium", raw_document())
    [clara] = web.shelf.invite("clara")
    register(web.shelf, clara)
    nothing = web.api("GET", "/symposium/change-notice").json_body
    assert (nothing["tells_at"], nothing["people"], nothing["changes"]) == (None, None, [])
    for call in ("send", "drop"):
        refused(web.api("POST", f"/symposium/change-notice/{call}"), 409)
    later = raw_document()
    later["sessions"][0]["starts"] = "08:25"
    told = web.api("PUT", "/symposium?dry_run=true", later).json_body["tells_at"]
    assert told == web.api("PUT", "/symposium", later).json_body["tells_at"] and told
    waiting = web.api("GET", "/symposium/change-notice").json_body
    assert {name: waiting[name] for name in ("heard", "version", "tells_at", "people", "urgency")} == {
        "heard": 1, "version": 2, "tells_at": told, "people": 1, "urgency": "urgent"}  # fmt: skip
    assert waiting["news"]["en"] == ["First: now starts at 08:25 (07:25\u00a0UTC), it was 08:30 (07:30\u00a0UTC)"]
    assert web.api("POST", "/symposium/change-notice/send").json_body["tells_at"] < told
    dropped = web.api("POST", "/symposium/change-notice/drop", {"reason": "told on the telephone"}).json_body
    assert (dropped["tells_at"], dropped["heard"], dropped["news"]["en"]) == (None, 2, [])
    said = [(one["what"], one["reason"]) for one in web.api("GET", "/symposium/audit").json_body["entries"]]
    assert {("notice dropped", "told on the telephone"), ("notice sent now", "")} <= {*said}
    refused(web.api("GET", "/nowhere/change-notice"), 404)
