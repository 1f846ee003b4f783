"""One person's items: their keys, and how they are written and read. What is done with them stands in ``invitees``.

    INVITEE#<i>  PROFILE         who, how to reach them, what they answered
    INVITEE#<i>  REGISTRATION    what they told us when they accepted
    INVITEE#<i>  CONTRIBUTION#<id>, UPLOAD#<id>  what they handed in, see ``contributions``
    INVITEE#<i>  ATTENDANCE#<session>  that they attended it, see ``attendance``
    INVITEE#<i>  LOG#<time>#<n>  what happened, for the organiser

Listings go through GSI1, whose partition ``EVENT#<e>#<0..7>`` is spread by invitee; a delegation's through GSI2, which
has keys alone. What was written a moment ago may be missing from either.
"""

import secrets
import zlib
from collections.abc import Sequence
from datetime import datetime

from chalicelib.adapters.store.table import Item, Key, Put
from chalicelib.domain.attendance import Attended
from chalicelib.domain.contribution import HandedIn
from chalicelib.domain.event import utc
from chalicelib.domain.history import LogEntry
from chalicelib.domain.invitee import Invitee, Registration
from chalicelib.domain.places import called
from chalicelib.domain.private_upload import PrivateUpload

SHARDS = 8

LOG = "LOG#"

CONTRIBUTION = "CONTRIBUTION#"

UPLOAD = "UPLOAD#"

ATTENDANCE = "ATTENDANCE#"


def profile_key(invitee_id: str) -> Key:
    return f"INVITEE#{invitee_id}", "PROFILE"


def registration_key(invitee_id: str) -> Key:
    return f"INVITEE#{invitee_id}", "REGISTRATION"


def contribution_key(invitee_id: str, contribution_id: str) -> Key:
    return f"INVITEE#{invitee_id}", f"{CONTRIBUTION}{contribution_id}"


def upload_key(invitee_id: str, upload_id: str) -> Key:
    return f"INVITEE#{invitee_id}", f"{UPLOAD}{upload_id}"


def attendance_key(invitee_id: str, session: str) -> Key:
    return f"INVITEE#{invitee_id}", f"{ATTENDANCE}{session}"


def listed(event: str, invitee_id: str, what: str, name: str = "") -> dict[str, str]:
    """The GSI1 attributes that put an item into an event's listing of ``what``."""
    return {
        "GSI1PK": f"EVENT#{event}#{zlib.crc32(invitee_id.encode()) % SHARDS}",
        "GSI1SK": f"{what}#{name or invitee_id}",
    }


IN_DELEGATION = ("GSI2PK", "GSI2SK")
"""The attributes that put a profile into its delegation's listing."""


def delegation_pk(event: str, name: str) -> str:
    return f"DELEGATION#{event}#{called(name)}"


def in_delegation(invitee: Invitee) -> dict[str, str]:
    """``IN_DELEGATION``, of who has a delegation and was not withdrawn from it."""
    if not called(invitee.delegation) or invitee.withdrawn_by:
        return {}
    return dict(zip(IN_DELEGATION, (delegation_pk(invitee.event, invitee.delegation), invitee.id), strict=True))


LATER = ("revision", "dropped", "feed")
"""What a profile begins to have when something changes: planning reads every profile, and pays for its length."""


def profile_item(invitee: Invitee) -> Item:
    pk, sk = profile_key(invitee.id)
    unchanged = {name for name in LATER if not getattr(invitee, name)}
    return {
        "PK": pk,
        "SK": sk,
        **listed(invitee.event, invitee.id, "INVITEE"),
        **in_delegation(invitee),
        **invitee.model_dump(mode="json", exclude_none=True, exclude=unchanged),
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


def read_contribution(item: Item) -> HandedIn:
    return HandedIn.model_validate({name: item[name] for name in HandedIn.model_fields if name in item})


def read_upload(item: Item) -> PrivateUpload:
    return PrivateUpload.model_validate({name: item[name] for name in PrivateUpload.model_fields if name in item})


def read_attended(item: Item) -> Attended:
    said = {name: item[name] for name in Attended.model_fields if name in item}
    return Attended.model_validate({**said, "imported": [span.split("/") for span in item.get("imported", ())]})


def log_put(
    invitee_id: str, now: datetime, what: str, detail: str = "", who: str = "", names: Sequence[str] = ()
) -> Put:
    """The write of one line of a person's timeline. ``names`` are the ids of other invitees whom it names: each of them
    has a line that names this person, so that who is erased is found in the others' lines.
    """
    key = {"PK": f"INVITEE#{invitee_id}", "SK": f"{LOG}{utc(now)}#{secrets.token_hex(4)}"}
    more = {"who": who, "names": list(names)}
    return Put({**key, "what": what, "detail": detail, **{name: said for name, said in more.items() if said}})


def read_log(item: Item) -> LogEntry:
    at = item["SK"].split("#")[1]
    return LogEntry(at=at, what=item["what"], detail=item.get("detail", ""), who=item.get("who", ""))
