"""Batches: accepted once under their key, sent when approved, and never lost between the table and the queue."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Lock, Thread
from typing import Any

import pytest

from chalicelib.adapters.queue import QueueFailed
from chalicelib.domain.batch import CHUNK, Batch, BatchRequest
from chalicelib.domain.delivery import Delivery
from chalicelib.domain.errors import Conflict, Invalid, NotFound
from chalicelib.usecases import accept_batch as accepting
from chalicelib.usecases.accept_batch import ROUND, accept_batch
from chalicelib.usecases.leave import leave
from chalicelib.usecases.read_batch import read_batch
from tests.shelf import DEADLINE, NOW, Shelf
from tests.usecases.steps import WHO, accept, deliver, draft, outcomes, progress_of, tick, work_off

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def event(shelf: Shelf) -> None:
    shelf.publish()


# the right time


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("kind", ["invitation", "chase"])
def test_after_the_deadline_nobody_is_invited_or_chased_until_it_is_later(
    shelf: Shelf, kind: str, dry_run: bool
) -> None:
    shelf.clock.time = DEADLINE
    accept(shelf, kind, "in time", dry_run=dry_run)
    shelf.clock.pass_(seconds=1)
    before = shelf.items()
    with pytest.raises(Conflict, match=r"18:00 on 26 January 2021 \(Europe/Vienna, 17:00 UTC\).*later \"answer_by\""):
        accept(shelf, kind, dry_run=dry_run)
    assert shelf.items() == before
    shelf.publish(answer_by={"days_before": 1, "at": "18:00"})
    accept(shelf, kind, dry_run=dry_run)


def test_the_same_key_gives_its_batch_also_after_the_deadline(shelf: Shelf) -> None:
    shelf.invite("clara")
    batch = accept(shelf)
    shelf.clock.time = DEADLINE + MINUTE
    assert accept(shelf) == batch


@pytest.mark.parametrize("changes, said", [({}, "not open yet"), ({"feedback": None}, "no feedback form")])
def test_feedback_is_not_asked_before_its_form_is_open(shelf: Shelf, changes: dict[str, Any], said: str) -> None:
    shelf.publish(**changes)
    with pytest.raises(Conflict, match=f"{said}|by itself after the end"):
        accept(shelf, "feedback")


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_document_that_goes_with_the_mail_and_was_not_uploaded_is_named(shelf: Shelf, dry_run: bool) -> None:
    notes = [{"id": name, "title": {"en": name}, "filename": f"{name}.pdf"} for name in ("note", "map", "other")]
    shelf.publish(documents=notes, attachments={"invitation": ["agenda", "note", "map"], "chase": ["other"]})
    shelf.documents.put_document("symposium", "note", "ru", b"%PDF-")
    before = shelf.items()
    with pytest.raises(Invalid) as refused:
        accept(shelf, dry_run=dry_run)
    [problem] = refused.value.problems
    assert (problem.field, problem.message) == ("documents.map", "Upload it, or take it out of attachments.")
    assert shelf.items() == before
    shelf.documents.put_document("symposium", "map", "en", b"%PDF-")
    accept(shelf, dry_run=dry_run)


# rounds of chasing


def test_chases_within_twenty_hours_of_the_first_are_one_round_and_chase_nobody_twice(shelf: Shelf) -> None:
    shelf.invite("clara", "boris")
    accept(shelf, key="invitation")
    work_off(shelf)
    assert (accept(shelf, "chase", "one").occurrence, work_off(shelf)) == ("1", {"sent": 2})
    shelf.clock.pass_(hours=19)
    second = accept(shelf, "chase", "two")
    assert (second.occurrence, second.plan.to_send, second.plan.already_sent) == ("1", 0, 2)
    shelf.clock.time = NOW + ROUND
    third = accept(shelf, "chase", "three")
    assert (third.occurrence, third.plan.to_send) == ("2", 2)
    assert accept(shelf, "invitation", "again").plan.already_sent == 2


def test_a_round_of_which_nothing_was_sent_yet_goes_on(shelf: Shelf) -> None:
    shelf.invite("clara")
    accept(shelf, key="invitation")
    work_off(shelf)
    waiting = draft(shelf, "chase", "one")
    shelf.clock.pass_(days=3)
    assert accept(shelf, "chase", "two").occurrence == waiting.occurrence == "1"
    shelf.clock.pass_(hours=19)
    assert draft(shelf, "chase", "three").occurrence == "1"
    accept(shelf, "chase", "one")
    work_off(shelf)
    assert shelf.recipients(kind="chase") == ["clara@example.org"]
    shelf.clock.pass_(hours=1)
    assert draft(shelf, "chase", "four").occurrence == "2"


# accepting


def test_a_dry_run_tells_plan_and_fingerprint_and_writes_and_queues_nothing(shelf: Shelf) -> None:
    shelf.invite("clara", "boris")
    before = shelf.items()
    tried = draft(shelf, dry_run=True)
    assert (shelf.items(), shelf.queued()) == (before, [])
    stored = draft(shelf)
    assert (stored.plan, stored.fingerprint) == (tried.plan, tried.fingerprint)


def test_a_batch_that_nobody_approved_is_a_draft_and_mails_nothing(shelf: Shelf) -> None:
    shelf.invite("clara")
    batch = draft(shelf)
    assert (batch.state, batch.accepted_by, batch.approved_by) == ("draft", WHO, "")
    for minute in range(3):
        tick(shelf, NOW + minute * MINUTE)
    assert (shelf.queued(), shelf.ses.messages()) == ([], [])


def test_a_request_with_the_fingerprint_of_its_plan_is_sent_at_once(shelf: Shelf) -> None:
    shelf.invite("clara")
    batch = draft(shelf, wanted=draft(shelf, dry_run=True).fingerprint)
    assert (batch.state, batch.approved_by, batch.approved_at) == ("sending", WHO, NOW)
    assert work_off(shelf) == {"sent": 1}


def test_a_request_with_another_fingerprint_is_kept_as_a_draft(shelf: Shelf) -> None:
    shelf.invite("clara")
    tried = draft(shelf, dry_run=True)
    shelf.invite("boris")
    batch = draft(shelf, wanted=tried.fingerprint)
    assert (batch.state, batch.plan.to_send, shelf.queued()) == ("draft", 2, [])
    assert batch.fingerprint != tried.fingerprint


def test_approving_queues_a_message_a_chunk_and_mails_nothing(shelf: Shelf) -> None:
    shelf.invite(*(f"p{n}" for n in range(2 * CHUNK + 1)))
    batch = accept(shelf)
    assert [work.chunk for work, _ in shelf.queued()] == [0, 1, 2]
    assert {work.batch for work, _ in shelf.queued()} == {batch.id}
    assert shelf.ses.messages() == []


def test_the_same_key_and_body_give_the_same_batch_and_queue_nothing_more(shelf: Shelf) -> None:
    shelf.invite("clara")
    first = accept(shelf)
    shelf.invite("boris")
    before, queued = shelf.items(), shelf.queued()
    shelf.clock.pass_(hours=1)
    assert accept(shelf) == draft(shelf) == draft(shelf, wanted="f" * 32) == first
    assert (shelf.items(), shelf.queued()) == (before, queued)


def test_the_same_key_with_another_body_is_a_conflict_and_changes_nothing(shelf: Shelf) -> None:
    shelf.invite("clara")
    accept(shelf)
    before, queued = shelf.items(), shelf.queued()
    with pytest.raises(Conflict, match="Idempotency-Key"):
        accept(shelf, "chase")
    with pytest.raises(Conflict):
        accept(shelf, languages=["ru"])
    assert (shelf.items(), shelf.queued()) == (before, queued)


def test_a_key_belongs_to_one_event(shelf: Shelf) -> None:
    shelf.publish("forum")
    other = accept_batch(shelf.desk, "forum", BatchRequest(kind="chase"), "key", WHO, NOW, dry_run=False)
    assert accept(shelf).id != other.id


def test_a_batch_that_is_not_there_is_not_found(shelf: Shelf) -> None:
    with pytest.raises(NotFound):
        read_batch(shelf.desk, "symposium", "nothing")


def test_a_dry_run_of_a_large_event_says_to_post_a_draft(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepting, "SMALL", 2)
    shelf.invite("anna", "boris", "clara")
    before = shelf.items()
    with pytest.raises(Conflict, match=r"more than 2 people.*kept as a draft"):
        draft(shelf, dry_run=True, languages=["ru"])
    assert shelf.items() == before


def at_once(shelf: Shelf, presses: list[Callable[[], Any]]) -> None:
    """Everybody has planned before anybody stores; transactions one after the other, as DynamoDB does them."""
    planned, one_at_a_time = Barrier(len(presses)), Lock()
    accepts, transact = shelf.batches.accept, shelf.table.transact

    def both_have_planned(*arguments: Any) -> Any:
        planned.wait(5)
        return accepts(*arguments)

    def as_dynamodb_does(*arguments: Any) -> None:
        with one_at_a_time:
            transact(*arguments)

    shelf.batches.accept = both_have_planned
    shelf.table.transact = as_dynamodb_does  # type: ignore[method-assign]
    threads = [Thread(target=press) for press in presses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_of_two_presses_at_once_one_batch_stands_and_everybody_gets_one_mail(shelf: Shelf) -> None:
    shelf.invite("clara", "boris")
    wanted = draft(shelf, dry_run=True).fingerprint
    answers: list[Batch] = []
    at_once(shelf, [lambda: answers.append(draft(shelf, wanted=wanted))] * 2)
    assert answers[0].id == answers[1].id and answers[0].plan_id == answers[1].plan_id
    assert len(shelf.queued()) == 1
    work_off(shelf)
    assert shelf.recipients() == ["boris@example.org", "clara@example.org"]


def test_of_two_presses_at_once_with_different_bodies_one_is_a_conflict(shelf: Shelf) -> None:
    shelf.invite("clara")
    answers: list[Any] = []

    def press(**audience: list[str]) -> None:
        try:
            answers.append(draft(shelf, **audience))
        except Conflict as conflict:
            answers.append(conflict)

    at_once(shelf, [press, lambda: press(languages=["en"])])
    assert sorted(type(answer).__name__ for answer in answers) == ["Batch", "Conflict"]


@pytest.mark.parametrize("queued_before_the_crash", [False, True])
def test_a_crash_between_accepting_and_queueing_is_caught_up_by_the_clock(
    shelf: Shelf, queued_before_the_crash: bool
) -> None:
    shelf.invite("clara", "boris")
    send, died, wanted = shelf.queue.send, KeyboardInterrupt, draft(shelf, dry_run=True).fingerprint

    def crash(works: Any, **delays: Any) -> None:
        if queued_before_the_crash:
            send(works, **delays)
        raise died

    shelf.queue.send = crash
    with pytest.raises(died):
        draft(shelf, wanted=wanted)
    shelf.queue.send = send
    batch = draft(shelf, wanted=wanted)
    assert tick(shelf, NOW + MINUTE).fed == [f"batch#{batch.id}"]
    work_off(shelf)
    assert shelf.recipients() == ["boris@example.org", "clara@example.org"]
    assert outcomes(shelf, batch) == {"sent": 2}


def test_a_queue_that_fails_when_the_batch_is_stored_is_logged_and_the_clock_queues_it(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.invite("clara")
    send = shelf.queue.send

    def fails(*_: Any, **__: Any) -> None:
        raise QueueFailed("InternalError")

    shelf.queue.send = fails
    batch = accept(shelf)
    shelf.queue.send = send
    assert batch.state == "sending" and batch.id in caplog.text
    assert tick(shelf, NOW + MINUTE).fed == [f"batch#{batch.id}"]
    assert work_off(shelf) == {"sent": 1}


def test_a_crash_before_the_batch_is_stored_leaves_nothing_that_sends_mail(shelf: Shelf) -> None:
    shelf.invite("clara")
    transact = shelf.table.transact

    def crash(*_: Any) -> None:
        raise ConnectionError

    shelf.table.transact = crash  # type: ignore[method-assign, assignment]
    with pytest.raises(ConnectionError):
        accept(shelf)
    shelf.table.transact = transact  # type: ignore[method-assign]
    assert list(shelf.batches.all("symposium")) == shelf.queued() == []
    assert tick(shelf, NOW + MINUTE).fed == []
    assert accept(shelf).plan.to_send == 1


# counting up


def claimed(shelf: Shelf, invitee: str, batch: Batch) -> Delivery:
    line = Delivery(
        invitee=invitee, event="symposium", kind="invitation", occurrence="1", state="sending", batch=batch.id
    )
    return shelf.ledger.claim(line, NOW)[1]


def test_outcomes_always_add_up_to_what_was_planned(shelf: Shelf) -> None:
    people = shelf.invite(*(f"p{n}" for n in range(4)))
    batch = draft(shelf)
    assert outcomes(shelf, batch) == {"waiting": 4}
    accept(shelf)
    assert not progress_of(shelf, batch).complete
    leave(shelf.invitees, people[0], NOW, "invitations")
    held = claimed(shelf, people[1].id, batch)
    work_off(shelf)
    assert outcomes(shelf, batch) == {"skipped": 1, "sending": 1, "sent": 2}
    assert not progress_of(shelf, batch).complete
    shelf.ledger.settle(held, "unknown")
    assert outcomes(shelf, batch) == {"skipped": 1, "unknown": 1, "sent": 2}
    assert progress_of(shelf, batch).complete


def test_outcomes_of_a_large_batch_are_counted_by_its_workers_and_moved_by_what_is_told_later(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.usecases.read_batch.EXACT", 1)
    shelf.invite(*(f"p{n}" for n in range(60)))
    batch = accept(shelf)
    first, *rest = shelf.take()
    deliver(shelf, first)
    assert outcomes(shelf, batch) == {"waiting": 60 - CHUNK, "sent": CHUNK}
    shelf.batches.note_moves("symposium", batch.id, {"sent": -3, "delivered": 2, "bounced": 1})
    shelf.batches.note_moves("symposium", batch.id, {"sending": -1, "delivered": 1})
    assert outcomes(shelf, batch) == {"waiting": 60 - CHUNK, "sent": CHUNK - 4, "delivered": 3, "bounced": 1}
    for work in rest:
        deliver(shelf, work)
    assert outcomes(shelf, batch) == {"sent": 56, "delivered": 3, "bounced": 1}
    assert progress_of(shelf, batch).complete


def test_moves_of_a_batch_that_is_not_there_are_nothing(shelf: Shelf) -> None:
    before = shelf.items()
    shelf.batches.note_moves("symposium", "nothing", {"sent": -1, "delivered": 1})
    shelf.batches.note_moves("symposium", "nothing", {})
    assert shelf.items() == before
