"""The questions of a registration form, as an organiser writes them, and how answers to them are read.

An answer is a text, a whole number, true or false, a list of choices' ids, a day or a country as text, or the id of an
upload. A question that another answer hides has none, whatever was sent.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any, Literal

from pydantic import Field, model_validator

from chalicelib.domain.contribution import LARGEST_MB, MEGABYTE
from chalicelib.domain.countries import COUNTRIES
from chalicelib.domain.errors import Problem
from chalicelib.domain.formats import FILES, Format
from chalicelib.domain.model import Model
from chalicelib.domain.ready_questions import READY
from chalicelib.domain.text import Slug, Text, Title, one_line, paragraphs

FieldKind = Literal["short-text", "long-text", "number", "choice", "choices", "yes-no", "date", "country", "file"]

Answer = bool | int | str | list[str]

PREFIX = "q-"
"""Before a question's id, in the page's field names: ids of questions and names of our own fields never meet."""

CHOOSING: tuple[FieldKind, ...] = ("choice", "choices")

LONGEST: dict[FieldKind, int] = {"short-text": 200, "long-text": 4000}

MOST_FILES = 5
"""Questions of a form that ask for a file: each file is an item of the registration's transaction."""


class FormChoice(Model):
    """One of the offered answers; ``capacity`` is how many may have it."""

    id: Slug
    label: Title
    capacity: int | None = Field(default=None, ge=1, le=1_000_000)


class ShownIf(Model):
    """The question is asked when an earlier one has one of these answers; of yes-no ``yes`` or ``no``."""

    field: Slug
    equals: list[str] = Field(min_length=1, max_length=50)


class FormField(Model):
    """One question. ``min`` and ``max`` bound a number, or a date as ``2026-12-31``; a file is one of ``formats``, of
    ``max_mb`` at most.
    """

    id: Slug
    kind: FieldKind
    label: Title
    help: Text = Field(default_factory=dict)
    required: bool = False
    max_length: int | None = Field(default=None, ge=1, le=10_000)
    min: int | date | None = None
    max: int | date | None = None
    max_choices: int | None = Field(default=None, ge=1)
    choices: list[FormChoice] = Field(default_factory=list, max_length=100)
    formats: list[Format] = Field(default_factory=list, max_length=len(FILES))
    max_mb: int | None = Field(default=None, ge=1, le=LARGEST_MB)
    shown_if: ShownIf | None = None

    @model_validator(mode="before")
    @classmethod
    def _ready(cls, said: Any) -> Any:
        if not isinstance(said, dict) or "use" not in said:
            return said
        name = said["use"]
        if not isinstance(name, str) or name not in READY:
            raise ValueError(f'there is no ready question "{name}"; there are {", ".join(READY)}')
        return {"id": name, **READY[name], **{key: value for key, value in said.items() if key != "use"}}

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "FormField":
        ids = [choice.id for choice in self.choices]
        if (self.kind in CHOOSING) != bool(ids):
            raise ValueError(f'question "{self.id}": give choices to a choice, and none to other questions')
        if len(set(ids)) < len(ids):
            raise ValueError(f'question "{self.id}": a choice stands twice')
        if not any(value.strip() for value in self.label.values()):
            raise ValueError(f'question "{self.id}" needs a label')
        bound = {"number": int, "date": date}.get(self.kind)
        for limit in (self.min, self.max):
            if limit is not None and (bound is None or type(limit) is not bound):
                raise ValueError(f'question "{self.id}": min and max go with a number or, as days, with a date')
        if self.min is not None and self.max is not None and self.min > self.max:  # type: ignore[operator]
            raise ValueError(f'question "{self.id}": min is larger than max')
        self._fits_a_file()
        return self

    def _fits_a_file(self) -> None:
        if (self.kind == "file") != bool(self.formats):
            raise ValueError(f'question "{self.id}": give formats to a file, and none to other questions')
        if self.max_mb is not None and self.kind != "file":
            raise ValueError(f'question "{self.id}": max_mb goes with a file')
        if "text" in self.formats:
            raise ValueError(f'question "{self.id}": a file has some of the formats {", ".join(FILES)}; '
                             "for a text, ask a long-text")  # fmt: skip

    @property
    def name(self) -> str:
        """What the page calls it."""
        return f"{PREFIX}{self.id}"

    @property
    def longest(self) -> int:
        return self.max_length or LONGEST.get(self.kind, 0)

    @property
    def files(self) -> list[Format]:
        """The formats of a file, in the order in which they are always named."""
        return [name for name in FILES if name in self.formats]

    @property
    def megabytes(self) -> int:
        return self.max_mb or LARGEST_MB

    @property
    def most(self) -> int:
        """Octets of a file, at most."""
        return self.megabytes * MEGABYTE

    @property
    def purpose(self) -> str:
        """What an upload is checked for that answers it."""
        return f"question {self.id}"


def check_form(fields: Sequence[FormField]) -> None:
    """Raises ValueError when two have one id, one is shown by an answer that does not come before it, or too many ask
    for a file.
    """
    if sum(field.kind == "file" for field in fields) > MOST_FILES:
        raise ValueError(f"form: at most {MOST_FILES} questions may ask for a file")
    before: dict[str, FormField] = {}
    for field in fields:
        if field.id in before:
            raise ValueError(f'form: question "{field.id}" stands twice')
        if field.shown_if:
            asked = before.get(field.shown_if.field)
            if asked is None:
                raise ValueError(f'question "{field.id}" is shown by "{field.shown_if.field}", which must come before')
            if asked.kind == "file":
                raise ValueError(f'question "{field.id}" is shown by "{asked.id}", which asks for a file')
            for value in set(field.shown_if.equals) - _possible(asked, field.shown_if.equals):
                raise ValueError(f'question "{field.id}" is shown by the answer "{value}", which "{asked.id}" has not')
        before[field.id] = field


def _possible(field: FormField, asked: Sequence[str]) -> set[str]:
    if field.kind in CHOOSING:
        return {choice.id for choice in field.choices}
    return {"yes", "no"} if field.kind == "yes-no" else set(asked)


def is_shown(field: FormField, answers: Mapping[str, Answer]) -> bool:
    """Whether the answers before it ask for this question."""
    if field.shown_if is None:
        return True
    given = answers.get(field.shown_if.field)
    said = given if isinstance(given, list) else [spoken(given)] if given is not None else []
    return any(one in field.shown_if.equals for one in said)


def spoken(answer: Answer) -> str:
    """A single answer as a form sends it."""
    return ("no", "yes")[answer] if isinstance(answer, bool) else str(answer)


def posted(answers: Mapping[str, Answer]) -> dict[str, list[str]]:
    """Answers as a page's form would send them."""
    return {
        f"{PREFIX}{name}": answer if isinstance(answer, list) else [spoken(answer)] for name, answer in answers.items()
    }


def read_answers(
    fields: Sequence[FormField], form: Mapping[str, Sequence[str]], files: Mapping[str, Collection[str]] | None = None
) -> tuple[dict[str, Answer], list[Problem]]:
    """The answers by question, and what does not fit, by the page's field name. Nothing is said of hidden questions.

    ``files`` has the ids of the uploads that this person may answer each question with.
    """
    answers: dict[str, Answer] = {}
    problems = []
    for field in fields:
        if not is_shown(field, answers):
            continue
        said = [one for one in form.get(field.name, []) if one.strip()]
        if not said:
            if field.required:
                missing = "Add a file." if field.kind == "file" else "Answer this question."
                problems.append(Problem(field=field.name, message=missing))
            continue
        answer, wrong = _read(field, said, (files or {}).get(field.id, ()))
        if wrong:
            problems.append(Problem(field=field.name, message=wrong))
        elif answer != "":
            answers[field.id] = answer
        elif field.required:
            problems.append(Problem(field=field.name, message="Answer this question."))
    return answers, problems


def _read(field: FormField, said: Sequence[str], files: Collection[str]) -> tuple[Answer, str]:
    """The answer, and what is wrong with it."""
    if field.kind == "choices":
        chosen = [choice.id for choice in field.choices if choice.id in said]
        if len(chosen) < len(set(said)):
            return "", "Choose among the offered answers."
        return chosen, "Choose fewer answers." if field.max_choices and len(chosen) > field.max_choices else ""
    if len(said) > 1:
        return "", "Give one answer."
    if field.kind == "file":
        lost = "The file did not arrive, or it was deleted meanwhile. Choose it once more."
        return (said[0], "") if said[0] in files else ("", lost)
    reader: Callable[[FormField, str], tuple[Answer, str]] = _READ[field.kind]
    return reader(field, said[0])


def _short(field: FormField, said: str) -> tuple[Answer, str]:
    line = one_line(said[: 10 * field.longest])
    return line, "Shorten this answer." if len(line) > field.longest or len(said) > 10 * field.longest else ""


def _long(field: FormField, said: str) -> tuple[Answer, str]:
    text = paragraphs(said[: 10 * field.longest])
    return text, "Shorten this answer." if len(text) > field.longest or len(said) > 10 * field.longest else ""


def _number(field: FormField, said: str) -> tuple[Answer, str]:
    if not re.fullmatch(r"[+-]?[0-9]{1,15}", said.strip()):
        return "", "Write a whole number, in digits."
    number = int(said.strip())
    return number, "" if _between(field, number) else "Write a number within the limits."


def _date(field: FormField, said: str) -> tuple[Answer, str]:
    try:
        day = date.fromisoformat(said.strip())
    except ValueError:
        return "", "Choose a day, or write it as 2026-12-31."
    return day.isoformat(), "" if _between(field, day) else "Choose a day within the limits."


def _between(field: FormField, value: Any) -> bool:
    return (field.min is None or value >= field.min) and (field.max is None or value <= field.max)


def _choice(field: FormField, said: str) -> tuple[Answer, str]:
    known = said in [choice.id for choice in field.choices]
    return (said, "") if known else ("", "Choose among the offered answers.")


def _yes_no(field: FormField, said: str) -> tuple[Answer, str]:
    return (said == "yes", "") if said in ("yes", "no") else ("", "Choose yes or no.")


def _country(field: FormField, said: str) -> tuple[Answer, str]:
    code = said.strip().upper()
    return (code, "") if code in COUNTRIES else ("", "Choose a country from the list.")


_READ: dict[FieldKind, Any] = {
    "short-text": _short, "long-text": _long, "number": _number, "date": _date,
    "choice": _choice, "yes-no": _yes_no, "country": _country,
}  # fmt: skip
