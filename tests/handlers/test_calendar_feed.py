"""The calendar feed: an address of its own that programs look at, and that its person can revoke."""

import re
from typing import Any

import pytest

from chalicelib.domain.invitee import Invitee
from tests.calendar_client import CalendarClient
from tests.handlers.conftest import Web
from tests.handlers.test_registration_cost import Call, calls
from tests.usecases.steps import answer, register

__all__ = ["calls"]


@pytest.fixture
def clara(web: Web) -> Invitee:
    web.shelf.publish()
    [clara] = web.shelf.invite("clara", language="ru")
    register(web.shelf, clara, sessions=["session-2"])
    return clara


def fresh(web: Web, one: Invitee) -> Invitee:
    found: Invitee = web.shelf.file(one).invitee
    return found


def address(web: Web, one: Invitee) -> str:
    return web.shelf.links.url(fresh(web, one), "feed", "/calendar.ics")


def shown(web: Web, url: str) -> set[str]:
    """The parts of the entries that a program shows which looks at the feed."""
    client = CalendarClient("clara@example.org")
    client.follow(web.get(url).body)
    return {uid.partition(".")[0] for uid in client.shows}


def test_a_program_finds_the_chosen_sessions_in_the_persons_language(web: Web, clara: Invitee) -> None:
    url = address(web, clara)
    found = web.get(url)
    assert (found.status_code, found.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    body = found.body.replace(b"\r\n ", b"")
    assert "SUMMARY;LANGUAGE=ru:Вторая · Симпозиум".encode() in body and b"zoom.example.org" not in body
    assert shown(web, url) == {"session-2"}
    register(web.shelf, clara, sessions=["session-1"])
    assert shown(web, url) == {"session-1"}


def test_a_feed_holds_the_link_to_join_and_no_other_and_the_file_on_the_page_both(web: Web, clara: Invitee) -> None:
    """Whoever has the feed's address sees sessions and joins them, and a new address takes that back."""
    feed, file = (web.get(url).body.replace(b"\r\n ", b"").decode() for url in
                  (address(web, clara), web.link(clara, "/calendar.ics")))  # fmt: skip
    join, other = (f"{web.shelf.links.url(clara, purpose)}/session-2" for purpose in ("feed-join", "join"))
    assert set(re.findall(r"https?://[^\s\\]+", feed)) == {join}
    assert set(re.findall(r"https?://[^\s\\]+", file)) == {other, web.link(clara)}
    assert f"URL:{join}\r\n" in feed and "UID:session-2." in feed and "Контакт" in feed
    assert "Ваша страница" in file and "Ваша страница" not in feed


def test_who_holds_what_it_says_is_told_so_and_nothing_more(web: Web, clara: Invitee, calls: list[Call]) -> None:
    url = address(web, clara)
    first = web.get(url)
    web.shelf.clock.pass_(hours=5)
    calls.clear()
    for said in (first.headers["ETag"], f'"other", W/{first.headers["ETag"]}', "*"):
        again = web.get(url, if_none_match=said)
        assert (again.status_code, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert [name for name, _ in calls] == ["BatchGetItem", "GetItem"] * 3
    assert web.get(url, if_none_match='"other"').body == first.body, "DTSTAMP is not the moment of looking"


@pytest.mark.parametrize("change", ["agenda", "registration", "correction"])
def test_a_tag_changes_with_the_content(web: Web, clara: Invitee, change: str) -> None:
    url = address(web, clara)
    before = web.get(url)
    web.shelf.clock.pass_(minutes=1)
    if change == "agenda":
        web.shelf.publish(date="2021-02-04")
    elif change == "registration":
        register(web.shelf, clara, sessions=["session-1", "session-2"])
    else:
        web.shelf.invitees.correct(fresh(web, clara), {"language": "en"}, web.shelf.clock())
    after = web.get(url, if_none_match=before.headers["ETag"])
    assert after.status_code == 200 and after.body != before.body


def test_a_look_with_head_has_the_tag_and_no_body_and_nobody_on_the_way_keeps_it(web: Web, clara: Invitee) -> None:
    url = address(web, clara)
    for method in ("GET", "HEAD"):
        found = web.request(method, url)
        assert found.headers["Cache-Control"] == "private, no-cache"
        assert found.headers["X-Robots-Tag"] == "noindex"
        assert found.headers["ETag"] == web.get(url).headers["ETag"]
        assert bool(found.body) is (method == "GET")


def test_looking_changes_no_byte_of_the_table(web: Web, clara: Invitee) -> None:
    before = web.shelf.items()
    for method in ("GET", "HEAD"):
        web.request(method, address(web, clara))
    assert web.shelf.items() == before


def test_who_declines_has_an_empty_feed_which_empties_the_calendar(web: Web, clara: Invitee) -> None:
    url = address(web, clara)
    answer(web.shelf, clara, "declined")
    assert shown(web, url) == set()
    assert b"BEGIN:VTIMEZONE" in web.get(url).body, "an object has a component (RFC 5545, 3.6)"


def test_a_withdrawn_invitation_leaves_an_empty_feed_though_its_pages_are_closed(web: Web, clara: Invitee) -> None:
    form = {"name": "Dora", "email": "dora@example.org"}
    assert web.form(web.link(clara, "/colleague"), form).status_code == 303
    dora = next(one for one in web.shelf.invitees.all("symposium") if one.name == "Dora")
    register(web.shelf, dora, sessions=["session-1"])
    url = address(web, dora)
    assert shown(web, url) == {"session-1"}
    assert web.form(web.link(clara, "/colleague"), {"action": "take-back"}).status_code == 303
    assert web.get(web.link(fresh(web, dora))).status_code == 404
    assert shown(web, url) == set()


def test_the_page_offers_the_feed_with_and_without_a_program_that_knows_webcal(web: Web, clara: Invitee) -> None:
    page = web.get(web.link(clara, "/confirmation")).body.decode()
    url = address(web, clara)
    assert f'href="{url.replace("https:", "webcal:")}"' in page
    assert f'value="{url}" readonly' in page


def make_new(web: Web, clara: Invitee) -> Any:
    page = web.get(web.link(clara, "/confirmation")).body.decode()
    [seen] = re.findall(r'name="feed" value="(\d+)"', page)
    return web.form(web.link(clara, "/calendar-address"), {"feed": seen})


def test_a_new_address_closes_the_old_one_and_leaves_the_page_as_it_is(web: Web, clara: Invitee) -> None:
    old = address(web, clara)
    done = make_new(web, clara)
    assert (done.status_code, done.headers["Location"]) == (303, web.link(clara, "/confirmation") + "#subscribe")
    assert address(web, clara) != old
    assert [web.get(url).status_code for url in (old, address(web, clara), web.link(clara))] == [404, 200, 200]
    assert web.get(old, if_none_match="*").status_code == 404


def test_a_second_click_and_a_form_without_a_number_make_no_further_address(web: Web, clara: Invitee) -> None:
    bodies: list[Any] = [{"feed": "0"}, {"feed": "0"}, {}, {"feed": "x"}, b"\xff"]
    for fields in bodies:
        assert web.form(web.link(clara, "/calendar-address"), fields).status_code == 303
    assert fresh(web, clara).feed == 1
    assert web.get(web.link(clara, "/calendar-address")).status_code in (404, 405)


def test_another_address_of_the_person_closes_the_feed_too(web: Web, clara: Invitee) -> None:
    old = address(web, clara)
    moved = {"email": "c.weiss@example.org", "reason": "She wrote"}
    assert web.api("POST", f"/symposium/invitees/{clara.id}/address", moved).status_code == 200
    assert web.get(old).status_code == 404


def test_nothing_but_the_token_of_a_feed_opens_one(web: Web, clara: Invitee) -> None:
    for token in (web.shelf.links.token(clara), web.shelf.links.token(clara, "unsubscribe"), "x", "a.b.c"):
        assert web.get(f"/c/{token}/calendar.ics").status_code == 404
