"""One person's items: their keys, and how they are written and read. What is done with them stands in ``invitees``.

    INVITEE#<i>  PROFILE         who, how to reach them, what they answered
    INVITEE#<i>  REGISTRATION    what they told us when they accepted
    INVITEE#<i>  LOG#<time>#<n>  what happened, for the organiser

Listings go through GSI1, whose partition ``EVENT#<e>#<0..7>`` is spread by invitee.
"""

import secrets
import zlib
from datetime import datetime

from chalicelib.adapters.store.table import Item, Key, Put
from chalicelib.domain.event import utc
from chalicelib.domain.history import LogEntry
from chalicelib.domain.invitee import Invitee, Registration

SHARDS = 8

LOG = "LOG#"


def profile_key(invitee_id: str) -> Key:
    return f"INVITEE#{invitee_id}", "PROFILE"


def registration_key(invitee_id: str) -> Key:
    return f"INVITEE#{invitee_id}", "REGISTRATION"


def listed(event: str, invitee_id: str, what: str, name: str = "") -> dict[str, str]:
    """The GSI1 attributes that put an item into an event's listing of ``what``."""
    return {
        "GSI1PK": f"EVENT#{event}#{zlib.crc32(invitee_id.encode()) % SHARDS}",
        "GSI1SK": f"{what}#{name or invitee_id}",
    }


def profile_item(invitee: Invitee) -> Item:
    pk, sk = profile_key(invitee.id)
    return {
        "PK": pk,
        "SK": sk,
        **listed(invitee.event, invitee.id, "INVITEE"),
        **invitee.model_dump(mode="json", exclude_none=True),
    }


def read_profile(item: Item) -> Invitee:
    return Invitee.model_validate({name: item[name] for name in Invitee.model_fields if name in item})


def registration_item(registration: Registration) -> Item:
    pk, sk = registration_key(registration.invitee)
    times = {"consented_at": utc(registration.consented_at), "updated_at": utc(registration.updated_at)}
    return {
        "PK": pk,
        "SK": sk,
        **listed(registration.event, registration.invitee, "REGISTRATION"),
        **registration.model_dump(mode="json", exclude_none=True),
        **times,
    }


def read_registration(item: Item) -> Registration:
    return Registration.model_validate({name: item[name] for name in Registration.model_fields if name in item})


def log_put(invitee_id: str, now: datetime, what: str, detail: str = "", who: str = "") -> Put:
    """The write of one line of a person's timeline."""
    key = {"PK": f"INVITEE#{invitee_id}", "SK": f"{LOG}{utc(now)}#{secrets.token_hex(4)}"}
    return Put({**key, "what": what, "detail": detail, **({"who": who} if who else {})})


def read_log(item: Item) -> LogEntry:
    at = item["SK"].split("#")[1]
    return LogEntry(at=at, what=item["what"], detail=item.get("detail", ""), who=item.get("who", ""))
