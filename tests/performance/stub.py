"""A stand-in for AWS in a process of its own, ``python -m tests.performance.stub``, that costs the measured nothing.

It speaks just enough of DynamoDB, SQS, SES v2, S3 and Secrets Manager for the functions to run against it, and it is no
emulator: every condition holds, no delay delays, SES accepts everything after ``--latency`` seconds, the table answers
after ``--table`` seconds, and every file but SES's events is a PDF of 60 KB, or ``--file`` octets. What is put is kept
in a dict. After
``PUT /_people/<n>`` the one profile that was stored stands for ``n`` people, who are made up as they are asked for, so
that a listing of 100,000 needs no memory.
"""

import argparse
import asyncio
import json
import secrets
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.performance.stub_table import Item, Store

PDF = b"%PDF-1.7\n" + b"a measured document\n" * 3072
"""60 KB."""

SECRETS = {"link-keys": '{"current": "1", "1": "the key of the measurements"}', "address-key": "hashes"}


class Stub:
    """Answers requests: status, headers, body, and seconds until the answer goes out."""

    def __init__(self, latency: float, table: float, size: int) -> None:
        self._latency, self._table = latency, table
        self._pdf = (PDF * (size // len(PDF) + 1))[:size]
        self._store = Store()
        self._queues: dict[str, list[str]] = {}
        self._events: dict[str, bytes] = {}
        self.calls: Counter[str] = Counter()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str, bytes, float]:
        service, _, operation = headers.get("x-amz-target", "").partition(".")
        if service.startswith("DynamoDB"):
            self.calls[operation] += 1
            return 200, "", json.dumps(self._dynamodb(operation, json.loads(body))).encode(), self._table
        if service == "AmazonSQS":
            return 200, "", json.dumps(self._sqs(operation, json.loads(body))).encode(), 0
        if service == "secretsmanager":
            return 200, "", json.dumps({"SecretString": SECRETS[json.loads(body)["SecretId"]]}).encode(), 0
        if path == "/v2/email/outbound-emails":
            self.calls["SendEmail"] += 1
            return 200, "", json.dumps({"MessageId": secrets.token_hex(20)}).encode(), self._latency
        if path == "/v2/email/account":
            quota = {"MaxSendRate": 100_000.0, "Max24HourSend": -1.0, "SentLast24Hours": 0.0}
            return 200, "", json.dumps({"SendQuota": quota}).encode(), 0
        if path.startswith("/_people/"):
            self._store.multiply(int(path.rpartition("/")[2]))
            return 200, "", b"", 0
        if path == "/_calls":
            return 200, "", json.dumps(self.calls).encode(), 0
        if "/mail-events/" in path:
            if method == "PUT":
                self._events[path.rpartition("/")[2]] = body
            return 200, 'ETag: "told"\r\n', self._events[path.rpartition("/")[2]] if method == "GET" else b"", 0
        return self._s3(method, headers)

    def _s3(self, method: str, headers: dict[str, str]) -> tuple[int, str, bytes, float]:
        if method == "PUT":
            return 200, 'ETag: "put"\r\n', b"", 0
        if headers.get("if-none-match") == '"stub"':
            return 304, 'ETag: "stub"\r\n', b"", 0
        return 200, f'ETag: "stub"\r\nX-Length: {len(self._pdf)}\r\n', b"" if method == "HEAD" else self._pdf, 0

    def _dynamodb(self, operation: str, request: Item) -> Item:
        store = self._store
        if operation == "PutItem":
            store.put(request["Item"])
        elif operation == "DeleteItem":
            store.delete(request["Key"])
        elif operation == "UpdateItem":
            before, after, changed = store.update(request)
            returned = {"ALL_OLD": before, "ALL_NEW": after, "UPDATED_NEW": changed}
            return {"Attributes": returned.get(request.get("ReturnValues", ""), {})}
        elif operation == "GetItem":
            found = store.get(request["Key"]["PK"]["S"], request["Key"]["SK"]["S"])
            return {"Item": found} if found else {}
        elif operation == "BatchGetItem":
            [(table, asked)] = request["RequestItems"].items()
            every = (store.get(key["PK"]["S"], key["SK"]["S"]) for key in asked["Keys"])
            return {"Responses": {table: [item for item in every if item]}, "UnprocessedKeys": {}}
        elif operation == "BatchWriteItem":
            for write in next(iter(request["RequestItems"].values())):
                self._write({"Put": write.get("PutRequest"), "Delete": write.get("DeleteRequest")})
            return {"UnprocessedItems": {}}
        elif operation == "TransactWriteItems":
            for write in request["TransactItems"]:
                self._write(write)
        elif operation == "Query":
            return store.query(request)
        else:
            raise NotImplementedError(operation)
        return {}

    def _write(self, write: Item) -> None:
        for kind, request in write.items():
            if request and kind == "Put":
                self._store.put(request["Item"])
            elif request and kind == "Delete":
                self._store.delete(request["Key"])
            elif request and kind == "Update":
                self._store.update(request)

    def _sqs(self, operation: str, request: Item) -> Item:
        waiting = self._queues.setdefault(request["QueueUrl"], [])
        if operation == "SendMessageBatch":
            waiting += [entry["MessageBody"] for entry in request["Entries"]]
            done = [{"Id": e["Id"], "MessageId": e["Id"], "MD5OfMessageBody": ""} for e in request["Entries"]]
            return {"Successful": done}
        if operation == "SendMessage":
            waiting.append(request["MessageBody"])
            return {"MessageId": "1"}
        if operation == "ReceiveMessage":
            taken, waiting[:] = waiting[:10], waiting[10:]
            return {"Messages": [{"MessageId": str(n), "Body": body} for n, body in enumerate(taken)]}
        if operation == "GetQueueAttributes":
            return {"Attributes": {name: "0" for name in request["AttributeNames"]}
                    | {"ApproximateNumberOfMessages": str(len(waiting))}}  # fmt: skip
        raise NotImplementedError(operation)


class Connection(asyncio.Protocol):
    """HTTP/1.1, one request after the other."""

    def __init__(self, stub: Stub) -> None:
        self._stub, self._held = stub, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            first, *lines = self._held[:end].decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            if headers.get("expect") == "100-continue" and len(self._held) == end + 4:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            length = end + 4 + int(headers.get("content-length", 0))
            if len(self._held) < length:
                return
            body, self._held = self._held[end + 4 : length], self._held[length:]
            method, target, _ = first.split(" ")
            self._respond(method, *self._stub.answer(method, target.partition("?")[0], headers, body))

    def _respond(self, method: str, status: int, more: str, body: bytes, wait: float) -> None:
        kind = "application/pdf" if body.startswith(b"%PDF") else "application/json"
        head = f"HTTP/1.1 {status} said\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        asyncio.get_running_loop().call_later(wait, self._transport.write, head.encode() + body)


@contextmanager
def running(latency: float = 0.0, table: float = 0.0, size: int = len(PDF)) -> Iterator[str]:
    """A stub in a process of its own, by its address."""
    command = [sys.executable, "-m", "tests.performance.stub"]
    command += ["--latency", str(latency), "--table", str(table), "--file", str(size)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def multiply(url: str, people: int) -> None:
    """Make the one profile that was stored stand for this many people."""
    urllib.request.urlopen(urllib.request.Request(f"{url}/_people/{people}", method="PUT")).read()


def put(url: str, key: str, content: bytes) -> None:
    """Put an object into the bucket."""
    urllib.request.urlopen(urllib.request.Request(f"{url}/bucket/{key}", content, method="PUT")).read()


async def serve(latency: float, table: float, size: int) -> None:
    stub = Stub(latency, table, size)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(stub), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--table", type=float, default=0.0)
    parser.add_argument("--file", type=int, default=len(PDF))
    asked = parser.parse_args()
    asyncio.run(serve(asked.latency, asked.table, asked.file))
