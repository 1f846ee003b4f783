"""The clock tells what changed in an agenda: a notice, which is a batch of mails to those whom it concerns."""

import secrets
from datetime import datetime
from typing import Literal

from chalicelib.adapters.store.audit import audit_put
from chalicelib.adapters.store.due import Due, due_put
from chalicelib.domain.batch import Batch
from chalicelib.domain.change_notice import batch_of, notice_of, overtaken, versions_of
from chalicelib.domain.errors import Conflict
from chalicelib.domain.event import Event, utc
from chalicelib.usecases.accept_batch import ask_to_plan
from chalicelib.usecases.change_audience import Hearing
from chalicelib.usecases.desk import Desk
from chalicelib.usecases.publish_event import news_due

UNDER_WAY = ("planning", "sending", "paused")


Became = Literal["told", "skipped", "later"]
"""``later``: somebody published at this moment, and the row may be the one that tells that."""


def tell_changes(desk: Desk, due: Due, now: datetime) -> Became:
    """Begin the notice that is due. A second time begins nothing.

    What is told is written down before its batch is begun: a clock that dies in between finds it the next time, and
    what is published meanwhile comes on top.
    """
    event = desk.events.get(due.body["event"], consistent=True)
    _begin(desk, event, event.told, now)
    if event.news_at is None or utc(event.news_at) != utc(due.at):
        return "skipped"
    if not pending(desk, event, now).all():
        return "skipped" if desk.events.tell(event, event.told) else "later"
    notice = _next_notice(desk, event)
    if not desk.events.tell(event, notice):
        return "later"
    _begin(desk, event, notice, now)
    return "told"


def pending(desk: Desk, event: Event, now: datetime) -> Hearing:
    """What is different from what people heard last, and worth telling."""
    heard = versions_of(event.told)[-1] if event.told else event.version
    return Hearing(desk.events, event.id, heard, event.version, event.document, now)


def send_now(desk: Desk, event: Event, who: str, now: datetime) -> None:
    """The notice that waits leaves with the clock's next tick. Raises Conflict when none waits."""
    _check(event)
    hastened = event.model_copy(update={"news_at": now})
    row = news_due(hastened)
    assert row is not None
    _settled(desk.events.tell_at(event, now, [due_put(row), audit_put(event.id, who, "notice sent now", "", "", now)]))


def drop(desk: Desk, event: Event, who: str, reason: str, now: datetime) -> None:
    """Nobody is told what changed until now: people read it on the agenda. Raises Conflict when no notice waits, and
    while the last one is being sent: what it tells could arrive after what is told next.
    """
    _check(event)
    last = _last_batch(desk, event)
    if last and last.state in UNDER_WAY:
        raise Conflict("The notice before this one is being sent. Wait until it is complete, or cancel its batch.")
    audit = audit_put(event.id, who, "notice dropped", f"version {event.version}", reason, now)
    _settled(desk.events.tell(event, str(event.version), [audit]))


def notice_batch(event: str, notice: str, now: datetime) -> Batch:
    """The batch of a notice, which the desk plans, however many people the event has."""
    return Batch(
        id=batch_of(event, notice),
        event=event,
        kind="change",
        occurrence=notice,
        plan_id=secrets.token_hex(10),
        accepted_at=now,
        state="planning",
    )


def _next_notice(desk: Desk, event: Event) -> str:
    """Its name; it takes the place of the last one while not everybody has that."""
    told, last = versions_of(event.told), _last_batch(desk, event)
    known = told[-1:] if last is None or last.state == "complete" else told
    return notice_of([*known, event.version])


def _last_batch(desk: Desk, event: Event) -> Batch | None:
    return desk.batches.find(event.id, batch_of(event.id, event.told))


def _begin(desk: Desk, event: Event, notice: str, now: datetime) -> None:
    """Have the batch planned, unless there is one, in the place of the one before it, which stops: nothing is told of a
    first version. A worker that still holds a chunk of that one meets the ledger.
    """
    if len(versions_of(notice)) < 2 or desk.batches.find(event.id, batch_of(event.id, notice)):
        return
    for before in overtaken(notice)[:1]:
        stops = desk.batches.find(event.id, batch_of(event.id, before))
        if stops and stops.state in UNDER_WAY:
            desk.batches.move(stops, "cancelled", now, reason=f"The notice {notice} tells it too.")
    ask_to_plan(desk, desk.batches.accept(notice_batch(event.id, notice, now)), now)


def _check(event: Event) -> None:
    if event.news_at is None:
        raise Conflict("No notice of changes waits to be sent.")


def _settled(done: bool) -> None:
    if not done:
        raise Conflict("The event was published, or its notice sent, a moment ago. Look at it again.")
