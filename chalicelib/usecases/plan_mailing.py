"""The clock's batch is planned: whom a mailing, or a notice of changes, is for, and whom it leaves in peace until their
quiet hours are over.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from chalicelib.adapters.store.due import due_put
from chalicelib.domain.agenda_changes import changes
from chalicelib.domain.batch import Batch
from chalicelib.domain.change_notice import concerning, versions_of, worth_telling
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.reminder import Reminder, find_reminder
from chalicelib.domain.reminding import why_not_reminded
from chalicelib.usecases.desk import Desk
from chalicelib.usecases.publish_event import due_of


def plan_mailing(desk: Desk, batch: Batch, now: datetime, *, write: bool, most: int = 0) -> Batch:
    """The batch as ``Planner.plan`` leaves it. Raises NotFound for the event, TooMany for more than ``most`` people."""
    planner = desk.planner
    if batch.kind == "change":
        return planner.plan(batch, _concerned(desk, batch), write=write, most=most)
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


def _concerned(desk: Desk, batch: Batch) -> Iterator[Invitee]:
    """Those whom a notice of changes may have something to tell."""
    event, versions = desk.events.get(batch.event), versions_of(batch.occurrence)
    before, after = (desk.events.agenda(event.id, version) for version in (versions[0], versions[-1]))
    found = worth_telling(changes(before, after), before, after, batch.accepted_at)
    everybody = desk.invitees.for_planning(batch.event, ("attending", "withdrawn_by"))
    return (one for one in everybody if concerning(found, one))


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
