"""The stub's table: items by partition and sort key, one index, and people who are made up as they are asked for.

Every condition holds, because nothing that is measured depends on one that does not.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.performance.units import item_size

Item = dict[str, Any]

PAGE = 1024 * 1024
"""Bytes of a query's page, by the sizes of its items."""

SHARDS = 8
"""Partitions of a listing (``adapters.store.person``)."""


class Store:
    """Items by partition and sort key, one index, and people who are made up."""

    def __init__(self) -> None:
        self._items: dict[str, dict[str, Item]] = {}
        self._people, self._pattern, self._person, self._size = 0, "", "", 1

    def multiply(self, people: int) -> None:
        """From now on the profile that is there stands for this many people."""
        [profile] = [item for part in self._items.values() for sk, item in part.items() if sk == "PROFILE"]
        self._person, self._people, self._size = profile["id"]["S"], people, item_size(profile)
        self._pattern = json.dumps(profile)

    def get(self, pk: str, sk: str) -> Item | None:
        found = self._items.get(pk, {}).get(sk)
        if found is None and sk == "PROFILE" and re.fullmatch(r"INVITEE#\d{20}", pk):
            return self._made_up(int(pk.removeprefix("INVITEE#")))
        return found

    def put(self, item: Item) -> None:
        self._items.setdefault(item["PK"]["S"], {})[item["SK"]["S"]] = item

    def delete(self, key: Item) -> None:
        self._items.get(key["PK"]["S"], {}).pop(key["SK"]["S"], None)

    def update(self, request: Item) -> tuple[Item, Item, Item]:
        """The item before and after, and what was changed."""
        key, names = request["Key"], request.get("ExpressionAttributeNames", {})
        values = request.get("ExpressionAttributeValues", {})
        before = self.get(key["PK"]["S"], key["SK"]["S"]) or {}
        after, changed = {**key, **before}, {}
        for verb, body in re.findall(r"(SET|ADD|REMOVE) (.*?)(?= SET | ADD | REMOVE |$)", request["UpdateExpression"]):
            for part in re.split(r", (?![^(]*\))", body):
                name = names[re.match(r"#\w+", part)[0]]  # type: ignore[index]
                if verb == "REMOVE":
                    after.pop(name, None)
                    continue
                value = values[re.search(r":\w+", part)[0]]  # type: ignore[index]
                if verb == "ADD":
                    value = {"N": str(int(after.get(name, {"N": "0"})["N"]) + int(value["N"]))}
                elif "if_not_exists" in part:
                    value = after.get(name, value)
                after[name] = changed[name] = value
        self.put(after)
        return before, after, changed

    def query(self, request: Item) -> Item:
        values = request["ExpressionAttributeValues"]
        pk = next(iter(values.values()))["S"]
        said = [value["S"] for value in list(values.values())[1:]]
        condition = request["KeyConditionExpression"]
        index = "GSI1" if "IndexName" in request else ""
        fits: Callable[[str], bool] = lambda sk: True  # noqa: E731
        if "begins_with" in condition:
            fits = lambda sk: sk.startswith(said[0])  # noqa: E731
        elif "BETWEEN" in condition:
            fits = lambda sk: said[0] <= sk <= said[1]  # noqa: E731
        elif "<=" in condition:
            fits = lambda sk: sk <= said[0]  # noqa: E731
        after = request.get("ExclusiveStartKey", {}).get(f"{index}SK", {"S": ""})["S"]
        page = self._page(self._sorted(pk, index, after), fits, index, request.get("Limit", 1_000_000))
        if "ProjectionExpression" in request:
            wanted = [request["ExpressionAttributeNames"][one] for one in request["ProjectionExpression"].split(", ")]
            page["Items"] = [{name: item[name] for name in wanted if name in item} for item in page["Items"]]
        return page

    def _page(self, items: Iterator[Item], fits: Callable[[str], bool], index: str, limit: int) -> Item:
        page: list[Item] = []
        room = PAGE
        for item in items:
            if not fits(item[f"{index}SK"]["S"]):
                continue
            page.append(item)
            room -= self._size if index and self._people else item_size(item)
            if room <= 0 or len(page) == limit:
                keys = {"PK", "SK", f"{index}PK", f"{index}SK"}
                return {"Items": page, "LastEvaluatedKey": {name: item[name] for name in keys}}
        return {"Items": page}

    def _sorted(self, pk: str, index: str, after: str) -> Iterator[Item]:
        if not index:
            part = self._items.get(pk, {})
            yield from (part[sk] for sk in sorted(part) if sk > after)
        elif self._people and (not after or after.startswith("INVITEE#")):
            shard = int(pk.rpartition("#")[2])
            first = int(after.rpartition("#")[2]) + SHARDS if after else shard
            yield from (self._made_up(number) for number in range(first, self._people, SHARDS))  # type: ignore[misc]
        else:
            listed = [i for part in self._items.values() for i in part.values() if i.get("GSI1PK") == {"S": pk}]
            yield from sorted((i for i in listed if i["GSI1SK"]["S"] > after), key=lambda i: i["GSI1SK"]["S"])

    def _made_up(self, number: int) -> Item | None:
        if number >= self._people:
            return None
        made: Item = json.loads(self._pattern.replace(self._person, f"{number:020}"))
        return {**made, "email": {"S": f"person{number}@example.org"}}
