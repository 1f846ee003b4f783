"""What an invitee may do with a link, until when, and what follows from it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.adapters.queue import Queue, QueueFailed
from chalicelib.adapters.store.invitees import profile_key
from chalicelib.adapters.store.table import Update
from chalicelib.domain.errors import Closed, Conflict, Invalid, NotFound
from chalicelib.domain.work import Work
from chalicelib.usecases import list_answers
from chalicelib.usecases.answer import answer as answering
from chalicelib.usecases.leave import come_back, leave
from chalicelib.usecases.open_link import open_link
from chalicelib.usecases.register import register as registering
from tests.shelf import DEADLINE, FORM, NOW, Shelf
from tests.usecases.steps import answer, register, tick, work_off

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def event(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite("clara")


def clara(shelf: Shelf) -> Any:
    return shelf.invitees.file("claraxxxxxxxxxxxxxxx").invitee


def listed(shelf: Shelf) -> list[str]:
    return [str(row["name"]) for row in list_answers.registrations(shelf.events, shelf.invitees, "symposium")]


# answering


@pytest.mark.parametrize("chosen", ["accepted", "declined", "tentative"])
def test_an_answer_is_kept_with_its_time(shelf: Shelf, chosen: str) -> None:
    answer(shelf, clara(shelf), chosen)
    assert (clara(shelf).rsvp, clara(shelf).answered_at) == (chosen, NOW)


def test_the_same_answer_again_changes_nothing(shelf: Shelf) -> None:
    answer(shelf, clara(shelf), "declined")
    before = shelf.items()
    shelf.clock.pass_(hours=1)
    answer(shelf, clara(shelf), "declined")
    assert shelf.items() == before


@pytest.mark.parametrize("chosen", ["", "needs-action", "delegated", "ACCEPTED", "accepted "])
def test_only_the_three_answers_are_taken(shelf: Shelf, chosen: str) -> None:
    before = shelf.items()
    with pytest.raises(Invalid) as refused:
        answer(shelf, clara(shelf), chosen)
    assert [one.field for one in refused.value.problems] == ["answer"]
    assert shelf.items() == before


def test_an_answer_counts_up_to_the_deadline_itself_and_not_after(shelf: Shelf) -> None:
    shelf.clock.time = DEADLINE
    answer(shelf, clara(shelf), "declined")
    before = shelf.items()
    shelf.clock.time = DEADLINE + SECOND
    with pytest.raises(Closed):
        answer(shelf, clara(shelf), "accepted")
    with pytest.raises(Closed):
        register(shelf, clara(shelf))
    assert shelf.items() == before


def test_a_moved_event_moves_the_deadline(shelf: Shelf) -> None:
    shelf.publish(date="2021-02-04")
    shelf.clock.time = DEADLINE + timedelta(days=7)
    answer(shelf, clara(shelf), "declined")


@pytest.mark.parametrize("change", ["answer", "register"])
def test_a_link_that_was_revoked_while_the_page_was_open_leads_nowhere(shelf: Shelf, change: str) -> None:
    file, event = shelf.file(clara(shelf)), shelf.events.get("symposium")
    shelf.table.write(Update(profile_key(file.invitee.id), {"generation": 2}))
    before = shelf.items()
    with pytest.raises(NotFound):
        if change == "answer":
            answering(shelf.invitees, shelf.queue, event, file, "declined", NOW)
        else:
            registering(shelf.invitees, shelf.desk.places, shelf.queue, event, file, FORM, NOW)
    assert (shelf.items(), shelf.queued()) == (before, [])


# registering


def test_registering_accepts_and_is_confirmed_by_mail(shelf: Shelf) -> None:
    registration = register(shelf, clara(shelf))
    assert (registration.version, registration.sessions, registration.consented_at) == (1, ["session-1"], NOW)
    assert clara(shelf).rsvp == "accepted"
    [(work, delay)] = shelf.queued()
    assert (work.kind, work.occurrence, work.invitee, delay) == ("confirmation", "1", clara(shelf).id, 0)
    assert work_off(shelf) == {"sent": 1}
    assert listed(shelf) == ["Clara Weiss"]


def test_a_second_click_registers_and_mails_nothing_more(shelf: Shelf) -> None:
    first = register(shelf, clara(shelf))
    before, queued = shelf.items(), shelf.queued()
    shelf.clock.pass_(minutes=1)
    assert register(shelf, clara(shelf)) == first
    assert (shelf.items(), shelf.queued()) == (before, queued)


def test_a_change_is_the_next_version_with_a_confirmation_of_its_own(shelf: Shelf) -> None:
    register(shelf, clara(shelf))
    work_off(shelf)
    assert register(shelf, clara(shelf), sessions=["session-1", "session-2"]).version == 2
    work_off(shelf)
    assert [one.tags["occurrence"] for one in shelf.ses.messages(kind="confirmation")] == ["1", "2"]
    assert listed(shelf) == ["Clara Weiss"]


def test_of_two_changes_in_a_row_the_first_confirmation_is_skipped_for_the_second(shelf: Shelf) -> None:
    register(shelf, clara(shelf))
    register(shelf, clara(shelf), organisation=["Agency"])
    assert work_off(shelf) == {"skipped": 1, "sent": 1}
    assert shelf.delivery(clara(shelf), "confirmation", "1")["reason"] == "a newer confirmation is on its way"
    [mail] = shelf.mails()
    assert "Agency" in mail.get_body(("plain",)).get_content()


def test_of_two_clicks_at_the_same_time_both_get_the_one_registration_and_one_mail(shelf: Shelf) -> None:
    stale, event = shelf.file(clara(shelf)), shelf.events.get("symposium")
    first = register(shelf, clara(shelf))
    before, queued = shelf.items(), shelf.queued()
    assert registering(shelf.invitees, shelf.desk.places, shelf.queue, event, stale, FORM, NOW + SECOND) == first
    assert (shelf.items(), shelf.queued()) == (before, queued)


def test_a_click_that_was_overtaken_by_a_registration_and_a_decline_is_told(shelf: Shelf) -> None:
    stale, event = shelf.file(clara(shelf)), shelf.events.get("symposium")
    register(shelf, clara(shelf))
    answer(shelf, clara(shelf), "declined")
    with pytest.raises(Conflict):
        registering(shelf.invitees, shelf.desk.places, shelf.queue, event, stale, FORM, NOW)
    assert clara(shelf).rsvp == "declined"


def test_a_queue_that_fails_is_no_reason_to_refuse_a_registration_and_the_clock_sends_its_mail(shelf: Shelf) -> None:
    class Broken(Queue):
        def send(self, works: Sequence[Work], delay: int = 0, delays: Sequence[int] = ()) -> None:
            raise QueueFailed("no answer")

    event, broken = shelf.events.get("symposium"), Broken(None, "", "", "")
    file, places = shelf.file(clara(shelf)), shelf.desk.places
    assert registering(shelf.invitees, places, broken, event, file, FORM, NOW).version == 1
    assert (listed(shelf), shelf.queued()) == (["Clara Weiss"], [])
    tick(shelf, NOW + timedelta(minutes=3))
    assert work_off(shelf) == {"sent": 1}


def test_of_two_windows_one_is_told_that_the_other_was_quicker(shelf: Shelf) -> None:
    stale, event = shelf.file(clara(shelf)), shelf.events.get("symposium")
    register(shelf, clara(shelf))
    before, queued = shelf.items(), shelf.queued()
    with pytest.raises(Conflict):
        registering(shelf.invitees, shelf.desk.places, shelf.queue, event, stale, {**FORM, "name": ["Other"]}, NOW)
    assert (shelf.items(), shelf.queued()) == (before, queued)


@pytest.mark.parametrize("changes, fields", [
    ({"name": []}, ["name"]), ({"name": [" \t "]}, ["name"]), ({"name": ["x" * 201]}, ["name"]),
    ({"organisation": [""]}, ["organisation"]), ({"organisation": ["x" * 201]}, ["organisation"]),
    ({"sessions": []}, ["sessions"]), ({"sessions": ["break", "unknown"]}, ["sessions"]),
    ({"consent": []}, ["consent"]), ({"consent": ["no"]}, ["consent"]),
    ({"name": [], "sessions": [], "consent": []}, ["name", "sessions", "consent"]),
])  # fmt: skip
def test_a_form_that_is_not_complete_names_each_field_and_changes_nothing(
    shelf: Shelf, changes: dict[str, list[str]], fields: list[str]
) -> None:
    before = shelf.items()
    with pytest.raises(Invalid) as refused:
        register(shelf, clara(shelf), **changes)
    assert [one.field for one in refused.value.problems] == fields
    assert shelf.items() == before


def test_what_is_typed_is_cleaned_and_only_sessions_that_one_can_attend_are_kept(shelf: Shelf) -> None:
    registration = register(
        shelf,
        clara(shelf),
        name=["  Clara\r\nBcc: x \u202e Weiss "],
        sessions=["session-2", "break", "session-1", "session-2"],
    )
    assert registration.name == "Clara Bcc: x Weiss"
    assert registration.sessions == ["session-1", "session-2"]


def test_declining_withdraws_from_the_list_and_registering_again_comes_back_with_a_new_confirmation(
    shelf: Shelf,
) -> None:
    register(shelf, clara(shelf))
    work_off(shelf)
    answer(shelf, clara(shelf), "declined")
    assert listed(shelf) == []
    answer(shelf, clara(shelf), "accepted")
    assert listed(shelf) == []
    assert register(shelf, clara(shelf)).version == 2
    assert listed(shelf) == ["Clara Weiss"]
    assert work_off(shelf) == {"skipped": 1, "sent": 1}, "the news that she does not come is none any more"


@pytest.mark.parametrize("registered_before", [False, True], ids=["first", "change"])
@pytest.mark.parametrize("chosen", ["declined", "tentative"])
def test_a_decline_withdraws_also_what_another_window_registered_meanwhile(
    shelf: Shelf, chosen: str, registered_before: bool
) -> None:
    if registered_before:
        register(shelf, clara(shelf), organisation=["Before"])
        work_off(shelf)
    stale, event = shelf.file(clara(shelf)), shelf.events.get("symposium")
    register(shelf, clara(shelf))
    answering(shelf.invitees, shelf.queue, event, stale, chosen, NOW)
    assert clara(shelf).rsvp == chosen
    assert shelf.file(clara(shelf)).registration.withdrawn_at == NOW
    assert [one.invitee for one in shelf.invitees.registrations("symposium")] == []
    assert listed(shelf) == []
    assert work_off(shelf) == {"skipped": 1, "sent": 1}, "no confirmation, and the news that she does not come"


def test_a_link_that_was_revoked_while_a_decline_was_overtaken_leads_nowhere(shelf: Shelf) -> None:
    stale, event = shelf.file(clara(shelf)), shelf.events.get("symposium")
    register(shelf, clara(shelf))
    again = shelf.invitees.file

    def revoked_meanwhile(invitee_id: str) -> Any:
        shelf.table.write(Update(profile_key(invitee_id), {"generation": 2}))
        return again(invitee_id)

    shelf.invitees.file = revoked_meanwhile  # type: ignore[method-assign]
    with pytest.raises(NotFound):
        answering(shelf.invitees, shelf.queue, event, stale, "declined", NOW)
    assert listed(shelf) == ["Clara Weiss"]


@pytest.mark.parametrize("registered_before", [False, True], ids=["first", "change"])
def test_a_decline_that_is_overtaken_again_and_again_is_told(shelf: Shelf, registered_before: bool) -> None:
    if registered_before:
        register(shelf, clara(shelf), organisation=["Before"])
    stale, event = shelf.file(clara(shelf)), shelf.events.get("symposium")
    register(shelf, clara(shelf))
    shelf.invitees.file = lambda _: stale  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        answering(shelf.invitees, shelf.queue, event, stale, "declined", NOW)
    assert listed(shelf) == ["Clara Weiss"]


# leaving


def test_leaving_and_coming_back_are_each_done_once_and_change_no_answer(shelf: Shelf) -> None:
    answer(shelf, clara(shelf), "tentative")
    leave(shelf.invitees, clara(shelf), NOW)
    before = shelf.items()
    leave(shelf.invitees, clara(shelf), NOW + SECOND)
    assert shelf.items() == before
    assert (clara(shelf).left, clara(shelf).rsvp) == (("invitations",), "tentative")
    come_back(shelf.invitees, clara(shelf), NOW)
    before = shelf.items()
    come_back(shelf.invitees, clara(shelf), NOW + SECOND)
    assert shelf.items() == before
    assert clara(shelf).left == ()


# links


def test_a_link_leads_to_its_person_and_event(shelf: Shelf) -> None:
    found, file = open_link(shelf.events, shelf.invitees, shelf.links, shelf.links.token(clara(shelf)))
    assert (found.id, file.invitee) == ("symposium", clara(shelf))


def test_a_link_of_a_person_that_is_not_there_any_more_leads_nowhere(shelf: Shelf) -> None:
    token = shelf.links.token(clara(shelf))
    shelf.dynamodb.delete_item(
        TableName="convoke", Key={"PK": {"S": f"INVITEE#{clara(shelf).id}"}, "SK": {"S": "PROFILE"}}
    )
    with pytest.raises(NotFound):
        open_link(shelf.events, shelf.invitees, shelf.links, token)
