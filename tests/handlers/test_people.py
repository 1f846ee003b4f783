"""The organisers' API of people: one person's file, a suppression that is lifted, another address, the audit log."""

import base64
import json
from typing import Any

import pytest

from chalicelib.domain.invitee import Invitee
from tests.handlers.conftest import Web
from tests.handlers.test_organisers import refused
from tests.shelf import NOW
from tests.usecases.steps import invite_all, register, told
from tests.usecases.uploading import PAPER, arrive, hand_in


def token(**claims: str) -> str:
    """An id token as Cognito makes it; API Gateway has looked at its signature."""
    said = {"cognito:username": "olga", **claims}
    return f"h.{base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip('=')}.s"


OLGA = token(sub="0f3c", email="olga@secretariat.example")


@pytest.fixture
def clara(web: Web) -> Invitee:
    web.shelf.publish()
    return web.shelf.invite("clara")[0]


def suppress(web: Web, email: str = "clara@example.org", reason: Any = "bounce") -> None:
    web.shelf.addresses.suppress(web.shelf.hash_of(email), reason, NOW)


def of(invitee: Invitee, path: str = "") -> str:
    return f"/symposium/invitees/{invitee.id}{path}"


def test_a_persons_file_tells_accepted_by_ses_from_delivered(web: Web, clara: Invitee) -> None:
    invite_all(web.shelf)
    [invitation] = web.api("GET", of(clara)).json_body["deliveries"]
    assert (invitation["state"], invitation["accepted_at"]) == ("sent", "2021-01-14T09:00:00Z")
    assert invitation["delivered_at"] is None
    said = web.shelf.told(web.shelf.ses.messages()[0].id, "Delivery")
    told(web.shelf, said)
    [invitation] = web.api("GET", of(clara)).json_body["deliveries"]
    assert (invitation["kind"], invitation["occurrence"], invitation["state"]) == ("invitation", "1", "delivered")
    assert invitation["accepted_at"] == "2021-01-14T09:00:00Z"
    assert invitation["delivered_at"].rstrip("Z")[:22] == said["delivery"]["timestamp"].rstrip("Z")[:22]


def test_a_persons_file_has_profile_registration_suppression_and_timeline_and_no_link(
    web: Web, clara: Invitee
) -> None:
    register(web.shelf, clara)
    suppress(web)
    answer = web.api("GET", of(clara))
    said = answer.json_body
    assert (said["invitee"]["email"], said["invitee"]["status"]) == ("clara@example.org", "accepted")
    assert said["registration"]["sessions"] == ["session-1"]
    assert said["suppression"] == {"reason": "bounce", "at": "2021-01-14T09:00:00Z"}
    assert sorted(entry["what"] for entry in said["timeline"]) == ["registered", "suppressed"]
    assert (said["gave_feedback"], said["contributions"]) == (False, [])
    assert web.shelf.links.token(clara).rpartition(".")[2] not in answer.body.decode()
    assert "generation" not in said["invitee"]


def test_a_persons_file_names_what_they_handed_in(web: Web) -> None:
    web.shelf.publish(contributions=[PAPER])
    [anna] = web.shelf.invite("anna", category="government")
    arrive(web.shelf, anna)
    hand_in(web.shelf, anna)
    [one] = web.api("GET", of(anna)).json_body["contributions"]
    assert (one["contribution"], one["format"], one["filename"]) == ("paper", "pdf", "paper.pdf")
    assert (one["title"], one["due"]) == (PAPER["title"], "2021-01-23T18:00:00+01:00")
    assert one["handed_in_at"] == "2021-01-14T09:00:00Z" and len(one) == 6
    web.shelf.publish(contributions=[])
    [gone] = web.api("GET", of(anna)).json_body["contributions"]
    assert (gone["title"], gone["due"], gone["filename"]) == ({}, None, "paper.pdf")


def test_an_answer_that_came_on_paper_is_entered_and_listed_as_such(web: Web, clara: Invitee) -> None:
    note = "Note verbale No 17"
    said = {"answer": "accepted", "on_behalf": note, "sessions": ["session-1"], "organisation": "M", "consent": True}
    answered = web.api("POST", of(clara, "/answer"), said)
    assert (answered.status_code, answered.json_body["state"]) == (200, "registered")
    assert web.api("GET", of(clara)).json_body["registration"]["on_behalf"] == note
    [row] = web.api("GET", "/symposium/registrations").json_body["registrations"]
    assert row["on_behalf"] == note
    assert note in web.api("GET", "/symposium/registrations", accept="text/csv").body.decode()
    assert web.api("POST", of(clara, "/answer"), {**said, "on_behalf": " "}).status_code == 422
    assert web.api("POST", of(clara, "/answer"), {"answer": "declined", "on_behalf": note}).json_body["state"] == (
        "declined"
    )


@pytest.mark.parametrize("path", ["", "/suppression/lift", "/address", "/erase"])
@pytest.mark.parametrize("name", ["nobody", "x" * 3000, "a%23b", "clara"])
def test_nobody_is_404(web: Web, clara: Invitee, path: str, name: str) -> None:
    body = {"": None, "/address": {"email": "a@example.org", "reason": "r"}}.get(path, {"reason": "r"})
    refused(web.api("POST" if path else "GET", f"/symposium/invitees/{name}{path}", body), 404)
    refused(web.api("POST" if path else "GET", f"/forum/invitees/{clara.id}{path}", body), 404)


@pytest.mark.parametrize("wanted, found", [("true", ["Clara"]), ("false", ["Boris"])])
def test_people_are_filtered_by_whether_mail_reaches_them(
    web: Web, clara: Invitee, wanted: str, found: list[str]
) -> None:
    web.shelf.invite("boris")
    suppress(web)
    page = web.api("GET", f"/symposium/invitees?suppressed={wanted}").json_body
    assert [one["name"] for one in page["invitees"]] == found
    assert [bool(one["suppressed"]) for one in page["invitees"]] == [wanted == "true"]


@pytest.mark.parametrize("value", ["yes", "", "True"])
def test_another_word_for_the_filter_is_refused(web: Web, clara: Invitee, value: str) -> None:
    assert refused(web.api("GET", f"/symposium/invitees?suppressed={value}"), 422)[0].field == "suppressed"


def test_a_suppression_is_lifted_with_a_reason_and_the_audit_log_says_by_whom(web: Web, clara: Invitee) -> None:
    suppress(web, reason="complaint")
    answer = web.api("POST", of(clara, "/suppression/lift"), {"reason": " She asked for it. "}, authorization=OLGA)
    assert (answer.status_code, answer.json_body["invitee"]) == (200, clara.id)
    warning, aws = answer.json_body["know"]
    assert "spam" in warning and "suppression list of your AWS account" in aws
    assert web.shelf.file(clara).invitee.suppressed == ""
    [entry] = web.api("GET", "/symposium/audit").json_body["entries"]
    assert entry == {
        "at": "2021-01-14T09:00:00Z", "who": "olga@secretariat.example", "what": "suppression lifted",
        "detail": f"{clara.id}: complaint", "reason": "She asked for it.",
    }  # fmt: skip
    refused(web.api("POST", of(clara, "/suppression/lift"), {"reason": "again"}), 409)


@pytest.mark.parametrize("body, field", [
    (None, "body"), ({}, "reason"), ({"reason": ""}, "reason"), ({"reason": "   "}, "reason"),
    ({"reason": "x" * 501}, "reason"), ({"reason": 1}, "reason"), ({"reason": "r", "more": 1}, "more"),
])  # fmt: skip
def test_a_lifting_without_a_reason_is_refused(web: Web, clara: Invitee, body: Any, field: str) -> None:
    suppress(web)
    assert refused(web.api("POST", of(clara, "/suppression/lift"), body), 422)[0].field == field
    assert web.shelf.file(clara).invitee.suppressed == "bounce"


def test_an_address_is_normalised_and_replaced_and_old_links_are_dead(web: Web, clara: Invitee) -> None:
    old = web.link(clara)
    body = {"email": " Clara <Clara@MINISTRY.example> ", "reason": "She moved"}
    answer = web.api("POST", of(clara, "/address"), body, authorization=token(sub="0f3c"))
    assert (answer.status_code, answer.json_body["email"]) == (200, "Clara@ministry.example")
    assert web.get(old).status_code == 404
    assert web.get(web.link(web.shelf.file(clara).invitee)).status_code == 200
    [entry] = web.api("GET", "/symposium/audit").json_body["entries"]
    assert (entry["who"], entry["what"], entry["reason"]) == ("0f3c", "address replaced", "She moved")


def test_an_address_that_is_taken_or_the_same_is_a_conflict_that_says_why(web: Web, clara: Invitee) -> None:
    [boris] = web.shelf.invite("boris")
    taken = web.api("POST", of(clara, "/address"), {"email": "boris@example.org", "reason": "r"})
    refused(taken, 409)
    assert boris.id in taken.json_body["detail"]
    refused(web.api("POST", of(clara, "/address"), {"email": "CLARA@example.org", "reason": "r"}), 409)


@pytest.mark.parametrize("body, field", [
    (None, "body"), ({"email": "a@example.org"}, "reason"), ({"reason": "r"}, "email"),
    ({"email": "no address", "reason": "r"}, "email"), ({"email": "é@example.org", "reason": "r"}, "email"),
    ({"email": "a@example.org", "reason": "r", "name": "x"}, "name"),
])  # fmt: skip
def test_an_address_that_does_not_fit_names_the_field_and_changes_nothing(
    web: Web, clara: Invitee, body: Any, field: str
) -> None:
    before = web.shelf.items()
    assert refused(web.api("POST", of(clara, "/address"), body), 422)[0].field == field
    assert web.shelf.items() == before


def test_who_calls_without_a_name_is_unknown(web: Web, clara: Invitee) -> None:
    suppress(web)
    web.api("POST", of(clara, "/suppression/lift"), {"reason": "r"})
    assert web.api("GET", "/symposium/audit").json_body["entries"][0]["who"] == "unknown"


def test_the_audit_log_of_no_event_is_404(web: Web) -> None:
    refused(web.api("GET", "/unknown/audit"), 404)
