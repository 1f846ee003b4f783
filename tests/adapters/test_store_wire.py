"""Values on the wire: as boto3 writes and reads them, for every type that the table holds."""

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from chalicelib.adapters.store.wire import from_wire, to_wire

VALUES: list[Any] = [
    "Ташкент", "", True, False, None, 0, -7, 1_790_000_000_000_000, Decimal("14.25"), Decimal("0.000001"),
    [], ["a", 1, None, ["b"]], {}, {"rate": Decimal("1.5"), "left": [True, {"next": 3}]},
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_is_written_and_read_as_boto3_does(value: Any) -> None:
    wire = to_wire(value)
    assert wire == TypeSerializer().serialize(value)
    read = from_wire(wire)
    assert read == value == TypeDeserializer().deserialize(wire)
    assert type(read) is type(TypeDeserializer().deserialize(wire))


def test_a_tuple_is_stored_as_a_list() -> None:
    assert to_wire(("a", "b")) == {"L": [{"S": "a"}, {"S": "b"}]}


@pytest.mark.parametrize("value", [1.5, b"octets", {"a", "b"}, object()], ids=lambda value: type(value).__name__)
def test_what_the_table_does_not_hold_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="the table holds no"):
        to_wire([value])
