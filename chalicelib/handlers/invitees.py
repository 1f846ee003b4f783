"""The invitee's pages: no account, one link. GET and HEAD change nothing; every change is a POST of a form."""

import functools
import logging
from collections.abc import Callable, Sequence
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib import wiring
from chalicelib.adapters.language import available, load_locale
from chalicelib.adapters.links import Purpose, leaving_path
from chalicelib.adapters.pages import HEADERS, render_page
from chalicelib.domain.delivery import Category
from chalicelib.domain.errors import Closed, Conflict, Invalid, NotFound, Problem
from chalicelib.handlers import requests
from chalicelib.handlers.problems import problem_page
from chalicelib.usecases.answer import answer, answer_state
from chalicelib.usecases.calendar_entry import calendar_file_of
from chalicelib.usecases.give_feedback import feedback_state, give_feedback
from chalicelib.usecases.leave import category_of, leave_or_come_back
from chalicelib.usecases.open_link import open_link
from chalicelib.usecases.register import prefilled, register

blueprint = Blueprint(__name__)
logger = logging.getLogger(__name__)

READ = ["GET", "HEAD"]
FORM = ["application/x-www-form-urlencoded"]
ONE_CLICK = [*FORM, "multipart/form-data"]
"""What mail programs may send (RFC 8058, section 3.1)."""

PLACES = {
    "page": "",
    "answer": "answer",
    "registration": "registration",
    "confirmation": "confirmation",
    "calendar": "calendar.ics",
    "agenda": "agenda.pdf",
    "feedback": "feedback",
}
"""What the templates call each page, and where it is below a person's link."""

PageView = Callable[[str], Response]


def personal(view: PageView) -> PageView:
    """A page behind a personal link: errors become pages that a person can read."""

    @functools.wraps(view)
    def safe(token: str) -> Response:
        try:
            return view(token)
        except NotFound:
            return problem_page(blueprint.current_request, "not_found", 404)
        except Exception:
            logger.exception("unexpected error in %s", view.__name__)
            return problem_page(blueprint.current_request, "problem", 500)

    return safe


class Visit:
    """One request of one person: who, which event, which language, and the addresses of the pages."""

    def __init__(self, token: str, purpose: Purpose = "page") -> None:
        self.event, self.person = open_link(wiring.events(), wiring.invitees(), wiring.links(), token, purpose)
        self.now = wiring.now()
        self._spoken = [code for code in self.event.document.languages if code in available()] or ["en"]
        self._own = self.person.invitee.language if self.person.invitee.language in self._spoken else self._spoken[0]
        wanted = _wanted_language()
        self.locale = load_locale(wanted if wanted in self._spoken else self._own)

    def url(self, path: str = "", *, purpose: Purpose = "page", language: str = "") -> str:
        """An address of this person, in the language of this visit unless another is named."""
        language = language or self.locale.code
        url = wiring.links().url(self.person.invitee, purpose, path)
        return url if language == self._own else f"{url}{'&' if '?' in path else '?'}lang={language}"

    def page(
        self, name: str, here: str = "", status: int = 200, *, purpose: Purpose = "page", **context: Any
    ) -> Response:
        """Render a page with what every page may name; ``here`` is its path, for the language switch."""
        links = {place: self.url(f"/{path}" if path else "") for place, path in PLACES.items()}
        links["unsubscribe"] = self.url(purpose="unsubscribe")
        languages = [
            (code, load_locale(code).name, self.url(here, purpose=purpose, language=code)) for code in self._spoken
        ]
        context = {
            "event": self.event,
            "invitee": self.person.invitee,
            "registration": self.person.registered,
            "links": links,
            "languages": languages,
            "now": self.now,
            "problems": [],
            "values": {},
            **context,
        }
        page = render_page(name, self.locale, **context)
        return _answer(page.html.encode(), page.headers, status)

    def invitation(self, status: int = 200, problems: Sequence[Problem] = ()) -> Response:
        return self.page(
            "invitation",
            status=status,
            state=answer_state(self.event, self.now),
            answered=self.person.invitee.rsvp != "needs-action",
            problems=list(problems),
        )

    def registration(
        self, status: int = 200, problems: Sequence[Problem] = (), form: dict[str, list[str]] | None = None
    ) -> Response:
        values = prefilled(self.event, self.person)
        if form is not None:
            values = {
                "name": _first(form, "name"),
                "organisation": _first(form, "organisation"),
                "sessions": form.get("sessions", []),
                "consent": form.get("consent") == ["yes"],
            }
        return self.page("registration", "/registration", status, problems=list(problems), values=values)

    def feedback(
        self, status: int = 200, problems: Sequence[Problem] = (), form: dict[str, list[str]] | None = None
    ) -> Response:
        state = feedback_state(self.event, self.person, self.now)
        if state == "not-asked":
            return self.invitation(status)
        values = {name: _first(form, name) for name in form} if form else {}
        return self.page("feedback", "/feedback", status, state=state, problems=list(problems), values=values)


@blueprint.route("/i/{token}", methods=READ)
@blueprint.route("/i/{token}/answer", methods=READ)
@personal
def invitation(token: str) -> Response:
    return Visit(token).invitation()


@blueprint.route("/i/{token}/answer", methods=["POST"], content_types=FORM)
@personal
def post_answer(token: str) -> Response:
    visit = Visit(token)
    try:
        form = requests.form_body(blueprint.current_request)
        rsvp = answer(wiring.invitees(), visit.event, visit.person, _first(form, "answer"), visit.now)
    except Invalid as error:
        return visit.invitation(422, error.problems)
    except Conflict as error:
        return visit.invitation(409, [Problem(field="answer", message=error.detail)])
    except Closed:
        return visit.invitation(410)
    return _see(visit.url("/registration") if rsvp == "accepted" and not visit.person.registered else visit.url())


@blueprint.route("/i/{token}/registration", methods=READ)
@personal
def registration(token: str) -> Response:
    visit = Visit(token)
    return visit.registration() if answer_state(visit.event, visit.now) == "open" else visit.invitation()


@blueprint.route("/i/{token}/registration", methods=["POST"], content_types=FORM)
@personal
def post_registration(token: str) -> Response:
    visit, form = Visit(token), None
    try:
        form = requests.form_body(blueprint.current_request)
        register(wiring.invitees(), wiring.queue(), visit.event, visit.person, form, visit.now)
    except Invalid as error:
        return visit.registration(422, error.problems, form)
    except Conflict as error:
        return visit.registration(409, [Problem(field="name", message=error.detail)], form)
    except Closed:
        return visit.invitation(410)
    return _see(visit.url("/confirmation"))


@blueprint.route("/i/{token}/confirmation", methods=READ)
@personal
def confirmation(token: str) -> Response:
    visit = Visit(token)
    return visit.page("confirmation", "/confirmation") if visit.person.registered else visit.invitation()


@blueprint.route("/i/{token}/calendar.ics", methods=READ)
@personal
def calendar_file(token: str) -> Response:
    visit = Visit(token)
    content, method = calendar_file_of(visit.event, visit.person, visit.locale, visit.url(), visit.now)
    if content is None:
        raise NotFound("There is nothing for the calendar.")
    return _file(content, f"text/calendar; charset=utf-8; method={method}", "invitation.ics")


@blueprint.route("/i/{token}/agenda.pdf", methods=READ)
@personal
def agenda_file(token: str) -> Response:
    visit = Visit(token)
    content = wiring.documents().agenda(visit.event, visit.locale.code, visit.person.invitee.time_zone)
    return _file(content, "application/pdf", "agenda.pdf")


@blueprint.route("/i/{token}/feedback", methods=READ)
@personal
def feedback(token: str) -> Response:
    return Visit(token).feedback()


@blueprint.route("/i/{token}/feedback", methods=["POST"], content_types=FORM)
@personal
def post_feedback(token: str) -> Response:
    visit, form = Visit(token), None
    try:
        form = requests.form_body(blueprint.current_request)
        give_feedback(wiring.feedbacks(), visit.event, visit.person, form, visit.now)
    except Invalid as error:
        return visit.feedback(422, error.problems, form)
    except Closed:
        return visit.feedback(410)
    return _see(visit.url("/feedback"))


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
        category = category_of(_first(form, "category") or category)
        one_click = leave_or_come_back(wiring.invitees(), visit.person.invitee, category, form, visit.now)
    except Invalid as error:
        return _leaving(visit, category, 422, error.problems)
    if one_click:
        return _leaving(Visit(token, "unsubscribe"), category)
    return _see(visit.url(leaving_path(category), purpose="unsubscribe"))


def _leaving(visit: Visit, category: Category, status: int = 200, problems: Sequence[Problem] = ()) -> Response:
    left, here = visit.person.invitee.left, leaving_path(category)
    return visit.page("unsubscribe", here, status, purpose="unsubscribe", category=category, left=left,
                      problems=list(problems))  # fmt: skip


def _answer(content: bytes, headers: dict[str, str], status: int = 200) -> Response:
    head = blueprint.current_request.method == "HEAD"
    return Response(b"" if head else content, status_code=status, headers={**HEADERS, **headers})


def _file(content: bytes, content_type: str, name: str) -> Response:
    disposition = f'inline; filename="{name}"'
    return _answer(content, {"Content-Type": content_type, "Content-Disposition": disposition})


def _see(url: str) -> Response:
    """POST, redirect, GET: a reload sends nothing twice (RFC 9110, 303)."""
    return _answer(b"", {"Location": url, "Content-Type": "text/plain"}, 303)


def _first(form: dict[str, list[str]], name: str) -> str:
    return form.get(name, [""])[0]


def _wanted_language() -> str:
    return requests.parameters(blueprint.current_request).get("lang", "")


def _wanted_category() -> str:
    return requests.parameters(blueprint.current_request).get("category", "")
