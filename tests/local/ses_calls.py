"""What the tests of the local SES say to it."""

from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

REGION = "eu-central-1"
SENDER = "Secretariat <invitations@symposium.example.org>"
Send = Callable[..., str]
Control = Callable[..., Any]


def client_of(service: str, url: str, key: str = "AKIAWORKER", secret: str = "secret", token: str | None = None) -> Any:
    """A boto3 client that tries once."""
    config = Config(retries={"total_max_attempts": 1}, read_timeout=10)
    session: Any = boto3.session.Session(key, secret, token, region_name=REGION)
    return session.client(service, endpoint_url=url, config=config)


def raw_call(*to: str, data: bytes | None = None, **arguments: Any) -> dict[str, Any]:
    """SendEmail's arguments for a small raw message."""
    to = to or ("amira@example.org",)
    data = data or f"From: {SENDER}\r\nTo: {', '.join(to)}\r\nSubject: Invitation\r\n\r\nWelcome.\r\n".encode()
    call = {
        "FromEmailAddress": SENDER,
        "Destination": {"ToAddresses": list(to)},
        "Content": {"Raw": {"Data": data}},
        **arguments,
    }
    return {name: value for name, value in call.items() if value is not None}


def simple_call(subject: str = "Invitation", **arguments: Any) -> dict[str, Any]:
    """SendEmail's arguments for a simple message with both bodies."""
    body = {"Text": {"Data": "Welcome."}, "Html": {"Data": "<p>Welcome.</p>"}}
    content = {"Simple": {"Subject": {"Data": subject}, "Body": body, **arguments.pop("simple", {})}}
    return {**raw_call(), "Content": content, **arguments}
