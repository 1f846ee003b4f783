"""A batch: a reviewed plan of mails of one kind to part of an event's people, and what an organiser may do with it.

   ┌─ approved before, or the clock's ─┐
   │                                   v
planning ──> draft ── approve ──> sending <── pause, resume ──> paused
   │            │                    │                             │
   └────────────┴─────── cancel ─────┼───────── cancel ────────────┘
                                     └──> complete                  └──> cancelled

A batch of the clock is never a draft: nobody approves a reminder. Every move is a conditional write (``MOVES``).
"""

import hashlib
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from chalicelib.domain.event import Event, Kind, utc
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.model import Model
from chalicelib.domain.text import Language, Slug

CHUNK = 50
"""Recipients per chunk: one queue message, one worker, which is billed until the last answer of a chunk, and while it
waits for slots. With more a pause would hold later, and two batches would share a slow account less evenly.
"""

Status = Literal["no-answer", "accepted", "declined", "tentative", "delegated"]

BatchState = Literal["planning", "draft", "sending", "paused", "cancelled", "complete"]

MOVES: dict[BatchState, frozenset[BatchState]] = {
    "planning": frozenset(),
    "draft": frozenset({"planning"}),
    "sending": frozenset({"planning", "draft", "paused"}),
    "paused": frozenset({"sending"}),
    "cancelled": frozenset({"planning", "draft", "sending", "paused"}),
    "complete": frozenset({"sending"}),
}
"""For each state, those it may follow."""


class Audience(Model):
    """Whom: each list narrows, an empty one does not. ``no-answer`` is RSVP needs-action."""

    categories: list[Slug] = Field(default_factory=list)
    countries: list[str] = Field(default_factory=list)
    languages: list[Language] = Field(default_factory=list)
    statuses: list[Status] = Field(default_factory=list)

    def includes(self, invitee: Invitee) -> bool:
        return (
            (not self.categories or invitee.category in self.categories)
            and (not self.countries or invitee.country in [country.upper() for country in self.countries])
            and (not self.languages or invitee.language in self.languages)
            and (not self.statuses or status_of(invitee) in self.statuses)
        )


class BatchRequest(Model):
    """What an organiser asks for. ``chase`` reaches only people who were invited and have not answered.

    ``answer_by`` is the deadline of those whom it invites or chases, the event's own when it is not given. ``approve``
    is the fingerprint of a dry run: the batch starts at once when it is still the same, else it is a draft.
    """

    kind: Literal["invitation", "chase", "feedback"]
    audience: Audience = Field(default_factory=Audience)
    answer_by: AwareDatetime | None = None
    approve: str = ""


class Plan(Model):
    """Counts by what will happen to each person of the audience; the others add up to ``audience``.

    ``undeliverable``: SES delivers to no such address (characters beyond ASCII before the "@"). ``quiet``: they are
    left in peace now, and a later batch of the same mailing is for them.
    """

    audience: int = 0
    to_send: int = 0
    already_sent: int = 0
    not_invited: int = 0
    already_answered: int = 0
    not_registered: int = 0
    suppressed: int = 0
    undeliverable: int = 0
    left: int = 0
    quiet: int = 0


class Batch(Model):
    """A stored batch. ``plan_id`` names the chunks that were written for it.

    ``fingerprint`` says what is approved: the recipients and the content; ``content`` is the content's part, which
    every worker compares with the event as it is now (empty for the clock's batches, which follow the agenda).
    ``fed`` chunks have been given to the queue so far, the last at ``fed_at``; of a batch that is being planned, that
    is when the desk was last asked. ``reason`` is why it is paused, or what holds it up. ``wanted`` is the fingerprint
    that came with the request. ``rounds`` counts how often lost work was queued again, or a plan asked for again.
    ``answer_by`` is the deadline of those it invited, when it has one of its own. ``resumes_at`` is when the first of
    those whom a mailing left in peace may be mailed. ``moved`` is what SES's events changed since the chunks were
    counted, by ledger state.
    """

    id: str
    event: str
    kind: Kind
    occurrence: str
    audience: Audience = Field(default_factory=Audience)
    plan: Plan = Field(default_factory=Plan)
    chunks: int = 0
    plan_id: str
    request_hash: str = ""
    session: str = ""
    accepted_at: datetime
    state: BatchState = "sending"
    fingerprint: str = ""
    content: str = ""
    fed: int = 0
    fed_at: datetime | None = None
    accepted_by: str = ""
    wanted: str = ""
    approved_by: str = ""
    approved_at: datetime | None = None
    completed_at: datetime | None = None
    reason: str = ""
    rounds: int = 0
    answer_by: datetime | None = None
    resumes_at: datetime | None = None
    moved: dict[str, int] = Field(default_factory=dict)

    @property
    def started(self) -> bool:
        """Mail of it may have left."""
        return self.approved_at is not None or self.state in ("sending", "paused", "complete")

    def unchanged_since_approval(self, event: Event) -> bool:
        return not self.content or self.content == content_of(event)


class Chunk(Model):
    """Up to 50 recipients. ``done_at`` is set when each has an outcome; ``tally`` counts them by ledger state."""

    number: int
    invitees: list[str]
    done_at: datetime | None = None
    tally: dict[str, int] = Field(default_factory=dict)


class Progress(Model):
    """Outcome counts of a batch; ``waiting`` has no line in the ledger yet. They add up to the plan's ``to_send``.

    ``sent`` was accepted by SES and nothing more is known; ``delivered`` was accepted by the recipient's server.
    """

    waiting: int = 0
    sending: int = 0
    sent: int = 0
    delivered: int = 0
    bounced: int = 0
    complained: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0

    @property
    def complete(self) -> bool:
        return not (self.waiting or self.sending)


def status_of(invitee: Invitee) -> Status:
    return "no-answer" if invitee.rsvp == "needs-action" else invitee.rsvp


def content_of(event: Event) -> str:
    """Names what everybody of a batch is sent: the event's version, and the state of its uploaded files."""
    return f"{event.version}.{event.files}"


class Fingerprint:
    """Hashes what an approval approves, recipient by recipient in the plan's order."""

    def __init__(self, batch: Batch, content: str) -> None:
        until = f"\0{utc(batch.answer_by)}" if batch.answer_by else ""
        self._hash = hashlib.sha256(f"{batch.kind}\0{batch.occurrence}\0{content}{until}".encode())

    def add(self, invitee: str) -> None:
        self._hash.update(f"\0{invitee}".encode())

    def __str__(self) -> str:
        return self._hash.hexdigest()[:32]
