"""The changes of an agenda as people read them."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.adapters.agenda_news import news
from chalicelib.adapters.language import load_locale
from chalicelib.domain.agenda_changes import changes
from tests.adapters.sample_event import both
from tests.domain.test_agenda_changes import BEFORE, after, item, session, without

FIRST = {"en": "Session 1: The Global Compact at home", "ru": "Сессия 1: Глобальный договор на национальном уровне"}


def told(edit: Callable[[dict[str, Any]], Any], language: str = "en", zone: str = "Europe/Vienna") -> list[str]:
    changed = after(edit)
    return [str(line) for line in news(changes(BEFORE, changed), BEFORE, changed, load_locale(language), zone)]


def roundtable(raw: dict[str, Any]) -> None:
    item(raw, "roundtable-1").update(starts="09:15")
    item(raw, "opening")["people"][0]["confirmed"] = False


def test_a_session_is_one_line_with_all_that_changed_in_it_on_the_readers_clock() -> None:
    assert told(roundtable) == [
        f"{FIRST['en']}: Ms. Renate Held is to be confirmed; “Roundtable One” now starts at 09:15 (08:15\u00a0UTC), "
        "it was 09:10 (08:10\u00a0UTC)"
    ]
    assert told(roundtable, "ru", "Asia/Tashkent") == [
        f"{FIRST['ru']}: г-жа Рената Хельд: участие подтверждается; "
        "«Круглый стол № 1» теперь начинается в 13:15 (09:15, Вена · 08:15\u00a0UTC), "
        "раньше было в 13:10 (09:10, Вена · 08:10\u00a0UTC)"
    ]


@pytest.mark.parametrize(("edit", "line"), [
    (lambda raw: session(raw, "session-2").update(starts="10:25"),
     "Session 2: Working together: now starts at 10:25 (09:25\u00a0UTC), it was 10:20 (09:20\u00a0UTC)"),
    (lambda raw: session(raw, "session-2").update(ends="12:05"),
     "Session 2: Working together: now ends at 12:05 (11:05\u00a0UTC), it was 12:00 (11:00\u00a0UTC)"),
    (lambda raw: session(raw, "session-2").update(starts="10:25", ends="12:05"),
     "Session 2: Working together: now 10:25–12:05 (09:25–11:05\u00a0UTC), "
     "it was 10:20–12:00 (09:20–11:00\u00a0UTC)"),
    (lambda raw: session(raw, "session-2").update(day=2),
     "Session 2: Working together: now Friday 29 January, 10:20–12:00 (09:20–11:00\u00a0UTC), "
     "it was Thursday 28 January, 10:20–12:00 (09:20–11:00\u00a0UTC)"),
    (lambda raw: without(raw, "session-2"), "Session 2: Working together: it does not take place"),
    (lambda raw: session(raw, "session-2").update(kind="break", title=both("Lunch", "Обед")),
     "Session 2: Working together: it does not take place"),
    (lambda raw: session(raw, "break").update(kind="session", title=both("Talks", "Беседы")),
     "Talks: it is new: Thursday 28 January, 10:10–10:20 (09:10–09:20\u00a0UTC)"),
    (lambda raw: raw.update(date="2021-02-04"),
     "The event is now on Thursday, 4 February 2021, it was on Thursday, 28 January 2021"),
    (lambda raw: raw.update(calendar_entries="event"),
     "The entries in your calendar change: from now on there is one for the whole event"),
    (lambda raw: raw["venue"].update(join_url="https://other.example.org/j/9"), "There is another link to join"),
    (lambda raw: session(raw, "session-2").update(join_url="https://other.example.org/j/9"),
     "Session 2: Working together: there is another link to join"),
    (lambda raw: raw["venue"].update(name=both("Hofburg", "Хофбург")),
     "The place is now Hofburg, it was Online, on Zoom"),
    (lambda raw: item(raw, "opening")["people"].pop(),
     FIRST["en"] + ": H.E. Erkin Mukhitdinov does not take part in “Opening remarks”"),
    (lambda raw: session(raw, "session-1")["items"].pop(), FIRST["en"] + ": “Roundtable One” does not take place"),
])  # fmt: skip
def test_each_change_is_a_sentence(edit: Callable[[dict[str, Any]], Any], line: str) -> None:
    assert told(edit) == [line]


def test_a_session_that_is_new_says_when() -> None:
    def edit(raw: dict[str, Any]) -> None:
        times = {"starts": "18:00", "ends": "19:00"}
        raw["sessions"].append({"id": "evening", "title": both("Reception", "Приём"), **times})

    assert told(edit) == ["Reception: it is new: Thursday 28 January, 18:00–19:00 (17:00–18:00\u00a0UTC)"]
    assert told(edit, "ru", "Asia/Tashkent")[0].endswith("22:00–23:00 (18:00–19:00, Вена · 17:00–18:00\u00a0UTC)")


def test_a_session_that_comes_back_takes_place_after_all() -> None:
    before = after(lambda raw: without(raw, "session-2"))
    found = changes(before, BEFORE, ["session-2"])
    english, russian = ([str(line) for line in news(found, before, BEFORE, load_locale(code), "Europe/Vienna")]
                        for code in ("en", "ru"))
    assert english == [
        "Session 2: Working together: it takes place after all: Thursday 28 January, 10:20–12:00 (09:20–11:00\u00a0UTC)"
    ]
    assert russian[0].endswith(": всё-таки состоится: четверг, 28 января, 10:20–12:00 (09:20–11:00\u00a0UTC)")


@pytest.mark.parametrize(("shape", "english", "russian"), [
    ("event", "one for the whole event", "теперь одна на всё мероприятие"),
    ("sessions", "one for each session", "теперь отдельная на каждую сессию"),
])  # fmt: skip
def test_other_entries_in_the_calendar_are_said_with_what_they_are_now(shape: str, english: str, russian: str) -> None:
    whole = after(lambda raw: raw.update(calendar_entries="event"))
    before, now = (BEFORE, whole) if shape == "event" else (whole, BEFORE)
    [first], [second] = (news(changes(before, now), before, now, load_locale(code), "UTC") for code in ("en", "ru"))
    assert str(first) == f"The entries in your calendar change: from now on there is {english}"
    assert str(second) == f"Записи в Вашем календаре меняются: {russian}"


def test_each_time_of_a_line_is_given_in_all_zones() -> None:
    def edit(raw: dict[str, Any]) -> None:
        session(raw, "session-1").update(starts="08:25")
        item(raw, "opening").update(starts="08:25")
        item(raw, "roundtable-1").update(starts="09:15")

    [line] = told(edit, zone="Asia/Tashkent")
    moved = "now starts at 12:25 (08:25 in Vienna · 07:25\u00a0UTC), it was 12:30 (08:30 in Vienna · 07:30\u00a0UTC)"
    assert f": {moved}; " in line
    assert line.count("UTC") == line.count("in Vienna") == 6


def test_the_other_zones_say_the_date_where_it_is_not_the_readers() -> None:
    def edit(raw: dict[str, Any]) -> None:
        session(raw, "session-2").update(starts="14:00", ends="15:00")

    [line] = told(edit, zone="Pacific/Auckland")
    assert "now Friday 29 January, 02:00–03:00 (Thursday 28 January, 14:00–15:00 in Vienna · " in line
    assert line.endswith("· Thursday 28 January, 13:00–14:00\u00a0UTC), it was Thursday 28 January, 22:20–00:00 "
                         "(10:20–12:00 in Vienna · 09:20–11:00\u00a0UTC)")


LONDON, ANGELES, LATER = {"time_zone": "Europe/London"}, {"time_zone": "America/Los_Angeles"}, {"starts": "11:00"}


@pytest.mark.parametrize(("before", "now", "edit", "zone", "text", "clocks"), [
    ({}, LONDON, LATER, "Europe/London",
     "now 11:00–12:00, it was 09:20–11:00", "11:00–12:00\u00a0UTC; it was 10:20–12:00 in Vienna"),
    (LONDON, {}, LATER, "Europe/London",
     "now 10:00–11:00, it was 10:20–12:00", "11:00–12:00 in Vienna; it was 10:20–12:00\u00a0UTC"),
    ({**LONDON, "date": "2021-10-28"}, {**LONDON, "date": "2021-11-04"}, LATER, "Europe/London",
     "now starts at 11:00, it was 10:20", "11:00\u00a0UTC; it was 09:20\u00a0UTC"),
    ({}, {"date": "2021-02-04"}, {"day": 2}, "Europe/Vienna",
     "now Friday 5 February, 10:20–12:00, it was Thursday 28 January, 10:20–12:00", "09:20–11:00\u00a0UTC"),
    (ANGELES, {**ANGELES, "date": "2021-01-30"}, LATER, "Pacific/Auckland",
     "now Sunday 31 January, 08:00–09:00, it was Friday 29 January, 07:20–09:00",
     "Saturday 30 January, 11:00–12:00 in Los Angeles · Saturday 30 January, 19:00–20:00\u00a0UTC; "
     "it was Thursday 28 January, 10:20–12:00 in Los Angeles · Thursday 28 January, 18:20–20:00\u00a0UTC"),
])  # fmt: skip
def test_a_time_and_what_it_was_each_have_their_clocks(
    before: dict[str, Any], now: dict[str, Any], edit: dict[str, Any], zone: str, text: str, clocks: str
) -> None:
    old = after(lambda raw: raw.update(before))
    new = after(lambda raw: (raw.update(now), session(raw, "session-2").update(edit)))
    found = news(changes(old, new), old, new, load_locale("en"), zone)
    [[phrase]] = [line.phrases for line in found if line.title == "Session 2: Working together"]
    assert (phrase.text, phrase.clocks) == (text, clocks)
    assert all(f" ({part})" in phrase.whole for part in clocks.split("; it was "))


def test_a_session_that_is_when_it_was_under_another_zone_is_not_told_as_moved() -> None:
    def edit(raw: dict[str, Any]) -> None:
        raw["time_zone"] = "Etc/UTC"
        for one in raw["sessions"]:
            for part in (one, *one.get("items", [])):
                part.update({at: f"{int(part[at][:2]) - 1:02}{part[at][2:]}" for at in ("starts", "ends")})

    assert told(edit, zone="Asia/Tashkent") == ["The times are now those of another time zone"]
