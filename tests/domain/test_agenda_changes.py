"""What is different between two versions of an agenda, and whom it concerns."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.agenda_changes import Change, changes, urgency
from chalicelib.domain.event import EventDocument
from tests.adapters.sample_event import both, event

BEFORE = event().document
RAW: dict[str, Any] = BEFORE.model_dump(mode="json")
Edit = Callable[[dict[str, Any]], Any]


def after(edit: Edit) -> EventDocument:
    raw = copy.deepcopy(RAW)
    edit(raw)
    return EventDocument.model_validate(raw)


def session(raw: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in raw["sessions"] if one["id"] == name)


def item(raw: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for each in raw["sessions"] for one in each["items"] if one["id"] == name)


def without(raw: dict[str, Any], name: str) -> None:
    raw["sessions"] = [one for one in raw["sessions"] if one["id"] != name]


def told(edit: Edit) -> list[tuple[str, str, str, str]]:
    return [(one.what, one.urgency, one.session, one.item) for one in changes(BEFORE, after(edit))]


@pytest.mark.parametrize(("edit", "expected"), [
    (lambda raw: raw.update(date="2021-02-04"), ("date", "urgent", "", "")),
    (lambda raw: raw.update(calendar_entries="event"), ("calendar-entries", "digest", "", "")),
    (lambda raw: raw.update(time_zone="Europe/London"), ("zone", "urgent", "", "")),
    (lambda raw: raw["venue"].update(join_url="https://other.example.org/j/9"), ("join-link", "urgent", "", "")),
    (lambda raw: session(raw, "session-2").update(join_url="https://other.example.org/j/9"),
     ("join-link", "urgent", "session-2", "")),
    (lambda raw: raw["venue"].update(name=both("Hofburg, Vienna", "Хофбург, Вена")), ("venue", "urgent", "", "")),
    (lambda raw: raw["title"].update(en=raw["title"]["en"] + "."), ("event-title", "silent", "", "")),
    (lambda raw: raw.update(title=both("Another meeting", "Другая встреча")), ("event-title", "digest", "", "")),
    (lambda raw: session(raw, "session-1").update(starts="08:25"), ("session-time", "urgent", "session-1", "")),
    (lambda raw: session(raw, "session-2").update(day=2), ("session-time", "urgent", "session-2", "")),
    (lambda raw: session(raw, "break").update(ends="10:15"), ("session-time", "silent", "break", "")),
    (lambda raw: without(raw, "break"), ("session-cancelled", "silent", "break", "")),
    (lambda raw: without(raw, "session-2"), ("session-cancelled", "urgent", "session-2", "")),
    (lambda raw: session(raw, "session-2").update(kind="break", starts="10:30", title=both("Lunch", "Обед"), items=[]),
     ("session-cancelled", "urgent", "session-2", "")),
    (lambda raw: session(raw, "break").update(kind="session", starts="10:06", title=both("Talks", "Беседы")),
     ("session-added", "digest", "break", "")),
    (lambda raw: session(raw, "session-2").update(kind="familiarisation", starts="10:30"),
     ("session-time", "urgent", "session-2", "")),
    (lambda raw: item(raw, "roundtable-1").update(starts="09:15"),
     ("item-time", "urgent", "session-1", "roundtable-1")),
    (lambda raw: item(raw, "roundtable-1").update(title=both("Rountable One", "Круглый стол № 1")),
     ("item-title", "silent", "session-1", "roundtable-1")),
    (lambda raw: item(raw, "roundtable-1").update(title=both("Roundtable Two", "Круглый стол № 2")),
     ("item-title", "digest", "session-1", "roundtable-1")),
    (lambda raw: session(raw, "session-1")["items"].pop(), ("item-cancelled", "urgent", "session-1", "roundtable-1")),
    (lambda raw: item(raw, "roundtable-1")["people"].append({"name": both("Dr. New", "Д-р Нов")}),
     ("person-added", "digest", "session-1", "roundtable-1")),
    (lambda raw: item(raw, "opening")["people"].pop(), ("person-left", "digest", "session-1", "opening")),
    (lambda raw: item(raw, "opening")["people"][0].update(confirmed=False),
     ("person-unconfirmed", "digest", "session-1", "opening")),
    (lambda raw: item(raw, "opening")["people"][0]["office"].update(en="Regional Directr, IOM"),
     ("person-words", "silent", "session-1", "opening")),
    (lambda raw: item(raw, "report")["points"].append(both("Discussion", "Дискуссия")),
     ("points", "digest", "session-1", "report")),
])  # fmt: skip
def test_one_edit_is_one_change_of_its_urgency_and_place(edit: Edit, expected: tuple[str, str, str, str]) -> None:
    assert told(edit) == [expected]


def test_a_speaker_who_confirms_and_a_time_that_moves_are_told_together() -> None:
    def edit(raw: dict[str, Any]) -> None:
        item(raw, "roundtable-1").update(starts="09:15")
        closing = item(raw, "closing")
        closing["people"] = [{**one, "confirmed": True} for one in closing["people"]]

    confirmed = [("person-confirmed", "digest", "session-2", "closing")] if item(RAW, "closing")["people"] else []
    assert told(edit) == [("item-time", "urgent", "session-1", "roundtable-1"), *confirmed]
    assert confirmed and urgency(changes(BEFORE, after(edit))) == "urgent"


def test_a_translation_that_is_added_is_no_news_and_a_name_in_one_language_is_the_same_person() -> None:
    def forgotten(raw: dict[str, Any]) -> None:
        del item(raw, "opening")["people"][0]["name"]["ru"]

    assert [one.urgency for one in changes(after(forgotten), BEFORE)] == ["silent"]
    assert told(forgotten) == [("person-words", "silent", "session-1", "opening")]


def test_who_chose_other_sessions_is_not_concerned() -> None:
    [moved] = changes(BEFORE, after(lambda raw: session(raw, "session-1").update(starts="08:25")))
    [everybody] = changes(BEFORE, after(lambda raw: raw.update(date="2021-02-04")))
    assert [moved.touches(["session-1"]), moved.touches(["session-2"]), moved.touches([])] == [True, False, False]
    assert everybody.touches([])


def test_nothing_is_different_from_itself_and_what_is_no_agenda_is_no_change_of_it() -> None:
    assert changes(BEFORE, BEFORE) == [] and urgency([]) == "silent"
    assert told(lambda raw: raw.update(capacity=5, retention_days=30, calendar_method="REQUEST")) == []


def test_other_entries_in_the_calendar_are_no_change_where_a_notice_brings_none() -> None:
    assert told(lambda raw: raw.update(calendar_entries="event", attachments={"change": ["agenda"]})) == []


def test_what_was_on_the_agenda_before_is_not_new_it_comes_back() -> None:
    short = after(lambda raw: without(raw, "session-2"))
    assert [(one.what, one.urgency) for one in changes(short, BEFORE)] == [("session-added", "digest")]
    assert [(one.what, one.urgency) for one in changes(short, BEFORE, ["session-2"])] == [
        ("session-returned", "urgent")]  # fmt: skip
    without_break = after(lambda raw: without(raw, "break"))
    assert [one.urgency for one in changes(without_break, BEFORE, ["break"])] == ["silent"]
    assert changes(BEFORE, BEFORE, ["session-2"]) == []
    paused = after(lambda raw: session(raw, "session-2").update(kind="break"))
    assert [(one.what, one.urgency) for one in changes(paused, BEFORE, ["session-2"])] == [
        ("session-returned", "urgent")]  # fmt: skip


def test_a_break_has_no_link_and_says_nothing_of_the_venues() -> None:
    """Another link for all that stands is one change, also where a session with the old one becomes a break."""

    def edit(raw: dict[str, Any]) -> None:
        raw["venue"]["join_url"] = "https://other.example.org/j/9"
        session(raw, "session-2").update(kind="break")

    assert [one[0] for one in told(edit)] == ["join-link", "session-cancelled"]
    paused = after(lambda raw: session(raw, "session-2").update(kind="break"))
    assert "join-link" not in [one.what for one in [*changes(BEFORE, paused), *changes(paused, BEFORE)]]


WALL = st.integers(0, 23 * 60 + 58)


@st.composite
def agendas(draw: st.DrawFn) -> EventDocument:
    """The sample's event with sessions that were kept, moved, renamed, or left out."""
    raw = copy.deepcopy(RAW)
    kept = []
    for one in raw["sessions"]:
        if draw(st.integers(0, 3)):
            start = draw(WALL)
            end = draw(st.integers(start + 1, 23 * 60 + 59))
            if draw(st.booleans()):
                one |= {"starts": f"{start // 60:02}:{start % 60:02}", "ends": f"{end // 60:02}:{end % 60:02}"}
            if draw(st.booleans()):
                one["items"] = draw(st.permutations(one["items"]))[: draw(st.integers(0, 3))]
            one["kind"] = draw(st.sampled_from([one["kind"], "session", "break"]))
            kept.append(one)
    raw["sessions"] = kept or raw["sessions"]
    return EventDocument.model_validate({**raw, "reminders": []})


@given(agendas(), agendas())
def test_each_session_that_differs_is_named_and_no_other(before: EventDocument, after: EventDocument) -> None:
    then, now = ({one.id: one for one in document.sessions} for document in (before, after))
    found: list[Change] = changes(before, after)
    differ = {name for name in then.keys() | now.keys() if _told(then.get(name)) != _told(now.get(name))}
    assert {one.session for one in found if one.session} == differ
    shared = then.keys() & now.keys()
    stopped = {name for name in shared if then[name].kind != "break" and now[name].kind == "break"}
    begun = {name for name in shared if then[name].kind == "break" and now[name].kind != "break"}
    assert {one.session for one in found if one.what == "session-cancelled"} == (then.keys() - now.keys()) | stopped
    assert {one.session for one in found if one.what == "session-added"} == (now.keys() - then.keys()) | begun
    assert all(one.what == "session-cancelled" for one in found if one.session in stopped)
    assert all(one.what == "session-added" for one in found if one.session in begun)
    heard = {one.session for one in found if one.session and one.urgency != "silent"}
    assert not heard & {name for name, one in {**then, **now}.items() if one.kind == "break"} - stopped


def _told(one: Any) -> Any:
    """What of a session is compared: whether it is a break, and the order of its items is that of their times."""
    if one is None:
        return None
    content = one.model_dump(mode="json", exclude={"minutes", "capacity", "kind"}) | {"break": one.kind == "break"}
    items = [{**each, "minutes": None, "kind": ""} for each in content["items"]]
    content["items"] = sorted(items, key=lambda each: str(each["id"]))
    return content


def test_a_day_that_is_put_in_front_moves_nobody() -> None:
    """The sessions are a day further on, of an event that begins a day sooner."""

    def prelude(raw: dict[str, Any]) -> None:
        first = dict(session(raw, "session-1"))
        for one in raw["sessions"]:
            one["day"] += 1
        raw["sessions"].insert(0, {**first, "id": "arrival", "day": 1, "items": [], "title": both("Arrival", "Приезд")})
        raw["date"] = "2021-01-27" if raw["date"] == "2021-01-28" else raw["date"]

    assert told(prelude) == [("session-added", "digest", "arrival", "")]


def test_the_venues_link_does_not_concern_a_session_with_its_own() -> None:
    own = after(lambda raw: session(raw, "session-2").update(join_url="https://own.example.org/j/2"))
    raw = own.model_dump(mode="json")
    raw["venue"]["join_url"] = "https://other.example.org/j/9"
    found = changes(own, EventDocument.model_validate(raw))
    assert {one.what for one in found} == {"join-link"}
    assert not any(one.touches(["session-2"]) for one in found) and any(one.touches(["session-1"]) for one in found)
