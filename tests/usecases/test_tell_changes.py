"""Notices of changes: who hears what of an agenda that changes, when, and that nobody hears it twice."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.batch import BatchRequest
from chalicelib.domain.errors import Conflict
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.work import Work
from chalicelib.usecases import control_batch
from chalicelib.usecases import deliver as delivering
from chalicelib.usecases.accept_batch import accept_batch
from chalicelib.usecases.decide_request import approve_request
from chalicelib.usecases.leave import leave
from chalicelib.usecases.plan_batch import plan_batch
from chalicelib.usecases.read_news import read_news
from chalicelib.usecases.register import drop_session
from chalicelib.usecases.tell_changes import drop, send_now
from tests.shelf import DEADLINE, ENDS, NOW, STARTS, Shelf, raw_document
from tests.usecases.steps import WHO, accept, answer, deliver, invite_all, register, tick, work_off

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
QUIET = 30 * MINUTE
NEAR = STARTS["session-1"] - 20 * HOUR


@pytest.fixture
def people(shelf: Shelf) -> list[Invitee]:
    """clara comes to the first session, boris to the second, anna to both; dora has not answered, emil declined."""
    shelf.publish()
    people = shelf.invite("clara", "boris", "anna", "dora", "emil")
    invite_all(shelf)
    clara, boris, anna, _, emil = people
    register(shelf, clara, sessions=["session-1"])
    register(shelf, boris, sessions=["session-2"])
    register(shelf, anna, sessions=["session-1", "session-2"])
    answer(shelf, emil, "declined")
    work_off(shelf)
    return people


def sessions(**times: dict[str, Any]) -> list[dict[str, Any]]:
    """The sessions, with other facts for those named (``session_1``)."""
    return [{**one, **times.get(one["id"].replace("-", "_"), {})} for one in raw_document()["sessions"]]


LATER = {"session_1": {"starts": "08:35"}}
TITLED = {"session_2": {"title": {"en": "Panel on data", "ru": "Панель о данных"}}}


def at(shelf: Shelf, moment: datetime) -> list[str]:
    """A tick, the desk's jobs, and what they queued; who has been mailed about changes so far, by the second name."""
    tick(shelf, moment)
    for job in shelf.take_jobs():
        plan_batch(shelf.desk, job.event, job.id, shelf.clock())
    work_off(shelf)
    return heard(shelf)


def heard(shelf: Shelf) -> list[str]:
    return sorted(f"{one.destination[0].partition('@')[0]} {one.tags['occurrence']}"
                  for one in shelf.ses.messages(kind="change"))  # fmt: skip


def told_by(shelf: Shelf, moment: datetime) -> list[str]:
    """Who is mailed about the version as it is now, by the tick of that moment."""
    last = f"-{shelf.events.get('symposium').version}"
    return [one.split()[0] for one in at(shelf, moment) if one.endswith(last)]


def text_of(shelf: Shelf, name: str) -> str:
    """The last notice that somebody has, as text on one line, without what times are in UTC."""
    mail = next(one for one in reversed(shelf.mails(kind="change")) if one["To"].addresses[0].username == name)
    body = mail.get_body(("plain",))
    assert body is not None
    return re.sub(r" \(\d\d:\d\d UTC\)", "", " ".join(body.get_content().split()))


def test_a_new_time_reaches_those_whose_session_it_is_and_those_who_may_yet_come(
    shelf: Shelf, people: list[Invitee]
) -> None:
    shelf.publish(sessions=sessions(**LATER))
    assert at(shelf, NOW + QUIET - MINUTE) == []
    assert at(shelf, NOW + QUIET) == ["anna 1-2", "clara 1-2", "dora 1-2"]
    assert "First: now starts at 08:35, it was 08:30" in text_of(shelf, "clara")
    assert at(shelf, NOW + 2 * QUIET) == ["anna 1-2", "clara 1-2", "dora 1-2"]


def test_other_words_reach_only_those_who_come_to_that_session(shelf: Shelf, people: list[Invitee]) -> None:
    shelf.publish(sessions=sessions(**TITLED))
    assert at(shelf, NOW + QUIET) == ["anna 1-2", "boris 1-2"]


def test_several_publications_become_one_notice_when_it_has_been_quiet(shelf: Shelf, people: list[Invitee]) -> None:
    shelf.publish(sessions=sessions(**LATER))
    shelf.clock.pass_(minutes=20)
    shelf.publish(sessions=sessions(**LATER, **TITLED))
    assert at(shelf, NOW + QUIET) == []
    assert at(shelf, NOW + QUIET + 20 * MINUTE) == ["anna 1-3", "boris 1-3", "clara 1-3", "dora 1-3"]
    said = text_of(shelf, "anna")
    assert "First: now starts at 08:35" in said and "“Panel on data”" in said
    assert "Panel on data" not in text_of(shelf, "clara")


def test_whoever_publishes_on_and_on_keeps_nobody_in_the_dark(shelf: Shelf, people: list[Invitee]) -> None:
    for minute in range(35, 60):
        shelf.publish(sessions=sessions(session_1={"starts": f"08:{minute}"}))
        shelf.clock.pass_(minutes=10)
        if at(shelf, shelf.clock()):
            break
    assert shelf.clock() == NOW + 4 * QUIET
    assert heard(shelf) == ["anna 1-13", "clara 1-13", "dora 1-13"]


def test_close_to_the_start_another_time_is_told_at_once_and_other_words_are_not(
    shelf: Shelf, people: list[Invitee]
) -> None:
    shelf.clock.time = NEAR
    shelf.publish(sessions=sessions(**TITLED))
    assert at(shelf, NEAR + MINUTE) == []
    shelf.publish(sessions=sessions(**TITLED, **LATER))
    assert at(shelf, NEAR + 2 * MINUTE) == ["anna 1-3", "boris 1-3", "clara 1-3"]
    assert shelf.clock() > DEADLINE, "whoever did not answer in time cannot come any more"


def test_what_is_taken_back_in_time_is_told_to_nobody(shelf: Shelf, people: list[Invitee]) -> None:
    shelf.publish(sessions=sessions(**LATER))
    shelf.publish()
    assert at(shelf, NOW + 5 * QUIET) == []
    assert shelf.events.get("symposium").news_at is None


def test_a_misprint_is_told_to_nobody_and_hides_in_no_later_notice(shelf: Shelf, people: list[Invitee]) -> None:
    shelf.publish(sessions=sessions(session_1={"title": {"en": "Firsst", "ru": "Первая"}}))
    assert shelf.events.get("symposium").news_at is None
    shelf.publish(sessions=sessions(session_1={"title": {"en": "Firsst", "ru": "Первая"}, "starts": "08:35"}))
    assert at(shelf, NOW + QUIET) == ["anna 1-3", "clara 1-3", "dora 1-3"]
    assert "called" not in text_of(shelf, "clara")


def test_whoever_registers_after_the_change_saw_the_new_agenda(shelf: Shelf, people: list[Invitee]) -> None:
    shelf.publish(sessions=sessions(**LATER))
    register(shelf, people[3], sessions=["session-1"])
    assert at(shelf, NOW + QUIET) == ["anna 1-2", "clara 1-2"]
    assert shelf.delivery(people[3], "change", "1-2") == {}
    assert at(shelf, NOW + 2 * QUIET) == ["anna 1-2", "clara 1-2"]


def test_who_left_the_invitations_hears_nothing_unless_they_come(shelf: Shelf, people: list[Invitee]) -> None:
    for one in (people[0], people[3]):
        leave(shelf.invitees, one, shelf.clock())
    shelf.publish(sessions=sessions(**LATER))
    assert at(shelf, NOW + QUIET) == ["anna 1-2", "clara 1-2"]


def test_nobody_is_told_of_what_is_over_and_no_notice_comes_of_it(shelf: Shelf, people: list[Invitee]) -> None:
    shelf.clock.time = ENDS + MINUTE
    shelf.publish(sessions=sessions(**LATER))
    assert shelf.events.get("symposium").news_at is None
    assert "change" not in {one.tags["kind"] for one in shelf.ses.messages()}


def test_an_event_may_tell_nobody_by_itself(shelf: Shelf, people: list[Invitee]) -> None:
    shelf.publish(sessions=sessions(**LATER), change_notices=None)
    assert at(shelf, NOW + 9 * HOUR) == []


def test_a_notice_goes_into_the_calendar_and_a_new_time_cancels_nothing(shelf: Shelf, people: list[Invitee]) -> None:
    shelf.publish(sessions=sessions(**LATER))
    at(shelf, NOW + QUIET)
    mail = shelf.mails(kind="change")[0]
    entries = [part.get_content() for part in mail.walk() if part.get_content_type() == "text/calendar"]
    text = entries[0] if isinstance(entries[0], str) else entries[0].decode()
    assert "DTSTART;TZID=Europe/Vienna:20210128T083500" in text


def test_a_newer_notice_takes_the_place_of_one_that_is_being_sent(shelf: Shelf, people: list[Invitee]) -> None:
    """One person heard of 2 when 3 comes; the others hear of both in one mail, and nobody hears of 2 any more."""
    chunk = begun(shelf)
    delivering.deliver(shelf.post, chunk, shelf.clock, lambda: not heard(shelf))
    (first,) = heard(shelf)
    name, others = first.split()[0], {"anna", "clara", "dora"} - {first.split()[0]}
    shelf.publish(sessions=sessions(session_1={"starts": "08:40"}))
    everything = sorted([first, *(f"{one} 1-2-3" for one in ("anna", "clara", "dora"))])
    assert at(shelf, shelf.clock() + QUIET) == everything
    assert "now starts at 08:40, it was 08:35" in text_of(shelf, name)
    assert all("now starts at 08:40, it was 08:30" in text_of(shelf, other) for other in others)
    assert shelf.batches.get("symposium", chunk.batch).state == "cancelled"
    deliver(shelf, chunk)
    assert heard(shelf) == everything


def test_a_worker_that_holds_an_overtaken_notice_sends_it_to_nobody_who_has_the_newer(
    shelf: Shelf, people: list[Invitee]
) -> None:
    """It looked at its batch before that was overtaken, and goes on when the newer notice is out."""
    chunk, moment = begun(shelf), shelf.clock()

    def meanwhile() -> bool:
        if not heard(shelf):
            shelf.publish(sessions=sessions(session_1={"starts": "08:40"}))
            at(shelf, moment + QUIET)
        return True

    delivering.deliver(shelf.post, chunk, shelf.clock, meanwhile)
    assert heard(shelf) == ["anna 1-2-3", "clara 1-2-3", "dora 1-2-3"]


@pytest.mark.parametrize("policy, told", [("send-again", "08:30"), ("wait", "08:35")])
def test_whether_an_unknown_mail_of_an_overtaken_notice_was_heard_is_the_events_policy(
    shelf: Shelf, people: list[Invitee], fault: Callable[..., None], policy: str, told: str
) -> None:
    shelf.publish(when_unsure={"change": policy})
    chunk = begun(shelf, when_unsure={"change": policy})
    fault("fail", 3)
    assert deliver(shelf, chunk) == {"unknown": 3}
    shelf.take()
    shelf.publish(sessions=sessions(session_1={"starts": "08:40"}), when_unsure={"change": policy})
    assert len(at(shelf, shelf.clock() + QUIET)) == 3
    assert f"now starts at 08:40, it was {told}" in text_of(shelf, "clara")


def begun(shelf: Shelf, **changes: Any) -> Work:
    """A notice is being sent; its one chunk, which no worker has yet."""
    shelf.publish(sessions=sessions(**LATER), **changes)
    return chunk_at(shelf, NOW + QUIET)


def chunk_at(shelf: Shelf, moment: datetime) -> Work:
    """The one chunk of the notice that is begun then."""
    tick(shelf, moment)
    (job,) = shelf.take_jobs()
    plan_batch(shelf.desk, job.event, job.id, shelf.clock())
    (chunk,) = shelf.take()
    return chunk


def test_a_tick_that_dies_before_its_batch_is_begun_is_made_good(
    shelf: Shelf, people: list[Invitee], monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.publish(sessions=sessions(**LATER))
    with monkeypatch.context() as broken:
        broken.setattr(type(shelf.batches), "accept", lambda *_, **__: 1 / 0)
        assert tick(shelf, NOW + QUIET).failed == ["symposium#news"]
    shelf.publish(sessions=sessions(session_1={"starts": "08:40"}))
    assert at(shelf, NOW + QUIET + MINUTE) == ["anna 1-2", "clara 1-2", "dora 1-2"]
    tick(shelf, NOW + QUIET + 2 * MINUTE)
    assert at(shelf, NOW + 3 * QUIET) == sorted(f"{n} {v}" for n in ("anna", "clara", "dora") for v in ("1-2", "2-3"))


def test_a_notice_that_waits_is_sent_now_or_dropped(shelf: Shelf, people: list[Invitee]) -> None:
    with pytest.raises(Conflict):
        send_now(shelf.desk, shelf.events.get("symposium"), WHO, NOW)
    shelf.publish(sessions=sessions(**LATER))
    send_now(shelf.desk, shelf.events.get("symposium"), WHO, NOW)
    assert at(shelf, NOW + MINUTE) == ["anna 1-2", "clara 1-2", "dora 1-2"]
    tick(shelf, NOW + 2 * MINUTE)
    shelf.publish(sessions=sessions(session_1={"starts": "08:40"}))
    drop(shelf.desk, shelf.events.get("symposium"), WHO, "said by telephone", shelf.clock())
    with pytest.raises(Conflict):
        drop(shelf.desk, shelf.events.get("symposium"), WHO, "", shelf.clock())
    shelf.publish(sessions=sessions(session_1={"starts": "08:40"}, **TITLED))
    assert at(shelf, shelf.clock() + QUIET)[-1] == "dora 1-2"
    assert [one for one in heard(shelf) if one.endswith(" 3-4")] == ["anna 3-4", "boris 3-4"]
    assert "08:40, it was" not in text_of(shelf, "anna")
    assert {one.what for one in shelf.desk.audit.all("symposium")} >= {"notice sent now", "notice dropped"}


# what is taken back, and what happens in between


def test_a_change_that_is_taken_back_while_its_notice_leaves_is_told_to_those_who_had_it(
    shelf: Shelf, people: list[Invitee]
) -> None:
    chunk = begun(shelf)
    delivering.deliver(shelf.post, chunk, shelf.clock, lambda: not heard(shelf))
    [first] = heard(shelf)
    shelf.publish()
    assert at(shelf, shelf.clock() + QUIET) == [first, f"{first}-3"]
    assert "now starts at 08:30, it was 08:35" in text_of(shelf, first.split()[0])


@pytest.mark.parametrize("by", ["registered", "invited"])
def test_who_saw_only_what_was_taken_back_hears_that_it_was(shelf: Shelf, people: list[Invitee], by: str) -> None:
    shelf.publish(sessions=sessions(**LATER))
    [fresh] = shelf.invite("fresh")
    shelf.clock.pass_(minutes=1)
    if by == "registered":
        register(shelf, fresh, sessions=["session-1"])
        work_off(shelf)
    else:
        invite_all(shelf, key="again")
    shelf.clock.pass_(minutes=1)
    shelf.publish()
    assert at(shelf, shelf.clock() + 5 * QUIET) == ["fresh 1-3"]
    assert "now starts at 08:30, it was 08:35" in text_of(shelf, "fresh")


def test_who_was_invited_after_the_change_is_not_told_of_it(shelf: Shelf, people: list[Invitee]) -> None:
    shelf.publish(sessions=sessions(**LATER))
    shelf.invite("fresh")
    shelf.clock.pass_(minutes=1)
    invite_all(shelf, key="again")
    waiting = read_news(shelf.desk, "symposium", shelf.clock()).people
    assert at(shelf, shelf.clock() + QUIET) == ["anna 1-2", "clara 1-2", "dora 1-2"] and waiting == 3


def test_a_calendars_answer_is_no_look_at_the_agenda(shelf: Shelf, people: list[Invitee]) -> None:
    shelf.publish(sessions=sessions(**LATER))
    anna, event = people[2], shelf.events.get("symposium")
    room = shelf.invitees, shelf.desk.places, shelf.queue
    drop_session(*room, event, shelf.file(anna), "session-2", shelf.clock())
    assert at(shelf, NOW + QUIET) == ["anna 1-2", "clara 1-2", "dora 1-2"]


def test_who_waits_for_a_place_hears_of_the_sessions_they_wait_for(shelf: Shelf, people: list[Invitee]) -> None:
    line = {"capacity": 3, "waitlist": {"offer_hours": 4, "until": {"days_before": 1, "at": "12:00"}}}
    shelf.publish(**line)
    at(shelf, NOW + MINUTE)
    register(shelf, people[3], sessions=["session-2"])
    work_off(shelf)
    shelf.publish(**line, sessions=sessions(**LATER))
    assert at(shelf, shelf.clock() + QUIET) == ["anna 1-3", "clara 1-3"]
    tick(shelf, shelf.clock() + MINUTE)
    shelf.publish(**line, sessions=sessions(**LATER, **TITLED))
    said = at(shelf, shelf.clock() + QUIET)
    assert said == ["anna 1-3", "anna 3-4", "boris 3-4", "clara 1-3", "dora 3-4"]


def test_a_calendar_in_a_notice_is_never_older_than_the_event(shelf: Shelf, people: list[Invitee]) -> None:
    """3 is published while 2 is being told: the words are those of 2, the calendar's times and number those of 3."""
    chunk = begun(shelf)
    shelf.publish(sessions=sessions(session_1={"starts": "08:40"}))
    deliver(shelf, chunk)
    assert "now starts at 08:35, it was 08:30" in text_of(shelf, "clara")
    [entry] = [part.get_content() for part in shelf.mails(kind="change")[0].walk()
               if part.get_content_type() == "text/calendar"]  # fmt: skip
    assert "DTSTART;TZID=Europe/Vienna:20210128T084000" in entry
    assert {line for line in entry.splitlines() if line.startswith("SEQUENCE:")} == {"SEQUENCE:4"}


# what comes back

SECOND = "Second: it takes place after all: Thursday 28 January, 10:20–12:00"
SHORT = {"sessions": [raw_document()["sessions"][0]]}


@pytest.mark.parametrize("entries", ["sessions", "event"])
def test_who_had_chosen_what_comes_back_is_told_and_nobody_else(
    shelf: Shelf, people: list[Invitee], entries: str
) -> None:
    """Whatever the entries are, and though the version between does not say that it was there."""
    shelf.publish(calendar_entries=entries)
    at(shelf, NOW + QUIET)
    shelf.publish(**SHORT, calendar_entries=entries)
    at(shelf, NOW + 2 * QUIET)
    shelf.publish(sessions=[{**SHORT["sessions"][0], "starts": "08:35"}], calendar_entries=entries)
    at(shelf, NOW + 3 * QUIET)
    shelf.publish(sessions=sessions(**LATER), calendar_entries=entries)
    assert told_by(shelf, NOW + 4 * QUIET) == ["anna", "boris"]
    assert SECOND in text_of(shelf, "boris")
    assert shelf.mails(kind="change")[-1]["Subject"] == "Takes place after all on 28 January 2021: Second"
    assert shelf.events.get("symposium").gone == ()


def test_close_to_its_start_what_comes_back_is_told_at_once_and_what_is_new_is_not(
    shelf: Shelf, people: list[Invitee]
) -> None:
    shelf.publish(**SHORT)
    at(shelf, NOW + QUIET)
    shelf.clock.time = NEAR
    extra = {"id": "session-9", "title": {"en": "Ninth", "ru": "Девятая"}, "starts": "13:00", "ends": "14:00"}
    shelf.publish(sessions=[*SHORT["sessions"], extra])
    assert shelf.events.get("symposium").news_at == NEAR + QUIET
    shelf.publish()
    assert shelf.events.get("symposium").news_at == NEAR
    assert told_by(shelf, NEAR + MINUTE) == ["anna", "boris"]


def test_who_never_heard_that_it_was_cancelled_hears_only_what_moved(shelf: Shelf, people: list[Invitee]) -> None:
    """The cancellation is being told when it is taken back: one has that mail, the others have nothing but a time."""
    shelf.publish(**SHORT)
    chunk = chunk_at(shelf, NOW + QUIET)
    delivering.deliver(shelf.post, chunk, shelf.clock, lambda: not {"boris 1-2", "anna 1-2"} & {*heard(shelf)})
    [first] = [one.split()[0] for one in heard(shelf) if not one.startswith("dora")]
    [other] = {"anna", "boris"} - {first}
    shelf.publish(sessions=sessions(session_2={"starts": "10:25"}))
    at(shelf, shelf.clock() + QUIET)
    assert SECOND.replace("10:20", "10:25") in text_of(shelf, first)
    assert "Second: now starts at 10:25, it was 10:20" in text_of(shelf, other)
    assert "after all" not in text_of(shelf, other) and "after all" not in text_of(shelf, "dora")


@pytest.mark.parametrize("dropped", [True, False])
def test_a_cancellation_that_was_dropped_or_published_in_silence_counts_as_heard(
    shelf: Shelf, people: list[Invitee], dropped: bool
) -> None:
    shelf.publish(**SHORT, **({} if dropped else {"change_notices": None}))
    if dropped:
        drop(shelf.desk, shelf.events.get("symposium"), WHO, "", shelf.clock())
    shelf.publish()
    assert at(shelf, NOW + QUIET) == ["anna 2-3", "boris 2-3"]
    assert SECOND in text_of(shelf, "boris")


def test_who_registers_while_it_is_gone_hears_nothing_of_its_return(shelf: Shelf, people: list[Invitee]) -> None:
    shelf.publish(**SHORT)
    at(shelf, NOW + QUIET)
    register(shelf, people[3], sessions=["session-1"])
    register(shelf, people[2], sessions=["session-1"])
    work_off(shelf)
    shelf.publish()
    assert told_by(shelf, shelf.clock() + QUIET) == ["boris"]


BREAK = {"session_2": {"kind": "break", "title": {"en": "Lunch", "ru": "Обед"}}}


def test_a_session_that_becomes_a_break_does_not_take_place_and_a_break_that_becomes_one_again_does_after_all(
    shelf: Shelf, people: list[Invitee]
) -> None:
    shelf.publish(sessions=sessions(**BREAK))
    assert shelf.events.get("symposium").gone == ("session-2",)
    assert at(shelf, NOW + QUIET) == ["anna 1-2", "boris 1-2", "dora 1-2"]
    assert "Second: it does not take place" in text_of(shelf, "boris") and "Lunch" not in text_of(shelf, "boris")
    assert shelf.mails(kind="change")[-1]["Subject"] == "Does not take place on 28 January 2021: Second"
    shelf.publish(sessions=sessions(session_2={**BREAK["session_2"], "starts": "10:30"}))
    assert shelf.events.get("symposium").news_at is None, "nobody registers for a break"
    shelf.publish()
    assert told_by(shelf, shelf.clock() + QUIET) == ["anna", "boris"]
    assert SECOND in text_of(shelf, "boris")


def test_close_to_its_start_a_session_that_becomes_a_break_is_told_at_once(
    shelf: Shelf, people: list[Invitee]
) -> None:
    shelf.clock.time = NEAR
    shelf.publish(sessions=sessions(**BREAK))
    assert at(shelf, NEAR + MINUTE) == ["anna 1-2", "boris 1-2"]


# entries in calendars


def test_who_has_entries_hears_that_there_are_others_and_their_calendar_follows(
    shelf: Shelf, people: list[Invitee]
) -> None:
    shelf.publish(calendar_entries="event")
    assert shelf.events.get("symposium").news_at == NOW + QUIET
    assert at(shelf, NOW + QUIET) == ["anna 1-2", "boris 1-2", "clara 1-2"], "dora has none"
    assert "The entries in your calendar change: from now on there is one for the whole event" in text_of(shelf, "anna")
    assert shelf.mails(kind="change")[0]["Subject"] == "New calendar entries, 28 January 2021: Symposium on Migration"
    [entry] = [part.get_content() for part in shelf.mails(kind="change")[0].walk()
               if part.get_content_type() == "text/calendar"]  # fmt: skip
    assert entry.count("STATUS:CANCELLED") == entry.count("BEGIN:VEVENT") - 1 > 0


def test_whom_the_invitation_brought_entries_hears_of_others_as_well(shelf: Shelf, people: list[Invitee]) -> None:
    brings = {"attachments": {"invitation": ["calendar"]}}
    shelf.publish(**brings)
    shelf.publish(**brings, calendar_entries="event")
    assert at(shelf, NOW + QUIET) == ["anna 1-3", "boris 1-3", "clara 1-3", "dora 1-3"]


@pytest.mark.parametrize("setting", [
    {"calendar_method": "REQUEST"},
    {"calendar_entries": "event", "attachments": {"change": ["agenda"]}},
])  # fmt: skip
def test_no_notice_comes_of_a_setting_that_it_could_do_nothing_about(
    shelf: Shelf, people: list[Invitee], setting: dict[str, Any]
) -> None:
    shelf.publish(**setting)
    assert shelf.events.get("symposium").news_at is None


# at the same moment


def test_what_is_told_while_somebody_publishes_counts_for_what_they_publish(
    shelf: Shelf, people: list[Invitee], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change is taken back at the very moment in which the clock tells it."""
    shelf.publish(sessions=sessions(**LATER))
    plain, told = type(shelf.events).publish, list[int]()

    def meanwhile(events: Any, *arguments: Any, **more: Any) -> None:
        if not told:
            told.append(1)
            at(shelf, NOW + QUIET)
        plain(events, *arguments, **more)

    monkeypatch.setattr(type(shelf.events), "publish", meanwhile)
    shelf.clock.time = NOW + QUIET - MINUTE
    shelf.publish()
    monkeypatch.undo()
    assert at(shelf, NOW + 3 * QUIET) == sorted(
        f"{name} {notice}" for name in ("anna", "clara", "dora") for notice in ("1-2", "1-2-3"))  # fmt: skip


def test_a_row_that_somebody_published_over_stays_and_tells_that(
    shelf: Shelf, people: list[Invitee], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent now twice in the same second: the row of the second is the row of the first."""
    shelf.publish(sessions=sessions(**LATER), change_notices={"quiet_minutes": 0})
    plain, done = type(shelf.events).tell, list[int]()

    def meanwhile(events: Any, *arguments: Any, **more: Any) -> bool:
        if not done:
            done.append(1)
            shelf.publish(sessions=sessions(session_1={"starts": "08:40"}), change_notices={"quiet_minutes": 0})
        return bool(plain(events, *arguments, **more))

    monkeypatch.setattr(type(shelf.events), "tell", meanwhile)
    assert at(shelf, NOW) == []
    assert at(shelf, NOW + MINUTE) == ["anna 1-3", "clara 1-3", "dora 1-3"]


def test_the_last_notice_goes_on_when_what_overtakes_it_is_overtaken_itself(
    shelf: Shelf, people: list[Invitee], monkeypatch: pytest.MonkeyPatch
) -> None:
    """1-2 is being sent, 3 is due, and at that moment 4 says the same as 2: nobody is left with the first time."""
    chunk = begun(shelf)
    delivering.deliver(shelf.post, chunk, shelf.clock, lambda: not heard(shelf))
    shelf.take()
    shelf.publish(sessions=sessions(session_1={"starts": "08:40"}))
    plain, done = type(shelf.events).tell, list[int]()

    def meanwhile(events: Any, *arguments: Any, **more: Any) -> bool:
        if not done:
            done.append(1)
            shelf.publish(sessions=sessions(**LATER))
        return bool(plain(events, *arguments, **more))

    monkeypatch.setattr(type(shelf.events), "tell", meanwhile)
    at(shelf, shelf.clock() + QUIET)
    monkeypatch.undo()
    for _ in range(3):
        at(shelf, shelf.clock() + QUIET)
    deliver(shelf, chunk)
    assert [one.split()[0] for one in heard(shelf)] == ["anna", "clara", "dora"]


def test_nothing_is_dropped_while_the_last_notice_is_being_sent(shelf: Shelf, people: list[Invitee]) -> None:
    begun(shelf)
    shelf.publish(sessions=sessions(session_1={"starts": "08:40"}))
    with pytest.raises(Conflict, match="is being sent"):
        drop(shelf.desk, shelf.events.get("symposium"), WHO, "", shelf.clock())


def test_what_was_published_while_nobody_was_told_is_not_told_later(shelf: Shelf, people: list[Invitee]) -> None:
    shelf.publish(sessions=sessions(**LATER), change_notices=None)
    shelf.publish(sessions=sessions(**LATER, **TITLED))
    assert at(shelf, NOW + QUIET) == ["anna 2-3", "boris 2-3"]
    assert "08:35, it was" not in text_of(shelf, "anna")


# who was approved by an organiser


@pytest.mark.parametrize("when", ["before the notice", "after the notice"])
def test_an_approval_is_no_look_at_the_agenda(shelf: Shelf, people: list[Invitee], when: str) -> None:
    """dora asked as it was in the first version but one; what changed since is told to her once, whenever she is in."""
    asks, dora = {"approval": True}, people[3]
    shelf.publish(**asks)
    register(shelf, dora, sessions=["session-2"])
    work_off(shelf)
    shelf.publish(**asks, sessions=sessions(**TITLED))
    if when == "after the notice":
        assert "dora 1-3" in at(shelf, NOW + QUIET)
    approve_request(shelf.desk, "symposium", dora.id, "", WHO, shelf.clock())
    work_off(shelf)
    assert (shelf.file(dora).registered.agenda, shelf.file(dora).invitee.attending.agenda) == (2, 2)
    assert at(shelf, shelf.clock() + QUIET) == ["anna 1-3", "boris 1-3", "dora 1-3"]
    assert "“Panel on data”" in text_of(shelf, "dora")


# a batch's own deadline


@pytest.mark.parametrize("kind", ["invitation", "chase"])
def test_whose_batch_has_a_later_deadline_hears_of_changes_until_then(
    shelf: Shelf, people: list[Invitee], kind: str
) -> None:
    """dora cannot answer any more; greta was invited, or chased, for longer, and names hugo in the end."""
    if kind == "chase":
        shelf.invite("greta")
        invite_all(shelf, key="plain")
    mark(shelf, people[3])
    if kind == "invitation":
        shelf.invite("greta")
    shelf.clock.pass_(minutes=1)
    until = DEADLINE + 6 * HOUR
    batch = longer(shelf, kind, until)
    shelf.invite("hugo", batches=(batch,), rsvp="tentative")
    shelf.clock.time = DEADLINE + HOUR
    shelf.publish(sessions=sessions(**LATER))
    assert at(shelf, shelf.clock() + QUIET) == ["anna 1-2", "clara 1-2", "greta 1-2", "hugo 1-2"]
    tick(shelf, shelf.clock() + MINUTE)
    shelf.clock.time = until + MINUTE
    shelf.publish()
    assert told_by(shelf, shelf.clock() + QUIET) == ["anna", "clara"]


def test_whose_batch_has_an_earlier_deadline_is_not_asked_to_answer_on_a_closed_page(
    shelf: Shelf, people: list[Invitee]
) -> None:
    """ida was invited until the day before yesterday, and chased until the event's deadline; greta was invited alone,
    and named hugo.
    """
    early = DEADLINE - 48 * HOUR
    [ida] = shelf.invite("ida")
    longer(shelf, "invitation", early)
    accept(shelf, "chase", key="chase")
    work_off(shelf)
    [greta] = shelf.invite("greta")
    batch = longer(shelf, "invitation", early, key="second")
    [hugo] = shelf.invite("hugo", batches=(batch,), rsvp="tentative")
    shelf.clock.time = DEADLINE - 24 * HOUR
    assert [may_answer(shelf, one) for one in (ida, greta, hugo)] == [True, False, False]
    shelf.publish(sessions=sessions(**LATER))
    assert at(shelf, shelf.clock() + QUIET) == ["anna 1-2", "clara 1-2", "dora 1-2", "ida 1-2"]
    assert shelf.delivery(greta, "change", "1-2")["reason"] == "the deadline for answers has passed"


def may_answer(shelf: Shelf, invitee: Invitee) -> bool:
    event = shelf.events.find_for("symposium", shelf.file(invitee).batches)
    return event is not None and shelf.clock() <= event.document.answer_until


def longer(shelf: Shelf, kind: str, until: datetime, key: str = "longer") -> str:
    """The id of a batch with a deadline of its own, delivered."""
    request = BatchRequest.model_validate({"kind": kind, "answer_by": until})
    batch = accept_batch(shelf.desk, "symposium", request, key, WHO, shelf.clock(), dry_run=False)
    control_batch.approve(shelf.desk, "symposium", batch.id, batch.fingerprint, WHO, shelf.clock())
    work_off(shelf)
    return batch.id


def mark(shelf: Shelf, invitee: Invitee) -> None:
    """Their answer is open, and no later round is for them."""
    answer(shelf, invitee, "tentative")
    work_off(shelf)


def test_deadlines_of_batches_are_read_once_for_a_chunk_and_not_for_those_who_have_answered(
    shelf: Shelf, people: list[Invitee], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()
    plain = type(shelf.batches).all
    monkeypatch.setattr(type(shelf.batches), "all", lambda self, event: asked.append(event) or plain(self, event))
    for answered, read in ((False, ["symposium"]), (True, [])):
        if answered:
            answer(shelf, people[3], "declined")
        shelf.publish(sessions=sessions(**({} if answered else LATER)))
        chunk = chunk_at(shelf, shelf.clock() + QUIET)
        asked.clear()
        deliver(shelf, chunk)
        assert (len(heard(shelf)), asked) == (5 if answered else 3, read)
