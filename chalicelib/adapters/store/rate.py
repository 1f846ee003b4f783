"""The pacer's single item: every mail of the account takes its slot here, whoever sends it.

    RATE  SES  next, rate, quota, left, checked_at, slowed_at, slowed_to

One conditional ADD reserves the slots of a whole chunk, so that any number of workers share the rate without a lock.
The rules stand in ``domain.pace``.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.adapters.store.table import Condition, ConditionFailed, Key, Table, Update
from chalicelib.domain.event import utc
from chalicelib.domain.pace import SECOND, STALE, Full, Limits, Pace, Slots, paced

KEY: Key = ("RATE", "SES")

KNOWN_FOR = SECOND
"""Microseconds for which a worker believes the rate that it read; then it looks whether SES throttled somebody."""

FAR = 60 * SECOND
"""Microseconds: no reservation comes so far, so a next slot beyond it was taken by a worker whose clock was wrong."""

TRIES = 10
"""How often a reservation that others were quicker than is tried."""

QUOTA_WAIT = 900.0
"""Seconds until mail that the day's quota does not allow looks again: the most that SQS delays a message."""


class Unasked(LookupError):
    """Nobody asked SES for its limits lately: ask, and ``learn``."""


class Pacer:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._known: tuple[int, Pace] | None = None
        self._next = 0  # what this worker last saw: a good guess saves a write that fails

    def pace(self, *, consistent: bool = True) -> Pace | None:
        """What is known of the account's limits; None before SES was ever asked."""
        item = self._table.get(KEY, consistent=consistent)
        return _pace(item) if item and "rate" in item else None

    def learn(self, limits: Limits, now: datetime) -> Pace:
        """Take over what GetAccount says."""
        facts = {**paced(limits, now), "checked_at": utc(now), "rate": _number(limits.max_send_rate)}
        self._table.write(Update(KEY, facts, first={"next": 0}, condition=None))
        item = self._table.get(KEY, consistent=True)
        assert item is not None
        if int(item["next"]) > _micros(now) + FAR:
            self._table.write(Update(KEY, {"next": _micros(now)}))
        pace = _pace(item)
        self._known = _micros(now), pace
        return pace

    def reserve(self, count: int, urgent: bool, now: int) -> Slots | Full:
        """Up to ``count`` slots from ``now`` (microseconds) on. Raises Unasked."""
        pace = self._believed(now)
        width = pace.width(now)
        wanted, idle = min(count, pace.at_once(now)), self._next < now
        for _ in range(TRIES):
            try:
                after = self._table.write(_taking(pace, wanted, width, urgent, now, idle), "UPDATED_NEW")
                self._next = int(after["next"])
                return Slots(self._next - wanted * width, width, wanted)
            except ConditionFailed as failed:
                item = failed.item or {}
            available = int(item["left"]) - pace.kept(urgent)
            if int(item["quota"]) >= 0 and available < wanted:
                if available <= 0:
                    return Full(QUOTA_WAIT, quota=True)
                wanted = available
            if int(item["next"]) > pace.latest(urgent, now):
                return Full((int(item["next"]) - pace.latest(urgent, now)) / SECOND)
            idle = int(item["next"]) < now
        return Full(1.0)

    def slow_down(self, now: int) -> None:
        """SES throttled: everybody goes slower for a while. Several throttles within a second are one."""
        try:
            pace = self._believed(now)
        except Unasked:
            return
        first = Condition(
            "not slowed just now",
            "attribute_not_exists(#slowed_at) OR #slowed_at < :before",
            {"before": now - SECOND},
        )
        facts = pace.slower(now)
        try:
            self._table.write(Update(KEY, {**facts, "slowed_to": _number(facts["slowed_to"])}, condition=first))
        except ConditionFailed:
            return
        finally:
            self._known = None

    def used_up(self) -> None:
        """SES said that the day's quota is used up, whatever our count says."""
        self._table.write(Update(KEY, {"left": 0}))
        self._known = None

    def _believed(self, now: int) -> Pace:
        known = self._known  # other threads may forget it meanwhile
        if known is None or not 0 <= now - known[0] < KNOWN_FOR:
            pace = self.pace(consistent=False)
            if pace is None or now > _micros(pace.checked_at + STALE):
                raise Unasked("SES was not asked for its limits lately")
            self._known = known = now, pace
        return known[1]


def _taking(pace: Pace, count: int, width: int, urgent: bool, now: int, idle: bool) -> Update:
    """Move the next slot on by ``count`` slots; from now on when nobody sent for a while."""
    expression = "#next < :now" if idle else "#next >= :now AND #next <= :latest"
    values: dict[str, Any] = {"now": now} if idle else {"now": now, "latest": pace.latest(urgent, now)}
    sets, add = ({"next": now + count * width}, {}) if idle else ({}, {"next": count * width})
    if pace.quota >= 0:
        expression += " AND #left >= :needed"
        values["needed"], add["left"] = count + pace.kept(urgent), -count
    return Update(KEY, sets, add=add, condition=Condition("a slot is near", expression, values))


def _micros(moment: datetime) -> int:
    return int(moment.timestamp() * SECOND)


def _number(value: float) -> Decimal:
    return Decimal(repr(round(value, 6)))


def _pace(item: dict[str, Any]) -> Pace:
    stored = {name: item[name] for name in Pace.model_fields if name in item}
    return Pace.model_validate(stored)
