"""The counting follows the worked examples of the Amazon DynamoDB Developer Guide."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.adapters.store.table import ABSENT, Put, Table, Update
from tests.conftest import client
from tests.performance.memory_aws import standing
from tests.performance.units import Meter, index_units, item_size, read_units, write_units

KB = 1024


def sized(size: int, **keys: str) -> dict[str, Any]:
    """An item of this many bytes."""
    item = {name: {"S": value} for name, value in {"PK": "p", "SK": "s", **keys}.items()}
    return {**item, "x": {"S": "." * (size - item_size(item) - 1)}}


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "Ташкент"}, 14),  # UTF-8
        ({"N": "27"}, 2),  # a byte for two significant digits, and one
        ({"N": "1700"}, 2),  # trailing zeroes are trimmed
        ({"N": "-27"}, 3),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"B": b"123"}, 3),
        ({"L": []}, 3),  # "3 bytes of overhead, regardless of its contents"
        ({"M": {}}, 3),
        ({"L": [{"S": "ab"}, {"S": "c"}]}, 8),  # "each element also requires 1 byte"
        ({"M": {"a": {"S": "bc"}}}, 7),
        ({"SS": ["ab", "c"]}, 3),
    ],
)
def test_an_attribute_is_its_name_and_its_value(value: dict[str, Any], size: int) -> None:
    assert item_size({"name": value}) == 4 + size


def test_reads_round_up_to_4_kb_and_are_half_when_eventually_consistent() -> None:
    assert read_units(3_500, consistent=True) == 1  # "a 3,500-byte item … the same as a 4 KB item"
    assert read_units(8 * KB, consistent=True) == 2
    assert read_units(8 * KB, consistent=False) == 1
    assert read_units(10 * KB, consistent=True) == 3  # "a 10 KB item … 12 KB"
    assert read_units(0, consistent=True) == 1  # "an item that doesn't exist … will still consume"


def test_writes_round_up_to_1_kb_and_the_larger_of_before_and_after_counts() -> None:
    assert write_units(None, sized(512)) == 1  # "an item of 512 bytes … 1 KB"
    assert write_units(sized(1536), sized(100)) == 2
    assert write_units(sized(100), None) == 1
    assert write_units(None, None) == 1


def test_the_index_is_written_when_its_entry_changes() -> None:
    listed, moved = sized(200, GSI1PK="a", GSI1SK="b"), sized(200, GSI1PK="a", GSI1SK="c")
    assert index_units(None, sized(200)) == 0  # not indexed
    assert index_units(None, listed) == 1  # "one write is required to put the item into the index"
    assert index_units(listed, sized(200)) == 1  # "one write is required to erase the previous item"
    assert index_units(listed, moved) == 2  # "two writes are required"
    assert index_units(listed, {**listed, "y": {"S": "z"}}) == 1  # a projected attribute
    assert index_units(listed, dict(listed)) == 0


@pytest.fixture
def meter(table: Table) -> Any:
    counter, own = Meter(standing), client("dynamodb")
    counter.watch(own)
    yield counter
    own.meta.events.unregister("provide-client-params.dynamodb", unique_id=f"meter-{id(counter)}")
    own.meta.events.unregister("after-call.dynamodb", unique_id=f"metered-{id(counter)}")


def put(*items: dict[str, Any]) -> None:
    client("dynamodb").batch_write_item(RequestItems={"convoke": [{"PutRequest": {"Item": item}} for item in items]})


def test_a_batch_rounds_each_item_by_itself(meter: Meter) -> None:
    put(sized(500), sized(3_584, SK="t"))
    assert meter.lap().written == 5  # "500 bytes and 3.5 KB … 5 KB (1 KB + 4 KB), not 4 KB"
    put(sized(1_536), sized(6_656, SK="t"))
    meter.lap()
    keys = [{"PK": {"S": "p"}, "SK": {"S": sk}} for sk in ("s", "t", "nobody")]
    client("dynamodb").batch_get_item(RequestItems={"convoke": {"Keys": keys, "ConsistentRead": True}})
    assert meter.lap().reads == 1 + 2 + 1  # "1.5 KB and 6.5 KB … 12 KB (4 KB + 8 KB), not 8 KB"; and one that is absent


def test_a_query_rounds_the_sum(meter: Meter, table: Table) -> None:
    for number in range(40):
        put(sized(100, SK=f"{number:02}"))
    put(sized(800, SK="90"))
    meter.lap()
    assert len(list(table.query_all("p", consistent=True))) == 41
    assert meter.lap().reads == 2  # 4,800 bytes: 8 KB, though each item is read of a unit of its own
    assert list(table.query_all("nobody")) == []
    assert (bill := meter.lap()).reads == 0.5
    assert bill.calls == {("dynamodb", "Query"): 1} and bill.kinds == {"Query nobody/*": 0.5}


def test_a_query_that_answers_with_a_part_reads_the_whole(meter: Meter, table: Table) -> None:
    put(sized(9_000))
    meter.lap()
    assert [item["SK"] for item in table.query_all("p", fields=("SK",))] == ["s"]
    assert meter.lap().reads == 1.5


def test_a_failed_condition_costs_what_the_larger_item_would(meter: Meter) -> None:
    put(sized(1_500))
    meter.lap()
    with pytest.raises(ClientError):
        client("dynamodb").put_item(
            TableName="convoke", Item=sized(3_000), ConditionExpression="attribute_not_exists(PK)"
        )
    assert (bill := meter.lap()).written == 3
    assert bill.index_writes == 0


def test_a_transaction_takes_two_units_for_one_but_for_the_index(meter: Meter, table: Table) -> None:
    table.transact([Put({"PK": "p", "SK": "s", "GSI1PK": "a", "GSI1SK": "b"}, ABSENT), Put({"PK": "p", "SK": "t"})])
    assert (bill := meter.lap()).writes == 4
    assert bill.index_writes == 1
    table.write(Update(("p", "s"), {"name": "Clara"}))
    assert meter.lap().written == 2
