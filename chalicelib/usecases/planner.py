"""Who of an audience will get a mail, and why the others will not: a stream, in the same memory for any number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from chalicelib.adapters.store.batches import Batches
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.ledger import Ledger
from chalicelib.domain.batch import CHUNK, Batch, Fingerprint, Plan
from chalicelib.domain.delivery import CATEGORY, GIVEN_UP
from chalicelib.domain.event import Kind
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.schedule import contribution_of

T = TypeVar("T")

FIRST = "1"
"""The occurrence of the invitation: there is one, ever, per person."""

PAGE = 500
"""People who are looked at together."""

TOGETHER = 25
"""Chunks that are written together: what a BatchWriteItem takes."""


class TooMany(Exception):
    """The event has more people than the caller has time for."""


@dataclass(frozen=True)
class Planner:
    """Classes each person of an audience once. What their profile says counts first, because it costs no read."""

    invitees: Invitees
    ledger: Ledger
    batches: Batches

    def plan(
        self,
        batch: Batch,
        people: Iterable[Invitee] | None = None,
        fits: Callable[[Invitee], bool] | None = None,
        rests: Callable[[Invitee], datetime | None] | None = None,
        *,
        write: bool,
        most: int = 0,
    ) -> Batch:
        """The batch with counts, chunks and fingerprint; ``write`` stores the chunks under its plan id.

        ``people`` are everybody of the event unless others are given, and ``fits`` those of them whom the audience
        includes, unless something else decides. ``rests`` says until when somebody is left in
        peace: they are not in the batch, which says when the first of them may be mailed. Raises TooMany when there are
        more than ``most``.
        """
        counts: Counter[str] = Counter()
        later: list[datetime] = []
        fingerprint, chunks = Fingerprint(batch, batch.content), 0

        def recipients() -> Iterator[str]:
            classed = self._classer(batch)
            looked_at = 0
            for page in _parts(self.invitees.for_planning(batch.event) if people is None else people, PAGE):
                looked_at += len(page)
                if most and looked_at > most:
                    raise TooMany
                there = [one for one in page if (fits or batch.audience.includes)(one)]
                quiet = {one.id: until for one in there if (until := rests(one))} if rests else {}
                for invitee, fate in classed(there):
                    if fate == "to_send" and invitee in quiet:
                        later[:] = [min([*later, quiet[invitee]])]
                        fate = "quiet"
                    counts[fate] += 1
                    if fate == "to_send":
                        fingerprint.add(invitee)
                        yield invitee

        for parts in _parts(_parts(recipients(), CHUNK), TOGETHER):
            if write:
                self.batches.write_chunks(batch.plan_id, chunks, parts, batch.accepted_at)
            chunks += len(parts)
        plan = Plan(**counts, audience=counts.total())
        facts = {"plan": plan, "chunks": chunks, "fingerprint": str(fingerprint)}
        return batch.model_copy(update={**facts, "resumes_at": min(later, default=None)})

    def registered(self, event: str, session: str = "", *, ids_alone: bool = False) -> Iterator[Invitee]:
        """Those who are registered; for one session when it is named. ``ids_alone``, where nothing else decides: whom a
        reminder does not reach is found when it is sent, and need not be read twice.
        """
        found = (r.invitee for r in self.invitees.registrations(event) if not session or session in r.sessions)
        if ids_alone:
            known = dict[str, Any](email="", rsvp="accepted")
            yield from (Invitee.model_construct(**known, id=invitee) for invitee in found)
            return
        for ids in _parts(found, PAGE):
            known = self.invitees.load(ids, consistent=False, beside="")
            yield from (invitee for invitee, _ in known.values())

    def _classer(self, batch: Batch) -> Callable[[list[Invitee]], Iterator[tuple[str, str]]]:
        """Classes people: (id, the name of a count of Plan). The ledger is asked only where it can know anything.

        Who was given up, because the mail failed or was skipped, got nothing: a new batch may mail them.
        """
        kind = batch.kind
        begun = [one for one in self.batches.all(batch.event) if one.started and one.id != batch.id]
        earlier = any((one.kind, one.occurrence) == (kind, batch.occurrence) for one in begun)
        invitations = any(one.kind == "invitation" for one in begun)
        coming = self._registered(batch.event) if kind == "feedback" else None

        def classed(people: list[Invitee]) -> Iterator[tuple[str, str]]:
            fates = {one.id: _profile_says(batch, one) for one in people}
            if coming is not None:
                fates = {i: fate or ("" if i in coming else "not_registered") for i, fate in fates.items()}
            undecided = [i for i, fate in fates.items() if not fate]
            mailed = self._mailed(undecided, kind, batch.occurrence) if earlier else set()
            if kind in ("chase", "contribution", "change", "reminder"):
                silent = [one.id for one in people if not fates[one.id] and one.rsvp == "needs-action"]
                invited = self._mailed(silent, "invitation", FIRST) if invitations else set()
                fates |= {i: "not_invited" for i in silent if i not in invited}
            fates |= {i: "already_sent" for i in mailed}
            return ((i, fate or "to_send") for i, fate in fates.items())

        return classed

    def _registered(self, event: str) -> set[str]:
        return {item["invitee"] for item in self.invitees.listing(event, "REGISTRATION", fields=("invitee",))}

    def _mailed(self, invitees: list[str], kind: Kind, occurrence: str) -> set[str]:
        """Those who got this mail, may have got it, or are getting it now."""
        states = self.ledger.states([(invitee, kind, occurrence) for invitee in invitees])
        return {invitee for (invitee, _, _), state in states.items() if state not in GIVEN_UP}


def _profile_says(batch: Batch, invitee: Invitee) -> str:
    """The first reason not to mail that the profile knows, as Plan counts it; empty when it knows none."""
    kind, silent = batch.kind, invitee.rsvp == "needs-action"
    if invitee.suppressed:
        return "suppressed"
    if not invitee.email.isascii():
        return "undeliverable"
    if kind in CATEGORY and CATEGORY[kind] in invitee.left:
        return "left"
    if kind == "contribution" and contribution_of(batch.occurrence) in invitee.handed_in:
        return "already_answered"
    if kind in ("contribution", "change", "reminder"):
        return "left" if silent and "invitations" in invitee.left else ""
    return "already_answered" if kind == "chase" and not silent else ""


def _parts(things: Iterable[T], size: int) -> Iterator[list[T]]:
    stream = iter(things)
    while part := list(islice(stream, size)):
        yield part
