"""How fast and how much an account may send, and the faults a test or a demo arms.

Source: SES Developer Guide, "Managing your Amazon SES sending limits" and "Errors related to the sending quotas":
limits count recipients, not messages; a call goes through while anything is left, so that one message to many
recipients may overdraw. With API v2 both refusals are ``TooManyRequestsException`` (429), "Maximum sending rate
exceeded." and "Daily message quota exceeded." (the latter as observed in production logs). A quota of -1 is none
(SES API v2 reference, SendQuota).
"""

import random
import threading
from collections import deque
from collections.abc import Callable

from infra.local.ses.errors import TooManyRequests

DAY = 24 * 60 * 60.0
FAULTS = ("throttle", "fail", "drop", "reset")


class Limits:
    """Send rate (token bucket of ``max(1, rate)`` recipients) and rolling 24-hour quota. Safe for threads."""

    def __init__(self, max_send_rate: float, max_24_hour_send: float, clock: Callable[[], float]) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._sent: deque[tuple[float, int]] = deque()
        self._counted = 0
        self.latency_ms = 0.0
        self.max_send_rate, self.max_24_hour_send = float(max_send_rate), float(max_24_hour_send)
        self.set()

    def set(self, max_send_rate: float | None = None, max_24_hour_send: float | None = None) -> None:
        """Change either limit (recipients a second, recipients in 24 hours); the bucket starts full."""
        with self._lock:
            self.max_send_rate = self.max_send_rate if max_send_rate is None else float(max_send_rate)
            self.max_24_hour_send = self.max_24_hour_send if max_24_hour_send is None else float(max_24_hour_send)
            self._tokens, self._filled = max(1.0, self.max_send_rate), self._clock()

    def sent_last_24_hours(self) -> int:
        """Recipients accepted in the last 24 hours, without those of the mailbox simulator."""
        with self._lock:
            return self._count(self._clock())

    def take(self, recipients: int, counted: int) -> None:
        """Use up the allowance of one accepted message.

        Args:
            recipients: what the rate counts.
            counted: what the quota counts (the mailbox simulator's addresses are free).

        Raises:
            TooManyRequests: rate or quota used up; nothing is taken.
        """
        with self._lock:
            now = self._clock()
            tokens = self._tokens + (now - self._filled) * self.max_send_rate
            tokens, self._filled = min(tokens, max(1.0, self.max_send_rate)), now
            self._tokens = tokens
            if counted and 0 <= self.max_24_hour_send <= self._count(now):
                raise TooManyRequests("Daily message quota exceeded.")
            if tokens < 1:
                raise TooManyRequests("Maximum sending rate exceeded.")
            self._tokens -= recipients
            self._sent.append((now, counted))
            self._counted += counted

    def _count(self, now: float) -> int:
        while self._sent and self._sent[0][0] <= now - DAY:
            self._counted -= self._sent.popleft()[1]
        return self._counted


class Faults:
    """Trouble for SendEmail, armed for the next calls or, with a probability, for all of them.

    ``throttle`` and ``fail`` are refusals; ``reset`` closes the connection before the message is accepted, ``drop``
    after it was: nobody who called can tell these two apart.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: deque[str | None] = deque()
        self._random: dict[str, tuple[float, random.Random]] = {}

    def arm(self, mode: str, calls: int, skip: int = 0) -> None:
        """In the order of arming: ``skip`` calls pass, then ``calls`` calls meet ``mode``."""
        with self._lock:
            self._armed.extend([None] * skip + [mode] * calls)

    def sometimes(self, mode: str, rate: float, seed: int) -> None:
        """``rate`` (0 to 1) of all calls meet ``mode``, the same ones for the same seed; 0 ends it.

        Raises:
            ValueError: a rate that is no probability.
        """
        if not 0 <= rate <= 1:
            raise ValueError("rate must be between 0 and 1")
        with self._lock:
            self._random.pop(mode, None)
            if rate:
                self._random[mode] = (rate, random.Random(seed))

    def next(self) -> str | None:
        """The fault of the call that is being made now, if any."""
        with self._lock:
            if self._armed:
                return self._armed.popleft()
            met = [mode for mode, (rate, dice) in self._random.items() if dice.random() < rate]
            return met[0] if met else None

    def rates(self) -> dict[str, float]:
        """What part of all calls meets each mode."""
        with self._lock:
            return {mode: rate for mode, (rate, _) in self._random.items()}

    def waiting(self) -> int:
        """How many calls the armed faults still cover, skipped ones included."""
        with self._lock:
            return len(self._armed)
