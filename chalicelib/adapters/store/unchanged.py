"""What has to be as it was seen when an answer or a registration is written; and the writes that are bound to it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.adapters.store.person import profile_key, registration_key, upload_key
from chalicelib.adapters.store.table import ABSENT, Check, Condition, ConditionFailed, Delete, Update, Write
from chalicelib.domain.errors import Conflict, ConvokeError, NotFound
from chalicelib.domain.event import utc
from chalicelib.domain.invitee import Invitee, Registration

SAME_LINKS = "same links"
"""The condition that the person's links were not revoked meanwhile."""

NOT_OVERTAKEN = "not overtaken"
"""The condition that what is replaced is still what was seen."""

FILE_KEPT = "file kept"
"""The condition that a file which answers a question was not let go meanwhile."""


def same_links(before: Invitee) -> Condition:
    """The links hold that this came by, and the invitation was not passed on, or taken back, meanwhile."""
    values = {"generation": before.generation, "to": before.delegated_to}
    never = "" if before.delegated_to else "attribute_not_exists(#delegated_to) OR "
    return Condition(SAME_LINKS, f"#generation = :generation AND ({never}#delegated_to = :to)", values)


def lost(failed: ConditionFailed, before: Invitee) -> ConvokeError:
    """What became of the links: Conflict when the invitation was passed on, NotFound when they were revoked."""
    if failed.item and int(failed.item["generation"]) == before.generation:
        return Conflict("This invitation was passed on, or taken back, a moment ago. Load the page again.")
    return NotFound("This link does not lead anywhere.")


def revised(
    before: Invitee, facts: Mapping[str, Any], now: datetime, condition: Condition, *, removes: Sequence[str] = (),
    add: Mapping[str, int] | None = None,
) -> Update:
    """The write of whatever changes what a person's calendar says: its number and its moment in one. The moment is
    never earlier than that of the profile as it was read; of two who write at once, the later write's counts.
    """  # fmt: skip
    at = max(now, before.revised_at or now)
    said = {**facts, "revised_at": utc(at)}
    return Update(
        profile_key(before.id), said, removes=removes, add={"revision": 1, **(add or {})}, condition=condition
    )


def accepted(before: Invitee, now: datetime, **facts: Any) -> Update:
    """The write of "I accept", as long as the links that it came by hold."""
    said = {"rsvp": "accepted", "answered_at": utc(now), "reason": "", **facts}
    return revised(before, said, now, same_links(before))


def as_seen(seen: Registration | None) -> Condition:
    """Nobody registered, changed or withdrew meanwhile: places were counted by what was seen."""
    if seen is None:
        return Condition(NOT_OVERTAKEN, ABSENT.expression)
    stands = "attribute_exists" if seen.withdrawn_at else "attribute_not_exists"
    return Condition(NOT_OVERTAKEN, f"#version = :version AND {stands}(#withdrawn_at)", {"version": seen.version})


def still_kept(registration: Registration) -> list[Check]:
    """The files that it names are there."""
    kept = Condition(FILE_KEPT, "#kept = :kept", {"kept": True})
    named = [str(registration.answers[question]) for question in registration.files]
    return [Check(upload_key(registration.invitee, upload), kept) for upload in named]


def withdrawal(invitee_id: str, seen: Registration | None, now: datetime) -> Write:
    """Withdraw the registration that was seen; where there was none, make sure that there is none."""
    key = registration_key(invitee_id)
    if seen is None:
        return Delete(key, as_seen(None))
    return Update(key, {"withdrawn_at": utc(now)}, removes=("GSI1PK", "GSI1SK"), condition=as_seen(seen))
