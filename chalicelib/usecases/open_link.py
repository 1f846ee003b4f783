"""Who stands behind a link. A wrong, altered or revoked one is simply not found, with no hint why."""

from chalicelib.adapters.links import Links, Purpose
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.invitees import Invitees, PersonFile
from chalicelib.domain.errors import NotFound
from chalicelib.domain.event import Event


def open_link(
    events: Events, invitees: Invitees, links: Links, token: str, purpose: Purpose = "page", *, gone: bool = False
) -> tuple[Event, PersonFile]:
    """The event and the person's file. Reads only. Raises NotFound.

    Whoever's invitation was taken back has no page any more, but for what is held about them: ``gone`` lets them in.
    """
    invitee_id = links.claimed_invitee(token)
    person = invitees.file(invitee_id) if invitee_id else None
    if person is None or not links.verifies(token, person.invitee, purpose):
        raise NotFound("This link does not lead anywhere.")
    if person.invitee.withdrawn_by and not gone:
        raise NotFound("This link does not lead anywhere.")
    event = events.find_for(person.invitee.event, person.batches)
    if event is None:
        raise NotFound("This link does not lead anywhere.")
    return event, person
