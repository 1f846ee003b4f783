"""Reading requests: the little that Chalice leaves to us."""

import base64
import json
import re
from typing import Any, TypeVar
from urllib.parse import parse_qs

from chalice.app import CaseInsensitiveMapping, Request
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from chalicelib.adapters.store.invitees import SHARDS
from chalicelib.domain.errors import Invalid, Problem

M = TypeVar("M", bound=BaseModel)

Cursor = tuple[int, dict[str, Any] | None]


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


def form_body(request: Request) -> dict[str, list[str]]:
    """An ``application/x-www-form-urlencoded`` body; at most 200 fields of a body of at most 100,000 octets."""
    if len(request.raw_body) > 100_000:
        raise Invalid.field("body", "The form is too large. Shorten the longest text.")
    try:
        return parse_qs(octets(request).decode(), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        raise Invalid.field("body", "The form could not be read. Load the page again.") from None


def text_body(request: Request) -> str:
    """The body as text. Raises Invalid when it is not UTF-8."""
    try:
        return octets(request).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid.field("body", "Save the list as UTF-8 and send it again.") from None


def flag(request: Request, name: str) -> bool:
    """``?name=true``. Raises Invalid for anything but true and false."""
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
    if not text:
        return 0, None
    try:
        shard, after = from_json(base64.urlsafe_b64decode(text.encode()))
        ours = after is None or (
            set(after) == {"PK", "SK", "GSI1PK", "GSI1SK"}
            and after["GSI1PK"] == f"EVENT#{event}#{shard}"
            and all(value and isinstance(value, str) for value in after.values())
        )
        if type(shard) is int and 0 <= shard < SHARDS and ours:
            return shard, after
    except (ValueError, TypeError, KeyError):
        pass
    raise Invalid.field("cursor", "Use the cursor of the page before, or none to begin again.")


def wants_csv(request: Request) -> bool:
    return "text/csv" in str(request.headers.get("accept", ""))


def octets(request: Request) -> bytes:
    return request.raw_body if isinstance(request.raw_body, bytes) else request.raw_body.encode()


def accepting_anything(event: Any, get_response: Any) -> Any:
    """Middleware: a request without ``Accept`` takes anything (RFC 9110, 12.5.1); Chalice would answer 400."""
    if "accept" not in event.headers:
        event.headers = CaseInsensitiveMapping({**dict(event.headers), "accept": "*/*"})
    return get_response(event)
