"""An organiser says that an address works after all, or that the person asks for mail again."""

from datetime import datetime

from chalicelib.adapters.links import Links
from chalicelib.adapters.store.addresses import Addresses
from chalicelib.adapters.store.audit import audit_put
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.domain.errors import Conflict
from chalicelib.usecases.read_person import read_person

AT_AWS = (
    "Amazon SES may still have the address on the suppression list of your AWS account; the next mail then bounces. "
    "Look there: Amazon SES console, Suppression list."
)

COMPLAINED = (
    "Somebody marked a mail to this address as spam. Write there only if you were asked to: complaints can cost you "
    "the right to send."
)


def lift_suppression(
    invitees: Invitees,
    addresses: Addresses,
    links: Links,
    event_id: str,
    invitee_id: str,
    reason: str,
    who: str,
    now: datetime,
) -> list[str]:
    """Lift the suppression of this person's address, for every event that knows it; returns what the organiser should
    know. Raises NotFound; Conflict when the address is not suppressed.

    SES's own list, of the AWS account, is not ours to change: it serves other senders of the account as well.
    Source: Amazon SES developer guide, "Using the Amazon SES account-level suppression list".
    """
    person = read_person(invitees, addresses, links, event_id, invitee_id)
    invitee, known = person.file.person.invitee, person.suppression
    why = known.reason if known else invitee.suppressed
    audit = audit_put(event_id, who, "suppression lifted", f"{invitee_id}: {why}", reason, now)
    if not addresses.lift(person.address, now, reason, who, [audit]):
        raise Conflict(f"Nothing keeps mail from {invitee.email}. Nothing was changed.")
    return [COMPLAINED, AT_AWS] if why == "complaint" else [AT_AWS]
