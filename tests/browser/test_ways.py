"""Ways from page to page, pressed with the keyboard alone: on a phone in English, on a desk in Russian."""

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from infra.local.actors import Mailbox, Organiser, personal_link, tick, wait_until
from infra.local.stack import LocalStack
from tests.browser.keyboard import Keyboard
from tests.browser.test_journey import CHROMIUM, DESK, PHONE, browser
from tests.deployed import symposium

__all__ = ["browser"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; .ci/run installs it on Debian"),
]

DAY = date.today() + timedelta(days=30)
NAMES = {
    "en": ("Zarina Nazarova", "Aziz Karimov", "Ministry of Labour"),
    "ru": ("Зарина Назарова", "Азиз Каримов", "Министерство труда"),
}
"""The person, the colleague, where both work."""

FULL = (
    "All places are taken. Register all the same: you are put on the waiting list, "
    "and receive a mail when a place is free."
)
OFFICE = "Agency “Peace” & Агентство «Мир»"

QUESTIONS: list[dict[str, Any]] = [
    {"id": "workshop", "kind": "choice", "required": True, "label": {"en": "Workshop", "ru": "Мастер-класс"},
     "choices": [{"id": "data", "label": {"en": "Data", "ru": "Данные"}},
                 {"id": "policy", "label": {"en": "Policy", "ru": "Политика"}}]},
    {"id": "visa", "kind": "yes-no", "required": True,
     "label": {"en": "Do you need a visa?", "ru": "Нужна ли Вам виза?"}},
    {"id": "arrival", "kind": "date", "required": True, "label": {"en": "Day of arrival", "ru": "День приезда"},
     "shown_if": {"field": "visa", "equals": ["yes"]}},
    {"id": "passport", "kind": "country", "required": True,
     "label": {"en": "Country of your passport", "ru": "Страна паспорта"},
     "shown_if": {"field": "visa", "equals": ["yes"]}},
]  # fmt: skip
EVENTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "questions": {"form": QUESTIONS},
    "seats": {"delegations": {f"labour-{language}": {"name": {language: own[2]}, "seats": 2, "held": True}
                              for language, own in NAMES.items()}},
    **{f"line-{language}": {"capacity": 1, "waitlist": {"offer_hours": 48, "until": {"days_before": 1, "at": "18:00"}}}
       for language in NAMES},
}  # fmt: skip
PEOPLE = {
    "plain": [f"{who}-{language}" for who in ("delegating", "erasing") for language in NAMES],
    "questions": [f"answering-{language}" for language in NAMES],
    "seats": [f"head-{language}" for language in NAMES],
    **{f"line-{language}": [f"{who}-{language}" for who in ("first", "second")] for language in NAMES},
}


@dataclass
class Invited:
    """The events of this file, by what is special about them, and what comes by mail."""

    stack: LocalStack
    organiser: Organiser
    mailbox: Mailbox
    run: str

    def event(self, name: str) -> str:
        return f"{name}-{self.run}"

    def address(self, who: str) -> str:
        return f"{who}-{self.run}@example.org"

    def publish(self, name: str) -> None:
        event = self.event(name)
        document = {**symposium(DAY.isoformat()), **EVENTS[name]}
        assert self.organiser.call("PUT", f"/events/{event}", document).status == 201
        people = [{"email": self.address(who), "name": NAMES[who[-2:]][0], "language": who[-2:],
                   "time_zone": "Asia/Tashkent", "delegation": NAMES[who[-2:]][2], "head": who.startswith("head")}
                  for who in PEOPLE[name]]  # fmt: skip
        answer = self.organiser.call("POST", f"/events/{event}/invitees", people)
        assert answer.json["counts"] == {"created": len(people)}
        path = f"/events/{event}/batches"
        batch = self.organiser.call("POST", path, {"kind": "invitation"}, idempotency_key="1").json
        assert self.organiser.approve(event, batch).status == 200

    def mail(self, name: str, kind: str, who: str, what: str = "") -> EmailMessage:
        """The mail of this kind to this person that has ``what`` in its subject, as soon as it is there."""
        found = list[EmailMessage]()

        def arrived() -> bool:
            mails = (self.mailbox.read(one["id"]) for one in self.mailbox.messages(event=self.event(name), kind=kind))
            found[:] = [mail for mail in mails if self.address(who) in mail["To"] and what in mail["Subject"]]
            return bool(found)

        wait_until(arrived, f"the mail {kind} to {who}")
        return found[0]

    def link(self, name: str, who: str) -> str:
        return personal_link(self.mail(name, "invitation", who), self.stack.web)

    def listed(self, name: str) -> dict[str, str]:
        """The answers of an event, by address."""
        people = self.organiser.call("GET", f"/events/{self.event(name)}/invitees").json["invitees"]
        return {one["email"]: one["rsvp"] for one in people}


@pytest.fixture(scope="module")
def invited(stack: LocalStack, organiser: Organiser, mailbox: Mailbox) -> Invited:
    """Everybody of this file has an invitation under way."""
    invited = Invited(stack, organiser, mailbox, uuid.uuid4().hex[:8])
    for name in EVENTS:
        invited.publish(name)
    return invited


Opens = Callable[[str], Keyboard]


@pytest.fixture(params=[("en", PHONE), ("ru", DESK)], ids=["en-phone", "ru-desk"])
def opens(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Opens]:
    """Opens a link in a browser of somebody's own."""
    language, size = request.param
    contexts = []

    def opened(link: str) -> Keyboard:
        contexts.append(browser.new_context(viewport=size, locale=language, reduced_motion="reduce"))
        page: Page = contexts[-1].new_page()
        page.goto(link)
        return Keyboard(page, language)

    opened.language = language  # type: ignore[attr-defined]
    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def language(opens: Opens) -> str:
    return str(opens.language)  # type: ignore[attr-defined]


def accept(keys: Keyboard) -> None:
    keys.choose(keys.field("I accept"))
    keys.follow(keys.button("Send my answer"))
    keys.sees("Registration")


def register(keys: Keyboard) -> None:
    """From the invitation to whatever comes after the registration."""
    accept(keys)
    keys.tick(keys.page.locator("#consent"))
    keys.follow(keys.button("Register"))


def leads_nowhere(keys: Keyboard, link: str) -> None:
    answer = keys.page.goto(link)
    assert answer and answer.status == 404
    expect(keys.page.get_by_role("heading", level=1)).to_have_text("This link does not work")


def test_a_colleague_comes_instead_and_the_invitation_is_taken_back(
    invited: Invited, opens: Opens, language: str
) -> None:
    person, colleague, _ = NAMES[language]
    me, other = f"delegating-{language}", f"colleague-{language}"
    link = invited.link("plain", me)
    keys = opens(link)
    keys.press(keys.link("Skip to the content"))
    expect(keys.page.locator("#main")).to_be_focused()
    name, mail = keys.field("Name of your colleague"), keys.field("Mail address of your colleague")
    no_name = keys.words("Enter the name of your colleague.")
    no_mail = keys.words("Enter the address as in name@example.org.")

    expect(name).to_be_hidden()
    keys.press(keys.summary("A colleague comes in my place"))
    keys.follow(keys.button("Pass the invitation on"))
    keys.told_what_is_wrong(no_name, no_mail)
    keys.look("colleague-1-empty")
    keys.go_to_error(no_name, name)
    keys.page.keyboard.type(colleague)
    keys.follow(keys.button("Pass the invitation on"))
    keys.told_what_is_wrong(no_mail)
    expect(name).to_have_value(colleague)
    keys.go_to_error(no_mail, mail)
    keys.page.keyboard.type(invited.address(other))
    with keys.page.expect_navigation():
        keys.page.keyboard.press("Enter")
    keys.sees("%(name)s goes in your place", name=colleague)
    expect(keys.page.get_by_role("status")).to_contain_text(invited.address(other))
    keys.look("colleague-2-named")

    theirs = invited.link("plain", other)
    guest = opens(theirs)
    passed_on = guest.words("%(name)s passed this invitation on to you.", name=person)
    expect(guest.page.get_by_text(passed_on)).to_be_visible()
    expect(guest.summary("A colleague comes in my place")).to_have_count(0)
    guest.look("colleague-3-theirs")
    register(guest)
    guest.sees("You are registered")

    keys.page.goto(link)
    expect(keys.page.get_by_text(keys.words("Your colleague has accepted."))).to_be_visible()
    keys.look("colleague-4-accepted")
    keys.follow(keys.button("Take the invitation back"))
    expect(keys.button("Send my answer")).to_be_visible()
    expect(keys.page.get_by_text(colleague)).to_have_count(0)
    keys.look("colleague-5-taken-back")
    leads_nowhere(guest, theirs)
    assert invited.listed("plain")[invited.address(me)] == "needs-action"


def test_a_head_of_delegation_invites_a_member_sees_the_answer_and_withdraws_them(
    invited: Invited, opens: Opens, language: str
) -> None:
    _, colleague, ministry = NAMES[language]
    other, link = f"member-{language}", invited.link("seats", f"head-{language}")
    keys = opens(link)
    keys.sees("Your delegation")
    name, mail = keys.field("Name of the member"), keys.field("Mail address of the member")
    keys.press(keys.summary("Invite a member"))
    keys.write(name, colleague)
    keys.follow(keys.button("Send the invitation"))
    no_mail = keys.words("Enter the address as in name@example.org.")
    keys.told_what_is_wrong(no_mail)
    expect(name).to_have_value(colleague)
    keys.look("delegation-1-no-address")
    keys.go_to_error(no_mail, mail)
    keys.page.keyboard.type(invited.address(other))
    with keys.page.expect_navigation():
        keys.page.keyboard.press("Enter")

    theirs = invited.link("seats", other)  # by now the index of delegations knows them as well
    member = opens(theirs)
    expect(member.page.get_by_role("main")).to_contain_text(ministry)
    expect(member.page.get_by_text(member.words("Your delegation"))).to_have_count(0)
    register(member)
    member.sees("You are registered")

    keys.page.goto(link)
    row = keys.page.get_by_role("listitem").filter(has_text=colleague)
    expect(row).to_contain_text(keys.words("Registered"))
    expect(row).to_contain_text(invited.address(other))
    expect(keys.page.get_by_text(keys.words("All seats are taken. To invite somebody else, withdraw a member first."))
           ).to_be_visible()  # fmt: skip
    keys.look("delegation-2-registered")
    keys.press(row.locator("summary"))
    keys.follow(row.get_by_role("button"))
    expect(keys.page.get_by_text(colleague)).to_have_count(0)
    keys.look("delegation-3-withdrawn")
    leads_nowhere(member, theirs)
    told = invited.mail("seats", "withdrawn", other).get_body(("plain",))
    assert told and member.words("The head of your delegation has withdrawn your invitation.") in told.get_content()
    assert invited.listed("seats")[invited.address(other)] == "declined"


def test_who_waits_accepts_the_place_that_another_gives_back(invited: Invited, opens: Opens, language: str) -> None:
    name, first, second = f"line-{language}", f"first-{language}", f"second-{language}"
    inside = opens(invited.link(name, first))
    register(inside)
    inside.sees("You are registered")

    waits = opens(invited.link(name, second))
    accept(waits)
    expect(waits.page.get_by_role("status")).to_have_text(waits.words(FULL))
    waits.look("place-1-full")
    waits.tick(waits.page.locator("#consent"))
    waits.follow(waits.button("Register"))
    waits.sees("You are on the waiting list")
    waits.look("place-2-waiting")

    inside.follow(inside.link("Change my answer"))
    inside.press(inside.summary("Change my answer"))
    inside.choose(inside.field("I decline"))
    inside.write(inside.field("If you decline: why?"), NAMES[language][2])
    inside.follow(inside.button("Send my answer"))
    inside.sees("You have declined")
    inside.look("place-3-declined")

    tick(invited.stack, f"{datetime.now(UTC) + timedelta(minutes=1):%Y-%m-%dT%H:%M:00Z}")
    subject = waits.words("A place is free for you, answer by %(until)s: %(title)s").split("%")[0]
    offer = invited.mail(name, "place", second, subject)
    waits.page.goto(personal_link(offer, invited.stack.web))
    waits.sees("A place is free for you")
    waits.look("place-4-offered")
    waits.follow(waits.button("Accept the place"))
    waits.sees("You are registered")
    waits.look("place-5-registered")
    [one] = invited.organiser.call("GET", f"/events/{invited.event(name)}/registrations").json["registrations"]
    assert one["email"] == invited.address(second)


class Form:
    """The fields of the form with questions."""

    def __init__(self, keys: Keyboard) -> None:
        labels = {one["id"]: one["label"][keys.language] for one in QUESTIONS}
        self.organisation = keys.field("Your organisation")
        self.arrival = keys.page.get_by_label(labels["arrival"], exact=True)
        self.passport = keys.page.get_by_label(labels["passport"], exact=True)
        self.data, self.policy = (keys.page.locator(f"[name=q-workshop][value={one}]") for one in ("data", "policy"))
        self.yes, self.no = (keys.page.locator(f"[name=q-visa][value={one}]") for one in ("yes", "no"))
        self.consent = keys.page.locator("#consent")
        self.forgotten = f"{labels['workshop']}: {keys.words('Answer this question.')}"

    def is_as_it_was_filled_in(self) -> None:
        for field, value in ((self.organisation, OFFICE), (self.arrival, DAY.isoformat()), (self.passport, "AM")):
            expect(field).to_have_value(value)
        expect(self.yes).to_be_checked()


def fill_in_but_for_the_workshop(keys: Keyboard, form: Form) -> None:
    """The questions that follow from another are there when they do, and no key comes to them when they do not."""
    keys.write(form.organisation, OFFICE)
    keys.choose(form.no)
    expect(form.arrival).to_be_hidden()
    keys.page.keyboard.press("Tab")
    expect(form.consent).to_be_focused()
    keys.reach(form.no, "Shift+Tab")
    keys.page.keyboard.press("ArrowUp")
    expect(form.yes).to_be_checked()
    keys.reach(form.arrival)
    keys.page.keyboard.type(DAY.strftime("%m%d%Y"))  # the order is the browser's, and its own words are English
    expect(form.arrival).to_have_value(DAY.isoformat())
    keys.pick(form.passport, "AM")
    keys.tick(form.consent)


def test_a_lost_connection_and_a_forgotten_question_cost_nothing_that_was_typed(
    invited: Invited, opens: Opens, language: str
) -> None:
    who = f"answering-{language}"
    link = invited.link("questions", who)
    keys = opens(link)
    accept(keys)
    keys.look("questions-1-asked")
    fill_in_but_for_the_workshop(keys, Form(keys))
    keys.reach(keys.button("Register"))
    keys.page.context.set_offline(True)
    with keys.page.expect_event("requestfailed"):
        keys.page.keyboard.press("Enter")
    keys.page.context.set_offline(False)

    keys = keys.anew(link)
    form, page = Form(keys), keys.page
    keys.sees("You have accepted. One step is left")
    keys.follow(keys.link("Finish registering"))
    kept = keys.words("What you typed before is here again; it was kept in this browser.")
    expect(page.get_by_text(kept)).to_be_visible()
    form.is_as_it_was_filled_in()
    keys.look("questions-2-here-again")

    keys.tick(form.consent)
    keys.follow(keys.button("Register"))
    keys.told_what_is_wrong(form.forgotten)
    form.is_as_it_was_filled_in()
    expect(form.consent).to_be_checked()
    keys.look("questions-3-forgotten")
    keys.go_to_error(form.forgotten, form.data)
    page.keyboard.press("ArrowDown")
    expect(form.policy).to_be_checked()
    keys.follow(keys.button("Register"))
    keys.sees("You are registered")
    keys.look("questions-4-registered")
    listed = invited.organiser.call("GET", f"/events/{invited.event('questions')}/registrations").json["registrations"]
    [answers] = [one["answers"] for one in listed if one["email"] == invited.address(who)]
    assert answers == {"workshop": "policy", "visa": True, "arrival": DAY.isoformat(), "passport": "AM"}

    keys.follow(keys.link("Change my registration"))
    expect(page.locator("#draft")).to_be_hidden()
    form.is_as_it_was_filled_in()
    keys.follow(keys.link("Back"))
    keys.sees("You are registered")


def test_own_data_are_corrected_saved_and_erased(invited: Invited, opens: Opens, language: str) -> None:
    who, married = f"erasing-{language}", "Зарина Каримова" if language == "ru" else "Zarina Karimova"
    link = invited.link("plain", who)
    keys = opens(link)
    page, no_name = keys.page, keys.words("Enter your name.")
    register(keys)
    keys.follow(keys.link("My data"), "Shift+Tab")
    keys.look("data-1-held")
    name = keys.field("Your name")
    keys.reach(name)
    page.keyboard.press("Delete")
    keys.follow(keys.button("Save"))
    keys.told_what_is_wrong(no_name)
    keys.look("data-2-no-name")
    keys.go_to_error(no_name, name)
    page.keyboard.type(married)
    keys.follow(keys.button("Save"))
    expect(page.get_by_role("definition").first).to_have_text(married)

    keys.reach(keys.link("Save everything as a file"))
    with page.expect_download() as saved:
        page.keyboard.press("Enter")
    assert saved.value.suggested_filename == "my-data.json"
    held = json.loads(saved.value.path().read_text())
    assert (held["person"]["name"], held["registration"]["organisation"]) == (married, NAMES[language][2])

    unsure = keys.words("Tick the box first.")
    keys.press(keys.summary("Erase my data"))
    keys.follow(keys.button("Erase my data"))
    keys.told_what_is_wrong(unsure)
    keys.look("data-3-unsure")
    keys.go_to_error(unsure, keys.field("Yes, erase everything"))
    page.keyboard.press("Space")
    keys.follow(keys.button("Erase my data"))
    keys.sees("Your data is erased")
    keys.look("data-4-erased")
    leads_nowhere(keys, link)
    assert invited.address(who) not in invited.listed("plain")
