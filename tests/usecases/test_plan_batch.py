"""Planning: everybody is counted once, in the same memory for any number of people, and large events at the desk."""

import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.adapters.queue import QueueFailed
from chalicelib.adapters.store.listings import PLANNED
from chalicelib.domain.batch import CHUNK, Batch, Plan
from chalicelib.domain.delivery import FOLLOWS, GIVEN_UP, Delivery, State
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.work import Job
from chalicelib.usecases import accept_batch as accepting
from chalicelib.usecases import planner as planning
from chalicelib.usecases.feed import ROUNDS
from chalicelib.usecases.leave import leave
from chalicelib.usecases.plan_batch import plan_batch
from chalicelib.usecases.tick import PLANNED_WITHIN
from tests.shelf import NOW, Shelf, person
from tests.usecases.steps import WHO, accept, answer, deliver, draft, invite_all, register, suppress, tick, work_off


@pytest.fixture(autouse=True)
def event(shelf: Shelf) -> None:
    shelf.publish()


def plan(**counts: int) -> Plan:
    return Plan(**counts)


def adds_up(one: Plan) -> bool:
    return one.audience == sum(one.model_dump().values()) - one.audience


# who is in it


def test_each_person_is_in_one_class_of_the_plan_and_the_first_reason_counts(shelf: Shelf) -> None:
    shelf.invite("old")
    invite_all(shelf, "first")
    shelf.invite("new")
    suppress(shelf, *shelf.invite("gone"))
    shelf.invite("strange", email="ünal@example.org")
    shelf.invite("left", left=["invitations"])
    suppress(shelf, *shelf.invite("both", left=["invitations"]), reason="complaint")
    shelf.invite("no-feedback", left=["feedback"])
    found = accept(shelf, key="second").plan
    assert found == plan(audience=7, to_send=2, already_sent=1, suppressed=2, undeliverable=1, left=1)
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


def given_up(shelf: Shelf, invitee: Invitee) -> None:
    """The invitation to this person was skipped: they had left, and then were invited anew."""
    shelf.ledger.skip(
        Delivery(invitee=invitee.id, event="symposium", kind="invitation", occurrence="1", state="sending", batch="b"),
        "unsubscribed",
        NOW,
    )


def test_whom_a_batch_gave_up_a_new_batch_mails_once(shelf: Shelf) -> None:
    clara, boris = shelf.invite("clara", "boris")
    accept(shelf, key="first", languages=["ru"])
    given_up(shelf, clara)
    batch = accept(shelf, key="second")
    assert batch.plan == plan(audience=2, to_send=2)
    [work] = shelf.take()
    assert [deliver(shelf, work) for _ in range(2)] == [{"sent": 2}, {}]
    assert shelf.recipients() == [boris.email, clara.email]
    assert accept(shelf, key="third").plan == plan(audience=2, already_sent=2)


def test_who_got_no_invitation_because_it_was_given_up_is_not_chased(shelf: Shelf) -> None:
    clara, _ = shelf.invite("clara", "boris")
    accept(shelf, key="first", languages=["ru"])
    given_up(shelf, clara)
    assert accept(shelf, "chase", "chase").plan == plan(audience=2, not_invited=2)


@pytest.mark.parametrize("state", sorted(set(FOLLOWS) - GIVEN_UP))
def test_an_invitation_that_went_out_or_may_have_stands_for_a_chase(shelf: Shelf, state: State) -> None:
    [clara] = shelf.invite("clara")
    batch = accept(shelf, key="first")
    one = Delivery(
        invitee=clara.id, event="symposium", kind="invitation", occurrence="1", state="sending", batch=batch.id
    )
    _, claimed = shelf.ledger.claim(one, NOW)
    shelf.ledger.settle(claimed, state)
    assert accept(shelf, "chase", "chase").plan == plan(audience=1, to_send=1)
    assert accept(shelf, key="second").plan == plan(audience=1, already_sent=1)


def test_feedback_is_asked_of_those_who_are_registered(shelf: Shelf) -> None:
    shelf.events.open_feedback("symposium", NOW)
    came, _, withdrew = shelf.invite("came", "silent", "withdrew")
    [left] = shelf.invite("left", left=["feedback"])
    for one in (came, withdrew, left):
        register(shelf, one)
    answer(shelf, withdrew, "declined")
    found = accept(shelf, "feedback").plan
    assert found == plan(audience=4, to_send=1, not_registered=2, left=1)


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


# what it costs


def test_the_ledger_is_asked_only_where_it_can_know_somebody(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    states = shelf.ledger.states

    def counted(references: Any) -> Any:
        asked.extend(listed := list(references))
        return states(listed)

    monkeypatch.setattr(shelf.ledger, "states", counted)
    shelf.invite("clara", "boris")
    suppress(shelf, *shelf.invite("gone"))
    draft(shelf, key="a draft")
    draft(shelf, "chase", key="too early")
    accept(shelf, key="first")
    assert asked == []
    draft(shelf, key="second")
    assert len(asked) == 2, "who is suppressed needs no look at the ledger"


def test_planning_takes_the_same_memory_for_ten_times_as_many_people(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = person("clara")
    written: list[int] = []
    monkeypatch.setattr(shelf.batches, "write_chunks", lambda plan_id, first, parts, _: written.append(len(parts)))

    def peak(count: int) -> int:
        def everybody(event: str) -> Iterator[Invitee]:
            return (template.model_copy(update={"id": f"{n:020}"}) for n in range(count))

        monkeypatch.setattr(shelf.invitees, "for_planning", everybody)
        tracemalloc.start()
        blank = batch("planning")
        assert shelf.desk.planner.plan(blank, write=True).plan.to_send == count
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(20_000) < 1.2 * peak(2_000)
    assert sum(written) == 22_000 // CHUNK and max(written) == 25


def batch(state: str) -> Batch:
    said = {"id": "b", "event": "symposium", "kind": "invitation", "occurrence": "1", "plan_id": "p"}
    return Batch.model_validate({**said, "accepted_at": NOW, "state": state})


# the fingerprint


def test_a_fingerprint_names_the_recipients_the_mail_and_the_content(shelf: Shelf) -> None:
    shelf.invite("clara", "boris")
    found = [draft(shelf, dry_run=True).fingerprint for _ in range(2)]
    assert found[0] == found[1], "the same plan twice"
    found.append(draft(shelf, dry_run=True, languages=["en"]).fingerprint)
    assert len(set(found)) == 1, "another way to say the same people"
    [dora] = shelf.invite("dora")
    found.append(draft(shelf, dry_run=True).fingerprint)
    leave(shelf.invitees, dora, NOW, "invitations")
    assert draft(shelf, dry_run=True).fingerprint == found[0]
    shelf.events.touch_files("symposium")
    found.append(draft(shelf, dry_run=True).fingerprint)
    shelf.publish(accent="#000000")
    found.append(draft(shelf, dry_run=True).fingerprint)
    assert len(set(found)) == 4


# the desk


@pytest.fixture
def large(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> list[Invitee]:
    """An event that is large because three people are too many for a request."""
    monkeypatch.setattr(accepting, "SMALL", 3)
    monkeypatch.setattr(planning, "PAGE", 2)
    return shelf.invite("anna", "boris", "clara", "dora")


def test_a_large_event_is_planned_by_the_desk_and_waits_for_its_approval(shelf: Shelf, large: list[Invitee]) -> None:
    asked = draft(shelf)
    assert (asked.state, asked.plan, shelf.queued()) == ("planning", plan(), [])
    assert shelf.jobs() == [Job(what="plan", event="symposium", id=asked.id)]
    planned = plan_batch(shelf.desk, "symposium", asked.id, NOW)
    assert planned is not None
    assert (planned.state, planned.plan, planned.chunks) == ("draft", plan(audience=4, to_send=4), 1)
    assert set(shelf.batches.recipients(planned.plan_id)) == {one.id for one in large}
    assert shelf.queued() == [] == shelf.items("DUE#", f"{NOW:%Y-%m-%d}"), "a draft is nothing for the clock"
    again = draft(shelf)
    assert again == planned, "the same key gives the batch that stands"
    assert accept(shelf).state == "sending"
    assert work_off(shelf) == {"sent": 4}


def test_a_large_batch_that_was_approved_with_its_request_starts_when_it_is_planned(
    shelf: Shelf, large: list[Invitee], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(accepting, "SMALL", 100)
        fingerprint = draft(shelf, dry_run=True).fingerprint
    right, wrong = draft(shelf, key="right", wanted=fingerprint), draft(shelf, key="wrong", wanted="f" * 32)
    states = {one.id: plan_batch(shelf.desk, "symposium", one.id, NOW) for one in (right, wrong)}
    assert [one and one.state for one in states.values()] == ["sending", "draft"]
    started = shelf.batches.get("symposium", right.id)
    assert (started.approved_by, started.approved_at, started.fed) == (WHO, NOW, 1)
    assert work_off(shelf) == {"sent": 4}


@pytest.mark.parametrize("whose", ["the clock's", "approved"])
def test_what_is_to_be_sent_is_planned_and_started_in_one_write(
    shelf: Shelf, large: list[Invitee], monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    for one in large:
        register(shelf, one)
    shelf.take()
    if whose == "approved":
        with monkeypatch.context() as patched:
            patched.setattr(accepting, "SMALL", 100)
            fingerprint = draft(shelf, dry_run=True).fingerprint
        asked = draft(shelf, wanted=fingerprint)
    else:
        mailing = {"kind": "reminder", "occurrence": "hour-before_session-1", "session": "session-1"}
        asked = shelf.batches.accept(batch("planning").model_copy(update=mailing))
    moved: list[tuple[str, int]] = []
    move, due = shelf.batches.move, len(shelf.items("DUE#"))

    def dies_afterwards(*arguments: Any, **facts: Any) -> Any:
        after = move(*arguments, **facts)
        moved.append((after.state, len(shelf.items("DUE#"))))
        raise ConnectionError("the machine died")

    with monkeypatch.context() as patched:
        patched.setattr(shelf.batches, "move", dies_afterwards)
        with pytest.raises(ConnectionError):
            plan_batch(shelf.desk, "symposium", asked.id, NOW)
    assert moved == [("sending", due)], "the clock goes on looking after it"
    again = plan_batch(shelf.desk, "symposium", asked.id, NOW)
    assert again and (again.state, again.plan, again.fed) == ("sending", plan(audience=4, to_send=4), 0)
    assert (again.approved_by, again.approved_at) == (asked.accepted_by, NOW)
    assert tick(shelf, NOW).fed == [f"batch#{asked.id}"]
    assert shelf.batches.get("symposium", asked.id).fed == 1


def test_a_plan_that_died_is_begun_anew_and_the_first_of_two_stands(shelf: Shelf, large: list[Invitee]) -> None:
    asked = draft(shelf)
    move, died = shelf.batches.move, ConnectionError("the machine died")

    def dies(*_: Any, **__: Any) -> Any:
        raise died

    shelf.batches.move = dies
    with pytest.raises(ConnectionError):
        plan_batch(shelf.desk, "symposium", asked.id, NOW)
    shelf.batches.move = move
    left_behind = {item["PK"]["S"] for item in shelf.items("BATCH#")}
    first = plan_batch(shelf.desk, "symposium", asked.id, NOW)
    again = plan_batch(shelf.desk, "symposium", asked.id, NOW)
    assert first is not None and again == first
    assert left_behind and f"BATCH#{first.plan_id}" not in left_behind
    assert set(shelf.batches.recipients(first.plan_id)) == {one.id for one in large}


def test_a_job_for_a_batch_that_was_cancelled_or_is_not_there_changes_nothing(
    shelf: Shelf, large: list[Invitee]
) -> None:
    asked = draft(shelf)
    shelf.batches.move(asked, "cancelled", NOW)
    before = shelf.items()
    found = plan_batch(shelf.desk, "symposium", asked.id, NOW)
    assert found and found.state == "cancelled"
    assert plan_batch(shelf.desk, "symposium", "nothing", NOW) is None
    assert shelf.items() == before


def test_a_job_that_never_reached_the_desk_is_asked_for_by_the_clock_and_given_up_after_eight_times(
    shelf: Shelf, large: list[Invitee], caplog: pytest.LogCaptureFixture
) -> None:
    send = shelf.queue.send_job

    def fails(_: Job) -> None:
        raise QueueFailed("InternalError")

    shelf.queue.send_job = fails
    asked = draft(shelf)
    shelf.queue.send_job = send
    assert asked.state == "planning" and asked.id in caplog.text and shelf.jobs() == []
    row = f"batch#{asked.id}"
    assert tick(shelf, NOW + timedelta(minutes=1)).queued_again == [row]
    assert tick(shelf, NOW + timedelta(minutes=2)).queued_again == []
    later = [NOW + timedelta(minutes=1) + n * PLANNED_WITHIN for n in range(1, ROUNDS + 1)]
    assert [tick(shelf, moment).queued_again for moment in later] == [[row]] * ROUNDS
    assert len(shelf.jobs()) == ROUNDS + 1
    assert tick(shelf, later[-1] + PLANNED_WITHIN).stuck == [row]
    assert "could not be planned" in shelf.batches.get("symposium", asked.id).reason
    planned = plan_batch(shelf.desk, "symposium", asked.id, NOW)
    assert planned and (planned.state, planned.reason, planned.rounds) == ("draft", "", 0)


def test_planning_makes_nobody_with_a_factory() -> None:
    """pydantic looks at a factory's signature each time: half a millisecond and 25 KB for each of 100,000 people."""
    made = {name for name, field in Invitee.model_fields.items() if field.default_factory}
    assert made <= set(PLANNED)
