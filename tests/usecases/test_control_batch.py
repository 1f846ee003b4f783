"""What an organiser does to a batch: only what was approved is sent, and a second click does nothing more."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.batch import CHUNK, MOVES, Batch, BatchState
from chalicelib.domain.delivery import Delivery, State
from chalicelib.domain.errors import Conflict, Invalid, NotFound
from chalicelib.usecases import control_batch
from chalicelib.usecases.list_deliveries import list_deliveries
from chalicelib.usecases.read_batch import read_batch
from chalicelib.usecases.settle_unknowns import settle_unknowns
from tests.shelf import DEADLINE, NOW, Shelf, person
from tests.usecases.steps import WHO, accept, deliver, draft, outcomes, tick, work_off

MINUTE = timedelta(minutes=1)
EVENT = "symposium"


@pytest.fixture(autouse=True)
def event(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite("clara", "boris")


def approve(shelf: Shelf, batch: Batch, fingerprint: str = "") -> Batch:
    return control_batch.approve(shelf.desk, EVENT, batch.id, fingerprint or batch.fingerprint, WHO, shelf.clock())


def pause(shelf: Shelf, batch: Batch, reason: str = "") -> Batch:
    return control_batch.pause(shelf.desk, EVENT, batch.id, reason, WHO, shelf.clock())


def resume(shelf: Shelf, batch: Batch) -> Batch:
    return control_batch.resume(shelf.desk, EVENT, batch.id, WHO, shelf.clock())


def cancel(shelf: Shelf, batch: Batch, reason: str = "") -> Batch:
    return control_batch.cancel(shelf.desk, EVENT, batch.id, reason, WHO, shelf.clock())


CONTROLS: dict[str, Callable[[Shelf, Batch], Batch]] = {
    "approve": approve, "pause": pause, "resume": resume, "cancel": cancel,
}  # fmt: skip


def shown(shelf: Shelf, batch: Batch) -> Batch:
    """The batch as GET shows it."""
    return read_batch(shelf.desk, EVENT, batch.id)[0]


def audited(shelf: Shelf) -> list[tuple[str, str, str]]:
    return [(row["who"]["S"], row["what"]["S"], row["reason"]["S"]) for row in shelf.items("EVENT#symposium", "AUDIT#")]


# every state and every click


@pytest.mark.parametrize("state", sorted(MOVES))
@pytest.mark.parametrize("click", sorted(CONTROLS))
def test_a_click_does_what_its_state_allows_once_or_says_what_is_possible(
    shelf: Shelf, state: BatchState, click: str
) -> None:
    batch = draft(shelf)
    if state in ("sending", "paused", "complete"):
        batch = approve(shelf, batch)
    if state == "planning":
        update = {"UpdateExpression": "SET #s = :s", "ExpressionAttributeNames": {"#s": "state"}}
        key = {"PK": {"S": "EVENT#symposium"}, "SK": {"S": f"BATCH#{batch.id}"}}
        shelf.dynamodb.update_item(
            TableName="convoke", Key=key, ExpressionAttributeValues={":s": {"S": "planning"}}, **update
        )
    elif state not in ("draft", "sending"):
        shelf.batches.move(batch, state, NOW)
    to: BatchState = {"approve": "sending", "pause": "paused", "resume": "sending", "cancel": "cancelled"}[click]  # type: ignore[assignment]
    stands = state == to or (state == "complete" and click == "approve")
    machines = {("resume", "draft"), ("resume", "planning"), ("approve", "planning")}
    allowed = state in MOVES[to] and (click, state) not in machines
    before = shelf.items()
    if stands or allowed:
        first = CONTROLS[click](shelf, batch)
        assert first.state == ("complete" if state == "complete" else to)
        assert (shelf.items() == before) is stands, "only what changes something is written down"
        settled, queued = shelf.items(), shelf.queued()
        again = CONTROLS[click](shelf, batch)
        assert again.model_dump(exclude={"fed", "fed_at"}) == first.model_dump(exclude={"fed", "fed_at"})
        assert (shelf.items(), shelf.queued()) == (settled, queued), "a second click"
    else:
        with pytest.raises(Conflict, match=rf"^The batch is {state}\. .+\.$"):
            CONTROLS[click](shelf, batch)
        assert shelf.items() == before


@pytest.mark.parametrize("click", sorted(CONTROLS))
def test_a_batch_that_is_not_there_is_not_found(shelf: Shelf, click: str) -> None:
    batch = draft(shelf).model_copy(update={"id": "nothing"})
    with pytest.raises(NotFound):
        CONTROLS[click](shelf, batch)


def test_who_did_what_and_why_is_written_down_with_it(shelf: Shelf) -> None:
    batch = approve(shelf, draft(shelf))
    for step, click in enumerate((pause, cancel), 1):
        shelf.clock.time = NOW + step * MINUTE
        click(shelf, batch, f"wrong date {step}")
    assert audited(shelf) == [
        *sorted([(WHO, "batch planned", ""), (WHO, "batch approved", "")], key=lambda one: _row(shelf, one[1])),
        (WHO, "batch paused", "wrong date 1"),
        (WHO, "batch cancelled", "wrong date 2"),
    ]
    assert shown(shelf, batch).reason == f"Cancelled by {WHO}: wrong date 2"


def _row(shelf: Shelf, what: str) -> str:
    return next(row["SK"]["S"] for row in shelf.items("EVENT#symposium", "AUDIT#") if row["what"]["S"] == what)


# approving


def test_an_approval_of_another_fingerprint_is_refused_and_names_the_right_one(shelf: Shelf) -> None:
    batch = draft(shelf)
    with pytest.raises(Conflict, match=batch.fingerprint):
        approve(shelf, batch, "f" * 32)
    assert shown(shelf, batch).state == "draft"


@pytest.mark.parametrize("change", ["agenda", "file"])
def test_a_draft_whose_event_changed_needs_the_fingerprint_of_the_new_content(shelf: Shelf, change: str) -> None:
    batch = draft(shelf)
    shelf.publish(accent="#000000") if change == "agenda" else shelf.events.touch_files(EVENT)
    new = shown(shelf, batch).fingerprint
    assert new != batch.fingerprint
    with pytest.raises(Conflict, match=f"Plan it again.*{new}"):
        approve(shelf, batch)
    assert approve(shelf, batch, new).state == "sending"
    assert shown(shelf, batch).fingerprint == new
    assert work_off(shelf) == {"sent": 2}


def test_a_batch_that_was_paused_by_a_change_goes_on_only_with_a_new_approval(shelf: Shelf) -> None:
    batch = accept(shelf)
    shelf.publish(accent="#000000")
    assert work_off(shelf) == {}
    assert shown(shelf, batch).state == "paused"
    new = shown(shelf, batch).fingerprint
    with pytest.raises(Conflict, match=new):
        resume(shelf, batch)
    with pytest.raises(Conflict, match=new):
        approve(shelf, batch)
    assert approve(shelf, batch, new).reason == ""
    assert work_off(shelf) == {"sent": 2}


def test_nothing_is_approved_after_the_deadline_or_without_its_documents(shelf: Shelf) -> None:
    note = {"id": "note", "title": {"en": "note"}, "filename": "note.pdf"}
    batch = draft(shelf)
    shelf.publish(documents=[note], attachments={"invitation": ["note"]})
    new = shown(shelf, batch).fingerprint
    with pytest.raises(Invalid, match="document"):
        approve(shelf, batch, new)
    shelf.clock.time = DEADLINE + MINUTE
    with pytest.raises(Conflict, match="deadline"):
        approve(shelf, batch, new)
    assert shelf.queued() == []


def test_a_draft_of_an_earlier_round_of_chasing_chases_nobody_after_a_later_one_began(shelf: Shelf) -> None:
    accept(shelf)
    work_off(shelf)
    accept(shelf, "chase", "one", languages=["ru"])
    old = draft(shelf, "chase", "two")
    shelf.clock.pass_(days=2)
    assert accept(shelf, "chase", "three").occurrence == "2"
    with pytest.raises(Conflict, match="later round"):
        approve(shelf, old)


def test_a_click_that_meets_another_change_of_the_same_batch_says_what_is_there(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = draft(shelf)
    find = shelf.batches.get

    def overtaken(*arguments: Any) -> Batch:
        found = find(*arguments)
        monkeypatch.setattr(shelf.batches, "get", find)
        cancel(shelf, batch)
        return found

    monkeypatch.setattr(shelf.batches, "get", overtaken)
    with pytest.raises(Conflict, match="The batch is cancelled"):
        approve(shelf, batch)
    assert shelf.queued() == []


# pausing


def test_a_paused_batch_hands_over_nothing_and_goes_on_with_what_is_not_done(shelf: Shelf) -> None:
    shelf.invite(*(f"p{n}" for n in range(3 * CHUNK - 2)))
    batch = accept(shelf)
    first, *rest = shelf.take()
    assert deliver(shelf, first) == {"sent": CHUNK}
    paused = pause(shelf, batch, "a wrong link")
    assert (paused.state, paused.reason) == ("paused", f"Paused by {WHO}: a wrong link")
    assert [deliver(shelf, work) for work in rest] == [{}, {}]
    assert tick(shelf, NOW + MINUTE).fed == []
    assert resume(shelf, batch).state == "sending"
    assert [work.chunk for work, _ in shelf.queued()] == [1, 2]
    work_off(shelf)
    assert outcomes(shelf, batch) == {"sent": 3 * CHUNK}
    assert len(shelf.ses.messages()) == 3 * CHUNK


def test_a_pause_and_a_resume_between_two_ticks_keep_the_batch_in_sight_of_the_clock(shelf: Shelf) -> None:
    batch = accept(shelf)
    pause(shelf, batch)
    resume(shelf, batch)
    work_off(shelf)
    assert tick(shelf, NOW + MINUTE).completed == [f"batch#{batch.id}"]


def test_what_was_cancelled_is_not_sent_and_stays_waiting(shelf: Shelf) -> None:
    batch = accept(shelf)
    control_batch.cancel(shelf.desk, "symposium", batch.id, "", WHO, shelf.clock())
    assert work_off(shelf) == {}
    assert outcomes(shelf, batch) == {"waiting": 2}
    assert accept(shelf, key="another").plan.to_send == 2


# unknown deliveries


def unknown(shelf: Shelf, batch: Batch) -> list[str]:
    """Everybody of the batch was claimed now, and nobody knows what became of it."""
    people = list(shelf.batches.recipients(batch.plan_id))
    for invitee in people:
        line = Delivery(
            invitee=invitee, event=EVENT, kind=batch.kind, occurrence=batch.occurrence, state="sending", batch=batch.id
        )
        _, claimed = shelf.ledger.claim(line, shelf.clock())
        shelf.ledger.settle(claimed, "unknown")
    return people


@pytest.mark.parametrize("decided, state, reached", [("sent", "sent", 0), ("not-sent", "failed", 2)])
def test_an_organiser_settles_what_ses_never_told_of(
    shelf: Shelf, decided: Any, state: State, reached: int
) -> None:
    batch = accept(shelf)
    shelf.take()
    unknown(shelf, batch)
    young = shelf.clock.pass_(minutes=5)
    assert settle_unknowns(shelf.desk, EVENT, batch.id, decided, "asked them", WHO, young) == (0, 2)
    old = shelf.clock.pass_(seconds=1)
    assert settle_unknowns(shelf.desk, EVENT, batch.id, decided, "asked them", WHO, old) == (2, 0)
    assert outcomes(shelf, batch) == {state: 2}
    assert settle_unknowns(shelf.desk, EVENT, batch.id, decided, "asked them", WHO, old) == (0, 0)
    assert audited(shelf)[-1] == (WHO, f"batch unknowns are {decided}", "asked them")
    assert shelf.delivery(person("clara"))["reason"] == f"{decided}, decided by {WHO}: asked them"
    assert draft(shelf, key="next").plan.to_send == reached


def test_unknowns_of_another_batch_and_of_chunks_without_any_are_left_alone(shelf: Shelf) -> None:
    batch, other = accept(shelf), draft(shelf, key="other")
    shelf.take()
    unknown(shelf, batch)
    later = shelf.clock.pass_(minutes=6)
    assert settle_unknowns(shelf.desk, EVENT, other.id, "sent", "r", WHO, later) == (0, 0)
    shelf.batches.finish_chunk(batch.plan_id, 0, {"sent": 2}, later)
    assert settle_unknowns(shelf.desk, EVENT, batch.id, "sent", "r", WHO, later) == (0, 0)


# the deliveries


def test_each_person_of_a_batch_is_listed_with_what_became_of_them_a_page_at_a_time(shelf: Shelf) -> None:
    shelf.invite(*(f"p{n}" for n in range(58)))
    batch = accept(shelf)
    first, *_ = shelf.take()
    deliver(shelf, first)
    found, cursor, pages = [], "", 0
    while True:
        page, following = list_deliveries(shelf.desk, EVENT, batch.id, "", 7, cursor)
        assert len(page) <= 7
        found, pages = found + page, pages + 1
        if following is None:
            break
        cursor = following
    assert [one.invitee for one in found] == list(shelf.batches.recipients(batch.plan_id))
    assert pages == -(-60 // 7)
    sent, waiting = found[0], found[-1]
    assert (sent.state, sent.sent_at, sent.delivered_at, sent.attempts) == ("sent", NOW, None, 1)
    assert (sent.batch, waiting.state, waiting.sent_at, waiting.attempts) == (batch.id, "waiting", None, 0)
    assert sent.message_id in {one.id for one in shelf.ses.messages()}
    assert sent.email == f"{sent.invitee.rstrip('x')}@example.org" and sent.name


def test_the_listing_of_one_state_looks_at_so_many_chunks_a_page_and_goes_on(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.usecases.list_deliveries.LOOKED_AT", 1)
    shelf.invite(*(f"p{n}" for n in range(2 * CHUNK + 8)))
    batch = accept(shelf)
    first, *_ = shelf.take()
    deliver(shelf, first)
    assert list_deliveries(shelf.desk, EVENT, batch.id, "waiting", 100, "") == ([], "1.0")
    page, cursor = list_deliveries(shelf.desk, EVENT, batch.id, "waiting", 100, "1.0")
    assert (len(page), cursor) == (CHUNK, "2.0")
    page, cursor = list_deliveries(shelf.desk, EVENT, batch.id, "waiting", 100, "2.0")
    assert (len(page), cursor) == (10, None)


@pytest.mark.parametrize("state, cursor, field", [
    ("lost", "", "state"), ("", "x", "cursor"), ("", "1", "cursor"), ("", "1.0.0", "cursor"), ("", "٣.0", "cursor"),
])  # fmt: skip
def test_a_state_or_a_cursor_that_there_is_not_is_refused(shelf: Shelf, state: str, cursor: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        list_deliveries(shelf.desk, EVENT, draft(shelf).id, state, 10, cursor)
    assert refused.value.problems[0].field == field


def test_a_cursor_beyond_the_end_gives_nobody(shelf: Shelf) -> None:
    assert list_deliveries(shelf.desk, EVENT, draft(shelf).id, "", 10, "999999.99") == ([], None)


def test_whom_a_dead_worker_held_when_the_batch_was_cancelled_can_be_settled_and_mailed_anew(shelf: Shelf) -> None:
    batch = accept(shelf)
    person = next(iter(shelf.batches.recipients(batch.plan_id)))
    line = Delivery(invitee=person, event="symposium", kind="invitation", occurrence="1", state="sending")
    shelf.ledger.claim(line.model_copy(update={"batch": batch.id}), shelf.clock())
    control_batch.cancel(shelf.desk, "symposium", batch.id, "", WHO, shelf.clock())
    work_off(shelf)
    shelf.clock.pass_(minutes=6)
    settled, young = settle_unknowns(
        shelf.desk, "symposium", batch.id, "not-sent", "the log says so", WHO, shelf.clock()
    )
    assert (settled, young) == (1, 0)
    again = accept(shelf, key="again")
    work_off(shelf)
    assert outcomes(shelf, again) == {"sent": again.plan.to_send}
    assert len(set(shelf.recipients())) == len(shelf.recipients()) == again.plan.to_send
