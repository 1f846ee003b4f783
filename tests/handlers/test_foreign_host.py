"""Whatever host a request names, pages, redirects and mails lead to the configured address and nowhere else."""

import re
from typing import Any
from urllib.parse import urlencode

from tests.handlers.conftest import Web
from tests.handlers.test_invitees import every_link
from tests.shelf import BASE, FORM
from tests.usecases.steps import work_off
from tests.usecases.uploading import PAPER

ELSEWHERE = {"host": "elsewhere.example", "x-forwarded-host": "elsewhere.example", "x-forwarded-proto": "http",
             "forwarded": "host=elsewhere.example;proto=http"}  # fmt: skip
COLLEAGUE = {"name": "Aziz", "email": "aziz@ministry.example"}


def post(web: Web, url: str, form: Any) -> Any:
    kind = "application/x-www-form-urlencoded"
    return web.request("POST", url, urlencode(form, doseq=True).encode(), content_type=kind, **ELSEWHERE)


def test_whatever_host_a_request_names_every_link_leads_to_our_own(web: Web) -> None:
    web.shelf.publish(contributions=[PAPER], approval=["un"])
    clara, dora = web.shelf.invite("clara", "dora", category="government")
    [emil] = web.shelf.invite("emil", category="un")
    answers = [
        post(web, web.link(clara, "/answer"), {"answer": "accepted"}),
        post(web, web.link(clara, "/registration"), FORM),
        post(web, web.link(emil, "/registration"), FORM),
        post(web, web.link(dora, "/colleague"), COLLEAGUE),
        post(web, web.link(clara, "/data"), {"action": "correct", "name": "Clara", "language": "ru"}),
        post(web, web.leaving(clara), {"action": "leave"}),
    ]
    assert [one.status_code for one in answers] == [303] * 6
    pages = [post(web, web.link(clara, path), {}) for path in ("/answer", "/registration", "/data")]
    assert {page.status_code for page in pages} == {422}
    pages += [web.get(url, **ELSEWHERE) for url in every_link(web, clara)]
    pages += [web.get(f"{BASE}/i/nobody", **ELSEWHERE)]
    work_off(web.shelf)
    mails = web.shelf.mails()
    assert {web.shelf.ses.messages()[number].tags["kind"] for number in range(len(mails))} == {
        "confirmation", "place", "invitation",
    }  # fmt: skip
    written = [page.body for page in pages] + [
        part.get_payload(decode=True) for mail in mails for part in mail.walk() if not part.is_multipart()
    ]
    links = [one.headers["Location"] for one in answers]
    for text in (octets.decode(errors="replace") for octets in written):
        assert "elsewhere.example" not in text
        links += re.findall(r"https?://[^\s\"<>]*/[iu]/[^\s\"<>]*", text)
    assert len(links) > 50 and [link for link in links if not link.startswith(f"{BASE}/")] == []
