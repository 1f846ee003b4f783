"""An invitee's way through a real browser: from the mail to the confirmation, with a calendar and an agenda in hand."""

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO

import icalendar
import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from infra.local.actors import Mailbox, Organiser, personal_link, wait_until
from infra.local.stack import LocalStack
from tests.deployed import symposium

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; .ci/run installs it on Debian"),
]

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


@dataclass(frozen=True)
class Words:
    """What the pages and mails say to somebody of one language."""

    language: str
    mail: str
    accept: str
    decline: str
    send: str
    register: str
    registered: str
    wrong: str


ENGLISH = Words("en", "Answer the invitation", "I accept", "I decline", "Send my answer", "Register",
                "You are registered", "problem")  # fmt: skip
RUSSIAN = Words("ru", "Ответить на приглашение", "Принимаю приглашение", "Не смогу участвовать", "Отправить ответ",
                "Зарегистрироваться", "Вы зарегистрированы", "")  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport=request.param, java_script_enabled=False)
    yield context.new_page()
    context.close()


@dataclass
class Invited:
    event: str
    address: str
    organiser: Organiser
    mailbox: Mailbox
    words: Words

    def rsvp(self) -> str:
        [person] = self.organiser.call("GET", f"/events/{self.event}/invitees").json["invitees"]
        return str(person["rsvp"])

    def mail(self, kind: str) -> dict:  # type: ignore[type-arg]
        found: list = []  # type: ignore[type-arg]

        def arrived() -> bool:
            found[:] = self.mailbox.messages(event=self.event, kind=kind)
            return bool(found)

        wait_until(arrived, f"the {kind}", 60)
        return dict(found[0])


@pytest.fixture(params=[ENGLISH, RUSSIAN], ids=["en", "ru"])
def invited(stack: LocalStack, organiser: Organiser, mailbox: Mailbox, request: pytest.FixtureRequest) -> Invited:
    """Somebody in Tashkent who has just got an invitation."""
    event, words = f"journey-{uuid.uuid4().hex[:8]}", request.param
    assert organiser.call("PUT", f"/events/{event}", symposium(str(date.today() + timedelta(days=15)))).status == 201
    person = {"email": f"{event}@example.org", "name": "Nodira <b>O'Connor</b>", "language": words.language,
              "time_zone": "Asia/Tashkent", "delegation": "Ministry & Co"}  # fmt: skip
    assert organiser.call("POST", f"/events/{event}/invitees", [person]).json["counts"] == {"created": 1}
    batch = organiser.call("POST", f"/events/{event}/batches", {"kind": "invitation"}, idempotency_key="1").json
    assert organiser.approve(event, batch).status == 200
    invited = Invited(event, person["email"], organiser, mailbox, words)
    invited.mail("invitation")
    return invited


def open_the_page_from_the_mail(page: Page, invited: Invited) -> None:
    """Find the mail in the mailbox, open it, press its button."""
    page.goto(f"{invited.mailbox.base}/?q={invited.address}")
    page.locator("a[href*='/messages/']").first.click()
    mail = page.frame_locator("iframe")
    with page.context.expect_page() as opened:
        mail.get_by_role("link", name=invited.words.mail).first.click()
    page.goto(opened.value.url)


def choose(page: Page, answer: str) -> None:
    """Press the words beside a radio button, as people do."""
    page.locator("label", has_text=answer).click()
    expect(page.get_by_label(answer)).to_be_checked()


def test_from_the_mail_to_the_confirmation_with_calendar_and_agenda(page: Page, invited: Invited) -> None:
    words = invited.words
    open_the_page_from_the_mail(page, invited)
    expect(page.locator("html")).to_have_attribute("lang", words.language)
    expect(page.get_by_text("12:30–16:00").first).to_be_visible()
    assert invited.rsvp() == "needs-action", "opening the page is no answer"

    choose(page, words.accept)
    page.get_by_role("button", name=words.send).click()
    assert page.url.endswith("/registration")
    assert invited.rsvp() == "accepted"
    expect(page.locator("input[name=name]")).to_have_value("Nodira <b>O'Connor</b>")
    page.locator("label[for=consent]").click()
    page.get_by_role("button", name=words.register).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(words.registered)

    calendar = icalendar.Calendar.from_ical(fetched(page, "calendar.ics"))
    assert len(calendar.walk("VEVENT")) == 2
    pdf = pypdf.PdfReader(BytesIO(fetched(page, "agenda.pdf")))
    assert words.language in str(pdf.root_object["/Lang"])

    confirmation = invited.mailbox.read(invited.mail("confirmation")["id"])
    kinds = [part.get_content_type() for part in confirmation.walk()]
    assert "text/calendar" in kinds and "application/pdf" in kinds


def test_a_form_without_a_choice_says_what_to_do_and_changes_nothing(page: Page, invited: Invited) -> None:
    open_the_page_from_the_mail(page, invited)
    page.get_by_role("button", name=invited.words.send).click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert invited.rsvp() == "needs-action"


def test_what_was_typed_survives_a_mistake(page: Page, invited: Invited) -> None:
    open_the_page_from_the_mail(page, invited)
    choose(page, invited.words.accept)
    page.get_by_role("button", name=invited.words.send).click()
    page.locator("input[name=organisation]").fill("Another <i>ministry</i>")
    page.get_by_role("button", name=invited.words.register).click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("input[name=organisation]")).to_have_value("Another <i>ministry</i>")


def test_with_the_keyboard_alone_and_changing_ones_mind(page: Page, invited: Invited) -> None:
    open_the_page_from_the_mail(page, invited)
    page.get_by_label(invited.words.decline).focus()
    page.keyboard.press("Space")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert invited.rsvp() == "declined"
    page.locator("summary").first.press("Enter")
    choose(page, invited.words.accept)
    page.get_by_role("button", name=invited.words.send).click()
    assert invited.rsvp() == "accepted"


def test_the_other_language_is_one_click_away_and_nothing_scrolls_sideways(page: Page, invited: Invited) -> None:
    open_the_page_from_the_mail(page, invited)
    other = RUSSIAN if invited.words is ENGLISH else ENGLISH
    page.get_by_role("link", name="Русский" if other is RUSSIAN else "English").click()
    expect(page.locator("html")).to_have_attribute("lang", other.language)
    expect(page.get_by_role("button", name=other.send)).to_be_visible()
    widths = page.locator("html").bounding_box()
    assert widths and widths["width"] <= page.viewport_size["width"]  # type: ignore[index]


def test_no_page_has_an_accessibility_violation(browser: Browser, invited: Invited) -> None:
    """axe-core's rules for WCAG 2.2 AA and best practice, in both colour schemes."""
    link = personal_link(
        invited.mailbox.read(invited.mail("invitation")["id"]), invited.organiser.base.removesuffix("/api")
    )
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport=PHONE, bypass_csp=True, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        for path in ("", "/registration", "/feedback", "/confirmation"):
            page.goto(link + path)
            found = Axe().run(page).response["violations"]
            assert not found, [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found]
        context.close()


def fetched(page: Page, name: str) -> bytes:
    """The file behind a link of the page, as the browser would fetch it."""
    link = page.locator(f"a[href*='{name}']").first.get_attribute("href")
    assert link
    answer = page.request.get(link)
    assert answer.ok
    return answer.body()
