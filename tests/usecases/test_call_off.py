"""What leaves the calendar of who comes no more, or comes to less, and the mails that say so."""

from email.message import EmailMessage
from typing import Any

import pytest

from chalicelib.domain.invitee import Invitee
from tests.calendar_client import CalendarClient
from tests.shelf import DOCUMENT, Shelf
from tests.usecases.steps import answer, invite_all, register, work_off

BOTH = ["session-1", "session-2"]


def invited(shelf: Shelf, **changes: Any) -> Invitee:
    shelf.publish(**{"attachments": {"confirmation": ["calendar"]}, **changes})
    return shelf.invite("clara")[0]


def objects(mail: EmailMessage) -> list[tuple[str, str]]:
    """Method, and session or person, of each calendar object of a mail: first that which programs read."""
    parts = [part for part in mail.walk() if part.get_content_type() in ("text/calendar", "application/ics")]
    texts = [part.get_payload(decode=True).decode() for part in parts]
    methods = [text.split("METHOD:")[1].split("\r")[0] for text in texts]
    uids = [text.split("UID:")[1].split("@")[0] for text in texts]
    return [(method, uid.split(".")[0]) for method, uid in zip(methods, uids, strict=True)]


@pytest.mark.parametrize("said", ["declined", "tentative"])
def test_who_was_registered_and_comes_no_more_gets_one_mail_that_cancels(shelf: Shelf, said: str) -> None:
    clara = invited(shelf)
    register(shelf, clara)
    work_off(shelf)
    answer(shelf, clara, said)
    answer(shelf, clara, said)
    assert work_off(shelf) == {"sent": 1}
    [mail] = shelf.mails(kind="cancellation")
    assert objects(mail) == [("CANCEL", "session-1"), ("CANCEL", "session-1")]
    assert "cancelled.ics" in [part.get_filename() for part in mail.iter_attachments()]
    assert [*shelf.dues.until(shelf.clock.pass_(hours=1))] == [], "the promise is kept"


def test_who_had_nothing_in_the_calendar_gets_no_mail_for_a_no(shelf: Shelf) -> None:
    answer(shelf, invited(shelf), "declined")
    assert work_off(shelf) == {}


def test_who_declines_what_the_invitation_proposed_gets_it_taken_out(shelf: Shelf) -> None:
    clara, client = invited(shelf, attachments={"invitation": ["calendar"]}), CalendarClient("clara@example.org")
    invite_all(shelf)
    [invitation] = shelf.mails(kind="invitation")
    client.receive(invitation)
    assert len(client.shows) == 2
    answer(shelf, clara, "tentative")
    assert work_off(shelf) == {}, "perhaps changes nothing of what was proposed"
    answer(shelf, clara, "declined")
    work_off(shelf)
    [mail] = shelf.mails(kind="cancellation")
    client.receive(mail)
    assert client.shows == {}
    assert mail["Subject"].startswith("You have declined: ")


def test_who_registers_again_before_the_mail_leaves_gets_the_confirmation_alone(shelf: Shelf) -> None:
    clara = invited(shelf)
    register(shelf, clara)
    work_off(shelf)
    answer(shelf, clara, "declined")
    register(shelf, clara)
    assert work_off(shelf) == {"skipped": 1, "sent": 1}
    assert shelf.delivery(clara, "cancellation", "2")["reason"] == "this has changed since"


@pytest.mark.parametrize(("method", "told"), [
    ("PUBLISH", [("PUBLISH", "session-1"), ("PUBLISH", "session-1")]),
    ("REQUEST", [("CANCEL", "session-2"), ("CANCEL", "session-2"), ("REQUEST", "session-1")]),
])  # fmt: skip
def test_a_smaller_choice_cancels_what_was_dropped_and_in_mails_of_its_own_kind(
    shelf: Shelf, method: str, told: list[tuple[str, str]]
) -> None:
    clara, client = invited(shelf, calendar_method=method), CalendarClient("clara@example.org")
    for sessions in (BOTH, BOTH[:1]):
        register(shelf, clara, sessions=sessions)
        work_off(shelf)
    first, second = shelf.mails(kind="confirmation")
    client.receive(first)
    assert len(client.shows) == 2
    client.receive(second)
    assert [uid.partition(".")[0] for uid in client.shows] == ["session-1"]
    assert objects(second) == told


def test_several_requests_are_an_object_each_and_the_first_is_read_by_programs(shelf: Shelf) -> None:
    clara = invited(shelf, calendar_method="REQUEST")
    register(shelf, clara, sessions=BOTH)
    work_off(shelf)
    [mail] = shelf.mails(kind="confirmation")
    assert objects(mail) == [("REQUEST", "session-1"), ("REQUEST", "session-1"), ("REQUEST", "session-2")]
    assert [part.get_filename() for part in mail.iter_attachments()] == ["invite.ics", "invite-2.ics"]


def test_one_entry_for_the_event_is_one_request(shelf: Shelf) -> None:
    clara = invited(shelf, calendar_method="REQUEST", calendar_entries="event")
    register(shelf, clara, sessions=BOTH)
    work_off(shelf)
    [mail] = shelf.mails(kind="confirmation")
    assert objects(mail) == [("REQUEST", clara.id), ("REQUEST", clara.id)]


def test_a_session_that_left_the_agenda_is_cancelled_with_the_times_that_it_had(shelf: Shelf) -> None:
    clara = invited(shelf)
    register(shelf, clara, sessions=BOTH)
    work_off(shelf)
    shelf.publish(attachments={"confirmation": ["calendar"]}, sessions=DOCUMENT["sessions"][:1], date="2021-02-04")
    register(shelf, clara, organisation=["Another"])
    work_off(shelf)
    mail = shelf.mails(kind="confirmation")[-1]
    [ics] = [part for part in mail.iter_attachments() if part.get_filename() == "invite.ics"]
    _, dead = ics.get_content().decode().split("BEGIN:VEVENT")[1:]
    assert "STATUS:CANCELLED" in dead and "DTSTART:20210128T092000Z" in dead
