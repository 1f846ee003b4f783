"""Every reminder of an event, for the organiser: when it is due, what became of it, how many would get it now."""

from datetime import datetime
from typing import NamedTuple

from chalicelib.domain.batch import Batch, Plan
from chalicelib.domain.event import Event
from chalicelib.domain.reminder import Reminder, reminder_of
from chalicelib.domain.schedule import Mailing, State
from chalicelib.usecases.accept_batch import SMALL
from chalicelib.usecases.desk import Desk
from chalicelib.usecases.plan_mailing import plan_mailing
from chalicelib.usecases.planner import TooMany

COUNTED = 20
"""Reminders that one call counts people of: those that are due next."""


class Line(NamedTuple):
    """``at`` is when it goes out, or goes on with those whom it left in peace; ``plan`` None where nobody was counted:
    it is over, or there are more than ``COUNTED`` before it, or more people than are looked at.
    """

    reminder: Reminder
    state: State
    reason: str
    at: datetime
    plan: Plan | None


def list_reminders(desk: Desk, event_id: str, now: datetime) -> tuple[Event, list[Line]]:
    """In order of time; nothing is written. Raises NotFound."""
    event = desk.events.get(event_id)
    stored = {one.occurrence: one for one in desk.events.mailings(event_id)}
    rules = event.document.reminders
    found = [reminder_of(event.document, rule, one) for rule in rules for one in rule.of_sessions(event.document)]
    lines = [_line(one, stored.get(one.occurrence)) for one in sorted(found, key=lambda one: one.due)]
    counted = [line for line in lines if line.state == "planned"][:COUNTED]
    return event, [
        line._replace(plan=count(desk, event, line.reminder, max(line.at, now), SMALL)) if line in counted else line
        for line in lines
    ]


def count(desk: Desk, event: Event, reminder: Reminder, at: datetime, most: int) -> Plan | None:
    """Who would get it as things stand, planned for that moment; None when that means to look at too many people."""
    try:
        return plan_mailing(desk, unsent(event, reminder, at), at, write=False, most=most).plan
    except TooMany:
        return None


def unsent(event: Event, reminder: Reminder, at: datetime) -> Batch:
    """A batch of this reminder that nobody stores."""
    about = {"kind": "reminder", "occurrence": reminder.in_ledger, "session": reminder.session.id}
    return Batch.model_validate({**about, "id": "", "event": event.id, "plan_id": "", "accepted_at": at})


def _line(reminder: Reminder, stored: Mailing | None) -> Line:
    """As the clock knows it, when it knows it as the agenda is now."""
    if stored is None or stored.delivery_occurrence != reminder.in_ledger:
        return Line(reminder, "planned", "", reminder.due, None)
    return Line(reminder, stored.state, stored.reason, stored.at, None)
