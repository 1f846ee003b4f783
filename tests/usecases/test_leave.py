"""Leaving a category of mail: that one alone, once, also with two clicks at the same time."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.delivery import CATEGORIES, CATEGORY
from chalicelib.domain.errors import Conflict, Invalid, NotFound
from chalicelib.domain.invitee import Invitee
from chalicelib.usecases.compose import mail_links
from chalicelib.usecases.leave import category_of, come_back, leave, leave_or_come_back
from tests.shelf import NOW, Shelf


@pytest.fixture
def clara(shelf: Shelf) -> Invitee:
    shelf.publish()
    return shelf.invite("clara")[0]


def left(shelf: Shelf, invitee: Invitee) -> list[str]:
    return list(shelf.file(invitee).invitee.left)


@pytest.mark.parametrize("category, other", [CATEGORIES, CATEGORIES[::-1]])
def test_one_category_is_left_and_taken_back_and_the_other_stays(
    shelf: Shelf, clara: Invitee, category: Any, other: Any
) -> None:
    leave(shelf.invitees, clara, NOW, category)
    assert left(shelf, clara) == [category]
    leave(shelf.invitees, shelf.file(clara).invitee, NOW, other)
    assert left(shelf, clara) == [category, other]
    come_back(shelf.invitees, shelf.file(clara).invitee, NOW, category)
    assert left(shelf, clara) == [other]


def test_two_clicks_at_the_same_time_both_count(shelf: Shelf, clara: Invitee) -> None:
    leave(shelf.invitees, clara, NOW, "feedback")
    leave(shelf.invitees, clara, NOW, "invitations")  # by a window that has not seen the other click
    assert sorted(left(shelf, clara)) == ["feedback", "invitations"]


def test_the_same_click_twice_at_the_same_time_is_written_down_once(shelf: Shelf, clara: Invitee) -> None:
    leave(shelf.invitees, clara, NOW, "feedback")
    leave(shelf.invitees, clara, NOW, "feedback")
    assert [item["detail"]["S"] for item in shelf.items("INVITEE#", "LOG#")] == ["feedback"]


def test_who_is_overtaken_all_the_while_is_told_so(
    shelf: Shelf, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(shelf.invitees, clara, NOW, "feedback")
    file = shelf.file(clara)
    stale = replace(file, invitee=file.invitee.model_copy(update={"left": ()}))
    monkeypatch.setattr(shelf.invitees, "file", lambda _: stale)
    with pytest.raises(Conflict):
        leave(shelf.invitees, stale.invitee, NOW, "invitations")


def test_the_one_click_of_a_mail_program_leaves_the_category_of_its_link_alone(shelf: Shelf, clara: Invitee) -> None:
    one_click = {"List-Unsubscribe": ["One-Click"]}
    assert leave_or_come_back(shelf.invitees, clara, "feedback", one_click, NOW)
    assert left(shelf, clara) == ["feedback"]


def test_coming_back_needs_the_tick(shelf: Shelf, clara: Invitee) -> None:
    leave(shelf.invitees, clara, NOW, "feedback")
    now = shelf.file(clara).invitee
    with pytest.raises(Invalid):
        leave_or_come_back(shelf.invitees, now, "feedback", {"action": ["come-back"]}, NOW)
    form = {"action": ["come-back"], "again": ["yes"]}
    assert not leave_or_come_back(shelf.invitees, now, "feedback", form, NOW)
    assert left(shelf, clara) == []


@pytest.mark.parametrize("said", ["Feedback", "reminders", "feedback ", "invitations,feedback"])
def test_a_category_that_there_is_not_leads_nowhere(said: str) -> None:
    with pytest.raises(NotFound):
        category_of(said)


def test_a_link_without_a_category_is_about_invitations() -> None:
    assert [category_of(said) for said in ("", "invitations", "feedback")] == ["invitations", "invitations", "feedback"]


@pytest.mark.parametrize("kind, category", CATEGORY.items())
def test_the_link_in_a_mail_leaves_the_category_of_its_kind(
    shelf: Shelf, clara: Invitee, kind: Any, category: str
) -> None:
    links = mail_links(shelf.links, clara, kind)
    assert links.unsubscribe == links.unsubscribe_one_click == shelf.links.leaving(clara, category)
    assert category_of(links.unsubscribe.partition("?category=")[2]) == category
