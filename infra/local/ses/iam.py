"""Asks an emulator's IAM whether the caller may make this call: SES's own authorization step.

The request that came in is replayed, byte for byte and with its signature, to the emulator, whose SES front door checks
the signature and the caller's policies. An answer of 401 or 403 is the caller's answer; any other one means "may".
The emulator may keep a copy of what is replayed (at most one message a second and caller); nobody reads it.

That front door authorizes SendEmail on ``*`` only, while AWS authorizes it on the sending identity and on the
configuration set (Service Authorization Reference, "Actions, resources, and condition keys for Amazon SES v2"). So a
denied SendEmail is put to ``iam:SimulatePrincipalPolicy`` with those resources before it is believed.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from infra.local.ses.http import Request, Response

REMEMBERED = 1.0  # seconds a permission is taken for granted
TIMEOUT = 10.0
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/")
_CALLER = re.compile(r"User: (arn:aws:\S+) is not authorized")
_HOP = {"connection", "expect", "keep-alive", "transfer-encoding"}


@dataclass(frozen=True)
class Question:
    """What IAM is asked: the action, and for SendEmail the ARNs AWS would authorize it on."""

    action: str
    resources: tuple[str, ...] = ()


def access_key_of(headers: Mapping[str, str]) -> str:
    """The access key id in a SigV4 Authorization header, or nothing."""
    found = _CREDENTIAL.search(headers.get("authorization", ""))
    return found[1] if found else ""


class Iam:
    """The permissions of one emulator, each remembered for a second per caller and question."""

    def __init__(
        self, endpoint: str, region: str, access_key: str, secret_key: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._address = urlsplit(endpoint).netloc
        self._endpoint, self._region, self._keys = endpoint, region, (access_key, secret_key)
        self._clock = clock
        self._lock = threading.Lock()
        self._allowed: dict[tuple[str, Question], float] = {}
        self._client: Any = None

    def refusal(self, request: Request, question: Question) -> Response | None:
        """Nothing if the caller may, otherwise the answer to pass on as it is."""
        key = (access_key_of(request.headers), question)
        with self._lock:
            if self._allowed.get(key, -REMEMBERED) > self._clock() - REMEMBERED:
                return None
        answer = self._replay(request)
        if answer.status in (401, 403) and not self._simulated(answer, question):
            return answer
        with self._lock:
            self._allowed[key] = self._clock()
        return None

    def _replay(self, request: Request) -> Response:
        connection = HTTPConnection(self._address, timeout=TIMEOUT)
        try:
            connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
            for name, value in request.raw_headers:
                if name.lower() not in _HOP:
                    connection.putheader(name, value)
            connection.endheaders(request.body)
            answer = connection.getresponse()
            headers = [pair for pair in answer.getheaders() if pair[0].lower().startswith(("x-amz", "content-type"))]
            return Response(answer.status, answer.read(), headers)
        except OSError as error:
            body = json.dumps({"message": f"The IAM endpoint does not answer: {error}"}).encode()
            return Response(403, body, headers=[("x-amzn-ErrorType", "AccessDeniedException")])
        finally:
            connection.close()

    def _simulated(self, answer: Response, question: Question) -> bool:
        caller = _CALLER.search(answer.body.decode("utf-8", "replace"))
        if caller is None or not question.resources:
            return False
        return all(self.may(_principal(caller[1]), question.action, resource) for resource in question.resources)

    def may(self, principal: str, action: str, resource: str) -> bool:
        """Whether the policies of a user or a role allow this."""
        with self._lock:
            if self._client is None:
                import boto3

                session = boto3.session.Session(*self._keys, region_name=self._region)
                self._client = session.client("iam", endpoint_url=self._endpoint)
        results: Sequence[Mapping[str, Any]] = self._client.simulate_principal_policy(
            PolicySourceArn=principal, ActionNames=[action], ResourceArns=[resource]
        )["EvaluationResults"]
        return all(result["EvalDecision"] == "allowed" for result in results)


def _principal(caller: str) -> str:
    """The role behind an assumed-role session, or the user itself."""
    session = re.fullmatch(r"arn:aws:sts::(\d+):assumed-role/([^/]+)/.*", caller)
    return f"arn:aws:iam::{session[1]}:role/{session[2]}" if session else caller
