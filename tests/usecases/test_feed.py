"""Feeding: the queue holds two minutes of sending, shared fairly; nothing gets lost, and nothing stays open unheard."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.queue import QueueFailed
from chalicelib.adapters.ses import NotAccepted
from chalicelib.domain.batch import Batch
from chalicelib.domain.pace import USED, Limits
from chalicelib.usecases.feed import AGAIN, ROUNDS, feed, shares
from tests.shelf import NOW, Shelf
from tests.usecases.steps import accept, deliver, draft, outcomes, tick, work_off

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def chunks_of_25(monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers below are theirs."""
    for room in ("chalicelib.usecases.feed", "chalicelib.usecases.planner"):
        monkeypatch.setattr(f"{room}.CHUNK", 25)


# shares

WAITING = st.lists(st.tuples(st.booleans(), st.integers(0, 60)), max_size=8)


@given(room=st.integers(0, 100), urgent_room=st.integers(1, 50), waiting=WAITING)
def test_nobody_gets_more_than_there_is_room_for_or_than_they_have(
    room: int, urgent_room: int, waiting: list[tuple[bool, int]]
) -> None:
    given_ = shares(room, urgent_room, waiting)
    urgent = sum(count for count, (is_urgent, _) in zip(given_, waiting, strict=True) if is_urgent)
    assert urgent <= urgent_room
    assert sum(given_) - urgent <= max(0, room - urgent)
    assert all(0 <= count <= most for count, (_, most) in zip(given_, waiting, strict=True))


@given(room=st.integers(0, 100), urgent_room=st.integers(1, 50), waiting=WAITING)
def test_batches_of_a_sort_that_wait_for_more_get_the_same_to_within_a_chunk_and_no_room_is_left(
    room: int, urgent_room: int, waiting: list[tuple[bool, int]]
) -> None:
    given_ = shares(room, urgent_room, waiting)
    taken = sum(count for count, (urgent, _) in zip(given_, waiting, strict=True) if urgent)
    for sort, most in ((True, urgent_room), (False, max(0, room - taken))):
        ours = [(count, wanted) for count, (urgent, wanted) in zip(given_, waiting, strict=True) if urgent is sort]
        hungry = [count for count, wanted in ours if count < wanted]
        if hungry:
            assert max(count for count, _ in ours) - min(hungry) <= 1
            assert sum(count for count, _ in ours) == most


@given(room=st.integers(0, 100), urgent_room=st.integers(1, 50), waiting=WAITING)
def test_urgent_batches_get_theirs_whatever_the_others_have_waiting(
    room: int, urgent_room: int, waiting: list[tuple[bool, int]]
) -> None:
    alone = shares(0, urgent_room, [(urgent, count if urgent else 0) for urgent, count in waiting])
    together = shares(room, urgent_room, waiting)
    assert [n for n, (urgent, _) in zip(together, waiting, strict=True) if urgent] == [
        n for n, (urgent, _) in zip(alone, waiting, strict=True) if urgent
    ]


# what goes into the queue


def stored(shelf: Shelf, name: str, chunks: int, kind: str = "invitation", **facts: Any) -> Batch:
    """A batch that is being sent, with as many chunks of one person each."""
    said = {"id": name, "event": "symposium", "kind": kind, "occurrence": "1", "plan_id": f"plan-{name}"}
    batch = Batch.model_validate(
        {**said, "chunks": chunks, "plan": {"audience": chunks, "to_send": chunks}, "accepted_at": NOW, **facts}
    )
    shelf.batches.write_chunks(batch.plan_id, 0, [[f"{name}-{n}".ljust(20, "x")] for n in range(chunks)], NOW)
    return shelf.batches.accept(batch)


def allow(shelf: Shelf, rate: float, quota: int = -1, sent: int = 0) -> None:
    """What SES allows this account, which the clock asks for."""
    limits = Limits(max_send_rate=rate, max_24_hour_send=quota, sent_last_24_hours=sent)
    shelf.desk.mailer().limits = lambda: limits  # type: ignore[method-assign]
    shelf.pacer.learn(limits, shelf.clock())


def now(shelf: Shelf, batch: Batch) -> Batch:
    return shelf.batches.get("symposium", batch.id)


def test_the_queue_holds_two_minutes_of_sending_and_is_filled_up_as_it_empties(shelf: Shelf) -> None:
    allow(shelf, 10)
    batch = stored(shelf, "a", 100)
    two_minutes = int(120 * 10 * USED / 25)
    assert tick(shelf, NOW).fed == ["batch#a"]
    assert (len(shelf.queued()), now(shelf, batch).fed, now(shelf, batch).fed_at) == (two_minutes, two_minutes, NOW)
    tick(shelf, NOW + MINUTE)
    assert len(shelf.queued()) == two_minutes, "it is full"
    shelf.take()
    tick(shelf, NOW + 2 * MINUTE)
    assert [work.chunk for work, _ in shelf.queued()] == list(range(two_minutes, 2 * two_minutes))
    shelf.take()
    tick(shelf, NOW + 3 * MINUTE)
    assert now(shelf, batch).fed == 100 and len(shelf.queued()) == 100 - 2 * two_minutes


def test_each_chunk_comes_about_at_its_time(shelf: Shelf) -> None:
    allow(shelf, 10)
    feed(shelf.desk, [stored(shelf, "a", 100)], NOW)
    waits = [wait for _, wait in shelf.queued()]
    assert waits == [int(number * 25 / (10 * USED)) for number in range(len(waits))]
    assert max(waits) < 120


def test_the_slowest_account_feeds_a_chunk_at_a_time(shelf: Shelf) -> None:
    allow(shelf, 0.1)
    feed(shelf.desk, [stored(shelf, "a", 3)], NOW)
    assert len(shelf.queued()) == 1


def test_two_batches_take_turns(shelf: Shelf) -> None:
    allow(shelf, 10)
    for name in ("a", "b"):
        stored(shelf, name, 100)
    tick(shelf, NOW)
    turns = [work.batch for work, _ in shelf.queued()]
    assert len(turns) == 47
    assert all(set(turns[place : place + 2]) == {"a", "b"} for place in range(0, 46, 2))
    assert sorted((wait for _, wait in shelf.queued())) == [wait for _, wait in shelf.queued()]


def test_a_reminder_does_not_wait_behind_a_queue_full_of_invitations(shelf: Shelf) -> None:
    allow(shelf, 10)
    stored(shelf, "a", 100)
    tick(shelf, NOW)
    stored(shelf, "r", 4, kind="reminder", session="session-1")
    tick(shelf, NOW + MINUTE)
    assert [(work.batch, work.chunk) for work, _ in shelf.queued("urgent")] == [("r", n) for n in range(4)]
    assert max(wait for _, wait in shelf.queued("urgent")) < 8
    assert len(shelf.queued("deliver")) == 47


def test_a_message_is_queued_before_the_cursor_moves_on(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(shelf, 10)
    batch = stored(shelf, "a", 3)
    with monkeypatch.context() as patched:
        patched.setattr(shelf.batches, "note", lambda *_, **__: (_ for _ in ()).throw(ConnectionError))
        assert tick(shelf, NOW).failed == ["batch#a"]
    assert (len(shelf.queued()), now(shelf, batch).fed) == (3, 0)
    with monkeypatch.context() as patched:
        patched.setattr(shelf.queue, "send", lambda *_, **__: (_ for _ in ()).throw(QueueFailed("no")))
        assert tick(shelf, NOW).failed == ["batch#a"]
    assert now(shelf, batch).fed == 0


def test_the_clock_asks_ses_once_a_minute_while_anything_is_sent_and_only_then(shelf: Shelf) -> None:
    calls: list[int] = []
    limits = shelf.desk.mailer().limits

    def counted() -> Limits:
        calls.append(1)
        return limits()

    shelf.desk.mailer().limits = counted  # type: ignore[method-assign]
    tick(shelf, NOW)
    assert calls == []
    for name in ("a", "b"):
        stored(shelf, name, 1)
    tick(shelf, NOW)
    assert calls == [1]
    tick(shelf, NOW + timedelta(minutes=1))
    assert calls == [1, 1], "a quota that frees is seen within a minute"


def test_when_ses_tells_no_limits_the_known_ones_hold_and_else_one_mail_a_second(shelf: Shelf) -> None:
    def silent() -> Limits:
        raise NotAccepted("GetAccount: no answer")

    shelf.desk.mailer().limits = silent  # type: ignore[method-assign]
    stored(shelf, "a", 100)
    assert tick(shelf, NOW).failed == []
    assert len(shelf.queued()) == 4
    shelf.pacer.learn(Limits(max_send_rate=10, max_24_hour_send=-1, sent_last_24_hours=0), NOW)
    tick(shelf, NOW + MINUTE)
    assert len(shelf.queued()) == 47


def test_a_first_feed_after_a_while_asks_ses_what_it_allows_now(shelf: Shelf) -> None:
    allow(shelf, 10)
    batch = stored(shelf, "a", 100)
    limits = Limits(max_send_rate=1, max_24_hour_send=-1, sent_last_24_hours=0)
    shelf.desk.mailer().limits = lambda: limits  # type: ignore[method-assign]
    feed(shelf.desk, [batch], NOW + timedelta(minutes=10))
    assert len(shelf.queued()) == 47, "what is known is still believed"
    shelf.take()
    feed(shelf.desk, [now(shelf, batch)], NOW + timedelta(minutes=11))
    assert len(shelf.queued()) == 4


# the day's quota


def test_a_used_up_quota_holds_a_batch_up_says_so_and_lets_it_go_on_by_itself(shelf: Shelf) -> None:
    allow(shelf, 10, quota=1000, sent=960)
    batch = stored(shelf, "a", 100)
    assert tick(shelf, NOW).failed == []
    assert shelf.queued() == []
    said = now(shelf, batch)
    assert said.state == "sending"
    assert said.reason == (
        "The day's quota of SES is used up; 100 people wait. It goes on by itself as soon as SES allows more mail."
    )
    allow(shelf, 10, quota=1000, sent=900)
    tick(shelf, NOW + MINUTE)
    assert (len(shelf.queued()), now(shelf, batch).reason) == (2, ""), "50 of the day are kept for urgent mail"


def test_what_is_kept_of_the_quota_is_for_reminders(shelf: Shelf) -> None:
    allow(shelf, 10, quota=1000, sent=960)
    reminder = stored(shelf, "r", 4, kind="reminder", session="session-1")
    tick(shelf, NOW)
    assert (len(shelf.queued("urgent")), now(shelf, reminder).reason) == (2, "")


def test_time_without_quota_does_not_count_as_time_in_which_chunks_got_lost(shelf: Shelf) -> None:
    allow(shelf, 10)
    batch = stored(shelf, "a", 2)
    tick(shelf, NOW)
    shelf.take()
    allow(shelf, 10, quota=1000, sent=1000)
    for minutes in range(1, 60, 5):
        assert tick(shelf, NOW + minutes * MINUTE).queued_again == []
    assert "2 people wait" in now(shelf, batch).reason
    allow(shelf, 10, quota=1000, sent=0)
    assert tick(shelf, NOW + 60 * MINUTE).queued_again == []
    assert now(shelf, batch).reason == ""
    assert tick(shelf, NOW + 74 * MINUTE).queued_again == []
    assert tick(shelf, NOW + 75 * MINUTE).queued_again == ["batch#a"]


# to the end


@pytest.fixture
def invited(shelf: Shelf) -> Batch:
    shelf.publish()
    shelf.invite("clara", "boris")
    return accept(shelf)


def test_a_batch_is_complete_when_all_its_chunks_are_done_and_the_clock_forgets_it(
    shelf: Shelf, invited: Batch
) -> None:
    assert (tick(shelf, NOW).completed, now(shelf, invited).state) == ([], "sending")
    work_off(shelf)
    assert tick(shelf, NOW + MINUTE).completed == [f"batch#{invited.id}"]
    done = now(shelf, invited)
    assert (done.state, done.completed_at, done.reason) == ("complete", NOW + MINUTE, "")
    assert [row for row in shelf.items("DUE#") if "batch" in row["SK"]["S"]] == []


def test_a_batch_for_nobody_is_complete_at_the_next_minute(shelf: Shelf) -> None:
    shelf.publish()
    batch = accept(shelf)
    tick(shelf, NOW + MINUTE)
    assert now(shelf, batch).state == "complete"


def test_chunks_that_got_lost_are_queued_again_after_fifteen_minutes(shelf: Shelf, invited: Batch) -> None:
    shelf.take()
    assert tick(shelf, NOW + AGAIN - MINUTE).queued_again == []
    assert tick(shelf, NOW + AGAIN).queued_again == [f"batch#{invited.id}"]
    assert tick(shelf, NOW + AGAIN + MINUTE).queued_again == []
    assert work_off(shelf) == {"sent": 2}
    assert tick(shelf, NOW + AGAIN + 2 * MINUTE).completed == [f"batch#{invited.id}"]
    assert outcomes(shelf, invited) == {"sent": 2}


def test_only_what_is_not_done_is_queued_again(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite(*(f"p{n}" for n in range(60)))
    batch = accept(shelf)
    first, _, last = shelf.take()
    deliver(shelf, first)
    deliver(shelf, last)
    tick(shelf, NOW + AGAIN)
    assert [work.chunk for work in shelf.take()] == [1]
    assert now(shelf, batch).rounds == 1


def test_many_chunks_that_got_lost_take_their_turn_again(shelf: Shelf) -> None:
    allow(shelf, 10)
    batch = stored(shelf, "a", 60, fed=60, fed_at=NOW - AGAIN)
    shelf.batches.finish_chunk(batch.plan_id, 0, {"sent": 1}, NOW)
    assert tick(shelf, NOW).queued_again == ["batch#a"]
    assert (shelf.queued(), now(shelf, batch).fed) == ([], 1)
    tick(shelf, NOW + MINUTE)
    assert [work.chunk for work, _ in shelf.queued()] == list(range(1, 48))


def test_after_eight_rounds_a_batch_says_who_is_stuck_and_where_to_look_and_still_completes(
    shelf: Shelf, invited: Batch, caplog: pytest.LogCaptureFixture
) -> None:
    row = f"batch#{invited.id}"
    for round_ in range(1, ROUNDS + 1):
        assert tick(shelf, NOW + round_ * AGAIN).queued_again == [row]
        works = shelf.take()
    over = NOW + (ROUNDS + 1) * AGAIN
    done = tick(shelf, over)
    assert (done.queued_again, done.stuck) == ([], [row])
    assert "2 people are stuck" in now(shelf, invited).reason and "dead letters" in now(shelf, invited).reason
    assert any(record.levelname == "ERROR" and "2 people are stuck" in record.message for record in caplog.records)
    assert tick(shelf, over + MINUTE).stuck == [], "it is said every quarter of an hour"
    deliver(shelf, works[0])
    assert tick(shelf, over + AGAIN).completed == [row]
    assert (now(shelf, invited).state, now(shelf, invited).reason) == ("complete", "")


def test_a_batch_that_fails_does_not_hold_up_the_others(
    shelf: Shelf, invited: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = stored(shelf, "a", 1)
    tick(shelf, NOW)
    chunks = shelf.batches.chunks

    def fails(plan_id: str, **how: Any) -> Any:
        if plan_id == other.plan_id:
            raise ConnectionError
        return chunks(plan_id, **how)

    monkeypatch.setattr(shelf.batches, "chunks", fails)
    work_off_invitations(shelf)
    done = tick(shelf, NOW + MINUTE)
    assert (done.failed, done.completed) == (["batch#a"], [f"batch#{invited.id}"])


def work_off_invitations(shelf: Shelf) -> None:
    for work in shelf.take():
        if work.batch != "a":
            deliver(shelf, work)


@pytest.mark.parametrize("to", ["paused", "cancelled", "complete"])
def test_the_clock_looks_only_after_what_is_planned_or_sent(shelf: Shelf, invited: Batch, to: Any) -> None:
    assert [row for row in shelf.items("DUE#") if f"batch#{invited.id}" in row["SK"]["S"]] != []
    shelf.batches.move(invited, to, NOW)
    assert [row for row in shelf.items("DUE#") if f"batch#{invited.id}" in row["SK"]["S"]] == []


def test_a_row_of_a_batch_that_is_not_there_goes(shelf: Shelf) -> None:
    batch = stored(shelf, "a", 1)
    shelf.dynamodb.delete_item(TableName="convoke", Key={"PK": {"S": "EVENT#symposium"}, "SK": {"S": "BATCH#a"}})
    assert tick(shelf, NOW).skipped == ["batch#a"]
    assert shelf.items("DUE#") == [] and batch.id == "a"


def test_a_draft_is_nothing_for_the_clock(shelf: Shelf) -> None:
    shelf.publish()
    before = shelf.items("DUE#")
    draft(shelf)
    assert shelf.items("DUE#") == before
