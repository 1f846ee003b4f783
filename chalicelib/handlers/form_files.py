"""The pages where a person adds a file to the registration form. As with contributions, the browser sends it to the
bucket and comes back with an upload id, which counts once a person has pressed a button.
"""

from collections.abc import Sequence
from typing import Any

from chalice.app import Response

from chalicelib import wiring
from chalicelib.adapters.pages import HEADERS
from chalicelib.domain.errors import Closed, Conflict, Invalid, Problem
from chalicelib.domain.form_file import proposed
from chalicelib.domain.formats import SUFFIXES
from chalicelib.domain.private_upload import named
from chalicelib.handlers.contributions import SCRIPT
from chalicelib.handlers.visit import FORM, READ, Visit, blueprint, file_path, personal

PAGE = "/i/{token}/registration/files/{question}"
UPLOADED = f"{PAGE}/uploads/{{upload}}"


@blueprint.route(PAGE, methods=READ)
@personal
def form_file(token: str, question: str) -> Response:
    return _page(Visit(token), question)


@blueprint.route(UPLOADED, methods=READ)
@personal
def arrived(token: str, question: str, upload: str) -> Response:
    """Where S3 sends the browser. It looks at the file and changes nothing."""
    from chalicelib.usecases.form_files import asked_file, takes_files, wanted_of
    from chalicelib.usecases.private_uploads import look

    visit = Visit(token)
    field = asked_file(visit.event, question)
    if not takes_files(visit.event, visit.person, visit.now) or upload in visit.person.uploads:
        return _page(visit, question)
    try:
        found = look(wiring.private_files(), visit.person.invitee, upload, wanted_of(field))
    except Invalid as error:
        return _page(visit, question, 200, error.problems)
    return _page(visit, question, found=found)


@blueprint.route(UPLOADED, methods=["POST"], content_types=FORM)
@personal
def post_arrived(token: str, question: str, upload: str) -> Response:
    from chalicelib.usecases.form_files import add_file, asked_file

    visit = Visit(token)
    field = asked_file(visit.event, question)
    try:
        add_file(wiring.file_room(visit.guard()), visit.event, visit.person, field, upload, visit.now)
    except Invalid as error:
        return _page(visit, question, 422, error.problems)
    except Conflict as error:
        return _page(Visit(token), question, 409, [Problem(field="file", message=error.detail)])
    except Closed:
        return visit.invitation(410)
    place = f"{visit.url('/registration')}#{field.name}"
    return Response(b"", status_code=303, headers={**HEADERS, "Location": place, "Content-Type": "text/plain"})


def _page(
    visit: Visit, question: str, status: int = 200, problems: Sequence[Problem] = (), *, found: Any = None
) -> Response:
    """The page of one question; ``found`` is an upload that waits for the button. When the form is taken no more, the
    invitation says so.
    """
    from chalicelib.usecases.form_files import asked_file, takes_files
    from chalicelib.usecases.private_uploads import offer

    field, here = asked_file(visit.event, question), file_path(question)
    if not takes_files(visit.event, visit.person, visit.now):
        return visit.invitation(status)
    form, allowed = None, dict[str, Any]()
    if not found:
        back = visit.url(f"{here}/uploads/{{upload}}")
        form = offer(wiring.private_files(), visit.person.invitee, field.most, back)
        allowed = {"posts_to": form.origin, "script": SCRIPT}
    there = proposed([field], visit.person.uploads, visit.person.registration)
    return visit.page(
        "form_file",
        here,
        status,
        asked=field,
        kinds=named(field.files),
        suffixes=SUFFIXES,
        there=there.get(field.id),
        file_page=visit.url(here),
        offer=form,
        found=found,
        add=visit.url(f"{here}/uploads/{found.id}") if found else "",
        problems=list(problems),
        **allowed,
    )
