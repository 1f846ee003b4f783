"""DynamoDB's bill, counted from the requests: no emulator reports the units that AWS would.

Sources, all in the Amazon DynamoDB Developer Guide:

- "DynamoDB item sizes and formats" (CapacityUnitCalculations): the size of an item;
- "DynamoDB read and write operations" (read-write-operations): units of each call, which round up item by item, also in
  batches; a Query rounds the sum; what is not there is read at the smallest size; a write counts the larger of the item
  before and after, and so does one whose condition failed;
- "Amazon DynamoDB Transactions: How it works": two units where a plain call takes one;
- "Using Global Secondary Indexes in DynamoDB", "Write capacity units": one write to put, change or remove an entry, two
  when its key moves, none when nothing in the index changes.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Wire = dict[str, Any]
"""An item as DynamoDB's JSON has it: ``{"PK": {"S": "…"}}``."""

Standing = Callable[[str, Wire], Wire | None]
"""The item that stands in a table under a key, or None."""

WRITTEN, READ = 1024, 4096
"""Bytes that one unit writes, and reads."""

INDEX_KEY = ("GSI1PK", "GSI1SK")
"""The table's one index, which holds every attribute (``infra/resources.yaml``)."""


def item_size(item: Wire) -> int:
    """Bytes of an item: names and values, and what DynamoDB adds for lists, maps and their elements."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def write_units(before: Wire | None, after: Wire | None) -> int:
    """Units that the table takes for a write between these two states of an item."""
    return _steps(max(item_size(before or {}), item_size(after or {})), WRITTEN)


def index_units(before: Wire | None, after: Wire | None) -> int:
    """Units that the index takes for it."""
    old, new = _entry(before), _entry(after)
    if old == new:
        return 0
    if old and new and _index_key(old) != _index_key(new):
        return write_units(old, None) + write_units(None, new)
    return write_units(old, new)


def read_units(size: int, *, consistent: bool) -> float:
    """Units of reading ``size`` bytes; half of it when eventually consistent."""
    return _steps(size, READ) * (1.0 if consistent else 0.5)


@dataclass
class Bill:
    """Units and calls. ``kinds`` says what the units were for, such as ``PutItem INVITEE/DELIVERY``."""

    writes: float = 0.0
    index_writes: float = 0.0
    reads: float = 0.0
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    kinds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    @property
    def written(self) -> float:
        """Write units, those of the index included."""
        return self.writes + self.index_writes

    def of(self, service: str) -> int:
        """Calls of one service."""
        return sum(count for (name, _), count in self.calls.items() if name == service)


class Meter:
    """Counts what boto3 clients ask for. ``standing`` looks at the table without asking it."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._bill = Bill()

    def watch(self, client: Any) -> None:
        """Count this client's calls from now on."""
        service = client.meta.service_model.service_name
        client.meta.events.register(f"provide-client-params.{service}", self._about_to, unique_id=f"meter-{id(self)}")
        client.meta.events.register(f"after-call.{service}", self._done, unique_id=f"metered-{id(self)}")

    def lap(self) -> Bill:
        """What was counted since the last lap."""
        done, self._bill = self._bill, Bill()
        return done

    def _about_to(self, params: Wire, model: Any, context: Wire, **_: Any) -> Wire:
        context["metered"] = params = _whole(params) if model.name == "Query" else params
        context["before"] = [self._standing(table, key) for table, key, *_ in _written(model.name, params)]
        return params

    def _done(self, parsed: Wire, model: Any, context: Wire, **_: Any) -> None:
        service, operation, params = model.service_model.service_name, model.name, context["metered"]
        self._bill.calls[(service, operation)] += 1
        if service != "dynamodb":
            return
        twice = 2 if operation == "TransactWriteItems" else 1
        for (table, key, aimed_at), before in zip(_written(operation, params), context["before"], strict=True):
            after = self._standing(table, key)
            units = twice * write_units(before, aimed_at if "Error" in parsed else after)
            index = index_units(before, after)
            self._bill.writes += units
            self._bill.index_writes += index
            self._bill.kinds[f"{operation} {_kind(key)}"] += units + index
        for key, read in self._reads(operation, params, parsed):
            self._bill.reads += read
            self._bill.kinds[f"{operation} {_kind(key)}"] += read

    def _reads(self, operation: str, params: Wire, parsed: Wire) -> Iterator[tuple[Wire, float]]:
        if operation == "GetItem":
            size = item_size(self._standing(params["TableName"], params["Key"]) or {})
            yield params["Key"], read_units(size, consistent=bool(params.get("ConsistentRead")))
        elif operation == "BatchGetItem":
            for table, asked in params["RequestItems"].items():
                left = parsed.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
                for key in (key for key in asked["Keys"] if key not in left):
                    size = item_size(self._standing(table, key) or {})
                    yield key, read_units(size, consistent=bool(asked.get("ConsistentRead")))
        elif operation == "Query":
            if {"FilterExpression", "Select"} & params.keys():
                raise ValueError("the answer to such a query does not show what was read")
            asked_for = {name: _asked(params, place) for place, name in enumerate(("PK", "SK"))}
            size = sum(item_size(item) for item in parsed.get("Items", []))
            yield asked_for, read_units(size, consistent=bool(params.get("ConsistentRead")))
        elif operation in ("Scan", "TransactGetItems", "ExecuteStatement"):
            raise ValueError(f"{operation} is not counted; nothing here should need it")


def _whole(query: Wire) -> Wire:
    """The query without its projection: it reads as much, and its answer shows what was read."""
    names, used = query.get("ExpressionAttributeNames", {}), query["KeyConditionExpression"]
    return {name: value for name, value in query.items() if name != "ProjectionExpression"} | {
        "ExpressionAttributeNames": {name: value for name, value in names.items() if re.search(f"{name}\\b", used)}
    }


def _written(operation: str, params: Wire) -> list[tuple[str, Wire, Wire | None]]:
    """Table and key of every item that a call writes, and the item that a put wants there."""
    if operation in ("PutItem", "UpdateItem", "DeleteItem"):
        return [_one(params)]
    if operation == "TransactWriteItems":
        return [_one(next(iter(write.values()))) for write in params["TransactItems"]]
    if operation == "BatchWriteItem":
        return [
            _one({"TableName": table, **next(iter(write.values()))})
            for table, writes in params["RequestItems"].items()
            for write in writes
        ]
    return []


def _one(write: Wire) -> tuple[str, Wire, Wire | None]:
    item = write.get("Item")
    key = {name: item[name] for name in ("PK", "SK")} if item else write["Key"]
    return write["TableName"], key, item


def _asked(params: Wire, place: int) -> Wire:
    """The value of the partition key (place 0) or of the sort key (place 1) in a query's condition."""
    values = list(params["ExpressionAttributeValues"].values())
    return values[place] if place < len(values) else {"S": "*"}


def _kind(key: Wire) -> str:
    """``INVITEE/DELIVERY`` of a key of such an item."""
    return "/".join(key[name]["S"].partition("#")[0] for name in ("PK", "SK"))


def _entry(item: Wire | None) -> Wire | None:
    return item if item and all(name in item for name in INDEX_KEY) else None


def _index_key(item: Wire) -> tuple[Any, ...]:
    return tuple(item[name] for name in INDEX_KEY)


def _steps(size: int, step: int) -> int:
    return max(1, -(-size // step))


def _value_size(value: Wire) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return _number_size(content)
    if kind == "B":
        return len(content)
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "L":
        return 3 + sum(1 + _value_size(element) for element in content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _value_size(element) for name, element in content.items())
    return sum(_value_size({kind[0]: element}) for element in content)


def _number_size(digits: str) -> int:
    """One byte per two significant digits and one more; a sign takes one, too."""
    sign, significant, _ = Decimal(digits).normalize().as_tuple()
    return -(-len(significant) // 2) + 1 + sign
