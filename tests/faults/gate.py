"""Every AWS call of the application goes through a gate, where the process can be killed or the call disturbed."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError
from moto.core.botocore_stubber import MockRawResponse

from chalicelib.adapters.aws import ONCE
from chalicelib.adapters.documents import Documents
from infra.local.ses import api
from infra.local.ses.account import Account, ConfigurationSet, Identity
from infra.local.ses.http import Request
from infra.local.ses.mailbox import Mailbox, Message
from infra.local.ses.operations import Service
from infra.local.ses.publisher import Publisher
from tests.shelf import REGION, SETTINGS

Make = Callable[..., Any]
"""Makes the call; arguments given to it replace those of the application."""


class Killed(BaseException):
    """The process is dead: nothing in the application may catch this, nor make another call after it."""


@dataclass(frozen=True)
class Call:
    """The ``number``-th call of a run; ``where`` is the function that makes it."""

    number: int
    service: str
    operation: str
    where: str
    arguments: dict[str, Any]

    def __str__(self) -> str:
        return f"call {self.number}: {self.service} {self.operation} in {self.where}"


def make(call: Call, do: Make) -> Any:
    """The meddler that does not."""
    return do()


class Gate:
    """Counts the calls made while it is ``open``; ``meddle`` is given each of them, and makes it, or does not.

    From the moment that ``dead`` is set every call raises Killed, whichever thread makes it.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.meddle: Callable[[Call, Make], Any] = make
        self.open = self.dead = False
        self.where = ""
        self._one_by_one = threading.RLock()  # moto is not made for threads
        self._counting = threading.Lock()

    def client(self, service: str) -> Any:
        """What the application takes for boto3's client."""
        return _Typesetter(self) if service == "lambda" else _Through(self, service)

    def pass_(self, service: str, operation: str, arguments: dict[str, Any], do: Make) -> Any:
        if not self.open:
            return do()
        with self._counting:
            if self.dead:
                raise Killed
            call = Call(len(self.calls) + 1, service, operation, self.where, arguments)
            self.calls.append(call)
        return self.meddle(call, partial(self._alone, do))

    def _alone(self, do: Make, **changes: Any) -> Any:
        with self._one_by_one:
            return do(**changes)


class _Through:
    def __init__(self, gate: Gate, service: str) -> None:
        self._gate, self._service, self._client = gate, service, boto(service)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name not in self._client.meta.method_to_api_mapping:
            return method
        return lambda **arguments: self._gate.pass_(self._service, name, arguments, partial(method, **arguments))


@dataclass
class _Typesetter:
    """Lambda's client for the one function that is invoked; what it sets is one line, and nobody looks at it."""

    gate: Gate

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        do = partial(self._typeset, json.loads(Payload))
        return dict(self.gate.pass_("lambda", "invoke", {"Payload": Payload}, do))

    def _typeset(self, order: dict[str, Any]) -> dict[str, Any]:
        documents = Documents(boto("s3"), SETTINGS["BUCKET"], lambda: None, "")
        event: Any = SimpleNamespace(id=order["event"], version=order["version"])
        key = documents.put_agenda(event, order["language"], order["zone"], b"%PDF-1.7 the agenda")
        return {"Payload": BytesIO(json.dumps({"key": key}).encode())}


@cache
def boto(service: str) -> Any:
    """A client by itself, made once: making one costs more than many calls."""
    session, ours = boto3.session.Session("testing", "testing", region_name=REGION), service == "sesv2"
    made = session.client(service, config=ONCE, endpoint_url="http://ses.invalid" if ours else None)  # type: ignore[call-overload]
    if ours:
        made.meta.events.register_first("before-send.sesv2", lambda request, **_: _ses[0].answer(request))
    return made


class Ses:
    """The strict SES of ``infra.local.ses`` without its HTTP server: threads and sockets do not survive a fork."""

    def __init__(self, directory: Any) -> None:
        self.time: Callable[[], float] = lambda: 0.0
        self.taken: Callable[[int], None] = lambda count: None
        """Told after each message that was taken, and how many there are by now."""
        clock = lambda: self.time()  # noqa: E731
        self.account = Account(region=REGION, number="000000000000", rate=10_000, quota=1_000_000, clock=clock)
        self.mailbox = _InMemory(directory, lambda count: self.taken(count))
        self._service = Service(self.account, self.mailbox, Publisher(None, REGION, "", ""))
        self.account.identities["symposium.example.org"] = Identity("symposium.example.org")
        name = SETTINGS["CONFIGURATION_SET"]
        self.account.configuration_sets[name] = ConfigurationSet(name)
        _ses[:] = [self]

    def answer(self, request: AWSPreparedRequest) -> AWSResponse:
        """Raises ConnectionClosedError where SES closes the connection after it took the mail."""
        target = "/" + request.url.split("/", 3)[3]
        headers = [(name, one if isinstance(one, str) else one.decode()) for name, one in request.headers.items()]
        done = api.answer(self._service, None, Request(request.method, target, headers, request.body or b""))
        if done.drop:
            raise ConnectionClosedError(endpoint_url=request.url)
        return AWSResponse(request.url, done.status, dict(done.headers), MockRawResponse(done.body))


_ses: list[Ses] = []


class _InMemory(Mailbox):
    """The mailbox without files: thousands of runs fill it."""

    def __init__(self, directory: Any, taken: Callable[[int], None]) -> None:
        super().__init__(directory)
        self._raw: dict[str, bytes] = {}
        self._taken = taken

    def keep(self, message: Message, raw: bytes) -> None:
        self._raw[message.id] = raw
        with self._lock:
            self._messages[message.id] = message
        self._taken(len(self._messages))

    def raw(self, message_id: str) -> bytes:
        return self._raw[message_id]
