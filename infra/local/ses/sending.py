"""SendEmail: first every refusal, then the accepted message.

Source: SES API v2 reference, SendEmail; Developer Guide, "Amazon SES email sending errors" (wording of the identity
check) and "Service quotas" (50 recipients a message, 40 MB). The wording on tags is known from the field.
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message as Headers
from email.parser import BytesHeaderParser
from typing import Any

from infra.local.ses import events
from infra.local.ses.account import Account, ConfigurationSet
from infra.local.ses.addresses import bare, canonical, listed
from infra.local.ses.errors import BadRequest, MessageRejected, SendingPaused
from infra.local.ses.mailbox import Mailbox, Message, new_message_id
from infra.local.ses.mime import build_simple, check_raw, header_section
from infra.local.ses.publisher import Publisher, encoded

MAX_RECIPIENTS = 50
MAX_TAGS = 50
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")


@dataclass(frozen=True)
class Draft:
    """A well-formed message before the account is asked: bytes, headers, envelope, tags."""

    id: str
    now: datetime
    raw: bytes
    headers: Headers
    sender: str
    destination: list[str]
    tags: dict[str, str]


def send_email(
    account: Account, mailbox: Mailbox, publisher: Publisher, request: Mapping[str, Any], access_key_id: str
) -> str:
    """Accept one message and return its id; its events follow in the background.

    Args:
        request: the body of ``POST /v2/email/outbound-emails``.
        access_key_id: who calls, from the signature.

    Raises:
        SesError: what SES would answer; nothing was stored, counted or published.
    """
    draft = _draft(request)
    if not account.sending_enabled:
        raise SendingPaused("Sending paused for the account.")
    _check_identities(account, draft)
    chosen = _configuration_set(account, request, draft)
    counted = sum(not events.is_simulator(address) for address in draft.destination)
    account.limits.take(len(draft.destination), counted)
    message = _message(account, draft, chosen, access_key_id)
    mailbox.keep(message, draft.raw)
    if chosen:
        at_once, later = events.events(account, message, draft.headers)
        for happened, seconds in ((at_once, 0.0), (later, events.DELAY)):
            told = [(stream, encoded(event)) for kind, event in happened for stream in chosen.streams(kind)]
            publisher.publish(told, after=seconds)
    return message.id


def _message(account: Account, draft: Draft, chosen: ConfigurationSet | None, access_key_id: str) -> Message:
    return Message(
        id=draft.id,
        time=draft.now.isoformat(timespec="milliseconds"),
        sender=draft.sender,
        destination=draft.destination,
        subject=events.decoded(draft.headers["Subject"] or ""),
        tags=draft.tags,
        configuration_set=chosen.name if chosen else None,
        access_key_id=access_key_id,
        outcomes=_outcomes(account, draft),
    )


def resources(account: Account, request: Mapping[str, Any]) -> tuple[str, ...]:
    """The ARNs on which AWS authorizes this SendEmail: the sending identity and the configuration set, if named."""
    sender = str(request.get("FromEmailAddress") or "")
    try:
        raw = ((request.get("Content") or {}).get("Raw") or {}).get("Data")
        if not sender and raw:
            sender = str(BytesHeaderParser().parsebytes(header_section(_decoded(raw)))["From"] or "")
        addresses = listed(sender)
    except BadRequest:
        return ()
    if not addresses:
        return ()
    identity = account.identity_of(addresses[0])
    names = [f"identity/{identity.name if identity else addresses[0]}"]
    if request.get("ConfigurationSetName"):
        names.append(f"configuration-set/{request['ConfigurationSetName']}")
    return tuple(account.arn(name) for name in names)


def _draft(request: Mapping[str, Any]) -> Draft:
    now = datetime.now(UTC)
    message_id = new_message_id(now)
    content = request.get("Content") or {}
    if content.get("Template"):
        raise BadRequest("Content.Template is not supported here: render the message and send Content.Raw.")
    sender, destination = _envelope(request)
    if content.get("Raw"):
        raw = _decoded(content["Raw"].get("Data"))
        check_raw(raw)
    elif content.get("Simple"):
        if not sender:
            raise BadRequest("Missing required header 'From'.")
        raw = build_simple(request, message_id, now)
    else:
        raise BadRequest("Content must contain Raw, Simple, or Template.")
    headers = BytesHeaderParser().parsebytes(header_section(raw))
    if not destination:
        destination = listed(*(str(headers[name]) for name in ("To", "Cc", "Bcc") if headers[name]))
    if not destination:
        raise BadRequest("At least one destination address is required.")
    if len(destination) > MAX_RECIPIENTS:
        raise BadRequest(f"Recipient count exceeds {MAX_RECIPIENTS}.")
    return Draft(message_id, now, raw, headers, sender or str(headers["From"]), destination, _tags(request))


def _envelope(request: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The sender as given (or nothing) and the bare recipients, each of them checked."""
    sender = str(request.get("FromEmailAddress") or "")
    if sender:
        bare(sender)
    for address in request.get("ReplyToAddresses") or []:
        bare(address)
    given: Mapping[str, Sequence[str]] = request.get("Destination") or {}
    addresses = [address for kind in ("To", "Cc", "Bcc") for address in given.get(f"{kind}Addresses") or []]
    return sender, [bare(address) for address in addresses]


def _decoded(data: object) -> bytes:
    try:
        return base64.b64decode(str(data or ""), validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest("Content.Raw.Data is not base64.") from None


def _tags(request: Mapping[str, Any]) -> dict[str, str]:
    tags = request.get("EmailTags") or []
    if len(tags) > MAX_TAGS:
        raise BadRequest(f"Tag count exceeds {MAX_TAGS}.")
    for tag in tags:
        for member in ("Name", "Value"):
            if not _TAG.fullmatch(tag.get(member, "")):
                raise BadRequest(
                    f"Invalid tag {member.lower()} <{tag.get(member, '')}>: "
                    "only alphanumeric ASCII characters, '_', and '-' are allowed."
                )
    return {tag["Name"]: tag["Value"] for tag in tags}


def _check_identities(account: Account, draft: Draft) -> None:
    senders = [draft.sender, *(str(draft.headers[name]) for name in ("From", "Sender") if draft.headers[name])]
    failed = [address for address in dict.fromkeys(listed(*senders)) if account.identity_of(address) is None]
    if failed:
        raise MessageRejected(
            "Email address is not verified. The following identities failed the check in region "
            f"{account.region.upper()}: {', '.join(failed)}"
        )


def _configuration_set(account: Account, request: Mapping[str, Any], draft: Draft) -> ConfigurationSet | None:
    named = request.get("ConfigurationSetName") or draft.headers["X-SES-CONFIGURATION-SET"]
    name = str(named) if named else account.default_configuration_set(listed(draft.sender)[0])
    if not name:
        return None
    chosen = account.configuration_set(name)
    if not chosen.options.get("SendingOptions", {}).get("SendingEnabled", True):
        raise SendingPaused(f"Sending is paused for configuration set <{name}>.")
    return chosen


def _outcomes(account: Account, draft: Draft) -> dict[str, str]:
    if any(mark in draft.raw for mark in events.EICAR):
        return dict.fromkeys(draft.destination, "reject")
    distinct = {canonical(address): address for address in draft.destination}
    return {address: events.outcome_of(account, address) for address in distinct.values()}
