"""Registration forms: what an organiser may write, and that any answer is taken or refused with its field's name."""

import re
from collections import Counter
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from chalicelib.domain.form import READY, FormField, check_form, posted, read_answers
from tests.domain.event_documents import document
from tests.domain.form_fields import A_FEW, KINDS, fitting, sent_to, sound_forms, uploads_of

FORM = TypeAdapter(list[FormField])


def form(*fields: dict[str, Any]) -> list[FormField]:
    found = FORM.validate_python([{"kind": "short-text", "label": {"en": "Question"}, **one} for one in fields])
    check_form(found)
    return found


def read(field: dict[str, Any], *said: str, files: Any = ()) -> Any:
    """The answer to one question, or the messages about it."""
    [one] = form({"id": "it", **field})
    there = {"it": files, "other": ["upload of another question"]}
    answers, problems = read_answers([one], {"q-it": list(said)}, there)
    assert {problem.field for problem in problems} <= {"q-it"}
    return [problem.message for problem in problems] or answers.get("it")


CHOICES = {"choices": [{"id": "a", "label": {"en": "A"}}, {"id": "b", "label": {"en": "B"}}]}


@pytest.mark.parametrize("field, said, answer", [
    ({"kind": "short-text"}, "  Clara\r\nWeiss\u202e ", "Clara Weiss"),
    ({"kind": "short-text"}, "=1+1", "=1+1"),
    ({"kind": "short-text"}, "<b>x</b>", "<b>x</b>"),
    ({"kind": "short-text", "max_length": 3}, "abcd", ["Shorten this answer."]),
    ({"kind": "short-text"}, "x" * 65_536, ["Shorten this answer."]),
    ({"kind": "long-text"}, "one\r\ntwo\n", "one\ntwo"),
    ({"kind": "long-text"}, "x" * 65_536, ["Shorten this answer."]),
    ({"kind": "number", "min": 1, "max": 9}, " 7 ", 7),
    ({"kind": "number", "min": 1, "max": 9}, "10", ["Write a number within the limits."]),
    ({"kind": "number"}, "7.5", ["Write a whole number, in digits."]),
    ({"kind": "number"}, "٣", ["Write a whole number, in digits."]),
    ({"kind": "number"}, "\x1c7", 7),
    ({"kind": "number"}, "9" * 5000, ["Write a whole number, in digits."]),
    ({"kind": "choice", **CHOICES}, "b", "b"),
    ({"kind": "choice", **CHOICES}, "c", ["Choose among the offered answers."]),
    ({"kind": "yes-no"}, "no", False),
    ({"kind": "yes-no"}, "perhaps", ["Choose yes or no."]),
    ({"kind": "date", "min": date(2026, 1, 1)}, "2026-01-01", "2026-01-01"),
    ({"kind": "date", "min": date(2026, 1, 1)}, "2025-12-31", ["Choose a day within the limits."]),
    ({"kind": "date"}, "31.12.2026", ["Choose a day, or write it as 2026-12-31."]),
    ({"kind": "country"}, "tj", "TJ"),
    ({"kind": "country"}, "XX", ["Choose a country from the list."]),
    ({"kind": "short-text"}, " \u200b ", None),
    ({"kind": "short-text", "required": True}, " \u202e ", ["Answer this question."]),
])  # fmt: skip
def test_an_answer_is_cleaned_and_taken_or_refused_with_what_to_do(
    field: dict[str, Any], said: str, answer: Any
) -> None:
    assert read(field, said) == answer


def test_several_choices_are_taken_in_the_forms_order_and_no_more_than_allowed() -> None:
    assert read({"kind": "choices", **CHOICES}, "b", "a") == ["a", "b"]
    assert read({"kind": "choices", "max_choices": 1, **CHOICES}, "b", "a") == ["Choose fewer answers."]
    assert read({"kind": "choices", **CHOICES}, "b", "z") == ["Choose among the offered answers."]
    assert read({"kind": "choice", **CHOICES}, "a", "b") == ["Give one answer."]


LOST = ["The file did not arrive, or it was deleted meanwhile. Choose it once more."]
LETTER = {"kind": "file", "formats": ["pdf"]}


@pytest.mark.parametrize("said, files, answer", [
    (["mine"], ["mine", "mine too"], "mine"),
    (["mine"], [], LOST),
    (["upload of another question"], ["mine"], LOST),
    (["mine "], ["mine"], LOST),
    (["mine", "mine too"], ["mine", "mine too"], ["Give one answer."]),
    ([""], ["mine"], ["Add a file."]),
    ([], ["mine"], ["Add a file."]),
])  # fmt: skip
def test_a_file_is_one_that_was_added_for_this_very_question(said: list[str], files: list[str], answer: Any) -> None:
    assert read({**LETTER, "required": True}, *said, files=files) == answer


def test_a_file_that_is_not_required_may_be_left_out() -> None:
    assert read(LETTER, "", files=["mine"]) is None


def test_a_file_has_the_formats_that_are_written_in_the_usual_order_and_a_size() -> None:
    [small, plain] = form({"id": "a", "kind": "file", "formats": ["png", "pdf"], "max_mb": 2},
                          {"id": "b", "kind": "file", "formats": ["jpeg"]})  # fmt: skip
    assert (small.files, small.most, plain.most) == (["pdf", "png"], 2 * 1024 * 1024, 25 * 1024 * 1024)


VISA = [{"id": "visa", "kind": "yes-no"},
        {"id": "passport", "required": True, "shown_if": {"field": "visa", "equals": ["yes"]}}]  # fmt: skip


@pytest.mark.parametrize("visa, answers, wrong", [
    ("yes", {"visa": True}, ["q-passport"]), ("no", {"visa": False}, []), ("", {}, []),
])  # fmt: skip
def test_a_hidden_question_is_neither_required_nor_kept(visa: str, answers: Any, wrong: list[str]) -> None:
    found, problems = read_answers(form(*VISA), {"q-visa": [visa], "q-passport": [""]})
    assert (found, [one.field for one in problems]) == (answers, wrong)
    kept, _ = read_answers(form(*VISA), {"q-visa": [visa], "q-passport": ["N1"]})
    assert ("passport" in kept) == (visa == "yes")


@pytest.mark.parametrize("fields, said", [
    ([{"id": "a"}, {"id": "a"}], "stands twice"),
    ([{"id": "a", "shown_if": {"field": "b", "equals": ["x"]}}, {"id": "b"}], "must come before"),
    ([{"id": "a", "kind": "yes-no"}, {"id": "b", "shown_if": {"field": "a", "equals": ["maybe"]}}], "has not"),
    ([{"id": "a", "kind": "choice"}], "give choices"),
    ([{"id": "a", **CHOICES}], "give choices"),
    ([{"id": "a", "label": {"en": " "}}], "needs a label"),
    ([{"id": "a", "kind": "number", "min": 3, "max": 1}], "min is larger"),
    ([{"id": "a", "min": 3}], "go with a number"),
    ([{"use": "shoe-size"}], "no ready question"),
    ([{"use": ["dietary"]}], "no ready question"),
    ([{"id": "a", "kind": "file"}], "give formats to a file"),
    ([{"id": "a", "formats": ["pdf"]}], "give formats to a file"),
    ([{"id": "a", "kind": "file", "formats": ["pdf", "text"]}], "ask a long-text"),
    ([{"id": "a", "kind": "file", "formats": ["exe"]}], "formats"),
    ([{"id": "a", "max_mb": 2}], "goes with a file"),
    ([{"id": "a", "kind": "file", "formats": ["pdf"], "max_mb": 26}], "max_mb"),
    ([{"id": "a", "kind": "file", "formats": ["pdf"]}, {"id": "b", "shown_if": {"field": "a", "equals": ["x"]}}],
     "asks for a file"),
    ([{"id": f"f{n}", "kind": "file", "formats": ["pdf"]} for n in range(6)], "at most 5 questions"),
])  # fmt: skip
def test_a_form_that_cannot_work_is_refused_with_what_to_write(fields: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        form(*fields)


@pytest.mark.parametrize("name", READY)
def test_a_ready_question_needs_one_line_and_gives_way_to_what_stands_beside_it(name: str) -> None:
    [plain, own] = FORM.validate_python([{"use": name}, {"use": name, "id": "own", "label": {"en": "Mine"}}])
    assert {"en", "ru"} <= set(plain.label) and plain.id == name
    assert (own.id, own.label, own.kind) == ("own", {"en": "Mine"}, plain.kind)


def test_answers_sent_again_as_a_page_would_send_them_are_the_same() -> None:
    kinds = {"n": "number", "y": "yes-no"}
    several = {"id": "c", "kind": "choices", **CHOICES}
    fields = form(*({"id": name, "kind": kind} for name, kind in kinds.items()), several)
    answers = {"n": 3, "y": False, "c": ["a", "b"]}
    assert read_answers(fields, posted(answers)) == (answers, [])


def test_any_sound_form_with_any_answers_takes_them_or_names_the_question() -> None:
    met: Counter[str] = Counter()

    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data(), raw=sound_forms())
    def holds(data: st.DataObject, raw: list[dict[str, Any]]) -> None:
        fields = FORM.validate_python(raw)
        check_form(fields)
        said = data.draw(sent_to(raw))
        files = {one.id: uploads_of(one.id) for one in fields if one.kind == "file"}
        answers, problems = read_answers(fields, said, files)
        refused = {problem.field for problem in problems}
        assert refused <= {one.name for one in fields} and not {f"q-{name}" for name in answers} & refused
        assert answers.keys() <= {one.id for one in fields}
        again, wrong = read_answers(fields, posted(answers), files)
        assert again == answers and (refused or not wrong), "what was taken is readable, and the same once more"
        assert FORM.validate_python(FORM.dump_python(fields, mode="json")) == fields
        for one in fields:
            shown = is_asked_for(one, posted(answers))
            assert shown or (one.id not in answers and one.name not in refused), "nothing is said of a hidden question"
            assert not (shown and one.required) or one.id in answers or one.name in refused
            assert one.kind != "file" or answers.get(one.id) in (None, *files[one.id])
            outcome = "taken" if one.id in answers else "refused" if one.name in refused else "empty"
            met[f"{one.kind} {outcome}"] += 1
            met["shown by another"] += bool(one.shown_if) and shown
            met["hidden, and answered"] += not shown and any(text.strip() for text in said.get(one.name, []))
        met["ready-made"] += any("use" in one for one in raw)

    holds()
    occurred = [f"{kind} {outcome}" for kind in KINDS for outcome in ("taken", "refused", "empty")]
    assert not {*occurred, *OCCASIONS} - {*+met}, met


OCCASIONS = ("shown by another", "hidden, and answered", "ready-made")


def is_asked_for(field: FormField, said: dict[str, list[str]]) -> bool:
    return field.shown_if is None or bool({*field.shown_if.equals} & {*said.get(f"q-{field.shown_if.field}", [])})


def test_whoever_answers_every_question_as_it_is_meant_is_taken() -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data(), raw=sound_forms())
    def holds(data: st.DataObject, raw: list[dict[str, Any]]) -> None:
        said = data.draw(st.fixed_dictionaries({f"q-{one['id']}": fitting(one) for one in raw}))
        fields = FORM.validate_python(raw)
        answers, problems = read_answers(fields, said, {one.id: uploads_of(one.id) for one in fields})
        shown = [one.name for one in fields if is_asked_for(one, posted(answers))]
        assert (posted(answers), problems) == ({name: said[name] for name in shown}, [])

    holds()


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
NAMES = st.sampled_from(["a", "b", "A B", "", "x" * 65])
ODD: dict[str, st.SearchStrategy[Any]] = {
    "id": NAMES, "kind": st.sampled_from([*KINDS, "shoe-size"]), "use": st.sampled_from([*READY, "shoe-size"]),
    "label": st.sampled_from([{"en": "Question"}, {"en": " "}, {}, {"EN": "x"}, "Question"]),
    "help": st.sampled_from([{"en": "x" * 6000}, {"ru": "x"}]), "required": SCALARS,
    "max_length": SCALARS, "max_choices": SCALARS, "max_mb": st.integers(0, 30),
    "min": st.integers() | st.sampled_from(["2026-02-30", "2026-02-01", 10**400, 0.5]), "max": st.integers(-5, 5),
    "choices": st.sampled_from([CHOICES["choices"], [], CHOICES["choices"] * 2, [{"id": "a"}], {"a": "b"}]),
    "formats": st.lists(st.sampled_from(["pdf", "jpeg", "text", "exe"]), max_size=2),
    "shown_if": st.fixed_dictionaries({"field": NAMES, "equals": st.lists(st.text(max_size=3), max_size=3)}),
    "an-unknown-key": SCALARS,
}  # fmt: skip
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner))
ODD_FIELDS = st.fixed_dictionaries({}, optional={name: said | JSON for name, said in ODD.items()})


@st.composite
def bent_forms(draw: Any) -> list[dict[str, Any]]:
    """A sound form with one thing in one question that may not fit."""
    fields: list[dict[str, Any]] = draw(sound_forms(A_FEW))
    one, name = draw(st.sampled_from(fields)), draw(st.sampled_from(sorted(ODD)))
    one[name] = draw(ODD[name])
    return [*fields, *draw(st.sampled_from([[], fields[:1]]))]


def test_any_form_whatsoever_is_taken_or_refused_with_where_it_is_wrong() -> None:
    met: Counter[str] = Counter()

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(form=bent_forms() | st.lists(ODD_FIELDS | JSON, max_size=3) | JSON)
    def holds(form: Any) -> None:
        try:
            document(form=form)
        except ValidationError as refused:
            for one in refused.errors(include_url=False, include_input=False):
                named = one["loc"][:1] == ("form",) or re.search(r'question "|\bform: ', one["msg"])
                assert named and one["msg"].removeprefix("Value error, "), one
                met["by its place" if one["loc"] else "in words"] += 1
            return
        met["taken"] += bool(form)

    holds()
    assert min(met[name] for name in ("by its place", "in words", "taken")) > 0, met
