"""Errors on their way out: the one place where they become HTTP (RFC 9457, ``application/problem+json``)."""

import functools
import json
import logging
from collections.abc import Callable
from typing import Any

from chalice.app import Response

from chalicelib.domain.errors import Closed, Conflict, ConvokeError, Invalid, NotFound, Problem

STATUS: dict[type[ConvokeError], int] = {Invalid: 422, NotFound: 404, Conflict: 409, Closed: 410}

View = Callable[..., Response]


def answers_problems(view: View) -> View:
    """A view whose errors become problem documents. It stands below the route: Chalice sees no exception."""

    @functools.wraps(view)
    def safe(*arguments: Any, **named: Any) -> Response:
        try:
            return view(*arguments, **named)
        except ConvokeError as error:
            return problem(STATUS[type(error)], error.title, error.detail, error.problems)
        except Exception:
            logging.getLogger(__name__).exception("unexpected error in %s", view.__name__)
            return problem(500, "Something failed on our side", "Nothing was lost. Try again in a minute.")

    return safe


def problem(status: int, title: str, detail: str, problems: list[Problem] | None = None) -> Response:
    """A problem document; ``errors`` names the fields (RFC 9457, section 3, extension members)."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if problems:
        body["errors"] = [one.model_dump() for one in problems]
    return Response(
        json.dumps(body, ensure_ascii=False).encode(),
        status_code=status,
        headers={"Content-Type": "application/problem+json", "Cache-Control": "no-store"},
    )
