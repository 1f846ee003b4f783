"""Somebody does not come any more: a mail takes the entries out of their calendar, promised with what they did."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.adapters.store.due import due_put
from chalicelib.adapters.store.invitees import PersonFile
from chalicelib.adapters.store.table import Write
from chalicelib.domain.entries import all_dropped, entries, proposals
from chalicelib.domain.event import Event, utc
from chalicelib.domain.invitee import Dropped, Rsvp
from chalicelib.domain.work import Work
from chalicelib.usecases.outbox import GRACE, outbox_of


@dataclass(frozen=True)
class CalledOff:
    """What the profile remembers then; the mail, and the write that promises it: neither for who was not registered
    and had nothing in the calendar, or keeps it.
    """

    dropped: tuple[Dropped, ...]
    told: list[Work]
    promised: list[Write]


def call_off(event: Event, person: PersonFile, rsvp: Rsvp, now: datetime) -> CalledOff:
    """What goes with an answer ``rsvp`` of now that is not "accepted"."""
    before = person.invitee
    refused = proposals(event) if rsvp in ("declined", "delegated") else ()
    dropped = all_dropped(before, person.registration, refused)
    after = before.model_copy(update={"rsvp": rsvp, "attending": None, "dropped": dropped})
    kept, had = entries(event, after).standing, entries(event, before).standing
    if kept or not (had or person.registered):
        return CalledOff(dropped, [], [])
    work = Work(event=event.id, kind="cancellation", occurrence=str(before.revision + 1), invitee=before.id,
                outbox=utc(now + GRACE))  # fmt: skip
    return CalledOff(dropped, [work], [due_put(outbox_of(work))])
