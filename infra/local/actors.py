"""The people of the story, for the demo and the tests: an organiser with a token, and invitees who read their mail.

They know what a real organiser's program and a real invitee know: the API's addresses, and what stands in a mail.
"""

import contextlib
import email
import email.policy
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode

import urllib3

from infra.local.stack import LocalStack

PASSWORD = "Symposium-on-one-laptop-1"

_http = urllib3.PoolManager(retries=False, maxsize=8, timeout=urllib3.Timeout(60))


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: redirects are not followed."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def text(self) -> str:
        return self.content.decode()


def http(method: str, url: str, body: bytes | None = None, **headers: str) -> Answer:
    """One request; ``content_type="text/csv"`` becomes ``Content-Type: text/csv``."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    answer = _http.request(method, url, body=body, headers=named, redirect=False)
    return Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.data)


class Organiser:
    """Calls the API with a token of a Cognito user."""

    def __init__(self, stack: LocalStack, address: str = "organiser@symposium.example") -> None:
        self.base = f"{stack.web}/api"
        self.token = sign_in(stack, address)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """``body`` goes as JSON unless it is bytes, whose ``content_type`` the caller names."""
        if body is not None and not isinstance(body, bytes):
            body, headers = json.dumps(body).encode(), {"content_type": "application/json", **headers}
        return http(method, f"{self.base}{path}", body, authorization=f"Bearer {self.token}", **headers)

    def approve(self, event: str, batch: dict[str, Any]) -> Answer:
        """Start a batch as it was planned: ``batch`` is what the API answered."""
        path = f"/events/{event}/batches/{batch['batch']}/approve"
        return self.call("POST", path, {"fingerprint": batch["fingerprint"]})


def sign_in(stack: LocalStack, address: str) -> str:
    """The id token of an organiser, who is created on the way through Cognito's own API."""
    cognito, pool = stack.client("cognito-idp"), stack.outputs["UserPoolId"]
    with contextlib.suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=address,
            MessageAction="SUPPRESS",
            TemporaryPassword=PASSWORD,
            UserAttributes=[{"Name": "email", "Value": address}, {"Name": "email_verified", "Value": "true"}],
        )
    cognito.admin_set_user_password(UserPoolId=pool, Username=address, Password=PASSWORD, Permanent=True)
    answer = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=stack.outputs["UserPoolClientId"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": address, "PASSWORD": PASSWORD},
    )
    return str(answer["AuthenticationResult"]["IdToken"])


class Mailbox:
    """What arrived, from the strict SES."""

    def __init__(self, stack: LocalStack) -> None:
        self.base = stack.mail

    def messages(self, **tags: str) -> list[dict[str, Any]]:
        """The accepted messages whose SES tags are these, as the server keeps them."""
        query = urlencode({f"tag.{name}": value for name, value in tags.items()})
        found: list[dict[str, Any]] = http("GET", f"{self.base}/_control/messages?{query}").json
        return found

    def read(self, message_id: str) -> EmailMessage:
        """One message through the standard library's parser."""
        raw = self.raw(message_id)
        parsed = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def raw(self, message_id: str) -> bytes:
        return http("GET", f"{self.base}/_control/messages/{message_id}.eml").content

    def control(self, what: str, **values: Any) -> None:
        """Tell the strict SES to misbehave: ``faults``, ``limits``, ``addresses``."""
        answer = http(
            "POST", f"{self.base}/_control/{what}", json.dumps(values).encode(), content_type="application/json"
        )
        assert answer.status < 300, answer.text


def personal_link(message: EmailMessage, base: str) -> str:
    """The page's address, as it stands in the text part of a mail."""
    part = message.get_body(("plain",))
    found = re.search(re.escape(base) + r"/i/[A-Za-z0-9._-]+", part.get_content() if part else "")
    if not found:
        raise LookupError(f"no personal link in {message['Subject']!r}")
    return found[0]


class Participant:
    """Somebody with a link, who fills in forms."""

    def __init__(self, link: str) -> None:
        self.link = link

    def get(self, path: str = "", **headers: str) -> Answer:
        return http("GET", self.link + path, accept="text/html", **headers)

    def post(self, path: str, form: dict[str, str | list[str]]) -> Answer:
        body = urlencode(form, doseq=True).encode()
        return http(
            "POST", self.link + path, body, content_type="application/x-www-form-urlencoded", accept="text/html"
        )

    def answer(self, rsvp: str) -> Answer:
        return self.post("/answer", {"answer": rsvp})

    def register(self, name: str, organisation: str, sessions: list[str]) -> Answer:
        form: dict[str, str | list[str]] = {"name": name, "organisation": organisation, "sessions": sessions}
        return self.post("/registration", {**form, "consent": "yes"})


def tick(stack: LocalStack, moment: str) -> dict[str, Any]:
    """The clock's minute at ``moment`` (``2021-01-28T07:30:00Z``), as EventBridge would send it."""
    event = {
        "version": "0",
        "id": "demo",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "0",
        "time": moment,
        "region": "eu-central-1",
        "resources": [],
        "detail": {},
    }
    answer = stack.client("lambda").invoke(FunctionName=stack.outputs["ClockName"], Payload=json.dumps(event).encode())
    result: dict[str, Any] = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise RuntimeError(f"the clock failed: {result}")
    return result


def wait_until(true: Callable[[], bool], what: str, seconds: float = 90) -> None:
    """Raises TimeoutError naming ``what`` did not happen."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds:.0f} seconds")
        time.sleep(0.2)
