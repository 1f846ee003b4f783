"""The page where a registered person joins a session: what it says when, and what it never gives away."""

import re
from collections import Counter
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from botocore.client import BaseClient

from chalicelib.adapters.store.limits import BY_LINK
from chalicelib.domain.invitee import Invitee
from tests.handlers.conftest import Web
from tests.shelf import DOCUMENT, ENDS, NOW, STARTS
from tests.usecases.steps import answer, register, tick

CONFERENCE = "https://zoom.example.org/j/1"
HERE = "/join/session-1"
MINUTE = timedelta(minutes=1)
OPENS = STARTS["session-1"] - 15 * MINUTE
CLOSES = STARTS["session-1"] + (100 + 15) * MINUTE


@pytest.fixture
def clara(web: Web) -> Invitee:
    """Registered for the first session; she lives in Tashkent, four hours east of Vienna."""
    web.shelf.publish()
    [clara] = web.shelf.invite("clara", time_zone="Asia/Tashkent")
    register(web.shelf, clara)
    return clara


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    made: list[str] = []
    before = BaseClient._make_api_call

    def counted(self: Any, operation: str, arguments: dict[str, Any]) -> Any:
        made.append(operation)
        return before(self, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    return made


def text(answer: Any) -> str:
    return " ".join(re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", unescape(answer.body.decode()), flags=re.S).split())


def press(web: Web, one: Invitee, path: str = HERE) -> Any:
    return web.form(web.link(one, path), {})


def attended(web: Web, one: Invitee) -> list[dict[str, Any]]:
    return [{name: next(iter(value.values())) for name, value in item.items()}
            for item in web.shelf.items(f"INVITEE#{one.id}", "ATTENDANCE#")]  # fmt: skip


def joined_lines(web: Web, one: Invitee) -> int:
    return str(web.shelf.items(f"INVITEE#{one.id}", "LOG#")).count("joined session-1")


def gives_away(answer: Any) -> bool:
    return "zoom.example.org" in answer.body.decode() + repr(answer.headers)


def test_before_it_opens_the_page_says_when_in_three_zones_and_loads_again_by_itself(web: Web, clara: Invitee) -> None:
    web.shelf.clock.time = OPENS - timedelta(hours=1)
    page = web.get(web.link(clara, HERE))
    assert page.status_code == 200 and not gives_away(page)
    assert ("You can join from Thursday, 28 January 2021 12:15 your time (Tashkent, UTC+5) "
            "08:15 in Vienna (CET, UTC+1) 07:15 UTC") in text(page)  # fmt: skip
    assert "12:30–14:10 your time" in text(page) and "<form" not in page.body.decode()
    assert 3600 <= int(page.headers["Refresh"]) <= 3615
    web.shelf.clock.time = OPENS - timedelta(seconds=1)
    assert 10 <= int(web.get(web.link(clara, HERE)).headers["Refresh"]) <= 16
    for early in (NOW, OPENS - timedelta(days=1, seconds=1)):
        web.shelf.clock.time = early
        assert "Refresh" not in web.get(web.link(clara, HERE)).headers


def test_from_the_minute_on_one_press_leads_to_the_conference_and_is_attendance(web: Web, clara: Invitee) -> None:
    web.shelf.clock.time = OPENS
    page = web.get(web.link(clara, HERE))
    assert "You can join now" in text(page) and not gives_away(page) and "Refresh" not in page.headers
    [action] = re.findall(r'<form method="post" action="([^"]+)"', page.body.decode())
    assert action == web.link(clara, HERE)
    assert "form-action 'self' https:;" in page.headers["Content-Security-Policy"]
    led = press(web, clara)
    assert (led.status_code, led.headers["Location"]) == (303, CONFERENCE)
    assert f'href="{CONFERENCE}"' in led.body.decode() and led.headers["Referrer-Policy"] == "no-referrer"
    [line] = attended(web, clara)
    assert (line["session"], line["joined_at"], line["joined_last_at"]) == ("session-1", *["2021-01-28T07:15:00Z"] * 2)
    assert joined_lines(web, clara) == 1


def test_a_second_press_leads_there_again_and_moves_the_last_moment_alone(web: Web, clara: Invitee) -> None:
    web.shelf.clock.time = OPENS
    press(web, clara)
    [before] = attended(web, clara)
    web.shelf.clock.time = OPENS + 40 * MINUTE
    assert "You joined at 12:15 your time" in text(web.get(web.link(clara, HERE)))
    assert press(web, clara).headers["Location"] == CONFERENCE
    assert attended(web, clara) == [{**before, "joined_last_at": "2021-01-28T07:55:00Z"}]
    assert joined_lines(web, clara) == 1


def test_two_windows_that_press_at_once_are_one_first_press(
    web: Web, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.adapters.store.attendance import Attendances

    web.shelf.clock.time, joins = OPENS, Attendances.join

    def overtaken(*arguments: Any, **named: Any) -> None:
        monkeypatch.setattr(Attendances, "join", joins)
        assert press(web, clara).status_code == 303
        joins(*arguments, **named)

    monkeypatch.setattr(Attendances, "join", overtaken)
    assert press(web, clara).headers["Location"] == CONFERENCE
    assert len(attended(web, clara)) == joined_lines(web, clara) == 1


def test_too_early_too_late_and_for_others_the_button_is_answered_with_the_page(web: Web, clara: Invitee) -> None:
    [boris, declined] = web.shelf.invite("boris", "declined")
    register(web.shelf, boris, sessions=["session-2"])
    register(web.shelf, declined)
    answer(web.shelf, declined, "declined")
    before = web.shelf.items()
    for moment, one, status, said in (
        (OPENS - timedelta(seconds=1), clara, 409, "You can join from"),
        (CLOSES, clara, 410, "This session has ended"),
        (OPENS, boris, 409, "You are not registered for this session"),
        (OPENS, declined, 409, "You are not registered for this session"),
    ):
        web.shelf.clock.time = moment
        shown, refused = web.get(web.link(one, HERE)), press(web, one)
        assert (shown.status_code, refused.status_code) == (200, status)
        for page in (shown, refused):
            assert said in text(page) and not gives_away(page)
    assert web.shelf.items() == before


def test_it_can_be_joined_until_a_while_after_its_end_then_the_feedback_is_what_comes_next(
    web: Web, clara: Invitee
) -> None:
    web.shelf.clock.time = CLOSES - timedelta(seconds=1)
    assert press(web, clara).status_code == 303
    web.shelf.clock.time = CLOSES
    over = web.get(web.link(clara, HERE)).body.decode()
    assert "It cannot be joined any more." in over and web.link(clara, "/feedback") not in over
    tick(web.shelf, ENDS + 30 * MINUTE)
    assert web.link(clara, "/feedback") in web.get(web.link(clara, HERE)).body.decode()


def test_who_did_not_choose_it_is_led_to_the_registration_while_that_is_open(web: Web, clara: Invitee) -> None:
    [boris] = web.shelf.invite("boris")
    assert web.link(boris, "/registration") in web.get(web.link(boris, HERE)).body.decode()
    web.shelf.clock.time = OPENS
    shown = web.get(web.link(boris, HERE)).body.decode()
    assert web.link(boris, "/registration") not in shown and "mailto:secretariat@symposium.example.org" in shown


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_scanners_see_no_conference_at_any_time_and_change_nothing(web: Web, clara: Invitee, method: str) -> None:
    before = web.shelf.items()
    for moment in (NOW, OPENS, STARTS["session-1"], CLOSES):
        web.shelf.clock.time = moment
        for path in ("", HERE, "/join/session-2", f"{HERE}?join=yes", "/confirmation", "/registration", "/calendar.ics",
                     "/data", "/data.json", "/feedback"):  # fmt: skip
            answer = web.request(method, web.link(clara, path))
            assert answer.status_code == 200 and not gives_away(answer)
    assert web.shelf.items() == before


def test_there_is_nothing_to_join_of_a_break_a_session_in_a_room_and_what_the_agenda_does_not_have(
    web: Web, clara: Invitee
) -> None:
    web.shelf.clock.time = OPENS
    for path in ("/join/break", "/join/session-9", "/join/SESSION-1"):
        assert [web.get(web.link(clara, path)).status_code, press(web, clara, path).status_code] == [404, 404]
    web.shelf.publish(venue={"kind": "in-person", "name": {"en": "Hofburg"}, "join_url": CONFERENCE})
    assert press(web, clara).status_code == 404
    assert "/join/" not in web.get(web.link(clara, "/confirmation")).body.decode()


def test_a_session_with_a_conference_of_its_own_leads_there_and_the_newest_address_counts(
    web: Web, clara: Invitee
) -> None:
    web.shelf.clock.time = OPENS
    own = [{**DOCUMENT["sessions"][0], "join_url": "https://meet.example/own"}, *DOCUMENT["sessions"][1:]]
    web.shelf.publish(sessions=own)
    assert press(web, clara).headers["Location"] == "https://meet.example/own"
    web.shelf.publish(venue={**DOCUMENT["venue"], "join_url": "https://zoom.example.org/j/2"})
    assert press(web, clara).headers["Location"] == "https://zoom.example.org/j/2"


def test_the_organiser_says_how_long_before_it_opens(web: Web, clara: Invitee) -> None:
    web.shelf.publish(venue={**DOCUMENT["venue"], "join_opens_minutes": 0})
    web.shelf.clock.time = STARTS["session-1"] - timedelta(seconds=1)
    assert press(web, clara).status_code == 409
    web.shelf.clock.time = STARTS["session-1"]
    assert press(web, clara).status_code == 303


def test_a_revoked_link_joins_nothing(web: Web, clara: Invitee, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.adapters.store.attendance import Attendances

    web.shelf.clock.time, joins, link = OPENS, Attendances.join, web.link(clara, HERE)
    replaced = {"email": "c.weiss@ministry.example", "reason": "She asked"}

    def revoked(*arguments: Any, **named: Any) -> None:
        assert web.api("POST", f"/symposium/invitees/{clara.id}/address", replaced).status_code == 200
        joins(*arguments, **named)

    monkeypatch.setattr(Attendances, "join", revoked)
    at_that_moment = web.form(link, {})
    assert at_that_moment.status_code == 404 and not gives_away(at_that_moment)
    assert [web.get(link).status_code, web.form(link, {}).status_code] == [404, 404]
    assert attended(web, clara) == []


def test_whoever_presses_too_often_is_let_in_and_nothing_more_is_written(web: Web, clara: Invitee) -> None:
    web.shelf.clock.time = OPENS
    for _ in range(BY_LINK + 1):  # the first is not counted
        press(web, clara)
    before = web.shelf.items()
    web.shelf.clock.time = OPENS + MINUTE
    assert press(web, clara).headers["Location"] == CONFERENCE
    assert web.shelf.items() == before


def test_a_crash_before_the_write_leaves_nothing_and_the_next_press_is_the_first(
    web: Web, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.shelf.clock.time, before = OPENS, web.shelf.items()

    def dies(*_: Any, **__: Any) -> None:
        raise RuntimeError("DynamoDB is away")

    with monkeypatch.context() as patch:
        patch.setattr("chalicelib.adapters.store.table.Table.transact", dies)
        assert press(web, clara).status_code == 500
    assert web.shelf.items() == before
    assert press(web, clara).status_code == 303
    assert joined_lines(web, clara) == 1


def test_opening_the_page_is_two_reads_and_a_press_is_two_reads_and_one_write(
    web: Web, clara: Invitee, calls: list[str]
) -> None:
    web.shelf.clock.time = OPENS
    web.get(web.link(clara, HERE))
    calls.clear()
    web.get(web.link(clara, HERE))
    assert calls == ["Query", "BatchGetItem"]
    for _ in range(2):
        calls.clear()
        assert press(web, clara).status_code == 303
        assert calls == ["Query", "BatchGetItem", "TransactWriteItems"]


def test_the_reminders_link_and_the_confirmations_lead_to_this_page(web: Web, clara: Invitee) -> None:
    assert web.link(clara, HERE) in web.get(web.link(clara, "/confirmation")).body.decode()
    assert web.link(clara, "/join/session-2") not in web.get(web.link(clara, "/confirmation")).body.decode()


def test_the_page_speaks_the_readers_language_and_its_button_too(web: Web, clara: Invitee) -> None:
    web.shelf.clock.time = OPENS
    page = web.get(web.link(clara, f"{HERE}?lang=ru")).body.decode()
    assert "Подключиться" in page and f'action="{web.link(clara, HERE)}?lang=ru"' in page
    assert Counter(re.findall(r"<button", page)) == {"<button": 1}
