"""Test-sending: the organiser sees what a recipient would get, and nothing in it opens anything."""

import re
from email.message import EmailMessage
from typing import Any

import pytest

from chalicelib.domain.batch import Batch, Plan
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.work import Work, organiser_id
from chalicelib.usecases.open_link import open_link
from chalicelib.usecases.send_test import send_test
from tests.shelf import BASE, DOCUMENT, NOW, Shelf
from tests.usecases.steps import deliver, tick, work_off

ORGANISER = "secretariat@symposium.example.org"
ATTACHED = {"invitation": ["agenda", "calendar"], "feedback": ["calendar"]}


def stored(shelf: Shelf, kind: str = "invitation", state: str = "draft") -> Batch:
    """A batch as it stands in the table, with 412 recipients."""
    said = {"id": "3f2a9c01d4e58b7a6c90", "event": "symposium", "kind": kind, "occurrence": "1", "state": state,
            "plan": Plan(audience=412, to_send=412), "plan_id": "p", "accepted_at": NOW}  # fmt: skip
    return shelf.batches.accept(Batch.model_validate(said))


def send(shelf: Shelf, batch: str = "3f2a9c01d4e58b7a6c90") -> list[Work]:
    return send_test(shelf.desk, "symposium", batch, shelf.clock())[1]


def promised(shelf: Shelf) -> list[Any]:
    """The rows that make the clock queue a mail again."""
    return [item for item in shelf.items("DUE#") if item["what"]["S"] == "outbox"]


def words_of(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_the_organiser_gets_the_mail_in_each_language_and_nobody_else_gets_any(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite("clara", "boris")
    stored(shelf)
    assert [work.language for work in send(shelf)] == ["en", "ru"]
    assert work_off(shelf) == {"sent": 2}
    assert shelf.recipients() == [ORGANISER, ORGANISER]
    subjects = [mail["Subject"] for mail in shelf.mails()]
    assert subjects == [
        "[Test] Invitation, 28 January 2021: Symposium on Migration",
        "[Проба] Приглашение, 28 января 2021 г.: Симпозиум по миграции",
    ]


@pytest.mark.parametrize(("number", "name", "test", "count"), [
    (0, "Dear Sample Person,", "Test", "a batch with 412 recipients"),
    (1, "Кому: Образец Имени", "Проба", "в которой 412 получателей")])  # fmt: skip
def test_it_says_first_that_it_is_a_test_and_to_how_many_the_batch_goes(
    shelf: Shelf, number: int, name: str, test: str, count: str
) -> None:
    shelf.publish()
    batch = stored(shelf)
    send(shelf)
    work_off(shelf)
    mail = shelf.mails()[number]
    text, html = words_of(mail), re.sub(r"(?s)<head.*?</head>|<[^>]+>", " ", words_of(mail, "html"))
    for part in (" ".join(text.split()), " ".join(html.split())):
        assert 0 <= part.index(test) < part.index(count) < part.index(batch.id) < part.index(name)


def test_it_brings_the_attachments_and_the_calendar_that_the_batch_brings(shelf: Shelf) -> None:
    shelf.publish(attachments=ATTACHED)
    stored(shelf)
    send(shelf)
    work_off(shelf)
    for mail, language in zip(shelf.mails(), ("en", "ru"), strict=True):
        assert [part.get_filename() for part in mail.iter_attachments()] == ["invite.ics", "agenda.pdf"]
        assert "text/calendar" in [part.get_content_type() for part in mail.walk()]
        assert mail["Content-Language"] == language
    assert [call["language"] for call in shelf.typesetter.calls] == ["en", "ru"]
    assert {call["zone"] for call in shelf.typesetter.calls} == {DOCUMENT["time_zone"]}


@pytest.mark.parametrize("kind", ["invitation", "chase", "feedback"])
def test_its_links_open_nothing_and_no_mail_program_offers_to_unsubscribe(shelf: Shelf, kind: str) -> None:
    shelf.publish(attachments=ATTACHED)
    people = shelf.invite("clara", "boris")
    stored(shelf, kind)
    send(shelf)
    work_off(shelf)
    mails = shelf.mails()
    assert len(mails) == 2
    for mail in mails:
        assert "List-Unsubscribe" not in mail and "List-Unsubscribe-Post" not in mail
        whole = words_of(mail) + words_of(mail, "html") + "".join(
            part.get_content() for part in mail.walk() if part.get_content_type() == "text/calendar")
        tokens = set(re.findall(rf"{BASE}/([iu])/([^/\s\"<]+)", whole))
        assert tokens
        for letter, token in tokens:
            with pytest.raises(NotFound):
                open_link(shelf.events, shelf.invitees, shelf.links, token, "page" if letter == "i" else "unsubscribe")
        assert not [one for one in people if one.id in whole]


def test_the_ledger_has_a_line_for_each_under_the_organisers_id_and_none_for_a_person(shelf: Shelf) -> None:
    shelf.publish()
    people = shelf.invite("clara")
    batch = stored(shelf)
    send(shelf)
    work_off(shelf)
    lines = shelf.ledger.of_person(organiser_id("symposium"))
    moment = int(NOW.timestamp())
    assert [(line.kind, line.occurrence, line.state) for line in lines] == [
        ("test", f"{batch.id}_en_{moment}", "sent"), ("test", f"{batch.id}_ru_{moment}", "sent")]  # fmt: skip
    assert shelf.ledger.of_person(people[0].id) == []
    for accepted in shelf.ses.messages():
        assert accepted.tags["invitee"] == "organiser-symposium"


def test_the_same_work_twice_sends_once_and_a_second_click_sends_again(shelf: Shelf) -> None:
    shelf.publish(languages=["en"])
    stored(shelf)
    [work] = send(shelf)
    shelf.take()
    deliver(shelf, work)
    deliver(shelf, work)
    assert len(shelf.ses.messages()) == 1
    shelf.clock.pass_(seconds=1)
    send(shelf)
    work_off(shelf)
    first, second = shelf.mails()
    assert first["Message-ID"] != second["Message-ID"]


def test_a_message_that_the_queue_lost_is_queued_again_by_the_clock_until_it_is_sent(shelf: Shelf) -> None:
    shelf.publish(languages=["en"])
    stored(shelf)
    send(shelf)
    shelf.take()
    assert len(promised(shelf)) == 1
    tick(shelf, shelf.clock.pass_(minutes=3))
    work_off(shelf)
    assert shelf.recipients() == [ORGANISER]
    assert promised(shelf) == []


@pytest.mark.parametrize(("facts", "said"), [
    ({"state": "planning"}, "still being planned"),
    ({"state": "cancelled"}, "is cancelled"),
    ({"kind": "reminder", "state": "sending"}, "The clock sends each reminder by itself")])  # fmt: skip
def test_a_batch_that_nobody_will_get_is_not_tested(shelf: Shelf, facts: dict[str, str], said: str) -> None:
    shelf.publish()
    stored(shelf, **facts)
    with pytest.raises(Conflict, match=said):
        send(shelf)
    assert shelf.queued() == []
    assert promised(shelf) == []


@pytest.mark.parametrize("state", ["draft", "sending", "paused", "complete"])
def test_a_batch_can_be_tested_before_while_and_after_it_is_sent(shelf: Shelf, state: str) -> None:
    shelf.publish(languages=["en"])
    stored(shelf, state=state)
    send(shelf)
    assert work_off(shelf) == {"sent": 1}


def test_a_batch_that_does_not_exist_is_not_found(shelf: Shelf) -> None:
    shelf.publish()
    with pytest.raises(NotFound):
        send(shelf, "another")
