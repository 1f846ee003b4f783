"""The ledger's rules: one delivery per (person, kind, occurrence), its states, and which may follow which.

(nothing) ─ claim ─> sending ─> sent ─> delivered ─> complained
                        │         ├───> bounced
                        │         └───> failed    SES took it and then rejected it: a virus
                        ├─> failed      SES refused it for good
                        ├─> unknown     no answer, or the worker died: it may have been sent
                        └─> (nothing)   throttled: SES dropped it, so it is released
(nothing) ─> skipped                    with the reason
(nothing) ─> failed                     the mail cannot be written, for instance to a malformed address

unknown ─> sent, delivered, bounced, complained, failed      an SES event tells, or an organiser decides
unknown ─> sending                      once more, where the event says so for this kind (``sent_again``)

A later batch begins anew where an earlier one gave up: it replaces the line, and then it stands as if nothing had been.

failed, skipped ─ another batch ─> (nothing) ─> sending, skipped, failed
bounced ─> failed                       the person has another address now
"""

from datetime import datetime, timedelta
from typing import Literal

from chalicelib.domain.event import EventDocument, Kind
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.model import Model

State = Literal["sending", "sent", "delivered", "bounced", "complained", "failed", "skipped", "unknown"]

FOLLOWS: dict[State, frozenset[State]] = {
    "sending": frozenset({"unknown"}),
    "sent": frozenset({"sending", "unknown"}),
    "delivered": frozenset({"sending", "unknown", "sent"}),
    "bounced": frozenset({"sending", "unknown", "sent", "delivered"}),
    "complained": frozenset({"sending", "unknown", "sent", "delivered", "bounced"}),
    "failed": frozenset({"sending", "unknown", "sent", "bounced"}),
    "unknown": frozenset({"sending"}),
    "skipped": frozenset(),
}
"""For each state, those it may follow. A first claim and a skip follow nothing: they are puts of what was not there,
or of what another batch had given up.
"""

GIVEN_UP: frozenset[State] = frozenset({"failed", "skipped"})
"""States in which the person got nothing and never will from this batch; another batch may try anew."""

Category = Literal["invitations", "feedback"]

CATEGORY: dict[Kind, Category] = {"invitation": "invitations", "chase": "invitations", "feedback": "feedback"}
"""What one can unsubscribe from, by kind. A confirmation or a reminder is what the person asked for; who left the
invitations and never answered is reminded of no contribution and no answer either, and told of no changes
(``eligible``, ``reminding``).
"""

CATEGORIES: tuple[Category, ...] = ("invitations", "feedback")

SENT_AGAIN: frozenset[Kind] = frozenset(
    {"confirmation", "reminder", "contribution", "place", "withdrawn", "cancellation", "change", "test", "notice"}
)
"""Kinds whose unknown delivery goes out once more unless the event says otherwise: late is worse than twice. The others
wait for an organiser.
"""

SETTLED_WITHIN = timedelta(minutes=5)
"""How long SES's events have to tell of an unknown delivery before it goes out once more."""

LEASE = timedelta(seconds=90)
"""How long a claim protects its delivery: longer than a worker may run, so an expired one means a dead worker."""

MAX_ATTEMPTS = 2


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

    def may_be_sent_again(self, now: datetime) -> bool:
        """An unknown one that SES's events had their time to tell of; whether its kind may is ``sent_again``."""
        waited = self.claimed_at is None or self.claimed_at + SETTLED_WITHIN < now
        return self.state == "unknown" and self.attempts < MAX_ATTEMPTS and waited


def can_leave(kind: Kind, invitee: Invitee) -> bool:
    """Whether a mail of this kind says how to get no more of its category: also a reminder of an answer does."""
    return kind in CATEGORY or (kind == "reminder" and invitee.rsvp == "needs-action")


def sent_again(document: EventDocument, kind: Kind) -> bool:
    """Whether an unknown delivery of this kind goes out once more by itself."""
    return document.when_unsure.get(kind, "send-again" if kind in SENT_AGAIN else "wait") == "send-again"
