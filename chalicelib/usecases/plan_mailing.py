"""The clock's batch is planned: whom a mailing, or a notice of changes, is for, and whom it leaves in peace until their
quiet hours are over.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from chalicelib.adapters.store.due import due_put
from chalicelib.domain.batch import Batch
from chalicelib.domain.change_notice import versions_of
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.reminder import Reminder, find_reminder
from chalicelib.domain.reminding import why_not_reminded
from chalicelib.usecases.change_audience import Hearing
from chalicelib.usecases.desk import Desk
from chalicelib.usecases.planner import PAGE
from chalicelib.usecases.publish_event import due_of


def plan_mailing(desk: Desk, batch: Batch, now: datetime, *, write: bool, most: int = 0) -> Batch:
    """The batch as ``Planner.plan`` leaves it. Raises NotFound for the event, TooMany for more than ``most`` people."""
    planner = desk.planner
    if batch.kind == "change":
        return _plan_notice(desk, batch, now, write=write, most=most)
    if batch.kind != "reminder":
        people = None if batch.kind == "contribution" else planner.registered(batch.event)
        return planner.plan(batch, people, write=write, most=most)
    event = desk.events.get(batch.event)
    reminder = find_reminder(event.document, batch.occurrence)
    if reminder is None:  # the agenda is not what it was when this was planned
        return planner.plan(batch, [], write=write)
    rests = _rests(event, reminder, now)
    people = _people(desk, event, reminder, profiles=rests is not None)
    return planner.plan(batch, people, _fits(event, reminder, now), rests, write=write, most=most)


def go_on_later(desk: Desk, batch: Batch) -> None:
    """Plan the mailing to go on with those whom this batch of it left in peace."""
    occurrence = "_".join(batch.occurrence.split("_")[:2])
    mailing = desk.events.mailing(batch.event, occurrence)
    if mailing and mailing.delivery_occurrence == batch.occurrence:
        later = mailing.model_copy(update={"resumes_at": batch.resumes_at})
        desk.events.resume_mailing(later, due_put(due_of(later)))


def _plan_notice(desk: Desk, batch: Batch, now: datetime, *, write: bool, most: int) -> Batch:
    """Those whom a notice of changes may have something to tell: it is looked at once more when they are mailed."""
    first, *overtaken, last = versions_of(batch.occurrence)
    hearing = Hearing(desk.events, batch.event, first, last, desk.events.agenda(batch.event, last), now)
    invited: dict[str, int] = {}

    def everybody() -> Iterator[Invitee]:
        people = desk.invitees.for_planning(batch.event, ("attending", "withdrawn_by", "dropped"))
        while page := list(islice(people, PAGE)):
            invited.clear()
            invited.update(hearing.invited(desk.ledger, page))
            yield from page

    def wants(one: Invitee) -> bool:
        return hearing.wants(one, invited, overtaken)

    return desk.planner.plan(batch, everybody(), wants, write=write, most=most)


def _people(desk: Desk, event: Event, reminder: Reminder, *, profiles: bool) -> Iterator[Invitee]:
    """Profiles are read only where they decide: where quiet hours may hold, and for a rule that narrows."""
    rule = reminder.rule
    if "no-answer" in rule.statuses:
        return desk.invitees.all(event.id)
    return desk.planner.registered(event.id, reminder.session.id, ids_alone=rule.plain and not profiles)


def _fits(event: Event, reminder: Reminder, now: datetime) -> Callable[[Invitee], bool] | None:
    """For a plain rule the listing decides: a copy of somebody's profile may be late."""
    if reminder.rule.plain:
        return None
    return lambda invitee: not why_not_reminded(event.document, reminder, invitee, now)


def _rests(event: Event, reminder: Reminder, now: datetime) -> Callable[[Invitee], datetime | None] | None:
    """Whom to mail later. Whose quiet hours last until it is too late is in the batch, and skipped with that reason."""
    if not reminder.may_rest(event.document, now):
        return None

    def rests(invitee: Invitee) -> datetime | None:
        until = reminder.rest_until(event.document, invitee.time_zone, now)
        return until if until and until <= reminder.latest else None

    return rests
