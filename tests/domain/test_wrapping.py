from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.wrapping import WIDTH, wrapped


def test_a_wrapped_line_goes_on_below_its_own_words() -> None:
    assert wrapped("Agenda\n  12:30–14:00  " + "word " * 14).splitlines() == [
        "Agenda", f"  12:30–14:00  {'word ' * 10}word", f"{' ' * 15}word word word"]
    assert wrapped("- " + "word " * 15).splitlines()[1] == "  word"


def test_a_link_stays_whole() -> None:
    assert wrapped("See https://" + "x" * 100) == "See\nhttps://" + "x" * 100 + "\n"


def test_two_empty_lines_become_one() -> None:
    assert wrapped("a\n\n\n  \nb\n\n") == "a\n\nb\n"


@given(st.lists(st.text("abcж", min_size=1, max_size=20), max_size=60).map(" ".join))
def test_no_word_is_lost_and_no_line_is_too_long(line: str) -> None:
    text = wrapped(line)
    assert text.split() == line.split()
    assert max(map(len, text.splitlines()), default=0) <= WIDTH
