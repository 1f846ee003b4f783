"""A request as it came in and an answer as it goes out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from infra.local.ses.errors import BadRequest, SesError


@dataclass(frozen=True)
class Request:
    """``target`` is the request line's path and query, untouched; ``raw_headers`` keep order and case."""

    method: str
    target: str
    raw_headers: list[tuple[str, str]]
    body: bytes

    @cached_property
    def headers(self) -> dict[str, str]:
        """Lower-case names."""
        return {name.lower(): value for name, value in self.raw_headers}

    @cached_property
    def path(self) -> list[str]:
        """The path's segments, decoded one by one: an address may hold ``%2F``."""
        return [unquote(segment) for segment in urlsplit(self.target).path.strip("/").split("/")]

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """Every value of each query parameter."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    def parameter(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return self.query.get(name, [default])[0]

    @cached_property
    def document(self) -> dict[str, Any]:
        """The body as a JSON object; an empty body is an empty one.

        Raises:
            BadRequest: anything else.
        """
        try:
            document = json.loads(self.body or b"{}")
        except ValueError:
            raise BadRequest("The request body is not JSON.") from None
        if not isinstance(document, dict):
            raise BadRequest("The request body is not a JSON object.")
        return document


@dataclass(frozen=True)
class Response:
    """An answer; ``drop`` closes the connection instead of sending it."""

    status: int = 200
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    drop: bool = False


def json_response(document: Mapping[str, Any] | list[Any], status: int = 200) -> Response:
    """A JSON answer."""
    return Response(status, json.dumps(document).encode(), [("Content-Type", "application/json")])


def error_response(error: SesError) -> Response:
    """A refusal in the form of the rest-json protocol: the code in a header, the message in the body."""
    answer = json_response({"message": error.message}, error.status)
    return Response(answer.status, answer.body, [*answer.headers, ("x-amzn-ErrorType", error.code)])
