"""The table: conditions by name, transactions, pages, and reading on where DynamoDB stopped."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.adapters.store import table as module
from chalicelib.adapters.store.table import (
    ABSENT,
    BUSY_PAUSES,
    Busy,
    Check,
    Condition,
    ConditionFailed,
    Delete,
    Put,
    Table,
    Update,
)
from tests.shelf import SETTINGS, Shelf

KEY = ("P", "S")


def item(n: int = 0, **more: Any) -> dict[str, Any]:
    return {"PK": "P", "SK": f"S{n:03}", **more}


class Meddling:
    """A client that answers one kind of call itself, as often as it is told to, and passes all others on."""

    def __init__(self, client: Any, call: str, *answers: Callable[..., Any]) -> None:
        self._client, self._call, self._answers = client, call, list(answers)

    def __getattr__(self, name: str) -> Any:
        passed_on = getattr(self._client, name)

        def call(**arguments: Any) -> Any:
            meddle = self._answers.pop(0) if name == self._call and self._answers else passed_on
            return meddle(**arguments)

        return call


def test_a_failed_condition_carries_its_name_and_the_item_that_stood_there(table: Table) -> None:
    table.write(Put({"PK": "P", "SK": "S", "who": "first"}, ABSENT))
    with pytest.raises(ConditionFailed) as failed:
        table.write(Put({"PK": "P", "SK": "S", "who": "second"}, ABSENT))
    assert failed.value.name == "absent"
    assert failed.value.item == {"PK": "P", "SK": "S", "who": "first"}
    assert table.get(KEY) == {"PK": "P", "SK": "S", "who": "first"}


def test_an_update_never_makes_an_item_that_is_not_there(table: Table) -> None:
    with pytest.raises(ConditionFailed, match="present"):
        table.write(Update(KEY, {"who": "nobody"}))
    assert table.get(KEY) is None


def test_an_update_sets_removes_and_counts_also_where_names_are_reserved_words(table: Table) -> None:
    table.write(Put({"PK": "P", "SK": "S", "state": "old", "gone": "x"}))
    table.write(Update(KEY, {"state": "new", "name": "n"}, removes=("gone",), add={"count": 2}))
    assert table.get(KEY) == {"PK": "P", "SK": "S", "state": "new", "name": "n", "count": 2}


def test_a_deletion_with_a_condition_leaves_what_does_not_fit_it(table: Table) -> None:
    table.write(Put({"PK": "P", "SK": "S", "claim": "theirs"}))
    mine = Condition("still mine", "#claim = :claim", {"claim": "mine"})
    with pytest.raises(ConditionFailed, match="still mine"):
        table.write(Delete(KEY, mine))
    assert table.get(KEY) is not None


def test_a_transaction_writes_all_or_nothing_and_names_the_condition_that_failed(table: Table) -> None:
    table.write(Put(item(1, who="first")))
    with pytest.raises(ConditionFailed) as failed:
        table.transact([Put(item(2)), Put(item(1), ABSENT)])
    assert (failed.value.name, failed.value.item) == ("absent", item(1, who="first"))
    assert table.get(("P", "S002")) is None


def test_a_check_holds_up_a_transaction_and_writes_nothing(table: Table) -> None:
    table.write(Put(item(1, reason="bounce")))
    same = Check(("P", "S001"), Condition("as it was", "#reason = :reason", {"reason": "bounce"}))
    table.transact([same, Put(item(2))])
    assert table.get(("P", "S001")) == item(1, reason="bounce")
    table.write(Update(("P", "S001"), {"reason": "complaint"}))
    with pytest.raises(ConditionFailed, match="as it was") as failed:
        table.transact([Put(item(3)), same])
    assert failed.value.item == item(1, reason="complaint")
    assert table.get(("P", "S003")) is None


def test_a_transaction_that_meets_another_one_tries_again(table: Table, shelf: Shelf) -> None:
    def conflict(**_: Any) -> None:
        reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]
        answer: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
        raise ClientError(answer, "TransactWriteItems")

    busy = Table(Meddling(shelf.dynamodb, "transact_write_items", conflict, conflict), SETTINGS["TABLE"])
    busy.transact([Put(item(1)), Put(item(2))])
    assert [found["SK"] for found in table.query_all("P")] == ["S001", "S002"]


def test_a_batch_is_read_in_parts_of_100_and_what_was_left_unprocessed_is_asked_for_again(shelf: Shelf) -> None:
    shelf.table.put_many([item(n) for n in range(230)])
    keys = [{"PK": {"S": "P"}, "SK": {"S": f"S{n:03}"}} for n in range(100)]

    def left_all(**_: Any) -> dict[str, Any]:
        return {"Responses": {}, "UnprocessedKeys": {SETTINGS["TABLE"]: {"Keys": keys}}}

    table = Table(Meddling(shelf.dynamodb, "batch_get_item", left_all), SETTINGS["TABLE"])
    found = table.batch_get([("P", f"S{n:03}") for n in range(230)] + [("P", "S001"), ("P", "none")])
    assert len(found) == 230


def test_what_dynamodb_left_unwritten_is_written_again(shelf: Shelf) -> None:
    def left_all(RequestItems: dict[str, Any]) -> dict[str, Any]:
        return {"UnprocessedItems": RequestItems}

    table = Table(Meddling(shelf.dynamodb, "batch_write_item", left_all), SETTINGS["TABLE"])
    table.put_many([item(n) for n in range(60)])
    assert len(shelf.items("P")) == 60


def test_an_attribute_that_is_set_first_keeps_its_first_value(table: Table) -> None:
    table.write(Put(item(1)))
    for moment in ("early", "late"):
        table.write(Update(("P", "S001"), {"state": moment}, first={"sent_at": moment}))
    assert table.get(("P", "S001")) == item(1, state="late", sent_at="early")


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_that_is_throttled_tries_again(shelf: Shelf, code: str) -> None:
    def throttled(**_: Any) -> None:
        answer: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": [{"Code": code}]}
        raise ClientError(answer, "TransactWriteItems")

    Table(Meddling(shelf.dynamodb, "transact_write_items", throttled), SETTINGS["TABLE"]).transact([Put(item(1))])
    assert len(shelf.items("P")) == 1


@pytest.mark.parametrize("call", ["batch_get_item", "batch_write_item"])
def test_a_batch_that_is_never_processed_waits_longer_each_time_and_then_raises(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(module.random, "uniform", lambda _, most: most)
    monkeypatch.setattr(module.time, "sleep", waited.append)

    def left_all(RequestItems: dict[str, Any]) -> dict[str, Any]:
        return {"Responses": {}, "UnprocessedKeys": RequestItems, "UnprocessedItems": RequestItems}

    table = Table(Meddling(shelf.dynamodb, call, *[left_all] * 20), SETTINGS["TABLE"])
    with pytest.raises(Busy, match="after 8 tries"):
        table.put_many([item(1)]) if call == "batch_write_item" else table.batch_get([KEY])
    assert tuple(waited) == BUSY_PAUSES == tuple(sorted(BUSY_PAUSES))


def test_a_partition_is_read_page_by_page_to_its_end(table: Table) -> None:
    table.put_many([item(n, much="x" * 20_000) for n in range(80)])
    assert table.query("P").next is not None
    assert [found["SK"] for found in table.query_all("P")] == [f"S{n:03}" for n in range(80)]


def test_a_stretch_of_a_partition_ends_where_it_is_told_or_has_one_beginning(table: Table) -> None:
    table.put_many([item(n) for n in range(20)])
    assert len(list(table.query_all("P", until="S009"))) == 10
    assert len(list(table.query_all("P", begins="S00"))) == 10
    assert list(table.query_all("P", begins="S000", fields=["SK"])) == [{"SK": "S000"}]
