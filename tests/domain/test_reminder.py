"""The rules by which people are reminded: their moments, whom they reach, and what the check says of them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chalicelib.domain.agenda import check
from chalicelib.domain.event import EventDocument
from chalicelib.domain.invitee import Attendance, Invitee
from chalicelib.domain.reminder import LATE, Reminder, find_reminder, reminder_of
from chalicelib.domain.reminding import SOON, late_reminders, why_not_reminded
from chalicelib.domain.schedule import changes, mailings
from tests.shelf import DEADLINE, NOW, STARTS, document, person

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
START, END = STARTS["session-1"], datetime(2021, 1, 28, 9, 10, tzinfo=UTC)
PRACTICE = {"id": "practice", "kind": "familiarisation", "title": {"en": "Practice", "ru": "Проба"},
            "starts": "08:00", "ends": "08:20"}  # fmt: skip
WORDS = {"subject": {"en": "Thanks", "ru": "Спасибо"}, "text": {"en": "Thanks.", "ru": "Спасибо."}}


def ruled(*rules: dict[str, Any], **facts: Any) -> EventDocument:
    return document(reminders=[{"sessions": ["session-1"], **rule} for rule in rules], feedback=None, **facts)


def the(of: EventDocument) -> Reminder:
    rule = of.reminders[0]
    return reminder_of(of, rule, next(rule.of_sessions(of)))


@pytest.mark.parametrize("said, due, latest", [
    ({"before_minutes": 60}, START - 60 * MINUTE, START),
    ({"before_minutes": 30, "of": "end"}, END - 30 * MINUTE, END),
    ({"before_minutes": 120, "of": "end"}, END - 120 * MINUTE, START),
    ({"after_minutes": 10}, START + 10 * MINUTE, END),
    ({"after_minutes": 0, "of": "end"}, END, END + DAY),
    ({"at": {"days_before": 1, "time": "18:00"}}, datetime(2021, 1, 27, 17, 0, tzinfo=UTC), START),
    ({"at": {"time": "07:00"}}, datetime(2021, 1, 28, 6, 0, tzinfo=UTC), START),
    ({"at": {"time": "09:00"}}, datetime(2021, 1, 28, 8, 0, tzinfo=UTC), END),
])  # fmt: skip
def test_when_a_rule_is_due_and_until_when_it_helps(said: dict[str, Any], due: datetime, latest: datetime) -> None:
    found = the(ruled({"id": "r", **said}))
    assert (found.due, found.latest, found.until) == (due, latest, latest + LATE)
    [mailing] = mailings("symposium", ruled({"id": "r", **said}))
    assert (mailing.due_at, mailing.latest_at, mailing.delivery_occurrence) == (due, latest, found.in_ledger)


def test_a_latest_moment_of_its_own_is_to_the_minute() -> None:
    found = the(ruled({"id": "r", "before_minutes": 60, "latest_minutes": 20}))
    assert found.latest == found.until == START - 40 * MINUTE


@pytest.mark.parametrize("said, reason", [
    ({}, "write one of before_minutes, after_minutes and at"),
    ({"before_minutes": 5, "at": {"time": "07:00"}}, "write one of"),
    ({"at": {"time": "07:00"}, "of": "end"}, '"of" goes with'),
    ({"before_minutes": 5, "statuses": ["no-answer"], "sessions": None}, "name one session"),
    ({"before_minutes": 5, "statuses": []}, "at least 1"),
    ({"before_minutes": 5, "statuses": ["registered", "registered"]}, "stands twice"),
    ({"before_minutes": 5, "categories": ["press"]}, "none of the categories"),
    ({"before_minutes": 5, "sessions": ["session-9"]}, "the agenda does not have"),
])  # fmt: skip
def test_a_rule_that_says_too_much_or_too_little_is_refused(said: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        ruled({"id": "r", **said})


def test_there_are_50_rules_and_1500_mailings_at_most() -> None:
    rules = [{"id": f"r{n}", "before_minutes": n + 1} for n in range(51)]
    ruled(*rules[:50])
    with pytest.raises(ValidationError, match="at most 50"):
        ruled(*rules)
    many = [{**document().sessions[0].model_dump(mode="json"), "id": f"s{n}", "day": n + 1} for n in range(31)]
    with pytest.raises(ValidationError, match="make 1550 mailings, a rule times its sessions; 1500 at most"):
        document(sessions=many, reminders=rules[:50])


def test_a_rule_in_the_ledger_is_its_session_and_its_time_whatever_its_own_moments_are() -> None:
    names = {the(ruled({"id": "r", **said})).in_ledger for said in (
        {"before_minutes": 60}, {"before_minutes": 5, "latest_minutes": 1}, {"at": {"time": "07:00"}})}  # fmt: skip
    assert names == {"r_session-1_20210128T0730Z"}
    assert the(ruled({"id": "r", "before_minutes": 60}, date="2021-02-04")).in_ledger not in names


def test_an_occurrence_is_found_again_until_its_session_moves() -> None:
    rule = {"id": "r", "before_minutes": 60}
    before, after = ruled(rule), ruled(rule, date="2021-02-04")
    found = the(before)
    assert find_reminder(before, found.in_ledger) == find_reminder(before, found.occurrence) == found
    assert find_reminder(after, found.in_ledger) is None
    assert [find_reminder(before, name) for name in ("s_session-1", "r_session-2", "r_break", "r", "")] == [None] * 5


@pytest.mark.parametrize("said", [
    {"after_minutes": 10}, {"before_minutes": 10, "of": "end"}, {"at": {"days_before": 1, "time": "18:00"}},
    {"before_minutes": 10, "latest_minutes": 5}])  # fmt: skip
@pytest.mark.parametrize("state", ["planned", "fired", "skipped"])
def test_every_kind_of_rule_is_planned_anew_when_the_agenda_moves(said: dict[str, Any], state: Any) -> None:
    old = [one.model_copy(update={"state": state}) for one in mailings("e", ruled({"id": "r", **said}))]
    new = mailings("e", ruled({"id": "r", **said}, date="2021-02-04"))
    assert changes(old, new, END + DAY) == (new, [])
    assert [new[0].due_at - old[0].due_at, new[0].latest_at - old[0].latest_at] == [7 * DAY, 7 * DAY]
    assert changes(new, new, NOW) == ([], [])


# whom


def clara(**facts: Any) -> Invitee:
    said = {"rsvp": "accepted", "attending": Attendance(sessions=["session-1"]), "category": "government"}
    return person("clara", **{**said, **facts})


SILENT: dict[str, Any] = {"rsvp": "needs-action", "attending": None}
PAPER = {"id": "paper", "title": {"en": "Paper", "ru": "Доклад"}, "categories": ["government"], "formats": ["text"],
         "due": {"days_before": 0, "at": "08:00"}}  # fmt: skip


@pytest.mark.parametrize("statuses, facts, reason", [
    (["registered"], {}, ""),
    (["registered"], SILENT, "not registered any more"),
    (["registered"], {"rsvp": "declined"}, "not registered any more"),
    (["registered"], {"attending": None}, "not registered any more"),
    (["registered"], {"attending": Attendance(sessions=["session-2"])}, "not registered for this session any more"),
    (["no-answer"], SILENT, ""),
    (["no-answer"], {}, "answered meanwhile"),
    (["no-answer"], {"rsvp": "tentative", "attending": None}, "answered meanwhile"),
    (["no-answer"], {**SILENT, "left": ["invitations"]}, "unsubscribed"),
    (["no-answer", "registered"], SILENT, ""),
    (["no-answer", "registered"], {}, ""),
    (["no-answer", "registered"], {"rsvp": "declined"}, "not registered any more"),
    (["owes-contribution"], {}, ""),
    (["owes-contribution"], {"handed_in": ["paper"]}, "owes no contribution any more"),
    (["owes-contribution"], {"category": "un"}, "owes no contribution any more"),
    (["owes-contribution"], SILENT, "not registered any more"),
])  # fmt: skip
def test_whom_a_status_reaches(statuses: list[str], facts: dict[str, Any], reason: str) -> None:
    of = ruled({"id": "r", "before_minutes": 60, "statuses": statuses}, contributions=[PAPER])
    assert why_not_reminded(of, the(of), clara(**facts), DEADLINE) == reason


def test_a_status_ends_with_its_deadline() -> None:
    silent = ruled({"id": "r", "before_minutes": 60, "statuses": ["no-answer"]})
    assert "deadline" in why_not_reminded(silent, the(silent), clara(**SILENT), DEADLINE + MINUTE)
    owing = ruled({"id": "r", "before_minutes": 60, "statuses": ["owes-contribution"]}, contributions=[PAPER])
    late = datetime(2021, 1, 28, 7, 1, tzinfo=UTC)
    assert why_not_reminded(owing, the(owing), clara(), late - MINUTE) == ""
    assert why_not_reminded(owing, the(owing), clara(), late) == "owes no contribution any more"


@pytest.mark.parametrize("chosen, reason", [
    (["practice"], ""), (["practice", "session-1"], "registered for other sessions too"),
    (["session-1"], "not registered for this session any more")])  # fmt: skip
def test_who_comes_to_familiarisations_alone(chosen: list[str], reason: str) -> None:
    rule = {"id": "r", "before_minutes": 60, "statuses": ["familiarisation-only"], "sessions": None}
    of = ruled(rule, sessions=[PRACTICE, *document().model_dump(mode="json")["sessions"]])
    assert [one.session for one in mailings("e", of)] == ["practice"]
    assert why_not_reminded(of, the(of), clara(attending=Attendance(sessions=chosen)), NOW) == reason


def test_a_category_narrows() -> None:
    of = ruled({"id": "r", "before_minutes": 60, "categories": ["un"]})
    assert why_not_reminded(of, the(of), clara(), NOW) == "not of a category that is reminded"
    assert why_not_reminded(of, the(of), clara(category="un"), NOW) == ""


# who registers late


RULES = ({"id": "week", "before_minutes": 7 * 1440}, {"id": "day", "before_minutes": 1440},
         {"id": "hour", "before_minutes": 60})  # fmt: skip


@pytest.mark.parametrize("before, ids", [
    (8 * DAY, []), (6 * DAY, ["week"]), (DAY + MINUTE, ["day"]), (DAY + SOON, ["day"]),
    (DAY + SOON + MINUTE, ["week"]),
    (DAY, ["day"]), (60 * MINUTE, ["hour"]), (MINUTE, ["hour"]), (-LATE, ["hour"]), (-LATE - MINUTE, [])])  # fmt: skip
def test_who_registers_late_gets_the_last_reminder_that_still_helps(before: timedelta, ids: list[str]) -> None:
    of, invitee = ruled(*RULES), person("clara")
    attending = Attendance(sessions=["session-1", "session-2"])
    assert [one.rule.id for one in late_reminders(of, invitee, attending, {}, START - before)] == ids
    assert list(late_reminders(of, invitee, attending, {"session-1": NOW}, START - before)) == []


def test_who_registers_late_gets_what_the_rule_has_for_them() -> None:
    of = ruled({"id": "r", "before_minutes": 60, "categories": ["un"]}, {"id": "s", "before_minutes": 90})
    attending = Attendance(sessions=["session-1"])
    for category, rule in (("un", "r"), ("government", "s")):
        found = late_reminders(of, person("clara", category=category), attending, {}, START - MINUTE)
        assert [one.rule.id for one in found] == [rule]


PASSPORT = {"en": "Bring your passport.", "ru": "Возьмите паспорт."}
CASE = {"en": "Bring a case.", "ru": "Подготовьте случай."}


@pytest.mark.parametrize("rules, ids", [
    ([("week", 7, {}), ("day", 1, {})], ["day"]),
    ([("pass", 7, PASSPORT), ("day", 1, {})], ["day", "pass"]),
    ([("week", 7, {}), ("pass", 1, PASSPORT)], ["pass", "week"]),
    ([("pass", 7, PASSPORT), ("again", 3, PASSPORT), ("day", 1, {})], ["again", "day"]),
    ([("pass", 7, PASSPORT), ("again", 1, PASSPORT)], ["again"]),
    ([("same", 7, {"en": " Bring your passport.\n"}), ("pass", 1, PASSPORT)], ["pass"]),
    ([("pass", 7, PASSPORT), ("case", 3, CASE), ("day", 1, {})], ["case", "day", "pass"]),
], ids=["usual", "own and usual", "usual before", "own twice", "own alone", "reads the same", "two texts"])  # fmt: skip
def test_who_registers_late_loses_no_text_and_gets_none_twice(
    rules: list[tuple[str, int, dict[str, str]]], ids: list[str]
) -> None:
    of = ruled(*({"id": name, "before_minutes": days * 1440, "text": text, "sessions": ["session-1"]}
                 for name, days, text in rules))  # fmt: skip
    attending = Attendance(sessions=["session-1", "session-2"])
    found = late_reminders(of, person("clara"), attending, {}, START - 20 * MINUTE)
    assert sorted(one.rule.id for one in found) == ids


def test_a_text_of_other_categories_or_too_late_is_not_for_them() -> None:
    of = ruled({"id": "un", "before_minutes": 3000, "text": PASSPORT, "categories": ["un"]},
               {"id": "early", "before_minutes": 3000, "text": CASE, "latest_minutes": 60},
               {"id": "day", "before_minutes": 1440})  # fmt: skip
    attending = Attendance(sessions=["session-1"])
    for category, ids in (("un", ["day", "un"]), ("government", ["day"])):
        found = late_reminders(of, person("clara", category=category), attending, {}, START - MINUTE)
        assert sorted(one.rule.id for one in found) == ids


def test_of_several_sessions_each_has_its_last_reminder_and_a_text_comes_once() -> None:
    of = ruled({"id": "pass", "before_minutes": 2880, "text": PASSPORT, "sessions": None},
               {"id": "day", "before_minutes": 1440, "sessions": None})  # fmt: skip
    attending = Attendance(sessions=["session-1", "session-2"])
    found = late_reminders(of, person("clara"), attending, {}, START - MINUTE)
    assert [(one.rule.id, one.session.id) for one in found] == [
        ("day", "session-1"), ("day", "session-2"), ("pass", "session-1")]  # fmt: skip


SINCE = START - 30 * DAY


@pytest.mark.parametrize("known, ids", [
    ({}, ["day", "pass"]),
    ({"session-1": SINCE}, ["day"]),
    ({"session-1": START - 2 * DAY}, ["day"]),
    ({"session-1": START + DAY}, ["day", "pass"]),
], ids=["first registration", "had it", "had it late", "came when it did not help"])  # fmt: skip
@pytest.mark.parametrize("chosen", [["session-1", "session-2"], ["session-2"]], ids=["adds", "changes over"])
def test_who_adds_a_session_gets_no_text_that_they_had_about_another(
    known: dict[str, datetime], ids: list[str], chosen: list[str]
) -> None:
    """An hour after the first session's start its own reminders are of no use; that they came is what counts."""
    of = ruled({"id": "pass", "before_minutes": 3000, "text": PASSPORT, "sessions": None},
               {"id": "day", "before_minutes": 1440, "sessions": None})  # fmt: skip
    found = late_reminders(of, person("clara"), Attendance(sessions=chosen), known, START + 60 * MINUTE)
    assert [one.rule.id for one in found] == ids and {one.session.id for one in found} == {"session-2"}


@pytest.mark.parametrize("quiet, ids", [("05:00", ["day"]), ("07:35", ["day", "pass"])])
def test_a_text_that_quiet_hours_kept_from_somebody_still_comes_with_another_session(
    quiet: str, ids: list[str]
) -> None:
    of = ruled({"id": "pass", "at": {"time": "03:00"}, "text": PASSPORT, "sessions": None},
               {"id": "day", "at": {"time": "03:10"}, "quiet_hours": False, "sessions": ["session-2"]},
               quiet_hours={"starts": "21:00", "ends": quiet})  # fmt: skip
    clara = person("clara", time_zone="Europe/London")
    both = Attendance(sessions=["session-1", "session-2"])
    found = late_reminders(of, clara, both, {"session-1": SINCE}, START + 20 * MINUTE)
    assert [one.rule.id for one in found] == ids


@given(
    rules=st.lists(st.tuples(st.integers(1, 4000), st.sampled_from([{}, PASSPORT, CASE]), st.booleans()), max_size=6),
    before=st.integers(-100, 4100), chosen=st.sets(st.sampled_from(["session-1", "session-2"]), min_size=1),
    known=st.dictionaries(st.sampled_from(["session-1", "session-2"]), st.integers(-10, 4100)),
)  # fmt: skip
def test_whatever_the_rules_each_text_that_still_helps_comes_and_none_that_does_not(
    rules: list[tuple[int, dict[str, str], bool]], before: int, chosen: set[str], known: dict[str, int]
) -> None:
    """Worked out by what has to come of it: no text is lost, each new session has its last one, the others come once,
    and not what came about a session that they had.
    """
    of = ruled(*({"id": f"r{n}", "before_minutes": minutes, "text": text, "sessions": ["session-2"] if one else None}
                 for n, (minutes, text, one) in enumerate(rules)))  # fmt: skip
    now, clara = START - before * MINUTE, person("clara")
    since = {name: min(now, START - minutes * MINUTE) for name, minutes in known.items()}
    found = late_reminders(of, clara, Attendance(sessions=sorted(chosen)), since, now)
    due = [one for rule in of.reminders for session in rule.of_sessions(of)
           if (one := reminder_of(of, rule, session)).due <= now + SOON]  # fmt: skip
    helps = [one for one in due if one.session.id in chosen - known.keys() and now <= one.until]
    had = {str(one.rule.text) for one in due if one.session.id in known and since[one.session.id] <= one.until}
    came = {str(one.rule.text) for one in found}
    assert came | had == {str(one.rule.text) for one in helps} | had
    assert len({one.in_ledger for one in found}) == len(found)
    assert {one.in_ledger for one in found} <= {one.in_ledger for one in helps}
    lasts = [max(one.due for one in helps if one.session.id == name) for name in {one.session.id for one in helps}]
    soon = [one for one in helps if one.due > now]
    assert len(found) <= len(lasts) + len(soon) + 2
    for name in {one.session.id for one in helps}:
        theirs = [one for one in helps if one.session.id == name]
        last = max(one.due for one in theirs)
        assert last in {one.due for one in found if one.session.id == name}
        again = [one for one in found if one.session.id == name and one.due < min(last, now)]
        assert not had & {str(one.rule.text) for one in again}


def test_a_registration_carries_no_more_reminders_than_a_transaction_has_room_for() -> None:
    texts = [{"en": f"Text {n}"} for n in range(50)]
    sessions = [{**document().model_dump(mode="json")["sessions"][0], "id": f"s{n}", "items": []} for n in range(25)]
    of = ruled(*({"id": f"r{n}", "before_minutes": 60 + n, "text": text, "sessions": None}
                 for n, text in enumerate(texts)), sessions=sessions)  # fmt: skip
    attending = Attendance(sessions=[one["id"] for one in sessions])
    found = late_reminders(of, person("clara"), attending, {}, START - MINUTE)
    assert (len(found), {one.session.id for one in found[:25]}) == (60, {f"s{n}" for n in range(25)})


# what the check says


def codes(of: EventDocument) -> dict[str, str]:
    ours = ("reminder-", "time-")
    return {one.code: one.severity for one in check(of) if one.field.startswith("reminders") and
            one.code.startswith(ours)}  # fmt: skip


@pytest.mark.parametrize("rule, facts, code", [
    ({"before_minutes": 60, "statuses": ["no-answer"]}, {}, "reminder-of-nobody"),
    ({"before_minutes": 4000, "statuses": ["no-answer"]}, {}, ""),
    ({"before_minutes": 60, "statuses": ["no-answer", "registered"]}, {}, ""),
    ({"before_minutes": 60, "statuses": ["owes-contribution"]}, {}, "reminder-of-nobody"),
    ({"before_minutes": 20, "statuses": ["owes-contribution"]}, {"contributions": [PAPER]}, "reminder-of-nobody"),
    ({"before_minutes": 60, "statuses": ["owes-contribution"]}, {"contributions": [PAPER]}, ""),
    ({"before_minutes": 60, "statuses": ["familiarisation-only"]}, {}, "reminder-of-nobody"),
    ({"after_minutes": 5, "of": "end"}, {}, "reminder-without-words"),
    ({"after_minutes": 5, "of": "end", **WORDS}, {}, ""),
    ({"before_minutes": 600}, {"quiet_hours": {"starts": "21:00", "ends": "09:00"}}, "reminder-in-quiet-hours"),
    ({"before_minutes": 600, "quiet_hours": False}, {"quiet_hours": {"starts": "21:00", "ends": "09:00"}}, ""),
    ({"before_minutes": 600}, {"quiet_hours": {"starts": "21:00", "ends": "07:00"}}, ""),
])  # fmt: skip
def test_a_rule_that_reaches_nobody_is_told_before_it_is_published(
    rule: dict[str, Any], facts: dict[str, Any], code: str
) -> None:
    said = "warning" if code == "reminder-in-quiet-hours" else "error"
    document = ruled({"id": "r", **rule}, **facts)
    assert codes(document) == ({code: said} if code else {})
    said_at = [finding.message for finding in check(document) if re.search(r"\d\d:\d\d on", finding.message)]
    assert all(message.count(" on ") == message.count("UTC") for message in said_at)


@pytest.mark.parametrize("day, found", [
    ("2021-03-28", {"time-missing": "error"}), ("2021-10-31", {"time-twice": "warning"}), ("2021-10-30", {}),
])  # fmt: skip
def test_a_time_on_the_wall_that_the_clocks_skip_is_refused_and_one_that_comes_twice_is_the_first(
    day: str, found: dict[str, str]
) -> None:
    of = ruled({"id": "r", "at": {"time": "02:30"}}, date=day)
    assert codes(of) == found
    if "time-twice" in found:
        assert the(of).due == datetime(2021, 10, 31, 0, 30, tzinfo=UTC)


def test_words_of_a_rule_that_lack_a_language_are_told() -> None:
    of = ruled({"id": "r", "before_minutes": 60, "text": {"en": "Bring a pen."}})
    assert [(one.code, one.field) for one in check(of) if one.field.startswith("reminders")] == [
        ("language-missing", "reminders.0.text.ru")
    ]
