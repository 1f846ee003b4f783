"""Deadlines belong to the batch: another one for some changes nothing for the others."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.invitee import Invitee
from tests.handlers.conftest import Web
from tests.handlers.test_invitees import text
from tests.shelf import DEADLINE, NOW
from tests.usecases.steps import work_off

DAY = timedelta(days=1)
LATER = "2021-01-27T12:00:00+01:00"
BATCHES = "/symposium/batches"


@pytest.fixture
def people(web: Web) -> list[Invitee]:
    """anna was invited as one of the government, boris as one of the UN, each by a batch of their own."""
    web.shelf.publish()
    [anna] = web.shelf.invite("anna", category="government", language="en")
    [boris] = web.shelf.invite("boris", category="un", language="en")
    return [anna, boris]


def batch(web: Web, category: str, **asked: Any) -> str:
    """Planned, approved and sent."""
    wanted = {"kind": "invitation", "audience": {"categories": [category]}, **asked}
    planned = web.api("POST", BATCHES, wanted, idempotency_key=category).json_body
    approved = web.api("POST", f"{BATCHES}/{planned['batch']}/approve", {"fingerprint": planned["fingerprint"]})
    assert approved.status_code == 200, approved.body
    work_off(web.shelf)
    return str(planned["batch"])


def may_answer(web: Web, one: Invitee, moment: datetime) -> bool:
    web.shelf.clock.time = moment
    status = web.form(web.link(one, "/answer"), {"answer": "tentative"}).status_code
    assert status in (303, 410)
    return bool(status == 303)


def test_extending_one_batch_changes_no_other(web: Web, people: list[Invitee]) -> None:
    first, _ = batch(web, "government"), batch(web, "un")
    extended = web.api("POST", f"{BATCHES}/{first}/deadline", {"answer_by": LATER, "reason": "They asked for it"})
    assert extended.json_body["answer_by"] == "2021-01-27T11:00:00Z"
    assert "Answer by Wednesday, 27 January" in text(web.get(web.link(people[0])))
    assert "Answer by Tuesday, 26 January" in text(web.get(web.link(people[1])))
    assert [may_answer(web, one, DEADLINE + timedelta(hours=1)) for one in people] == [True, False]
    assert [may_answer(web, one, datetime.fromisoformat(LATER) + timedelta(seconds=1)) for one in people] == [False] * 2
    audit = web.api("GET", "/symposium/audit").json_body["entries"]
    assert [one["what"] for one in audit if "deadline" in one["what"]] == ["batch deadline"]


def test_a_batch_with_a_deadline_of_its_own_says_it_in_its_mails(web: Web, people: list[Invitee]) -> None:
    batch(web, "government", answer_by="2021-01-20T18:00:00+01:00")
    [mail] = web.shelf.mails(kind="invitation")
    assert "Wednesday, 20 January 2021" in mail.get_body(("plain",)).get_content()
    assert not may_answer(web, people[0], datetime.fromisoformat("2021-01-20T18:00:01+01:00"))


@pytest.mark.parametrize("moment", ["2021-01-10T12:00:00Z", "2021-03-01T12:00:00Z", "2021-01-27T12:00:00"])
def test_a_deadline_that_makes_no_sense_is_refused_with_its_field(
    web: Web, people: list[Invitee], moment: str
) -> None:
    first = batch(web, "government")
    refused = web.api("POST", f"{BATCHES}/{first}/deadline", {"answer_by": moment})
    assert refused.status_code == 422
    assert [one["field"] for one in refused.json_body["errors"]] == ["answer_by"]
    assert web.api("POST", BATCHES, {"kind": "invitation", "answer_by": moment}, idempotency_key="x").status_code == 422


def test_a_draft_has_nobody_whose_deadline_could_change(web: Web, people: list[Invitee]) -> None:
    planned = web.api("POST", BATCHES, {"kind": "invitation"}, idempotency_key="k").json_body
    assert web.api("POST", f"{BATCHES}/{planned['batch']}/deadline", {"answer_by": LATER}).status_code == 409


def test_who_was_chased_too_may_answer_until_the_later_deadline(web: Web, people: list[Invitee]) -> None:
    batch(web, "government", answer_by="2021-01-20T18:00:00+01:00")
    web.shelf.clock.time = NOW + 2 * DAY
    asked = {"kind": "chase", "answer_by": LATER}
    planned = web.api("POST", BATCHES, asked, idempotency_key="chase").json_body
    web.api("POST", f"{BATCHES}/{planned['batch']}/approve", {"fingerprint": planned["fingerprint"]})
    work_off(web.shelf)
    assert may_answer(web, people[0], datetime.fromisoformat("2021-01-27T11:00:00+01:00"))
