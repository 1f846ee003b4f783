"""What becomes of an accepted message, and how SES tells it: its event-publishing JSON.

Sources: SES Developer Guide, "Contents of event data that Amazon SES publishes to Firehose" and its examples;
"Using the mailbox simulator" (which also names the EICAR test file as the way to see a Reject);
"Using the account-level suppression list" (accepted, not sent, Bounce with OnAccountSuppressionList).
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.message import Message as Headers
from email.utils import getaddresses
from typing import Any

from infra.local.ses.account import Account
from infra.local.ses.addresses import canonical, domain_of
from infra.local.ses.mailbox import Message

SIMULATOR = "simulator.amazonses.com"
SIMULATED = {
    "success": "delivery",
    "bounce": "bounce",
    "complaint": "complaint",
    "ooto": "ooto",
    "suppressionlist": "suppressed globally",
}
HEADER_LIMIT = 10 * 1024
DELAY = 1.0
"""Seconds between the DeliveryDelay of a delayed message and its Delivery."""

GIVES_UP_AFTER = timedelta(hours=14)
"""How long SES keeps trying unless told otherwise (API v2 reference, DeliveryOptions, MaxDeliverySeconds)."""

EICAR = (b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE", b"WDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9JEVJQ0FSLVNUQU5EQVJELUFOVElWSVJV")
_SUPPRESSED = (
    "Amazon SES did not send the message to this address because it is on the suppression list for your account. "
    "For more information about removing addresses from the suppression list, see the Amazon SES Developer Guide at "
    "https://docs.aws.amazon.com/ses/latest/DeveloperGuide/sending-email-suppression-list.html"
)
_SUPPRESSED_GLOBALLY = (
    "Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid "
    "address. For more information about how to remove an address from the suppression list, see the Amazon SES "
    "Developer Guide: http://docs.aws.amazon.com/ses/latest/DeveloperGuide/remove-from-suppressionlist.html"
)
_BOUNCES = {  # outcome -> type, subtype, diagnostic, reporting MTA
    "bounce": ("Permanent", "General", "smtp; 550 5.1.1 user unknown", "dns; local.amazonses.com"),
    "suppressed": ("Permanent", "OnAccountSuppressionList", _SUPPRESSED, "dns; amazonses.com"),
    "suppressed globally": ("Permanent", "Suppressed", _SUPPRESSED_GLOBALLY, "dns; amazonses.com"),
    "ooto": ("Transient", "General", "", ""),
}


def is_simulator(address: str) -> bool:
    """Whether the mailbox simulator answers for this address."""
    return domain_of(address) == SIMULATOR


def outcome_of(account: Account, address: str) -> str:
    """What will become of a message to this address; a bounce or complaint also suppresses it, as SES does."""
    if is_simulator(address):
        return SIMULATED.get(address.partition("@")[0].partition("+")[0], "bounce")
    key = canonical(address)
    with account.lock:
        if key in account.suppressed:
            return "suppressed"
        outcome = account.outcomes.get(key, "delivery")
        if outcome in ("bounce", "complaint"):
            account.suppress(address, outcome.upper())
    return outcome


Happened = list[tuple[str, dict[str, Any]]]


def events(account: Account, message: Message, headers: Headers) -> tuple[Happened, Happened]:
    """What happens at once, and what happens ``DELAY`` seconds later.

    Both are (event type, event) pairs in the order SES publishes them; the type is SES's API name (SEND, BOUNCE, ...).
    """
    mail = _mail(account, message, headers)
    by_outcome: dict[str, list[str]] = {}
    for address, outcome in message.outcomes.items():
        by_outcome.setdefault(outcome, []).append(address)
    if "reject" in by_outcome:
        return [("REJECT", {"eventType": "Reject", "mail": mail, "reject": {"reason": "Bad content"}})], []
    happened: Happened = [("SEND", {"eventType": "Send", "mail": mail, "send": {}})]
    delivered = [address for outcome in ("delivery", "complaint", "ooto") for address in by_outcome.get(outcome, [])]
    if delivered:
        delivery = _delivery(message, delivered)
        happened.append(("DELIVERY", {"eventType": "Delivery", "mail": mail, "delivery": delivery}))
    for outcome, addresses in by_outcome.items():
        if outcome in _BOUNCES:
            bounce = _bounce(message, outcome, addresses)
            happened.append(("BOUNCE", {"eventType": "Bounce", "mail": mail, "bounce": bounce}))
        elif outcome == "complaint":
            complaint = _complaint(message, addresses)
            happened.append(("COMPLAINT", {"eventType": "Complaint", "mail": mail, "complaint": complaint}))
    if "delay" not in by_outcome:
        return happened, []
    delayed = by_outcome["delay"]
    delay, delivery = _delivery_delay(message, delayed), _delivery(message, delayed, DELAY)
    happened.append(("DELIVERY_DELAY", {"eventType": "DeliveryDelay", "mail": mail, "deliveryDelay": delay}))
    return happened, [("DELIVERY", {"eventType": "Delivery", "mail": mail, "delivery": delivery})]


def stamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as SES writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def decoded(value: object) -> str:
    """A header value on one line, its encoded words (RFC 2047) as text."""
    return str(make_header(decode_header(_unfolded(value))))


def _mail(account: Account, message: Message, headers: Headers) -> dict[str, Any]:
    identity = account.identity_of(_bare(message.sender))
    listed, size = [], 0
    for name, value in headers.items():
        size += len(name) + len(str(value)) + 4
        if size <= HEADER_LIMIT:
            listed.append({"name": name, "value": _unfolded(value)})
    return {
        "timestamp": stamp(message.at),
        "source": message.sender,
        "sourceArn": account.arn(f"identity/{identity.name if identity else _bare(message.sender)}"),
        "sendingAccountId": account.number,
        "messageId": message.id,
        "destination": message.destination,
        "headersTruncated": size > HEADER_LIMIT,
        "headers": listed,
        "commonHeaders": _common(message, headers),
        "tags": _tags(message),
    }


def _common(message: Message, headers: Headers) -> dict[str, Any]:
    common: dict[str, Any] = {"messageId": message.id}
    for member, name in (("from", "From"), ("to", "To"), ("cc", "Cc"), ("replyTo", "Reply-To")):
        if headers[name]:
            pairs = getaddresses([_unfolded(headers[name])])
            common[member] = [f"{decoded(shown)} <{address}>" if shown else address for shown, address in pairs]
    for member, name in (("date", "Date"), ("subject", "Subject")):
        if headers[name]:
            common[member] = decoded(headers[name])
    return common


def _tags(message: Message) -> dict[str, list[str]]:
    tags = {
        "ses:operation": ["SendEmail"],
        "ses:source-ip": ["127.0.0.1"],
        "ses:from-domain": [domain_of(_bare(message.sender))],
        "ses:caller-identity": [message.access_key_id],
    }
    if message.configuration_set:
        tags["ses:configuration-set"] = [message.configuration_set]
    return tags | {name: [value] for name, value in message.tags.items()}


def _delivery(message: Message, recipients: Sequence[str], after: float = 0.0) -> dict[str, Any]:
    now = datetime.now(UTC) + timedelta(seconds=after)
    return {
        "timestamp": stamp(now),
        "processingTimeMillis": max(0, int((now - message.at).total_seconds() * 1000)),
        "recipients": list(recipients),
        "smtpResponse": "250 2.0.0 OK",
        "reportingMTA": "local.amazonses.com",
    }


def _delivery_delay(message: Message, recipients: Sequence[str]) -> dict[str, Any]:
    details = {"status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 Unable to connect to remote host"}
    return {
        "timestamp": stamp(datetime.now(UTC)),
        "delayType": "TransientCommunicationFailure",
        "expirationTime": stamp(message.at + GIVES_UP_AFTER),
        "delayedRecipients": [{"emailAddress": address, **details} for address in recipients],
    }


def _bounce(message: Message, outcome: str, recipients: Sequence[str]) -> dict[str, Any]:
    bounce_type, subtype, diagnostic, mta = _BOUNCES[outcome]
    details = {"action": "failed", "status": "5.1.1", "diagnosticCode": diagnostic} if diagnostic else {}
    return {
        "feedbackId": _feedback_id(message),
        "bounceType": bounce_type,
        "bounceSubType": subtype,
        "bouncedRecipients": [{"emailAddress": address, **details} for address in recipients],
        "timestamp": stamp(datetime.now(UTC)),
        **({"reportingMTA": mta} if mta else {}),
    }


def _complaint(message: Message, recipients: Sequence[str]) -> dict[str, Any]:
    now = stamp(datetime.now(UTC))
    return {
        "feedbackId": _feedback_id(message),
        "complaintSubType": None,
        "complainedRecipients": [{"emailAddress": address} for address in recipients],
        "timestamp": now,
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": now,
    }


def _feedback_id(message: Message) -> str:
    return f"{message.id[:-7]}-feedback"


def _bare(sender: str) -> str:
    return getaddresses([sender])[0][1]


def _unfolded(value: object) -> str:
    return "".join(str(value).splitlines())
