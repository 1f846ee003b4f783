"""The ledger: one item per message that a person may ever get, claimed by a conditional write before SES is called.

    INVITEE#<i>  DELIVERY#<kind>#<occurrence>

Every change names the states it may start from (``domain.delivery.FOLLOWS``), so events may come early, twice or out of
order without moving a delivery backwards. A line that a batch gave up is replaced, as a whole, by a later batch alone.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from chalicelib.adapters.store.table import ABSENT, Condition, ConditionFailed, Delete, Item, Key, Put, Table, Update
from chalicelib.domain.delivery import FOLLOWS, GIVEN_UP, LEASE, Delivery, State
from chalicelib.domain.event import Kind, utc

Reference = tuple[str, Kind, str]
"""Invitee, kind, occurrence."""


class Ledger:
    def __init__(self, table: Table) -> None:
        self._table = table

    def states(self, references: Iterable[Reference]) -> dict[Reference, State]:
        """The state of each delivery there is, 100 a request."""
        by_key = {_key(*reference): reference for reference in references}
        found = self._table.batch_get(by_key)
        return {by_key[key]: item["state"] for key, item in found.items()}

    def claim(self, delivery: Delivery, now: datetime) -> tuple[bool, Delivery]:
        """Take the delivery before sending it: (True, the claimed one), or (False, the one that stands in the way).

        A claim whose worker died becomes ``unknown``; an unknown one is taken again where its kind allows. A claim of
        ours that stands already is a put that boto3 repeated because its answer was lost.
        """
        claimed = delivery.model_copy(
            update={"state": "sending", "claim": secrets.token_hex(8), "claimed_at": now, "lease_until": now + LEASE}
        )
        standing = self._in_the_way(claimed, _free(claimed))
        return (True, claimed) if standing is None else self._take_over(claimed, standing, now)

    def _take_over(self, claimed: Delivery, standing: Delivery, now: datetime) -> tuple[bool, Delivery]:
        if standing.may_be_taken_over(now):
            dead = Condition(
                "claim is dead", "#state = :state AND #claim = :claim", {"state": "sending", "claim": standing.claim}
            )
            facts = {"state": "unknown", "reason": "the worker died while sending"}
            if not self._try(Update(_key_of(standing), facts, condition=dead)):
                return False, standing
            standing = standing.model_copy(update={"state": "unknown"})
        if not standing.may_be_sent_again():
            return False, standing
        again = claimed.model_copy(update={"attempts": standing.attempts + 1})
        still = Condition(
            "still unknown", "#state = :state AND #claim = :claim", {"state": "unknown", "claim": standing.claim}
        )
        return (True, again) if self._in_the_way(again, still) is None else (False, standing)

    def _in_the_way(self, claimed: Delivery, condition: Condition) -> Delivery | None:
        """Put the claim; the delivery that stands there instead, None when it is ours."""
        try:
            self._table.write(Put(_item(claimed), condition))
        except ConditionFailed as taken:
            standing = _delivery(taken.item or {})
            return None if standing.claim == claimed.claim else standing
        return None

    def settle(self, delivery: Delivery, state: State, **facts: Any) -> bool:
        """Write what became of a claimed delivery; False when an SES event or another worker was first."""
        mine = Condition(
            "still mine",
            "#claim = :claim AND (#state = :sending OR #state = :unknown)",
            {"claim": delivery.claim, "sending": "sending", "unknown": "unknown"},
        )
        return self._try(Update(_key_of(delivery), {"state": state, **facts}, removes=("lease_until",), condition=mine))

    def release(self, delivery: Delivery) -> None:
        """SES dropped the message (throttled): as if it had never been claimed."""
        mine = Condition(
            "still mine", "#claim = :claim AND #state = :state", {"claim": delivery.claim, "state": "sending"}
        )
        try:
            self._table.write(Delete(_key_of(delivery), mine))
        except ConditionFailed:
            return

    def skip(self, delivery: Delivery, reason: str) -> bool:
        """Write down that this person does not get this message, and why; False when something stands there already."""
        return self._give_up(delivery, "skipped", reason)

    def fail(self, delivery: Delivery, reason: str) -> bool:
        """Write down that this message cannot be made, and why; False when something stands there already."""
        return self._give_up(delivery, "failed", reason)

    def _give_up(self, delivery: Delivery, state: State, reason: str) -> bool:
        return self._try(Put(_item(delivery.model_copy(update={"state": state, "reason": reason})), _free(delivery)))

    def record_event(
        self,
        reference: Reference,
        state: State,
        message_id: str,
        facts: dict[str, Any],
        *,
        sent_at: str = "",
        unless: frozenset[State] = frozenset(),
    ) -> bool:
        """Move a delivery by an SES event about ``message_id``; ``sent_at`` counts when nobody has written one.

        False when it may not follow, stands at ``unless``, is not there, or is known to be another message.
        """
        allowed = sorted(FOLLOWS[state] - unless)
        follows = Condition(
            "may follow",
            f"({' OR '.join(f'#state = :from{n}' for n in range(len(allowed)))})"
            " AND (attribute_not_exists(#message_id) OR #message_id = :message_id)",
            {"message_id": message_id, **{f"from{n}": name for n, name in enumerate(allowed)}},
        )
        sets = {"state": state, "message_id": message_id, **facts}
        first = {"sent_at": sent_at} if sent_at else {}
        return self._try(Update(_key(*reference), sets, first=first, condition=follows))

    def _try(self, write: Put | Update) -> bool:
        try:
            self._table.write(write)
        except ConditionFailed:
            return False
        return True


def _free(delivery: Delivery) -> Condition:
    """Nothing stands there, or what another batch gave up; one person's mail has no batch, and is given up once."""
    if not delivery.batch:
        return ABSENT
    given_up = sorted(GIVEN_UP)
    return Condition(
        "absent or given up by another batch",
        f"{ABSENT.expression} OR (#state IN ({', '.join(f':{state}' for state in given_up)}) AND #batch <> :batch)",
        {"batch": delivery.batch, **{state: state for state in given_up}},
    )


def _key(invitee: str, kind: str, occurrence: str) -> Key:
    return f"INVITEE#{invitee}", f"DELIVERY#{kind}#{occurrence}"


def _key_of(delivery: Delivery) -> Key:
    return _key(delivery.invitee, delivery.kind, delivery.occurrence)


def _item(delivery: Delivery) -> Item:
    pk, sk = _key_of(delivery)
    stored = delivery.model_dump(exclude_none=True)
    return {"PK": pk, "SK": sk, **{n: utc(v) if isinstance(v, datetime) else v for n, v in stored.items() if v != ""}}


def _delivery(item: Item) -> Delivery:
    return Delivery.model_validate({name: item[name] for name in Delivery.model_fields if name in item})
