"""LAST-MODIFIED and a feed's DTSTAMP rise with SEQUENCE, whatever it was that raised it, and never go back."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.calendar import modified
from chalicelib.adapters.language import load_locale
from chalicelib.adapters.store.person import profile_item, read_profile
from chalicelib.adapters.store.table import Delete
from chalicelib.domain.entries import sequence
from chalicelib.domain.invitee import Invitee
from chalicelib.usecases.calendar_entry import calendar_feed, calendar_file
from infra.build import ROOT
from tests.handlers.conftest import Web
from tests.handlers.test_delegation import colleague, pass_on, take_back
from tests.handlers.test_heads import MINISTRY, invite, member, withdraw
from tests.handlers.test_registration_cost import Call, calls
from tests.shelf import person
from tests.usecases.steps import accept_place, answer, register, tick
from tests.usecases.test_places import LINE, sessions, state

__all__ = ["calls"]

Ministers = tuple[Invitee, Invitee]
"""The head of a delegation, and a member who is registered for the first session."""


@pytest.fixture
def people(web: Web) -> Ministers:
    return ministers(web)


def ministers(web: Web) -> Ministers:
    web.shelf.publish(waitlist=LINE, delegations=MINISTRY, sessions=sessions(session_2=1))
    [head] = web.shelf.invite("zarina", head=True, language="en", delegation="Ministry of Labour")
    assert invite(web, head).status_code == 303
    aziz = member(web, "Aziz Karimov")
    register(web.shelf, aziz)
    web.shelf.clock.pass_(minutes=1)
    return head, aziz


def fresh(web: Web, one: Invitee) -> Invitee:
    found: Invitee = web.shelf.file(one).invitee
    return found


def said(web: Web, one: Invitee, name: str = "LAST-MODIFIED") -> datetime:
    """What every entry of the person's file says of when it changed; also those that are called off say it."""
    shelf, invitee = web.shelf, fresh(web, one)
    content = calendar_file(
        shelf.events, shelf.links, shelf.events.get("symposium"), invitee, load_locale("en"), "", shelf.clock()
    )
    [moment] = {*re.findall(rf"\r\n{name}:(\w+)", (content or b"").decode())}
    return datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def number(web: Web, one: Invitee) -> int:
    return sequence(web.shelf.events.get("symposium"), fresh(web, one))


def _waits(web: Web, head: Invitee, one: Invitee) -> None:
    [other] = web.shelf.invite("other")
    register(web.shelf, other, sessions=["session-2"])
    register(web.shelf, one, sessions=["session-2"])
    assert state(web.shelf, one) == "registered waiting"


def _is_offered_a_place(web: Web, head: Invitee, one: Invitee) -> None:
    _waits(web, head, one)
    answer(web.shelf, person("other"), "declined")
    tick(web.shelf, web.shelf.clock.pass_(minutes=1))
    accept_place(web.shelf, one)


def _takes_it_back_from_a_colleague(web: Web, head: Invitee, one: Invitee) -> None:
    assert pass_on(web, one, email="dora@example.org").status_code == 303
    dora = colleague(web, one)
    register(web.shelf, dora)
    web.shelf.clock.pass_(minutes=1)
    assert take_back(web, one) == 303
    assert said(web, dora) == web.shelf.clock(), "and the colleague, whom it was taken from"


def _replaces(web: Web, head: Invitee, one: Invitee) -> None:
    moved = {"email": f"aziz-{fresh(web, one).feed}@example.org", "reason": "He wrote"}
    assert web.api("POST", f"/symposium/invitees/{one.id}/address", moved).status_code == 200


def _listed(field: str, value: str) -> Callable[[Web, Invitee, Invitee], None]:
    def again(web: Web, head: Invitee, one: Invitee) -> None:
        row = {"email": fresh(web, one).email, "name": fresh(web, one).name, field: value}
        assert web.api("POST", "/symposium/invitees", [row]).json_body["counts"] == {"updated": 1}

    return again


def _on_behalf(web: Web, head: Invitee, one: Invitee) -> None:
    told = {"answer": "declined", "on_behalf": "He rang"}
    assert web.api("POST", f"/symposium/invitees/{one.id}/answer", told).status_code == 200


def _corrects(web: Web, head: Invitee, one: Invitee) -> None:
    form = {"action": "correct", "name": f"{fresh(web, one).name} K", "language": "ru"}
    assert web.form(web.link(fresh(web, one), "/data"), form).status_code in (200, 303)


def _withdrawn(web: Web, head: Invitee, one: Invitee) -> None:
    assert withdraw(web, head, one) == 303


def _passes_on(web: Web, head: Invitee, one: Invitee) -> None:
    assert pass_on(web, one, email="dora@example.org").status_code == 303


WAYS: dict[str, Callable[[Web, Invitee, Invitee], Any]] = {
    "registers otherwise": lambda web, _, one: register(web.shelf, one, sessions=["session-1", "session-2"]),
    "waits for a place": _waits,
    "takes a place that was offered": _is_offered_a_place,
    "declines": lambda web, _, one: answer(web.shelf, one, "declined"),
    "answers perhaps": lambda web, _, one: answer(web.shelf, one, "tentative"),
    "corrects their name": _corrects,
    "passes it on": _passes_on,
    "takes it back": _takes_it_back_from_a_colleague,
    "is withdrawn": _withdrawn,
    "is answered for": _on_behalf,
    "has another address": _replaces,
    "has another name": _listed("name", "Aziz"),
    "has another language": _listed("language", "ru"),
    "has another zone": _listed("time_zone", "Asia/Tokyo"),
    "has another category": _listed("category", "un"),
}


@pytest.mark.parametrize("way", WAYS)
def test_whatever_raises_the_number_moves_the_moment(web: Web, people: Ministers, way: str, calls: list[Call]) -> None:
    head, aziz = people
    before, then = number(web, aziz), said(web, aziz)
    web.shelf.clock.pass_(hours=1)
    calls.clear()
    WAYS[way](web, head, aziz)
    assert number(web, aziz) > before
    assert said(web, aziz) == web.shelf.clock() > then
    raised = [one for one in updates(calls) if ":add_revision" in one.get("ExpressionAttributeValues", {})]
    assert raised and all("#revised_at = :set_revised_at" in one["UpdateExpression"] for one in raised)


def updates(calls: list[Call]) -> list[dict[str, Any]]:
    """Every Update of these calls, alone or in a transaction."""
    alone = [arguments for name, arguments in calls if name == "UpdateItem"]
    parts = [part for name, arguments in calls if name == "TransactWriteItems" for part in arguments["TransactItems"]]
    return alone + [part["Update"] for part in parts if "Update" in part]


def test_there_is_one_place_that_raises_the_number() -> None:
    rooms, only = ROOT / "chalicelib", "adapters/store/unchanged.py"
    sources = {path.relative_to(rooms).as_posix(): path.read_text() for path in rooms.rglob("*.py")}
    assert [name for name, text in sources.items() if re.search(r'"revision"\s*:', text)] == [only]
    assert len(re.findall('"revision"', sources[only])) == 1


OFTEN = ("registers otherwise", "declines", "answers perhaps", "corrects their name", "has another address")


@settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate),
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@example([("publish", 60), ("publish", -5)])
@example([("corrects their name", 60), ("corrects their name", -5)])
@example([("declines", 60), ("has another address", -1)])
@given(st.lists(st.tuples(st.sampled_from([*OFTEN, "publish"]), st.sampled_from([-5, -1, 0, 60])), max_size=8))
def test_no_clock_turns_the_moment_back(web: Web, ways: list[tuple[str, int]]) -> None:
    """A container's clock may be seconds behind another's."""
    for item in web.shelf.items():
        web.shelf.table.write(Delete((item["PK"]["S"], item["SK"]["S"])))
    head, aziz = ministers(web)
    was, moment = number(web, aziz), said(web, aziz)
    for way, seconds in ways:
        web.shelf.clock.pass_(seconds=seconds)
        if way == "publish":
            web.shelf.publish(delegations=MINISTRY, title={"en": f"After {number(web, aziz)}", "ru": "После"})
        else:
            WAYS[way](web, head, aziz)
        assert said(web, aziz) >= moment
        assert number(web, aziz) >= was
        was, moment = number(web, aziz), said(web, aziz)


def test_a_feed_is_stamped_with_the_moment_of_a_correction(web: Web, people: Ministers) -> None:
    _, aziz = people
    web.shelf.clock.pass_(hours=1)
    WAYS["corrects their name"](web, *people)
    corrected = web.shelf.clock()
    web.shelf.clock.pass_(hours=1)
    event, locale = web.shelf.events.get("symposium"), load_locale("en")
    feed = calendar_feed(web.shelf.links, event, fresh(web, aziz), locale).decode()
    stamp = f"{corrected:%Y%m%dT%H%M%SZ}"
    assert f"\r\nDTSTAMP:{stamp}\r\n" in feed and f"\r\nLAST-MODIFIED:{stamp}\r\n" in feed


def test_a_profile_of_before_has_the_moment_of_its_answer(web: Web, people: Ministers) -> None:
    _, aziz = people
    item = profile_item(fresh(web, aziz))
    del item["revised_at"]
    old = read_profile(item)
    assert old.revised_at is None and old.answered_at
    assert modified(web.shelf.events.get("symposium"), old) == old.answered_at
    never = old.model_copy(update={"answered_at": None})
    assert modified(web.shelf.events.get("symposium"), never) == web.shelf.events.get("symposium").published_at


def test_what_changes_nothing_in_the_calendar_moves_nothing(web: Web, people: Ministers) -> None:
    _, aziz = people
    before, then = number(web, aziz), said(web, aziz)
    web.shelf.clock.pass_(hours=1)
    assert web.form(web.link(aziz, "/calendar-address"), {"feed": "0"}).status_code == 303
    assert (number(web, aziz), said(web, aziz)) == (before, then)
