"""Addresses, by a keyed hash: who has one in which event, and whether it gets no mail any more.

    ADDRESS#<hash>  EVENT#<e>    the claim: one invitee per address and event
    ADDRESS#<hash>  EVENT#<e>    with erased_at in the place of the invitee: they had themselves erased
    ADDRESS#<hash>  SUPPRESSION  why, and since when, no mail goes there

Each profile repeats the suppression of its address, so that planning and sending read profiles alone. The suppression
changes first; then each profile that a claim names follows, in a transaction that checks suppression and claim. Whoever
claims an address checks its suppression in the same transaction. So nobody is missed who comes at that very moment, and
what died halfway is mended by being done again.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from chalicelib.adapters.store.person import log_put, profile_key
from chalicelib.adapters.store.table import (
    ABSENT,
    PRESENT,
    Check,
    Condition,
    ConditionFailed,
    Delete,
    Key,
    Put,
    Table,
    Update,
    Write,
)
from chalicelib.domain.event import utc
from chalicelib.domain.history import Suppressed, Suppression

FREE = "address is free"
"""The condition that nobody of the event has the address."""

AS_SUPPRESSED = "as suppressed as it was"
"""The condition that an address is suppressed for the reason that was seen, or not at all."""


class Addresses:
    def __init__(self, table: Table) -> None:
        self._table = table

    def claimed(self, event: str, addresses: Iterable[str]) -> dict[str, str]:
        """Which of these addresses the event knows already: invitee id by address hash, "" for who was erased."""
        found = self._table.batch_get([claim_key(event, address) for address in addresses], consistent=True)
        return {_hash(pk): item.get("invitee", "") for (pk, _), item in found.items()}

    def suppressions(self, addresses: Iterable[str]) -> dict[str, Suppression]:
        """Those of these addresses that are suppressed, by hash, 100 a request."""
        found = self._table.batch_get([_suppression_key(address) for address in addresses], consistent=True)
        return {_hash(pk): Suppression(reason=item["reason"], at=item["at"]) for (pk, _), item in found.items()}

    def free_erased(self, event: str, address: str, also: Sequence[Write]) -> bool:
        """Who was erased may be invited again; False when nobody with this address was. ``also`` is written with it."""
        mark = Condition("erased", "attribute_exists(#erased_at)")
        try:
            self._table.transact([Delete(claim_key(event, address), mark), *also])
        except ConditionFailed:
            return False
        return True

    def suppress(self, address: str, reason: Suppressed, now: datetime, detail: str = "") -> list[tuple[str, str]]:
        """No more mail to this address; returns (event, invitee) of everybody who has it.

        The first moment stays, and the first reason, except that a complaint outweighs a bounce. ``detail`` is for the
        timeline of those people.
        """
        sets, first = {"reason": reason}, {"at": utc(now)}
        if reason == "bounce":
            sets, first = {}, {**sets, **first}
        before = self._table.write(Update(_suppression_key(address), sets, first=first, condition=None), "ALL_OLD")
        stands = reason if reason == "complaint" else before.get("reason", reason)
        people = self._people(address)
        for event, invitee in people:
            self._follow(address, event, invitee, stands, log_put(invitee, now, "suppressed", detail or reason))
        return people

    def lift(self, address: str, now: datetime, detail: str, who: str, also: Sequence[Write] = ()) -> bool:
        """Mail goes to this address again; ``also`` is written with it. False when it was not suppressed.

        Profiles are looked at in any case: a lifting that died halfway has left some behind.
        """
        lifted = self._try([Delete(_suppression_key(address), PRESENT), *also])
        for event, invitee in self._people(address):
            entry = log_put(invitee, now, "suppression lifted", detail, who)
            lifted |= self._follow(address, event, invitee, "", entry)
        return lifted

    def _people(self, address: str) -> list[tuple[str, str]]:
        claims = self._table.query_all(f"ADDRESS#{address}", begins="EVENT#", consistent=True)
        return [(item["SK"].removeprefix("EVENT#"), item["invitee"]) for item in claims if "invitee" in item]

    def _follow(self, address: str, event: str, invitee: str, reason: str, entry: Put) -> bool:
        """Let a profile say what its address's record says; False when it does, or when either changed meanwhile."""
        otherwise = Condition(
            "says otherwise", "attribute_exists(#suppressed) AND #suppressed <> :reason", {"reason": reason}
        )
        mark = Update(profile_key(invitee), {"suppressed": reason}, condition=otherwise)
        claimed = Check(claim_key(event, address), _theirs(invitee))
        return self._try([as_suppressed(address, reason), claimed, mark, entry])

    def _try(self, writes: Sequence[Write | Check]) -> bool:
        try:
            self._table.transact(writes)
        except ConditionFailed:
            return False
        return True


def claim_key(event: str, address: str) -> Key:
    return f"ADDRESS#{address}", f"EVENT#{event}"


def claim_put(event: str, address: str, invitee: str) -> Put:
    """The write that gives an address to an invitee. Its condition is FREE."""
    pk, sk = claim_key(event, address)
    return Put({"PK": pk, "SK": sk, "invitee": invitee}, Condition(FREE, ABSENT.expression))


def claim_delete(event: str, address: str, invitee: str) -> Delete:
    """The write that takes an address away from the invitee who has it."""
    return Delete(claim_key(event, address), _theirs(invitee))


def claim_erased(event: str, address: str, invitee: str, now: datetime) -> Update:
    """The write that leaves of an invitee's address that its owner is not to be invited to this event again."""
    sets = {"erased_at": utc(now)}
    return Update(claim_key(event, address), sets, removes=("invitee",), condition=_theirs(invitee))


def as_suppressed(address: str, reason: str) -> Check:
    """The check that an address is suppressed for this reason; that it is not, for none. Its name is AS_SUPPRESSED."""
    if reason:
        return Check(_suppression_key(address), Condition(AS_SUPPRESSED, "#reason = :reason", {"reason": reason}))
    return Check(_suppression_key(address), Condition(AS_SUPPRESSED, ABSENT.expression))


def _theirs(invitee: str) -> Condition:
    return Condition("still theirs", "#invitee = :invitee", {"invitee": invitee})


def _suppression_key(address: str) -> Key:
    return f"ADDRESS#{address}", "SUPPRESSION"


def _hash(pk: str) -> str:
    return pk.removeprefix("ADDRESS#")
