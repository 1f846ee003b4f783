"""The ledger's rules: one delivery per (person, kind, occurrence), its states, and which may follow which.

(nothing) ─ claim ─> sending ─> sent ─> delivered ─> complained
                        │         ├───> bounced
                        │         └───> failed    SES took it and then rejected it: a virus
                        ├─> failed      SES refused it for good
                        ├─> unknown     no answer, or the worker died: it may have been sent
                        └─> (nothing)   throttled: SES dropped it, so it is released
(nothing) ─> skipped                    with the reason
(nothing) ─> failed                     the mail cannot be written, for instance to a malformed address

A later batch begins anew where an earlier one gave up: it replaces the line, and then it stands as if nothing had been.

failed, skipped ─ another batch ─> (nothing) ─> sending, skipped, failed
"""

from datetime import datetime, timedelta
from typing import Literal

from chalicelib.domain.event import Kind, Model

State = Literal["sending", "sent", "delivered", "bounced", "complained", "failed", "skipped", "unknown"]

FOLLOWS: dict[State, frozenset[State]] = {
    "sending": frozenset({"unknown"}),
    "sent": frozenset({"sending", "unknown"}),
    "delivered": frozenset({"sending", "unknown", "sent"}),
    "bounced": frozenset({"sending", "unknown", "sent", "delivered"}),
    "complained": frozenset({"sending", "unknown", "sent", "delivered", "bounced"}),
    "failed": frozenset({"sending", "unknown", "sent"}),
    "unknown": frozenset({"sending"}),
    "skipped": frozenset(),
}
"""For each state, those it may follow. A first claim and a skip follow nothing: they are puts of what was not there,
or of what another batch had given up.
"""

GIVEN_UP: frozenset[State] = frozenset({"failed", "skipped"})
"""States in which the person got nothing and never will from this batch; another batch may try anew."""

FINAL: frozenset[State] = frozenset({"sent", "delivered", "bounced", "complained", "failed", "skipped"})
"""States in which nothing more is done for the recipient by itself."""

SENT_AGAIN: frozenset[Kind] = frozenset({"confirmation", "reminder"})
"""Kinds whose unknown delivery goes out once more: late is worse than twice. The others wait for an organiser."""

CAN_LEAVE: frozenset[Kind] = frozenset({"invitation", "chase", "feedback"})
"""Kinds that stop when somebody unsubscribes. A confirmation or reminder is what the person asked for."""

LEASE = timedelta(minutes=3)
"""How long a claim protects its delivery: longer than a worker may run, so an expired one means a dead worker."""

MAX_ATTEMPTS = 2

Outcome = Literal["sent", "failed", "skipped", "unknown", "busy", "released", "done"]
"""What became of one recipient in one pass: ``busy`` is in another worker's hands, ``done`` was settled before."""


class Delivery(Model):
    """One line of the ledger."""

    invitee: str
    event: str
    kind: Kind
    occurrence: str
    state: State
    attempts: int = 1
    batch: str = ""
    claim: str = ""
    claimed_at: datetime | None = None
    lease_until: datetime | None = None
    message_id: str = ""
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    reason: str = ""

    def may_be_taken_over(self, now: datetime) -> bool:
        """The worker that claimed it is dead: its lease ran out before it wrote down what happened."""
        return self.state == "sending" and self.lease_until is not None and self.lease_until < now

    def may_be_sent_again(self) -> bool:
        return self.state == "unknown" and self.kind in SENT_AGAIN and self.attempts < MAX_ATTEMPTS
