"""An organiser gives a person another address: the old links stop working, and mail that came back may go out anew."""

from datetime import datetime

from chalicelib.adapters.links import Links
from chalicelib.adapters.store.addresses import FREE, Addresses
from chalicelib.adapters.store.audit import audit_put
from chalicelib.adapters.store.batches import Batches
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.ledger import give_up
from chalicelib.adapters.store.person import log_put
from chalicelib.adapters.store.table import ConditionFailed, Write
from chalicelib.domain.address import address_key
from chalicelib.domain.delivery import CATEGORY, Delivery
from chalicelib.domain.errors import Conflict
from chalicelib.domain.invitee import Invitee
from chalicelib.usecases.read_person import read_person
from chalicelib.usecases.record_mail_event import Moved, at_the_old_address, note_moves


def replace_address(
    invitees: Invitees,
    addresses: Addresses,
    batches: Batches,
    links: Links,
    event_id: str,
    invitee_id: str,
    email: str,
    reason: str,
    who: str,
    now: datetime,
) -> Invitee:
    """The person with the new address, which is normalised already, and suppressed when the new address is.

    An invitation, a chase or a request for feedback that bounced at the old address is given up, so that the next batch
    reaches the new one; a confirmation and reminders are not: what they said is past, or comes with the next mail.
    All of it happens in one transaction, or nothing does.

    Raises NotFound; Conflict when somebody else of the event has the address, when the person has it already, or when
    they were changed at this very moment.
    """
    person = read_person(invitees, addresses, links, event_id, invitee_id)
    before, new = person.file.person.invitee, links.address_hash(address_key(email))
    if new == person.address:
        raise Conflict(f"This person has the address {before.email} already. Nothing was changed.")
    bounced = [line for line in person.file.deliveries if line.state == "bounced" and line.kind in CATEGORY]
    writes: list[Write] = [
        *(give_up(line, at_the_old_address(line.reason)) for line in bounced),
        log_put(invitee_id, now, "address replaced", f"{before.email} -> {email}", who),
        audit_put(event_id, who, "address replaced", invitee_id, reason, now),
    ]
    try:
        invitees.replace_address(before, email, person.address, new, now, writes)
    except ConditionFailed as failed:
        raise _conflict(failed, email) from None
    note_moves(batches, [_given_up(line) for line in bounced])
    file = invitees.file(invitee_id)
    if file is None:
        raise Conflict("This person was erased at this very moment.")
    return file.invitee


def _conflict(failed: ConditionFailed, email: str) -> Conflict:
    if failed.name == FREE and failed.item:
        holder = failed.item.get("invitee")
        if holder is None:
            return Conflict(f"Who has {email} had their data erased, and is not invited to this event again.")
        return Conflict(f'{email} belongs to the invitee "{holder}" of this event. Look at that person first.')
    return Conflict("This person was changed at this very moment. Look at them again and repeat it if it is needed.")


def _given_up(line: Delivery) -> Moved:
    return Moved(line.event, line.batch, line.state, "failed")
