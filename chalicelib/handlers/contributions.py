"""The pages where a person hands in what an event asks them for. A file goes from the browser to the bucket, never
through here; it comes back as an upload id, which counts once a person has pressed a button.
"""

from collections.abc import Sequence
from typing import Any

from chalice.app import Response

from chalicelib import wiring
from chalicelib.adapters.pages import HEADERS
from chalicelib.domain.errors import Closed, Conflict, Invalid, Problem
from chalicelib.domain.formats import SUFFIXES
from chalicelib.domain.private_upload import named
from chalicelib.handlers import requests
from chalicelib.handlers.visit import FORM, READ, Visit, blueprint, contribution_path, personal

PAGE = "/i/{token}/contributions/{contribution}"
UPLOADED = f"{PAGE}/uploads/{{upload}}"

SCRIPT = "contribution.js"
"""Says before a file is sent that it is too large or of another kind; S3 would say so on a page of its own."""


@blueprint.route(PAGE, methods=READ)
@personal
def contribution(token: str, contribution: str) -> Response:
    return _page(Visit(token), contribution)


@blueprint.route(UPLOADED, methods=READ)
@personal
def uploaded(token: str, contribution: str, upload: str) -> Response:
    """Where S3 sends the browser. It looks at the file and changes nothing."""
    from chalicelib.usecases.contribute import asked_for, contribution_state, wanted_of
    from chalicelib.usecases.private_uploads import look

    visit = Visit(token)
    asked = asked_for(visit.event, visit.person, contribution)
    handed = visit.person.contributions.get(asked.id)
    if contribution_state(visit.event, asked, visit.now) != "open" or (handed and handed.upload == upload):
        return _page(visit, contribution)
    try:
        found = look(wiring.private_files(), visit.person.invitee, upload, wanted_of(asked))
    except Invalid as error:
        return _page(visit, contribution, 200, error.problems)
    return _page(visit, contribution, found=found)


@blueprint.route(PAGE, methods=["POST"], content_types=FORM)
@personal
def post_contribution(token: str, contribution: str) -> Response:
    """A text, or a thing taken back."""
    from chalicelib.usecases import contribute

    visit, form = Visit(token), dict[str, list[str]]()
    asked = contribute.asked_for(visit.event, visit.person, contribution)
    room = wiring.contribution_room(visit.guard())
    try:
        form = requests.form_body(blueprint.current_request)
        if "text" in form:
            contribute.hand_in_text(room, visit.event, visit.person, asked, "\n".join(form["text"]), visit.now)
        elif form.get("withdraw") == ["yes"]:
            contribute.withdraw(room, visit.event, visit.person, asked, visit.now)
        else:
            raise Invalid.field("withdraw", "Tick the box first.")
    except Invalid as error:
        return _page(visit, contribution, 422, error.problems, text=form.get("text", [""])[0])
    except Conflict as error:
        problems = [Problem(field="text", message=error.detail)]
        return _page(Visit(token), contribution, 409, problems, text=form.get("text", [""])[0])
    except Closed:
        return _page(visit, contribution, 410)
    return _see(visit.url(contribution_path(contribution)))


@blueprint.route(UPLOADED, methods=["POST"], content_types=FORM)
@personal
def post_uploaded(token: str, contribution: str, upload: str) -> Response:
    from chalicelib.usecases.contribute import asked_for, hand_in_file

    visit = Visit(token)
    asked = asked_for(visit.event, visit.person, contribution)
    try:
        hand_in_file(wiring.contribution_room(visit.guard()), visit.event, visit.person, asked, upload, visit.now)
    except Invalid as error:
        return _page(visit, contribution, 422, error.problems)
    except Conflict as error:
        return _page(Visit(token), contribution, 409, [Problem(field="file", message=error.detail)])
    except Closed:
        return _page(visit, contribution, 410)
    return _see(visit.url(contribution_path(contribution)))


def _page(
    visit: Visit, name: str, status: int = 200, problems: Sequence[Problem] = (), *, found: Any = None, text: str = ""
) -> Response:
    """The page of one contribution; ``found`` is an upload that waits for the button."""
    from chalicelib.usecases.contribute import asked_for, contribution_state
    from chalicelib.usecases.private_uploads import offer

    asked = asked_for(visit.event, visit.person, name)
    state, here = contribution_state(visit.event, asked, visit.now), contribution_path(name)
    form, allowed = None, dict[str, Any]()
    if state == "open" and asked.files and not found:
        back = visit.url(f"{here}/uploads/{{upload}}")
        form = offer(wiring.private_files(), visit.person.invitee, asked.most, back)
        allowed = {"posts_to": form.origin, "script": SCRIPT}
    return visit.page(
        "contribution",
        here,
        status,
        asked=asked,
        kinds=named(asked.files),
        suffixes=SUFFIXES,
        state=state,
        handed=visit.person.contributions.get(asked.id),
        offer=form,
        found=found,
        hand_in=visit.url(f"{here}/uploads/{found.id}") if found else "",
        problems=list(problems),
        values={"text": text},
        **allowed,
    )


def _see(url: str) -> Response:
    """POST, redirect, GET (RFC 9110, 303)."""
    return Response(b"", status_code=303, headers={**HEADERS, "Location": url, "Content-Type": "text/plain"})
