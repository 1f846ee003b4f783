"""How often one link, and one network address, may change something."""

from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from chalicelib.adapters.store import limits
from chalicelib.domain.invitee import Invitee
from chalicelib.handlers.requests import network_address
from tests.handlers.conftest import Web
from tests.shelf import FORM, NOW
from tests.usecases.uploading import PAPER, UPLOAD, arrive, objects

HOUR = timedelta(hours=1)


@pytest.fixture
def people(web: Web, monkeypatch: pytest.MonkeyPatch) -> list[Invitee]:
    monkeypatch.setattr(limits, "BY_LINK", 3)
    monkeypatch.setattr(limits, "BY_ADDRESS", 5)
    web.shelf.publish()
    return web.shelf.invite("anna", "boris", "clara", language="en")


def answered(web: Web, one: Invitee, answer: str) -> int:
    return int(web.form(web.link(one, "/answer"), {"answer": answer}).status_code)


def alternating(web: Web, one: Invitee, times: int) -> list[int]:
    return [answered(web, one, ("tentative", "declined")[n % 2]) for n in range(times)]


def test_a_link_that_changes_too_much_is_refused_until_the_next_hour_and_nothing_is_written(
    web: Web, people: list[Invitee]
) -> None:
    anna, *_ = people
    assert alternating(web, anna, 3) == [303] * 3
    before = web.shelf.items()
    assert answered(web, anna, "declined") == 429
    assert web.form(web.link(anna, "/registration"), FORM).status_code == 429
    assert web.shelf.items() == before
    web.shelf.clock.time = NOW + HOUR
    assert answered(web, anna, "declined") == 303


def test_a_network_address_that_changes_too_much_is_refused_whoever_it_is(
    web: Web, people: list[Invitee], monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, boris, clara = people
    assert alternating(web, anna, 3) + alternating(web, boris, 2) == [303] * 5
    assert answered(web, clara, "declined") == 429
    monkeypatch.setattr("chalicelib.handlers.requests.network_address", lambda request: "203.0.113.9")
    assert answered(web, clara, "declined") == 303


@pytest.mark.parametrize(("said", "counted"), [
    ("203.0.113.9", "203.0.113.9"), ("2001:db8:1:2:aaaa::9", "2001:db8:1:2::"), ("::ffff:203.0.113.9", "203.0.113.9"),
    ("", ""),
])  # fmt: skip
def test_of_an_ipv6_address_its_network_is_counted(said: str, counted: str) -> None:
    request = Mock(context={"identity": {"sourceIp": said}})
    assert network_address(request) == counted


def test_the_address_is_kept_as_a_hash_and_for_a_day(web: Web, people: list[Invitee]) -> None:
    alternating(web, people[0], 1)
    kept: list[dict[str, Any]] = [item for item in web.shelf.items() if "LIMIT#" in item["PK"]["S"] + item["SK"]["S"]]
    assert len(kept) == 2 and "127.0.0.1" not in str(kept)
    assert {int(item["expires_at"]["N"]) for item in kept} == {int((NOW + timedelta(days=1)).timestamp())}


def test_what_changes_nothing_counts_nothing(web: Web, people: list[Invitee]) -> None:
    assert [answered(web, people[0], "declined") for _ in range(8)] == [303] * 8
    assert [web.form(web.link(people[0], "/answer"), {}).status_code for _ in range(4)] == [422] * 4


def test_leaving_a_mailing_is_never_refused(web: Web, people: list[Invitee]) -> None:
    alternating(web, people[0], 3)
    left = web.form(web.leaving(people[0]), {"List-Unsubscribe": "One-Click"})
    assert left.status_code == 200
    assert web.shelf.file(people[0]).invitee.left == ("invitations",)


def test_handing_in_and_taking_back_count_as_changes(web: Web, people: list[Invitee]) -> None:
    paper = {"id": "paper", "title": {"en": "Paper"}, "categories": ["un"], "formats": ["text"],
             "due": {"days_before": 3, "at": "18:00"}}  # fmt: skip
    web.shelf.publish(contributions=[paper])
    [zoe] = web.shelf.invite("zoe", category="un")
    sent = [web.form(web.link(zoe, "/contributions/paper"), {"text": f"Example {n}"}).status_code for n in range(4)]
    assert sent == [303] * 3 + [429]


def test_a_file_that_comes_after_too_many_changes_is_not_kept(web: Web, people: list[Invitee]) -> None:
    web.shelf.publish(contributions=[PAPER])
    [zoe] = web.shelf.invite("zoe", category="government")
    alternating(web, zoe, 3)
    arrive(web.shelf, zoe)
    before = web.shelf.items()
    assert web.form(web.link(zoe, f"/contributions/paper/uploads/{UPLOAD}"), {}).status_code == 429
    assert ([one for one in objects(web.shelf) if "kept/" in one], web.shelf.items()) == ([], before)


def test_coming_back_to_a_mailing_counts_as_a_change(web: Web, people: list[Invitee]) -> None:
    anna, *_ = people
    back = {"action": "come-back", "again": "yes"}
    statuses = [web.form(web.leaving(anna), form).status_code for form in [{"action": "leave"}, back] * 4]
    assert statuses == [303] * 7 + [429]
    assert web.shelf.file(anna).invitee.left == ("invitations",)
