"""The ledger: one item per message that a person may ever get, claimed by a conditional write before SES is called.

    INVITEE#<i>  DELIVERY#<kind>#<occurrence>

Every change names the states it may start from (``domain.delivery.FOLLOWS``), so events may come early, twice or out of
order without moving a delivery backwards. A line that a batch gave up is replaced, as a whole, by a later batch alone.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from chalicelib.adapters.store.table import ABSENT, Condition, ConditionFailed, Delete, Item, Key, Put, Table, Update
from chalicelib.domain.delivery import FOLLOWS, GIVEN_UP, LEASE, SETTLED_WITHIN, Delivery, State
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

    def lines(self, references: Iterable[Reference], *, consistent: bool = False) -> dict[Reference, Delivery]:
        """Each delivery there is, 100 a request."""
        by_key = {_key(*reference): reference for reference in references}
        found = self._table.batch_get(by_key, consistent=consistent)
        return {by_key[key]: read_delivery(item) for key, item in found.items()}

    def of_person(self, invitee: str) -> list[Delivery]:
        """Every delivery of one person, by kind and occurrence."""
        stored = self._table.query_all(f"INVITEE#{invitee}", begins="DELIVERY#", consistent=True)
        return [read_delivery(item) for item in stored]

    def claim(self, delivery: Delivery, now: datetime, *, again: bool = False) -> tuple[bool, Delivery]:
        """Take the delivery before sending it: (True, the claimed one), or (False, the one that stands in the way).

        A claim whose worker died becomes ``unknown``; with ``again`` an unknown one, of which SES's events had their
        time to tell, is taken once more. A claim of ours that stands already is a put that boto3 repeated because its
        answer was lost.
        """
        claimed = delivery.model_copy(
            update={"state": "sending", "claim": secrets.token_hex(8), "claimed_at": now, "lease_until": now + LEASE}
        )
        standing = self._in_the_way(claimed, _free(claimed))
        return (True, claimed) if standing is None else self._take_over(claimed, standing, now, again)

    def _take_over(
        self, claimed: Delivery, standing: Delivery, now: datetime, again: bool
    ) -> tuple[bool, Delivery]:
        standing = self.bury(standing, now)
        if not again or not standing.may_be_sent_again(now):
            return False, standing
        repeated = claimed.model_copy(update={"attempts": standing.attempts + 1})
        still = Condition(
            "still unknown", "#state = :state AND #claim = :claim", {"state": "unknown", "claim": standing.claim}
        )
        return (True, repeated) if self._in_the_way(repeated, still) is None else (False, standing)

    def _in_the_way(self, claimed: Delivery, condition: Condition) -> Delivery | None:
        """Put the line; the delivery that stands there instead, None when it is ours."""
        try:
            self._table.write(Put(_item(claimed), condition))
        except ConditionFailed as taken:
            standing = read_delivery(taken.item or {})
            return None if claimed.claim and standing.claim == claimed.claim else standing
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
        """SES dropped the message (throttled): as if it had never been claimed.

        An attempt before this one may have left, so its line is unknown again, and SES's events had their time.
        """
        mine = Condition(
            "still mine", "#claim = :claim AND #state = :state", {"claim": delivery.claim, "state": "sending"}
        )
        before: Delete | Update = Delete(_key_of(delivery), mine)
        if delivery.attempts > 1 and delivery.claimed_at:
            facts = {
                "state": "unknown",
                "attempts": delivery.attempts - 1,
                "claimed_at": utc(delivery.claimed_at - SETTLED_WITHIN - timedelta(seconds=1)),
            }
            before = Update(_key_of(delivery), facts, removes=("lease_until",), condition=mine)
        self._try(before)

    def skip(self, delivery: Delivery, reason: str, now: datetime) -> Delivery:
        """Write down that this person does not get this message, and why; returns the line that stands then."""
        return self._give_up(delivery, "skipped", reason, now)

    def fail(self, delivery: Delivery, reason: str, now: datetime) -> Delivery:
        """Write down that this message cannot be made, and why; returns the line that stands then."""
        return self._give_up(delivery, "failed", reason, now)

    def _give_up(self, delivery: Delivery, state: State, reason: str, now: datetime) -> Delivery:
        line = delivery.model_copy(update={"state": state, "reason": reason})
        standing = self._in_the_way(line, _free(delivery))
        return line if standing is None else self.bury(standing, now)

    def bury(self, standing: Delivery, now: datetime) -> Delivery:
        """The line as it stands: a claim whose worker is dead becomes ``unknown``."""
        if not standing.may_be_taken_over(now):
            return standing
        dead = Condition(
            "claim is dead", "#state = :state AND #claim = :claim", {"state": "sending", "claim": standing.claim}
        )
        facts = {"state": "unknown", "reason": "the worker died while sending"}
        buried = self._try(Update(_key_of(standing), facts, condition=dead))
        return standing.model_copy(update={"state": "unknown"}) if buried else standing

    def decide(self, reference: Reference, state: State, reason: str, now: datetime) -> bool:
        """An organiser says what became of an unknown delivery; False when it is known, or events may yet tell."""
        unsettled = Condition(
            "unknown for long enough",
            "#state = :unknown AND #claimed_at < :before",
            {"unknown": "unknown", "before": utc(now - SETTLED_WITHIN)},
        )
        return self._try(Update(_key(*reference), {"state": state, "reason": reason}, condition=unsettled))

    def record_event(
        self,
        reference: Reference,
        state: State,
        message_id: str,
        facts: dict[str, Any],
        *,
        sent_at: str = "",
        unless: frozenset[State] = frozenset(),
    ) -> Delivery | None:
        """Move a delivery by an SES event about ``message_id``; ``sent_at`` counts when nobody has written one.

        Returns the delivery as it stood before. None when the state may not follow, the delivery stands at ``unless``,
        is not there, or is known to be another message.
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
        try:
            before = self._table.write(Update(_key(*reference), sets, first=first, condition=follows), "ALL_OLD")
        except ConditionFailed:
            return None
        return read_delivery(before)

    def _try(self, write: Put | Update | Delete) -> bool:
        try:
            self._table.write(write)
        except ConditionFailed:
            return False
        return True


def give_up(delivery: Delivery, reason: str) -> Update:
    """The write that gives up a mail as it stands, so that another batch may send it anew."""
    seen = Condition("stands as it was", "#state = :before", {"before": delivery.state})
    return Update(_key_of(delivery), {"state": "failed", "reason": reason}, condition=seen)


def _free(delivery: Delivery) -> Condition:
    """Nothing stands there, or what another batch gave up. One person's mail has no batch, and is given up once; but it
    begins anew what a batch gave up, and a reminder that was skipped: the person did something since.
    """
    given_up = sorted(GIVEN_UP)
    if not delivery.batch:
        return Condition(
            "absent or given up by a batch",
            f"{ABSENT.expression} OR (#state IN ({', '.join(f':{state}' for state in given_up)}) "
            "AND attribute_exists(#batch)) OR (#state = :skipped AND #kind = :reminder)",
            {"reminder": "reminder", **{state: state for state in given_up}},
        )
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


def read_delivery(item: Item) -> Delivery:
    return Delivery.model_validate({name: item[name] for name in Delivery.model_fields if name in item})
