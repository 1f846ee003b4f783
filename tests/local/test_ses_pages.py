"""The mailbox pages show mail as it is, and never run it."""

from email.message import EmailMessage
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from infra.local.ses import SesServer
from tests.local.ses_calls import SENDER, Send

CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


def fetch(url: str) -> tuple[str, dict[str, str]]:
    """Body and headers of a page."""
    with urlopen(Request(url), timeout=5) as answer:
        return answer.read().decode(), {name.lower(): value for name, value in answer.headers.items()}


@pytest.fixture
def message_id(send: Send) -> str:
    """An invitation with every kind of part."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, "amira@example.org", "Invitation <b>& more</b>"
    message["List-Unsubscribe"] = "<https://example.org/leave>"
    message.set_content("Accept: https://example.org/r/abc?x=1&y=2.\n<script>alert(1)</script>\n")
    message.add_alternative(
        '<html><head></head><body><script>alert(1)</script><img src="cid:logo@x"><a href="https://example.org">x</a>',
        subtype="html",
    )
    html: Any = list(message.iter_parts())[1]
    html.add_related(b"PNG", "image", "png", cid="<logo@x>")
    message.add_alternative(CALENDAR, subtype="calendar", params={"method": "REQUEST"})
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="Программа.pdf")
    tags = [{"Name": "kind", "Value": "invitation"}]
    return send("amira@example.org", data=message.as_bytes(), EmailTags=tags)


def test_an_empty_mailbox_says_so(ses: SesServer) -> None:
    assert "No mail yet" in fetch(ses.url)[0]


def test_the_list_shows_recipient_subject_and_kind_escaped(ses: SesServer, message_id: str) -> None:
    page, headers = fetch(ses.url)
    assert f'href="/messages/{message_id}"' in page
    assert "Invitation &lt;b&gt;&amp; more&lt;/b&gt;" in page
    assert "amira@example.org" in page
    assert ">invitation</span>" in page
    assert "script-src" not in headers["content-security-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'")


def test_the_search_finds_by_address_and_subject(ses: SesServer, message_id: str, send: Send) -> None:
    other = send("boris@example.org")
    assert other not in fetch(f"{ses.url}/?q=AMIRA")[0]
    assert other in fetch(f"{ses.url}/?q=boris")[0]
    assert "Nothing found for “&lt;i&gt;”" in fetch(f"{ses.url}/?q=%3Ci%3E")[0]


def test_a_bounce_is_marked(ses: SesServer, send: Send) -> None:
    send("bounce@simulator.amazonses.com")
    assert 'class="badge bounce"' in fetch(ses.url)[0]


def test_html_is_framed_in_a_sandbox_without_scripts(ses: SesServer, message_id: str) -> None:
    page, _ = fetch(f"{ses.url}/messages/{message_id}")
    assert f'src="/messages/{message_id}/html"' in page
    assert "allow-scripts" not in page
    assert "allow-same-origin" not in page
    html, headers = fetch(f"{ses.url}/messages/{message_id}/html")
    assert headers["content-security-policy"].startswith("sandbox allow-popups")
    assert "default-src 'none'" in headers["content-security-policy"]
    assert '<base target="_blank">' in html


def test_embedded_images_come_from_their_part(ses: SesServer, message_id: str) -> None:
    html, _ = fetch(f"{ses.url}/messages/{message_id}/html")
    url = html.split('<img src="')[1].split('"')[0]
    body, headers = fetch(ses.url + url)
    assert (body, headers["content-type"]) == ("PNG", "image/png")


def test_plain_text_is_escaped_and_its_links_work(ses: SesServer, message_id: str) -> None:
    page, _ = fetch(f"{ses.url}/messages/{message_id}?view=text")
    assert '<a href="https://example.org/r/abc?x=1&amp;y=2" target="_blank"' in page
    assert "&lt;script&gt;" in page


def test_the_calendar_is_shown_and_downloads_as_what_it_is(ses: SesServer, message_id: str) -> None:
    page, _ = fetch(f"{ses.url}/messages/{message_id}?view=calendar")
    assert "BEGIN:VCALENDAR" in page
    url = page.split('download="calendar.ics"')[0].rsplit('href="', 1)[1].split('"')[0]
    body, headers = fetch(ses.url + url)
    assert headers["content-type"] == "text/calendar; charset=utf-8"
    assert body.split() == CALENDAR.split()


def test_attachments_download_under_their_own_name(ses: SesServer, message_id: str) -> None:
    page, _ = fetch(f"{ses.url}/messages/{message_id}")
    url = page.split('download="Программа.pdf"')[0].rsplit('href="', 1)[1].split('"')[0]
    body, headers = fetch(ses.url + url)
    assert (body, headers["content-type"]) == ("%PDF-1.4", "application/pdf")
    assert headers["content-disposition"].startswith("attachment; filename*=UTF-8''%D0%9F")


def test_headers_envelope_and_original_can_be_seen(ses: SesServer, message_id: str) -> None:
    page, _ = fetch(f"{ses.url}/messages/{message_id}?view=headers")
    assert "List-Unsubscribe" in page
    assert "AKIAWORKER" in page
    with urlopen(f"{ses.url}/messages/{message_id}.eml") as answer:
        assert answer.read() == ses.mailbox.raw(message_id)


@pytest.mark.parametrize("path", ["nothing", "messages/none", "messages/../../etc/passwd.eml", "messages/x/parts/99"])
def test_what_is_not_there_is_not_found(ses: SesServer, path: str) -> None:
    with pytest.raises(HTTPError) as caught:
        fetch(f"{ses.url}/{path}")
    assert caught.value.code == 404
