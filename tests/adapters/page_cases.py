"""Every state of every page an invitee can meet, for the tests of pages; and what a browser finds in one."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from chalicelib.adapters.language import load_locale
from chalicelib.adapters.pages import Page, render_page
from chalicelib.domain.errors import Problem
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Invitee, Registration
from tests.adapters.sample_event import both, event

NOW = datetime(2021, 1, 15, 9, 0, tzinfo=UTC)
AFTER = datetime(2021, 1, 29, 9, 0, tzinfo=UTC)
PLACES = ("page", "answer", "registration", "confirmation", "calendar", "agenda", "feedback", "unsubscribe")
LINKS = {place: f"https://convoke.example/i/token/{place}" for place in PLACES}
FEEDBACK = {"questions": [
    {"id": "overall", "label": both("How useful was it?", "Насколько это было полезно?"), "kind": "rating",
     "required": True},
    {"id": "best", "label": both("What was best?", "Что было лучшим?"), "kind": "choice",
     "choices": [both("The talks", "Доклады"), both("The roundtables", "Круглые столы")]},
    {"id": "more", "label": both("What else?", "Что ещё?"), "kind": "text"}]}
REMINDERS = [{"id": "day", "before_minutes": 1440, "sessions": ["session-1"]}, {"id": "hour", "before_minutes": 60},
             {"id": "quarter", "before_minutes": 15, "sessions": ["familiarisation"]}]
EVENT = event(feedback=FEEDBACK, reminders=REMINDERS)
PERSON = Invitee(id="aaaaaaaaaaaaaaaa", event="symposium", email="z.nazarova@example.org", language="en",
                 name="Ms. Zarina <b>Nazarova</b>", delegation='Ministry of "Labour" & Migration',
                 time_zone="Asia/Tashkent")
REGISTRATION = Registration(invitee=PERSON.id, event="symposium", name=PERSON.name, organisation=PERSON.delegation,
                            sessions=["session-1", "session-2"], consented_at=NOW, updated_at=NOW)
VALUES = {"name": "Zarina Nazarova", "organisation": "", "sessions": ["session-2"], "consent": True}


def asked(*problems: tuple[str, str]) -> dict[str, Any]:
    return {"problems": [Problem(field=field, message=message) for field, message in problems]}


INVITATION = {"state": "open", "answered": False}
LEAVING: dict[str, Any] = {"category": "invitations", "left": []}

STATES: dict[str, tuple[str, dict[str, Any] | None]] = {
    "invitation": ("invitation", INVITATION),
    "invitation-without-a-choice": ("invitation", INVITATION | asked(("answer", "Choose one of the answers."))),
    "invitation-accepted": ("invitation", {"state": "open", "answered": True, "rsvp": "accepted"}),
    "invitation-declined": ("invitation", {"state": "open", "answered": True, "rsvp": "declined"}),
    "invitation-tentative": ("invitation", {"state": "open", "answered": True, "rsvp": "tentative"}),
    "invitation-registered": ("invitation", {"state": "open", "answered": True, "rsvp": "accepted",
                                             "registration": REGISTRATION}),
    "invitation-closed": ("invitation", {"state": "closed", "answered": False}),
    "invitation-closed-accepted": ("invitation", {"state": "closed", "answered": True, "rsvp": "accepted"}),
    "invitation-closed-declined": ("invitation", {"state": "closed", "answered": True, "rsvp": "declined"}),
    "invitation-closed-tentative": ("invitation", {"state": "closed", "answered": True, "rsvp": "tentative"}),
    "invitation-closed-registered": ("invitation", {"state": "closed", "answered": True, "rsvp": "accepted",
                                                    "registration": REGISTRATION}),
    "invitation-over": ("invitation", {"state": "over", "answered": False}),
    "invitation-over-registered": ("invitation", {"state": "over", "answered": True, "rsvp": "accepted",
                                                  "registration": REGISTRATION}),
    "registration": ("registration", {"values": VALUES, "rsvp": "accepted"}),
    "registration-changed": ("registration", {"values": VALUES, "rsvp": "accepted", "registration": REGISTRATION}),
    "registration-incomplete": ("registration", {"values": VALUES | {"sessions": [], "consent": False}} | asked(
        ("organisation", "Enter the organisation that you represent."), ("sessions", "Choose at least one session."),
        ("consent", "Confirm that we may use these details for this event."))),
    "confirmation": ("confirmation", {"registration": REGISTRATION}),
    "confirmation-over": ("confirmation", {"registration": REGISTRATION, "now": AFTER}),
    "feedback-not-yet": ("feedback", {"state": "not-yet"}),
    "feedback-open": ("feedback", {"state": "open"}),
    "feedback-incomplete": ("feedback", {"state": "open", "values": {"best": "1", "more": "</textarea>"}} | asked(
        ("overall", "Answer this question."))),
    "feedback-thanks": ("feedback", {"state": "thanks"}),
    "feedback-closed": ("feedback", {"state": "closed"}),
    "unsubscribe": ("unsubscribe", LEAVING),
    "unsubscribe-done": ("unsubscribe", LEAVING | {"left": ["invitations"]}),
    "unsubscribe-unticked": ("unsubscribe", LEAVING | {"left": ["invitations"]} | asked(
        ("again", "Tick the box first."))),
    "unsubscribe-feedback": ("unsubscribe", {"category": "feedback", "left": []}),
    "unsubscribe-feedback-done": ("unsubscribe", {"category": "feedback", "left": ["feedback", "invitations"]}),
    "not-found": ("not_found", None),
    "problem": ("problem", None),
}


def page(case: str, language: str = "en", *, of: Event = EVENT, zone: str = "Asia/Tashkent", **changes: Any) -> Page:
    """The page in one of ``STATES``, as PERSON sees it from ``zone``."""
    name, special = STATES[case]
    locale = load_locale(language)
    if special is None:
        return render_page(name, locale)
    special = special | changes
    person = PERSON.model_copy(update={"language": language, "time_zone": zone,
                                       "rsvp": special.pop("rsvp", "needs-action")})
    languages = [(code, load_locale(code).name, f"?lang={code}") for code in of.document.languages]
    return render_page(name, locale, **{"event": of, "invitee": person, "registration": None, "links": LINKS,
                                        "languages": languages, "now": NOW, "problems": [], "values": {}} | special)


class Tags(HTMLParser):
    """Every element of a page as (name, attributes), and the text of the stylesheet and of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.style = self.text = ""
        self.feed(html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self.lasttag == "style" and not self.style:
            self.style = data
        else:
            self.text += data + " "

    def all(self, *names: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name in names]
