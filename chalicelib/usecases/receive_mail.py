"""A mail came to an event's address: an answer of a calendar is applied, anything else is filed for the organiser.

Nothing is ever mailed back, so no two machines can answer each other for ever.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from chalicelib.adapters.inbound_mail import SETUP, InboundMails
from chalicelib.adapters.queue import Queue
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.inbound import WHOLE, Inbound, Known, Overtaken, noted
from chalicelib.adapters.store.invitees import Invitees, PersonFile
from chalicelib.adapters.store.limits import counted
from chalicelib.adapters.store.places import Places
from chalicelib.adapters.store.table import Write
from chalicelib.domain.address import address_key
from chalicelib.domain.calendar_reply import Answered, CalendarReply, Mail, effect, why_not
from chalicelib.domain.calendar_reply import Why as Reason
from chalicelib.domain.entries import Whose, person_of_uid
from chalicelib.domain.errors import Limited, NotFound
from chalicelib.domain.event import Event
from chalicelib.domain.inbound import Filed, inbound_id, named_by, receives
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.places import ALIVE
from chalicelib.usecases.answer import answer, answer_state
from chalicelib.usecases.register import drop_session

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Mailroom:
    """What mails are received with."""

    mails: InboundMails
    inbound: Inbound
    events: Events
    invitees: Invitees
    places: Places
    queue: Queue


def receive_mail(room: Mailroom, key: str, now: datetime) -> Reason | None:
    """Take in one object; why it was filed, or would be if one knew with which event, None when it was applied. The
    same object again changes nothing.

    Raises Conflict when the person changes something at this very moment: then it is to be taken in once more.
    """
    if key == SETUP:
        return None
    mail, at = room.mails.read(key)
    person = _person(room, mail)
    why = why_not(mail, now)
    if why is None:
        why = _apply(room, person, mail, now) if person else "unknown-entry"
    if why is None:
        return None
    event = person.invitee.event if person else _event_of(room.events, mail)
    if not event:
        logger.warning("%s (%s) belongs to no event: it lies in the bucket for 30 days", key, why)
        return why
    room.inbound.file(
        Filed(
            id=inbound_id(key, at),
            event=event,
            at=at,
            sender=mail.sender,
            subject=mail.subject,
            why=why,
            automatic=mail.automatic,
            key=key,
            invitee=person.invitee.id if person else "",
        )
    )
    return why


def _whose(mail: Mail) -> Whose | None:
    return next(filter(None, (person_of_uid(said.uid) for said in mail.answers)), None)


def _person(room: Mailroom, mail: Mail) -> PersonFile | None:
    whose = _whose(mail)
    return room.invitees.file(whose.invitee) if whose else None


def _event_of(events: Events, mail: Mail) -> str:
    """The event that one of the recipients is the address of; "" when there is none."""
    for address in mail.recipients:
        for name in named_by(address):
            event = events.find(name)
            if event and receives(event.document, address):
                return name
    return ""


def _apply(room: Mailroom, person: PersonFile, mail: Mail, now: datetime) -> Reason | None:
    """Apply the one answer of a proven sender; why not, when it does not count for this person."""
    invitee, [said] = person.invitee, mail.answers
    if address_key(invitee.email) != address_key(mail.sender):
        return "other-person"
    if invitee.withdrawn_by:
        return "withdrawn"
    if invitee.rsvp == "delegated":
        return "passed-on"
    event = room.events.find_for(invitee.event, person.batches)
    session = _session(event, said) if event else None
    if event is None or session is None:
        return "unknown-entry"
    if not event.document.organiser.inbound:
        return "not-taken"
    if answer_state(event, now) != "open":
        return "too-late"
    known = room.inbound.known(invitee.id)
    order = _order(known.get(session), said)
    if order == "same":
        return None
    if order == "older" or _answered_since(person, known, said):
        return "stale"
    try:
        return _done(room, event, person, session, said, known, now)
    except Overtaken:  # perhaps by this very mail, in another worker's hands
        return "stale" if _order(room.inbound.known(invitee.id).get(session), said) == "older" else None
    except Limited:
        return "too-many"
    except NotFound:
        return "withdrawn"


def _session(event: Event, said: CalendarReply) -> str | None:
    """The session whose entry is answered, WHOLE for the event's; None when the agenda does not have it any more."""
    whose = person_of_uid(said.uid)
    if whose is None or whose.event != event.id:
        return None
    if not whose.session:
        return WHOLE
    return whose.session if whose.session in {one.id for one in event.document.attendable} else None


def _order(last: Known | None, said: CalendarReply) -> Literal["newer", "same", "older"]:
    """How an answer stands to the last one about the same entry (RFC 5546, 2.1.5)."""
    if last is None or (last.sequence, last.stamp) < (said.sequence, _stamp(said)):
        return "newer"
    same = (last.sequence, last.stamp, last.partstat) == (said.sequence, said.stamp, said.partstat)
    return "same" if same else "older"


def _answered_since(person: PersonFile, known: Mapping[str, Known], said: CalendarReply) -> bool:
    """Whether the person answered on our page, or by paper, after their calendar sent this."""
    answered, by_calendar = person.invitee.answered_at, [one.at for one in known.values()]
    elsewhere = answered is not None and (not by_calendar or answered > max(by_calendar))
    return elsewhere and answered is not None and _stamp(said) < answered


def _done(
    room: Mailroom, event: Event, person: PersonFile, session: str, said: CalendarReply, known: Mapping[str, Known],
    now: datetime,
) -> Reason | None:  # fmt: skip
    invitee, registered = person.invitee, person.registered
    entry = "" if session == WHOLE else session
    does = effect(
        cast(Answered, said.partstat),
        entry,
        rsvp=invitee.rsvp,
        registered=registered is not None,
        sessions=registered.sessions if registered else [one.id for one in event.document.attendable],
        declined={name for name, last in known.items() if last.partstat == "DECLINED" and _stands(last, invitee)},
    )
    if does == "not-theirs":
        return does
    waits = registered and person.request and person.request.state in ALIVE
    if waits and entry and does != "nothing":
        return "waiting"
    guard: list[Write] = [*counted(invitee.id, "", now), *noted(invitee, entry, said, now)]
    if does == "nothing":
        room.inbound.note(invitee, guard)
    elif does == "drop":
        drop_session(room.invitees, room.places, room.queue, event, person, entry, now, guard)
    else:
        answer(room.invitees, room.queue, event, person, does, now, guard, said.comment)
    return None


def _stands(last: Known, invitee: Invitee) -> bool:
    """Nothing was said of the event since."""
    return invitee.answered_at is None or last.at >= invitee.answered_at


def _stamp(said: CalendarReply) -> datetime:
    """``why_not`` has seen that there is one."""
    assert said.stamp is not None
    return said.stamp
