"""Somebody does not come any more: a mail takes the entries out of their calendar, promised with what they did."""

from datetime import datetime

from chalicelib.adapters.store.due import due_put
from chalicelib.adapters.store.invitees import PersonFile
from chalicelib.adapters.store.table import Write
from chalicelib.domain.entries import all_dropped, entries
from chalicelib.domain.event import Event, utc
from chalicelib.domain.invitee import Rsvp
from chalicelib.domain.work import Work
from chalicelib.usecases.outbox import GRACE, outbox_of


def calling_off(event: Event, person: PersonFile, rsvp: Rsvp, now: datetime) -> tuple[list[Work], list[Write]]:
    """The mail to who answers ``rsvp`` now, and the write that promises it; neither for who was not registered and had
    nothing in the calendar, or keeps it.
    """
    before = person.invitee
    dropped = all_dropped(before, person.registration)
    after = before.model_copy(update={"rsvp": rsvp, "attending": None, "dropped": dropped})
    kept, had = entries(event, after).standing, entries(event, before).standing
    if rsvp == "accepted" or kept or not (had or person.registered):
        return [], []
    work = Work(event=event.id, kind="cancellation", occurrence=str(before.revision + 1), invitee=before.id,
                outbox=utc(now + GRACE))  # fmt: skip
    return [work], [due_put(outbox_of(work))]
