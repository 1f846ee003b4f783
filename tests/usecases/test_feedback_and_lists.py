"""Feedback: once, while it is open, and without a way back to the person; and what organisers read."""

from datetime import timedelta

import pytest

from chalicelib.adapters.store.feedback import Feedbacks
from chalicelib.adapters.store.listings import BEGINNING, Cursor
from chalicelib.adapters.store.person import SHARDS
from chalicelib.adapters.store.table import Table
from chalicelib.domain.errors import Closed, Invalid, NotFound
from chalicelib.domain.invitee import Invitee
from chalicelib.handlers.representations import RegistrationOut
from chalicelib.usecases import list_answers
from chalicelib.usecases.give_feedback import feedback_state, give_feedback
from chalicelib.usecases.put_document import put_document
from tests.shelf import ENDS, NOW, Shelf
from tests.usecases.steps import answer, register

OPENED = ENDS + timedelta(minutes=30)
GOOD = {"overall": ["5"], "best": ["1"], "more": ["Спасибо"]}


def registered(shelf: Shelf, name: str = "clara") -> Invitee:
    [one] = shelf.invite(name)
    register(shelf, one)
    return one


@pytest.fixture
def clara(shelf: Shelf) -> Invitee:
    """Registered; after the event, with the feedback form open."""
    shelf.publish()
    clara = registered(shelf)
    shelf.events.open_feedback("symposium", OPENED)
    shelf.clock.time = OPENED
    return clara


def give(shelf: Shelf, invitee: Invitee, form: dict[str, list[str]]) -> None:
    event = shelf.events.get("symposium")
    give_feedback(Feedbacks(shelf.table), event, shelf.file(invitee), form, shelf.clock())


def state(shelf: Shelf, invitee: Invitee) -> str:
    return feedback_state(shelf.events.get("symposium"), shelf.file(invitee), shelf.clock())


def rows(shelf: Shelf) -> tuple[list[str], list[dict[str, object]]]:
    return list_answers.feedback(shelf.events, shelf.invitees, Feedbacks(shelf.table), "symposium")


def test_feedback_is_read_by_question_with_choices_in_words(shelf: Shelf, clara: Invitee) -> None:
    give(shelf, clara, GOOD)
    expected = {"day": "2021-01-28", "overall": 5, "best": "Round tables", "more": "Спасибо"}
    assert rows(shelf) == (["day", "overall", "best", "more"], [expected])


def test_feedback_counts_once_and_a_second_click_changes_nothing(shelf: Shelf, clara: Invitee) -> None:
    give(shelf, clara, GOOD)
    before = shelf.items()
    give(shelf, clara, {"overall": ["1"]})
    assert shelf.items() == before
    assert state(shelf, clara) == "thanks"


def test_the_form_is_open_from_the_clocks_word_for_as_long_as_the_event_says(shelf: Shelf) -> None:
    shelf.publish()
    clara = registered(shelf)
    shelf.clock.time = OPENED
    assert state(shelf, clara) == "not-yet"
    with pytest.raises(Closed):
        give(shelf, clara, GOOD)
    shelf.events.open_feedback("symposium", OPENED)
    shelf.clock.time = OPENED + timedelta(days=14)
    assert state(shelf, clara) == "open"
    shelf.clock.pass_(seconds=1)
    assert state(shelf, clara) == "closed"
    with pytest.raises(Closed):
        give(shelf, clara, GOOD)
    assert shelf.items("FEEDBACK#") == []


def test_an_event_without_a_form_takes_no_feedback(shelf: Shelf) -> None:
    shelf.publish(feedback=None)
    clara = registered(shelf)
    assert state(shelf, clara) == "not-yet"
    with pytest.raises(Closed):
        give(shelf, clara, GOOD)


@pytest.mark.parametrize("answered", ["", "accepted", "tentative", "declined"])
def test_only_people_whose_registration_stands_are_asked(shelf: Shelf, answered: str) -> None:
    """Who said nothing, who accepted and did not register, who registered and thought better of it."""
    shelf.publish()
    [boris] = shelf.invite("boris")
    if answered not in ("", "accepted"):
        register(shelf, boris)
    if answered:
        answer(shelf, boris, answered)
    shelf.events.open_feedback("symposium", OPENED)
    shelf.clock.time = OPENED
    before = shelf.items()
    assert state(shelf, boris) == "not-asked"
    with pytest.raises(Closed):
        give(shelf, boris, GOOD)
    assert shelf.items() == before


@pytest.mark.parametrize("form, fields", [
    ({}, ["overall"]), ({"overall": [""]}, ["overall"]), ({"best": ["1"]}, ["overall"]),
    ({"overall": ["0"]}, ["overall"]), ({"overall": ["6"]}, ["overall"]), ({"overall": ["5", "4"]}, ["overall"]),
    ({"overall": ["٣"]}, ["overall"]), ({"overall": ["5.0"]}, ["overall"]),
    ({"overall": ["5"], "best": ["2"]}, ["best"]), ({"overall": ["5"], "best": ["-1"]}, ["best"]),
    ({"overall": ["5"], "more": ["x" * 4001]}, ["more"]),
    ({"best": ["9"], "more": ["x" * 4001]}, ["overall", "best", "more"]),
])  # fmt: skip
def test_what_does_not_fit_a_question_is_named_and_nothing_is_kept(
    shelf: Shelf, clara: Invitee, form: dict[str, list[str]], fields: list[str]
) -> None:
    before = shelf.items()
    with pytest.raises(Invalid) as refused:
        give(shelf, clara, form)
    assert [one.field for one in refused.value.problems] == fields
    assert shelf.items() == before


def test_answers_to_questions_that_nobody_asked_are_not_kept(shelf: Shelf, clara: Invitee) -> None:
    give(shelf, clara, {"overall": ["4"], "name": ["Clara"], "day": ["x"]})
    assert rows(shelf)[1] == [{"day": "2021-01-28", "overall": 4}]


def test_a_form_of_optional_questions_needs_one_answer(shelf: Shelf) -> None:
    question = {"id": "more", "kind": "text", "label": {"en": "More"}}
    shelf.publish(feedback={"questions": [question]})
    clara = registered(shelf)
    shelf.events.open_feedback("symposium", OPENED)
    shelf.clock.time = OPENED
    with pytest.raises(Invalid):
        give(shelf, clara, {})


def test_the_order_of_the_answers_says_nothing_about_the_order_of_the_people(shelf: Shelf, clara: Invitee) -> None:
    shelf.clock.time = NOW
    people = [registered(shelf, f"p{n}") for n in range(12)]
    shelf.clock.time = OPENED
    for n, one in enumerate(people):
        give(shelf, one, {"overall": ["3"], "more": [f"{n:02}"]})
    said = [str(row["more"]) for row in rows(shelf)[1]]
    assert sorted(said) == [f"{n:02}" for n in range(12)]
    assert said != sorted(said)
    assert not any(one.id in str(item) for item in shelf.items("FEEDBACK#") for one in people)


# lists


def test_registrations_are_listed_by_name_with_what_organisers_need(shelf: Shelf) -> None:
    shelf.publish()
    zoe, anna = shelf.invite("zoe", "anna", country="UZ", delegation="Uzbekistan", category="un")
    register(shelf, zoe, name=["Zoe"])
    register(shelf, anna, name=["anna"])
    found = list_answers.registrations(shelf.events, shelf.invitees, "symposium")
    assert [row["name"] for row in found] == ["anna", "Zoe"]
    assert set(found[0]) == set(RegistrationOut.model_fields)
    assert (found[0]["email"], found[0]["sessions"], found[0]["country"]) == ("anna@example.org", ["session-1"], "UZ")


def listing(shelf: Shelf, limit: int = 100, **wanted: str) -> list[str]:
    names: list[str] = []
    cursor: Cursor | None = BEGINNING
    while cursor is not None:
        page, cursor = list_answers.invitees(shelf.events, shelf.invitees, "symposium", wanted, limit, cursor)
        assert len(page) <= limit
        names += [one.name for one in page]
    return sorted(names)


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_people_are_listed_by_status_category_and_language_page_by_page(shelf: Shelf, limit: int) -> None:
    shelf.publish()
    shelf.invite("anna", "boris", category="un")
    clara, _ = shelf.invite("clara", "dan", language="ru")
    answer(shelf, clara, "declined")
    assert listing(shelf, limit) == ["Anna", "Boris", "Clara", "Dan"]
    assert listing(shelf, limit, language="ru") == ["Clara", "Dan"]
    assert listing(shelf, limit, language="ru", status="no-answer") == ["Dan"]
    assert listing(shelf, limit, category="un") == ["Anna", "Boris"]
    assert listing(shelf, limit, status="accepted") == []


def test_lists_of_an_event_that_is_not_there_are_not_found(shelf: Shelf) -> None:
    with pytest.raises(NotFound):
        list_answers.registrations(shelf.events, shelf.invitees, "nothing")
    with pytest.raises(NotFound):
        list_answers.feedback(shelf.events, shelf.invitees, Feedbacks(shelf.table), "nothing")
    with pytest.raises(NotFound):
        listing(shelf)


@pytest.mark.parametrize("name, value", [("status", "maybe"), ("category", "press"), ("language", "fr")])
def test_a_filter_that_the_event_does_not_know_is_refused_by_its_name(shelf: Shelf, name: str, value: str) -> None:
    shelf.publish()
    with pytest.raises(Invalid) as refused:
        listing(shelf, **{name: value})
    assert [one.field for one in refused.value.problems] == [name]


def test_an_event_without_categories_of_its_own_is_listed_by_any(shelf: Shelf) -> None:
    shelf.publish(categories={})
    shelf.invite("anna", category="press")
    assert listing(shelf, category="press") == ["Anna"]


def test_a_filter_costs_no_query_for_each_person_that_it_leaves_out(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.publish()
    shelf.invite(*(f"p{n}" for n in range(60)), category="government")
    shelf.invite("anna", category="un")
    asked, query = [], Table.query
    monkeypatch.setattr(Table, "query", lambda *at, **how: asked.append(at) or query(*at, **how))
    found, _ = list_answers.invitees(shelf.events, shelf.invitees, "symposium", {"category": "un"}, 1, BEGINNING)
    assert [one.name for one in found] == ["Anna"]
    assert len(asked) <= SHARDS


# documents


@pytest.mark.parametrize("document, language, content, error", [
    ("other", "en", b"%PDF-1.7", NotFound), ("note", "de", b"%PDF-1.7", Invalid), ("note", "en", b"<html>", Invalid),
    ("note", "en", b"", Invalid), ("note", "en", b"%PDF-" + b"x" * 1_500_000, Invalid),
])  # fmt: skip
def test_only_a_pdf_of_reasonable_size_that_the_event_names_is_kept(
    shelf: Shelf, document: str, language: str, content: bytes, error: type[Exception]
) -> None:
    shelf.publish(documents=[{"id": "note", "title": {"en": "Note", "ru": "Записка"}, "filename": "note.pdf"}])
    with pytest.raises(error):
        put_document(shelf.events, shelf.documents, "symposium", document, language, content)
    assert shelf.documents.document("symposium", document, ["en", "de"]) is None
    put_document(shelf.events, shelf.documents, "symposium", "note", "en", b"%PDF-1.7")
    assert shelf.documents.document("symposium", "note", ["en"]) == b"%PDF-1.7"
