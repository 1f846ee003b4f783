"""The typesetter: called by the functions that need an agenda which is not there yet."""

from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring

blueprint = Blueprint(__name__)


@blueprint.lambda_function(name="typeset")
def typeset(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    from chalicelib.usecases.typeset_agenda import typeset_agenda

    return typeset_agenda(wiring.events(), wiring.documents(), event)
