"""SES tells what became of a mail: the ledger follows, and an address that does not exist gets no more."""

from datetime import datetime
from typing import Any

from chalicelib.adapters.links import Links
from chalicelib.adapters.store.ledger import Ledger
from chalicelib.adapters.store.suppressions import Suppressions
from chalicelib.domain.address import address_key
from chalicelib.domain.delivery import State
from chalicelib.domain.event import utc

STATES: dict[str, State] = {
    "Send": "sent",
    "Delivery": "delivered",
    "Bounce": "bounced",
    "Complaint": "complained",
    "Reject": "failed",
}


def record_mail_event(
    ledger: Ledger, suppressions: Suppressions, links: Links, event: dict[str, Any], now: datetime
) -> bool:
    """Apply one event in SES's event publishing JSON; True when it moved a delivery.

    A temporary bounce (``bounceType`` other than Permanent) is recorded too, and suppresses nothing; after a delivery
    it is an out-of-office reply, and the mail stays delivered.
    The moment of sending comes with every event; the worker's own, when it was first, stays.
    Source: Amazon SES developer guide, "Examples of event data that Amazon SES publishes to Amazon SNS".
    """
    kind, mail = event.get("eventType", ""), event["mail"]
    tags = {name: values[0] for name, values in mail.get("tags", {}).items() if values}
    if kind not in STATES or not {"invitee", "kind", "occurrence"} <= tags.keys():
        return False
    detail = event.get(kind.lower(), {})
    facts: dict[str, Any] = {}
    if kind == "Delivery":
        facts["delivered_at"] = detail.get("timestamp", utc(now))
    if kind in ("Bounce", "Complaint", "Reject"):
        facts["reason"] = " ".join(
            filter(
                None,
                (
                    detail.get("bounceType"),
                    detail.get("bounceSubType"),
                    detail.get("complaintFeedbackType"),
                    detail.get("reason"),
                ),
            )
        )
    temporary = kind == "Bounce" and detail.get("bounceType") != "Permanent"
    if kind in ("Bounce", "Complaint") and not temporary:
        for address in mail["destination"]:
            suppressions.add(links.address_hash(address_key(address)), kind.lower(), now)
    unless: frozenset[State] = frozenset({"delivered"}) if temporary else frozenset()
    return ledger.record_event(
        (tags["invitee"], tags["kind"], tags["occurrence"]),
        STATES[kind],
        mail["messageId"],
        facts,
        sent_at=utc(datetime.fromisoformat(mail["timestamp"])) if "timestamp" in mail else "",
        unless=unless,
    )
