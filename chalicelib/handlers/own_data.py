"""A person's own data: what is held, to save and to correct; and the way out, after which nothing is left of them."""

from collections.abc import Sequence

from chalice.app import Response

from chalicelib import wiring
from chalicelib.adapters.pages import HEADERS
from chalicelib.domain.erasure import kept_until
from chalicelib.domain.errors import Conflict, Invalid, Problem
from chalicelib.handlers import requests
from chalicelib.handlers.visit import FORM, PAGES, READ, Visit, blueprint, personal

PAGE = f"/i/{{token}}/{PAGES['data']}"


@blueprint.route(PAGE, methods=READ)
@personal
def own_data(token: str) -> Response:
    return _page(Visit(token, gone=True))


@blueprint.route(f"{PAGE}.json", methods=READ)
@personal
def own_data_file(token: str) -> Response:
    from chalicelib.usecases.own_data import as_json, whole_file

    visit = Visit(token, gone=True)
    content = as_json(visit.event, whole_file(wiring.invitees(), visit.person.invitee.id))
    head = blueprint.current_request.method == "HEAD"
    saved = {"Content-Type": "application/json", "Content-Disposition": 'attachment; filename="my-data.json"'}
    return Response(b"" if head else content, status_code=200, headers={**HEADERS, **saved})


@blueprint.route(PAGE, methods=["POST"], content_types=FORM)
@personal
def post_own_data(token: str) -> Response:
    """A correction; or, with the box ticked, the end of it all."""
    from chalicelib.usecases.erase import erase
    from chalicelib.usecases.own_data import correct

    visit, form = Visit(token, gone=True), dict[str, list[str]]()
    try:
        form = requests.form_body(blueprint.current_request)
        if form.get("action") == ["erase"]:
            if form.get("sure") != ["yes"]:
                raise Invalid.field("sure", "Tick the box first.")
            erase(wiring.erasing(), visit.event, visit.person.invitee.id, visit.now, visit.guard())
            return visit.page("erased", languages=[])
        correct(wiring.invitees(), visit.event, visit.person.invitee, form, visit.now, visit.guard())
    except Invalid as error:
        return _page(visit, 422, error.problems, form)
    except Conflict as error:
        return _page(Visit(token, gone=True), 409, [Problem(field="name", message=error.detail)])
    here = Visit(token, gone=True).url(f"/{PAGES['data']}")
    return Response(b"", status_code=303, headers={**HEADERS, "Location": here})


def _page(
    visit: Visit, status: int = 200, problems: Sequence[Problem] = (), form: dict[str, list[str]] | None = None
) -> Response:
    from chalicelib.usecases.own_data import whole_file

    file = whole_file(wiring.invitees(), visit.person.invitee.id)
    return visit.page(
        "data",
        f"/{PAGES['data']}",
        status,
        deliveries=file.deliveries,
        kept=visit.person.registration,
        attended=visit.person.attended,
        until=kept_until(visit.event.document),
        problems=list(problems),
        values={name: form[name][0] for name in ("name", "language") if name in form} if form else {},
    )
