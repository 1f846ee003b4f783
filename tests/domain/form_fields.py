"""Forms as an organiser may write them, each of them sound, and what people may send as answers to them.

Everything is drawn as JSON has it, so that a document can be made of it as well as a form.
"""

from collections.abc import Sequence
from typing import Any, get_args

from hypothesis import strategies as st

from chalicelib.domain.form import FieldKind
from chalicelib.domain.formats import FILES
from chalicelib.domain.ready_questions import READY

Raw = dict[str, Any]

KINDS: tuple[FieldKind, ...] = get_args(FieldKind)

HOSTILE = ("\u202egreb\u2066", "a\x00b", "a\x1fb\x7f", "\ud800", "\x1c7", "\u200b", " \t\r\n", "=HYPERLINK(1)",
           "<script>alert(1)</script>", "{{ 7 * 7 }}", "Clara\r\nBcc: x@y.example", "é" * 300,
           "x" * 65_536)  # fmt: skip
"""What no answer should be, and some people send."""

LABELS = st.sampled_from(["Visa?", "<b>Visa</b>", "Нужна ли виза?", "a\u202eb", "{{ 7 * 7 }}", "x" * 300])
TEXTS = st.one_of(
    st.fixed_dictionaries({"en": LABELS}),
    st.fixed_dictionaries({"ru": LABELS}),
    st.fixed_dictionaries({"en": LABELS, "ru": LABELS}),
)


def uploads_of(question: str) -> list[str]:
    """The ids of what a person uploaded for a question."""
    return [f"{question}-upload", f"{question}-newer-upload"]


A_FEW = st.lists(st.sampled_from(KINDS), min_size=1, max_size=3)
EVERY_KIND = st.builds(lambda each, again: [*each, *again[1:]], st.permutations(KINDS), A_FEW)


@st.composite
def sound_forms(draw: Any, kinds: st.SearchStrategy[list[FieldKind]] = EVERY_KIND) -> list[Raw]:
    """Questions of these kinds, some ready-made, some shown by an answer to an earlier one."""
    fields: list[Raw] = []
    for number, kind in enumerate(draw(kinds)):
        field = {**draw(SOUND_FIELDS[kind]), "id": f"question-{number}"}
        asked = [one for one in fields if meant(one)["kind"] != "file"]
        if asked and draw(st.booleans()):
            by = draw(st.sampled_from(asked))
            field["shown_if"] = {"field": by["id"], "equals": sorted({*draw(fitting(by)), *draw(fitting(by))})}
        fields.append(field)
    return fields


def meant(field: Raw) -> Raw:
    """The field with what its ready-made question says."""
    return {**READY[field["use"]], **field} if "use" in field else field


DAYS = [f"2026-02-{day:02}" for day in range(1, 29)]
CHOICE: dict[str, st.SearchStrategy[Any]] = {"id": st.sampled_from(["a", "b", "no", "a-longer-one"]), "label": TEXTS}
CHOICE_LISTS = st.lists(
    st.fixed_dictionaries(CHOICE, optional={"capacity": st.integers(1, 3)}),
    min_size=1, max_size=3, unique_by=lambda choice: str(choice["id"]),
)  # fmt: skip


OPTIONAL: dict[str, st.SearchStrategy[Any]] = {"help": TEXTS, "required": st.booleans()}


def _sound(kind: FieldKind) -> st.SearchStrategy[Raw]:
    """A question of this kind, without its id."""
    own: dict[str, tuple[Any, Any]] = {
        "short-text": ({}, {"max_length": st.integers(1, 20)}),
        "long-text": ({}, {"max_length": st.integers(1, 10_000)}),
        "number": ({}, {"min": st.integers(-9, 0), "max": st.integers(0, 9)}),
        "date": ({}, {"min": st.sampled_from(DAYS[:14]), "max": st.sampled_from(DAYS[14:])}),
        "choice": ({"choices": CHOICE_LISTS}, {}),
        "choices": ({"choices": CHOICE_LISTS}, {"max_choices": st.integers(1, 4)}),
        "file": ({"formats": st.sets(st.sampled_from(FILES), min_size=1).map(sorted)}, {"max_mb": st.integers(1, 25)}),
    }
    needed, possible = own.get(kind, ({}, {}))
    needed, possible = {"kind": st.just(kind), "label": TEXTS, **needed}, {**OPTIONAL, **possible}
    return st.fixed_dictionaries(needed, optional=possible)


def _ready(kind: FieldKind) -> st.SearchStrategy[Raw]:
    names = sorted(name for name, field in READY.items() if field["kind"] == kind)
    optional = {"label": TEXTS, **OPTIONAL}
    return st.fixed_dictionaries({"use": st.sampled_from(names)}, optional=optional) if names else st.nothing()


SOUND_FIELDS = {kind: _sound(kind) | _ready(kind) for kind in KINDS}


def fitting(field: Raw) -> st.SearchStrategy[list[str]]:
    """What a person may send who answers the question as it is meant."""
    asked = meant(field)
    ids = [choice["id"] for choice in asked.get("choices", [])]
    least, most = asked.get("min"), asked.get("max")
    match asked["kind"]:
        case "choices":
            several = [ids[:1], ids[-1:], ids[: asked.get("max_choices", len(ids))]]
            return st.sampled_from(several)
        case "number":
            one = st.integers(least if least is not None else -9, most if most is not None else 9).map(str)
        case "date":
            one = st.sampled_from([day for day in DAYS if (least or day) <= day <= (most or day)])
        case "choice" | "yes-no" | "country" | "file" as kind:
            named = {"choice": ids, "yes-no": ["yes", "no"], "country": ["TJ", "UZ"]}
            one = st.sampled_from(named.get(kind) or uploads_of(field["id"]))
        case _:
            one = st.sampled_from([text[: asked.get("max_length")].strip() for text in ("a", "яблоко", "7 a")])
    return one.map(lambda said: [said])


ANYTHING = st.lists(
    st.text(max_size=20) | st.sampled_from([*HOSTILE, "perhaps", "z", "7.5", "٣", "2026-02-30", "XX", "9" * 5000]),
    min_size=1, max_size=3,
)  # fmt: skip


def sent_for(field: Raw) -> st.SearchStrategy[list[str]]:
    """What arrives for a question: an answer that fits; it twice, or with another one; anything; or nothing."""
    fits, nothing = fitting(field), st.sampled_from([[], [""]])
    twice, more = fits.map(lambda said: said * 2), fits.map(lambda said: [*said, "z"])
    return st.one_of(fits, fits, twice, more, ANYTHING, nothing)


def sent_to(fields: Sequence[Raw]) -> st.SearchStrategy[dict[str, list[str]]]:
    """What arrives for a form: an answer to each question, and to some that nobody asked."""
    others = {"q-unknown": ANYTHING, "question-0": st.just(["a"]), "q-": st.just(["a"])}
    return st.fixed_dictionaries({f"q-{one['id']}": sent_for(one) for one in fields}, optional=others)
