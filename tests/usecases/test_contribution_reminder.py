"""Reminding of contributions: planned like reminders, for those who owe one, and decided again when it is sent."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.invitee import Invitee
from chalicelib.usecases import tick as ticking
from chalicelib.usecases.plan_batch import plan_batch
from tests.shelf import Shelf
from tests.usecases.steps import answer, invite_all, outcomes, register, tick, work_off
from tests.usecases.uploading import PAPER, PHOTO, take_back, write

DUE = datetime(2021, 1, 23, 17, 0, tzinfo=UTC)
REMIND = DUE - timedelta(days=3)


@pytest.fixture
def people(shelf: Shelf) -> dict[str, Invitee]:
    """Invited, of the category that is asked, but for one."""
    shelf.publish(contributions=[PAPER, PHOTO], reminders=[], feedback=None)
    names = ["accepted", "declined", "done", "perhaps", "silent"]
    found = [*shelf.invite(*names, category="government"), *shelf.invite("other", category="un")]
    invite_all(shelf)
    work_off(shelf)
    named = {one.id.rstrip("x"): one for one in found}
    for name, said in (("declined", "declined"), ("perhaps", "tentative")):
        answer(shelf, named[name], said)
    register(shelf, named["accepted"])
    write(shelf, named["done"])
    work_off(shelf)
    return named


def reminded(shelf: Shelf) -> list[str]:
    return [address.partition("@")[0] for address in shelf.recipients(kind="contribution")]


def test_those_who_owe_it_are_reminded_at_its_time_and_nobody_else(shelf: Shelf, people: dict[str, Invitee]) -> None:
    assert tick(shelf, REMIND - timedelta(minutes=1)).fired == []
    assert tick(shelf, REMIND).fired == ["symposium#contribution_paper_3"]
    work_off(shelf)
    assert reminded(shelf) == ["accepted", "silent"]
    [batch] = [one for one in shelf.batches.all("symposium") if one.kind == "contribution"]
    assert (batch.plan.audience, batch.plan.to_send, batch.plan.already_answered) == (3, 2, 1)


def test_a_tick_that_comes_twice_reminds_nobody_twice(shelf: Shelf, people: dict[str, Invitee]) -> None:
    for _ in range(2):
        tick(shelf, REMIND)
        work_off(shelf)
    assert reminded(shelf) == ["accepted", "silent"]


def test_who_hands_in_or_declines_meanwhile_is_skipped_with_the_reason(
    shelf: Shelf, people: dict[str, Invitee]
) -> None:
    tick(shelf, REMIND)
    write(shelf, people["silent"])
    answer(shelf, people["accepted"], "declined")
    work_off(shelf)
    assert reminded(shelf) == []
    [batch] = [one for one in shelf.batches.all("symposium") if one.kind == "contribution"]
    lines = [shelf.delivery(people[name], "contribution", batch.occurrence) for name in ("silent", "accepted")]
    assert [line["reason"] for line in lines] == ["handed in meanwhile", "does not take part, or has not decided"]
    assert outcomes(shelf, batch) == {"skipped": 2}


def test_who_was_never_invited_or_left_the_invitations_is_not_reminded(
    shelf: Shelf, people: dict[str, Invitee]
) -> None:
    shelf.invite("late", category="government")
    silent = shelf.file(people["silent"]).invitee
    shelf.invitees.leave(silent, ["invitations"], ("left", "invitations"), shelf.clock())
    tick(shelf, REMIND)
    work_off(shelf)
    assert reminded(shelf) == ["accepted"]
    [batch] = [one for one in shelf.batches.all("symposium") if one.kind == "contribution"]
    assert (batch.plan.not_invited, batch.plan.left) == (1, 1)


def test_who_withdrew_owes_it_again(shelf: Shelf, people: dict[str, Invitee]) -> None:
    take_back(shelf, people["done"])
    tick(shelf, REMIND)
    work_off(shelf)
    assert reminded(shelf) == ["accepted", "done", "silent"]


def test_a_clock_that_comes_after_the_due_moment_reminds_nobody(shelf: Shelf, people: dict[str, Invitee]) -> None:
    done = tick(shelf, DUE + timedelta(minutes=1))
    assert done.skipped == ["symposium#contribution_paper_3"]
    assert reminded(shelf) == []


def test_a_contribution_that_is_not_asked_for_any_more_reminds_nobody(shelf: Shelf, people: dict[str, Invitee]) -> None:
    tick(shelf, REMIND)
    shelf.publish(contributions=[], reminders=[], feedback=None)
    work_off(shelf)
    assert reminded(shelf) == []


def test_a_reminder_for_an_event_of_many_people_is_planned_by_the_desk(
    shelf: Shelf, people: dict[str, Invitee], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticking, "SMALL", 5)
    tick(shelf, REMIND)
    [batch] = [one for one in shelf.batches.all("symposium") if one.kind == "contribution"]
    assert batch.state == "planning"
    plan_batch(shelf.desk, "symposium", batch.id, shelf.clock())
    work_off(shelf)
    assert reminded(shelf) == ["accepted", "silent"]


def test_the_mail_names_what_until_when_and_where(shelf: Shelf, people: dict[str, Invitee]) -> None:
    tick(shelf, REMIND)
    work_off(shelf)
    [mail] = [one for one in shelf.mails(kind="contribution") if "silent@" in str(one["To"])]
    assert mail["Subject"] == "Due 23 January: A written example, Symposium on Migration, 28 January 2021"
    assert mail["List-Unsubscribe"] is None
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert shelf.links.url(people["silent"], path="/contributions/paper") in text
    assert "Saturday, 23 January 2021, 18:00" in text
    assert "a text of up to 10,000 characters or a file" in text.replace(",  or", " or").replace(", or", " or")
    assert "decline here" in text
