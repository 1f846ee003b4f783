"""A file from somebody's disk to the organiser, in a real browser under the page's policy, with scripts and without."""

import shutil
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from chalicelib.domain.contribution import MEGABYTE
from infra.local.actors import Mailbox, Organiser, http, personal_link, wait_until
from infra.local.stack import LocalStack
from tests.deployed import symposium
from tests.files import PDF

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; .ci/run installs it on Debian"),
]

PAPER = {
    "id": "paper",
    "title": {"en": "A written example", "ru": "Письменный пример"},
    "categories": ["government"],
    "formats": ["text", "pdf"],
    "due": {"days_before": 7, "at": "18:00"},
    "max_mb": 1,
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=request.param)
    yield context.new_page()
    context.close()


@pytest.fixture
def asked(stack: LocalStack, organiser: Organiser, mailbox: Mailbox) -> tuple[str, str]:
    """The event, and the link of somebody who owes a contribution."""
    event = f"paper-{uuid.uuid4().hex[:8]}"
    document = {**symposium(str(date.today() + timedelta(days=15))), "contributions": [PAPER]}
    assert organiser.call("PUT", f"/events/{event}", document).status == 201
    people = [{"email": f"{event}@example.org", "name": "Zarina Nazarova", "category": "government"}]
    assert organiser.call("POST", f"/events/{event}/invitees", people).status == 200
    batch = organiser.call("POST", f"/events/{event}/batches", {"kind": "invitation"}, idempotency_key="1").json
    assert organiser.approve(event, batch).status == 200
    wait_until(lambda: bool(mailbox.messages(event=event)), "the invitation")
    return event, personal_link(mailbox.read(mailbox.messages(event=event)[0]["id"]), stack.web)


def test_a_file_is_sent_looked_at_handed_in_and_saved(
    page: Page, asked: tuple[str, str], organiser: Organiser, tmp_path: Path
) -> None:
    event, link = asked
    chosen = tmp_path / "Мой пример.pdf"
    chosen.write_bytes(PDF)
    page.goto(link)
    page.get_by_role("link", name="A written example").click()
    page.get_by_label("Your file").set_input_files(chosen)
    page.get_by_role("button", name="Send the file").click()
    expect(page.get_by_role("heading", name="Your file has arrived. One step is left")).to_be_visible()
    expect(page.get_by_text("Мой пример.pdf")).to_be_visible()
    page.get_by_role("button", name="Hand in this file").click()
    expect(page.get_by_role("heading", name="You have handed this in")).to_be_visible()
    [one] = organiser.call("GET", f"/events/{event}/contributions?state=handed-in").json["contributions"]
    opened = organiser.call("POST", f"/events/{event}/invitees/{one['invitee']}/contributions/paper/open").json
    assert (opened["filename"], http("GET", opened["url"]).content) == ("Мой пример.pdf", PDF)


def test_a_file_that_is_none_is_named_when_it_comes_back(page: Page, asked: tuple[str, str], tmp_path: Path) -> None:
    chosen = tmp_path / "paper.pdf"
    chosen.write_bytes(b"MZ" + PDF)
    page.goto(f"{asked[1]}/contributions/paper")
    page.get_by_label("Your file").set_input_files(chosen)
    page.get_by_role("button", name="Send the file").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not a file of a kind that is asked for")
    expect(page.get_by_role("button", name="Send the file")).to_be_visible()


def test_the_script_stops_what_is_too_large_before_it_is_sent(
    browser: Browser, asked: tuple[str, str], tmp_path: Path
) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{asked[1]}/contributions/paper")
    for name, content, words in (
        ("paper.pdf", PDF + b" " * MEGABYTE, "larger than is taken"),
        ("paper.exe", PDF, "not taken here"),
        ("empty.pdf", b"", "is empty"),
    ):
        (tmp_path / name).write_bytes(content)
        page.get_by_label("Your file").set_input_files(tmp_path / name)
        page.get_by_role("button", name="Send the file").click()
        assert words in page.get_by_label("Your file").evaluate("field => field.validationMessage")
        assert page.url.endswith("/contributions/paper")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert said == []
    page.close()
