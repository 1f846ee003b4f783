"""AWS's clients, one each, made on first use: making one costs 130 to 185 ms, so a function makes only what it uses.

They are boto3's, made as boto3 makes them, by botocore: boto3 itself would also import resources and managed transfers,
which nothing here uses.
"""

import threading
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

CONNECTIONS = 32
"""Of each client: a worker sends up to 25 mails at once, and each of them also writes to the table."""

PATIENT = Config(
    connect_timeout=3,
    read_timeout=10,
    max_pool_connections=CONNECTIONS,
    retries={"mode": "standard", "total_max_attempts": 4},
    parameter_validation=False,
)
"""For calls that may be repeated. Parameters are ours and typed: looking at them again is a twelfth of a call's CPU."""

ONCE = Config(
    connect_timeout=3,
    read_timeout=20,
    max_pool_connections=CONNECTIONS,
    retries={"mode": "standard", "total_max_attempts": 1},
    parameter_validation=False,
)
"""For SendEmail: it has no idempotency token, so a client that retries by itself sends twice."""

REGIONAL = PATIENT.merge(
    Config(signature_version="s3v4", s3={"addressing_style": "virtual"}, parameter_validation=True)
)
"""For S3: the addresses that it signs name the bucket's region and are signed as every region wants it. It looks at
parameters: an object without a key would be the bucket.
"""


class Client:
    """The client of a service. It is made when the first thing is asked of it, by one of the threads that ask."""

    def __init__(self, service: str) -> None:
        self._service, self._made = service, None

    def __getattr__(self, name: str) -> Any:
        with _one_by_one:
            if self._made is None:
                config = {"sesv2": ONCE, "s3": REGIONAL}.get(self._service, PATIENT)
                self._made = _session().create_client(self._service, config=config)
        return getattr(self._made, name)


_one_by_one = threading.Lock()


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@cache
def client(service: str) -> Any:
    """The client of ``service``; SES gets one attempt per call, all others retry."""
    return Client(service)
