"""boto3 clients, one each, made on first use: making one costs 130 to 185 ms, so a function makes only what it uses."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

PATIENT = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})
"""For calls that may be repeated."""

ONCE = Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 1})
"""For SendEmail: it has no idempotency token, so a client that retries by itself sends twice."""


@cache
def client(service: str) -> Any:
    """The client of ``service``; SES gets one attempt per call, all others retry."""
    return boto3.client(service, config=ONCE if service == "sesv2" else PATIENT)
