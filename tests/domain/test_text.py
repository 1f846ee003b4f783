from datetime import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from chalicelib.domain.text import Language, Line, Slug, Text, Title, WallTime, may_be_link, one_line, words


def accepts(kind: Any, value: Any) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Aziz\r\n Karimov\t", "Aziz Karimov"),
        ("Aziz\u00a0Karimov\u2028", "Aziz Karimov"),
        ("Aziz\x00\x07 Karimov", "Aziz Karimov"),
        ("A\u200bziz \ufeffKarimov\u00ad", "Aziz Karimov"),
        ("Aziz \u202eexe.vomiraK\u202c", "Aziz exe.vomiraK"),
        ("Aziz \u2066Karimov\u2069\u200f", "Aziz Karimov"),
        ("\ud800Aziz \ue000", "Aziz"),
        ("\n\t \u200b", ""),
        ("Ýazberdiýew", "Ýazberdiýew"),
    ],
)
def test_one_line_keeps_what_people_read_and_drops_breaks_controls_and_bidi_overrides(typed: str, kept: str) -> None:
    assert one_line(typed) == kept


def test_a_name_is_the_same_whether_its_accents_were_typed_as_one_character_or_two() -> None:
    assert one_line("Jose\u0301 S\u0327ule") == one_line("José Şule")


def test_joiners_that_persian_is_written_with_stay_inside_words_only() -> None:
    assert one_line("می\u200cخواهم") == "می\u200cخواهم"
    assert one_line("\u200d Aziz \u200c") == "Aziz"


@given(st.text())
def test_one_line_is_one_line_and_doing_it_again_changes_nothing(text: str) -> None:
    line = one_line(text)
    assert one_line(line) == line
    assert len(line.splitlines()) <= 1
    assert line == line.strip()
    line.encode("utf-8")


def test_a_text_keeps_its_lines_and_loses_what_cannot_be_stored_or_shown() -> None:
    text = TypeAdapter(Text).validate_python({"en": "  First\tline\ud800 \r\n\r\nSecond\u202e line\x00\n"})
    assert text == {"en": "First line\n\nSecond line"}
    assert not accepts(Text, {"en": "x" * 5001})


@pytest.mark.parametrize("value", ["", "  ", "\u202e", "\u200d", "x" * 301])
def test_a_line_has_1_to_300_characters_that_can_be_read(value: str) -> None:
    assert not accepts(Line, value)


def test_a_title_is_cleaned_in_each_language_and_keeps_to_300_characters() -> None:
    title = TypeAdapter(Title).validate_python({"en": "Round\nTable", "ru": " Стол "})
    assert title == {"en": "Round Table", "ru": "Стол"}
    assert not accepts(Title, {"en": "x" * 301})
    assert not accepts(Title, {"English": "x"})


def test_titles_and_texts_are_described_alike() -> None:
    assert TypeAdapter(Title).json_schema() == TypeAdapter(Text).json_schema()


def test_words_fall_back_to_the_first_language_that_has_any() -> None:
    assert words({"en": "Break", "ru": "Перерыв"}, "ru") == "Перерыв"
    assert words({"en": "Break", "ru": " "}, "ru") == "Break"
    assert words({"en": "", "ru": "Перерыв"}, "kk") == "Перерыв"
    assert words({}, "ru") == ""


@pytest.mark.parametrize("value", ["en", "kaz"])
def test_a_language_is_an_iso_639_code(value: str) -> None:
    assert accepts(Language, value)


@pytest.mark.parametrize("value", ["EN", "e", "english", "en-GB", "en\n", ""])
def test_other_strings_are_no_language(value: str) -> None:
    assert not accepts(Language, value)


@pytest.mark.parametrize("value", ["a", "session-1", "a" * 64])
def test_a_slug_is_1_to_64_letters_digits_and_inner_hyphens(value: str) -> None:
    assert accepts(Slug, value)


@pytest.mark.parametrize("value", ["", "-a", "a-", "A", "a_b", "a" * 65, "a\n", "é"])
def test_other_strings_are_no_slug(value: str) -> None:
    assert not accepts(Slug, value)


@given(st.times().map(lambda t: time(t.hour, t.minute)))
def test_a_time_of_day_is_read_as_it_is_written(moment: time) -> None:
    adapter = TypeAdapter(WallTime)
    assert adapter.validate_python(f"{moment:%H:%M}") == moment
    assert adapter.dump_python(moment) == f"{moment:%H:%M}"


@pytest.mark.parametrize(
    "value", ["8:30", "24:00", "08:60", "0:059", "008:5", "²1:00", "٠٨:٣٠", "08:30\n", "08:30:00", "", None]
)
def test_anything_but_two_digits_colon_two_digits_is_no_time_of_day(value: Any) -> None:
    assert not accepts(WallTime, value)


def test_a_bare_10_10_in_yaml_which_is_the_number_610_is_refused_and_not_taken_for_seconds() -> None:
    with pytest.raises(ValidationError, match="in quotes"):
        TypeAdapter(WallTime).validate_python(610)


def test_a_time_with_seconds_or_a_zone_is_refused_rather_than_cut() -> None:
    assert not accepts(WallTime, time(8, 30, 15))
    assert not accepts(WallTime, time.fromisoformat("08:30+05:00"))


@pytest.mark.parametrize("name", ["A.Karimov", "А.Б.Иванов", "Anna Berg, Ph.D.", "J. R. St. John", "Иванова-Петрова"])
def test_a_name_is_no_link(name: str) -> None:
    assert not may_be_link(name)


@pytest.mark.parametrize("name", ["see win.example", "t.co/x now", "HTTPS://X", "www.x", "a@b", "привет.рф"])
def test_what_a_mail_program_may_make_a_link_of_is_known(name: str) -> None:
    assert may_be_link(name)
