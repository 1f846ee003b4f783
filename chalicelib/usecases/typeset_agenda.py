"""Set one agenda as PDF and keep it: once per version, language and zone."""

from typing import Any

from chalicelib.adapters.documents import Documents
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.typesetting import agenda_pdf
from chalicelib.domain.errors import NotFound


def typeset_agenda(events: Events, documents: Documents, order: dict[str, Any]) -> dict[str, Any]:
    """``order`` is {event, version, language, zone}; returns {key, bytes}. Raises NotFound for an unknown version."""
    event = events.version(order["event"], order["version"])
    if event is None:
        raise NotFound(f'There is no version {order["version"]} of "{order["event"]}".')
    content = agenda_pdf(event, order["language"], order["zone"])
    return {"key": documents.put_agenda(event, order["language"], order["zone"], content), "bytes": len(content)}
