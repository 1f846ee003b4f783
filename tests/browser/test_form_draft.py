"""What somebody typed into the registration form survives a lost connection, and is forgotten once it is taken."""

import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from infra.local.actors import Mailbox, Organiser, personal_link, wait_until
from infra.local.stack import LocalStack
from tests.browser.test_contribution import CHROMIUM, browser
from tests.deployed import symposium

__all__ = ["browser"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; .ci/run installs it on Debian"),
]


def label(words: str) -> dict[str, str]:
    return {"en": words, "ru": words}


FORM: list[dict[str, Any]] = [
    {"id": "badge", "kind": "short-text", "label": label("Badge")},
    {"id": "talk", "kind": "long-text", "label": label("Talk")},
    {"id": "guests", "kind": "number", "label": label("Guests")},
    {"id": "workshop", "kind": "choice", "label": label("Workshop"),
     "choices": [{"id": "data", "label": label("Data")}, {"id": "policy", "label": label("Policy")}]},
    {"use": "dietary"},
    {"id": "visa", "kind": "yes-no", "label": label("Visa?")},
    {"id": "arrival", "kind": "date", "label": label("Arrival"), "shown_if": {"field": "visa", "equals": ["yes"]}},
    {"id": "passport", "kind": "country", "label": label("Passport")},
]  # fmt: skip
TYPED = {"name": "Zarina Назарова", "organisation": "Ministry of Labour", "q-badge": "Zarina <b>",
         "q-talk": "Two\nparagraphs", "q-guests": "2", "q-arrival": "2026-12-31", "q-passport": "TJ"}  # fmt: skip
MARKED = {"q-workshop": "policy", "q-dietary": "halal", "q-visa": "yes"}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


Invite = Callable[..., tuple[str, str]]


@pytest.fixture
def invite(stack: LocalStack, organiser: Organiser, mailbox: Mailbox) -> Invite:
    """An event with this form, and the link of somebody who is invited."""

    def invited(**changes: Any) -> tuple[str, str]:
        event = f"draft-{uuid.uuid4().hex[:8]}"
        document = {**symposium(str(date.today() + timedelta(days=15))), "form": FORM, **changes}
        assert organiser.call("PUT", f"/events/{event}", document).status == 201
        people = [{"email": f"{event}@example.org", "name": "Zarina Nazarova", "category": "government"}]
        assert organiser.call("POST", f"/events/{event}/invitees", people).status == 200
        batch = organiser.call("POST", f"/events/{event}/batches", {"kind": "invitation"}, idempotency_key="1").json
        assert organiser.approve(event, batch).status == 200
        wait_until(lambda: bool(mailbox.messages(event=event)), "the invitation")
        return event, personal_link(mailbox.read(mailbox.messages(event=event)[0]["id"]), stack.web)

    return invited


def field(page: Page, name: str, value: str = "") -> Locator:
    return page.locator(f'[name="{name}"]' + (f'[value="{value}"]' if value else ""))


def fill(page: Page) -> None:
    for name, value in MARKED.items():
        field(page, name, value).check(force=True)
    for name, value in TYPED.items():
        one = field(page, name)
        one.select_option(value) if name == "q-passport" else one.fill(value)
    field(page, "consent").check(force=True)


def expect_all_again(page: Page) -> None:
    for name, value in MARKED.items():
        expect(field(page, name, value)).to_be_checked()
    for name, value in TYPED.items():
        expect(field(page, name)).to_have_value(value)
    expect(page.get_by_text("What you typed before is here again")).to_be_visible()


def drafts(page: Page) -> list[str]:
    return list(page.evaluate("Object.keys(localStorage)"))


def test_what_was_typed_survives_a_lost_connection_and_is_forgotten_once_taken(
    page: Page, invite: Invite, organiser: Organiser
) -> None:
    event, link = invite()
    page.goto(f"{link}/registration")
    fill(page)
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name="Register").click()
    assert organiser.call("GET", f"/events/{event}/registrations").json["registrations"] == []
    page.context.set_offline(False)
    page.goto(f"{link}/registration")
    expect_all_again(page)
    expect(field(page, "consent")).not_to_be_checked()
    field(page, "consent").check(force=True)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name="You are registered")).to_be_visible()
    assert drafts(page) == []
    [one] = organiser.call("GET", f"/events/{event}/registrations").json["registrations"]
    assert one["answers"] == {"badge": "Zarina <b>", "talk": "Two\nparagraphs", "guests": 2, "passport": "TJ",
                              "workshop": "policy", "dietary": ["halal"], "visa": True,
                              "arrival": "2026-12-31"}  # fmt: skip


def test_a_change_that_is_still_being_typed_stays_until_it_is_saved_or_the_person_erased(
    page: Page, invite: Invite
) -> None:
    _, link = invite()
    page.goto(f"{link}/registration")
    fill(page)
    page.get_by_role("button", name="Register").click()
    for guests in ("3", "3"):  # the second time nothing changes, and the version stays
        page.goto(f"{link}/registration")
        field(page, "q-guests").fill(guests)
        page.goto(f"{link}/confirmation")
        assert len(drafts(page)) == 1, "looked at something else meanwhile"
        page.goto(f"{link}/registration")
        expect(field(page, "q-guests")).to_have_value("3")
        page.get_by_role("button", name="Save my registration").click()
        expect(page.get_by_role("heading", name="You are registered")).to_be_visible()
        assert drafts(page) == []
    page.goto(f"{link}/registration")
    field(page, "q-guests").fill("1")
    page.goto(f"{link}/data")
    assert len(drafts(page)) == 1
    page.locator("summary", has_text="Erase my data").click()
    field(page, "sure").check(force=True)
    page.get_by_role("button", name="Erase my data").click()
    expect(page.get_by_role("heading", name="Your data is erased")).to_be_visible()
    assert drafts(page) == []


def test_it_is_forgotten_too_where_an_organiser_decides_first(page: Page, invite: Invite) -> None:
    _, link = invite(approval=True)
    page.goto(f"{link}/registration")
    fill(page)
    assert len(drafts(page)) == 1
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name="Your registration is with the organiser")).to_be_visible()
    assert drafts(page) == []
