"""moto as these tests use it: by several threads, and DynamoDB millions of times.

It is not made for threads: a transaction copies a table that another thread may be writing to. And it is made to be
complete rather than quick. Here a call of DynamoDB is neither signed nor made a request of a web server's first, its
answer is not put together from six spellings of each attribute's name, a transaction copies what it is about to change
and not the whole table, a query sorts one partition and not all, and an item is measured as a whole only when it may be
too large.
"""

import copy
import json
import re
import threading
from collections import defaultdict
from functools import lru_cache
from inspect import signature
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from moto.core import DEFAULT_ACCOUNT_ID, responses
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.responses import ActionContext, ActionResult
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from tests import quick_expressions

OF_ITEMS = re.compile("Item|Query")
KEY = ("PK", "SK")
DYNAMODB = re.compile(r"https://dynamodb\.([a-z0-9-]+)\.amazonaws\.com/$")
QUERY = signature(Table.query)
LARGE = 200_000
"""Bytes; the limit is above it, and items that grow beyond it without being set are none of ours."""

_at_work = threading.RLock()
_process, _execute = BotocoreStubber.process_request, ActionResult.execute_result
_transact, _query = DynamoDBBackend.transact_write_items, Table.query
_hash, _equal, _size = DynamoType.__hash__, DynamoType.__eq__, DynamoType.size
_sign, _project = SigV4Auth.add_auth, Item.project
_set_measured = LimitedSizeDict.__setitem__
_touched: set[tuple[str, str]] = set()


def _one_by_one(stubber: BotocoreStubber, request: Any) -> Any:
    with _at_work:
        ours = DYNAMODB.match(request.url)
        return _at_dynamodb(request, ours[1]) if ours else _process(stubber, request)


def _at_dynamodb(request: Any, region: str) -> Any:
    """What ``BaseResponse.dispatch`` does, by way of werkzeug's request and its environment."""
    handler = DynamoHandler()
    said = {name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()}
    handler.headers, handler.querystring, handler.uri_match = said, {}, {}
    handler.region, handler.current_account = region, DEFAULT_ACCOUNT_ID
    handler.response_headers = {"server": "amazon.com"}
    asked = SimpleNamespace(method="POST", values={}, headers=said, data=request.body, path="/",
                            content_type=said["Content-Type"])  # fmt: skip
    handler.parse_parameters(asked)  # type: ignore[arg-type]
    return handler.call_action()


def _signed(signer: SigV4Auth, request: Any) -> None:
    """Nobody looks at the signature of a call of moto's DynamoDB; a local stack does."""
    if not DYNAMODB.match(request.url):
        _sign(signer, request)


def _as_it_stands(done: ActionResult, context: ActionContext) -> Any:
    ours = context.service_model.service_name == "dynamodb" and OF_ITEMS.search(context.operation_model.name)
    if not ours or not isinstance(done.result, dict):
        return _execute(done, context)
    kept = {name: value for name, value in done.result.items() if value is not None}
    return 200, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(kept, default=DynamoType.to_json)


def _noting_what_it_touches(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    for one in transact_items:
        (asked,) = one.values()
        key = asked.get("Key") or asked["Item"]
        _touched.add((key[KEY[0]]["S"], key[KEY[1]]["S"]))
    try:
        _transact(backend, transact_items)
    finally:
        _touched.clear()


def _copy_of_what_is_touched(table: Table, memo: dict[int, Any]) -> Table:
    """A table as it stands, for the time when this transaction fails: what it does not touch is shared."""
    made = copy.copy(table)
    made.items = defaultdict(dict, {pk: dict(part) for pk, part in table.items.items()})  # type: ignore[call-overload]
    for pk, sk in _touched:
        part = made.items.get(DynamoType({"S": pk}), {})
        item = part.get(DynamoType({"S": sk}))  # type: ignore[union-attr]
        if item:
            part[DynamoType({"S": sk})] = copy.deepcopy(item)  # type: ignore[index]
    return made


def _set(item: LimitedSizeDict, name: str, value: Any) -> None:
    """Counts what is set; an attribute set again counts twice, and then the whole is measured, as moto always does."""
    counted = vars(item)
    counted["size"] = counted.get("size", 0) + len(name) + value.size()
    (_set_measured if counted["size"] > LARGE else dict.__setitem__)(item, name, value)


def _of_one_partition(table: Table, hash_key: DynamoType | None, *asked: Any, **named: Any) -> Any:
    said = QUERY.bind(table, hash_key, *asked, **named).arguments
    table.only = said["hash_key_conditions"] if said["index_name"] else hash_key  # type: ignore[attr-defined]
    return _query(table, hash_key, *asked, **named)


def _items(table: Table) -> list[Item]:
    """All, or those of the partition, of the table or of an index, that is being queried."""
    only: Any = vars(table).pop("only", None)
    if isinstance(only, DynamoType):
        items = [*table.items[only].values()] if only in table.items else []
    else:
        items = [item for part in table.items.values() for item in part.values()]  # type: ignore[union-attr]
        for name, wanted in only or ():  # moto looks again whether it is quite so
            items = [item for item in items if name in item.attrs and item.attrs[name].value == wanted.value]
    return sorted(items, key=lambda item: (item.hash_key.value, item.range_key.value))


def _projected(item: Item, expressions: list[list[str]]) -> Item:
    """Attributes by their names are there as they stand: no need to make all of them into Python's and back."""
    if any(len(path) > 1 or "[" in path[0] for path in expressions):
        return _project(item, expressions)
    found = {path[0]: item.attrs[path[0]] for path in expressions if path[0] in item.attrs}
    return Item(item.hash_key, item.range_key, found)


def _text_hash(one: DynamoType) -> int:
    """Most of what is compared, looked up and measured are texts: keys, above all."""
    return hash(("S", one.value)) if one.type == "S" else _hash(one)


def _text_equal(one: DynamoType, other: DynamoType) -> bool:
    return (one.type, one.value) == (other.type, other.value) if one.type == "S" else _equal(one, other)


def _text_size(one: DynamoType) -> int:
    if one.type == "S":
        return len(one.value if one.value.isascii() else one.value.encode())
    return _size(one)


def install(patch: pytest.MonkeyPatch) -> None:
    quick_expressions.install(patch)
    patch.setattr(BotocoreStubber, "process_request", _one_by_one)
    patch.setattr(SigV4Auth, "add_auth", _signed)
    patch.setattr(responses, "method_names_from_class", lru_cache(responses.method_names_from_class))
    patch.setattr(Item, "project", _projected)
    patch.setattr(DynamoType, "__hash__", _text_hash)
    patch.setattr(DynamoType, "__eq__", _text_equal)
    patch.setattr(DynamoType, "__ne__", lambda one, other: not _text_equal(one, other))
    patch.setattr(DynamoType, "size", _text_size)
    patch.setattr(ActionResult, "execute_result", _as_it_stands)
    patch.setattr(DynamoDBBackend, "transact_write_items", _noting_what_it_touches)
    patch.setattr(Table, "__deepcopy__", _copy_of_what_is_touched, raising=False)
    patch.setattr(LimitedSizeDict, "__setitem__", _set)
    patch.setattr(Table, "query", _of_one_partition)
    patch.setattr(Table, "all_items", _items)
