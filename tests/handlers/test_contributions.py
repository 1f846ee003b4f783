"""The pages of a contribution, and the organisers' calls: what they change, and for whom."""

import re
from email.header import Header
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest

from chalicelib.domain.invitee import Invitee
from tests.files import DOCX, PDF
from tests.handlers.conftest import Web
from tests.shelf import DEADLINE
from tests.usecases.steps import answer
from tests.usecases.uploading import BUCKET, PAPER, PHOTO, UPLOAD, arrive, hand_in, key, objects, write

HERE = "/contributions/paper"
CALLS = "/symposium/contributions"


@pytest.fixture
def clara(web: Web) -> Invitee:
    web.shelf.publish(contributions=[PAPER, PHOTO])
    return web.shelf.invite("clara", category="government")[0]


def text(answer: Any) -> str:
    return str(answer.body.decode())


def state(web: Web) -> tuple[list[Any], list[str]]:
    return web.shelf.items(), objects(web.shelf)


def test_the_invitation_leads_to_what_is_asked_and_only_those_who_are_asked(web: Web, clara: Invitee) -> None:
    [un] = web.shelf.invite("un", category="un")
    assert web.link(clara, HERE) in text(web.get(web.link(clara)))
    assert "/contributions/" not in text(web.get(web.link(un)))
    assert web.get(web.link(un, HERE)).status_code == 404
    assert web.get(web.link(clara, "/contributions/poster")).status_code == 404


def test_only_this_page_may_post_to_the_bucket_and_run_its_script(web: Web, clara: Invitee) -> None:
    page = web.get(web.link(clara, HERE))
    policy = page.headers["Content-Security-Policy"]
    action = unescape(re.findall(r'<form method="post" action="([^"]+)" enctype="multipart/form-data"', text(page))[0])
    origin = f"{urlsplit(action).scheme}://{urlsplit(action).netloc}"
    assert BUCKET in origin
    assert f"form-action 'self' {origin};" in policy
    assert len(re.findall(r"script-src 'sha256-[A-Za-z0-9+/=]+';", policy)) == 1
    for path in ("", "/registration", "/feedback"):
        other = web.get(web.link(clara, path)).headers["Content-Security-Policy"]
        assert "form-action 'self';" in other and ("script-src" in other) == (path == "/registration")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_scanner_changes_nothing_wherever_it_goes(web: Web, clara: Invitee, method: str) -> None:
    arrive(web.shelf, clara)
    arrive(web.shelf, clara, b"MZ", "e" * 20)
    before = state(web)
    for path in (HERE, f"{HERE}/uploads/{UPLOAD}", f"{HERE}/uploads/{'e' * 20}", f"{HERE}/uploads/{'f' * 20}",
                 f"{HERE}/uploads/{UPLOAD}?bucket=x&key=private/symposium/boris/y&etag=z",
                 f"{HERE}?withdraw=yes"):  # fmt: skip
        assert web.request(method, web.link(clara, path)).status_code == 200
    assert state(web) == before


def test_a_file_that_came_back_is_handed_in_by_its_button(web: Web, clara: Invitee) -> None:
    arrive(web.shelf, clara, name="paper <b>.pdf")
    back = web.link(clara, f"{HERE}/uploads/{UPLOAD}")
    page = text(web.get(back))
    assert "Hand in this file" in page and "paper _b.pdf" in page
    assert f'action="{back}"' in page
    done = web.form(back, {})
    assert (done.status_code, done.headers["Location"]) == (303, web.link(clara, HERE))
    assert "You have handed this in" in text(web.get(web.link(clara, HERE)))
    assert objects(web.shelf) == [key(clara, folder="kept")]
    assert "You have handed this in" in text(web.get(back))


def test_a_file_that_does_not_fit_is_named_on_the_page_and_deleted_by_the_button_alone(
    web: Web, clara: Invitee
) -> None:
    arrive(web.shelf, clara, b"MZ" + DOCX)
    back = web.link(clara, f"{HERE}/uploads/{UPLOAD}")
    shown = web.get(back)
    assert shown.status_code == 200 and "This is not a file of a kind that is asked for" in text(shown)
    assert objects(web.shelf) == [key(clara)]
    refused = web.form(back, {})
    assert refused.status_code == 422 and "This is not a file of a kind that is asked for" in text(refused)
    assert objects(web.shelf) == []


def test_the_page_of_somebody_elses_upload_does_not_know_it(web: Web, clara: Invitee) -> None:
    [boris] = web.shelf.invite("boris", category="government")
    arrive(web.shelf, clara)
    back = web.link(boris, f"{HERE}/uploads/{UPLOAD}?key={key(clara)}")
    assert "did not arrive" in text(web.get(back))
    assert web.form(back, {"key": key(clara)}).status_code == 422
    assert objects(web.shelf) == [key(clara)]


def test_a_text_is_handed_in_shown_escaped_replaced_and_withdrawn(web: Web, clara: Invitee) -> None:
    here = web.link(clara, HERE)
    assert web.form(here, {"text": "<script>alert(1)</script>"}).status_code == 303
    shown = text(web.get(here))
    assert "&lt;script&gt;alert(1)" in shown and "<script>alert" not in shown
    assert web.form(here, {"text": " "}).status_code == 422
    long = web.form(here, {"text": "x" * 10_001})
    assert long.status_code == 422 and "x" * 10_001 in text(long)
    assert web.form(here, {"withdraw": ""}).status_code == 422
    assert web.form(here, {}).status_code == 422
    assert web.form(here, {"withdraw": "yes"}).status_code == 303
    assert web.shelf.file(clara).contributions == {}


def test_after_the_due_moment_the_page_says_whom_to_write_to(web: Web, clara: Invitee) -> None:
    write(web.shelf, clara, "Handed in early enough.")
    arrive(web.shelf, clara)
    web.shelf.clock.time = DEADLINE
    before = state(web)
    here = web.link(clara, HERE)
    for page in (web.get(here), web.get(f"{here}/uploads/{UPLOAD}"), web.form(here, {"text": "late"}),
                 web.form(here, {"withdraw": "yes"}), web.form(f"{here}/uploads/{UPLOAD}", {})):  # fmt: skip
        assert "The time for this contribution has passed" in text(page)
        assert "mailto:secretariat@symposium.example.org" in text(page)
        assert "Handed in early enough." in text(page)
        assert "<form" not in text(page)
        assert page.status_code in (200, 410)
    assert state(web) == before


def test_two_windows_at_once_are_told_apart(web: Web, clara: Invitee, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.adapters.store.contributions import Contributions

    hands_in = Contributions.hand_in

    def overtaken(store: Contributions, *arguments: Any) -> None:
        monkeypatch.setattr(Contributions, "hand_in", hands_in)
        write(web.shelf, clara, "From the other window.")
        hands_in(store, *arguments)

    monkeypatch.setattr(Contributions, "hand_in", overtaken)
    answered = web.form(web.link(clara, HERE), {"text": "From this window."})
    assert answered.status_code == 409
    assert "changed in another window" in text(answered)
    assert "From the other window." in text(answered) and "From this window." in text(answered)


def test_the_page_speaks_the_readers_language_on_the_way_back_too(web: Web, clara: Invitee) -> None:
    page = text(web.get(web.link(clara, f"{HERE}?lang=ru")))
    [back] = re.findall(r'name="success_action_redirect" value="([^"]+)"', page)
    assert back.endswith("?lang=ru") and "Отправить файл" in page


def test_organisers_see_who_has_and_who_has_not(web: Web, clara: Invitee) -> None:
    boris, declined, _ = web.shelf.invite("boris", "declined", "emma", category="government")
    web.shelf.invite("un", category="un")
    answer(web.shelf, declined, "declined")
    hand_in(web.shelf, clara, arrive(web.shelf, clara))
    write(web.shelf, boris)
    every = web.api("GET", CALLS).json_body["contributions"]
    assert sorted((one["name"], one["contribution"], one["state"]) for one in every) == [
        ("Boris", "paper", "handed-in"), ("Boris", "photo", "missing"), ("Clara", "paper", "handed-in"),
        ("Clara", "photo", "missing"), ("Emma", "paper", "missing"), ("Emma", "photo", "missing"),
    ]  # fmt: skip
    missing = web.api("GET", f"{CALLS}?contribution=paper&state=missing").json_body["contributions"]
    assert [one["name"] for one in missing] == ["Emma"]
    [paper] = [one for one in every if (one["name"], one["contribution"]) == ("Clara", "paper")]
    shown = [paper[name] for name in ("filename", "format", "size", "status")]
    assert shown == ["paper.pdf", "pdf", len(PDF), "no-answer"]
    sheet = text(web.api("GET", f"{CALLS}?state=handed-in", accept="text/csv"))
    assert sheet.count("\r\n") == 3 and "paper.pdf" in sheet


def test_the_listing_goes_page_by_page_and_refuses_what_the_event_does_not_know(web: Web, clara: Invitee) -> None:
    web.shelf.invite(*(f"p{n}" for n in range(5)), category="government")
    seen, cursor = [], ""
    while True:
        page = web.api("GET", f"{CALLS}?contribution=paper&limit=2{cursor and '&cursor=' + cursor}").json_body
        assert len(page["contributions"]) <= 2
        seen += [one["name"] for one in page["contributions"]]
        if not page["cursor"]:
            break
        cursor = page["cursor"]
    assert sorted(seen) == ["Clara", "P0", "P1", "P2", "P3", "P4"]
    for query in ("contribution=poster", "state=late", "category=press"):
        assert web.api("GET", f"{CALLS}?{query}").status_code == 422
    assert web.api("GET", "/nowhere/contributions").status_code == 404


def test_an_organiser_opens_a_file_by_an_address_and_the_audit_log_says_so(web: Web, clara: Invitee) -> None:
    said = Header('../Пр\u202eимер"; filename=evil.exe', "utf-8").encode()
    hand_in(web.shelf, clara, arrive(web.shelf, clara, name=said))
    opened = web.api("POST", f"/symposium/invitees/{clara.id}/contributions/paper/open")
    assert opened.status_code == 200
    address = urlsplit(opened.json_body["url"])
    assert opened.json_body["filename"] == "Пример__ filename=evil.exe.pdf"
    assert address.path.endswith(key(clara, folder="kept")) and BUCKET in opened.json_body["url"]
    saved = web.shelf.s3.get_object(Bucket=BUCKET, Key=key(clara, folder="kept"))
    assert saved["Body"].read() == PDF
    [line] = web.api("GET", "/symposium/audit").json_body["entries"]
    assert line["what"] == "contribution opened" and clara.id in line["detail"]


def test_an_organiser_reads_a_text_and_finds_nothing_that_is_not_there(web: Web, clara: Invitee) -> None:
    calls = f"/symposium/invitees/{clara.id}/contributions"
    assert web.api("POST", f"{calls}/paper/open").status_code == 404
    write(web.shelf, clara, "Мой пример")
    opened = web.api("POST", f"{calls}/paper/open").json_body
    assert (opened["text"], opened["url"], opened["filename"]) == ("Мой пример", "", "")
    web.shelf.publish("other", contributions=[PAPER])
    for path in (f"{calls}/photo/open", f"{calls}/Paper%23x/open",
                 "/symposium/invitees/nobody/contributions/paper/open",
                 f"/other/invitees/{clara.id}/contributions/paper/open"):  # fmt: skip
        assert web.api("POST", path).status_code == 404
    assert len(web.api("GET", "/symposium/audit").json_body["entries"]) == 1
