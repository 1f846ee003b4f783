"""Somebody who was erased, perhaps by whoever had their mail, wishes to be invited after all."""

from datetime import datetime

from chalicelib.adapters.links import Links
from chalicelib.adapters.store.addresses import Addresses
from chalicelib.adapters.store.audit import audit_put
from chalicelib.adapters.store.events import Events
from chalicelib.domain.address import address_key
from chalicelib.domain.errors import Conflict


def lift_erasure(
    events: Events, addresses: Addresses, links: Links, event_id: str, email: str, reason: str, who: str, now: datetime
) -> None:
    """The address, which is normalised already, may be invited to this event again; the audit log says why, and not
    whose it is. What was erased stays erased.

    Raises NotFound for the event; Conflict when the address is not that of somebody who was erased.
    """
    events.get(event_id)
    audit = audit_put(event_id, who, "erasure lifted", "", reason, now)
    if not addresses.free_erased(event_id, links.address_hash(address_key(email)), [audit]):
        raise Conflict(f"Nobody with the address {email} was erased from this event. Nothing was changed.")
