"""The API of reminders: a list, and a preview that says when, to how many, and what."""

from tests.handlers.conftest import Web
from tests.shelf import NOW
from tests.usecases.steps import register, work_off


def test_the_list_says_when_each_goes_out_in_both_zones(web: Web) -> None:
    web.shelf.publish()
    [clara] = web.shelf.invite("clara")
    register(web.shelf, clara)
    listed = web.api("GET", "/symposium/reminders").json_body
    assert listed["time_zone"] == "Europe/Vienna"
    first, second = listed["reminders"]
    assert {name: first[name] for name in ("rule", "session", "state", "reason", "at", "at_utc", "people")} == {
        "rule": "hour-before", "session": "session-1", "state": "planned", "reason": "",
        "at": "2021-01-28T07:30:00+01:00", "at_utc": "2021-01-28T06:30:00Z", "people": 1,
    }  # fmt: skip
    assert (second["session"], second["people"]) == ("session-2", 0)


def test_the_preview_says_it_in_words_and_shows_the_mail(web: Web) -> None:
    web.shelf.publish()
    [clara] = web.shelf.invite("clara", language="ru", time_zone="Asia/Tashkent")
    register(web.shelf, clara)
    work_off(web.shelf)
    path = "/symposium/reminders/hour-before/preview"
    shown = web.api("GET", f"{path}?session=session-1&invitee={clara.id}").json_body
    assert shown["sentences"] == [
        "On Thursday 28 January at 07:30 (CET, UTC+1; 06:30\u00a0UTC), 1 person would get this."]  # fmt: skip
    assert (shown["people"], shown["language"], shown["reason"]) == (1, "ru", "")
    assert shown["yours"] == "2021-01-28T06:30:00Z"
    assert shown["subject"].endswith("Первая, Симпозиум по миграции")
    assert "12:30" in shown["text"]
    assert "<html" in shown["html"]
    assert web.shelf.clock() == NOW


def test_what_there_is_not_is_said(web: Web) -> None:
    web.shelf.publish()
    assert web.api("GET", "/nothing/reminders").status_code == 404
    assert web.api("GET", "/symposium/reminders/nothing/preview").status_code == 404
    refused = web.api("GET", "/symposium/reminders/hour-before/preview?session=break")
    assert (refused.status_code, refused.json_body["errors"][0]["field"]) == (422, "session")
    refused = web.api("GET", "/symposium/reminders/hour-before/preview?language=de")
    assert (refused.status_code, refused.json_body["errors"][0]["field"]) == (422, "language")
