"""What the mails say, in both languages, read as the text and the HTML that somebody receives."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from chalicelib.adapters import mails
from chalicelib.adapters.language import load_locale
from chalicelib.adapters.mails import compose
from chalicelib.domain.agenda_changes import changes as agenda_changes
from chalicelib.domain.batch import Batch, Plan
from chalicelib.domain.change_notice import Told
from chalicelib.domain.delivery import CATEGORY
from chalicelib.domain.event import Event, EventDocument, Kind
from chalicelib.domain.invitee import Attendance, Invitee, Registration
from chalicelib.domain.message import Links, Words
from chalicelib.domain.places import PlaceRequest
from chalicelib.domain.reminder import ReminderRule
from infra.compile import compile_mails, write_names
from infra.messages import compile_catalogues

ROOT = Path(__file__).parents[2]
NOW = datetime(2021, 1, 14, 9, tzinfo=UTC)
KINDS: tuple[Kind, ...] = ("invitation", "chase", "confirmation", "reminder", "contribution", "feedback", "change")
"""Those that people get; the organiser's stand at the end."""

LANGUAGES = ("en", "ru")
SYMPOSIUM: dict[str, Any] = yaml.safe_load((ROOT / "examples/central-asia-symposium/event.yaml").read_text("utf-8"))
SYMPOSIUM["date"] = "2021-01-28"
SYMPOSIUM["contributions"] = [{
    "id": "paper", "title": {"en": "A written example", "ru": "Письменный пример"}, "categories": ["government"],
    "help": {"en": "One case from your practice.", "ru": "Один случай из Вашей практики."},
    "formats": ["text", "pdf", "docx"], "due": {"days_before": 7, "at": "18:00"}}]
BASE = "https://convoke.example/i/i1.k1.abc"
LINKS = Links(
    page=BASE, registration=f"{BASE}/registration", agenda=f"{BASE}/agenda.pdf", calendar=f"{BASE}/calendar.ics",
    feedback=f"{BASE}/feedback", unsubscribe="https://convoke.example/u/i1.k2.abc",
    unsubscribe_one_click="https://convoke.example/u/i1.k2.abc", contribution=f"{BASE}/contributions/paper",
    data=f"{BASE}/data", join=f"{BASE}/join")
MAIN = {"invitation": LINKS.page, "chase": LINKS.page, "confirmation": LINKS.registration,
        "change": LINKS.registration,
        "reminder": f"{LINKS.join}/session-1", "feedback": LINKS.feedback, "contribution": LINKS.contribution}

Compose = Callable[..., Words]


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    compile_catalogues(ROOT)
    write_names(ROOT)
    compile_mails(ROOT)


def event(**changes: Any) -> Event:
    return Event(id="symposium", version=3, document=EventDocument.model_validate({**SYMPOSIUM, **changes}),
                 published_at=NOW)


def mail(kind: Kind, language: str = "en", *, of: Event | None = None, zone: str = "Asia/Tashkent",
         name: str = "Nigora Karimova", registration: dict[str, Any] | None = None, rsvp: str = "",
         **rest: Any) -> Words:
    of = of or event()
    invitee = Invitee(id="i1", event=of.id, email="n@example.org", name=name, language=language, time_zone=zone,
                      rsvp=rsvp or ("accepted" if kind == "reminder" else "needs-action"))
    if kind == "change":
        rest = {"told": told(of), **rest}
    said = {"invitee": "i1", "event": of.id, "name": name, "organisation": "Ministry of Employment",
            "sessions": ["session-1", "session-2"], "consented_at": NOW, "updated_at": NOW, **(registration or {})}
    return compose(
        kind, event=of, invitee=invitee, locale=load_locale(language), links=LINKS, now=NOW,
        registration=Registration.model_validate(said) if kind not in ("invitation", "chase", "contribution") else None,
        contribution=of.document.contributions[0] if kind == "contribution" else None,
        session=of.document.session("session-1") if kind == "reminder" else None, **rest)


def told(of: Event, **changes: Any) -> Told:
    """The sessions begin an hour later than people heard; and what else is said of ``changes``."""
    raw = of.document.model_dump(mode="json", exclude_unset=True)
    for session in raw["sessions"]:
        hour, minute = session["starts"].split(":")[:2]
        session["starts"] = f"{int(hour) - 1:02}:{minute}"
    before = EventDocument.model_validate({**raw, **changes})
    return Told(before, agenda_changes(before, of.document))


class Page(HTMLParser):
    """The words, links and tables of an HTML mail."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._hidden = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._hidden = tag if tag in ("style", "title") else self._hidden
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = "" if tag == self._hidden else self._hidden

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def both() -> Callable[..., Any]:
    cases = [(kind, language) for kind in KINDS for language in LANGUAGES]
    return pytest.mark.parametrize(("kind", "language"), cases)


@both()
def test_the_subject_holds_the_event_and_the_date_on_one_line(kind: Kind, language: str) -> None:
    subject = mail(kind, language).subject
    assert SYMPOSIUM["title"][language] in subject
    assert {"en": "28 January 2021", "ru": "28 января 2021 г."}[language] in subject
    assert subject.splitlines() == [subject]


@pytest.mark.parametrize("kind", KINDS)
def test_a_title_of_usual_length_makes_a_subject_of_at_most_78_characters(kind: Kind) -> None:
    if kind != "reminder":
        assert len(mail(kind, of=event(title={"en": "Symposium on Migration"})).subject) <= 78


def test_a_title_of_300_characters_is_cut_at_a_word_in_the_subject_alone() -> None:
    title = " ".join(["Cooperation"] * 25)
    words = mail("invitation", of=event(title={"en": title}))
    assert len(words.subject) <= mails.SUBJECT_LENGTH
    assert words.subject.endswith("Cooperation…")
    assert title in Page(words.html).text


def test_line_breaks_in_a_title_do_not_reach_the_subject() -> None:
    words = mail("invitation", of=event(title={"en": "Symposium\r\nBcc: x@example.org"}))
    assert words.subject.endswith("Symposium Bcc: x@example.org")


@both()
def test_there_is_one_button_and_its_address_stands_in_words_in_both_parts(kind: Kind, language: str) -> None:
    words = mail(kind, language)
    page = Page(words.html)
    assert page.links.count(MAIN[kind]) == 2, "the button and its address"
    assert MAIN[kind] in page.text
    assert MAIN[kind] in words.text.splitlines()


@pytest.mark.parametrize(("language", "lines"), [
    ("en", ["Thursday, 28 January 2021", "12:30–16:00 your time (Tashkent, UTC+5)",
            "08:30–12:00 in Vienna (CET, UTC+1)", "07:30–11:00 UTC"]),
    ("ru", ["Четверг, 28 января 2021 г.", "12:30–16:00 по Вашему времени (Ташкент, UTC+5)",
            "08:30–12:00, Вена (CET, UTC+1)", "07:30–11:00 UTC"])])
def test_times_come_in_my_zone_then_the_events_then_utc_in_both_parts(language: str, lines: list[str]) -> None:
    words = mail("invitation", language)
    for part in (words.text, Page(words.html).text):
        plain = " ".join(part.split())
        places = [plain.index(line) for line in lines]
        assert places == sorted(places)


def test_the_date_is_given_again_where_it_is_another_day_at_the_event() -> None:
    words = mail("reminder", of=event(sessions=[
        {"id": "session-1", "title": {"en": "Evening"}, "starts": "18:00", "ends": "20:00"}], reminders=[]),
        zone="Australia/Sydney")
    assert "Friday, 29 January 2021\n  04:00–06:00 your time (Sydney" in words.text
    assert "Thursday, 28 January 2021, 18:00–20:00 in Vienna" in words.text


def test_an_event_over_several_days_shows_the_hours_of_each() -> None:
    sessions = [{"id": f"session-{day}", "title": {"en": f"Day {day}"}, "day": day, "starts": "09:00", "ends": "17:00"}
                for day in (1, 2, 3)]
    words = mail("invitation", of=event(sessions=sessions, reminders=[]))
    assert "28 January – 30 January 2021" in words.subject
    for line in ("Thursday, 28 January 2021", "Friday, 29 January 2021", "Saturday, 30 January 2021"):
        assert words.text.count(f"  {line}\n") == 2, "under When, and in the agenda"


def test_who_is_in_the_events_zone_reads_it_once() -> None:
    text = mail("invitation", zone="Europe/Vienna").text
    assert "08:30–12:00 your time (Vienna, CET, UTC+1)" in text
    assert "in Vienna (" not in text


@both()
def test_nothing_is_left_in_english_or_unfilled(kind: Kind, language: str) -> None:
    words = mail(kind, language, name="Нигора Каримова", registration={"organisation": "Министерство"})
    for part in (words.subject, words.text, Page(words.html).text):
        assert not re.search(r"\{[{%]|%\(|None|Undefined", part)
        if language == "ru":
            plain = re.sub(r"https?://\S+|\S+@\S+|invite\.ics", "", part)
            known = {"UTC", "CET", "PDF", "DOCX", "GCM"}
            assert not {word for word in re.findall(r"[A-Za-z]{2,}", plain)} - known


def test_every_msgid_of_the_compiled_mails_has_a_russian_translation() -> None:
    with (ROOT / "templates/locale/ru/LC_MESSAGES/convoke.po").open("rb") as file:
        catalogue = read_po(file)
    for path in sorted((ROOT / "templates/email").rglob("*.html")):
        with path.open("rb") as html:
            for _, found, *_ in extract("jinja2.ext:babel_extract", html, options={"trimmed": "true"}):
                message = catalogue.get(found[0] if isinstance(found, tuple) else found)
                assert message is not None, found
                strings = [message.string] if isinstance(message.string, str) else message.string
                assert all(strings or [""]), found


def test_russian_counts_minutes_in_its_own_plural() -> None:
    def asked(texts: int) -> str:
        questions = [{"id": f"q{n}", "label": {"en": "Why?"}, "kind": "text"} for n in range(texts)]
        return mail("feedback", "ru", of=event(feedback={"questions": questions})).text

    assert "около 1 минуты" in asked(1)
    assert "около 3 минут," in asked(3)


@both()
def test_markup_in_names_and_titles_stays_text(kind: Kind, language: str) -> None:
    evil = "<script>alert(1)</script> & {{ 7 * 7 }}"
    words = mail(kind, language, name=evil, registration={"organisation": evil}, of=event(
        title={"en": f"Title {evil}"}, summary={"en": evil},
        organiser={**SYMPOSIUM["organiser"], "name": {"en": evil}}))
    assert "<script" not in words.html
    assert "alert(1)" in Page(words.html).text
    assert "49" not in words.subject
    assert evil in " ".join(words.text.split())


@both()
def test_the_text_part_is_set_in_lines_that_fit(kind: Kind, language: str) -> None:
    text = mail(kind, language).text
    assert [line for line in text.splitlines() if len(line) > 72 and "://" not in line] == []
    assert "\n\n\n" not in text
    assert "<" not in text
    assert text.endswith("\n")


@both()
def test_the_html_is_small_and_says_its_language_scheme_and_summary(kind: Kind, language: str) -> None:
    html = mail(kind, language).html
    assert len(html.encode()) < 40_000
    page = Page(html)
    attributes: dict[str, dict[str, str | None]] = dict(page.tags)
    assert attributes["html"]["lang"] == language
    assert ("meta", {"name": "color-scheme", "content": "light dark"}) in [
        (tag, dict(sorted(found.items(), reverse=True))) for tag, found in page.tags]
    assert "img" not in attributes
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert all(found.get("role") == "presentation" for tag, found in page.tags if tag == "table")
    assert "display:none" in html, "the line that lists of mails show after the subject"


@both()
def test_what_one_can_leave_shows_how_and_what_one_asked_for_does_not(kind: Kind, language: str) -> None:
    words = mail(kind, language)
    assert (LINKS.unsubscribe in words.text) is (kind in CATEGORY)
    assert (LINKS.unsubscribe in Page(words.html).links) is (kind in CATEGORY)


@pytest.mark.parametrize("kind", KINDS)
def test_the_link_to_join_is_in_the_reminder_alone(kind: Kind) -> None:
    words = mail(kind)
    for part in (words.text, words.html):
        assert (f"{LINKS.join}/session-1" in part) is (kind == "reminder")
        assert "meet.symposium.example" not in part


@pytest.mark.parametrize(("starts", "language", "said"), [
    ("20:30", "en", "You can join from 00:15 on"), ("20:10", "en", "You can join from 28 January, 23:55 on"),
    ("20:10", "ru", "28 января, 23:55")])
def test_a_reminder_says_the_date_from_when_one_can_join_where_it_is_the_day_before(
        starts: str, language: str, said: str) -> None:
    night = {"id": "session-1", "title": {"en": "Night", "ru": "Ночь"}, "starts": starts, "ends": "22:00"}
    words = mail("reminder", language, of=event(sessions=[night], reminders=[]))
    for part in (words.text, Page(words.html).text):
        assert said in " ".join(part.split())


def test_a_reminder_of_an_answer_says_until_when_in_all_zones() -> None:
    rule = ReminderRule.model_validate({
        "id": "answer", "before_minutes": 7200, "sessions": ["session-1"], "statuses": ["no-answer"]})
    of = event(answer_by={"days_before": 3, "at": "19:30"})
    silent = Invitee(id="i1", event=of.id, email="n@example.org", name="N", language="en", time_zone="Asia/Tashkent")
    words = compose("reminder", event=of, invitee=silent, locale=load_locale("en"), links=LINKS, now=NOW, rule=rule,
                    registration=None, session=of.document.session("session-1"))
    for part in (words.text, Page(words.html).text):
        said = " ".join(part.split())
        assert "Monday, 25 January 2021, 23:30 your time (Tashkent, UTC+5)" in said
        assert "19:30 in Vienna (CET, UTC+1)" in said and "18:30 UTC" in said


def test_without_reminders_the_confirmation_brings_the_link_to_join() -> None:
    words = mail("confirmation", of=event(reminders=[]))
    for name in ("session-1", "session-2"):
        assert f"{LINKS.join}/{name}" in words.text and f"{LINKS.join}/{name}" in Page(words.html).links


def test_a_meeting_in_a_building_has_no_link_to_join() -> None:
    of = event(venue={"kind": "in-person", "name": {"en": "Hofburg, Vienna"}})
    for kind in KINDS:
        words = mail(kind, of=of)
        assert "link to join" not in words.text + words.html
        assert ("Hofburg, Vienna" in words.text) is (kind not in ("feedback", "contribution"))


def test_a_confirmation_lists_my_sessions_alone_and_says_when_it_is_a_change() -> None:
    first = mail("confirmation", registration={"sessions": ["session-2", "gone"]})
    assert "10:20–12:00 in Vienna" in first.text
    assert "08:30" not in first.text
    assert first.subject.startswith("Registration confirmed, ")
    assert mail("confirmation", registration={"version": 2}).subject.startswith("Registration changed, ")


def test_what_is_said_to_be_attached_is_what_the_caller_attached() -> None:
    assert "Concept note (PDF)" in mail("invitation", attached=["concept-note"]).text
    assert "Attached" not in mail("invitation", attached=[]).text
    assert "attached calendar entry" not in mail("confirmation", attached=["agenda"]).text


def test_a_reminder_needs_its_session_and_a_confirmation_its_registration() -> None:
    of = event()
    invitee = Invitee(id="i1", event=of.id, email="a@example.org", name="A", language="en", time_zone="UTC")
    for kind in ("reminder", "confirmation", "contribution"):
        with pytest.raises(ValueError, match="needs its"):
            compose(kind, event=of, invitee=invitee, locale=load_locale("en"), links=LINKS, now=NOW)


def test_two_events_with_one_id_and_version_do_not_share_their_facts() -> None:
    assert "One" in mail("invitation", of=event(title={"en": "One"})).subject
    assert "Two" in mail("invitation", of=event(title={"en": "Two"})).subject


NEWS = [("place", state, attending) for state in ("offered", "waiting", "approval", "refused", "expired", "closed")
        for attending in (False, True)] + [("withdrawn", by, seen) for by in ("colleague", "head")
                                           for seen in (False, True)]  # fmt: skip
NEWS += [("cancellation", rsvp, seen) for rsvp in ("declined", "tentative", "delegated") for seen in (False, True)]


def news(kind: Kind, what: str, registered: bool, language: str) -> Words:
    """What the mail says of a place in one of its states, or of an invitation that somebody withdrew."""
    of = event()
    facts = {"invitee": "i1", "event": of.id, "name": "Nigora Karimova", "organisation": "Ministry",
             "sessions": ["session-1"], "consented_at": NOW, "updated_at": NOW}  # fmt: skip
    own = {"attending": Attendance(sessions=["session-2"])} if registered and kind == "place" else {}
    own |= {"withdrawn_by": what, "passed_on_by": "Anna Ivanova"} if kind == "withdrawn" else {}
    if kind == "cancellation":
        own |= {"rsvp": what, "dropped": [["session-1", 1]] if registered else []}
    invitee = Invitee(id="i1", event=of.id, email="n@example.org", name="Nigora Karimova", language=language,
                      time_zone="Asia/Tashkent", **own)  # fmt: skip
    told: Any = Registration.model_validate(facts) if registered else None
    if kind == "place":
        told = PlaceRequest.model_validate({**facts, "state": what, "until": NOW, "reason": "It is for directors."})
    calendar = ["calendar"] if kind != "place" and registered else []
    return compose(kind, event=of, invitee=invitee, locale=load_locale(language), links=LINKS, now=NOW,
                   registration=told, attached=calendar)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "what", "registered"), NEWS)
def test_news_says_the_same_as_text_and_as_html_in_one_language(
    kind: Kind, what: str, registered: bool, language: str
) -> None:
    words = news(kind, what, registered, language)
    page = Page(words.html)
    assert words.subject.splitlines() == [words.subject] and len(words.subject) <= mails.SUBJECT_LENGTH
    said = " ".join(words.text.split())
    for sentence in re.split(r"(?<=[.:]) ", said.partition(SYMPOSIUM["title"][language])[0]):
        assert sentence.strip() in page.text or "UTC" in sentence  # times are laid out otherwise
    if language == "ru":
        latin = re.sub(r"Nigora Karimova|Anna Ivanova|It is for directors\.|\S*(://|@)\S*|UTC\S*|CET|Zoom", "", said)
        assert not re.search(r"[A-Za-z]{3,} [A-Za-z]{3,}", latin)
    wanted = {LINKS.data} if kind == "withdrawn" else {LINKS.page}
    assert set(re.findall(rf"{BASE}\S*", said)) == wanted == {one for one in page.links if "/i/" in one}


def test_who_is_registered_already_is_never_told_that_they_are_not() -> None:
    for kind, what, registered in NEWS:
        said = " ".join(news(kind, what, registered, "en").text.split())
        if kind == "place" and what in ("waiting", "expired", "closed"):
            assert ("You are not registered" in said) is not registered
            assert ("registration stays as it is" in said) is registered


def test_who_said_no_hears_of_a_registration_only_when_there_was_one() -> None:
    for rsvp in ("declined", "tentative", "delegated"):
        with_one, without = (news("cancellation", rsvp, seen, "en") for seen in (True, False))
        assert with_one.subject.startswith("Your registration is withdrawn: ")
        assert "your place is free for somebody else." in " ".join(with_one.text.split())
        assert without.subject.startswith("You have declined: ") and "registration" not in without.text


def trial(kind: Kind, language: str = "en", recipients: int = 412) -> Words:
    batch = Batch(id="3f2a9c01d4e58b7a6c90", event="symposium", kind=kind, occurrence="1", plan_id="p", accepted_at=NOW,
                  plan=Plan(to_send=recipients))
    return mail(kind, language, name="Нигора Каримова", tested=batch)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["invitation", "chase", "feedback"])
def test_a_test_differs_from_the_mail_by_its_band_and_the_beginning_of_its_subject(kind: Kind, language: str) -> None:
    test, real = trial(kind, language), mail(kind, language, name="Нигора Каримова")
    assert test.subject == {"en": "[Test] ", "ru": "[Проба] "}[language] + real.subject
    assert test.text.endswith(real.text)
    assert Page(test.html).text.endswith(Page(real.html).text.partition("Нигора")[2])
    for part in (test.text, Page(test.html).text):
        assert "412" in part.partition("Нигора")[0]
    for part in (real.subject, real.text, Page(real.html).text):
        assert not re.search(r"\b(Test|Проба)\b", part)


@pytest.mark.parametrize(("recipients", "said"), [
    (1, "в которой 1 получатель."), (2, "в которой 2 получателя."), (5, "в которой 5 получателей.")])
def test_russian_counts_the_recipients_of_a_test_in_its_own_plural(recipients: int, said: str) -> None:
    assert said in " ".join(trial("invitation", "ru", recipients).text.split())


def unreached(name: str = "Нигора Каримова", suppressed: str = "bounce", kind: str = "invitation",
              at: datetime = NOW) -> mails.Unreached:
    person = Invitee(id="k3v9x0q2m7b1c8z5t4w6", event="symposium", email="n@example.org", name=name, language="en",
                     time_zone="Asia/Tashkent", suppressed=suppressed)
    return mails.Unreached(person, kind, at)


def notice(*people: mails.Unreached, more: int = 0, language: str = "en", of: Event | None = None) -> Words:
    return mails.notice(people or [unreached()], more, event=of or event(), locale=load_locale(language))


def test_a_notice_says_who_is_not_reached_why_by_which_mail_when_and_what_to_do() -> None:
    words = notice()
    assert words.subject.startswith("1 address gets no more mail: ")
    for part in (words.text, Page(words.html).text):
        plain = " ".join(part.split())
        said = ["Нигора Каримова", "n@example.org", "The address does not exist, or takes no mail.",
                "Invitation, 14 January 2021, 10:00", "k3v9x0q2m7b1c8z5t4w6", "Times of Vienna.", "What you can do",
                "/api/events/symposium/invitees/"]
        places = [plain.index(each) for each in said]
        assert places == sorted(places)


@pytest.mark.parametrize(("language", "complaint", "chase", "other"), [
    ("en", "The recipient marked the mail as spam.", "Second invitation, ", "Mail of another event, "),
    ("ru", "Получатель пометил письмо как спам.", "Повторное приглашение, ", "Письмо о другом мероприятии, ")])
def test_a_notice_tells_a_complaint_from_a_bounce_and_names_the_mail(
        language: str, complaint: str, chase: str, other: str) -> None:
    text = notice(unreached(suppressed="complaint", kind="chase"), language=language).text
    assert complaint in text and chase in text
    assert other in notice(unreached(kind=""), language=language).text


def test_a_notice_counts_those_whom_it_does_not_list() -> None:
    words = notice(unreached(), unreached("B"), more=3)
    assert words.subject.startswith("5 addresses get no more mail: ")
    for part in (words.text, Page(words.html).text):
        assert "and 3 more" in part and "GET /api/events/symposium/invitees?suppressed=true" in part
    assert "suppressed=true" not in notice().text


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_notice_is_in_russian_where_the_event_is_and_counts_as_russian_does(count: int) -> None:
    words = notice(*[unreached()] * count, more=7, language="ru")
    assert f"{count + 7} адрес" in words.subject
    for part in (words.subject, words.text, Page(words.html).text):
        plain = re.sub(r"(GET|PUT|POST|DELETE) /\S+|\S+@\S+|k3v9x0q2m7b1c8z5t4w6|\bUTC\b", "", part)
        assert not re.search(r"[A-Za-z]{2,}", plain), plain


def test_markup_in_the_names_of_a_notice_stays_text() -> None:
    evil = "<script>alert(1)</script> & {{ 7 * 7 }}"
    words = notice(unreached(evil))
    assert "<script" not in words.html
    assert evil in Page(words.html).text


def test_the_text_of_a_notice_is_set_in_lines_that_fit() -> None:
    text = notice(*[unreached()] * 50, more=1, language="ru").text
    assert [line for line in text.splitlines() if len(line) > 72 and "/api/" not in line] == []
    assert "\n\n\n" not in text


@pytest.mark.parametrize(("changes", "opening"), [
    ({"date": "2021-01-27"}, "New time or place, 28 January 2021: Fostering"),
    ({"venue": {**SYMPOSIUM["venue"], "join_url": "https://zoom.example/j/2"}}, "New link to join, 28 January 2021: "),
    ({"sessions": []}, "New times, 28 January 2021: Fostering"),
    ({"one": {"starts": "08:25"}}, "New time, 28 January 2021: Session 1"),
    ({"one": {"title": {"en": "Opening", "ru": "Открытие"}}}, "New in the agenda, 28 January 2021: Fostering"),
    ({"another": True}, "Does not take place on 28 January 2021: Session X"),
], ids=["date", "link", "times", "time", "title", "cancelled"])  # fmt: skip
def test_the_subject_of_a_notice_says_what_matters_most(changes: dict[str, Any], opening: str) -> None:
    of = event()
    raw = of.document.model_dump(mode="json", exclude_unset=True)
    gone = {"id": "session-x", "title": {"en": "Session X"}, "starts": "17:00", "ends": "18:00"}
    place = next(number for number, one in enumerate(raw["sessions"]) if one["id"] == "session-1")
    raw["sessions"][place] |= changes.get("one", {})
    raw["sessions"] += [gone] if "another" in changes else []
    before = EventDocument.model_validate({**raw, **{name: changes[name] for name in ("date", "venue")
                                                     if name in changes}})  # fmt: skip
    found = told(of) if "sessions" in changes else Told(before, agenda_changes(before, of.document))
    assert mail("change", told=found).subject.startswith(opening)


def test_a_notice_tells_who_is_only_invited_how_to_answer() -> None:
    of = event()
    invitee = Invitee(id="i1", event=of.id, email="a@example.org", name="A", language="en", time_zone="Asia/Tashkent")
    words = compose("change", event=of, invitee=invitee, locale=load_locale("en"), links=LINKS, now=NOW, told=told(of))
    page = Page(words.html)
    assert "an event that you are invited to" in page.text and "because you were invited" in page.text
    assert LINKS.registration not in words.text + words.html and LINKS.page in page.links
    with pytest.raises(ValueError, match="needs changes"):
        compose("change", event=of, invitee=invitee, locale=load_locale("en"), links=LINKS, now=NOW)
