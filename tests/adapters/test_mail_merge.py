"""A mail that is filled in says what it would say, had the templates been given the person's own words."""

from datetime import datetime
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from chalicelib.adapters import mails
from chalicelib.adapters.mail_merge import Own, filled, sheet
from chalicelib.domain.event import Kind
from chalicelib.domain.message import Words
from chalicelib.domain.text import Line
from tests.adapters.test_mails import KINDS, NOW, compiled, event, mail

__all__ = ["compiled"]

line = TypeAdapter(Line).validate_python
people = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=120).filter(
    lambda name: any(letter.isalnum() for letter in name)).map(line)
EVENT = event()


@settings(deadline=None)
@given(name=people, organisation=people, kind=st.sampled_from(KINDS), language=st.sampled_from(["en", "ru"]))
def test_a_mail_says_what_the_templates_say_of_the_person(
    name: str, organisation: str, kind: Kind, language: str
) -> None:
    def made() -> Words:
        return mail(kind, language, of=EVENT, name=name, registration={"organisation": organisation})

    merged = made()
    with patch.object(Own, "mark", lambda own, words: words):
        assert merged == made()


def test_everybody_of_one_case_has_the_templates_filled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[str] = []
    render = mails.render

    def counted(name: str, *given: Any, **context: Any) -> str:
        rendered.append(name)
        return render(name, *given, **context)

    monkeypatch.setattr(mails, "render", counted)
    of = event()
    names = ["Clara Weiss", "Иван Петров", "A. <b>", "Nigora Karimova"]
    said = [mail("invitation", of=of, name=name) for name in names]
    assert len(rendered) == 3, "subject, text and HTML"
    for own, words in zip(names, said, strict=True):
        assert f"Dear {own}," in words.text
        assert not any(other in words.text + words.html for other in names if other != own)


@pytest.mark.parametrize("difference", [
    {"zone": "Europe/Vienna"}, {"language": "ru"}, {"registration": {"sessions": ["session-1"]}},
    {"registration": {"version": 2}}, {"attached": ["calendar"]}, {"attached": []}])
def test_what_words_depend_on_makes_another_mail(difference: dict[str, Any]) -> None:
    of = event()
    assert mail("confirmation", of=of) != mail("confirmation", of=of, **difference)
    assert mail("confirmation", of=of) == mail("confirmation", of=of)


def test_the_sheets_of_two_events_are_two() -> None:
    one, other = (event(title={"en": title}) for title in ("A workshop", "A conference"))
    assert "A workshop" in mail("invitation", of=one).text
    assert "A conference" in mail("invitation", of=other).text


def test_a_subject_is_one_line_whoever_it_names() -> None:
    own = Own()
    words = filled(sheet(f"News for {own.mark('Clara' + chr(0x85) + 'Weiss')}", "text", "html"), own)
    assert words.subject == "News for Clara Weiss"


def test_nothing_has_no_mark() -> None:
    own = Own()
    assert own.mark("") == ""
    assert own.words == {}


def test_a_mark_in_what_a_person_writes_is_not_filled_in_again() -> None:
    own = Own()
    first, second = own.mark("\ue001"), own.mark("secret")
    assert filled(sheet("", f"{first} {second}", f"{first} {second}"), own).html == "\ue001 secret"


def test_a_long_name_is_set_in_lines_as_everything_else() -> None:
    own = Own()
    text = filled(sheet("", f"  {own.mark('word ' * 20 + 'end')} comes.\n\n\nBye", ""), own).text
    assert max(map(len, text.splitlines())) <= 72
    assert text.endswith("end comes.\n\nBye\n")


def test_the_moment_after_a_session_makes_another_mail() -> None:
    _, end = EVENT.document.span(EVENT.document.session("session-1"))
    assert mail_at(NOW) != mail_at(end)


def mail_at(now: datetime) -> Words:
    with patch("tests.adapters.test_mails.NOW", now):
        return mail("reminder", of=EVENT)
