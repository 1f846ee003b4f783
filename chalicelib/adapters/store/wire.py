"""Values as DynamoDB writes them: ``{"S": "words"}``, ``{"N": "7"}``, ``{"M": {…}}``.

The types that the table holds; DynamoDB developer guide, "Low-level API", data type descriptors. What boto3 has for
this cannot be imported without all of boto3, of which nothing else is used: a tenth of what botocore takes.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any


def to_wire(value: Any) -> dict[str, Any]:
    """TypeError for what is none of str, bool, int, Decimal, None, list, tuple and mapping: floats are not exact."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | Decimal):
        return {"N": str(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, list | tuple):
        return {"L": [to_wire(one) for one in value]}
    if isinstance(value, Mapping):
        return {"M": {name: to_wire(one) for name, one in value.items()}}
    raise TypeError(f"the table holds no {type(value).__name__}: {value!r}")


def from_wire(wire: Mapping[str, Any]) -> Any:
    """The value; numbers as Decimal. KeyError for a type that the table does not hold."""
    ((kind, value),) = wire.items()
    return _READ[kind](value)


_READ: dict[str, Callable[[Any], Any]] = {
    "S": str,
    "BOOL": bool,
    "N": Decimal,
    "NULL": lambda _: None,
    "L": lambda values: [from_wire(one) for one in values],
    "M": lambda values: {name: from_wire(one) for name, one in values.items()},
}
