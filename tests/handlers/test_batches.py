"""The API of batches: a plan is approved by its fingerprint, and every call says what can be done next."""

from typing import Any

import pytest
from chalice.test import HTTPResponse
from chalice.test import TestEventsClient as EventsClient

from app import app
from chalicelib.usecases import accept_batch as accepting
from chalicelib.usecases.list_deliveries import DeliveryLine
from tests.handlers.conftest import Web
from tests.handlers.test_organisers import refused
from tests.usecases.steps import work_off

pytestmark = pytest.mark.filterwarnings("ignore:CognitoUserPoolAuthorizer")

INVITATION = {"kind": "invitation"}


@pytest.fixture
def event(web: Web) -> Web:
    web.shelf.publish()
    return web


def post(event: Web, body: Any = None, key: str = "k", query: str = "") -> HTTPResponse:
    return event.api("POST", f"/symposium/batches{query}", body or INVITATION, idempotency_key=key)


def click(event: Web, batch: str, action: str, body: Any = None) -> HTTPResponse:
    return event.api("POST", f"/symposium/batches/{batch}/{action}", body)


def approved(event: Web, key: str = "k") -> dict[str, Any]:
    batch = post(event, key=key).json_body
    answer = click(event, batch["batch"], "approve", {"fingerprint": batch["fingerprint"]})
    assert answer.status_code == 200
    said: dict[str, Any] = answer.json_body
    return said


def test_a_batch_is_planned_with_202_approved_with_200_and_can_be_followed_to_its_end(event: Web) -> None:
    event.shelf.invite("clara", "boris")
    planned = post(event)
    said = planned.json_body
    assert (planned.status_code, said["state"], said["plan"]["to_send"]) == (202, "draft", 2)
    assert said["approval"] == "Nothing is mailed until you approve its fingerprint."
    path = f"/symposium/batches/{said['batch']}"
    assert event.api("GET", path).json_body["complete"] is False
    assert event.shelf.queued() == []
    started = click(event, said["batch"], "approve", {"fingerprint": said["fingerprint"]}).json_body
    assert (started["state"], started["approval"], started["approved_by"]) == ("sending", "", "unknown")
    assert event.api("GET", path).json_body["outcomes"]["waiting"] == 2
    work_off(event.shelf)
    followed = event.api("GET", path).json_body
    assert (followed["outcomes"]["sent"], followed["complete"]) == (2, True)
    assert [one["batch"] for one in event.api("GET", "/symposium/batches").json_body["batches"]] == [followed["batch"]]


def test_a_dry_run_is_answered_with_200_writes_nothing_and_gives_what_a_request_can_approve(event: Web) -> None:
    event.shelf.invite("clara")
    before = event.shelf.items()
    tried = post(event, query="?dry_run=true")
    assert (tried.status_code, tried.json_body["plan"]["to_send"], tried.json_body["dry_run"]) == (200, 1, True)
    assert (event.shelf.items(), event.shelf.queued()) == (before, [])
    sent = post(event, {**INVITATION, "approve": tried.json_body["fingerprint"]})
    assert (sent.status_code, sent.json_body["state"]) == (202, "sending")
    assert len(event.shelf.queued()) == 1


def test_a_request_that_approves_another_plan_is_a_draft_and_says_why(event: Web) -> None:
    event.shelf.invite("clara")
    said = post(event, {**INVITATION, "approve": "f" * 32}).json_body
    assert said["state"] == "draft"
    assert said["approval"].startswith("It was not started: the recipients or the event are not those")


@pytest.mark.parametrize("approve, words", [({}, "until you approve it"), ({"approve": "f" * 32}, f'is "{"f" * 32}"')])
def test_a_large_event_is_answered_with_202_before_it_is_planned(
    event: Web, monkeypatch: pytest.MonkeyPatch, approve: dict[str, str], words: str
) -> None:
    monkeypatch.setattr(accepting, "SMALL", 1)
    event.shelf.invite("clara", "boris")
    said = post(event, {**INVITATION, **approve})
    assert (said.status_code, said.json_body["state"]) == (202, "planning")
    assert said.json_body["approval"].startswith("It is being planned.") and words in said.json_body["approval"]
    refused(post(event, key="other", query="?dry_run=true"), 409)
    refused(click(event, said.json_body["batch"], "approve", {"fingerprint": "f"}), 409)
    assert event.api("GET", f"/symposium/batches/{said.json_body['batch']}").json_body["complete"] is False


def test_the_desk_plans_what_was_too_much_for_the_request(event: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepting, "SMALL", 1)
    event.shelf.invite("clara", "boris")
    batch = post(event).json_body["batch"]
    [job] = event.shelf.jobs()
    message = EventsClient(app).generate_sqs_event([job.model_dump_json()])
    assert app.handler_map["desk"](message, None) == {"batchItemFailures": []}
    said = event.api("GET", f"/symposium/batches/{batch}").json_body
    assert (said["state"], said["plan"]["to_send"]) == ("draft", 2)
    assert click(event, batch, "approve", {"fingerprint": said["fingerprint"]}).json_body["state"] == "sending"


def test_the_same_key_gives_the_same_answer_and_another_body_409(event: Web) -> None:
    event.shelf.invite("clara")
    calls = [post(event) for _ in range(2)]
    assert calls[0].body == calls[1].body
    refused(post(event, {"kind": "chase"}), 409)
    assert len(event.shelf.batches.all("symposium")) == 1


@pytest.mark.parametrize("body, headers, query, field", [
    (INVITATION, {}, "", "Idempotency-Key"),
    (INVITATION, {"idempotency_key": "x" * 201}, "", "Idempotency-Key"),
    ({"kind": "confirmation"}, {"idempotency_key": "k"}, "", "kind"),
    ({**INVITATION, "audience": {"statuses": ["maybe"]}}, {"idempotency_key": "k"}, "", "audience.statuses.0"),
    ({**INVITATION, "audience": {"name": "x"}}, {"idempotency_key": "k"}, "", "audience.name"),
    (None, {"idempotency_key": "k"}, "", "body"),
    (INVITATION, {"idempotency_key": "k"}, "?dry_run=maybe", "dry_run"),
    (INVITATION, {"idempotency_key": "k"}, "?dryrun=true", "dryrun"),
    ({**INVITATION, "audience": {"categories": ["goverment"]}}, {"idempotency_key": "k"}, "", "audience.categories.0"),
])  # fmt: skip
def test_a_batch_that_does_not_fit_names_the_field(
    event: Web, body: Any, headers: dict[str, str], query: str, field: str
) -> None:
    answer = event.api("POST", f"/symposium/batches{query}", body, **headers)
    assert refused(answer, 422)[0].field == field
    assert event.shelf.queued() == []


def test_a_batch_is_paused_resumed_and_cancelled_with_or_without_a_reason(event: Web) -> None:
    event.shelf.invite("clara")
    batch = approved(event)["batch"]
    states = [
        click(event, batch, *how).json_body
        for how in (("pause", {"reason": "a wrong link"}), ("resume",), ("pause",), ("resume",), ("cancel",))
    ]
    assert [one["state"] for one in states] == ["paused", "sending", "paused", "sending", "cancelled"]
    assert states[0]["reason"] == "Paused by unknown: a wrong link"
    assert refused(click(event, batch, "resume"), 409) == []
    assert "cancelled" in click(event, batch, "resume").json_body["detail"]


@pytest.mark.parametrize("action, body, field", [
    ("approve", {}, "fingerprint"), ("approve", None, "body"), ("pause", {"why": "x"}, "why"),
    ("cancel", {"reason": "x" * 501}, "reason"), ("unknowns", {"as": "sent"}, "reason"),
    ("unknowns", {"as": "lost", "reason": "r"}, "as"), ("unknowns", {"as": "sent", "reason": ""}, "reason"),
])  # fmt: skip
def test_a_click_whose_body_does_not_fit_names_the_field(event: Web, action: str, body: Any, field: str) -> None:
    batch = post(event).json_body["batch"]
    assert refused(click(event, batch, action, body), 422)[0].field == field


@pytest.mark.parametrize("action", ["approve", "pause", "resume", "cancel", "unknowns"])
def test_a_batch_that_is_not_there_is_404(event: Web, action: str) -> None:
    body = {"approve": {"fingerprint": "f"}, "unknowns": {"as": "sent", "reason": "r"}}.get(action)
    refused(click(event, "nothing", action, body), 404)
    refused(event.api("GET", "/symposium/batches/nothing"), 404)
    refused(event.api("GET", "/symposium/batches/nothing/deliveries"), 404)


def test_unknown_mails_are_settled_by_whoever_asked_the_recipients(event: Web, fault: Any) -> None:
    event.shelf.invite("clara")
    batch = approved(event)["batch"]
    fault("fail")
    work_off(event.shelf)
    decided = {"as": "not-sent", "reason": "she has no mail"}
    assert click(event, batch, "unknowns", decided).json_body == {"settled": 0, "left": 1}
    event.shelf.clock.pass_(minutes=6)
    assert click(event, batch, "unknowns", decided).json_body == {"settled": 1, "left": 0}
    assert event.api("GET", f"/symposium/batches/{batch}").json_body["outcomes"]["failed"] == 1


def test_what_became_of_each_person_is_read_a_page_at_a_time(event: Web) -> None:
    event.shelf.invite("anna", "boris", "clara")
    batch = approved(event)["batch"]
    path = f"/symposium/batches/{batch}/deliveries"
    first = event.api("GET", f"{path}?limit=2").json_body
    second = event.api("GET", f"{path}?limit=2&cursor={first['cursor']}").json_body
    assert (len(first["deliveries"]), len(second["deliveries"]), second["cursor"]) == (2, 1, None)
    assert set(first["deliveries"][0]) == set(DeliveryLine.model_fields)
    assert {one["state"] for one in first["deliveries"]} == {"waiting"}
    work_off(event.shelf)
    assert len(event.api("GET", f"{path}?state=sent").json_body["deliveries"]) == 3
    assert event.api("GET", f"{path}?state=waiting").json_body == {"deliveries": [], "cursor": None}


@pytest.mark.parametrize("query, field", [("state=lost", "state"), ("limit=0", "limit"), ("cursor=x", "cursor")])
def test_a_query_of_deliveries_that_does_not_fit_names_its_field(event: Web, query: str, field: str) -> None:
    batch = post(event).json_body["batch"]
    assert refused(event.api("GET", f"/symposium/batches/{batch}/deliveries?{query}"), 422)[0].field == field
