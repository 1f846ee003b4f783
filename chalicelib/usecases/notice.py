"""Tell the organiser which addresses get no more mail: one notice an event and quarter hour, however many there are."""

from datetime import UTC, datetime, timedelta

from chalicelib.adapters.store.due import Due
from chalicelib.domain.event import utc
from chalicelib.domain.work import Work, organiser_id
from chalicelib.usecases.desk import Desk
from chalicelib.usecases.outbox import GRACE, outbox_of

MOMENT = "%Y%m%dT%H%MZ"
"""A notice's occurrence: the end of the quarter of an hour that it tells of, in UTC."""

SETTLE = timedelta(minutes=4)
"""How long the last bounce of the quarter of an hour has: longer than its queue hides one that could not be recorded,
so that it is in the notice when it comes again.
"""


def moment_of(occurrence: str) -> datetime:
    return datetime.strptime(occurrence, MOMENT).replace(tzinfo=UTC)


def send_notice(desk: Desk, due: Due, now: datetime) -> None:
    """Queue the notice that a row asks for, and take the row away, in this order: a crash in between queues it twice,
    and the ledger sends it once. Raises QueueFailed; the row stays for the next tick.
    """
    event = due.body["event"]
    work = Work(
        event=event,
        kind="notice",
        occurrence=f"{due.at.astimezone(UTC):{MOMENT}}",
        invitee=organiser_id(event),
        outbox=utc(now + SETTLE + GRACE),
    )
    desk.dues.add(outbox_of(work))
    desk.queue.send([work], delay=int(SETTLE.total_seconds()))
    desk.dues.remove(due)
