"""Words in several languages, and the small strings that models are made of."""

import re
import unicodedata
from datetime import time
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, StringConstraints, WithJsonSchema

LANGUAGE = r"^[a-z]{2,3}$"
SLUG = r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$"

Language = Annotated[str, StringConstraints(pattern=LANGUAGE)]
"""An ISO 639 code: ``en``, ``ru``."""

Slug = Annotated[str, StringConstraints(pattern=SLUG)]
"""Lower-case letters, digits and inner hyphens, 1 to 64 of them: it stands in URLs, keys and SES tags."""


def one_line(value: str) -> str:
    """Fold every run of white space (line breaks too) to one space and drop control and bidi-override characters.

    Letters are composed (NFC), so that a name typed on another keyboard stays the same name. The joiners that Persian
    and Indian scripts are written with stay where something stands on both sides of them.
    """
    if value.isprintable():  # nothing to drop or to fold but spaces: nearly every cell of a list
        return unicodedata.normalize("NFC", " ".join(value.split()))
    kept = "".join(" " if c.isspace() else c for c in value if c.isspace() or c.isprintable() or c in _JOINERS)
    line = " ".join(word for part in kept.split() if (word := part.strip(_JOINERS)))
    return unicodedata.normalize("NFC", line)


_JOINERS = "\u200c\u200d"

Line = Annotated[str, AfterValidator(one_line), StringConstraints(min_length=1, max_length=300)]
"""One line that people read: names, titles, offices."""


def may_be_link(line: str) -> bool:
    """Whether a mail program could make a link of a part of it. Names that people give go into mails to others.

    ``A.Karimov`` and ``Ph.D.`` are none; ``Dr.Karimov`` would be one, and is written with a space.
    """
    return _LINK.search(line) is not None


_LINK = re.compile(r"://|www\.|@|\w{2}\.\w{2}|\w\.\w{2,}/", re.IGNORECASE)


def paragraphs(value: str) -> str:
    """Each line cleaned by itself, line breaks kept; half a surrogate pair, which cannot be stored, goes too."""
    return "\n".join(one_line(line) for line in value.splitlines()).strip()


Text = Annotated[
    dict[Language, Annotated[str, AfterValidator(paragraphs), StringConstraints(max_length=5000)]],
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "examples": [{"en": "Symposium", "ru": "Симпозиум"}],
        }
    ),
]
"""Words by language: ``{"en": "Symposium", "ru": "Симпозиум"}``."""

Title = Annotated[
    Text, AfterValidator(lambda text: {language: _short(one_line(value)) for language, value in text.items()})
]
"""Text of one line in each language: it stands in mail headers and in tables."""


def _short(value: str) -> str:
    if len(value) > 300:
        raise ValueError("write at most 300 characters")
    return value


def words(text: Text, language: str) -> str:
    """The words in ``language``; else in the first language that has any; an empty text gives ``""``."""
    return next((value for value in (text.get(language, ""), *text.values()) if value.strip()), "")


def _wall_time(value: Any) -> time:
    """Strings only: YAML turns a bare 10:10 into the number 610, which would else be taken for 610 seconds."""
    if isinstance(value, str) and _CLOCK.fullmatch(value):
        return time(int(value[:2]), int(value[3:]))
    if isinstance(value, time) and value == time(value.hour, value.minute):
        return value
    raise ValueError('write a time of day as "HH:MM", in quotes, for instance "08:30"')


_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")

WallTime = Annotated[
    time,
    BeforeValidator(_wall_time),
    PlainSerializer(lambda value: f"{value:%H:%M}"),
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$", "examples": ["08:30"]}),
]
"""A time on the clock of the event's zone, to the minute: ``"08:30"``."""
