"""Speaking to DynamoDB: reads, conditional writes, transactions. The entities stand on this; nothing else does.

Every condition has a name. When one fails, DynamoDB's error becomes ``ConditionFailed`` here, with that name and the
item that stood in the way.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from botocore.exceptions import ClientError

from chalicelib.adapters.store.wire import from_wire, to_wire

Item = dict[str, Any]
Key = tuple[str, str]
"""Partition key and sort key."""

CONFLICT_PAUSES = (0.05, 0.1, 0.2, 0.4)
"""Seconds, at most, between tries of a write that met somebody else's transaction, or a throttled one, on its item."""

PASSING = {"TransactionConflict", "TransactionConflictException", "ThrottlingError", "ProvisionedThroughputExceeded"}
"""Codes, and reasons of a cancelled transaction, that say: not now."""

BUSY_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds, at most, between tries of a batch of which DynamoDB leaves a part unprocessed."""


@dataclass(frozen=True)
class Condition:
    """What must hold for a write, by name: ``expression`` uses ``#a`` for attribute ``a`` and ``:a`` for its value.

    ``otherwise`` is raised in place of ConditionFailed, for what no caller can do anything about.
    """

    name: str
    expression: str
    values: dict[str, Any] = field(default_factory=dict)
    otherwise: Exception | None = None


ABSENT = Condition("absent", "attribute_not_exists(#PK)")
PRESENT = Condition("present", "attribute_exists(#PK)")


@dataclass(frozen=True)
class Put:
    item: Item
    condition: Condition | None = None


@dataclass(frozen=True)
class Update:
    """Set and remove attributes of one item; ``first`` sets those that are not there yet, ``add`` counts up."""

    key: Key
    sets: Item = field(default_factory=dict)
    first: Item = field(default_factory=dict)
    removes: Sequence[str] = ()
    add: dict[str, int] = field(default_factory=dict)
    condition: Condition | None = PRESENT


@dataclass(frozen=True)
class Delete:
    key: Key
    condition: Condition | None = None


@dataclass(frozen=True)
class Check:
    """In a transaction: ``condition`` holds for this item, which is not written."""

    key: Key
    condition: Condition


Write = Put | Update | Delete

Part = Write | Check
"""What a transaction is made of."""

Returning = Literal["NONE", "ALL_OLD", "UPDATED_NEW"]
"""What a write gives back: nothing, the item as it was, or the attributes that it changed."""


class ConditionFailed(Exception):
    """A named condition did not hold. ``item`` is what stood there, when DynamoDB told."""

    def __init__(self, name: str, item: Item | None = None) -> None:
        super().__init__(name)
        self.name = name
        self.item = item


class Busy(RuntimeError):
    """DynamoDB left a part of a batch unprocessed, again and again."""


@dataclass(frozen=True)
class Page:
    """Items of one query page, and where the next one starts (None at the end)."""

    items: list[Item]
    next: Item | None


class Table:
    """One table by its name, through a low-level client."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        """The item, or None. Half a read unit per 4 KB, twice that when ``consistent``."""
        answer = self._client.get_item(TableName=self._name, Key=_key(key), ConsistentRead=consistent)
        return _item(answer["Item"]) if "Item" in answer else None

    def batch_get(self, keys: Iterable[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """The items there are, by key. Asks again for what DynamoDB left unprocessed, then raises Busy."""
        wanted, found, pauses = [_key(key) for key in dict.fromkeys(keys)], {}, _Pauses()
        while wanted:
            asked, wanted = {"Keys": wanted[:100], "ConsistentRead": consistent}, wanted[100:]
            answer = self._client.batch_get_item(RequestItems={self._name: asked})
            for wire in answer["Responses"].get(self._name, []):
                item = _item(wire)
                found[(item["PK"], item["SK"])] = item
            left = answer.get("UnprocessedKeys", {}).get(self._name, {}).get("Keys", [])
            pauses.after(left)
            wanted += left
        return found

    def query(
        self,
        pk: str,
        *,
        begins: str = "",
        until: str = "",
        index: str = "",
        limit: int = 0,
        after: Item | None = None,
        consistent: bool = False,
        fields: Sequence[str] = (),
        newest: bool = False,
    ) -> Page:
        """One page of a partition in order: what begins with ``begins``, or all up to ``until``; of each item these
        ``fields`` or everything, which costs the same read units. ``newest`` begins with the last.

        An ``index`` is always read as it comes: DynamoDB cannot read one consistently.
        """
        hash_name, range_name = (f"{index}PK", f"{index}SK")
        values, names, expression = {":pk": to_wire(pk)}, {"#pk": hash_name}, "#pk = :pk"
        if begins or until:
            names["#sk"], values[":sk"] = range_name, to_wire(begins or until)
            expression += " AND begins_with(#sk, :sk)" if begins else " AND #sk <= :sk"
        names |= {f"#{name}": name for name in fields}
        answer = self._client.query(
            TableName=self._name,
            KeyConditionExpression=expression,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            **({"IndexName": index} if index else {"ConsistentRead": consistent}),
            **({"ProjectionExpression": ", ".join(f"#{name}" for name in fields)} if fields else {}),
            **({"Limit": limit} if limit else {}),
            **({"ExclusiveStartKey": _wire(after)} if after else {}),
            **({"ScanIndexForward": False} if newest else {}),
        )
        last = answer.get("LastEvaluatedKey")
        return Page([_item(wire) for wire in answer["Items"]], _item(last) if last else None)

    def query_all(
        self,
        pk: str,
        *,
        begins: str = "",
        until: str = "",
        index: str = "",
        consistent: bool = False,
        fields: Sequence[str] = (),
    ) -> Iterator[Item]:
        """Every item of a partition or of a stretch of it, page by page as the caller reads on."""
        after: Item | None = None
        while True:
            page = self.query(
                pk, begins=begins, until=until, index=index, after=after, consistent=consistent, fields=fields
            )
            yield from page.items
            if (after := page.next) is None:
                return

    def write(self, write: Write, returning: Returning = "NONE") -> Item:
        """One write; returns the item as it was before, or what was updated, when asked for (no read units).

        Raises ConditionFailed with the name of its condition and the item that was there.
        """
        ((kind, arguments),) = self._arguments(write).items()
        call = {"Put": self._client.put_item, "Update": self._client.update_item, "Delete": self._client.delete_item}
        if returning != "NONE":
            arguments["ReturnValues"] = returning
        try:
            return _item(_undisturbed(call[kind], arguments).get("Attributes", {}))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            wire: Any = error.response.get("Item")
            raise ConditionFailed(_name(write), _item(wire) if wire else None) from None

    def transact(self, writes: Sequence[Part]) -> None:
        """All or none of up to 100 writes, one an item. Raises ConditionFailed for the first whose condition did not
        hold.
        """
        items = [self._arguments(write) for write in writes]
        try:
            _undisturbed(self._client.transact_write_items, {"TransactItems": items})
        except ClientError as error:
            for write, reason in zip(writes, _reasons(error), strict=False):
                if reason.get("Code") == "ConditionalCheckFailed":
                    if write.condition and write.condition.otherwise:
                        raise write.condition.otherwise from None
                    wire: Any = reason.get("Item")
                    raise ConditionFailed(_name(write), _item(wire) if wire else None) from None
            raise

    def put_many(self, items: Sequence[Item]) -> None:
        """Unconditional puts, 25 a call, asking again for what was left unprocessed, then raises Busy."""
        waiting, pauses = [{"PutRequest": {"Item": _wire(item)}} for item in items], _Pauses()
        while waiting:
            answer = self._client.batch_write_item(RequestItems={self._name: waiting[:25]})
            left = answer.get("UnprocessedItems", {}).get(self._name, [])
            pauses.after(left)
            waiting = waiting[25:] + left

    def _arguments(self, write: Write | Check) -> dict[str, dict[str, Any]]:
        condition, sets = write.condition, dict(write.sets) if isinstance(write, Update) else {}
        arguments: dict[str, Any] = {"TableName": self._name}
        values = {f":{name}": value for name, value in (condition.values if condition else {}).items()}
        expression = ""
        if isinstance(write, Put):
            arguments["Item"] = _wire(write.item)
        else:
            arguments["Key"] = _key(write.key)
        if isinstance(write, Update):
            expression = arguments["UpdateExpression"] = _update_expression(write)
            values |= {f":set_{name}": value for name, value in (sets | write.first).items()}
            values |= {f":add_{name}": value for name, value in write.add.items()}
        if condition:
            arguments["ConditionExpression"] = condition.expression
            arguments["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        used = _names_in(f"{expression} {condition.expression if condition else ''}")
        if used:
            arguments["ExpressionAttributeNames"] = used
        if values:
            arguments["ExpressionAttributeValues"] = _wire(values)
        return {"ConditionCheck" if isinstance(write, Check) else type(write).__name__: arguments}


class _Pauses:
    """Waits longer, by chance up to a bound, from one call that left something to the next; one that left nothing ends
    the row.

    Source: DynamoDB API reference, BatchGetItem and BatchWriteItem, on unprocessed keys and items.
    """

    def __init__(self) -> None:
        self._row = 0

    def after(self, left: Sequence[Any]) -> None:
        if not left:
            self._row = 0
            return
        if self._row == len(BUSY_PAUSES):
            raise Busy(f"{len(left)} left unprocessed after {self._row + 1} tries")
        time.sleep(random.uniform(0, BUSY_PAUSES[self._row]))
        self._row += 1


def _undisturbed(call: Callable[..., Any], arguments: dict[str, Any]) -> dict[str, Any]:
    """A write that met another transaction, or was throttled in one, was not done; it is tried again: SDKs do not.

    Source: DynamoDB developer guide, "Transaction conflict handling in DynamoDB".
    """
    for pause in CONFLICT_PAUSES:
        try:
            done: dict[str, Any] = call(**arguments)
            return done
        except ClientError as error:
            codes = {error.response["Error"]["Code"], *(r.get("Code") for r in _reasons(error))}
            if "ConditionalCheckFailed" in codes or not codes & PASSING:
                raise
        time.sleep(random.uniform(0, pause))
    last: dict[str, Any] = call(**arguments)
    return last


def _reasons(error: ClientError) -> list[dict[str, Any]]:
    response: Any = error.response
    return list(response.get("CancellationReasons", []))


def _update_expression(update: Update) -> str:
    parts = []
    sets = [f"#{name} = :set_{name}" for name in update.sets]
    sets += [f"#{name} = if_not_exists(#{name}, :set_{name})" for name in update.first]
    if sets:
        parts.append("SET " + ", ".join(sets))
    if update.removes:
        parts.append("REMOVE " + ", ".join(f"#{name}" for name in update.removes))
    if update.add:
        parts.append("ADD " + ", ".join(f"#{name} :add_{name}" for name in update.add))
    return " ".join(parts)


def _names_in(expression: str) -> dict[str, str]:
    words = expression.replace("(", " ").replace(")", " ").replace(",", " ").split()
    return {word: word[1:] for word in words if word.startswith("#")}


def _name(write: Write | Check) -> str:
    return write.condition.name if write.condition else ""


def _key(key: Key) -> Item:
    return {"PK": {"S": key[0]}, "SK": {"S": key[1]}}


def _wire(item: Item) -> Item:
    return {name: to_wire(value) for name, value in item.items()}


def _item(wire: Item) -> Item:
    return {name: from_wire(value) for name, value in wire.items()}
