"""A person's whole file, for the organiser: who they are, every mail, whether they can be reached, what happened."""

import re
from dataclasses import dataclass

from chalicelib.adapters.links import Links
from chalicelib.adapters.store.addresses import Addresses
from chalicelib.adapters.store.invitees import Invitees, WholeFile
from chalicelib.domain.address import address_key
from chalicelib.domain.errors import NotFound
from chalicelib.domain.history import Suppression

INVITEE = "[a-z0-9]{1,40}"


@dataclass(frozen=True)
class Read:
    """The file, and what is known of the address itself; ``address`` is its hash."""

    file: WholeFile
    address: str
    suppression: Suppression | None


def read_person(invitees: Invitees, addresses: Addresses, links: Links, event_id: str, invitee_id: str) -> Read:
    """Raises NotFound for somebody who is not invited to this event."""
    file = invitees.whole_file(invitee_id) if re.fullmatch(INVITEE, invitee_id) else None
    if file is None or file.person.invitee.event != event_id:
        raise NotFound(f'The event "{event_id}" has no invitee "{invitee_id}".')
    address = links.address_hash(address_key(file.person.invitee.email))
    return Read(file, address, addresses.suppressions([address]).get(address))
