"""The notice: the organiser hears once, and soon, which addresses get no more mail."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.adapters.queue import QueueFailed
from chalicelib.adapters.store.due import Due
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.work import Work, organiser_id
from chalicelib.usecases.notice import send_notice
from chalicelib.usecases.organiser_mail import LISTED
from tests.shelf import Shelf
from tests.usecases.steps import deliver, invite_all, tick, told, work_off
from tests.usecases.test_send_test import promised, words_of

ORGANISER = "secretariat@symposium.example.org"


def suppress(shelf: Shelf, *people: Invitee, reason: str = "bounce") -> None:
    for one in people:
        shelf.addresses.suppress(shelf.hash_of(one.email), reason, shelf.clock())


def lift(shelf: Shelf, invitee: Invitee) -> None:
    shelf.addresses.lift(shelf.hash_of(invitee.email), shelf.clock(), "it works after all", "olga@example.org")


def quarter(shelf: Shelf) -> datetime:
    """The end of the quarter of an hour that the shelf's clock is in."""
    start = shelf.clock().replace(second=0)
    return start + timedelta(minutes=15 - start.minute % 15)


def queue_notice(shelf: Shelf) -> Work:
    """The work that the clock queues at the end of the quarter of an hour, which it then is."""
    due = Due(what="notice", reference="notice#symposium", at=quarter(shelf), body={"event": "symposium"})
    shelf.dues.add(due)
    shelf.clock.time = due.at
    send_notice(shelf.desk, due, shelf.clock())
    [work] = [work for work in shelf.take() if work.kind == "notice"]
    return work


def notice(shelf: Shelf) -> str:
    """The words of the notice that is due now; empty when none is sent."""
    before = len(shelf.mails(kind="notice"))
    deliver(shelf, queue_notice(shelf))
    mails = shelf.mails(kind="notice")[before:]
    return words_of(mails[0]) if mails else ""


def test_a_bounce_is_told_after_the_quarter_of_an_hour_with_the_mail_and_the_reason(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite("clara", "boris")
    invite_all(shelf)
    [sent] = shelf.ses.messages(to="clara@example.org")
    told(shelf, shelf.told(sent.id, "Bounce", "bounce"))
    tick(shelf, shelf.clock.pass_(minutes=1))
    assert shelf.take() == []
    tick(shelf, shelf.clock.pass_(minutes=16))
    assert work_off(shelf) == {"sent": 1}
    [mail] = shelf.mails(kind="notice")
    assert mail["To"].addresses[0].addr_spec == mail["Reply-To"] == ORGANISER
    assert mail["Subject"] == "1 address gets no more mail: Symposium on Migration"
    text = words_of(mail)
    for said in ("Clara", "clara@example.org", "The address does not exist", "Invitation, 14 January 2021, 10:00"):
        assert said in text
    assert "Boris" not in text
    assert "List-Unsubscribe" not in mail


def test_several_within_a_quarter_of_an_hour_come_in_one_mail_by_name(shelf: Shelf) -> None:
    shelf.publish()
    clara, boris = shelf.invite("clara", "boris")
    suppress(shelf, clara)
    shelf.clock.pass_(minutes=10)
    suppress(shelf, boris, reason="complaint")
    text = notice(shelf)
    assert text.index("Boris") < text.index("marked the mail as spam") < text.index("Clara")
    assert len(shelf.mails()) == 1


def test_nobody_is_told_of_twice_and_nobody_between_two_notices_is_missed(shelf: Shelf) -> None:
    shelf.publish()
    clara, boris, anna = shelf.invite("clara", "boris", "anna")
    suppress(shelf, clara)
    late = queue_notice(shelf)
    suppress(shelf, boris)  # after the quarter of an hour, and before the mail about it is written
    deliver(shelf, late)
    assert "Boris" not in words_of(shelf.mails(kind="notice")[0])
    shelf.clock.pass_(minutes=1)
    suppress(shelf, anna)
    text = notice(shelf)
    assert "Boris" in text and "Anna" in text and "Clara" not in text


def test_what_a_notice_that_failed_would_have_told_stands_in_the_next(shelf: Shelf) -> None:
    shelf.publish()
    clara, boris = shelf.invite("clara", "boris")
    suppress(shelf, clara)
    lost = queue_notice(shelf)
    suppress(shelf, boris)
    text = notice(shelf)
    assert "Clara" in text and "Boris" in text
    assert deliver(shelf, lost) == {"skipped": 1}


def test_who_was_lifted_meanwhile_is_not_told_of_and_without_anybody_there_is_no_mail(shelf: Shelf) -> None:
    shelf.publish()
    clara, boris = shelf.invite("clara", "boris")
    suppress(shelf, clara, boris)
    lift(shelf, clara)
    assert "Clara" not in notice(shelf)
    suppress(shelf, clara)
    lift(shelf, clara)
    assert deliver(shelf, queue_notice(shelf)) == {"skipped": 1}
    assert len(shelf.mails()) == 1


def test_an_address_that_another_event_found_dead_is_told_of_as_such(shelf: Shelf) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    suppress(shelf, clara)
    assert "Mail of another event, 14 January 2021, 10:00" in notice(shelf)


def test_fifty_are_listed_and_the_others_counted(shelf: Shelf) -> None:
    shelf.publish()
    suppress(shelf, *shelf.invite(*(f"p{n:02}" for n in range(LISTED + 3))))
    text = notice(shelf)
    assert text.count("@example.org") == LISTED
    assert "and 3 more" in text
    assert "53 addresses get no more mail" in text


def test_the_notice_is_in_the_first_language_of_the_event(shelf: Shelf) -> None:
    shelf.publish(languages=["ru", "en"])
    suppress(shelf, *shelf.invite("clara"))
    notice(shelf)
    [mail] = shelf.mails()
    assert mail["Subject"] == "Письма больше не уходят на 1 адрес: Симпозиум по миграции"
    assert mail["Content-Language"] == "ru"


def test_the_ledger_knows_a_notice_by_its_quarter_of_an_hour_and_sends_it_once(shelf: Shelf) -> None:
    shelf.publish()
    suppress(shelf, *shelf.invite("clara"))
    work = queue_notice(shelf)
    deliver(shelf, work)
    deliver(shelf, work)
    [line] = shelf.ledger.of_person(organiser_id("symposium"))
    assert (line.kind, line.occurrence, line.state) == ("notice", "20210114T0915Z", "sent")
    assert len(shelf.mails()) == 1
    assert promised(shelf) == []


def test_a_row_stays_while_the_queue_fails_and_a_second_tick_queues_the_same_notice(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.publish()
    due = Due(what="notice", reference="notice#symposium", at=datetime(2021, 1, 14, 9, 15, tzinfo=UTC),
              body={"event": "symposium"})  # fmt: skip
    shelf.dues.add(due)

    def fail(*args: object, **rest: object) -> None:
        raise QueueFailed("SQS is away")

    with monkeypatch.context() as without:
        without.setattr(type(shelf.queue), "send", fail)
        with pytest.raises(QueueFailed):
            send_notice(shelf.desk, due, due.at)
    assert "notice" in [item["what"]["S"] for item in shelf.items("DUE#")]
    send_notice(shelf.desk, due, due.at)
    [(work, wait)] = shelf.queued()
    assert (work.occurrence, work.invitee, wait) == ("20210114T0915Z", "organiser-symposium", 240)
    assert "notice" not in [item["what"]["S"] for item in shelf.items("DUE#")]
