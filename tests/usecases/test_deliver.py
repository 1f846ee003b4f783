"""Delivering: every person exactly one message, whatever happens to the workers and to SES."""

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import chain, repeat
from typing import Any

import pytest

from chalicelib.adapters.documents import TypesettingFailed
from chalicelib.adapters.ses import Misconfigured, Refused
from chalicelib.adapters.store.invitees import profile_key
from chalicelib.adapters.store.table import Update
from chalicelib.domain.batch import CHUNK
from chalicelib.domain.delivery import LEASE, Delivery
from chalicelib.domain.errors import NotFound
from chalicelib.domain.event import utc
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.message import Message
from chalicelib.domain.pace import SECOND, USED, Limits
from chalicelib.domain.work import Work
from chalicelib.usecases import choose as choosing
from chalicelib.usecases import deliver as delivering
from chalicelib.usecases import send as sending
from chalicelib.usecases.leave import leave
from chalicelib.usecases.send import LONGEST_WAIT
from infra.local.ses.account import Identity
from tests.shelf import DEADLINE, DOCUMENT, NOW, STARTS, Shelf
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

Fault = Callable[..., None]


def test_every_person_of_a_batch_gets_exactly_one_mail_of_their_own(shelf: Shelf) -> None:
    shelf.publish()
    people = shelf.invite(*(f"p{n}" for n in range(30)))
    batch = accept(shelf)
    assert work_off(shelf) == {"sent": 30}
    assert shelf.recipients() == sorted(one.email for one in people)
    assert outcomes(shelf, batch) == {"sent": 30}
    for one in people:
        [mail] = shelf.mails(to=one.email)
        assert shelf.links.url(one) in mail.get_body(("plain",)).get_content()
    assert shelf.queued() == []


def test_the_line_in_the_ledger_names_the_message_the_batch_and_the_time(shelf: Shelf) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    batch = invite_all(shelf)
    [accepted] = shelf.ses.messages()
    line = shelf.delivery(clara)
    assert (line["message_id"], line["batch"], line["sent_at"]) == (accepted.id, batch.id, "2021-01-14T09:00:00Z")
    assert accepted.tags == {"event": "symposium", "invitee": clara.id, "kind": "invitation", "occurrence": "1"}


def test_the_same_chunk_twice_sends_once(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite("clara", "boris")
    accept(shelf)
    [work] = shelf.take()
    assert deliver(shelf, work) == {"sent": 2}
    assert deliver(shelf, work) == {}, "the chunk is done"
    assert len(shelf.ses.messages()) == 2


def test_two_workers_on_the_same_chunk_send_once_and_the_second_comes_back_later(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite("clara")
    accept(shelf)
    [work] = shelf.take()
    second: list[dict[str, int]] = []
    send = shelf.mailer.send

    def while_the_first_sends(*arguments: Any) -> str:
        shelf.mailer.send = send
        second.append(deliver(shelf, work))
        return str(send(*arguments))

    shelf.mailer.send = while_the_first_sends
    assert deliver(shelf, work) == {"sent": 1}
    assert second == [{"sending": 1}]
    assert shelf.queued() == [(put_off(work), delivering.LATER)]
    assert work_off(shelf) == {}
    assert len(shelf.ses.messages()) == 1


def put_off(work: Work) -> Work:
    """The same piece as a worker gives it back."""
    return work.model_copy(update={"put_off": True})


def test_two_organisers_with_lists_that_overlap_invite_each_person_once(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite(*(f"u{n}" for n in range(8)), category="un")
    shelf.invite(*(f"g{n}" for n in range(8)), category="government", language="ru")
    shelf.invite(*(f"b{n}" for n in range(8)), category="un", language="ru")
    first = accept(shelf, key="one", categories=["un"])
    second = accept(shelf, key="two", languages=["ru"])
    assert (first.plan.to_send, second.plan.to_send) == (16, 16)
    works = shelf.take()
    for work in (*works, *reversed(works)):
        deliver(shelf, work)
    assert len(shelf.recipients()) == len(set(shelf.recipients())) == 24
    assert outcomes(shelf, first) == outcomes(shelf, second) == {"sent": 16}


def test_what_a_worker_gives_back_takes_slots_and_quota_only_for_those_who_are_left(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite(*(f"p{n}" for n in range(25)))
    accept(shelf)
    shelf.post.pacer.learn(Limits(max_send_rate=5, max_24_hour_send=1000, sent_last_24_hours=0), NOW)
    [work] = shelf.take()
    time_left = chain(repeat(True, 14), repeat(False))
    sent = delivering.deliver(shelf.post, work, shelf.clock, lambda: next(time_left))["sent"]
    assert 0 < sent < 25
    before = shelf.pacer.pace().left
    shelf.clock.pass_(minutes=1)
    assert work_off(shelf) == {"sent": 25}
    assert before - shelf.pacer.pace().left == 25 - sent


# people who do not get it any more


def test_an_address_that_was_suppressed_meanwhile_is_skipped_with_the_reason(shelf: Shelf) -> None:
    shelf.publish()
    clara, boris = shelf.invite("clara", "boris")
    batch = accept(shelf)
    shelf.table.write(Update(profile_key(clara.id), {"suppressed": "bounce"}))
    assert work_off(shelf) == {"sent": 1, "skipped": 1}
    assert (shelf.state(clara), shelf.delivery(clara)["reason"]) == ("skipped", "suppressed: bounce")
    assert outcomes(shelf, batch) == {"sent": 1, "skipped": 1}
    assert shelf.recipients() == [boris.email]


def test_who_left_meanwhile_is_skipped_with_the_reason(shelf: Shelf) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    accept(shelf)
    leave(shelf.invitees, clara, NOW)
    assert work_off(shelf) == {"skipped": 1}
    assert shelf.delivery(clara)["reason"] == "unsubscribed"


def test_who_answered_meanwhile_is_not_chased(shelf: Shelf) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    invite_all(shelf)
    chase = accept(shelf, "chase", "chase")
    answer(shelf, clara, "declined")
    assert work_off(shelf) == {"skipped": 1}
    assert shelf.delivery(clara, "chase", chase.occurrence)["reason"] == "answered meanwhile"
    assert len(shelf.ses.messages()) == 1


def test_a_confirmation_is_what_was_asked_for_so_leaving_does_not_stop_it(shelf: Shelf) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    leave(shelf.invitees, clara, NOW)
    register(shelf, clara)
    assert work_off(shelf) == {"sent": 1}


def test_an_invitee_that_is_not_there_any_more_holds_up_nobody(shelf: Shelf) -> None:
    shelf.publish()
    clara, boris = shelf.invite("clara", "boris")
    batch = accept(shelf)
    shelf.dynamodb.delete_item(TableName="convoke", Key={"PK": {"S": f"INVITEE#{clara.id}"}, "SK": {"S": "PROFILE"}})
    assert work_off(shelf) == {"sent": 1, "skipped": 1}
    assert shelf.recipients() == [boris.email]
    assert outcomes(shelf, batch) == {"sent": 1, "skipped": 1}


# what SES may do


def test_a_throttled_mail_takes_another_slot_in_the_same_pass_and_everybody_goes_slower(
    shelf: Shelf, fault: Fault
) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    accept(shelf)
    fault("throttle", 2)
    assert work_off(shelf) == {"sent": 1}
    assert shelf.state(clara) == "sent"
    pace = shelf.pacer.pace()
    assert pace and pace.rate_at(shelf.micros()) < USED * pace.rate


def test_a_mail_that_ses_keeps_refusing_for_now_is_released_and_sent_later(shelf: Shelf, fault: Fault) -> None:
    shelf.publish()
    clara, boris = shelf.invite("clara", "boris")
    accept(shelf)
    [work] = shelf.take()
    shelf.post.pacer.learn(Limits(max_send_rate=1, max_24_hour_send=-1, sent_last_24_hours=0), NOW)
    fault("throttle", 2 * delivering.ROUNDS)
    assert deliver(shelf, work) == {"waiting": 2}
    assert [shelf.state(clara), shelf.state(boris)] == ["", ""]
    [(again, wait)] = shelf.queued()
    assert again == put_off(work) and wait > 0
    shelf.clock.pass_(minutes=2)
    assert work_off(shelf) == {"sent": 2}
    assert shelf.recipients() == [boris.email, clara.email]


def test_mails_leave_in_their_slots_at_the_rate_that_ses_allows(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite(*(f"p{n}" for n in range(25)))
    accept(shelf)
    shelf.post.pacer.learn(Limits(max_send_rate=20, max_24_hour_send=-1, sent_last_24_hours=0), NOW)
    assert work_off(shelf) == {"sent": 25}
    assert sum(shelf.slept) == pytest.approx(24 / (20 * USED), abs=0.01)


def test_mail_that_may_wait_comes_back_when_no_slot_is_near_and_urgent_mail_goes_first(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite(*(f"p{n}" for n in range(100)))
    accept(shelf)
    works = [work for work in shelf.take()]
    shelf.post.pacer.learn(Limits(max_send_rate=10, max_24_hour_send=-1, sent_last_24_hours=0), NOW)
    frozen = replace(shelf.post, micros=lambda: int(NOW.timestamp()) * SECOND, sleep=lambda _: None)
    done = [delivering.deliver(frozen, work, shelf.clock, lambda: True) for work in works]
    assert "sent" in done[0] and done[-1] == {"waiting": CHUNK}
    assert all(0 < wait <= 10 for _, wait in shelf.queued("deliver"))
    [aigul] = shelf.invite("aigul")
    register(shelf, aigul)
    [confirmation] = [work for work in shelf.take() if work.kind == "confirmation"]
    assert delivering.deliver(frozen, confirmation, shelf.clock, lambda: True) == {"sent": 1}


def test_a_whole_chunk_leaves_with_half_of_it_on_its_way_at_a_time_and_slots_taken_twice(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite(*(f"p{n}" for n in range(CHUNK)))
    accept(shelf)
    [work, *_] = shelf.take()
    shelf.post.pacer.learn(Limits(max_send_rate=14, max_24_hour_send=-1, sent_last_24_hours=0), NOW)
    post, reserved = replace(shelf.post, senders=CHUNK // 2), []
    reserve = post.pacer.reserve
    post.pacer.reserve = lambda count, *rest: reserved.append(count) or reserve(count, *rest)  # type: ignore
    assert delivering.deliver(post, work, shelf.clock, lambda: True) == {"sent": CHUNK}
    assert reserved[0] == CHUNK and len(reserved) == 2
    assert len({*shelf.recipients()}) == len(shelf.ses.messages()) == CHUNK


def test_a_used_up_quota_keeps_the_rest_for_later_and_loses_nobody(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite(*(f"p{n}" for n in range(5)))
    accept(shelf)
    shelf.ses.account.limits.set(max_24_hour_send=3)
    shelf.post.pacer.learn(Limits(max_send_rate=100, max_24_hour_send=200, sent_last_24_hours=0), NOW)
    assert work_off(shelf) == {"sent": 3, "waiting": 2}
    [(_, wait)] = shelf.queued()
    assert wait == 900
    shelf.ses.account.limits.set(max_24_hour_send=200)
    shelf.clock.pass_(minutes=15)
    assert work_off(shelf) == {"sent": 5}
    assert len(shelf.ses.messages()) == 5


def test_a_worker_short_of_time_leaves_the_rest_for_later(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite(*(f"p{n}" for n in range(5)))
    accept(shelf)
    [work] = shelf.take()
    time_left = chain([True, True, True], repeat(False))
    assert delivering.deliver(shelf.post, work, shelf.clock, lambda: next(time_left)) == {"sent": 2, "waiting": 3}
    assert [again for again, _ in shelf.queued()] == [put_off(work)]
    assert work_off(shelf) == {"sent": 5}
    assert len(shelf.ses.messages()) == 5


@pytest.mark.parametrize(("large", "at_least", "at_most"), [(sending.LARGE, 4, 8), (0, 1, 1)])
def test_several_mails_are_handed_over_at_the_same_time_but_large_ones_one_by_one(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, large: int, at_least: int, at_most: int
) -> None:
    monkeypatch.setattr(sending, "LARGE", large)
    shelf.publish()
    shelf.invite(*(f"p{n}" for n in range(25)))
    accept(shelf)
    at_once, most = threading.Semaphore(0), list[int]()
    send, lock, going = shelf.mailer.send, threading.Lock(), [0]

    def slow(message: Message, raw: bytes) -> str:
        with lock:
            going[0] += 1
            most.append(going[0])
        at_once.acquire(timeout=0.05 if at_most > 1 else 0.01)
        with lock:
            going[0] -= 1
        return str(send(message, raw))

    shelf.mailer.send = slow
    [work] = shelf.take()
    many = replace(shelf.post, senders=8)
    assert delivering.deliver(many, work, shelf.clock, lambda: True) == {"sent": 25}
    assert at_least <= max(most) <= at_most
    assert len(set(shelf.recipients())) == len(shelf.ses.messages()) == 25


# a batch that is not to go on


@pytest.mark.parametrize("state", ["paused", "cancelled", "draft"])
def test_a_chunk_of_a_batch_that_does_not_go_on_sends_nothing(shelf: Shelf, state: str) -> None:
    shelf.publish()
    shelf.invite("clara")
    batch = accept(shelf)
    shelf.table.write(Update(("EVENT#symposium", f"BATCH#{batch.id}"), {"state": state}))
    assert work_off(shelf) == {}
    assert (shelf.ses.messages(), shelf.queued()) == ([], [])


@pytest.mark.parametrize("change", ["agenda", "file"])
def test_what_was_changed_after_it_was_approved_is_not_sent_and_the_batch_says_so(shelf: Shelf, change: str) -> None:
    shelf.publish()
    shelf.invite("clara")
    batch = accept(shelf)
    if change == "agenda":
        shelf.publish(date="2021-02-04")
    else:
        shelf.events.touch_files("symposium")
    assert work_off(shelf) == {}
    now = shelf.batches.find("symposium", batch.id)
    assert (now.state, shelf.ses.messages()) == ("paused", [])
    assert "Approve it again" in now.reason


@pytest.mark.parametrize("mode, sent", [("fail", 0), ("drop", 1)])
def test_an_invitation_nobody_knows_of_is_unknown_and_never_sent_again_by_itself(
    shelf: Shelf, fault: Fault, mode: str, sent: int
) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    batch = accept(shelf)
    [work] = shelf.take()
    fault(mode)
    assert deliver(shelf, work) == {"unknown": 1}
    assert shelf.state(clara) == "unknown"
    assert shelf.queued() == []
    shelf.clock.pass_(hours=1)
    assert deliver(shelf, work) == {}
    assert len(shelf.ses.messages()) == sent
    assert outcomes(shelf, batch) == {"unknown": 1}
    another = accept(shelf, key="another")
    assert another.plan.already_sent == 1
    chunkless = work.model_copy(update={"batch": "", "invitee": clara.id})
    assert deliver(shelf, chunkless) == {"unknown": 1}
    assert len(shelf.ses.messages()) == sent


@pytest.mark.parametrize("mode, sent", [("fail", 1), ("drop", 2)])
def test_a_confirmation_nobody_knows_of_goes_out_once_more(shelf: Shelf, fault: Fault, mode: str, sent: int) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    register(shelf, clara)
    fault(mode)
    assert work_off(shelf) == {"unknown": 1}
    assert [wait for _, wait in shelf.queued()] == [delivering.AFTER_EVENTS], "SES's events get a moment to tell"
    shelf.clock.pass_(seconds=delivering.AFTER_EVENTS)
    assert work_off(shelf) == {"sent": 1}
    assert len(shelf.ses.messages()) == sent
    assert shelf.queued() == []
    assert shelf.items("DUE#", shelf.clock().strftime("%Y-%m-%dT")) == []


def test_a_confirmation_that_stays_unknown_is_tried_twice_and_no_more(shelf: Shelf, fault: Fault) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    register(shelf, clara)
    fault("drop", 9)
    for _ in range(6):
        work_off(shelf)
        shelf.clock.pass_(minutes=6)
    assert len(shelf.ses.messages()) == 2
    assert (shelf.state(clara, "confirmation"), shelf.queued()) == ("unknown", [])


def test_an_unknown_confirmation_that_ses_then_reports_is_not_sent_again(shelf: Shelf, fault: Fault) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    register(shelf, clara)
    fault("drop")
    work_off(shelf)
    assert told(shelf, shelf.told(shelf.ses.messages()[0].id, "Send"))
    shelf.clock.pass_(minutes=6)
    assert work_off(shelf) == {"sent": 1}
    assert len(shelf.ses.messages()) == 1
    assert shelf.state(clara, "confirmation") == "sent"


def test_what_ses_refuses_for_good_is_failed_with_its_words_and_holds_up_nobody(shelf: Shelf) -> None:
    shelf.publish()
    clara, _ = shelf.invite("clara", "boris")
    batch = accept(shelf)
    refuse(shelf, clara)
    assert work_off(shelf) == {"failed": 1, "sent": 1}
    assert shelf.delivery(clara)["reason"] == "MessageRejected: Illegal content."
    assert outcomes(shelf, batch) == {"failed": 1, "sent": 1}
    assert shelf.queued() == []


def refuse(shelf: Shelf, invitee: Invitee) -> None:
    """SES refuses the next mail to this person for good."""
    send = shelf.mailer.send

    def refuses(message: Message, raw: bytes) -> str:
        if message.recipient == invitee.email:
            shelf.mailer.send = send
            raise Refused("MessageRejected: Illegal content.")
        return str(send(message, raw))

    shelf.mailer.send = refuses


def test_an_account_that_is_not_set_up_burns_nobodys_mail_and_gives_the_work_back_at_once(shelf: Shelf) -> None:
    shelf.publish()
    people = shelf.invite("clara", "boris", "aigul")
    accept(shelf)
    [work] = shelf.take()
    shelf.ses.account.identities.clear()
    before, send, tried = shelf.items("INVITEE#"), shelf.mailer.send, list[str]()

    def counted(message: Message, raw: bytes) -> str:
        tried.append(message.recipient)
        return str(send(message, raw))

    shelf.mailer.send = counted
    with pytest.raises(Misconfigured, match="not verified"):
        deliver(shelf, work)
    assert (shelf.items("INVITEE#"), len(tried), shelf.queued()) == (before, 1, [])
    shelf.ses.account.identities["symposium.example.org"] = Identity("symposium.example.org")
    assert deliver(shelf, work) == {"sent": len(people)}


def test_a_chunk_that_is_not_there_is_never_taken_for_done(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite("clara")
    accept(shelf)
    [work] = shelf.take()
    with pytest.raises(NotFound):
        deliver(shelf, work.model_copy(update={"chunk": 7}))


@pytest.mark.parametrize("kind", ["invitation", "chase"])
def test_an_invitation_that_waited_past_the_deadline_is_skipped_with_the_reason(shelf: Shelf, kind: str) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    if kind == "chase":
        invite_all(shelf, "first")
    occurrence = accept(shelf, kind).occurrence
    shelf.clock.time = DEADLINE + timedelta(seconds=1)
    assert work_off(shelf) == {"skipped": 1}
    assert shelf.delivery(clara, kind, occurrence)["reason"] == "the deadline for answers has passed"


# what may happen to a worker


def test_a_delivery_in_a_dead_workers_hands_is_settled_when_its_lease_has_run_out(shelf: Shelf) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    batch = accept(shelf)
    [work] = shelf.take()

    def die(*_: Any) -> str:
        raise KeyboardInterrupt

    send, shelf.mailer.send = shelf.mailer.send, die
    with pytest.raises(KeyboardInterrupt):
        deliver(shelf, work)
    shelf.mailer.send = send
    assert deliver(shelf, work) == {"sending": 1}
    assert outcomes(shelf, batch) == {"sending": 1}
    shelf.clock.pass_(seconds=LEASE.total_seconds() + 1)
    assert deliver(shelf, work) == {"unknown": 1}
    assert (shelf.state(clara), shelf.delivery(clara)["reason"]) == ("unknown", "the worker died while sending")
    assert shelf.ses.messages() == []


def test_a_confirmation_in_a_dead_workers_hands_goes_out_once_more(shelf: Shelf) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    register(shelf, clara)
    [work] = shelf.take()
    shelf.ledger.claim(
        Delivery(invitee=clara.id, event="symposium", kind="confirmation", occurrence="1", state="sending"), NOW
    )
    assert deliver(shelf, work) == {"sending": 1}
    shelf.clock.pass_(seconds=LEASE.total_seconds() + 1)
    assert work_off(shelf) == {"unknown": 1}
    shelf.clock.pass_(minutes=5)
    assert work_off(shelf) == {"sent": 1}
    assert shelf.delivery(clara, "confirmation")["attempts"] == 2


# one recipient's trouble


def spoil(shelf: Shelf, invitee_id: str, **facts: str) -> None:
    """Put something into a profile that an import would have refused."""
    shelf.table.write(Update(profile_key(invitee_id), facts))


@pytest.mark.parametrize("facts", [{"email": "clara@"}, {"email": "a b@example.org"}])
def test_a_recipient_whose_mail_cannot_be_built_is_failed_and_holds_up_nobody(
    shelf: Shelf, facts: dict[str, str]
) -> None:
    shelf.publish()
    people = shelf.invite("aigul", "clara", "zoe")
    batch = accept(shelf)
    spoil(shelf, people[1].id, **facts)
    assert work_off(shelf) == {"sent": 2, "failed": 1}
    assert shelf.state(people[1]) == "failed"
    assert shelf.delivery(people[1])["reason"].startswith("cannot be written: ")
    assert outcomes(shelf, batch) == {"sent": 2, "failed": 1}
    assert shelf.queued() == []


def test_an_agenda_that_cannot_be_set_for_one_holds_up_nobody_else_and_the_work_comes_again(shelf: Shelf) -> None:
    shelf.publish(attachments={"invitation": ["agenda"]})
    people = shelf.invite("aigul", "zoe") + shelf.invite("clara", time_zone="Asia/Tashkent")
    event = shelf.events.get("symposium")
    shelf.documents.agenda(event, "en", "Europe/Vienna")
    accept(shelf)
    [work] = shelf.take()
    shelf.typesetter.failing = True
    with pytest.raises(TypesettingFailed):
        deliver(shelf, work)
    assert [shelf.state(one) for one in people] == ["sent", "sent", ""]
    assert shelf.queued() == [], "the queue itself gives the work again"
    shelf.typesetter.failing = False
    assert deliver(shelf, work) == {"sent": 3}
    assert len(shelf.ses.messages()) == 3


def test_an_address_that_ses_cannot_deliver_to_is_skipped_with_the_reason(shelf: Shelf) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    accept(shelf)
    spoil(shelf, clara.id, email="клара@example.org")
    assert work_off(shelf) == {"skipped": 1}
    assert shelf.delivery(clara)["reason"].startswith("undeliverable")


def test_a_fault_of_ours_comes_again_and_is_written_down_on_the_last_pass(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.publish()
    people = shelf.invite("aigul", "clara")
    batch = accept(shelf)
    [work] = shelf.take()
    compose = choosing.compose

    def faulty(*arguments: Any, **more: Any) -> Message:
        if people[1] in arguments:
            raise KeyError("rank")
        return compose(*arguments, **more)

    monkeypatch.setattr(choosing, "compose", faulty)
    with pytest.raises(KeyError):
        deliver(shelf, work)
    assert [shelf.state(one) for one in people] == ["sent", ""]
    done = delivering.deliver(shelf.post, work, shelf.clock, lambda: True, repeated=True, last=True)
    assert done == {"sent": 1, "failed": 1}
    assert shelf.delivery(people[1])["reason"] == "cannot be written: 'rank'"
    assert outcomes(shelf, batch) == {"sent": 1, "failed": 1}


def test_work_that_comes_again_still_reaches_whom_another_batch_had_given_up(shelf: Shelf) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    accept(shelf, key="first")
    refuse(shelf, clara)
    assert work_off(shelf) == {"failed": 1}
    second = accept(shelf, key="second")
    [work] = shelf.take()
    assert outcomes(shelf, second) == {"waiting": 1}
    done = delivering.deliver(shelf.post, work, shelf.clock, lambda: True, repeated=True)
    assert (done, shelf.recipients()) == ({"sent": 1}, [clara.email])
    assert outcomes(shelf, second) == {"sent": 1}


def test_who_leaves_while_a_dead_worker_holds_the_claim_is_unknown_and_the_chunk_is_done(shelf: Shelf) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    batch = accept(shelf)
    [work] = shelf.take()
    line = Delivery(invitee=clara.id, event="symposium", kind="invitation", occurrence="1", state="sending")
    shelf.ledger.claim(line.model_copy(update={"batch": batch.id}), NOW)
    leave(shelf.invitees, clara, NOW)
    assert deliver(shelf, work) == {"sending": 1}
    shelf.clock.pass_(seconds=LEASE.total_seconds() + 1)
    shelf.take()
    assert deliver(shelf, work) == {"unknown": 1}
    assert (shelf.queued(), progress_of(shelf, batch).complete) == ([], True)


def test_a_confirmation_that_was_put_off_is_not_queued_by_the_clock_as_well(shelf: Shelf, fault: Fault) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    register(shelf, clara)
    fault("throttle", 99)
    [work] = shelf.take()
    shelf.post.pacer.learn(Limits(max_send_rate=14, max_24_hour_send=-1, sent_last_24_hours=0), NOW)
    assert deliver(shelf, work) == {"waiting": 1}
    [(later, wait)] = shelf.queued()
    assert later.outbox > work.outbox
    assert tick(shelf, shelf.clock() + timedelta(seconds=wait)).queued_again == []
    assert tick(shelf, shelf.clock() + delivering.NOT_LOST).queued_again != [], "unless it is lost"


def test_work_that_is_put_off_to_the_moment_it_was_promised_for_keeps_its_row(shelf: Shelf, fault: Fault) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    register(shelf, clara)
    fault("throttle", 99)
    [work] = shelf.take()
    deliver(shelf, work)
    [(later, wait)] = shelf.queued()
    [row] = [item["SK"]["S"] for item in shelf.items("DUE#") if item["what"]["S"] == "outbox"]
    same = work.model_copy(update={"outbox": utc(shelf.clock() + timedelta(seconds=wait) + delivering.NOT_LOST)})
    assert same.outbox == later.outbox
    delivering._put_off(shelf.post, same, wait, shelf.clock())
    assert row in [item["SK"]["S"] for item in shelf.items("DUE#")]


def test_a_late_copy_of_the_table_does_not_pause_what_was_just_approved(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite("clara")
    stale = shelf.events.get("symposium")
    shelf.events.touch_files("symposium")
    accept(shelf)
    [work] = shelf.take()
    get = shelf.events.get
    shelf.post.events.get = lambda event, *, consistent=False: get(event) if consistent else stale
    assert deliver(shelf, work) == {"sent": 1}


def test_nobody_waits_for_a_slot_longer_than_a_worker_lives(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite("aigul", "clara")
    accept(shelf)
    [work] = shelf.take()
    shelf.post.pacer.learn(Limits(max_send_rate=0.02, max_24_hour_send=-1, sent_last_24_hours=0), NOW)
    assert deliver(shelf, work) == {"sent": 1, "waiting": 1}
    assert sum(shelf.slept) <= LONGEST_WAIT


def test_work_that_comes_again_asks_the_ledger_first_and_claims_nobody_twice(shelf: Shelf) -> None:
    shelf.publish()
    shelf.invite("aigul", "clara")
    accept(shelf)
    [work] = shelf.take()
    time_left = chain([True, True], repeat(False))
    assert delivering.deliver(shelf.post, work, shelf.clock, lambda: next(time_left)) == {"sent": 1, "waiting": 1}
    claims, claim = list[str](), shelf.ledger.claim
    shelf.ledger.claim = lambda line, *rest, **more: claims.append(line.invitee) or claim(line, *rest, **more)
    done = delivering.deliver(shelf.post, work, shelf.clock, lambda: True, repeated=True)
    assert (done, len(claims)) == ({"sent": 2}, 1)


def test_a_session_that_left_the_agenda_after_its_reminder_was_queued_is_skipped_with_the_reason(shelf: Shelf) -> None:
    shelf.publish()
    [clara] = shelf.invite("clara")
    register(shelf, clara, sessions=["session-1", "session-2"])
    work_off(shelf)
    tick(shelf, STARTS["session-2"] - timedelta(minutes=60))
    shelf.publish(sessions=DOCUMENT["sessions"][:2])
    reminders = [work for work in shelf.take() if work.session == "session-2"]
    assert [deliver(shelf, work) for work in reminders] == [{"skipped": 1}]
    assert shelf.delivery(clara, "reminder", reminders[0].occurrence)["reason"].startswith("the agenda was changed")


def test_a_confirmation_with_a_calendar_goes_out_though_its_only_session_left_the_agenda(shelf: Shelf) -> None:
    shelf.publish(attachments={"confirmation": ["calendar"]})
    [clara] = shelf.invite("clara")
    register(shelf, clara, sessions=["session-2"])
    shelf.publish(attachments={"confirmation": ["calendar"]}, sessions=DOCUMENT["sessions"][:2])
    assert work_off(shelf) == {"sent": 1}
    [mail] = shelf.mails()
    [entry] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    assert entry.get_param("method") == "CANCEL", "an earlier mail, or the page, may have brought it"
    assert "attached calendar entry" not in " ".join(mail.get_body(("plain",)).get_content().split())


# what goes with a mail


def test_a_mail_brings_what_the_event_says_and_only_what_one_can_leave_offers_to_leave(shelf: Shelf) -> None:
    shelf.publish(
        attachments={"invitation": ["agenda", "note"], "confirmation": ["agenda", "calendar", "missing"]},
        documents=[
            {"id": name, "title": {"en": name, "ru": name}, "filename": f"{name}.pdf"} for name in ("note", "missing")
        ],
    )
    shelf.documents.put_document("symposium", "note", "en", b"%PDF- note")
    [aigul] = shelf.invite("aigul", language="ru", time_zone="Asia/Bishkek")
    invite_all(shelf)
    register(shelf, aigul)
    work_off(shelf)
    invitation, confirmation = shelf.mails()
    assert [part.get_filename() for part in invitation.iter_attachments()] == ["agenda.pdf", "note.pdf"]
    assert "note (PDF)" in invitation.get_body(("plain",)).get_content()
    assert "missing (PDF)" not in confirmation.get_body(("plain",)).get_content()
    assert {part.get_content_type() for part in confirmation.walk()} >= {"text/calendar", "application/pdf"}
    assert invitation["List-Unsubscribe"] == f"<{shelf.links.url(aigul, 'unsubscribe')}>"
    assert invitation["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert confirmation["List-Unsubscribe"] is None
    assert "Симпозиум" in invitation["Subject"] and "Симпозиум" in confirmation["Subject"]
    assert invitation["Message-ID"] != confirmation["Message-ID"]


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system has no affinity")
def test_the_threads_that_send_share_one_core_and_the_main_thread_keeps_its_own() -> None:
    ours = os.sched_getaffinity(0)
    at_once = threading.Barrier(4, timeout=10)

    def where(_: Any) -> Any:
        at_once.wait()
        return os.sched_getaffinity(0)

    with delivering._senders(4) as submit:
        found = [done.result() for done in [submit(where, None) for _ in range(4)]]  # type: ignore[arg-type]
    assert len(found[0]) == 1 and found == [found[0]] * 4 and found[0] <= ours
    assert os.sched_getaffinity(0) == ours


@pytest.mark.parametrize("call", ["sched_getaffinity", "sched_setaffinity"])
def test_where_a_core_is_refused_the_mail_goes_out_all_the_same(
    monkeypatch: pytest.MonkeyPatch, shelf: Shelf, call: str
) -> None:
    def refused(*_: Any) -> None:
        raise PermissionError("not here")

    monkeypatch.setattr(os, call, refused, raising=False)
    shelf.publish()
    shelf.invite("aigul", "clara")
    accept(shelf)
    [work] = shelf.take()
    assert delivering.deliver(replace(shelf.post, senders=2), work, shelf.clock, lambda: True)["sent"] == 2
