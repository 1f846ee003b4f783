"""From the page of a session into the conference, in a real browser under the page's policy, with scripts and without.

A browser holds what a form is answered with to the page's policy, at each redirect: the unit tests cannot see that.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from infra.local.actors import Mailbox, Organiser, Participant, personal_link, wait_until
from infra.local.stack import LocalStack
from tests.browser.test_journey import CHROMIUM, QUIET
from tests.deployed import symposium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; .ci/run installs it on Debian"),
]

CONFERENCE = "https://meet.symposium.example/j/central-asia-migration"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=request.param)
    yield context.new_page()
    context.close()


@pytest.fixture
def registered(stack: LocalStack, organiser: Organiser, mailbox: Mailbox) -> tuple[str, str]:
    """The event, whose session begins at midnight and can be joined for a day before, and the link of somebody who is
    registered for it.
    """
    event = f"join-{uuid.uuid4().hex[:8]}"
    document = symposium(str(datetime.now(UTC).date() + timedelta(days=1))) | {"time_zone": "Etc/UTC"}
    [session] = [one for one in document["sessions"] if one["id"] == "session-1"]
    document |= {"sessions": [{**session, "starts": "00:00", "ends": "02:00", "items": [], "minutes": None}],
                 "venue": {**document["venue"], "join_opens_minutes": 24 * 60}, "reminders": [], "contributions": [],
                 "answer_by": {"days_before": 1, "at": "23:59"}}  # fmt: skip
    assert organiser.call("PUT", f"/events/{event}", document).status == 201
    people = [{"email": f"{event}@example.org", "name": "Zarina Nazarova", "category": "government"}]
    assert organiser.call("POST", f"/events/{event}/invitees", people).status == 200
    batch = organiser.call("POST", f"/events/{event}/batches", {"kind": "invitation"}, idempotency_key="1").json
    assert organiser.approve(event, batch).status == 200
    wait_until(lambda: bool(mailbox.messages(event=event)), "the invitation")
    link = personal_link(mailbox.read(mailbox.messages(event=event)[0]["id"]), stack.web)
    assert Participant(link).register("Zarina Nazarova", "Ministry", ["session-1"]).status == 303
    return event, link


def test_one_press_leads_to_the_conference_without_a_referrer_and_is_attendance(
    page: Page, registered: tuple[str, str], organiser: Organiser
) -> None:
    event, link = registered
    page.goto(f"{link}/confirmation")
    page.get_by_role("link", name="Join").click()
    expect(page.get_by_role("heading", name="You can join now")).to_be_visible()
    assert "meet.symposium.example" not in page.content()
    with page.expect_request(CONFERENCE) as asked:  # nobody answers there
        page.get_by_role("button", name="Join").click(no_wait_after=True)
    assert asked.value.method == "GET" and "referer" not in asked.value.headers
    [one] = organiser.call("GET", f"/events/{event}/attendance").json["attendance"]
    assert (one["name"], one["session"], one["sources"]) == ("Zarina Nazarova", "session-1", ["join"])
