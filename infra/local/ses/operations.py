"""Sending, account, identities and suppression list: one function an operation, its JSON in and its JSON out."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.local.ses.account import Account, Identity, Suppressed
from infra.local.ses.addresses import bare, canonical
from infra.local.ses.errors import AlreadyExists, BadRequest, NotFound
from infra.local.ses.http import Request
from infra.local.ses.iam import access_key_of
from infra.local.ses.mailbox import Mailbox
from infra.local.ses.publisher import Publisher
from infra.local.ses.sending import send_email

REASONS = ["BOUNCE", "COMPLAINT"]
_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", re.IGNORECASE)
_DKIM = {"SigningEnabled": True, "Status": "SUCCESS", "Tokens": [], "SigningAttributesOrigin": "AWS_SES"}


@dataclass(frozen=True)
class Service:
    """What the operations work on. ``may``: whether a role is allowed an action on a resource; nothing asks nobody."""

    account: Account
    mailbox: Mailbox
    publisher: Publisher
    may: Callable[[str, str, str], bool] | None = None


def send(service: Service, request: Request) -> dict[str, Any]:
    """SendEmail, after the armed latency."""
    if service.account.limits.latency_ms:  # even a sleep of nothing gives the processor away
        time.sleep(service.account.limits.latency_ms / 1000)
    caller = access_key_of(request.headers)
    return {"MessageId": send_email(service.account, service.mailbox, service.publisher, request.document, caller)}


def get_account(service: Service, request: Request) -> dict[str, Any]:
    """GetAccount: quota in recipients per 24 hours (-1: none), rate in recipients per second."""
    limits = service.account.limits
    return {
        "DedicatedIpAutoWarmupEnabled": False,
        "EnforcementStatus": "HEALTHY",
        "ProductionAccessEnabled": True,
        "SendQuota": {
            "Max24HourSend": limits.max_24_hour_send,
            "MaxSendRate": limits.max_send_rate,
            "SentLast24Hours": float(limits.sent_last_24_hours()),
        },
        "SendingEnabled": service.account.sending_enabled,
        "SuppressionAttributes": {"SuppressedReasons": REASONS},
    }


def create_identity(service: Service, request: Request) -> dict[str, Any]:
    """CreateEmailIdentity; the identity is verified at once."""
    body, account = request.document, service.account
    name, default = str(body.get("EmailIdentity") or ""), body.get("ConfigurationSetName")
    if "@" in name:
        name = canonical(bare(name))
    elif not _DOMAIN.fullmatch(name):
        raise BadRequest(f"Invalid email address or domain <{name}>.")
    identity = Identity(name if "@" in name else name.lower(), default)
    with account.lock:
        if default:
            account.configuration_set(default)
        if identity.name in account.identities:
            raise AlreadyExists(f"Email identity {name} already exist.")
        account.identities[identity.name] = identity
    return {"IdentityType": identity.kind, "VerifiedForSendingStatus": True, "DkimAttributes": _DKIM}


def get_identity(service: Service, request: Request, name: str) -> dict[str, Any]:
    """GetEmailIdentity."""
    identity = _identity(service, name)
    default = {"ConfigurationSetName": identity.configuration_set} if identity.configuration_set else {}
    return {
        "IdentityType": identity.kind,
        "FeedbackForwardingStatus": True,
        "VerifiedForSendingStatus": True,
        "VerificationStatus": "SUCCESS",
        "DkimAttributes": _DKIM,
        "Policies": {},
        "Tags": [],
        **default,
    }


def list_identities(service: Service, request: Request) -> dict[str, Any]:
    """ListEmailIdentities, in one page."""
    status = {"SendingEnabled": True, "VerificationStatus": "SUCCESS"}
    identities = list(service.account.identities.values())
    return {"EmailIdentities": [{"IdentityType": i.kind, "IdentityName": i.name, **status} for i in identities]}


def delete_identity(service: Service, request: Request, name: str) -> dict[str, Any]:
    """DeleteEmailIdentity."""
    service.account.identities.pop(_identity(service, name).name, None)
    return {}


def put_suppressed(service: Service, request: Request) -> dict[str, Any]:
    """PutSuppressedDestination."""
    body = request.document
    if body.get("Reason") not in REASONS:
        raise BadRequest(
            "1 validation error detected: Value at 'reason' failed to satisfy constraint: "
            "Member must satisfy enum value set: [BOUNCE, COMPLAINT]"
        )
    service.account.suppress(str(body.get("EmailAddress") or ""), body["Reason"])
    return {}


def get_suppressed(service: Service, request: Request, address: str) -> dict[str, Any]:
    """GetSuppressedDestination."""
    return {"SuppressedDestination": _summary(_suppressed(service, address))}


def delete_suppressed(service: Service, request: Request, address: str) -> dict[str, Any]:
    """DeleteSuppressedDestination."""
    service.account.suppressed.pop(_suppressed(service, address).address, None)
    return {}


def list_suppressed(service: Service, request: Request) -> dict[str, Any]:
    """ListSuppressedDestinations: oldest first, filtered by reason and time, in pages of at most 1,000."""
    since, until = _moment(request.parameter("StartDate"), 0), _moment(request.parameter("EndDate"), float("inf"))
    reasons = request.query.get("Reason", REASONS)
    entries = sorted(service.account.suppressed.values(), key=lambda entry: (entry.since, entry.address))
    chosen = [_summary(entry) for entry in entries if entry.reason in reasons and since <= entry.since <= until]
    start, size = int(request.parameter("NextToken", "0")), int(request.parameter("PageSize", "1000"))
    more = {"NextToken": str(start + size)} if len(chosen) > start + size else {}
    return {"SuppressedDestinationSummaries": chosen[start : start + size], **more}


def _identity(service: Service, name: str) -> Identity:
    found = service.account.identities.get(canonical(name) if "@" in name else name.lower())
    if found is None:
        raise NotFound(f"Email identity {name} does not exist.")
    return found


def _suppressed(service: Service, address: str) -> Suppressed:
    found = service.account.suppressed.get(canonical(address))
    if found is None:
        raise NotFound(f"Email address {canonical(address)} does not exist on your suppression list.")
    return found


def _summary(entry: Suppressed) -> dict[str, Any]:
    return {"EmailAddress": entry.address, "Reason": entry.reason, "LastUpdateTime": entry.since}


def _moment(text: str, default: float) -> float:
    return datetime.fromisoformat(text).timestamp() if text else default
