"""SES tells what became of a mail: the ledger follows, and an address that mail does not reach gets no more."""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from chalicelib.adapters.links import Links
from chalicelib.adapters.store.addresses import Addresses
from chalicelib.adapters.store.batches import Batches
from chalicelib.adapters.store.due import Due, Dues
from chalicelib.adapters.store.ledger import Ledger
from chalicelib.domain.address import address_key
from chalicelib.domain.delivery import CATEGORY, State
from chalicelib.domain.event import utc
from chalicelib.domain.history import Suppressed

STATES: dict[str, State] = {
    "Send": "sent",
    "DeliveryDelay": "sent",
    "Delivery": "delivered",
    "Bounce": "bounced",
    "Complaint": "complained",
    "Reject": "failed",
}
"""A delay says that SES has the mail and goes on trying."""

QUARTER = timedelta(minutes=15)
"""How often the organiser is told of addresses that mail does not reach, at most."""

TOGETHER = 100
"""Events after which the batches are told what moved: a function that dies loses no more than these from the counts."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Moved:
    """A delivery that an event moved. Before it, "sending" counts as "sent", as the worker that sends it will count."""

    event: str
    batch: str
    before: State
    after: State


def record_mail_events(
    told: Iterable[dict[str, Any]],
    batches: Batches,
    record: Callable[[dict[str, Any]], Moved | None],
) -> int:
    """Apply each of SES's events by itself; how many failed. The others are applied, and may come again with those.

    ``record`` is ``record_mail_event`` with its adapters. What came again moves nothing, so no move is counted twice.
    """
    every, failed = iter(told), 0
    while some := list(islice(every, TOGETHER)):
        moved = []
        for event in some:
            try:
                moved.append(record(event))
            except Exception:
                logger.exception("%s could not be recorded", _named(event))
                failed += 1
        note_moves(batches, (one for one in moved if one))
    return failed


def record_mail_event(
    ledger: Ledger, addresses: Addresses, dues: Dues, links: Links, event: dict[str, Any], now: datetime
) -> Moved | None:
    """Apply one event in SES's event publishing JSON; what it moved, None when nothing. Coming again does no harm.

    A hard bounce or a complaint suppresses the address and has the organiser told. The other bounces are recorded and
    suppress nothing: a Transient one passes, and of an Undetermined one SES could not find out the reason; SES's own
    suppression list takes hard bounces alone. After a delivery they are out-of-office replies and the like, and the
    mail stays delivered. Who has another address by now was not reached, and a later batch may try anew.
    The moment of sending comes with every event; the worker's own, when it was first, stays.

    Sources: Amazon SES developer guide, "Contents of event data that Amazon SES publishes to Firehose"; API v2
    reference, SuppressionOptions, and DeliveryEventType (UNDETERMINED_BOUNCE).
    """
    kind, mail = event.get("eventType", ""), event["mail"]
    tags = {name: values[0] for name, values in mail.get("tags", {}).items() if values}
    if kind not in STATES or not {"invitee", "kind", "occurrence"} <= tags.keys():
        return None
    detail = event.get(kind.lower(), {})
    state, reason = STATES[kind], _reason(detail) if kind in ("Bounce", "Complaint", "Reject") else ""
    hard = kind == "Bounce" and detail.get("bounceType") == "Permanent"
    if hard or kind == "Complaint":
        hashes = [links.address_hash(address_key(address)) for address in mail["destination"]]
        why: Suppressed = "bounce" if hard else "complaint"
        if "event" in tags:  # first: a suppression of which the organiser is not told is never told later
            dues.add(notice_due(tags["event"], now))
        people = [one for address in hashes for one in addresses.suppress(address, why, now, f"{why}: {reason}")]
        if hard and tags["kind"] in CATEGORY and tags["invitee"] not in {invitee for _, invitee in people}:
            state, reason = "failed", at_the_old_address(reason)
    facts = {"reason": reason} if reason else {}
    if kind == "Delivery":
        facts = {"delivered_at": detail.get("timestamp", utc(now))}
    before = ledger.record_event(
        (tags["invitee"], tags["kind"], tags["occurrence"]),
        state,
        mail["messageId"],
        facts,
        sent_at=utc(datetime.fromisoformat(mail["timestamp"])) if "timestamp" in mail else "",
        unless=_not_after(kind, hard),
    )
    return Moved(before.event, before.batch, before.state, state) if before else None


def note_moves(batches: Batches, moved: Iterable[Moved]) -> None:
    """Add up what a number of events moved, and tell each batch once. One that fails is logged: the ledger is right."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for one in moved:
        if one.batch:
            count = counts[one.event, one.batch]
            count["sent" if one.before == "sending" else one.before] -= 1
            count[one.after] += 1
    for (event, batch), count in counts.items():
        try:
            batches.note_moves(event, batch, count)
        except Exception:
            logger.exception("the counts of the batch %s of %s miss %s", batch, event, dict(count))


def at_the_old_address(reason: str) -> str:
    """Why a mail that bounced is given up, so that the next batch reaches the person at the address they have now."""
    return f"bounced at the old address ({reason or 'no reason given'})"


def notice_due(event: str, now: datetime) -> Due:
    """The row that has the organiser told: one row an event and quarter of an hour, due at its end."""
    start = now.astimezone(UTC).replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
    return Due(what="notice", reference=f"{event}#notice", at=start + QUARTER, body={"event": event})


def _named(event: dict[str, Any]) -> str:
    """An event for the log: no names, no addresses."""
    mail = event["mail"]
    return f"{event.get('eventType')} of message {mail.get('messageId') if isinstance(mail, dict) else '?'}"


def _reason(detail: dict[str, Any]) -> str:
    """``Permanent General``, ``abuse``, ``Bad content``: what a bounce, a complaint or a rejection says of itself."""
    names = ("bounceType", "bounceSubType", "complaintFeedbackType", "reason")
    return " ".join(str(detail[name]) for name in names if detail.get(name))


def _not_after(kind: str, hard: bool) -> frozenset[State]:
    """States that this event does not move, although its own might follow them for another cause."""
    if kind == "Bounce" and not hard:
        return frozenset({"delivered"})
    return frozenset({"bounced"}) if kind == "Reject" else frozenset()
