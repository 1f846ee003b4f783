"""A file of the registration form, from somebody's disk to the organiser, with scripts and without."""

import uuid
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from infra.local.actors import Mailbox, Organiser, http, personal_link, wait_until
from infra.local.stack import LocalStack
from tests.browser.test_contribution import CHROMIUM, browser, page
from tests.deployed import symposium
from tests.files import PDF

__all__ = ["browser", "page"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; .ci/run installs it on Debian"),
]

LETTER = {
    "id": "letter",
    "kind": "file",
    "required": True,
    "formats": ["pdf"],
    "max_mb": 1,
    "label": {"en": "Letter of your ministry", "ru": "Письмо Вашего министерства"},
}


@pytest.fixture
def asked(stack: LocalStack, organiser: Organiser, mailbox: Mailbox) -> tuple[str, str]:
    """The event, and the link of somebody who is invited."""
    event = f"letter-{uuid.uuid4().hex[:8]}"
    document = {**symposium(str(date.today() + timedelta(days=15))), "form": [LETTER]}
    assert organiser.call("PUT", f"/events/{event}", document).status == 201
    people = [{"email": f"{event}@example.org", "name": "Zarina Nazarova", "category": "government"}]
    assert organiser.call("POST", f"/events/{event}/invitees", people).status == 200
    batch = organiser.call("POST", f"/events/{event}/batches", {"kind": "invitation"}, idempotency_key="1").json
    assert organiser.approve(event, batch).status == 200
    wait_until(lambda: bool(mailbox.messages(event=event)), "the invitation")
    return event, personal_link(mailbox.read(mailbox.messages(event=event)[0]["id"]), stack.web)


def test_a_file_is_added_on_the_way_and_what_was_typed_is_there_again(
    page: Page, asked: tuple[str, str], organiser: Organiser, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    event, link = asked
    scripts = "no scripts" not in request.node.callspec.id
    chosen = tmp_path / "Письмо.pdf"
    chosen.write_bytes(PDF)
    page.goto(f"{link}/registration")
    page.get_by_label("Your organisation").fill("Ministry of Labour")
    page.get_by_role("link", name="Choose a file (Letter of your ministry)").click()
    page.get_by_label("Your file").set_input_files(chosen)
    page.get_by_role("button", name="Send the file").click()
    expect(page.get_by_role("heading", name="Your file has arrived. One step is left")).to_be_visible()
    page.get_by_role("button", name="Add this file to my registration").click()
    expect(page.get_by_label("Письмо.pdf")).to_be_checked()
    expect(page.get_by_label("Your organisation")).to_have_value("Ministry of Labour" if scripts else "")
    page.get_by_label("Your organisation").fill("Ministry of Labour")
    page.locator("label[for=consent]").click()
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name="You are registered")).to_be_visible()
    [one] = organiser.call("GET", f"/events/{event}/registrations").json["registrations"]
    assert one["answers"] == {"letter": "Письмо.pdf"}
    opened = organiser.call("POST", f"/events/{event}/invitees/{one['invitee']}/answers/letter/open").json
    assert (opened["filename"], http("GET", opened["url"]).content) == ("Письмо.pdf", PDF)
