"""How fast mail may leave: a virtual clock that gives every mail a slot, and slows down when SES says so.

One mail takes ``1 / rate`` seconds of the account's time. The pacer's item holds the moment at which the next free slot
begins; who reserves ``n`` slots moves it on by ``n / rate``, or from now on when it lies in the past. Mail that may
wait (an invitation) is let in only while the next slot is near, so that mail that somebody waits for now (a
confirmation, a reminder) finds a slot within seconds behind any number of invitations.

Source: the generic cell rate algorithm, ITU-T I.371, in its virtual scheduling form.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.model import Model

SECOND = 1_000_000
"""The pacer counts in microseconds since the epoch."""

USED = 0.98
"""The part of the allowed rate that we use: SES's clock is not ours."""

FEW, UNEVEN = 2, 150_000
"""SES saves up a second's worth of mails for those who are late. Below two a second that is next to nothing: mails are
then 150 ms further apart, because not every call takes equally long, and a throttle would cost more.
"""

AHEAD = {False: SECOND, True: 10 * SECOND}
"""How far ahead the next slot may lie for somebody to take it: mail that may wait, and urgent mail. Waiting is billed.
"""

AT_ONCE = 2 * SECOND
"""A worker reserves slots of at most two seconds together."""

SLOWER = 0.7
"""What a throttled account's rate is multiplied by."""

RECOVERY = 30 * SECOND
"""How long the way back from no rate at all to the allowed one takes, in a straight line."""

KEPT_PART, KEPT_MOST = 0.05, 500
"""The part of a day's quota, and how many mails at most, that is kept for urgent mail."""

STALE = timedelta(minutes=10)
"""How long what SES said of its limits is believed; while a batch is being sent the clock asks every minute."""


class Limits(Model):
    """What GetAccount says: mails a second, mails a day (-1: no limit), mails sent in the last 24 hours."""

    max_send_rate: float
    max_24_hour_send: float
    sent_last_24_hours: float


SANDBOX = Limits(max_send_rate=1, max_24_hour_send=200, sent_last_24_hours=0)
"""What SES allows an account that is new."""


class Pace(Model):
    """The pacer's item. ``left`` is what the day's quota still allows; ``slowed_*`` tell of the last throttle."""

    rate: float
    quota: int = -1
    left: int = -1
    checked_at: datetime
    slowed_at: int = 0
    slowed_to: float = 0.0

    @property
    def limits(self) -> Limits:
        sent = 0 if self.quota < 0 else self.quota - self.left
        return Limits(max_send_rate=self.rate, max_24_hour_send=self.quota, sent_last_24_hours=sent)

    def rate_at(self, now: int) -> float:
        """Mails a second that may be reserved at ``now``: after a throttle it climbs back in a straight line."""
        allowed = self.rate * USED
        if not self.slowed_at:
            return allowed
        return min(allowed, self.slowed_to + allowed * max(0, now - self.slowed_at) / RECOVERY)

    def width(self, now: int) -> int:
        """Microseconds that one mail takes."""
        width = SECOND / max(self.rate_at(now), 0.01)
        if self.rate < FEW:
            width = max(width, SECOND / self.rate + UNEVEN)
        return max(1, round(width))

    def latest(self, urgent: bool, now: int) -> int:
        """How far the next slot may lie for somebody to take it: the one after this moment's always may."""
        return now + AHEAD[urgent] + self.width(now)

    def at_once(self, now: int) -> int:
        """How many slots one reservation takes at most."""
        return max(1, AT_ONCE // self.width(now))

    def kept(self, urgent: bool) -> int:
        """How many of the day's mails are not for this kind of mail."""
        return 0 if urgent or self.quota < 0 else min(KEPT_MOST, int(self.quota * KEPT_PART))

    def slower(self, now: int) -> dict[str, Any]:
        """What a throttle changes."""
        return {"slowed_at": now, "slowed_to": self.rate_at(now) * SLOWER}


@dataclass(frozen=True)
class Slots:
    """``count`` moments, ``width`` microseconds apart from ``start`` on, at which one mail each may leave."""

    start: int
    width: int
    count: int

    def __getitem__(self, number: int) -> int:
        return self.start + number * self.width


@dataclass(frozen=True)
class Full:
    """No slot now: come back in ``wait`` seconds. ``quota``: because the day's quota is used up."""

    wait: float
    quota: bool = False


def paced(limits: Limits, now: datetime) -> dict[str, Any]:
    """What the pacer's item takes over from SES."""
    endless = limits.max_24_hour_send < 0
    quota = -1 if endless else int(limits.max_24_hour_send)
    left = -1 if endless else max(0, int(limits.max_24_hour_send - limits.sent_last_24_hours))
    return {"rate": limits.max_send_rate, "quota": quota, "left": left, "checked_at": now}
