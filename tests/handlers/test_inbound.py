"""Mail to an event's own address through the function that takes it in, and the organisers' calls that list it."""

import json
from typing import Any

import pytest

from chalicelib.adapters.inbound_mail import LARGEST
from chalicelib.adapters.store import inbound
from chalicelib.domain.agenda import check
from chalicelib.domain.calendar_reply import EXPLAINED
from infra.local.inbound import as_received
from tests.handlers.conftest import Web
from tests.handlers.test_machines import call, sqs
from tests.replies import written
from tests.shelf import DOCUMENT, NOW, SETTINGS, document, object_created

HOST = DOCUMENT["organiser"]
INBOUND = "answers+symposium@symposium.example.org"
HUMAN = (
    f"From: Clara <clara@example.org>\r\nTo: {INBOUND}\r\nSubject: =?utf-8?q?=D0=93=D0=B4=D0=B5?=\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n\r\nГде это?\r\n"
)


@pytest.fixture(autouse=True)
def event(web: Web) -> None:
    organiser = {**HOST, "inbound": INBOUND}
    web.shelf.publish(organiser=organiser, calendar_method="REQUEST", sessions=DOCUMENT["sessions"][:1])
    web.shelf.invite("clara")


def received(web: Web, content: bytes, key: str = "inbound/one") -> Any:
    web.shelf.s3.put_object(Bucket=SETTINGS["BUCKET"], Key=key, Body=as_received(content))
    return call("inbound_mail", sqs(object_created(key)))


def test_an_answer_of_a_calendar_is_applied(web: Web) -> None:
    uid = "session-1.claraxxxxxxxxxxxxxxx@symposium"
    assert received(web, written("google", uid, "clara@example.org", "DECLINED", NOW)) == {"batchItemFailures": []}
    person = web.api("GET", "/symposium/invitees/claraxxxxxxxxxxxxxxx").json_body
    assert person["invitee"]["rsvp"] == "declined"
    entries = [(one["what"], one["who"]) for one in person["timeline"] if one["who"]]
    assert entries == [("answered by calendar", "calendar")]
    assert web.api("GET", "/symposium/inbound").json_body == {"mails": [], "cursor": None}


@pytest.mark.parametrize("key", ["inbound/a b+ü", "inbound/one"])
def test_a_persons_mail_is_listed_and_read(web: Web, key: str) -> None:
    assert received(web, HUMAN.encode(), key) == {"batchItemFailures": []}
    [line] = web.api("GET", "/symposium/inbound").json_body["mails"]
    assert (line["sender"], line["subject"], line["why"]) == ("clara@example.org", "Где", "message")
    assert (line["explained"], line["automatic"], line["invitee"]) == (EXPLAINED["message"], False, "")
    mail = web.api("GET", f"/symposium/inbound/{line['inbound']}").json_body
    assert mail["text"] == "Где это?"
    assert "response-content-disposition=attachment" in mail["url"].lower()
    assert {name: mail[name] for name in line} == line


def test_mails_are_listed_newest_first_a_page_at_a_time(web: Web) -> None:
    for number in range(5):
        received(web, HUMAN.encode(), f"inbound/{number}")
    everything = [one["inbound"] for one in web.api("GET", "/symposium/inbound").json_body["mails"]]
    assert len(everything) == 5
    assert everything == sorted(everything, reverse=True)
    pages, cursor = list[str](), ""
    while cursor is not None:
        page = web.api("GET", f"/symposium/inbound?limit=2{f'&cursor={cursor}' if cursor else ''}").json_body
        pages, cursor = [*pages, *(one["inbound"] for one in page["mails"])], page["cursor"]
    assert pages == everything


def test_mails_of_one_reason_are_listed_a_page_at_a_time(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbound, "AT_ONCE", 2)
    for number in range(6):
        kind = "text/calendar" if number % 3 else "text/plain"
        received(web, HUMAN.replace("text/plain", kind).encode(), f"inbound/{number}")
    everything = web.api("GET", "/symposium/inbound").json_body["mails"]
    for why in ("message", "unreadable", "unsafe"):
        wanted, pages, cursor = [one for one in everything if one["why"] == why], list[Any](), ""
        while cursor is not None:
            query = f"why={why}&limit=1{f'&cursor={cursor}' if cursor else ''}"
            page = web.api("GET", f"/symposium/inbound?{query}").json_body
            assert len(page["mails"]) == 1 or page["cursor"] is None
            pages, cursor = [*pages, *page["mails"]], page["cursor"]
        assert pages == wanted and bool(wanted) is (why != "unsafe")


@pytest.mark.parametrize(
    "query",
    ["cursor=AGENDA", "cursor=20210114T090000Z-0", "limit=0", "limit=1001", "limit=x", "why=", "why=bad"],
)
def test_a_listing_that_is_asked_for_in_a_wrong_way_says_so(web: Web, query: str) -> None:
    answer = web.api("GET", f"/symposium/inbound?{query}")
    assert (answer.status_code, answer.json_body["errors"][0]["field"]) == (422, query.partition("=")[0])


@pytest.mark.parametrize(
    "path",
    [
        "/other/inbound",
        "/symposium/inbound/20210114T090000Z-0123456789abcdef",
        "/symposium/inbound/META",
        "/other/inbound/20210114T090000Z-0123456789abcdef",
    ],
)
def test_what_is_not_there_is_not_found(web: Web, path: str) -> None:
    assert web.api("GET", path).status_code == 404


def test_a_mail_of_another_event_is_not_found(web: Web) -> None:
    received(web, HUMAN.encode())
    web.shelf.publish("other")
    [line] = web.api("GET", "/symposium/inbound").json_body["mails"]
    assert web.api("GET", f"/other/inbound/{line['inbound']}").status_code == 404


def test_a_mail_that_cannot_be_fetched_goes_back_to_the_queue(web: Web) -> None:
    gone = {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert call("inbound_mail", sqs(object_created("inbound/gone"))) == gone


@pytest.mark.parametrize("body", [json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"}), "not json"])
def test_what_announces_no_mail_is_passed_over(web: Web, body: str) -> None:
    assert call("inbound_mail", sqs(body)) == {"batchItemFailures": []}


def test_hostile_octets_do_not_go_back_to_the_queue(web: Web) -> None:
    web.shelf.s3.put_object(Bucket=SETTINGS["BUCKET"], Key="inbound/bad", Body=b"\x00\xff\r\n" * 1000)
    assert call("inbound_mail", sqs(object_created("inbound/bad"))) == {"batchItemFailures": []}


def test_of_a_mail_that_is_too_large_the_head_is_filed(web: Web) -> None:
    received(web, HUMAN.encode() + b"x" * LARGEST)
    [line] = web.api("GET", "/symposium/inbound").json_body["mails"]
    assert (line["why"], line["sender"]) == ("too-large", "clara@example.org")


@pytest.mark.parametrize(
    "changes, code, severity",
    [
        ({"organiser": {**HOST, "inbound": HOST["reply_to"]}}, "inbound-is-reply-to", "error"),
        ({"organiser": HOST, "calendar_method": "REQUEST"}, "request-without-inbound", "warning"),
        ({"organiser": {**HOST, "inbound": INBOUND}}, "inbound-without-request", "warning"),
    ],
)  # fmt: skip
def test_the_check_of_an_event_says_where_answers_of_calendars_go(
    web: Web, changes: dict[str, Any], code: str, severity: str
) -> None:
    assert (code, severity) in [(one.code, one.severity) for one in check(document(**changes))]


def test_an_event_that_receives_answers_has_nothing_to_mend(web: Web) -> None:
    found = web.api("GET", "/symposium").json_body["findings"]
    assert not [one for one in found if "inbound" in one["code"]]
