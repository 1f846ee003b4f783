"""One person's calendar entries, as they go with mails, stand on the page, and are subscribed to.

A mail says the whole truth each time, so that the last one that arrives is enough: what stands, and what must be gone.

    PUBLISH   one object with all of it, what is gone by STATUS; when nothing stands, as below
    REQUEST   an object for each entry, REQUEST or CANCEL: such an object has one UID (RFC 5546, 3.2.2 and 3.2.5)
"""

from datetime import datetime
from functools import partial

from chalicelib.adapters.calendar import calendar, modified
from chalicelib.adapters.language import Locale
from chalicelib.adapters.links import Links, Purpose
from chalicelib.adapters.store.events import Events
from chalicelib.domain.entries import Entries, entries
from chalicelib.domain.event import Event, EventDocument
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.message import CalendarMethod, CalendarObject

NOTHING = Entries({}, {})


def calendar_objects(
    events: Events, links: Links, event: Event, invitee: Invitee, locale: Locale, page: str, now: datetime,
    since: int | None = None,
) -> tuple[CalendarObject, ...]:
    """What a mail to this person brings, the most urgent first: that one programs read by themselves. What was taken
    away after the version ``since``, the last but one when it is not said, is urgent. Empty when there never was an
    entry. Reads the agenda version of an entry that no version has any more, once per container.
    """  # fmt: skip
    told = entries(event, invitee)
    write = partial(_object, events, event, invitee, locale, page, _joins(links, invitee, "join"), now)
    if event.document.calendar_method == "PUBLISH" and told.standing:
        return (write(told, "PUBLISH"),)
    cancels = [write(Entries({}, {part: version}), "CANCEL") for part, version in told.gone.items()]
    requests = [write(Entries({part: sessions}, {}), "REQUEST") for part, sessions in told.standing.items()]
    first_cancels = _is_news(event, invitee, told, since or event.version - 1)
    return (*cancels, *requests) if first_cancels else (*requests, *cancels)


def calendar_file(
    events: Events, links: Links, event: Event, invitee: Invitee, locale: Locale, page: str, now: datetime
) -> bytes | None:
    """What the page offers, as one file; None when there never was an entry."""
    told = entries(event, invitee)
    if told == NOTHING:
        return None
    join = _joins(links, invitee, "join")
    return _object(events, event, invitee, locale, page, join, now, told, "PUBLISH").content


def calendar_feed(links: Links, event: Event, invitee: Invitee, locale: Locale) -> bytes:
    """What stands, for programs that look by themselves: what is gone is simply not there. Of the person's links it has
    those to join alone, good for as long as the address of the feed is: whoever has that sees their sessions and can
    join them, and a new address takes both back.

    The same bytes as long as nothing changes: without a METHOD, DTSTAMP is when it changed last (RFC 5545, 3.8.7.2).
    """
    standing, stamp = entries(event, invitee).standing, modified(event, invitee)
    return calendar(
        event, invitee, locale, standing=standing, gone={}, method=None, now=stamp, page_url="",
        join_url=_joins(links, invitee, "feed-join"),
    )  # fmt: skip


def _object(
    events: Events, event: Event, invitee: Invitee, locale: Locale, page: str, join: str, now: datetime, told: Entries,
    method: CalendarMethod,
) -> CalendarObject:  # fmt: skip
    gone = {part: (version, _agenda(events, event, version)) for part, version in told.gone.items()}
    content = calendar(
        event, invitee, locale, standing=told.standing, gone=gone, method=method, now=now, page_url=page,
        join_url=join,
    )  # fmt: skip
    return CalendarObject(method, content)


def _joins(links: Links, invitee: Invitee, purpose: Purpose) -> str:
    """Where this person's sessions are joined; "" for who is not registered."""
    return links.url(invitee, purpose) if invitee.coming is not None else ""


def _agenda(events: Events, event: Event, version: int) -> EventDocument:
    return event.document if version == event.version else events.agenda(event.id, version)


def _is_news(event: Event, invitee: Invitee, told: Entries, since: int) -> bool:
    """Whether the last change, of the agenda since that version or of the registration, took something away."""
    if not told.standing or any(since <= version < event.version for version in told.gone.values()):
        return True
    last = invitee.attending.version if invitee.attending else 0
    return any(one.version == last for one in invitee.dropped if one.session in told.gone)
