"""Plain text set in lines, for the text part of mails."""

import re
from functools import lru_cache

WIDTH = 72
"""Characters a line, so that it still fits when quoted once (RFC 3676, 4.2). Longer words stay whole."""

_HEAD = re.compile(r" *(?:- |\d\S+ {2})?")
"""What stands before the words of a line: an indent, a dash, hours with the gap after them."""


def wrapped(text: str) -> str:
    """Lines of 72 characters or fewer, each going on below its own first word; never two empty lines on end."""
    return squeezed("\n".join(part for line in text.splitlines() for part in wrapped_line(line)))


def squeezed(text: str) -> str:
    """Without two empty lines on end, and none before or after."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def wrapped_line(line: str) -> list[str]:
    """One line as the lines that it becomes, without white space at its end."""
    line = line.rstrip()
    return [line] if len(line) <= WIDTH else _long_line(line)


@lru_cache(maxsize=1024)
def _long_line(line: str) -> list[str]:
    head = _HEAD.match(line)
    start = head[0] if head else ""
    first, *rest = line[len(start):].split(" ")
    lines = [start + first]
    for word in rest:
        if len(lines[-1]) + 1 + len(word) <= WIDTH:
            lines[-1] += f" {word}"
        else:
            lines.append(" " * len(start) + word)
    return lines
