"""Wherever a time of day is shown to somebody it stands in their zone, in the event's, and in UTC.

Every page and every mail is read as somebody in Tashkent sees an event in Vienna, block by block: a sentence, a row of
a table, an entry of a list, a subject, the line that lists of mails show after it. A time passes when the other two
clocks stand in the same block.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from chalicelib.domain.event import Kind
from chalicelib.domain.message import Words
from chalicelib.domain.reminder import ReminderRule
from tests.adapters.page_cases import STATES, page
from tests.adapters.test_mails import KINDS, LANGUAGES, NEWS, mail, news, notice
from tests.adapters.test_mails import event as symposium

TASHKENT, VIENNA, UTC = (timedelta(hours=ahead) for ahead in (5, 1, 0))
"""In January."""

DAY = timedelta(days=1)
TIME = re.compile(r"(?<![\d:])([01]\d|2[0-3]):([0-5]\d)(?!\d)")
VOID = {"meta", "br", "input", "hr", "img", "link"}
BLOCKS = {"li", "dd", "tr", "div"}


class Element:
    def __init__(self, tag: str, attrs: dict[str, str], above: "Element | None") -> None:
        self.tag, self.names, self.above = tag, attrs.get("class", "").split(), above
        self.shown = tag not in ("style", "script")
        self.text = ""

    def line(self) -> "Iterator[Element]":
        """Itself, and what it stands in, up to the document."""
        yield self
        if self.above:
            yield from self.above.line()

    @property
    def is_block(self) -> bool:
        return self.tag in BLOCKS and not (self.above and "zones" in self.above.names)


class Document(HTMLParser):
    """The blocks of an HTML document that show a time: the entry, row or box around it, else its paragraph."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.here = Element("html", {}, None)
        self.timed: list[Element] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.here = Element(tag, {name: value or "" for name, value in attrs}, self.here)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            while self.here.above and self.here.tag != tag:
                self.here = self.here.above
            self.here = self.here.above or self.here

    def handle_data(self, data: str) -> None:
        line = list(self.here.line())
        if not all(one.shown for one in line):
            return
        for one in line:
            one.text += f"{data} "
        if TIME.search(data):
            paragraph = next((one for one in line if one.tag == "p"), self.here)
            self.timed.append(next((one for one in line if one.is_block), paragraph))


def incomplete(block: str, zones: tuple[timedelta, ...] = (TASHKENT, VIENNA, UTC)) -> list[str]:
    """The times in it of which another zone is missing."""
    said = [(found[0], timedelta(hours=int(found[1]), minutes=int(found[2])))
            for found in TIME.finditer(block)]
    clocks = {clock for _, clock in said}
    whole = {(moment + zone) % DAY for moment in [clock - zone for clock in clocks for zone in zones]
             if all((moment + zone) % DAY in clocks for zone in zones) for zone in zones}  # fmt: skip
    return [words for words, clock in said if clock not in whole]


def gaps(html: str, zones: tuple[timedelta, ...] = (TASHKENT, VIENNA, UTC)) -> list[str]:
    """Blocks with a time that lacks a zone."""
    return [" ".join(block.text.split()) for block in Document(html).timed if incomplete(block.text, zones)]


def paragraphs(text: str, zones: tuple[timedelta, ...] = (TASHKENT, VIENNA, UTC)) -> list[str]:
    """The same of a text part: of each entry of a list, and each run of lines between empty ones."""
    return [part for part in re.split(r"\n\n|\n(?= +(?:- |\d\d:\d\d–\d\d:\d\d  ))", text) if incomplete(part, zones)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", STATES)
def test_every_time_on_a_page_is_in_all_zones(case: str, language: str) -> None:
    assert gaps(page(case, language).html) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_time_in_a_mail_is_in_all_zones(kind: Kind, language: str) -> None:
    complete(mail(kind, language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "what", "registered"), NEWS)
def test_every_time_in_news_is_in_all_zones(kind: Kind, what: str, registered: bool, language: str) -> None:
    complete(news(kind, what, registered, language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_time_in_the_organisers_notice_is_in_the_events_zone_and_utc(language: str) -> None:
    complete(notice(language=language), zones=(VIENNA, UTC))


def test_a_reminder_of_an_answer_and_of_a_night_have_all_zones() -> None:
    rule = ReminderRule.model_validate({
        "id": "answer", "before_minutes": 7200, "sessions": ["session-1"], "statuses": ["no-answer"]})  # fmt: skip
    asked = mail("reminder", rule=rule, rsvp="needs-action")
    assert "Answer by" in asked.text and "Answer by" in asked.html
    complete(asked)
    night = {"id": "session-1", "title": {"en": "Night"}, "starts": "20:10", "ends": "22:00"}
    complete(mail("reminder", of=symposium(sessions=[night], reminders=[])))


def test_an_item_after_the_readers_midnight_says_its_date() -> None:
    items = [{"id": "early", "title": {"en": "Early"}, "starts": "18:00", "ends": "20:30"},
             {"id": "late", "title": {"en": "Late"}, "starts": "20:30", "ends": "21:30"}]
    evening = symposium(sessions=[{"id": "session-1", "title": {"en": "Evening"}, "starts": "18:00", "ends": "21:30",
                                   "items": items}], reminders=[])  # fmt: skip
    asked = mail("reminder", of=evening)
    assert "  22:00–00:30  Early\n" in asked.text
    assert "  00:30–01:30  Late (Friday 29 January)\n" in asked.text
    assert asked.html.count("Friday 29 January") == 1
    complete(asked)


def complete(words: Words, zones: tuple[timedelta, ...] = (TASHKENT, VIENNA, UTC)) -> None:
    assert incomplete(words.subject, zones) == []
    assert gaps(words.html, zones) == []
    assert paragraphs(words.text, zones) == []


@pytest.mark.parametrize(("html", "found"), [
    ("<p>Until 22:00 your time</p>", 1),
    ("<p>Until 22:00 your time, 17:00 UTC</p>", 1),
    ("<p>Until 22:00 your time</p><p>18:00 in Vienna, 17:00 UTC</p>", 2),
    ("<p>Until 22:00 your time, 18:00 in Vienna · 17:00 UTC</p>", 0),
    ("<li>now starts at 01:30 (21:30 in Vienna · 20:30 UTC), it was 00:30</li>", 1),
    ("<li>now starts at 01:30, it was 00:30 (20:30 in Vienna · 19:30 UTC)</li>", 1),
    ("<dd><p>12:30–14:00</p><ul class='zones'><li>08:30–10:00 Vienna</li><li>07:30–09:00 UTC</li></ul></dd>", 0),
    ("<dd><p>12:30–14:00</p><ul class='zones'><li>08:30–10:00 Vienna</li><li>07:30–09:30 UTC</li></ul></dd>", 3),
    ("<div style='display:none'>12:30</div>", 1),
    ("<tr class='item'><td>12:30–12:50</td><td>08:30–08:50</td><td>Opening</td></tr>", 2),
])  # fmt: skip
def test_a_time_that_lacks_a_zone_is_found(html: str, found: int) -> None:
    assert len(gaps(html)) == found
