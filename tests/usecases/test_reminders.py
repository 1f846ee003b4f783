"""Reminders: whom each rule reaches, quiet hours, those who register late, and what an organiser sees beforehand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.batch import Plan
from chalicelib.domain.errors import Invalid, NotFound
from chalicelib.domain.invitee import Invitee
from chalicelib.usecases.list_reminders import list_reminders
from chalicelib.usecases.plan_batch import plan_batch
from chalicelib.usecases.preview_reminder import Preview, preview_reminder
from tests.shelf import ENDS, NOW, STARTS, Shelf
from tests.usecases.steps import answer, invite_all, register, suppress, tick, work_off
from tests.usecases.uploading import PAPER, write

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
START = STARTS["session-1"]
LATE_ANSWERS = {"days_before": 0, "at": "08:29"}
"""In Vienna, a minute before the event."""

NIGHT = {"starts": "21:00", "ends": "07:00"}
RULE = {"id": "r", "before_minutes": 60, "sessions": ["session-1"]}
EVENING = {"id": "evening", "at": {"days_before": 1, "time": "18:00"}, "sessions": ["session-1"]}
SIX = datetime(2021, 1, 27, 17, 0, tzinfo=UTC)
"""18:00 in Vienna; 22:00 in Tashkent, 01:00 in Ulaanbaatar, 12:00 in New York."""

TASHKENT_7, ULAANBAATAR_7 = datetime(2021, 1, 28, 2, tzinfo=UTC), datetime(2021, 1, 27, 23, tzinfo=UTC)
VIENNA_7 = datetime(2021, 1, 28, 6, tzinfo=UTC)


def publish(shelf: Shelf, *rules: dict[str, Any], **facts: Any) -> None:
    shelf.publish(**{"reminders": list(rules), "feedback": None, "answer_by": LATE_ANSWERS, **facts})


def mailed(shelf: Shelf) -> list[str]:
    """Who got a reminder so far, once for each."""
    return [address.partition("@")[0] for address in shelf.recipients(kind="reminder")]


def promised(shelf: Shelf) -> list[Any]:
    """The rows that make the clock queue one person's mail."""
    return [item for item in shelf.items("DUE#") if item["what"]["S"] == "outbox"]


def run(shelf: Shelf, moment: datetime) -> list[str]:
    tick(shelf, moment)
    work_off(shelf)
    return mailed(shelf)


def reasons(shelf: Shelf, *people: Invitee) -> list[str]:
    [batch, *_] = shelf.batches.all("symposium")
    return [shelf.delivery(one, "reminder", batch.occurrence).get("reason", "") for one in people]


# statuses and categories


@pytest.fixture
def people(shelf: Shelf) -> dict[str, Invitee]:
    """Of the government: silent, declined, owing, done; a member of the UN; one whom nobody invited."""
    publish(shelf, contributions=[PAPER])
    found = shelf.invite("silent", "declined", "owing", "done", category="government")
    found += shelf.invite("member", category="un")
    invite_all(shelf)
    found += shelf.invite("forgotten", category="government")
    named = {one.id.rstrip("x"): one for one in found}
    answer(shelf, named["declined"], "declined")
    for name in ("owing", "done", "member"):
        register(shelf, named[name])
    write(shelf, named["done"])
    work_off(shelf)
    return named


@pytest.mark.parametrize("rule, reached", [
    ({}, ["done", "member", "owing"]),
    ({"categories": ["un"]}, ["member"]),
    ({"statuses": ["no-answer"]}, ["silent"]),
    ({"statuses": ["no-answer"], "categories": ["un"]}, []),
    ({"statuses": ["owes-contribution"]}, ["owing"]),
    ({"statuses": ["registered", "no-answer"]}, ["done", "member", "owing", "silent"]),
])  # fmt: skip
def test_a_rule_reaches_those_of_its_statuses_and_categories(
    shelf: Shelf, people: dict[str, Invitee], rule: dict[str, Any], reached: list[str]
) -> None:
    paper = {**PAPER, "due": LATE_ANSWERS}
    publish(shelf, {**RULE, **rule}, contributions=[paper])
    assert run(shelf, START - HOUR - MINUTE) == []
    assert run(shelf, START - HOUR) == reached
    assert run(shelf, START - HOUR) == run(shelf, START) == reached


def test_who_was_never_invited_or_left_the_invitations_is_not_asked_for_an_answer(
    shelf: Shelf, people: dict[str, Invitee]
) -> None:
    publish(shelf, {**RULE, "statuses": ["no-answer"]})
    gone = people["silent"]
    shelf.invitees.leave(gone, ["invitations"], ("left", "invitations"), shelf.clock())
    assert run(shelf, START - HOUR) == []
    [batch] = [one for one in shelf.batches.all("symposium") if one.kind == "reminder"]
    assert (batch.plan.to_send, batch.plan.not_invited) == (0, 1)


def test_who_answers_before_it_is_sent_is_not_asked_and_the_reason_stands(
    shelf: Shelf, people: dict[str, Invitee]
) -> None:
    publish(shelf, {**RULE, "statuses": ["no-answer"]})
    tick(shelf, START - HOUR)
    answer(shelf, people["silent"], "tentative")
    work_off(shelf)
    assert (mailed(shelf), reasons(shelf, people["silent"])) == ([], ["answered meanwhile"])


def test_a_reminder_of_an_answer_asks_for_it_may_be_left_and_shows_no_link_to_join(
    shelf: Shelf, people: dict[str, Invitee]
) -> None:
    publish(shelf, {**RULE, "statuses": ["no-answer"]})
    run(shelf, START - HOUR)
    [mail] = shelf.mails(kind="reminder")
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Please answer by" in mail["Subject"]
    assert "does not have your answer yet" in " ".join(text.split())
    assert "/join/" not in text
    assert shelf.links.url(people["silent"]) in text
    assert "/u/" in mail["List-Unsubscribe"]


def test_the_words_of_a_rule_stand_in_the_place_of_the_usual_ones_and_cannot_be_markup(
    shelf: Shelf, people: dict[str, Invitee]
) -> None:
    text = {"en": "Bring <b>a pen</b> & paper.\n\nThe door is open.", "ru": "Возьмите ручку."}
    publish(shelf, {**RULE, "categories": ["un"], "text": text, "subject": {"en": "Pens\r\nBcc: x@example.org"}})
    run(shelf, START - HOUR)
    [mail] = shelf.mails(kind="reminder")
    plain, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert mail["Subject"] == "Pens Bcc: x@example.org"
    assert "Bring <b>a pen</b> & paper.\n\nThe door is open." in plain.replace("\r\n", "\n")
    assert "Bring &lt;b&gt;a pen&lt;/b&gt; &amp; paper." in html
    assert "You are registered for this session" not in plain + html


def test_after_its_end_a_session_is_not_to_be_joined(shelf: Shelf, people: dict[str, Invitee]) -> None:
    words = {"subject": {"en": "Thank you", "ru": "Спасибо"}, "text": {"en": "Thank you.", "ru": "Спасибо."}}
    publish(shelf, {"id": "r", "sessions": ["session-1"], "after_minutes": 30, "of": "end", "categories": ["un"],
                    **words})  # fmt: skip
    assert run(shelf, ENDS) == ["member"]
    [mail] = shelf.mails(kind="reminder")
    assert "/join/" not in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_what_somebody_owes_stands_in_the_reminder_of_it(shelf: Shelf, people: dict[str, Invitee]) -> None:
    publish(shelf, {**RULE, "statuses": ["owes-contribution"]}, contributions=[{**PAPER, "due": LATE_ANSWERS}])
    run(shelf, START - HOUR)
    [mail] = shelf.mails(kind="reminder")
    plain = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "The organiser does not have this from you yet:" in plain
    assert PAPER["title"]["en"] in plain


# quiet hours


@pytest.fixture
def night(shelf: Shelf) -> dict[str, Invitee]:
    """Registered for the first session, each in another zone."""
    publish(shelf, EVENING, quiet_hours=NIGHT)
    zones = {"vienna": "Europe/Vienna", "tashkent": "Asia/Tashkent", "ulan": "Asia/Ulaanbaatar"}
    named = {name: shelf.invite(name, time_zone=zone)[0] for name, zone in zones.items()}
    for one in named.values():
        register(shelf, one)
    work_off(shelf)
    return named


def test_each_is_reminded_once_when_their_quiet_hours_are_over(shelf: Shelf, night: dict[str, Invitee]) -> None:
    assert run(shelf, SIX) == ["vienna"]
    waits = shelf.events.mailing("symposium", "evening_session-1")
    assert (waits.state, waits.at, waits.due_at) == ("planned", ULAANBAATAR_7, SIX)
    assert run(shelf, ULAANBAATAR_7 - MINUTE) == ["vienna"]
    assert run(shelf, ULAANBAATAR_7) == ["ulan", "vienna"]
    assert run(shelf, TASHKENT_7 - MINUTE) == ["ulan", "vienna"]
    assert run(shelf, TASHKENT_7) == run(shelf, START) == ["tashkent", "ulan", "vienna"]
    assert shelf.events.mailing("symposium", "evening_session-1").state == "fired"
    plans = [one.plan for one in reversed(shelf.batches.all("symposium"))]
    assert plans == [Plan(audience=3, to_send=1, quiet=2), Plan(audience=3, to_send=1, already_sent=1, quiet=1),
                     Plan(audience=3, to_send=1, already_sent=2)]  # fmt: skip


def test_no_row_stands_for_a_person_while_they_are_left_in_peace(shelf: Shelf, night: dict[str, Invitee]) -> None:
    run(shelf, SIX)
    run(shelf, SIX + MINUTE)
    assert sorted(item["what"]["S"] for item in shelf.items("DUE#")) == ["mailing", "retention"]


@pytest.mark.parametrize("moments", [
    [SIX, SIX, ULAANBAATAR_7, ULAANBAATAR_7, TASHKENT_7, TASHKENT_7], [SIX, TASHKENT_7],
    [ULAANBAATAR_7 + 30 * MINUTE, TASHKENT_7 + MINUTE, SIX, VIENNA_7], [TASHKENT_7 + HOUR, VIENNA_7],
], ids=["doubled", "one missing", "late and out of order", "all missing"])  # fmt: skip
def test_however_the_ticks_come_each_is_reminded_once(
    shelf: Shelf, night: dict[str, Invitee], moments: list[datetime]
) -> None:
    for moment in moments:
        found = run(shelf, moment)
    assert found == ["tashkent", "ulan", "vienna"]


@pytest.mark.parametrize("broken", ["queue.send", "events.resume_mailing", "dues.remove", "batches.accept"])
def test_a_tick_that_dies_forgets_nobody_who_is_left_in_peace(
    shelf: Shelf, night: dict[str, Invitee], broken: str
) -> None:
    adapter, method = broken.split(".")
    victim = getattr(shelf, adapter)
    works = getattr(victim, method)

    def dies(*_: Any, **__: Any) -> None:
        raise ConnectionError("the machine died")

    setattr(victim, method, dies)
    assert len(tick(shelf, SIX).failed) == 1
    setattr(victim, method, works)
    for moment in (SIX + MINUTE, SIX + 2 * MINUTE, TASHKENT_7, TASHKENT_7 + MINUTE):
        found = run(shelf, moment)
    assert found == ["tashkent", "ulan", "vienna"]


def test_whose_quiet_hours_last_too_long_is_skipped_with_the_reason(shelf: Shelf, night: dict[str, Invitee]) -> None:
    publish(shelf, {**EVENING, "latest_minutes": 7 * 60}, quiet_hours=NIGHT)
    assert run(shelf, SIX) == ["vienna"]
    assert run(shelf, ULAANBAATAR_7) == ["ulan", "vienna"]
    assert run(shelf, START) == ["ulan", "vienna"]
    assert reasons(shelf, night["tashkent"]) == [
        "the quiet hours in Asia/Tashkent last until after its latest moment"
    ]  # fmt: skip


def test_a_rule_may_pass_and_so_may_what_starts_soon(shelf: Shelf, night: dict[str, Invitee]) -> None:
    publish(shelf, {**EVENING, "quiet_hours": False}, quiet_hours=NIGHT)
    assert run(shelf, SIX) == ["tashkent", "ulan", "vienna"]
    soon = {**NIGHT, "starts": "09:00", "ends": "06:00", "unless_starts_within_minutes": 120}
    publish(shelf, {"id": "three", "before_minutes": 180, "sessions": ["session-1"]}, quiet_hours=soon)
    assert run(shelf, START - 3 * HOUR).count("vienna") == 1, "05:30 in Vienna"
    assert run(shelf, START - 3 * HOUR + 30 * MINUTE).count("vienna") == 2, "06:00 in Vienna"
    assert sorted(run(shelf, START - 2 * HOUR)) == sorted(["tashkent", "ulan", "vienna"] * 2)


def test_a_mailing_for_many_is_planned_by_the_desk_and_goes_on_for_those_left_in_peace(
    shelf: Shelf, night: dict[str, Invitee], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.usecases.tick.SMALL", 1)
    for moment, reached in ((SIX, ["vienna"]), (ULAANBAATAR_7, ["ulan", "vienna"]),
                            (TASHKENT_7, ["tashkent", "ulan", "vienna"])):  # fmt: skip
        tick(shelf, moment)
        for job in shelf.take_jobs():
            for _ in range(2):
                plan_batch(shelf.desk, job.event, job.id, moment)
        assert run(shelf, moment) == reached
    assert shelf.events.mailing("symposium", "evening_session-1").state == "fired"


def test_who_moves_to_another_zone_in_the_night_is_not_forgotten(shelf: Shelf, night: dict[str, Invitee]) -> None:
    run(shelf, SIX)
    shelf.invitees.correct(night["tashkent"], {"time_zone": "America/New_York"}, shelf.clock())
    assert run(shelf, ULAANBAATAR_7) == ["tashkent", "ulan", "vienna"]


def test_an_agenda_that_moves_in_the_night_reminds_at_the_new_time(shelf: Shelf, night: dict[str, Invitee]) -> None:
    assert run(shelf, SIX) == ["vienna"]
    publish(shelf, EVENING, quiet_hours=NIGHT, date="2021-02-04")
    week = timedelta(days=7)
    assert run(shelf, TASHKENT_7) == ["vienna"]
    for moment in (SIX + week, ULAANBAATAR_7 + week, TASHKENT_7 + week):
        found = run(shelf, moment)
    assert found == ["tashkent", "ulan", "vienna", "vienna"]


# who registers late


DAY_AND_HOUR = ({"id": "day", "before_minutes": 1440, "sessions": ["session-1"]}, RULE)


def test_who_registers_after_the_reminder_gets_it_within_a_minute_and_once(shelf: Shelf) -> None:
    publish(shelf, *DAY_AND_HOUR)
    early, late = shelf.invite("early", "late")
    register(shelf, early)
    run(shelf, START - 24 * HOUR)
    shelf.clock.time = START - 20 * HOUR
    register(shelf, late)
    assert mailed(shelf) == ["early"]
    assert run(shelf, shelf.clock() + MINUTE) == ["early", "late"]
    assert run(shelf, START - HOUR) == ["early", "early", "late", "late"]
    assert promised(shelf) == []


def test_who_registers_when_all_are_out_gets_the_last_one_alone(shelf: Shelf) -> None:
    publish(shelf, *DAY_AND_HOUR)
    run(shelf, START - HOUR)
    [late] = shelf.invite("late")
    shelf.clock.time = START - 30 * MINUTE
    register(shelf, late)
    assert run(shelf, shelf.clock() + MINUTE) == ["late"]
    assert [one.tags["occurrence"].split("_")[0] for one in shelf.ses.messages(kind="reminder")] == ["r"]


def test_a_registration_at_the_very_minute_is_reminded_once_whoever_is_first(shelf: Shelf) -> None:
    """The listing that plans the mailing may not know of it yet; when it does, the ledger knows."""
    publish(shelf, RULE)
    seen, unseen = shelf.invite("seen", "unseen")
    shelf.clock.time = START - HOUR - MINUTE
    register(shelf, seen)
    register(shelf, unseen)
    registrations = shelf.invitees.registrations
    shelf.invitees.registrations = lambda event: (  # type: ignore[method-assign]
        one for one in registrations(event) if one.invitee != unseen.id
    )
    run(shelf, START - HOUR)
    assert run(shelf, START - HOUR + MINUTE) == ["seen", "unseen"]


def test_who_changes_to_another_session_gets_its_reminder_and_no_other_twice(shelf: Shelf) -> None:
    publish(shelf, {"id": "day", "before_minutes": 1440})
    [clara] = shelf.invite("clara")
    register(shelf, clara)
    run(shelf, START - 20 * HOUR)
    register(shelf, clara, sessions=["session-1", "session-2"])
    run(shelf, START - 20 * HOUR + MINUTE)
    register(shelf, clara, sessions=["session-2"])
    register(shelf, clara, sessions=["session-1", "session-2"], organisation=["Another"])
    for minute in range(2, 20):
        run(shelf, START - 20 * HOUR + minute * MINUTE)
    assert sorted(one.tags["occurrence"] for one in shelf.ses.messages(kind="reminder")) == [
        "day_session-1_20210128T0730Z", "day_session-2_20210128T0920Z"
    ]  # fmt: skip


def test_who_dropped_a_session_as_it_was_reminded_of_and_takes_it_again_is_reminded(shelf: Shelf) -> None:
    publish(shelf, {"id": "day", "before_minutes": 1440, "sessions": ["session-1"]})
    [clara] = shelf.invite("clara")
    register(shelf, clara)
    tick(shelf, START - 24 * HOUR)
    register(shelf, clara, sessions=["session-2"])
    work_off(shelf)
    assert (mailed(shelf), reasons(shelf, clara)) == ([], ["not registered for this session any more"])
    register(shelf, clara)
    assert run(shelf, shelf.clock() + MINUTE) == ["clara"]


def test_who_drops_a_session_before_its_late_reminder_and_takes_it_again_is_reminded(shelf: Shelf) -> None:
    publish(shelf, {"id": "day", "before_minutes": 1440, "sessions": ["session-1"]})
    [clara] = shelf.invite("clara")
    shelf.clock.time = START - 20 * HOUR
    register(shelf, clara)
    register(shelf, clara, sessions=["session-2"])
    assert run(shelf, shelf.clock() + MINUTE) == []
    register(shelf, clara)
    assert run(shelf, shelf.clock() + MINUTE) == ["clara"]
    assert run(shelf, shelf.clock() + 20 * MINUTE) == ["clara"]


def test_who_registers_late_gets_the_text_of_a_rule_and_the_last_reminder_once_each(shelf: Shelf) -> None:
    passport = {"en": "Bring your passport.", "ru": "Возьмите паспорт."}
    mine = {"sessions": ["session-1"], "text": passport}
    publish(shelf, {"id": "for-all", "before_minutes": 3000, **mine}, {"id": "day", "before_minutes": 1440},
            {"id": "for-un", "before_minutes": 2000, **mine, "categories": ["un"]})  # fmt: skip
    un, other = shelf.invite("un", category="un"), shelf.invite("other")
    for minutes in (3000, 2000, 1440):
        run(shelf, START - minutes * MINUTE)
    shelf.clock.time = START - 20 * HOUR
    for [one] in (un, other):
        register(shelf, one)
    for minute in range(1, 6):
        run(shelf, START - 20 * HOUR + minute * MINUTE)
    got = sorted(f"{one.destination[0].partition('@')[0]} {one.tags['occurrence'].split('_')[0]}"
                 for one in shelf.ses.messages(kind="reminder"))  # fmt: skip
    assert got == ["other day", "other for-all", "un day", "un for-un"]


def test_who_adds_a_session_gets_its_reminder_and_no_text_that_they_had(shelf: Shelf) -> None:
    passport = {"en": "Bring your passport.", "ru": "Возьмите паспорт."}
    publish(shelf, {"id": "pass", "before_minutes": 3000, "text": passport}, {"id": "day", "before_minutes": 1440})
    [clara] = shelf.invite("clara")
    register(shelf, clara, sessions=["session-1"])
    work_off(shelf)
    for minutes in (3000, 1440):
        run(shelf, START - minutes * MINUTE)
    shelf.clock.time = START - 20 * HOUR
    register(shelf, clara, sessions=["session-1", "session-2"])
    for minute in range(1, 5):
        run(shelf, START - 20 * HOUR + minute * MINUTE)
    told = [one.tags["occurrence"].rpartition("_")[0] for one in shelf.ses.messages(kind="reminder")]
    assert told == ["pass_session-1", "day_session-1", "day_session-2"]


def test_a_late_registration_at_night_is_reminded_at_once(shelf: Shelf, night: dict[str, Invitee]) -> None:
    """Who registers is awake."""
    run(shelf, SIX)
    [late] = shelf.invite("late", time_zone="Asia/Tashkent")
    register(shelf, late)
    assert run(shelf, SIX + MINUTE) == ["late", "vienna"]
    assert run(shelf, TASHKENT_7) == ["late", "tashkent", "ulan", "vienna"]


def test_after_its_latest_moment_nobody_is_reminded_who_registers(shelf: Shelf) -> None:
    publish(shelf, {**RULE, "latest_minutes": 10})
    [late] = shelf.invite("late")
    shelf.clock.time = START - 50 * MINUTE + MINUTE
    register(shelf, late)
    assert run(shelf, shelf.clock() + MINUTE) == []


# the latest moment


@pytest.mark.parametrize("rule, latest", [
    ({"before_minutes": 60, "latest_minutes": 10}, START - 50 * MINUTE), ({"after_minutes": 5}, START + 100 * MINUTE),
    ({"at": {"time": "07:30"}}, START)])  # fmt: skip
def test_after_its_latest_moment_a_rule_is_skipped_with_the_reason(
    shelf: Shelf, rule: dict[str, Any], latest: datetime
) -> None:
    publish(shelf, {"id": "r", "sessions": ["session-1"], **rule})
    [clara] = shelf.invite("clara")
    register(shelf, clara)
    work_off(shelf)
    assert tick(shelf, latest + MINUTE).skipped == ["symposium#r_session-1"]
    assert "looked at only at" in shelf.events.mailing("symposium", "r_session-1").reason
    assert mailed(shelf) == []


def test_a_mail_that_waits_in_the_queue_beyond_its_latest_moment_is_skipped_with_the_reason(shelf: Shelf) -> None:
    publish(shelf, {**RULE, "latest_minutes": 10})
    [clara] = shelf.invite("clara")
    register(shelf, clara)
    work_off(shelf)
    tick(shelf, START - HOUR)
    shelf.clock.time = START - 50 * MINUTE + timedelta(seconds=1)
    work_off(shelf)
    assert (mailed(shelf), reasons(shelf, clara)) == ([], ["its latest moment has passed"])


# what an organiser sees beforehand


def preview(shelf: Shelf, rule: str = "evening", session: str = "", invitee: str = "", language: str = "") -> Preview:
    return preview_reminder(shelf.desk, shelf.links, "symposium", rule, session, invitee, language, shelf.clock())


def test_the_preview_says_when_to_how_many_and_what(shelf: Shelf, night: dict[str, Invitee]) -> None:
    shelf.clock.time = NOW
    before = shelf.items()
    found = preview(shelf)
    assert found.sentences == [
        "On Wednesday 27 January at 18:00 (CET, UTC+1; 17:00\u00a0UTC), 3 people would get this.",
        "2 of them would get it later, when their quiet hours are over.",
    ]
    assert found.words.subject.startswith("Join on Thursday, 28 January 2021, 08:30")
    assert "Dear Sample Person," in found.words.text
    assert "/join/session-1" in found.words.html
    assert preview(shelf, language="ru").sentences == [
        "Среда, 27 января, 18:00 (CET, UTC+1; 17:00\u00a0UTC): письмо получили бы 3 человека.",
        "2 из них получили бы его позже, когда закончатся их тихие часы.",
    ]
    assert shelf.items() == before, "nothing is written"


def test_the_preview_of_a_named_person_is_theirs_and_opens_nothing(shelf: Shelf, night: dict[str, Invitee]) -> None:
    shelf.clock.time = NOW
    found = preview(shelf, invitee=night["tashkent"].id)
    assert (found.yours, found.reason) == (TASHKENT_7, "")
    assert "Dear Tashkent," in found.words.text
    assert "12:30–14:10" in found.words.text
    assert night["tashkent"].id not in found.words.text + found.words.html
    [out] = shelf.invite("out")
    assert (preview(shelf, invitee=out.id).yours, preview(shelf, invitee=out.id).reason) == (
        None, "not registered any more"
    )  # fmt: skip
    suppress(shelf, night["vienna"])
    assert preview(shelf, invitee=night["vienna"].id).reason == "suppressed: bounce"


def test_the_preview_of_what_went_out_counts_who_would_get_it_now(shelf: Shelf, night: dict[str, Invitee]) -> None:
    run(shelf, SIX)
    found = preview(shelf, invitee=night["vienna"].id)
    assert (found.at, found.reason, found.plan.to_send + found.plan.quiet) == (  # type: ignore[union-attr]
        ULAANBAATAR_7, "has it already", 2
    )  # fmt: skip


def test_the_preview_of_people_without_an_answer_counts_those_who_were_invited(
    shelf: Shelf, people: dict[str, Invitee]
) -> None:
    publish(shelf, {**RULE, "statuses": ["no-answer"]})
    found = preview(shelf, "r")
    assert found.sentences == ["On Thursday 28 January at 07:30 (CET, UTC+1; 06:30\u00a0UTC), 1 person would get this."]
    assert preview(shelf, "r", invitee=people["forgotten"].id).reason == "was not invited"
    assert "does not have your answer yet" in found.words.text.replace("\n", " ")


def test_too_many_people_are_not_counted(
    shelf: Shelf, night: dict[str, Invitee], monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.clock.time = NOW
    monkeypatch.setattr("chalicelib.usecases.preview_reminder.MOST", 2)
    [said] = preview(shelf).sentences
    assert said == "On Wednesday 27 January at 18:00 (CET, UTC+1; 17:00\u00a0UTC) this would go out."


@pytest.mark.parametrize("asked, error, said", [
    ({"rule": "none"}, NotFound, 'no reminder "none"'),
    ({"session": "session-2"}, Invalid, "about: session-1"),
    ({"invitee": "nobody"}, NotFound, 'no invitee "nobody"'),
    ({"invitee": "../x"}, NotFound, "no invitee"),
    ({"language": "de"}, Invalid, "en, ru"),
])  # fmt: skip
def test_a_preview_of_what_there_is_not_says_what_there_is(
    shelf: Shelf, night: dict[str, Invitee], asked: dict[str, str], error: type[Exception], said: str
) -> None:
    with pytest.raises(error) as raised:
        preview(shelf, **asked)
    assert said in str(raised.value) + str([one.message for one in getattr(raised.value, "problems", [])])


def test_the_list_says_of_each_reminder_when_it_is_due_and_what_became_of_it(
    shelf: Shelf, night: dict[str, Invitee], monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.clock.time = NOW
    publish(shelf, EVENING, {"id": "hour", "before_minutes": 60}, quiet_hours=NIGHT)
    assert shown(shelf, NOW) == [("evening", "session-1", "planned", SIX, 3),
                                 ("hour", "session-1", "planned", START - HOUR, 3),
                                 ("hour", "session-2", "planned", STARTS["session-2"] - HOUR, 0)]  # fmt: skip
    run(shelf, SIX)
    assert shown(shelf, SIX)[0] == ("evening", "session-1", "planned", ULAANBAATAR_7, 2)
    run(shelf, TASHKENT_7)
    assert shown(shelf, TASHKENT_7)[0] == ("evening", "session-1", "fired", ULAANBAATAR_7, None)
    tick(shelf, START + HOUR)
    [_, skipped, _] = list_reminders(shelf.desk, "symposium", START + HOUR)[1]
    assert (skipped.state, "looked at only at" in skipped.reason) == ("skipped", True)
    monkeypatch.setattr("chalicelib.usecases.list_reminders.COUNTED", 0)
    assert {line[-1] for line in shown(shelf, NOW)} == {None}


def shown(shelf: Shelf, now: datetime) -> list[tuple[Any, ...]]:
    _, lines = list_reminders(shelf.desk, "symposium", now)
    counts = [one.plan.to_send + one.plan.quiet if one.plan else None for one in lines]
    return [(one.reminder.rule.id, one.reminder.session.id, one.state, one.at, count)
            for one, count in zip(lines, counts, strict=True)]  # fmt: skip
