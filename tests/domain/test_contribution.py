"""What an event may ask for, when it is due, when people are reminded, and who still owes it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.domain.contribution import due_until
from chalicelib.domain.eligible import why_not
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.private_upload import clean_name
from chalicelib.domain.schedule import contribution_of, mailings
from chalicelib.domain.work import Work
from tests.shelf import NOW, document, person, raw_document

PAPER: dict[str, Any] = {
    "id": "paper",
    "title": {"en": "A written example", "ru": "Письменный пример"},
    "categories": ["government"],
    "formats": ["text", "pdf"],
    "due": {"days_before": 5, "at": "18:00"},
    "remind_days_before": [3, 1],
}
DUE = datetime(2021, 1, 23, 17, 0, tzinfo=UTC)
EVENT = Event(id="symposium", version=1, document=document(contributions=[PAPER]), published_at=NOW)


def refused(**changes: Any) -> str:
    with pytest.raises(ValidationError) as error:
        document(contributions=[{**PAPER, **changes}])
    return str(error.value)


@pytest.mark.parametrize(
    ("changes", "what_to_write"),
    [
        ({"formats": ["exe"]}, "there is no format exe; write some of text, pdf, docx, pptx, odt, jpeg, png"),
        ({"formats": ["docm"]}, "there is no format docm"),
        ({"formats": []}, "write some of text, pdf"),
        ({"formats": ["pdf", "pdf"]}, "pdf stands twice; name each once"),
        ({"max_mb": 26}, "write a whole number of megabytes, 1 to 25"),
        ({"max_mb": True}, "write a whole number of megabytes, 1 to 25"),
        ({"max_mb": 0}, "write a whole number of megabytes, 1 to 25"),
        ({"remind_days_before": [0]}, "write whole days before the due day, 1 to 60, for instance [7, 1]"),
        ({"remind_days_before": 7}, "write whole days before the due day"),
        ({"remind_days_before": [3, 3]}, "3 stands twice"),
        ({"categories": ["press"]}, 'asks a category "press"; there are government, un'),
        ({"categories": []}, "at least 1 item"),
        ({"id": "My paper"}, "contributions.0.id"),
    ],
)
def test_an_error_says_what_to_write(changes: dict[str, Any], what_to_write: str) -> None:
    assert what_to_write in refused(**changes)


def test_two_contributions_have_names_of_their_own() -> None:
    with pytest.raises(ValidationError, match="contributions: paper stands twice"):
        document(contributions=[PAPER, PAPER])
    assert len(document(contributions=[PAPER, {**PAPER, "id": "photo"}]).contributions) == 2
    assert "contributions" not in raw_document()


def planned(**changes: Any) -> dict[str, datetime]:
    held = document(contributions=[PAPER], **changes)
    return {one.occurrence: one.due_at for one in mailings("symposium", held) if one.kind == "contribution"}


def test_it_is_due_on_the_wall_of_the_events_zone_and_people_are_reminded_days_before() -> None:
    assert due_until(EVENT.document, EVENT.document.contributions[0]) == DUE
    assert planned() == {
        "contribution_paper_3": DUE - timedelta(days=3),
        "contribution_paper_1": DUE - timedelta(days=1),
    }


def test_moving_the_event_moves_the_reminders_and_makes_them_others_in_the_ledger() -> None:
    assert planned(date="2021-02-04")["contribution_paper_3"] == DUE + timedelta(days=4)
    names = [{one.delivery_occurrence for one in mailings("symposium", held) if one.kind == "contribution"}
             for held in (EVENT.document, document(contributions=[PAPER], date="2021-02-04"))]  # fmt: skip
    assert names[0].isdisjoint(names[1])
    assert {contribution_of(name) for name in names[0] | names[1]} == {"paper"}


def work(days: int = 3, event: Event = EVENT) -> Work:
    [name] = [one.delivery_occurrence for one in mailings("symposium", event.document)
              if one.occurrence == f"contribution_paper_{days}"]  # fmt: skip
    return Work(event="symposium", kind="contribution", occurrence=name)


def asked(**facts: Any) -> Invitee:
    return person("clara", **{"category": "government", **facts})


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (asked(), ""),
        (asked(rsvp="accepted"), ""),
        (asked(rsvp="accepted", left=["invitations", "feedback"]), ""),
        (asked(left=["feedback"]), ""),
        (asked(left=["invitations"]), "unsubscribed"),
        (asked(handed_in=["photo"]), ""),
        (asked(handed_in=["paper"]), "handed in meanwhile"),
        (asked(rsvp="declined"), "does not take part, or has not decided"),
        (asked(rsvp="tentative"), "does not take part, or has not decided"),
        (asked(category="un"), "not asked any more"),
        (asked(suppressed="bounce"), "suppressed: bounce"),
    ],
)
def test_who_owes_it_when_the_mail_is_sent_gets_it_and_nobody_else(who: Invitee, reason: str) -> None:
    assert why_not(EVENT, work(), who, None, DUE) == reason


def test_a_reminder_that_is_too_late_or_not_planned_any_more_is_not_sent() -> None:
    assert (
        why_not(EVENT, work(), asked(), None, DUE + timedelta(seconds=1)) == "the time for this contribution has passed"
    )
    for changes in ({"contributions": []}, {"contributions": [{**PAPER, "remind_days_before": [1]}]}):
        changed = EVENT.model_copy(update={"document": document(**changes)})
        assert why_not(changed, work(), asked(), None, NOW).startswith("the event was changed")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("paper.pdf", "paper.pdf"),
        ("Пример работы.PDF", "Пример работы.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\me\\paper.pdf", "paper.pdf"),
        ('a"b\r\nSet-Cookie: x.pdf', "a_b Set-Cookie_ x.pdf"),
        ("\u202efdp.exe", "fdp.exe.pdf"),
        ("paper.pdf.exe", "paper.pdf.exe.pdf"),
        ("paper.html", "paper.html.pdf"),
        ("", "file.pdf"),
        (".pdf", "pdf.pdf"),
        ("....", "file.pdf"),
        ("nul\0l.pdf", "null.pdf"),
        ("x" * 500 + ".pdf", "x" * 150 + ".pdf"),
        ("100%; filename=evil.pdf", "100__ filename=evil.pdf"),
    ],
)
def test_a_files_name_is_one_that_can_be_shown_and_saved(said: str, shown: str) -> None:
    assert clean_name(said, "pdf") == shown
