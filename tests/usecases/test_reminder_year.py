"""A year of minutes: each rule fires once, at the instant that the wall and the calendar say, however the ticks come.

What is due is worked out anew here, from the wall of the zone, by another way than the code's. Minutes of the whole
year go through the schedule alone; the days around each change of the clocks through the real tick, with people.
"""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib.domain.agenda import check
from chalicelib.domain.event import EventDocument
from chalicelib.domain.schedule import Mailing, mailings
from tests.domain.zones import CHANGES, YEAR, ZONES
from tests.shelf import Shelf, document
from tests.usecases.steps import register, tick, work_off

MINUTE = timedelta(minutes=1)
FIRST = datetime(YEAR, 1, 1, tzinfo=UTC)
MINUTES = 365 * 24 * 60
SPAN = 60
"""Days of one event, at most: seven events are a year."""

WORDS = {"subject": {"en": "Thanks", "ru": "Спасибо"}, "text": {"en": "Thanks.", "ru": "Спасибо."}}
RULES: list[dict[str, Any]] = [
    {"id": "day", "before_minutes": 1440},
    {"id": "soon", "before_minutes": 45, "latest_minutes": 15},
    {"id": "middle", "after_minutes": 20},
    {"id": "last", "before_minutes": 10, "of": "end"},
    {"id": "after", "after_minutes": 90, "of": "end", **WORDS},
    {"id": "evening", "at": {"days_before": 1, "time": "18:00"}},
    {"id": "morning", "at": {"time": "00:40"}},
]
STARTS, ENDS = "09:30", "10:45"
"""Sessions of every day."""


def of(zone: str, first: date, days: int = SPAN) -> EventDocument:
    title = {"en": "Day", "ru": "День"}
    sessions = [{"id": f"d{n}", "day": n, "title": title, "starts": STARTS, "ends": ENDS} for n in range(1, days + 1)]
    made = document(time_zone=zone, date=first.isoformat(), sessions=sessions, reminders=RULES, feedback=None,
                    answer_by={"days_before": 0, "at": "09:29"})  # fmt: skip
    assert not [one for one in check(made) if one.severity == "error"]
    return made


@cache
def walls(zone: str) -> dict[tuple[date, str], datetime]:
    """The first minute at which the wall shows each of the times that matter, found by looking at it all year long."""
    there, found = ZoneInfo(zone), dict[tuple[date, str], datetime]()
    for n in range(-1440, MINUTES + 1440, 5):
        local = (moment := FIRST + n * MINUTE).astimezone(there)
        found.setdefault((local.date(), f"{local:%H:%M}"), moment)
    return found


def on_wall(zone: str, day: date, shown: str) -> datetime:
    return walls(zone)[day, shown]


def expected(zone: str, day: date) -> dict[str, tuple[datetime, datetime]]:
    """(due, latest) by rule, for the session of this day."""
    start, end = on_wall(zone, day, STARTS), on_wall(zone, day, ENDS)
    return {
        "day": (start - 1440 * MINUTE, start),
        "soon": (start - 45 * MINUTE, start - 30 * MINUTE),
        "middle": (start + 20 * MINUTE, end),
        "last": (end - 10 * MINUTE, end),
        "after": (end + 90 * MINUTE, end + 90 * MINUTE + 1440 * MINUTE),
        "evening": (on_wall(zone, day - timedelta(days=1), "18:00"), start),
        "morning": (on_wall(zone, day, "00:40"), start),
    }


# the schedule, for every minute of the year


def every_minute() -> Iterator[datetime]:
    return (FIRST + n * MINUTE for n in range(MINUTES))


@cache
def unreliable(seed: int) -> list[datetime]:
    """One minute in twenty is missing, one in twenty comes twice, one in twenty up to five minutes late; three outages
    of up to 30 hours.
    """
    chance, came = random.Random(seed), list[datetime]()
    outages = [(at, at + chance.randrange(60, 1800)) for at in chance.sample(range(MINUTES), 3)]
    for n in range(MINUTES):
        fate = chance.random()
        if any(begin <= n < end for begin, end in outages) or fate < 0.05:
            continue
        late = chance.randrange(0, 300) if fate > 0.95 else 0
        came += [FIRST + n * MINUTE + timedelta(seconds=late)] * (2 if fate < 0.10 else 1)
    return came


Done = dict[tuple[int, str], list[tuple[str, datetime]]]
"""What became of the year's mailings: each with the moments at which it was fired or skipped."""


def simulate(planned: list[tuple[int, Mailing]], ticks: Iterator[datetime]) -> Done:
    """The clock as it is: rows in order of time, each looked at by the first tick that finds it due."""
    done, rows = Done(), sorted(planned, key=lambda one: one[1].at)
    for now in ticks:
        while rows and rows[0][1].at <= now:
            event, mailing = rows.pop(0)
            done.setdefault((event, mailing.occurrence), []).append((mailing.fate(now), now))
    return done


@pytest.fixture(scope="module")
def years() -> dict[str, tuple[list[tuple[int, Mailing]], dict[tuple[int, str], tuple[datetime, datetime]]]]:
    """By zone: every mailing of the year, and what the wall says of each."""
    found = {}
    for zone in ZONES:
        planned: list[tuple[int, Mailing]] = []
        wall: dict[tuple[int, str], tuple[datetime, datetime]] = {}
        for event, start in enumerate(range(2, 363, SPAN)):
            first = date(YEAR, 1, 1) + timedelta(days=start)
            days = min(SPAN, 363 - start)
            planned += [(event, one) for one in mailings("e", of(zone, first, days))]
            for n in range(days):
                said = expected(zone, first + timedelta(days=n))
                wall |= {(event, f"{rule}_d{n + 1}"): moments for rule, moments in said.items()}
        found[zone] = planned, wall
    return found


@pytest.mark.parametrize("zone", ZONES)
def test_every_rule_is_due_when_the_wall_says_so_on_every_day_of_the_year(years: Any, zone: str) -> None:
    planned, wall = years[zone][0], dict(years[zone][1])
    wrong = [one for event, one in planned if wall.pop((event, one.occurrence)) != (one.due_at, one.latest_at)]
    assert (wrong, wall) == ([], {})
    assert len(planned) == len(RULES) * 361
    names = Counter((event, one.delivery_occurrence) for event, one in planned)
    assert max(names.values()) == 1


@pytest.mark.parametrize("zone", ZONES)
def test_with_a_tick_a_minute_each_fires_once_in_its_minute(years: Any, zone: str) -> None:
    planned, wall = years[zone]
    done = simulate(planned, every_minute())
    assert [name for name, (due, _) in wall.items() if done.get(name) != [("fired", due)]] == []
    assert len(done) == len(wall)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("zone", ZONES)
def test_with_ticks_missing_doubled_and_late_each_fires_once_and_none_after_its_latest_moment(
    years: Any, zone: str, seed: int
) -> None:
    planned, wall = years[zone]
    ticks = unreliable(seed)
    run = simulate(planned, iter(ticks))
    late, skipped = [], 0
    for name, done in run.items():
        [(fate, at)] = done
        due, latest = wall[name]
        assert due <= at
        assert (fate == "fired") == (at <= latest)
        skipped += fate == "skipped"
        late.append((at - due) // MINUTE if fate == "fired" else 0)
    assert run.keys() ^ wall.keys() == set()
    assert 0 < skipped < len(late) * 0.02, "what an outage hid is skipped, and no more"
    assert sorted(late)[int(len(late) * 0.99)] <= 5, "minutes, three outages included"


# the real clock, with people, around each change of the clocks


AROUND = [*CHANGES, ("Asia/Tashkent", datetime(YEAR, 3, 29, 1, tzinfo=UTC))]
"""Each change of the year, and a place where the clocks do not change."""

PEOPLE = dict(zip(("anna", "boris", "clara", "dora"), ZONES, strict=True))
QUIET = {"starts": "22:00", "ends": "06:30", "unless_starts_within_minutes": 90}


def rests(zone: str, moment: datetime, start: datetime) -> datetime | None:
    """When this person may be mailed about what starts then, by looking at their wall; None at once."""
    def asleep(at: datetime) -> bool:
        shown = f"{at.astimezone(ZoneInfo(zone)):%H:%M}"
        return (shown >= QUIET["starts"] or shown < QUIET["ends"]) and not start - 90 * MINUTE <= at <= start  # type: ignore[operator]

    if not asleep(moment):
        return None
    return next(at for n in range(1, 1440) if not asleep(at := moment.replace(second=0) + n * MINUTE))


def reference(ticks: list[datetime], due: datetime, latest: datetime, start: datetime) -> dict[str, datetime | None]:
    """Who gets it at which tick; None for those who do not."""
    got: dict[str, datetime | None] = {}
    looked, upcoming, waiting = 0, due, dict(PEOPLE)
    while waiting:
        found = next(((n, at) for n, at in enumerate(ticks) if n >= looked and at >= upcoming), None)
        if found is None or found[1] > latest:
            return {**got, **dict.fromkeys(waiting)}
        looked, now = found
        later = {name: until for name, zone in waiting.items() if (until := rests(zone, now, start))}
        got |= {name: None if name in later else now for name in waiting if later.get(name, latest + MINUTE) > latest}
        waiting = {name: zone for name, zone in waiting.items() if name not in got}
        upcoming = min((later[name] for name in waiting), default=latest)
    return got


def ticks_around(interesting: set[datetime], chance: random.Random | None) -> list[datetime]:
    """The minutes in which something happens and those around them; by chance missing, doubled, late or hidden by an
    outage.
    """
    around = (-1, 0) if chance is None else (-1, 0, 1, 2)
    near = sorted({at + n * MINUTE for at in interesting for n in around} | {max(interesting) + 300 * MINUTE})
    if chance is None:
        return near
    dark = chance.choice(near)
    came = []
    for at in near:
        fate = chance.random()
        if dark <= at < dark + 200 * MINUTE or fate < 0.2:
            continue
        came += [at + chance.randrange(120) * timedelta(seconds=1) if fate > 0.9 else at, *([at] if fate < 0.3 else [])]
    return came


@pytest.mark.parametrize("zone, changed, seed", [
    *((*one, None) for one in AROUND), *((*one, number) for number, one in enumerate(AROUND[::3], 1)),
], ids=lambda one: f"{one:%B}" if isinstance(one, datetime) else str(one))  # fmt: skip
def test_around_a_change_of_the_clocks_each_is_mailed_once_at_the_right_tick(
    shelf: Shelf, zone: str, changed: datetime, seed: int | None
) -> None:
    first = changed.astimezone(ZoneInfo(zone)).date()
    shelf.clock.time = changed - timedelta(days=9)
    rules = [one for one in RULES if one["id"] in ("day", "soon", "evening")]
    made = of(zone, first, 1).model_dump(mode="json")
    shelf.publish(**{**made, "reminders": rules, "quiet_hours": QUIET})
    for name, there in PEOPLE.items():
        [one] = shelf.invite(name, time_zone=there)
        register(shelf, one, sessions=["d1"])
    work_off(shelf)
    wanted = {(rule["id"], "d1"): (*expected(zone, first)[rule["id"]], on_wall(zone, first, STARTS)) for rule in rules}
    ends = {rests(there, due, start) for due, _, start in wanted.values() for there in PEOPLE.values()}
    interesting = {due for due, _, _ in wanted.values()} | {end for end in ends if end}
    ticks = ticks_around(interesting, random.Random(seed + len(zone) + first.month) if seed else None)
    mailed = dict[tuple[str, str, str], list[datetime]]()
    for now in ticks:
        tick(shelf, now)
        work_off(shelf)
        for mail in shelf.ses.messages(kind="reminder"):
            rule, session, _ = mail.tags["occurrence"].split("_")
            mailed.setdefault((rule, session, mail.tags["invitee"].rstrip("x")), []).append(now)
    told = {(rule, session, name): at for (rule, session), moments in wanted.items()
            for name, at in reference(ticks, *moments).items()}  # fmt: skip
    assert {name: moments[0] for name, moments in mailed.items()} == {name: at for name, at in told.items() if at}
    tags = [(one.tags["invitee"], one.tags["occurrence"]) for one in shelf.ses.messages(kind="reminder")]
    assert len(set(tags)) == len(tags), "nobody twice"
    for (rule, session, name), at in told.items():
        assert at is None or wanted[rule, session][0] <= at <= wanted[rule, session][1]
        if at is None:
            assert reason(shelf, rule, session, name), "whoever got none has a reason"


def reason(shelf: Shelf, rule: str, session: str, name: str) -> str:
    """Why somebody has no mail: the mailing's, or their own line in the ledger."""
    mailing = shelf.events.mailing("symposium", f"{rule}_{session}")
    line = shelf.items(f"INVITEE#{name}", f"DELIVERY#reminder#{rule}_{session}")
    assert mailing and (mailing.state == "skipped" or line)
    return mailing.reason or str(line[0]["reason"]["S"])
