"""Leaving a category of mail, and coming back to it."""

from collections.abc import Sequence

from chalice.app import Response

from chalicelib import wiring
from chalicelib.adapters.links import leaving_path
from chalicelib.domain.delivery import Category
from chalicelib.domain.errors import Invalid, Problem
from chalicelib.handlers import requests
from chalicelib.handlers.visit import FORM, READ, Visit, blueprint, first, personal, see_other
from chalicelib.usecases.leave import category_of, leave_or_come_back

ONE_CLICK = [*FORM, "multipart/form-data"]
"""What mail programs may send (RFC 8058, section 3.1)."""


@blueprint.route("/u/{token}", methods=READ)
@personal
def unsubscribe(token: str) -> Response:
    category = category_of(_wanted_category())
    return _leaving(Visit(token, "unsubscribe"), category)


@blueprint.route("/u/{token}", methods=["POST"], content_types=ONE_CLICK)
@personal
def post_unsubscribe(token: str) -> Response:
    """The page's form, which names the category itself; and the mail program's one click to the address of the mail,
    which follows no redirect (RFC 8058, section 3.1).
    """
    visit, category = Visit(token, "unsubscribe"), category_of(_wanted_category())
    try:
        form = requests.form_body(blueprint.current_request)
        category = category_of(first(form, "category") or category)
        people, guard = wiring.invitees(), visit.guard()
        one_click = leave_or_come_back(people, visit.person.invitee, category, form, visit.now, guard)
    except Invalid as error:
        return _leaving(visit, category, 422, error.problems)
    if one_click:
        return _leaving(Visit(token, "unsubscribe"), category)
    return see_other(visit.url(leaving_path(category), purpose="unsubscribe"))


def _leaving(visit: Visit, category: Category, status: int = 200, problems: Sequence[Problem] = ()) -> Response:
    left, here = visit.person.invitee.left, leaving_path(category)
    return visit.page("unsubscribe", here, status, purpose="unsubscribe", category=category, left=left,
                      problems=list(problems))  # fmt: skip


def _wanted_category() -> str:
    return requests.parameters(blueprint.current_request).get("category", "")
