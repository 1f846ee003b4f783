"""Mail merge: a mail's words are written once for everybody to whom they say the same, with marks where each person's
own words belong; one person's mail is then these marks filled in.

Templates see marks in place of names and links, so nobody's can get into another's mail. What else they may know of a
person, such as whether they answered, they get as it is: it is part of what a sheet is kept by.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from markupsafe import escape

from chalicelib.domain.message import Words
from chalicelib.domain.text import one_line
from chalicelib.domain.wrapping import squeezed, wrapped_line

_MARK = re.compile("([\ue000-\ue0ff])")
"""Private-use characters, which ``domain.text`` takes out of everything that people write."""


class Own:
    """The words of one person, by the mark that stands for them."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}

    def mark(self, words: str) -> str:
        """The next mark. Nothing stays nothing, for templates ask whether there is any."""
        if not words:
            return ""
        mark = chr(0xE000 + len(self.words))
        self.words[mark] = words
        return mark


class Sheet(NamedTuple):
    """A mail with marks: each part as pieces, of which every second one is a mark. Of ``text``, the lines with a mark,
    which are set once they are filled in, and between them what is set already.
    """

    subject: list[str]
    text: list[str | list[str]]
    html: list[str]


def sheet(subject: str, text: str, html: str) -> Sheet:
    """Of what the templates made of marks."""
    set_lines = (line if _MARK.search(line) else "\n".join(wrapped_line(line)) for line in text.splitlines())
    lines = squeezed("\n".join(set_lines)).splitlines(keepends=True)
    return Sheet(_MARK.split(subject), [_MARK.split(line) if _MARK.search(line) else line for line in lines],
                 _MARK.split(html))


def filled(made: Sheet, own: Own) -> Words:
    """One person's mail."""
    words, escaped = own.words, {mark: str(escape(word)) for mark, word in own.words.items()}
    text = "".join(line if isinstance(line, str) else "\n".join(wrapped_line(_joined(line, words))) + "\n"
                   for line in made.text)
    return Words(one_line(_joined(made.subject, words)), text, _joined(made.html, escaped))


def _joined(pieces: list[str], words: Mapping[str, str]) -> str:
    return "".join([words.get(piece, piece) for piece in pieces])
