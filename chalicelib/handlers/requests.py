"""Reading requests: the little that Chalice leaves to us."""

import base64
import json
import re
from email.message import Message
from email.parser import BytesParser
from ipaddress import IPv6Address, IPv6Network
from typing import Any, TypeVar
from urllib.parse import parse_qs

from chalice.app import CaseInsensitiveMapping, Request
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from chalicelib.adapters.store.listings import BEGINNING, Cursor, read_cursor
from chalicelib.domain.errors import Invalid, Problem

M = TypeVar("M", bound=BaseModel)

LARGEST_FORM = 1_000_000
"""Octets: a feedback form of many long texts in Cyrillic letters, each of which a browser sends as six."""

MOST_FIELDS = 200


def json_body(request: Request) -> Any:
    """The body as JSON: UTF-8, not nested without end, no half characters. Raises Invalid."""
    try:
        return from_json(octets(request) or b"null")
    except ValueError as error:
        raise Invalid.field("body", f"This is not JSON: {error}.") from None


def model_body(request: Request, model: type[M]) -> M:
    """The body as one of our models. Raises Invalid with a problem per field, by dotted path."""
    try:
        return model.model_validate(json_body(request))
    except ValidationError as error:
        problems = [
            Problem(
                field=".".join(str(part) for part in one["loc"]) or "body",
                message=one["msg"].removeprefix("Value error, "),
            )
            for one in error.errors(include_url=False)
        ]
        raise Invalid("Some fields do not fit; nothing was changed.", problems) from None


def network_address(request: Request) -> str:
    """Where the request comes from, as API Gateway saw it, not as a header says; "" when it does not say.

    Of an IPv6 address the network: a household has 2**64 of them (RFC 6177), and could use each once.
    """
    context: Any = request.context or {}
    said = str((context.get("identity") or {}).get("sourceIp") or "")
    if ":" not in said:
        return said
    address = IPv6Address(said)
    return str(address.ipv4_mapped or IPv6Network((address, 64), strict=False).network_address)


def form_body(request: Request) -> dict[str, list[str]]:
    """An ``application/x-www-form-urlencoded`` or ``multipart/form-data`` body, 200 fields at most. Raises Invalid."""
    if len(request.raw_body) > LARGEST_FORM:
        raise Invalid.field("body", "The form is too large. Shorten the longest text.")
    content_type = str(request.headers.get("content-type", ""))
    try:
        if content_type.lower().startswith("multipart/form-data"):
            return _multipart(content_type, octets(request))
        return parse_qs(octets(request).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Invalid.field("body", "The form could not be read. Load the page again.") from None


def _multipart(content_type: str, body: bytes) -> dict[str, list[str]]:
    """RFC 7578. Raises ValueError for what is none, or for too many fields."""
    whole = BytesParser().parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    parts = whole.get_payload()
    if not isinstance(parts, list) or len(parts) > MOST_FIELDS:
        raise ValueError("not a multipart form of reasonable size")
    form: dict[str, list[str]] = {}
    for part in parts:
        assert isinstance(part, Message)
        name, said = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(said, bytes):
            raise ValueError("a part without a name, or with parts of its own")
        form.setdefault(name, []).append(said.decode())
    return form


def flag(request: Request, name: str, *, beside: str = "") -> bool:
    """``?name=true``, the only parameter there may be, or with one ``beside`` it: a misspelt one must not send mail.

    Raises Invalid.
    """
    known = [name, beside] if beside else [name]
    for unknown in parameters(request).keys() - {*known}:
        raise Invalid.field(unknown, f"There is no such parameter. There is {' and '.join(known)}.")
    value = parameters(request).get(name, "false")
    if value not in ("true", "false"):
        raise Invalid.field(name, "Write true or false.")
    return value == "true"


def parameters(request: Request) -> dict[str, str]:
    return dict(request.query_params or {})


def whole_number(request: Request, name: str, default: int, most: int) -> int:
    value = parameters(request).get(name, str(default))
    if not re.fullmatch("[0-9]{1,9}", value) or not 1 <= int(value) <= most:
        raise Invalid.field(name, f"Write a whole number from 1 to {most}.")
    return int(value)


def to_cursor(cursor: Cursor | None) -> str | None:
    """An opaque string for the next page."""
    return base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode() if cursor else None


def from_cursor(text: str | None, event: str) -> Cursor:
    """Raises Invalid for a cursor that this listing of this event did not give."""
    try:
        return read_cursor(from_json(base64.urlsafe_b64decode(text.encode())), event) if text else BEGINNING
    except ValueError:
        raise Invalid.field("cursor", "Use the cursor of the page before, or none to begin again.") from None


def who(request: Request) -> str:
    """The organiser who calls, as Cognito names them: the address, else the user's id; "unknown" without either."""
    claims = (request.context.get("authorizer") or {}).get("claims") or {}
    return str(claims.get("email") or claims.get("sub") or "unknown")


def has_already(request: Request, etag: str) -> bool:
    """Whether the caller holds what this tag names (If-None-Match: RFC 9110, 13.1.2, by weak comparison)."""
    said = str(request.headers.get("if-none-match", ""))
    return said.strip() == "*" or etag in (one.strip().removeprefix("W/") for one in said.split(","))


def wants_csv(request: Request) -> bool:
    return "text/csv" in str(request.headers.get("accept", ""))


def octets(request: Request) -> bytes:
    return request.raw_body if isinstance(request.raw_body, bytes) else request.raw_body.encode()


def accepting_anything(event: Any, get_response: Any) -> Any:
    """Middleware: a request without ``Accept`` takes anything (RFC 9110, 12.5.1); Chalice would answer 400."""
    if "accept" not in event.headers:
        event.headers = CaseInsensitiveMapping({**dict(event.headers), "accept": "*/*"})
    return get_response(event)
