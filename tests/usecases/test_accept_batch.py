"""Batches: a plan that adds up, accepted once, and never lost between the table and the queue."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Lock, Thread
from typing import Any

import pytest

from chalicelib.adapters.queue import QueueFailed
from chalicelib.domain.batch import Batch, BatchRequest, Plan
from chalicelib.domain.delivery import FOLLOWS, GIVEN_UP, Delivery, State
from chalicelib.domain.errors import Conflict, Invalid, NotFound
from chalicelib.domain.invitee import Invitee
from chalicelib.usecases.accept_batch import GRACE, accept_batch
from chalicelib.usecases.leave import leave
from chalicelib.usecases.read_batch import read_batch
from tests.shelf import DEADLINE, NOW, Shelf
from tests.usecases.steps import (
    accept,
    answer,
    deliver,
    invite_all,
    outcomes,
    progress_of,
    register,
    tick,
    told,
    work_off,
)


@pytest.fixture(autouse=True)
def event(shelf: Shelf) -> None:
    shelf.publish()


def plan(**counts: int) -> Plan:
    return Plan(**counts)


def adds_up(one: Plan) -> bool:
    return one.audience == sum(one.model_dump().values()) - one.audience


# the plan


def test_each_person_is_in_one_class_of_the_plan_and_the_first_reason_counts(shelf: Shelf) -> None:
    shelf.invite("old")
    invite_all(shelf, "first")
    _, gone, left, both = shelf.invite("new", "gone", "left", "both")
    for one in (gone, both):
        shelf.suppressions.add(shelf.hash_of(one.email), "bounce", NOW)
    for one in (left, both):
        leave(shelf.invitees, one, NOW)
    found = accept(shelf, key="second").plan
    assert found == plan(audience=5, to_send=1, already_sent=1, suppressed=2, left=1)
    assert adds_up(found)


def test_a_chase_reaches_only_those_who_were_invited_and_have_not_answered(shelf: Shelf) -> None:
    silent, said_no, perhaps = shelf.invite("silent", "said-no", "perhaps")
    invite_all(shelf, "first")
    shelf.invite("later")
    answer(shelf, said_no, "declined")
    answer(shelf, perhaps, "tentative")
    batch = accept(shelf, "chase", "chase")
    assert batch.plan == plan(audience=4, to_send=1, not_invited=1, already_answered=2)
    assert adds_up(batch.plan)
    work_off(shelf)
    assert shelf.recipients(kind="chase") == [silent.email]


def test_each_chase_is_one_of_its_own_and_a_second_invitation_is_none(shelf: Shelf) -> None:
    shelf.invite("clara")
    invite_all(shelf, "first")
    for key in ("one", "two"):
        assert accept(shelf, "chase", key).plan.to_send == 1
        work_off(shelf)
    assert accept(shelf, "invitation", "again").plan == plan(audience=1, already_sent=1)
    assert len(shelf.ses.messages()) == 3


def given_up(shelf: Shelf, invitee: Invitee) -> None:
    """The invitation to this person was skipped: they had left, and then were invited anew."""
    shelf.ledger.skip(
        Delivery(invitee=invitee.id, event="symposium", kind="invitation", occurrence="1", state="sending", batch="b"),
        "unsubscribed",
    )


def test_whom_a_batch_gave_up_a_new_batch_mails_once(shelf: Shelf) -> None:
    clara, boris = shelf.invite("clara", "boris")
    given_up(shelf, clara)
    batch = accept(shelf, key="second")
    assert batch.plan == plan(audience=2, to_send=2)
    [work] = shelf.take()
    assert [deliver(shelf, work) for _ in range(2)] == [{"sent": 2}, {"done": 2}]
    assert shelf.recipients() == [boris.email, clara.email]
    assert accept(shelf, key="third").plan == plan(audience=2, already_sent=2)


def test_who_got_no_invitation_because_it_was_given_up_is_not_chased(shelf: Shelf) -> None:
    clara, _ = shelf.invite("clara", "boris")
    given_up(shelf, clara)
    assert accept(shelf, "chase", "chase").plan == plan(audience=2, not_invited=2)


@pytest.mark.parametrize("state", sorted(set(FOLLOWS) - GIVEN_UP))
def test_an_invitation_that_went_out_or_may_have_stands_for_a_chase(shelf: Shelf, state: State) -> None:
    [clara] = shelf.invite("clara")
    one = Delivery(invitee=clara.id, event="symposium", kind="invitation", occurrence="1", state="sending", batch="b")
    _, claimed = shelf.ledger.claim(one, NOW)
    shelf.ledger.settle(claimed, state)
    assert accept(shelf, "chase", "chase").plan == plan(audience=1, to_send=1)
    assert accept(shelf, key="second").plan == plan(audience=1, already_sent=1)


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("kind", ["invitation", "chase"])
def test_after_the_deadline_nobody_is_invited_or_chased_until_it_is_later(
    shelf: Shelf, kind: str, dry_run: bool
) -> None:
    shelf.clock.time = DEADLINE
    accept(shelf, kind, "in time", dry_run=dry_run)
    shelf.clock.pass_(seconds=1)
    before = shelf.items()
    with pytest.raises(Conflict, match=r"2021-01-26 18:00, Europe/Vienna.*later \"answer_by\""):
        accept(shelf, kind, dry_run=dry_run)
    assert shelf.items() == before
    shelf.publish(answer_by={"days_before": 1, "at": "18:00"})
    accept(shelf, kind, dry_run=dry_run)


def test_the_same_key_gives_its_batch_also_after_the_deadline(shelf: Shelf) -> None:
    shelf.invite("clara")
    batch = accept(shelf)
    shelf.clock.time = DEADLINE + GRACE
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


def test_feedback_is_asked_of_those_who_are_registered(shelf: Shelf) -> None:
    shelf.events.open_feedback("symposium", NOW)
    came, _, withdrew = shelf.invite("came", "silent", "withdrew")
    register(shelf, came)
    register(shelf, withdrew)
    answer(shelf, withdrew, "declined")
    found = accept(shelf, "feedback").plan
    assert found == plan(audience=3, to_send=1, not_registered=2)


@pytest.mark.parametrize("audience, expected", [
    ({}, {"anna", "boris", "clara"}),
    ({"languages": ["ru"]}, {"boris", "clara"}),
    ({"countries": ["kg"]}, {"boris"}),
    ({"categories": ["un"]}, {"anna", "boris"}),
    ({"categories": ["un"], "languages": ["ru"]}, {"boris"}),
    ({"statuses": ["no-answer"]}, {"anna", "boris"}),
    ({"statuses": ["declined", "tentative"]}, {"clara"}),
    ({"statuses": ["accepted"]}, set()),
])  # fmt: skip
def test_an_audience_is_narrowed_by_each_list_that_is_not_empty(
    shelf: Shelf, audience: dict[str, list[str]], expected: set[str]
) -> None:
    shelf.invite("anna", category="un", country="AT")
    shelf.invite("boris", category="un", country="KG", language="ru")
    [clara] = shelf.invite("clara", category="government", country="UZ", language="ru")
    answer(shelf, clara, "declined")
    batch = accept(shelf, **audience)
    assert {one.partition("x")[0] for one in shelf.batches.recipients(batch.plan_id)} == expected


def test_people_of_other_events_are_in_no_audience(shelf: Shelf) -> None:
    shelf.publish("symposium-2")
    shelf.invite("stranger", event="symposium-2")
    assert accept(shelf).plan == plan()


# accepting


def test_a_dry_run_tells_the_plan_and_writes_and_queues_nothing(shelf: Shelf) -> None:
    shelf.invite("clara", "boris")
    before = shelf.items()
    told_plan = accept(shelf, dry_run=True).plan
    assert (shelf.items(), shelf.queued()) == (before, [])
    assert accept(shelf).plan == told_plan


def test_accepting_mails_nothing_and_queues_a_message_per_25_people(shelf: Shelf) -> None:
    shelf.invite(*(f"p{n}" for n in range(60)))
    batch = accept(shelf)
    assert [work.chunk for work, _ in shelf.queued()] == [0, 1, 2]
    assert {work.batch for work, _ in shelf.queued()} == {batch.id}
    assert shelf.ses.messages() == []
    assert shelf.items("DUE#", f"{NOW + GRACE:%Y-%m-%dT%H:%M}") == [], "the outbox row went with the queued work"


def test_the_same_key_and_body_give_the_same_batch_and_queue_nothing_more(shelf: Shelf) -> None:
    shelf.invite("clara")
    first = accept(shelf)
    shelf.invite("boris")
    before, queued = shelf.items(), shelf.queued()
    shelf.clock.pass_(hours=1)
    assert accept(shelf) == first
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
    request = BatchRequest(kind="chase")
    other = accept_batch(
        shelf.events, shelf.planner, shelf.batches, shelf.dues, shelf.queue, shelf.documents, "forum", request, "key",
        NOW, dry_run=False,
    )  # fmt: skip
    assert accept(shelf).id != other.id


def test_an_event_that_is_not_there_has_no_batches(shelf: Shelf) -> None:
    with pytest.raises(NotFound):
        read_batch(shelf.batches, shelf.ledger, "symposium", "nothing")


def test_of_two_presses_at_once_one_batch_stands_and_everybody_gets_one_mail(shelf: Shelf) -> None:
    shelf.invite("clara", "boris")
    planned = Barrier(2)
    narrow: Callable[..., Any] = shelf.planner.narrow

    def both_have_planned(*arguments: Any) -> Any:
        found = narrow(*arguments)
        planned.wait(5)
        return found

    one_at_a_time, transact = Lock(), shelf.table.transact

    def as_dynamodb_does(*arguments: Any) -> None:
        with one_at_a_time:
            transact(*arguments)

    shelf.planner.narrow = both_have_planned  # type: ignore[method-assign]
    shelf.table.transact = as_dynamodb_does  # type: ignore[method-assign]
    answers: list[Batch] = []
    presses = [Thread(target=lambda: answers.append(accept(shelf))) for _ in range(2)]
    for press in presses:
        press.start()
    for press in presses:
        press.join()
    assert answers[0] == answers[1]
    assert len(shelf.queued()) == 1
    work_off(shelf)
    assert shelf.recipients() == ["boris@example.org", "clara@example.org"]


def test_of_two_presses_at_once_with_different_bodies_one_is_a_conflict(shelf: Shelf) -> None:
    shelf.invite("clara")
    narrow: Callable[..., Any] = shelf.planner.narrow

    def overtaken(*arguments: Any) -> Any:
        shelf.planner.narrow = narrow  # type: ignore[method-assign]
        accept(shelf, languages=["en"])
        return narrow(*arguments)

    shelf.planner.narrow = overtaken  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        accept(shelf)
    assert len(shelf.queued()) == 1


@pytest.mark.parametrize("queued_before_the_crash", [False, True])
def test_a_crash_between_accepting_and_queueing_is_caught_up_by_the_clock(
    shelf: Shelf, queued_before_the_crash: bool
) -> None:
    shelf.invite("clara", "boris")
    send, died = shelf.queue.send, KeyboardInterrupt

    def crash(works: Any, delay: int = 0) -> None:
        if queued_before_the_crash:
            send(works, delay)
        raise died

    shelf.queue.send = crash  # type: ignore[method-assign]
    with pytest.raises(died):
        accept(shelf)
    shelf.queue.send = send  # type: ignore[method-assign]
    batch = accept(shelf)
    assert tick(shelf, NOW + GRACE - timedelta(seconds=1)).queued_again == []
    assert tick(shelf, NOW + GRACE).queued_again == [f"batch#{batch.id}"]
    assert tick(shelf, NOW + 2 * GRACE).queued_again == []
    work_off(shelf)
    assert shelf.recipients() == ["boris@example.org", "clara@example.org"]
    assert outcomes(shelf, batch) == {"sent": 2}


def test_a_queue_that_fails_when_the_batch_is_stored_is_logged_and_the_clock_queues_it(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.invite("clara")
    send = shelf.queue.send

    def fails(*_: Any) -> None:
        raise QueueFailed("InternalError")

    shelf.queue.send = fails  # type: ignore[method-assign]
    batch = accept(shelf)
    shelf.queue.send = send  # type: ignore[method-assign]
    assert batch.plan.to_send == 1 and batch.id in caplog.text
    assert tick(shelf, NOW + GRACE).queued_again == [f"batch#{batch.id}"]
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
    assert tick(shelf, NOW + GRACE).queued_again == []
    assert accept(shelf).plan.to_send == 1


# counting up


def test_outcomes_always_add_up_to_what_was_planned(shelf: Shelf) -> None:
    people = shelf.invite(*(f"p{n}" for n in range(8)))
    batch = accept(shelf)
    assert outcomes(shelf, batch) == {"waiting": 8}
    assert not progress_of(shelf, batch).complete
    shelf.suppressions.add(shelf.hash_of(people[0].email), "bounce", NOW)
    shelf.ledger.claim(
        Delivery(invitee=people[1].id, event="symposium", kind="invitation", occurrence="1", state="sending"), NOW
    )
    work_off(shelf)
    assert outcomes(shelf, batch) == {"skipped": 1, "sending": 1, "sent": 6}
    for one, (kind, outcome) in zip(
        shelf.ses.messages(), [("Delivery", "delivery"), ("Bounce", "bounce"), ("Complaint", "complaint")], strict=False
    ):
        told(shelf, shelf.told(one.id, kind, outcome))
    assert outcomes(shelf, batch) == {
        "skipped": 1,
        "sending": 1,
        "sent": 3,
        "delivered": 1,
        "bounced": 1,
        "complained": 1,
    }
    assert not progress_of(shelf, batch).complete
    shelf.clock.pass_(minutes=4)
    work_off(shelf)
    assert sum(outcomes(shelf, batch).values()) == batch.plan.to_send
    assert progress_of(shelf, batch).complete
