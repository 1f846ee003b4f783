"""Every state of every page an invitee can meet, for the tests of pages; and what a browser finds in one."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

from chalicelib.adapters.language import load_locale
from chalicelib.adapters.pages import Page, render_page
from chalicelib.adapters.private_files import Offer
from chalicelib.domain.contribution import HandedIn
from chalicelib.domain.errors import Problem
from chalicelib.domain.event import Event
from chalicelib.domain.formats import SUFFIXES
from chalicelib.domain.invitee import Attendance, Invitee, Registration, Rsvp
from chalicelib.domain.places import PlaceRequest, RequestState
from chalicelib.domain.private_upload import PrivateUpload
from chalicelib.usecases.lead_delegation import Team
from tests.adapters.sample_event import SESSIONS, both, event

NOW = datetime(2021, 1, 15, 9, 0, tzinfo=UTC)
AFTER = datetime(2021, 1, 29, 9, 0, tzinfo=UTC)
PLACES = ("page", "answer", "registration", "confirmation", "place", "colleague", "delegation", "calendar", "agenda",
          "feedback", "feed", "new_feed", "unsubscribe", "data", "data_file")
LINKS: dict[str, Any] = {place: f"https://convoke.example/i/token/{place}" for place in (*PLACES, "hand_in")}
LINKS["contributions"] = {"paper": "https://convoke.example/i/token/contributions/paper"}
LINKS["joins"] = {name: f"https://convoke.example/i/token/join/{name}" for name in ("session-1", "session-2")}
LINKS["conference"] = "https://conference.example/j/1?pwd=a&b"
FEEDBACK = {"questions": [
    {"id": "overall", "label": both("How useful was it?", "Насколько это было полезно?"), "kind": "rating",
     "required": True},
    {"id": "best", "label": both("What was best?", "Что было лучшим?"), "kind": "choice",
     "choices": [both("The talks", "Доклады"), both("The roundtables", "Круглые столы")]},
    {"id": "more", "label": both("What else?", "Что ещё?"), "kind": "text"}]}
REMINDERS = [{"id": "day", "before_minutes": 1440, "sessions": ["session-1"]}, {"id": "hour", "before_minutes": 60},
             {"id": "quarter", "before_minutes": 15, "sessions": ["familiarisation"]}]
QUESTIONS = [
    {"use": "dietary"}, {"use": "accessibility"}, {"use": "interpretation"},
    {"id": "badge", "kind": "short-text", "label": both("Words for the badge", "Текст для бейджа")},
    {"id": "guests", "kind": "number", "min": 0, "max": 3, "label": both("Guests", "Гости"),
     "help": both("Up to 3.", "Не более 3.")},
    {"id": "workshop", "kind": "choice", "required": True, "label": both("Workshop", "Мастер-класс"), "choices": [
        {"id": "data", "label": both("Data", "Данные"), "capacity": 20},
        {"id": "policy", "label": both("Policy", "Политика")}]},
    {"id": "visa", "kind": "yes-no", "required": True, "label": both("Do you need a visa?", "Нужна ли Вам виза?")},
    {"id": "arrival", "kind": "date", "label": both("Day of arrival", "День приезда"),
     "shown_if": {"field": "visa", "equals": ["yes"]}},
    {"id": "passport", "kind": "country", "label": both("Country of your passport", "Страна паспорта"),
     "shown_if": {"field": "visa", "equals": ["yes"]}},
    {"id": "letter", "kind": "file", "required": True, "formats": ["pdf", "jpeg"], "max_mb": 5,
     "label": both("Letter of your ministry", "Письмо Вашего министерства"),
     "help": both("It names the members of the delegation.", "В нём названы члены делегации.")},
    {"id": "photo", "kind": "file", "formats": ["jpeg", "png"],
     "label": both("Photograph for the programme", "Фотография для программы")}]
WITH_FORM = event(form=QUESTIONS)
CLASHING = event(sessions=[{**one, "items": [], **({"starts": "09:00"} if one["id"] == "session-2" else {})}
                           for one in SESSIONS])
PAPER = {"id": "paper", "title": both("A written example from practice", "Письменный пример из практики"),
         "help": both("Describe one case in which your office helped somebody.\n\nNames of persons are not needed.",
                      "Опишите один случай, в котором Ваше ведомство помогло человеку.\n\nИмена не нужны."),
         "categories": ["government"], "formats": ["text", "pdf", "docx", "odt"],
         "due": {"days_before": 7, "at": "18:00"}, "max_mb": 10}
EVENT = event(feedback=FEEDBACK, reminders=REMINDERS, contributions=[PAPER],
              categories={"government": both("Government", "Правительство")})
PERSON = Invitee(id="aaaaaaaaaaaaaaaa", event="symposium", email="z.nazarova@example.org", language="en",
                 name="Ms. Zarina <b>Nazarova</b>", delegation='Ministry of "Labour" & Migration',
                 time_zone="Asia/Tashkent", category="government")
REGISTRATION = Registration(invitee=PERSON.id, event="symposium", name=PERSON.name, organisation=PERSON.delegation,
                            sessions=["session-1", "session-2"], consented_at=NOW, updated_at=NOW)
COLLEAGUE = Invitee(id="b" * 16, event="symposium", email="a.karimov@example.org", language="en", name="Aziz Karimov",
                    time_zone="Asia/Tashkent")


def team(seats: int) -> Team:
    """Who leads is among them; one is registered, one passed the invitation on to another, and one has not answered."""
    def member(name: str, rsvp: Rsvp = "needs-action", **facts: Any) -> Invitee:
        said = {"email": f"{name.split()[0].lower()}@example.org", "name": name, "rsvp": rsvp, "invited_by": PERSON.id}
        return COLLEAGUE.model_copy(update={"id": name.split()[0].lower().ljust(20, "x"), **said, **facts})

    attending = Attendance(sessions=["session-1"])
    return Team(seats, [
        member("Bakhtiyor <b>Rahimov</b>", "accepted", attending=attending), member("Dilnoza Saidova", "delegated"),
        member("Farrukh Alimov", "tentative", delegated_from="dilnoza".ljust(20, "x"), invited_by=""),
        member("Gulnora Yusupova", "declined", invited_by=""), member("Manizha Karimova"),
        PERSON.model_copy(update={"head": True})])


VALUES = {"name": "Zarina Nazarova", "organisation": "", "sessions": ["session-2"], "consent": True}


def asked(*problems: tuple[str, str]) -> dict[str, Any]:
    return {"problems": [Problem(field=field, message=message) for field, message in problems]}


def waiting(state: RequestState) -> PlaceRequest:
    until = NOW + timedelta(days=2) if state == "offered" else None
    reason = 'The seminar is for "directors" & their deputies.' if state == "refused" else ""
    return PlaceRequest(**REGISTRATION.model_dump(), state=state, number=3, until=until, reason=reason)



JOIN: dict[str, Any] = {
    "session": EVENT.document.session("session-1"), "state": "open", "opens": datetime(2021, 1, 28, 7, 15, tzinfo=UTC),
    "awaited": False, "joined_at": None, "may_register": False, "feedback_open": False, "registration": REGISTRATION,
    "rsvp": "accepted", "own": True}
BY_ENTRY = {"own": False, "links": {"joins": LINKS["joins"]}}
NOT_CHOSEN = JOIN | {"state": "not-registered"}

ASKED = EVENT.document.contributions[0]
FIELDS = {"key": "private/a/b/c", "Content-Type": "application/octet-stream"}
OFFER = Offer("u" * 20, "https://private.s3.example/", FIELDS)
CONTRIBUTION: dict[str, Any] = {
    "asked": ASKED, "state": "open", "handed": None, "offer": OFFER, "found": None, "hand_in": "",
    "kinds": "PDF, DOCX, ODT",
    "suffixes": SUFFIXES, "posts_to": OFFER.origin, "script": "contribution.js"}
TOLD = HandedIn(invitee=PERSON.id, event="symposium", contribution="paper", format="text", handed_in_at=NOW,
                text="A nurse came to us <b>without</b> papers.\nWe found her a place.")
SENT = HandedIn(invitee=PERSON.id, event="symposium", contribution="paper", format="pdf", handed_in_at=NOW,
                upload="u" * 20, filename="Example <b>final</b>.pdf", size=2_400_000)
WITHOUT_FORM = {"offer": None, "posts_to": "", "script": ""}
ARRIVED = WITHOUT_FORM | {"found": SENT, "hand_in": LINKS["hand_in"]}

LETTER = PrivateUpload(id="e" * 20, invitee=PERSON.id, event="symposium", purpose="question letter", type="pdf",
                       size=420_000, filename="Письмо <b>министерства</b> о составе делегации на симпозиуме.pdf",
                       etag="", kept=True, checked_at=NOW)
FILE_PAGES = {name: f"https://convoke.example/i/token/registration/files/{name}" for name in ("letter", "photo")}
FORM_FILE: dict[str, Any] = {
    "asked": next(one for one in WITH_FORM.document.form if one.id == "letter"), "there": None, "found": None,
    "add": "", "kinds": "PDF, JPEG", "suffixes": SUFFIXES, "offer": OFFER, "file_page": FILE_PAGES["letter"],
    "event": WITH_FORM, "posts_to": OFFER.origin, "script": "contribution.js"}
FILE_ARRIVED = WITHOUT_FORM | {"found": SENT, "add": LINKS["hand_in"]}

INVITATION = {"state": "open", "answered": False}
LEAVING: dict[str, Any] = {"category": "invitations", "left": []}

DATA: dict[str, Any] = {"deliveries": [], "kept": None, "attended": {}, "until": AFTER + timedelta(days=365)}

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
    "invitation-delegated": ("invitation", {"state": "open", "answered": True, "rsvp": "delegated",
                                            "colleague": COLLEAGUE}),
    **{f"invitation-{state}": ("invitation", {"state": "open", "answered": True, "rsvp": "accepted",
                                              "request": waiting(state)})
       for state in ("approval", "waiting", "offered", "refused", "expired")},
    "invitation-registered-waiting": ("invitation", {"state": "open", "answered": True, "rsvp": "accepted",
                                                     "registration": REGISTRATION, "request": waiting("waiting")}),
    "invitation-head": ("invitation", {"state": "open", "answered": True, "rsvp": "accepted", "team": team(6),
                                       "registration": REGISTRATION}),
    "invitation-head-full": ("invitation", {"state": "open", "answered": False, "team": team(4)}),
    "invitation-head-incomplete": ("invitation", {
        "state": "open", "answered": True, "rsvp": "declined", "team": team(6),
        "values": {"member-name": "Aziz", "member-email": "aziz@"}} | asked(
        ("member-email", "Enter the address as in name@example.org."))),
    "invitation-head-closed": ("invitation", {"state": "closed", "answered": False, "team": team(6)}),
    "invitation-waited-in-vain": ("invitation", {"state": "open", "answered": True, "rsvp": "accepted",
                                                 "request": waiting("closed")}),
    "invitation-registered-waited-in-vain": ("invitation", {"state": "open", "answered": True, "rsvp": "accepted",
                                                            "registration": REGISTRATION,
                                                            "request": waiting("closed")}),
    "registration-full": ("registration", {"values": VALUES, "full": ["*", "session-1"]}),
    "registration-form": ("registration", {"values": VALUES | {"q-arrival": ["x"], "q-visa": ["yes"]},
                                           "full": ["workshop/data"], "event": WITH_FORM} | asked(
        ("q-arrival", "Choose a day, or write it as 2026-12-31."), ("q-visa", "Answer this question."))),
    "registration-file-added": ("registration", {"values": VALUES | {"q-letter": [LETTER.id]}, "event": WITH_FORM,
                                                 "files": {"letter": LETTER}}),
    "registration-file-missing": ("registration", {"values": VALUES, "event": WITH_FORM} | asked(
        ("q-letter", "Add a file."))),
    "form-file": ("form_file", FORM_FILE),
    "form-file-there": ("form_file", FORM_FILE | {"there": LETTER}),
    "form-file-refused": ("form_file", FORM_FILE | asked(
        ("file", "This file holds macros or programs. Save it without them and choose that file."))),
    "form-file-arrived": ("form_file", FORM_FILE | FILE_ARRIVED),
    "form-file-arrived-again": ("form_file", FORM_FILE | FILE_ARRIVED | {"there": LETTER}),
    "registration-clashing": ("registration", {"values": VALUES, "event": CLASHING}),
    "confirmation-clashing": ("confirmation", {"registration": REGISTRATION, "event": CLASHING}),
    "registration": ("registration", {"values": VALUES, "rsvp": "accepted"}),
    "registration-changed": ("registration", {"values": VALUES, "rsvp": "accepted", "registration": REGISTRATION}),
    "registration-incomplete": ("registration", {"values": VALUES | {"sessions": [], "consent": False}} | asked(
        ("organisation", "Enter the organisation that you represent."), ("sessions", "Choose at least one session."),
        ("consent", "Confirm that we may use these details for this event."))),
    "confirmation": ("confirmation", {"registration": REGISTRATION}),
    "confirmation-handed-in": ("confirmation", {"registration": REGISTRATION, "handed_in": ["paper"]}),
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
    "join-early": ("join", JOIN | {"state": "early"}),
    "join-awaited": ("join", JOIN | {"state": "early", "awaited": True}),
    "join-open": ("join", JOIN | {"posts_to": "https:"}),
    "join-open-again": ("join", JOIN | {"posts_to": "https:", "joined_at": datetime(2021, 1, 28, 7, 31, tzinfo=UTC)}),
    "join-led": ("join", JOIN | {"state": "led", "conference": LINKS["conference"]}),
    "join-over": ("join", JOIN | {"state": "over"}),
    "join-over-feedback": ("join", JOIN | {"state": "over", "feedback_open": True}),
    "join-not-registered": ("join", NOT_CHOSEN | {"registration": None, "may_register": True}),
    "join-not-chosen": ("join", NOT_CHOSEN | {"may_register": True}),
    "join-not-chosen-closed": ("join", NOT_CHOSEN),
    "join-open-by-entry": ("join", JOIN | BY_ENTRY | {"posts_to": "https:"}),
    "join-early-by-entry": ("join", JOIN | BY_ENTRY | {"state": "early"}),
    "join-led-by-entry": ("join", JOIN | BY_ENTRY | {"state": "led", "conference": LINKS["conference"]}),
    "join-over-by-entry": ("join", JOIN | BY_ENTRY | {"state": "over"}),
    "join-not-chosen-by-entry": ("join", NOT_CHOSEN | BY_ENTRY),
    "contribution": ("contribution", CONTRIBUTION),
    "contribution-arrived": ("contribution", CONTRIBUTION | ARRIVED),
    "contribution-arrived-again": ("contribution", CONTRIBUTION | ARRIVED | {"handed": TOLD}),
    "contribution-handed-in-text": ("contribution", CONTRIBUTION | {"handed": TOLD}),
    "contribution-handed-in-file": ("contribution", CONTRIBUTION | {"handed": SENT}),
    "contribution-refused": ("contribution", CONTRIBUTION | {"values": {"text": "</textarea>"}} | asked(
        ("file", "This file holds macros or programs. Save it without them and choose that file."))),
    "contribution-unticked": ("contribution", CONTRIBUTION | {"handed": TOLD} | asked(
        ("withdraw", "Tick the box first."))),
    "contribution-closed": ("contribution", CONTRIBUTION | WITHOUT_FORM | {"state": "closed"}),
    "contribution-closed-handed-in": ("contribution", CONTRIBUTION | WITHOUT_FORM
                                      | {"state": "closed", "handed": SENT}),
    "data": ("data", DATA),
    "data-registered": ("data", DATA | {"kept": REGISTRATION, "registration": REGISTRATION, "rsvp": "accepted",
                                        "handed_in": ["paper"], "attended": {"session-1": True, "session-2": True}}),
    "data-files": ("data", DATA | {"kept": REGISTRATION.model_copy(update={"files": {"letter": LETTER.filename}})}),
    "data-withdrawn": ("data", DATA | {"withdrawn_by": "head", "rsvp": "declined"}),
    "data-unticked": ("data", DATA | {"kept": REGISTRATION} | asked(("sure", "Tick the box first."))),
    "erased": ("erased", {"languages": [], "links": {}}),
    "not-found": ("not_found", None),
    "problem": ("problem", None),
    "too-many": ("too_many", None),
}


def page(case: str, language: str = "en", *, of: Event = EVENT, zone: str = "Asia/Tashkent", **changes: Any) -> Page:
    """The page in one of ``STATES``, as PERSON sees it from ``zone``."""
    name, special = STATES[case]
    locale = load_locale(language)
    if special is None:
        return render_page(name, locale)
    special = special | changes
    of = special.get("event", of)
    person = PERSON.model_copy(update={"language": language, "time_zone": zone,
                                       "rsvp": special.pop("rsvp", "needs-action"),
                                       "withdrawn_by": special.pop("withdrawn_by", ""),
                                       "handed_in": special.pop("handed_in", [])})
    languages = [(code, load_locale(code).name, f"?lang={code}") for code in of.document.languages]
    return render_page(name, locale, **{"event": of, "invitee": person, "registration": None, "links": LINKS,
                                        "languages": languages, "now": NOW, "problems": [], "values": {},
                                        "request": None, "full": [], "colleague": None, "team": None, "files": {},
                                        "file_pages": FILE_PAGES} | special)


class Tags(HTMLParser):
    """Every element of a page as (name, attributes), and the text of the stylesheet and of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.style = self.script = self.text = ""
        self.feed(html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self.lasttag == "style" and not self.style:
            self.style = data
        elif self.lasttag == "script" and not self.script:
            self.script = data
        else:
            self.text += data + " "

    def all(self, *names: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name in names]
