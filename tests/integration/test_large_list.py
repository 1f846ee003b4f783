"""A list that no request holds: uploaded to S3 by its presigned address, imported and planned by the desk."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.usecases.accept_batch import SMALL
from infra.local.actors import Mailbox, Organiser, http, wait_until
from tests.deployed import symposium

pytestmark = pytest.mark.integration

PEOPLE = SMALL + 100


@pytest.fixture(scope="module")
def event(organiser: Organiser) -> str:
    name = f"large-{uuid.uuid4().hex[:8]}"
    document = symposium((date.today() + timedelta(days=40)).isoformat())
    assert organiser.call("PUT", f"/events/{name}", document).status == 201
    return name


def call(organiser: Organiser, event: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
    answer = organiser.call(method, f"/events/{event}{path}", body, **headers)
    assert answer.status < 300, answer.text
    return answer.json


def test_a_large_list_is_uploaded_imported_planned_and_nobody_is_mailed_before_it_is_approved(
    organiser: Organiser, mailbox: Mailbox, event: str
) -> None:
    rows = [f"person{n}@example.org;Участник {n};KG" for n in range(PEOPLE)]
    content = "\n".join(["Электронная почта;ФИО;Страна", *rows, "nobody;No Address;KG"]).encode("cp1251")
    offer = call(organiser, event, "POST", "/lists", {"filename": "участники.csv"})
    assert http("PUT", offer["upload_url"], content).status == 200
    listed = f"/lists/{offer['list']}"
    assert organiser.call("POST", f"/events/{event}{listed}/import").status == 202
    wait_until(lambda: call(organiser, event, "GET", listed)["state"] in ("done", "failed"), "the list is read", 120)
    read = call(organiser, event, "GET", listed)
    assert (read["state"], read["counts"]) == ("done", {"created": PEOPLE, "invalid": 1})
    report = http("GET", read["report_url"])
    assert report.status == 200 and "nobody" in report.text

    planned = call(organiser, event, "POST", "/batches", {"kind": "invitation"}, idempotency_key="all")
    assert planned["state"] == "planning"
    path = f"/batches/{planned['batch']}"
    wait_until(lambda: call(organiser, event, "GET", path)["state"] == "draft", "the batch is planned", 120)
    assert call(organiser, event, "GET", path)["plan"]["to_send"] == PEOPLE
    assert mailbox.messages(event=event) == []


def test_a_test_mail_comes_in_each_language_and_a_cancelled_batch_sends_nothing(
    organiser: Organiser, mailbox: Mailbox, event: str
) -> None:
    [batch] = call(organiser, event, "GET", "/batches")["batches"]
    path = f"/batches/{batch['batch']}"
    assert call(organiser, event, "POST", f"{path}/test")["languages"] == ["en", "ru"]
    wait_until(lambda: len(mailbox.messages(event=event, kind="test")) == 2, "the tests are sent", 60)
    assert call(organiser, event, "POST", f"{path}/cancel")["state"] == "cancelled"
    assert organiser.approve(event, batch).status == 409
    assert {one["tags"]["kind"] for one in mailbox.messages(event=event)} == {"test"}
