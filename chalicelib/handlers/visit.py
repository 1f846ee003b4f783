"""What every page of an invitee has: who came by which link, in which language; and errors that become pages.

Each room of pages puts its routes on the blueprint here.
"""

import functools
import logging
from collections.abc import Callable, Sequence
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib import wiring
from chalicelib.adapters.language import available, load_locale
from chalicelib.adapters.links import Purpose
from chalicelib.adapters.pages import HEADERS, render_page
from chalicelib.adapters.store.limits import counted
from chalicelib.adapters.store.table import Write
from chalicelib.domain.contribution import asked_of
from chalicelib.domain.errors import Limited, NotFound, Problem
from chalicelib.domain.form_file import proposed
from chalicelib.domain.places import limits_of
from chalicelib.handlers import requests
from chalicelib.handlers.problems import problem_page
from chalicelib.usecases.answer import answer_state
from chalicelib.usecases.give_feedback import feedback_state
from chalicelib.usecases.open_link import open_link
from chalicelib.usecases.registration_form import full_places, prefilled

blueprint = Blueprint(__name__)
logger = logging.getLogger(__name__)

READ = ["GET", "HEAD"]
FORM = ["application/x-www-form-urlencoded"]
PAGES = {
    "page": "",
    "answer": "answer",
    "registration": "registration",
    "confirmation": "confirmation",
    "place": "place",
    "colleague": "colleague",
    "delegation": "delegation",
    "calendar": "calendar.ics",
    "new_feed": "calendar-address",
    "agenda": "agenda.pdf",
    "feedback": "feedback",
    "data": "data",
    "data_file": "data.json",
}
"""What the templates call each page, and where it is below a person's link."""


FEED = "/calendar.ics"
"""Where a calendar feed is below its address: programs know it by its ending."""

TYPED = ("name", "email", "reason", "member-name", "member-email")
"""What the forms of the invitation's page may have to show again."""


def contribution_path(contribution: str) -> str:
    """Where one contribution is below a person's link."""
    return f"/contributions/{contribution}"


def file_path(question: str) -> str:
    """Where a file is added that answers this question of the form."""
    return f"/registration/files/{question}"


def join_path(session: str) -> str:
    """Where a session is joined below a person's link; ``MailLinks.join`` says the same to mails."""
    return f"/join/{session}"


PageView = Callable[..., Response]


def personal(view: PageView) -> PageView:
    """A page behind a personal link: errors become pages that a person can read."""

    @functools.wraps(view)
    def safe(token: str, **below: str) -> Response:
        try:
            return view(token, **below)
        except NotFound:
            return problem_page(blueprint.current_request, "not_found", 404)
        except Limited:
            return problem_page(blueprint.current_request, "too_many", 429)
        except Exception:
            logger.exception("unexpected error in %s", view.__name__)
            return problem_page(blueprint.current_request, "problem", 500)

    return safe


class Visit:
    """One request of one person: who, which event, which language, and the addresses of the pages."""

    def __init__(self, token: str, purpose: Purpose = "page", *, gone: bool = False) -> None:
        self.event, self.person = open_link(
            wiring.events(), wiring.invitees(), wiring.links(), token, purpose, gone=gone
        )
        self.now, self.purpose = wiring.now(), purpose
        self._spoken = [code for code in self.event.document.languages if code in available()] or ["en"]
        self._own = self.person.invitee.language if self.person.invitee.language in self._spoken else self._spoken[0]
        wanted = _wanted_language()
        self.locale = load_locale(wanted if wanted in self._spoken else self._own)

    def guard(self) -> list[Write]:
        """What counts a change by this person from where they are."""
        address = requests.network_address(blueprint.current_request)
        return counted(self.person.invitee.id, wiring.links().address_hash(address) if address else "", self.now)

    def url(self, path: str = "", *, purpose: Purpose = "page", language: str = "") -> str:
        """An address of this person, in the language of this visit unless another is named."""
        language = language or self.locale.code
        url = wiring.links().url(self.person.invitee, purpose, path)
        return url if language == self._own else f"{url}{'&' if '?' in path else '?'}lang={language}"

    def page(
        self, name: str, here: str = "", status: int = 200, *, purpose: Purpose = "page",
        links: dict[str, Any] | None = None, **context: Any,
    ) -> Response:
        """Render a page with what every page may name; ``here`` is its path, for the language switch. ``links`` of a
        page stand in the place of all the person's, where it must not name them.
        """  # fmt: skip
        languages = [
            (code, load_locale(code).name, self.url(here, purpose=purpose, language=code)) for code in self._spoken
        ]
        context = {
            "event": self.event,
            "invitee": self.person.invitee,
            "registration": self.person.registered,
            "request": self.person.request,
            "links": links or self.links(),
            "languages": languages,
            "now": self.now,
            "problems": [],
            "values": {},
            **context,
        }
        page = render_page(name, self.locale, **context)
        return answered(page.html.encode(), page.headers, status)

    def links(self) -> dict[str, Any]:
        """What the templates call the person's pages, each with its address."""
        links: dict[str, Any] = {place: self.url(f"/{path}" if path else "") for place, path in PAGES.items()}
        links["unsubscribe"] = self.url(purpose="unsubscribe")
        links["feed"] = wiring.links().url(self.person.invitee, "feed", FEED)
        asked = asked_of(self.event.document, self.person.invitee)
        contributions = {one.id: self.url(contribution_path(one.id)) for one in asked}
        joins = {one.id: self.url(join_path(one.id)) for one in self.event.document.sessions
                 if self.event.document.join_url(one)}  # fmt: skip
        return {**links, "contributions": contributions, "joins": joins}

    def invitation(
        self, status: int = 200, problems: Sequence[Problem] = (), form: dict[str, list[str]] | None = None
    ) -> Response:
        following = self.person.invitee.delegated_to
        colleague = wiring.invitees().load([following], beside="").get(following) if following else None
        return self.page(
            "invitation",
            status=status,
            state=answer_state(self.event, self.now),
            answered=self.person.invitee.rsvp != "needs-action",
            colleague=colleague[0] if colleague else None,
            team=self.team(),
            problems=list(problems),
            values={name: first(form, name) for name in TYPED if name in form} if form else {},
        )

    def team(self) -> Any:
        """The delegation that this person leads, or None: hardly anybody does."""
        if not self.person.invitee.head:
            return None
        from chalicelib.usecases.lead_delegation import team_of

        return team_of(wiring.invitees(), self.event, self.person.invitee)

    def registration(
        self, status: int = 200, problems: Sequence[Problem] = (), form: dict[str, list[str]] | None = None
    ) -> Response:
        values = prefilled(self.event, self.person)
        if form is not None:
            values = {
                "name": first(form, "name"),
                "organisation": first(form, "organisation"),
                "sessions": form.get("sessions", []),
                "consent": form.get("consent") == ["yes"],
                **{field.name: form.get(field.name, []) for field in self.event.document.form},
            }
        form_fields, person = self.event.document.form, self.person
        return self.page(
            "registration",
            "/registration",
            status,
            problems=list(problems),
            values=values,
            full=self.full(),
            files=proposed(form_fields, person.uploads, person.registration),
            file_pages={one.id: self.url(file_path(one.id)) for one in form_fields if one.kind == "file"},
        )

    def full(self) -> list[str]:
        """What has no place left, as ``full_places`` says; nothing is read where places have no limit."""
        if not limits_of(self.event.document):
            return []
        return full_places(self.event, self.person, wiring.places().seats(self.event.id))

    def feedback(
        self, status: int = 200, problems: Sequence[Problem] = (), form: dict[str, list[str]] | None = None
    ) -> Response:
        state = feedback_state(self.event, self.person, self.now)
        if state == "not-asked":
            return self.invitation(status)
        values = {name: first(form, name) for name in form} if form else {}
        return self.page("feedback", "/feedback", status, state=state, problems=list(problems), values=values)


def answered(content: bytes, headers: dict[str, str], status: int = 200) -> Response:
    head = blueprint.current_request.method == "HEAD"
    return Response(b"" if head else content, status_code=status, headers={**HEADERS, **headers})


def file(content: bytes, content_type: str, name: str) -> Response:
    disposition = f'inline; filename="{name}"'
    return answered(content, {"Content-Type": content_type, "Content-Disposition": disposition})


def see_other(url: str) -> Response:
    """POST, redirect, GET: a reload sends nothing twice (RFC 9110, 303)."""
    return answered(b"", {"Location": url, "Content-Type": "text/plain"}, 303)


def first(form: dict[str, list[str]], name: str) -> str:
    return form.get(name, [""])[0]


def _wanted_language() -> str:
    return requests.parameters(blueprint.current_request).get("lang", "")
