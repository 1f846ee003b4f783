"""The clock: what is due happens once, whatever happens to the ticks."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.adapters.store.due import Due
from chalicelib.domain.batch import Plan
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.work import Job
from chalicelib.usecases.leave import leave_or_come_back
from chalicelib.usecases.outbox import GRACE
from chalicelib.usecases.plan_batch import plan_batch
from chalicelib.usecases.tick import AGAIN, ENOUGH
from tests.shelf import ENDS, NOW, STARTS, Shelf, raw_document
from tests.usecases.steps import accept, answer, deliver, register, suppress, tick, work_off

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FIRST, SECOND = STARTS["session-1"] - HOUR, STARTS["session-2"] - HOUR
ASKING = ENDS + 30 * MINUTE


@pytest.fixture
def clara(shelf: Shelf) -> Invitee:
    """Registered for both sessions; boris for the second; anna not at all. The confirmations are out."""
    shelf.publish()
    clara, boris, _ = shelf.invite("clara", "boris", "anna")
    register(shelf, clara, sessions=["session-1", "session-2"])
    register(shelf, boris, sessions=["session-2"])
    work_off(shelf)
    return clara


def run(shelf: Shelf, moment: datetime) -> list[str]:
    """One tick and what it queued; the recipients of all mail so far that is no confirmation."""
    tick(shelf, moment)
    work_off(shelf)
    return sorted(f"{one.tags['kind']} {one.destination[0].partition('@')[0]}" for one in shelf.ses.messages()
                  if one.tags["kind"] != "confirmation")  # fmt: skip


def test_a_reminder_goes_to_those_registered_for_its_session_at_its_minute(shelf: Shelf, clara: Invitee) -> None:
    assert run(shelf, FIRST - MINUTE) == []
    assert run(shelf, FIRST) == ["reminder clara"]
    assert run(shelf, SECOND) == ["reminder boris", "reminder clara", "reminder clara"]


def test_a_tick_says_what_it_did(shelf: Shelf, clara: Invitee) -> None:
    assert tick(shelf, FIRST).fired == ["symposium#hour-before_session-1"]
    again = tick(shelf, FIRST)
    assert (again.fired, again.skipped, again.failed) == ([], [], [])


@pytest.mark.parametrize("moments", [
    [FIRST, FIRST], [FIRST, FIRST + MINUTE], [FIRST + 40 * MINUTE], [FIRST + MINUTE, FIRST], [STARTS["session-1"]],
], ids=["doubled", "the minute after too", "forty minutes late", "out of order", "at the last moment"])  # fmt: skip
def test_a_due_reminder_fires_once_however_the_ticks_come(
    shelf: Shelf, clara: Invitee, moments: list[datetime]
) -> None:
    for moment in moments:
        found = run(shelf, moment)
    assert found == ["reminder clara"]


def test_ticks_that_were_missed_are_caught_up_by_the_next_one(shelf: Shelf, clara: Invitee) -> None:
    assert run(shelf, STARTS["session-1"] - MINUTE) == ["reminder clara"]


def test_a_reminder_that_is_too_late_is_skipped_and_says_so(shelf: Shelf, clara: Invitee) -> None:
    late = STARTS["session-1"] + MINUTE
    assert tick(shelf, late).skipped == ["symposium#hour-before_session-1"]
    assert work_off(shelf) == {}
    mailing = shelf.events.mailing("symposium", "hour-before_session-1")
    assert mailing.state == "skipped"
    assert mailing.reason == "due at 2021-01-28T06:30:00Z, looked at only at 2021-01-28T07:31:00Z"


def test_a_mail_of_a_reminder_that_was_queued_too_long_is_skipped_and_says_so(shelf: Shelf, clara: Invitee) -> None:
    tick(shelf, FIRST)
    shelf.clock.time = STARTS["session-1"] + 6 * MINUTE
    assert work_off(shelf) == {"skipped": 1}
    [batch] = shelf.batches.all("symposium")
    assert shelf.delivery(clara, "reminder", batch.occurrence)["reason"] == "the session has started"


def test_two_ticks_at_once_start_a_mailing_once(shelf: Shelf, clara: Invitee) -> None:
    accepts = shelf.batches.accept

    def overtaken(*arguments: Any) -> Any:
        shelf.batches.accept = accepts
        tick(shelf, FIRST)
        return accepts(*arguments)

    shelf.batches.accept = overtaken
    assert tick(shelf, FIRST).failed == []
    assert len(shelf.batches.all("symposium")) == 1
    work_off(shelf)
    assert shelf.recipients(kind="reminder") == ["clara@example.org"]


@pytest.mark.parametrize("broken", ["queue.send", "events.settle_mailing", "dues.remove"])
def test_a_tick_that_dies_anywhere_is_finished_by_the_ticks_after_it(shelf: Shelf, clara: Invitee, broken: str) -> None:
    adapter, method = broken.split(".")
    victim = getattr(shelf, adapter)
    works = getattr(victim, method)

    def dies(*_: Any, **__: Any) -> None:
        raise ConnectionError("the machine died")

    setattr(victim, method, dies)
    assert len(tick(shelf, FIRST).failed) == 1
    setattr(victim, method, works)
    for minute in range(1, 5):
        found = run(shelf, FIRST + minute * MINUTE)
    assert found == ["reminder clara"]
    assert shelf.items("DUE#", f"{FIRST:%Y-%m-%dT%H}") == []


def test_one_row_that_fails_does_not_hold_up_the_others_and_stays(shelf: Shelf, clara: Invitee) -> None:
    shelf.publish("broken", reminders=[{"id": "hour-before", "before_minutes": 60}], feedback=None)
    registrations = shelf.invitees.registrations

    def fails(event: str) -> Any:
        if event == "broken":
            raise ConnectionError
        return registrations(event)

    shelf.invitees.registrations = fails  # type: ignore[method-assign]
    done = tick(shelf, FIRST)
    assert (done.fired, done.failed) == (["symposium#hour-before_session-1"], ["broken#hour-before_session-1"])
    shelf.invitees.registrations = registrations  # type: ignore[method-assign]
    assert tick(shelf, FIRST + MINUTE).fired == ["broken#hour-before_session-1"]


def test_a_row_that_nobody_can_read_does_not_hold_up_the_others(shelf: Shelf, clara: Invitee) -> None:
    for shard in range(4):
        key = {"PK": {"S": f"DUE#{shard}"}, "SK": {"S": "2021-01-01T00:00:00Z#broken"}}
        shelf.dynamodb.put_item(TableName="convoke", Item={**key, "what": {"S": "nonsense"}})
    done = tick(shelf, FIRST)
    assert done.fired == ["symposium#hour-before_session-1"]
    assert len(done.failed) == 4


def test_a_mailing_is_sent_at_once_and_follows_the_agenda_instead_of_an_approval(shelf: Shelf, clara: Invitee) -> None:
    done = tick(shelf, FIRST)
    [batch] = shelf.batches.all("symposium")
    assert done.fed == [f"batch#{batch.id}"]
    assert (batch.state, batch.content, batch.fed, batch.plan.audience) == ("sending", "", 1, 1)
    assert [work.kind for work, _ in shelf.queued("urgent")] == ["reminder"]
    shelf.publish(accent="#000000")
    assert work_off(shelf) == {"sent": 1}
    assert tick(shelf, FIRST + MINUTE).completed == [f"batch#{batch.id}"]


def test_a_mailing_for_many_people_is_planned_by_the_desk_and_then_sent(
    shelf: Shelf, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.usecases.tick.SMALL", 1)
    assert tick(shelf, SECOND).fired == ["symposium#hour-before_session-2"]
    second = next(one for one in shelf.batches.all("symposium") if one.session == "session-2")
    assert (second.state, shelf.jobs(), shelf.events.mailing("symposium", "hour-before_session-2").state) == (
        "planning", [Job(what="plan", event="symposium", id=second.id)], "fired"
    )  # fmt: skip
    planned = plan_batch(shelf.desk, "symposium", second.id, SECOND)
    assert planned and (planned.state, planned.plan) == ("sending", Plan(audience=2, to_send=2))
    work_off(shelf)
    assert shelf.recipients(kind="reminder") == ["boris@example.org", "clara@example.org"]


def test_whom_the_address_or_a_category_keeps_from_a_mailing_is_not_mailed_and_the_reason_stands(
    shelf: Shelf, clara: Invitee
) -> None:
    shelf.clock.time = NOW
    [left], [gone] = shelf.invite("left", left=["feedback", "invitations"]), shelf.invite("gone")
    for one in (left, gone):
        register(shelf, one)
    suppress(shelf, gone)
    shelf.take()
    tick(shelf, FIRST)
    [reminder] = shelf.batches.all("symposium")
    assert reminder.plan == Plan(audience=3, to_send=3)
    work_off(shelf)
    assert shelf.delivery(gone, "reminder", reminder.occurrence)["reason"] == "suppressed: bounce"
    assert shelf.recipients(kind="reminder") == ["clara@example.org", "left@example.org"]
    tick(shelf, ASKING)
    asked = next(one for one in shelf.batches.all("symposium") if one.kind == "feedback")
    assert asked.plan == Plan(audience=4, to_send=2, suppressed=1, left=1)


def test_a_notice_that_is_due_is_queued_once(shelf: Shelf, clara: Invitee) -> None:
    shelf.dues.add(Due(what="notice", reference="symposium#notice", at=NOW, body={"event": "symposium"}))
    assert tick(shelf, NOW + MINUTE).noticed == ["symposium#notice"]
    assert tick(shelf, NOW + MINUTE).noticed == []
    assert [work.kind for work in shelf.take()] == ["notice"]


# an agenda that changes


def test_a_moved_event_reminds_at_its_new_time_only(shelf: Shelf, clara: Invitee) -> None:
    shelf.publish(date="2021-02-04")
    assert run(shelf, FIRST) == []
    assert run(shelf, FIRST + timedelta(days=7)) == ["reminder clara"]


def test_an_event_moved_after_its_reminder_reminds_again_before_the_new_time(shelf: Shelf, clara: Invitee) -> None:
    assert run(shelf, FIRST) == ["reminder clara"]
    shelf.publish(date="2021-02-04")
    assert run(shelf, FIRST + timedelta(days=7)) == ["reminder clara", "reminder clara"]


def test_a_reminder_still_in_the_queue_when_the_event_moves_is_not_sent(shelf: Shelf, clara: Invitee) -> None:
    tick(shelf, FIRST)
    [work] = shelf.take()
    shelf.publish(date="2021-02-04")
    assert deliver(shelf, work) == {"skipped": 1}
    assert shelf.delivery(clara, "reminder", work.occurrence)["reason"].startswith("the agenda was changed")


def test_who_left_by_one_click_is_still_told_the_changed_time_of_a_session(shelf: Shelf, clara: Invitee) -> None:
    one_click = {"List-Unsubscribe": ["One-Click"]}
    for category in ("invitations", "feedback"):
        assert leave_or_come_back(shelf.invitees, shelf.file(clara).invitee, category, one_click, shelf.clock())
    _, pause, second = raw_document()["sessions"]
    later = {"id": "session-1", "title": {"en": "First", "ru": "Первая"}, "starts": "09:15", "ends": "10:10"}
    shelf.publish(sessions=[later, pause, second])
    assert run(shelf, FIRST) == []
    assert run(shelf, FIRST + 45 * MINUTE) == ["reminder clara"]
    [mail] = shelf.mails(kind="reminder")
    text = mail.get_body(("plain",)).get_content()
    assert "09:15" in text and "08:30" not in text


def test_a_withdrawn_rule_never_fires(shelf: Shelf, clara: Invitee) -> None:
    shelf.publish(reminders=[])
    assert run(shelf, FIRST) == []


def test_a_stale_row_of_the_clock_fires_nothing_and_goes(shelf: Shelf, clara: Invitee) -> None:
    [row] = shelf.items("DUE#", f"{FIRST:%Y-%m-%dT%H:%M}")
    shelf.publish(date="2021-02-04")
    shelf.dynamodb.put_item(TableName="convoke", Item=row)
    assert tick(shelf, FIRST).skipped == ["symposium#hour-before_session-1"]
    assert [one for one in shelf.items("DUE#", f"{FIRST:%Y-%m-%dT%H:%M}") if one["what"]["S"] == "mailing"] == []
    assert run(shelf, FIRST + timedelta(days=7)) == ["reminder clara"]


# who still wants it


def test_who_declined_gets_no_reminder(shelf: Shelf, clara: Invitee) -> None:
    shelf.clock.time = NOW
    answer(shelf, clara, "declined")
    assert run(shelf, SECOND) == ["cancellation clara", "reminder boris"]


def test_who_declined_after_the_reminder_was_queued_gets_none_either(shelf: Shelf, clara: Invitee) -> None:
    tick(shelf, FIRST)
    shelf.clock.time = NOW
    answer(shelf, clara, "declined")
    shelf.clock.time = FIRST
    assert work_off(shelf) == {"sent": 1, "skipped": 1}, "the cancellation, and no reminder"


def test_a_reminder_nobody_is_registered_for_fires_and_sends_nothing(shelf: Shelf) -> None:
    shelf.publish()
    assert tick(shelf, FIRST).fired == ["symposium#hour-before_session-1"]
    assert shelf.queued() == []


# feedback


def test_feedback_opens_and_is_asked_of_those_registered_after_the_end(shelf: Shelf, clara: Invitee) -> None:
    tick(shelf, ENDS)
    work_off(shelf)
    assert shelf.events.get("symposium").feedback_opened_at is None
    assert run(shelf, ASKING)[:2] == ["feedback boris", "feedback clara"]
    assert shelf.events.get("symposium").feedback_opened_at == ASKING


def test_feedback_that_the_clock_asked_for_an_organiser_asks_only_of_those_it_did_not_reach(
    shelf: Shelf, clara: Invitee
) -> None:
    tick(shelf, ASKING)
    work_off(shelf)
    plan = accept(shelf, "feedback").plan
    assert (plan.to_send, plan.already_sent) == (0, 2)
    assert shelf.recipients(kind="feedback") == ["boris@example.org", "clara@example.org"]


def test_an_event_that_moved_after_its_feedback_asks_those_who_were_not_asked_before(
    shelf: Shelf, clara: Invitee
) -> None:
    tick(shelf, ASKING)
    work_off(shelf)
    shelf.publish(date="2021-02-04")
    [dora] = shelf.invite("dora")
    register(shelf, dora)
    tick(shelf, ASKING + timedelta(days=7))
    work_off(shelf)
    assert shelf.recipients(kind="feedback") == ["boris@example.org", "clara@example.org", "dora@example.org"]


# confirmations that got lost


def test_a_confirmation_that_never_reached_the_queue_is_queued_by_the_clock_until_it_is_done(shelf: Shelf) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    send, shelf.queue.send = shelf.queue.send, lambda *_, **__: (_ for _ in ()).throw(ConnectionError())
    with pytest.raises(ConnectionError):
        register(shelf, clara)
    shelf.queue.send = send
    assert shelf.file(clara).registration.version == 1
    assert tick(shelf, NOW + GRACE - MINUTE).queued_again == []
    assert len(tick(shelf, NOW + GRACE).queued_again) == 1
    shelf.take()  # lost once more
    assert tick(shelf, NOW + GRACE + 10 * MINUTE).queued_again == []
    assert len(tick(shelf, NOW + GRACE + 15 * MINUTE).queued_again) == 1
    assert work_off(shelf) == {"sent": 1}
    assert tick(shelf, NOW + timedelta(days=1)).queued_again == []
    assert len(shelf.ses.messages()) == 1


def test_a_confirmation_that_never_gets_done_is_given_up_after_twenty_tries(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    register(shelf, clara)
    shelf.take()
    moments = [NOW + GRACE + n * AGAIN for n in range(ENOUGH + 5)]
    ticks = [tick(shelf, moment) for moment in moments]
    assert ([len(one.queued_again) for one in ticks], ENOUGH) == ([1] * ENOUGH + [0] * 5, 20)
    assert [one.stuck for one in ticks if one.stuck] == [[f"{clara.id}#confirmation#1"]]
    assert f"given up after 20 tries: {clara.id}#confirmation#1" in caplog.text
    assert [work.tries for work, _ in shelf.queued()] == list(range(1, 21))
    assert not [row for row in shelf.items("DUE#") if "confirmation" in row["SK"]["S"]]


def test_a_confirmation_that_arrived_is_never_queued_by_the_clock(shelf: Shelf, clara: Invitee) -> None:
    assert tick(shelf, NOW + GRACE + MINUTE).queued_again == []
    assert shelf.state(clara, "confirmation") == "sent"


def test_the_clock_reads_nothing_that_is_not_due(shelf: Shelf, clara: Invitee) -> None:
    before = shelf.items()
    tick(shelf, NOW + timedelta(hours=1))
    assert shelf.items() == before


def test_a_job_whose_message_was_lost_is_queued_again_until_it_is_done(shelf: Shelf) -> None:
    job = Job(what="import", event="symposium", id="list")
    shelf.dues.add(Due(what="job", reference="list#list", at=NOW, body=job.model_dump()))
    assert tick(shelf, NOW).queued_again == ["list#list"]
    assert shelf.jobs() == [job]
    assert len(shelf.items("DUE#")) == 1, "the desk takes the row away"
