"""The organisers' API of what people hand in: contributions, who has and who has not; the files of answers."""

from chalice.app import Response

from chalicelib import wiring
from chalicelib.domain.tabular import to_csv
from chalicelib.handlers import contribution_representations as out
from chalicelib.handlers import requests
from chalicelib.handlers.organisers import blueprint
from chalicelib.handlers.representations import reply
from chalicelib.usecases import list_contributions
from chalicelib.usecases.open_answer import open_answer

FILTERS = ("contribution", "category", "state")


def get_contributions(event: str) -> Response:
    request = blueprint.current_request
    asked = requests.parameters(request)
    wanted = {name: asked[name] for name in FILTERS if name in asked}
    rooms = wiring.events(), wiring.invitees(), wiring.contributions()
    if requests.wants_csv(request):
        every = list_contributions.everybody(*rooms, event, wanted)
        return _csv([out.ContributionOut.of(line).model_dump() for line in every])
    limit, cursor = requests.whole_number(request, "limit", 100, 1000), requests.from_cursor(asked.get("cursor"), event)
    lines, following = list_contributions.contributions(*rooms, event, wanted, limit, cursor)
    shown = [out.ContributionOut.of(line) for line in lines]
    return reply(out.ContributionPage(contributions=shown, cursor=requests.to_cursor(following)))


def post_open(event: str, invitee: str, contribution: str) -> Response:
    opened = list_contributions.open_contribution(
        wiring.events(),
        wiring.invitees(),
        wiring.contributions(),
        wiring.private_files(),
        wiring.audit(),
        event,
        invitee,
        contribution,
        requests.who(blueprint.current_request),
        wiring.now(),
    )
    return reply(out.OpenedOut.of(opened))


def post_open_answer(event: str, invitee: str, question: str) -> Response:
    who, now = requests.who(blueprint.current_request), wiring.now()
    rooms = wiring.events(), wiring.invitees(), wiring.private_files(), wiring.audit()
    return reply(out.OpenedAnswerOut.of(open_answer(*rooms, event, invitee, question, who, now)))


def _csv(rows: list[dict[str, object]]) -> Response:
    headers: dict[str, str | list[str]] = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": 'attachment; filename="contributions.csv"',
        "Cache-Control": "no-store",
    }
    return Response(to_csv(list(out.ContributionOut.model_fields), rows).encode(), headers=headers)
