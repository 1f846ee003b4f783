"""Errors on their way out: the one place where they become HTTP.

For programs as ``application/problem+json`` (RFC 9457), for people as pages in their language.
"""

import functools
import json
import logging
from collections.abc import Callable
from typing import Any

from chalice.app import Request, Response

from chalicelib.adapters.language import load_locale
from chalicelib.adapters.pages import render_page
from chalicelib.domain.errors import Closed, Conflict, ConvokeError, Invalid, Limited, NotFound, Problem
from chalicelib.handlers.requests import parameters

STATUS: dict[type[ConvokeError], int] = {Invalid: 422, NotFound: 404, Conflict: 409, Closed: 410, Limited: 429}

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


def problem_page(request: Request, name: str, status: int) -> Response:
    """``not_found``, ``too_many`` or ``problem``, in the language that the address asks for and then in the others."""
    page = render_page(name, load_locale(parameters(request).get("lang", "en")))
    headers: dict[str, str | list[str]] = dict(page.headers)
    return Response(b"" if request.method == "HEAD" else page.html.encode(), status_code=status, headers=headers)


def refusing_in_our_words(event: Any, get_response: Any) -> Any:
    """Middleware: a body of a type that a route does not take is refused as everything else is refused here."""
    response = get_response(event)
    if response.status_code != 415:
        return response
    if event.path.startswith("/api/"):
        return problem(415, "The body has another type than this takes", "Send the type that the description names.")
    return problem_page(event, "problem", 415)
