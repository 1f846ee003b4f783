"""botocore's descriptions of AWS, cut down to the operations that the functions call.

It describes four hundred services to the last word, and a container reads the whole description of each service that it
makes a client of, and the regions of all four hundred, before its first call.
"""

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CALLED = {
    "dynamodb": {
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "TransactWriteItems",
        "UpdateItem",
    },
    "lambda": {"Invoke"},
    "s3": {"CopyObject", "CreateBucket", "DeleteObject", "GetObject", "HeadObject", "PutObject"},
    "secretsmanager": {"GetSecretValue"},
    "sesv2": {"GetAccount", "SendEmail"},
    "sqs": {"GetQueueAttributes", "SendMessageBatch"},
}
"""A client that is made in Lambda has these methods and no other. Nothing creates a bucket: botocore makes presigned
posts with the description of that operation.
"""

ENDPOINTS = CALLED.keys() - {"sesv2"} | {"email", "sts"}
"""Their names among the endpoints: SES has another, and STS is where credentials may come from."""


def trim(data: Path) -> None:
    """Cut down ``botocore/data``."""
    for service in data.iterdir():
        if service.is_dir() and service.name not in CALLED:
            shutil.rmtree(service)
    for described in data.glob("*/*/service-2.json.gz"):
        model = json.loads(gzip.decompress(described.read_bytes()))
        described.unlink()
        _write(described.with_suffix(""), cut_down(model, CALLED[described.parts[-3]]))
    endpoints = json.loads((data / "endpoints.json").read_bytes())
    for partition in endpoints["partitions"]:
        partition["services"] = {name: one for name, one in partition["services"].items() if name in ENDPOINTS}
    _write(data / "endpoints.json", endpoints)


def cut_down(model: dict[str, Any], called: set[str]) -> dict[str, Any]:
    """A service's description with these operations, the shapes that they use, and no words for people."""
    operations = {name: one for name, one in model["operations"].items() if name in called}
    shapes, waiting = dict[str, Any](), list(_shapes_of(operations))
    while waiting:
        if (name := waiting.pop()) not in shapes:
            shapes[name] = model["shapes"][name]
            waiting += _shapes_of(shapes[name])
    return {**model, "operations": _without_words(operations), "shapes": _without_words(shapes), "documentation": ""}


def _shapes_of(node: Any) -> Iterator[str]:
    """The names that follow ``"shape": ``, at any depth."""
    if isinstance(node, dict) and isinstance(node.get("shape"), str):
        yield node["shape"]
    for one in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _shapes_of(one)


def _without_words(node: Any) -> Any:
    """``documentation`` is words where it is a string: a member of that name is an object, and stays. botocore wants
    them of a client's own parameters alone, which stand elsewhere.
    """
    if isinstance(node, list):
        return [_without_words(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        name: _without_words(value)
        for name, value in node.items()
        if not (name == "documentation" and isinstance(value, str))
    }


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, separators=(",", ":")))
