"""Who gets a mail as things stand when it is sent."""

from datetime import timedelta

import pytest

from chalicelib.domain.eligible import why_not
from chalicelib.domain.event import Event, Kind
from chalicelib.domain.invitee import Invitee, Registration
from chalicelib.domain.reminder import LATE
from chalicelib.domain.schedule import mailings
from chalicelib.domain.work import Work
from tests.shelf import DEADLINE, NOW, STARTS, document, person

EVENT = Event(id="symposium", version=1, document=document(), published_at=NOW)
CLARA = person("clara")
COMING = person("clara", rsvp="accepted")


def work(kind: Kind, occurrence: str = "1", session: str = "") -> Work:
    return Work(event="symposium", kind=kind, occurrence=occurrence, session=session)


def reminder(session: str = "session-1") -> Work:
    [one] = [one for one in mailings("symposium", EVENT.document) if one.session == session]
    return work("reminder", one.delivery_occurrence, session)


def registered(*sessions: str, version: int = 1, withdrawn: bool = False) -> Registration:
    return Registration(
        invitee=CLARA.id,
        event="symposium",
        name="Clara",
        organisation="Ministry",
        sessions=list(sessions or ("session-1",)),
        consented_at=NOW,
        updated_at=NOW,
        version=version,
        withdrawn_at=NOW if withdrawn else None,
    )


@pytest.mark.parametrize("kind", ["invitation", "chase", "confirmation", "reminder", "feedback"])
@pytest.mark.parametrize(
    "facts, reason",
    [
        ({"suppressed": "bounce"}, "suppressed: bounce"),
        ({"suppressed": "complaint"}, "suppressed: complaint"),
        ({"email": "клара@example.org"}, 'undeliverable: SES takes only ASCII before the "@"'),
    ],
)
def test_nobody_whose_address_takes_no_mail_gets_any(kind: Kind, facts: dict[str, str], reason: str) -> None:
    assert why_not(EVENT, work(kind), person("clara", rsvp="accepted", **facts), registered(), NOW) == reason


@pytest.mark.parametrize(
    "kind, left, stopped",
    [
        ("invitation", ["invitations"], True),
        ("chase", ["invitations"], True),
        ("feedback", ["invitations"], False),
        ("invitation", ["feedback"], False),
        ("feedback", ["feedback"], True),
        ("confirmation", ["invitations", "feedback"], False),
        ("reminder", ["invitations", "feedback"], False),
    ],
)
def test_who_left_a_category_gets_the_others_and_always_what_they_registered_for(
    kind: Kind, left: list[str], stopped: bool
) -> None:
    rsvp = "needs-action" if kind in ("invitation", "chase") else "accepted"
    invitee = person("clara", rsvp=rsvp, left=left, attending=registered())
    wanted = reminder() if kind == "reminder" else work(kind)
    assert (why_not(EVENT, wanted, invitee, registered(), NOW) == "unsubscribed") is stopped
    assert bool(why_not(EVENT, wanted, invitee, registered(), NOW)) is stopped


@pytest.mark.parametrize("kind", ["invitation", "chase"])
def test_no_invitation_after_the_deadline(kind: Kind) -> None:
    assert why_not(EVENT, work(kind), CLARA, None, DEADLINE) == ""
    late = DEADLINE + timedelta(seconds=1)
    assert why_not(EVENT, work(kind), CLARA, None, late) == "the deadline for answers has passed"


@pytest.mark.parametrize("rsvp", ["accepted", "declined", "tentative"])
def test_who_answered_is_not_chased(rsvp: str) -> None:
    assert why_not(EVENT, work("chase"), person("clara", rsvp=rsvp), None, NOW) == "answered meanwhile"


@pytest.mark.parametrize("kind", ["confirmation", "reminder", "feedback"])
@pytest.mark.parametrize(
    "invitee, registration",
    [(COMING, None), (COMING, registered(withdrawn=True)), (person("clara", rsvp="declined"), registered())],
)
def test_who_does_not_come_any_more_gets_nothing_about_coming(
    kind: Kind, invitee: Invitee, registration: Registration | None
) -> None:
    wanted = reminder() if kind == "reminder" else work(kind)
    assert why_not(EVENT, wanted, invitee, registration, NOW) == "not registered any more"


def test_only_the_newest_confirmation_goes_out() -> None:
    assert why_not(EVENT, work("confirmation", "2"), COMING, registered(version=2), NOW) == ""
    assert "newer" in why_not(EVENT, work("confirmation", "1"), COMING, registered(version=2), NOW)


def test_a_reminder_is_for_those_of_its_session_and_not_for_one_that_has_begun() -> None:
    coming = person("clara", rsvp="accepted", attending=registered())
    assert why_not(EVENT, reminder(), coming, None, NOW) == ""
    assert "this session" in why_not(EVENT, reminder("session-2"), coming, None, NOW)
    latest = STARTS["session-1"] + LATE
    assert why_not(EVENT, reminder(), coming, None, latest) == ""
    assert why_not(EVENT, reminder(), coming, None, latest + timedelta(seconds=1)) == "the session has started"


def test_a_reminder_of_a_session_that_was_moved_is_another_one() -> None:
    moved = EVENT.model_copy(update={"document": document(date="2021-02-04")})
    coming = person("clara", rsvp="accepted", attending=registered())
    assert "the agenda was changed" in why_not(moved, reminder(), coming, None, NOW)
