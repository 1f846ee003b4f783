"""A person's calendar as an address that a program looks at by itself; and another address, when it went astray."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from chalicelib.adapters.language import load_locale
from chalicelib.adapters.links import Links
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.table import ConditionFailed, Write
from chalicelib.domain.errors import NotFound
from chalicelib.domain.invitee import Invitee
from chalicelib.usecases.calendar_entry import calendar_feed


class Feed(NamedTuple):
    """``etag`` is the same as long as the content is, quotes included (RFC 9110, 8.8.3)."""

    content: bytes
    etag: str


def feed_of(events: Events, invitees: Invitees, links: Links, token: str) -> Feed:
    """What stands, from two reads. Who declined, or whose invitation was taken back, has a feed without entries, which
    empties the calendar that was subscribed. Raises NotFound.
    """
    invitee_id = links.claimed_invitee(token) or ""
    found = invitees.load([invitee_id], beside="").get(invitee_id) if invitee_id else None
    if found is None or not links.verifies(token, found[0], "feed"):
        raise NotFound("This link does not lead anywhere.")
    invitee = found[0]
    event = events.get(invitee.event)
    content = calendar_feed(links, event, invitee, load_locale(invitee.language))
    return Feed(content, f'"{sha256(content).hexdigest()[:32]}"')


def new_feed_address(
    invitees: Invitees, before: Invitee, form: dict[str, list[str]], now: datetime, guard: Sequence[Write] = ()
) -> None:
    """Revoke the address that the form was shown with, and only that one: a second click changes nothing.

    Raises Limited.
    """
    if form.get("feed") != [str(before.feed)]:
        return
    try:
        invitees.new_feed(before, now, guard)
    except ConditionFailed:  # another click was quicker, or the links were revoked, as the page then says
        return
