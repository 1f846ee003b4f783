"""The links to join that calendar entries and feeds hold: they open the page to join a session, and nothing else."""

import re
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from app import app
from chalicelib.adapters.links import LETTERS, Purpose
from chalicelib.adapters.store.limits import BY_LINK
from chalicelib.domain.invitee import Invitee
from tests.handlers.conftest import Web
from tests.handlers.test_calendar_feed import make_new
from tests.handlers.test_delegation import colleague, pass_on, take_back
from tests.handlers.test_join import CLOSES, CONFERENCE, MINUTE, OPENS, attended, calls, gives_away, joined_lines, text
from tests.handlers.whole_event import Once
from tests.shelf import BASE, DOCUMENT, ENDS, NOW, STARTS, person
from tests.usecases.steps import answer, register, tick
from tests.usecases.uploading import UPLOAD

__all__ = ["calls"]

JOINING: list[Purpose] = ["join", "feed-join"]
ROUTES = {f"/{LETTERS[purpose]}/{{token}}/{{session}}": purpose for purpose in JOINING}
BELOW = {"session": "session-1", "contribution": "paper", "question": "letter", "upload": UPLOAD}
"""What the paths of pages name below a token, of the event that has everything."""

WHOLE = Once()


class Route(NamedTuple):
    path: str
    method: str

    def of(self, token: str) -> str:
        return self.path.format(token=token, **BELOW)


PERSONAL = [Route(path, method) for path, methods in app.routes.items() if "{token}" in path for method in methods]
"""Every route of the application behind a link of a person: a new page is one of them by itself."""


@pytest.fixture(params=JOINING)
def purpose(request: Any) -> Purpose:
    found: Purpose = request.param
    return found


@pytest.fixture
def clara(web: Web) -> Invitee:
    web.shelf.publish()
    [clara] = web.shelf.invite("clara", time_zone="Asia/Tashkent")
    register(web.shelf, clara)
    return clara


def link(web: Web, one: Invitee, purpose: Purpose, session: str = "session-1") -> str:
    return f"{web.shelf.links.url(one, purpose)}/{session}"


def ask(web: Web, route: Route, token: str) -> int:
    if route.method == "POST":
        return int(web.form(route.of(token), {"answer": "declined", "action": "correct", "name": "X"}).status_code)
    return int(web.request(route.method, route.of(token)).status_code)


def test_the_routes_are_what_this_is_about() -> None:
    assert {path for path, _ in PERSONAL} >= {"/i/{token}", "/u/{token}", "/c/{token}/calendar.ics", *ROUTES}
    assert {name for path, _ in PERSONAL for name in re.findall(r"{(\w+)}", path)} == {"token", *BELOW}
    assert not [path for path in app.routes if path.startswith("/api") and "{token}" in path]


@pytest.mark.parametrize("route", PERSONAL, ids=lambda route: f"{route.method} {route.path}")
def test_a_link_to_join_opens_nothing_else_and_no_other_link_joins_by_an_entry(web: Web, route: Route) -> None:
    WHOLE.on(web)
    anna, own = web.shelf.file(person("anna")).invitee, ROUTES.get(route.path)
    before = web.shelf.items()
    for made in LETTERS:
        if own != made and (own or made in JOINING):
            assert ask(web, route, web.shelf.links.token(anna, made)) == 404, made
    assert web.shelf.items() == before
    if route.method == "GET":
        letter = route.path.split("/")[1]
        [right] = [one for one, each in LETTERS.items() if each == letter]
        assert ask(web, route, web.shelf.links.token(anna, right)) == 200, "it is the link that was refused"


def test_from_the_minute_on_one_press_leads_to_the_conference_and_is_attendance(
    web: Web, clara: Invitee, purpose: Purpose
) -> None:
    here = link(web, clara, purpose)
    web.shelf.clock.time = OPENS - timedelta(seconds=1)
    assert "You can join from" in text(web.get(here)) and web.form(here, {}).status_code == 409
    web.shelf.clock.time = OPENS
    page = web.get(here)
    assert "You can join now" in text(page) and not gives_away(page)
    assert re.findall(r'<form method="post" action="([^"]+)"', page.body.decode()) == [here]
    assert "form-action 'self' https:;" in page.headers["Content-Security-Policy"]
    led = web.form(here, {})
    assert (led.status_code, led.headers["Location"]) == (303, CONFERENCE)
    assert led.headers["Referrer-Policy"] == "no-referrer"
    assert [line["session"] for line in attended(web, clara)] == ["session-1"] and joined_lines(web, clara) == 1
    web.shelf.clock.time = CLOSES
    assert web.form(here, {}).status_code == 410


def test_it_is_the_same_attendance_as_by_the_persons_own_page(web: Web, clara: Invitee) -> None:
    web.shelf.clock.time = OPENS
    for url in (link(web, clara, "feed-join"), web.link(clara, "/join/session-1"), link(web, clara, "join")):
        assert web.form(url, {}).status_code == 303
    assert len(attended(web, clara)) == joined_lines(web, clara) == 1


def test_the_page_has_no_word_of_the_person_and_no_way_to_another_page_in_any_state(
    web: Web, clara: Invitee, purpose: Purpose
) -> None:
    [boris] = web.shelf.invite("boris", delegation="Ministry of Labour")
    web.shelf.clock.time = OPENS
    web.form(link(web, clara, purpose), {})
    tick(web.shelf, ENDS + 31 * MINUTE)
    for moment in (NOW, OPENS - MINUTE, OPENS + MINUTE, CLOSES, ENDS + 32 * MINUTE):
        web.shelf.clock.time = moment
        for one in (clara, boris):
            here = link(web, one, purpose)
            for page in (web.get(here), web.get(f"{here}?lang=ru"), web.form(here, {})):
                body = page.body.decode()
                mine = {*re.findall(rf"{BASE}/[^\"<\s]+", body)}
                assert {url.partition("?")[0] for url in mine} == {here}
                for word in ("Clara", "Boris", "clara@", "boris@", "Ministry", "joined at", "/i/", "/u/", "/c/"):
                    assert word not in body, word
    assert "Clara" in web.get(web.link(clara)).body.decode(), "such words stand on other pages"


def test_who_did_not_choose_it_or_declined_joins_nothing(web: Web, clara: Invitee, purpose: Purpose) -> None:
    [boris, dora] = web.shelf.invite("boris", "dora")
    register(web.shelf, boris, sessions=["session-2"])
    register(web.shelf, dora)
    answer(web.shelf, dora, "declined")
    web.shelf.clock.time, before = OPENS, web.shelf.items()
    for one in (boris, dora, *web.shelf.invite("emil")):
        pressed = web.form(link(web, one, purpose), {})
        assert pressed.status_code == 409 and not gives_away(pressed) and not attended(web, one)
        assert "You are not registered for this session" in text(web.get(link(web, one, purpose)))
    assert [item for item in web.shelf.items() if item in before] == before


def test_there_is_nothing_to_join_of_another_events_session_or_with_another_persons_mac(
    web: Web, clara: Invitee, purpose: Purpose
) -> None:
    other = [{**DOCUMENT["sessions"][0], "id": "elsewhere"}]
    web.shelf.publish("forum", sessions=other)
    [boris] = web.shelf.invite("boris", event="forum")
    register(web.shelf, boris, sessions=["elsewhere"])
    web.shelf.clock.time = OPENS
    assert web.form(link(web, boris, purpose, "elsewhere"), {}).status_code == 303
    forged = link(web, boris, purpose, "elsewhere").replace(boris.id, clara.id)
    wrong = [link(web, clara, purpose, name) for name in ("elsewhere", "break", "SESSION-1", "session-9")]
    for url in (forged, *wrong, link(web, boris, purpose), f"{BASE}/{LETTERS[purpose]}/x/session-1"):
        assert [web.get(url).status_code, web.form(url, {}).status_code] == [404, 404]


def test_another_address_of_the_person_ends_both_and_a_new_feed_those_of_the_feed(web: Web, clara: Invitee) -> None:
    web.shelf.clock.time = OPENS
    mail, feed = link(web, clara, "join"), link(web, clara, "feed-join")
    assert make_new(web, clara).status_code == 303
    assert [web.form(url, {}).status_code for url in (mail, feed)] == [303, 404]
    new = link(web, web.shelf.file(clara).invitee, "feed-join")
    assert web.form(new, {}).status_code == 303
    moved = {"email": "c.weiss@example.org", "reason": "She wrote"}
    assert web.api("POST", f"/symposium/invitees/{clara.id}/address", moved).status_code == 200
    assert [web.get(url).status_code for url in (mail, feed, new)] == [404] * 3


def test_who_is_withdrawn_joins_nothing_also_by_a_link_that_was_made_since(
    web: Web, clara: Invitee, purpose: Purpose
) -> None:
    assert pass_on(web, clara).status_code == 303
    aziz = colleague(web, clara)
    register(web.shelf, aziz)
    before = link(web, aziz, purpose)
    assert take_back(web, clara) == 303
    since = link(web, web.shelf.file(aziz).invitee, purpose)
    assert before != since
    web.shelf.clock.time = OPENS
    assert [web.form(url, {}).status_code for url in (before, since)] == [404, 404]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_scanners_change_nothing_and_see_no_conference(web: Web, clara: Invitee, purpose: Purpose, method: str) -> None:
    before = web.shelf.items()
    for moment in (NOW, OPENS, CLOSES):
        web.shelf.clock.time = moment
        seen = web.request(method, link(web, clara, purpose))
        assert seen.status_code == 200 and not gives_away(seen)
    assert web.shelf.items() == before


def test_presses_count_with_those_of_the_persons_own_page(web: Web, clara: Invitee, purpose: Purpose) -> None:
    web.shelf.clock.time = OPENS
    for _ in range(BY_LINK + 1):  # the first is not counted
        web.form(web.link(clara, "/join/session-1"), {})
    before = web.shelf.items()
    web.shelf.clock.time = OPENS + MINUTE
    assert web.form(link(web, clara, purpose), {}).headers["Location"] == CONFERENCE
    assert web.shelf.items() == before


def test_whoever_presses_often_keeps_the_person_from_nothing(web: Web, clara: Invitee, purpose: Purpose) -> None:
    register(web.shelf, clara, sessions=["session-1", "session-2"])
    web.shelf.clock.time = STARTS["session-2"]
    for _ in range(BY_LINK + 2):
        assert web.form(link(web, clara, purpose), {}).status_code == 303
    assert make_new(web, clara).status_code == 303
    assert web.form(web.link(clara, "/join/session-2"), {}).status_code == 303
    assert set(web.shelf.file(clara).attended) == {"session-1", "session-2"}


def test_the_page_is_two_reads_and_a_press_is_two_reads_and_one_write(
    web: Web, clara: Invitee, purpose: Purpose, calls: list[str]
) -> None:
    web.shelf.clock.time = OPENS
    web.get(link(web, clara, purpose))
    calls.clear()
    web.get(link(web, clara, purpose))
    assert web.form(link(web, clara, purpose), {}).status_code == 303
    assert calls == ["Query", "BatchGetItem", "Query", "BatchGetItem", "TransactWriteItems"]
