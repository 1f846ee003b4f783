"""What a person sees and presses while they wait for a place, and what they are told by mail."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.invitee import Invitee
from tests.handlers.conftest import Web
from tests.handlers.test_invitees import text
from tests.shelf import FORM, NOW
from tests.usecases.steps import answer, tick, work_off
from tests.usecases.test_places import LINE, state

MINUTE = timedelta(minutes=1)


@pytest.fixture
def people(web: Web) -> list[Invitee]:
    """anna has the only place, boris waits for it."""
    web.shelf.publish(capacity=1, waitlist=LINE)
    anna, boris, clara = web.shelf.invite("anna", "boris", "clara")
    for one in (anna, boris):
        assert web.form(web.link(one, "/registration"), FORM).status_code == 303
    return [anna, boris, clara]


def page(web: Web, one: Invitee, path: str = "") -> str:
    return text(web.get(web.link(one, path)))


def told(web: Web, one: Invitee) -> list[str]:
    work_off(web.shelf)
    mails = web.shelf.mails(kind="place")
    return [mail["Subject"] for mail in mails if one.email in mail["To"]]


def offered(web: Web, people: list[Invitee]) -> Invitee:
    answer(web.shelf, people[0], "declined")
    tick(web.shelf, NOW + MINUTE)
    return people[1]


def test_who_finds_no_place_is_told_on_the_page_and_by_mail(web: Web, people: list[Invitee]) -> None:
    _, boris, clara = people
    assert "All places are taken. Register all the same" in page(web, clara, "/registration")
    assert "You are on the waiting list" in page(web, boris)
    assert "You are registered" not in page(web, boris)
    assert told(web, boris) == ["You are on the waiting list: Symposium on Migration"]


def test_who_asks_for_approval_is_told_by_mail_before_anybody_decides(web: Web) -> None:
    web.shelf.publish(approval=True)
    [anna] = web.shelf.invite("anna")
    assert web.form(web.link(anna, "/registration"), FORM).status_code == 303
    assert told(web, anna) == ["Your registration is being looked at: Symposium on Migration"]
    assert state(web.shelf, anna) == "approval"
    assert web.shelf.recipients(kind="confirmation") == []


def test_an_offer_is_mailed_and_accepted_by_one_press(web: Web, people: list[Invitee]) -> None:
    boris = offered(web, people)
    assert "A place is free for you" in page(web, boris)
    assert told(web, boris)[-1] == "A place is free for you, answer by Friday, 15 January 2021: Symposium on Migration"
    for _ in range(2):
        accepted = web.form(web.link(boris, "/place"), {"action": "accept"})
        assert (accepted.status_code, accepted.headers["Location"].endswith("/confirmation")) == (303, True)
    assert state(web.shelf, boris) == "registered"
    work_off(web.shelf)
    assert web.shelf.recipients(kind="confirmation") == ["boris@example.org"]


def test_an_offer_that_is_over_cannot_be_accepted(web: Web, people: list[Invitee]) -> None:
    boris = offered(web, people)
    web.shelf.clock.time = NOW + timedelta(hours=25)
    assert web.form(web.link(boris, "/place"), {"action": "accept"}).status_code == 410
    assert "The offer is over" in page(web, boris)
    tick(web.shelf, NOW + timedelta(hours=25))
    assert told(web, boris)[-1].startswith("The place that was free for you is given to others")
    assert state(web.shelf, boris) == "expired"


@pytest.mark.parametrize("moment", ["waiting", "offered"])
def test_who_does_not_wait_any_more_leaves_it_to_the_next(web: Web, people: list[Invitee], moment: str) -> None:
    _, boris, clara = people
    web.form(web.link(clara, "/registration"), FORM)
    if moment == "offered":
        offered(web, people)
    assert web.form(web.link(boris, "/place"), {"action": "give-up"}).status_code == 303
    answer(web.shelf, people[0], "declined")
    tick(web.shelf, NOW + 2 * MINUTE)
    assert [state(web.shelf, one) for one in (boris, clara)] == ["none", "offered"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_an_offer_changes_nothing(web: Web, people: list[Invitee], method: str) -> None:
    boris = offered(web, people)
    before = web.shelf.items()
    for path in ("", "/place", "/registration"):
        assert web.request(method, web.link(boris, path)).status_code == 200
    assert web.shelf.items() == before


def test_a_held_seat_is_free_though_all_others_are_taken_and_a_full_category_is_said_to_be(web: Web) -> None:
    ministry = {"labour": {"name": {"en": "Ministry of Labour"}, "seats": 1, "held": True}}
    web.shelf.publish(capacity=2, delegations=ministry, category_capacity={"un": 0})
    anna, boris = web.shelf.invite("anna", "boris", language="en")
    [dina] = web.shelf.invite("dina", language="en", delegation="labour")
    [zoe] = web.shelf.invite("zoe", language="en", category="un")
    assert "All places are taken." in page(web, zoe, "/registration")
    assert "All places are taken." not in page(web, boris, "/registration")
    web.form(web.link(anna, "/registration"), FORM)
    assert "All places are taken." in page(web, boris, "/registration")
    assert "All places are taken." not in page(web, dina, "/registration")
    assert web.form(web.link(dina, "/registration"), FORM).status_code == 303


def test_the_organiser_sees_what_asks_for_approval_with_its_answers(web: Web) -> None:
    visa = {"id": "visa", "kind": "yes-no", "label": {"en": "A visa?", "ru": "Виза?"}}
    web.shelf.publish(approval=True, form=[visa])
    [anna] = web.shelf.invite("anna")
    web.form(web.link(anna, "/registration"), {**FORM, "q-visa": "yes"})
    [asked] = web.api("GET", "/symposium/places").json_body["requests"]
    assert (asked["state"], asked["answers"]) == ("approval", {"visa": True})
    person = web.api("GET", f"/symposium/invitees/{anna.id}").json_body
    assert (person["request"], person["registration"]) == (asked, None)
    assert web.api("POST", f"/symposium/invitees/{anna.id}/request/approve", {}).status_code == 200
    person = web.api("GET", f"/symposium/invitees/{anna.id}").json_body
    assert (person["request"], person["registration"]["answers"]) == (None, {"visa": True})


def test_a_full_event_without_a_waitlist_says_so(web: Web) -> None:
    web.shelf.publish(capacity=0)
    [anna] = web.shelf.invite("anna")
    refused: Any = web.form(web.link(anna, "/registration"), FORM)
    assert refused.status_code == 422
    assert "All places are taken." in text(refused)
