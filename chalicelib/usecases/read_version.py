"""A version of an event as it was published, beside the one before it."""

import re

from chalicelib.adapters.store.events import Events
from chalicelib.domain.agenda import check
from chalicelib.domain.errors import NotFound
from chalicelib.usecases.publish_event import Publication


def read_version(events: Events, event_id: str, version: str) -> Publication:
    """What publishing that version did. Raises NotFound."""
    number = int(version) if re.fullmatch("[1-9][0-9]{0,8}", version) else 0
    event = events.version(events.get(event_id).id, number) if number else None
    if event is None:
        raise NotFound(f'The event "{event_id}" has no version "{version[:20]}".')
    return Publication(event, events.version(event_id, number - 1), check(event.document))
