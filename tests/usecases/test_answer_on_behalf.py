"""What an organiser enters from paper is what the person would have said, and says that it was entered."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.errors import Conflict, Invalid, NotFound
from chalicelib.domain.invitee import Invitee
from chalicelib.usecases.answer_on_behalf import Paper, answer_on_behalf
from tests.shelf import DEADLINE, ENDS, Shelf
from tests.usecases.steps import WHO, register, work_off
from tests.usecases.test_places import LINE, counts, state

NOTE = "Note verbale No 17 of 3 March"
QUESTION = [{"id": "visa", "kind": "yes-no", "required": True, "label": {"en": "Visa?", "ru": "Виза?"}}]


@pytest.fixture
def anna(shelf: Shelf) -> Invitee:
    shelf.publish(capacity=1, waitlist=LINE, form=QUESTION)
    return shelf.invite("anna", delegation="Ministry")[0]


def enter(shelf: Shelf, one: Invitee, answer: str = "accepted", **said: Any) -> Any:
    facts = {"sessions": ["session-1"], "consent": True, "answers": {"visa": True}} if answer == "accepted" else {}
    paper = Paper.model_validate({"answer": answer, "on_behalf": NOTE, **facts, **said})
    return answer_on_behalf(shelf.desk, "symposium", one.id, paper, WHO, shelf.clock())


def entries(shelf: Shelf, one: Invitee) -> list[tuple[str, str]]:
    return [(item["what"]["S"], item["detail"]["S"]) for item in shelf.items(f"INVITEE#{one.id}", "LOG#")]


def test_it_is_a_registration_with_its_place_its_mail_and_the_name_of_the_paper(shelf: Shelf, anna: Invitee) -> None:
    enter(shelf, anna)
    kept = shelf.file(anna).registered
    assert (kept.name, kept.organisation, kept.answers) == ("Anna", "Ministry", {"visa": True})
    assert (kept.on_behalf, set(counts(shelf).values())) == (NOTE, {1})
    work_off(shelf)
    assert shelf.recipients(kind="confirmation") == [anna.email]
    assert ("accepted on behalf", NOTE) in entries(shelf, anna)
    [audit] = shelf.items("EVENT#symposium", "AUDIT#")
    assert (audit["who"]["S"], audit["detail"]["S"], audit["reason"]["S"]) == (WHO, anna.id, NOTE)


def test_the_second_click_changes_nothing(shelf: Shelf, anna: Invitee) -> None:
    for answer in ("accepted", "declined", "tentative"):
        enter(shelf, anna, answer)
        before = shelf.items()
        enter(shelf, anna, answer)
        assert shelf.items() == before


def test_paper_may_come_after_the_deadline_but_not_after_the_event(shelf: Shelf, anna: Invitee) -> None:
    shelf.clock.time = DEADLINE + timedelta(hours=1)
    enter(shelf, anna)
    assert state(shelf, anna) == "registered"
    shelf.clock.time = ENDS + timedelta(hours=1)
    with pytest.raises(Conflict):
        enter(shelf, anna, "declined")


def test_it_never_oversells(shelf: Shelf, anna: Invitee) -> None:
    [boris] = shelf.invite("boris", delegation="Ministry")
    enter(shelf, anna)
    assert enter(shelf, boris).state == "waiting"


@pytest.mark.parametrize(
    ("said", "field"),
    [({"sessions": []}, "sessions"), ({"consent": False}, "consent"), ({"answers": {}}, "answers.visa"),
     ({"answers": {"visa": "perhaps"}}, "answers.visa"), ({"answers": {"visa": True, "vsia": True}}, "answers.vsia"),
     ({"sessions": ["session-1", "sesion-2"]}, "sessions.1"), ({"sessions": ["break"]}, "sessions.0"),
     ({"answer": "yes"}, "answer"), ({"answer": "delegated"}, "answer")],
)  # fmt: skip
def test_what_is_missing_or_unknown_is_named_as_it_was_sent_and_nothing_is_written(
    shelf: Shelf, anna: Invitee, said: dict[str, Any], field: str
) -> None:
    before = shelf.items()
    with pytest.raises(Invalid) as refused:
        enter(shelf, anna, **{"answer": "accepted", **said})
    assert [problem.field for problem in refused.value.problems] == [field]
    assert shelf.items() == before


def test_what_the_person_says_later_is_their_own_word_and_the_history_keeps_both(shelf: Shelf, anna: Invitee) -> None:
    enter(shelf, anna)
    shelf.clock.pass_(hours=1)
    register(shelf, anna, **{"name": ["Anna Berg"], "q-visa": ["no"]})
    assert shelf.file(anna).registered.on_behalf == ""
    assert [what for what, _ in entries(shelf, anna)].count("registered") == 2
    assert ("accepted on behalf", NOTE) in entries(shelf, anna)


def test_who_was_withdrawn_is_invited_anew_and_not_entered(shelf: Shelf, anna: Invitee) -> None:
    facts = {"id": "gone", "email": "gone@example.org", "withdrawn_by": "head", "rsvp": "declined"}
    gone = anna.model_copy(update=facts)
    shelf.invitees.create([(gone, shelf.hash_of(gone.email))])
    before = shelf.items()
    with pytest.raises(Conflict):
        enter(shelf, gone)
    assert shelf.items() == before


def test_somebody_else_is_not_found(shelf: Shelf, anna: Invitee) -> None:
    with pytest.raises(NotFound):
        enter(shelf, anna.model_copy(update={"id": "nobody"}))
