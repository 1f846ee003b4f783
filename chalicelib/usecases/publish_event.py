"""An organiser publishes an event document: it becomes the next agenda version, and the clock learns what is due."""

from datetime import datetime, timedelta
from typing import NamedTuple

from chalicelib.adapters.store.due import Due, due_delete, due_put
from chalicelib.adapters.store.events import Events, mailing_delete, mailing_put
from chalicelib.adapters.store.places import look_at
from chalicelib.adapters.store.table import ConditionFailed, Write
from chalicelib.domain.agenda import check
from chalicelib.domain.change_notice import leaves_at, left_by, versions_of
from chalicelib.domain.entries import proposes, retired
from chalicelib.domain.erasure import kept_until
from chalicelib.domain.errors import Conflict, Invalid, Problem
from chalicelib.domain.event import Event, EventDocument
from chalicelib.domain.finding import Finding
from chalicelib.domain.schedule import Mailing, changes, mailings
from chalicelib.usecases.change_audience import Hearing

LARGEST = 300_000
"""Octets of a document as JSON: an item of the table takes 400 KB."""

TOGETHER = 93
"""Rows of the clock per transaction, beside the event, its version, and looks: DynamoDB takes 100 items."""

GRACE = timedelta(minutes=2)
"""How long publishing has to plan a long agenda before the clock goes on with it."""


class Publication(NamedTuple):
    """What publishing did, or would do: the ``event`` as it is then, and as it was ``before``, None of a new one."""

    event: Event
    before: Event | None
    findings: list[Finding]


def publish_event(
    events: Events, event_id: str, document: EventDocument, now: datetime, *, dry_run: bool = False
) -> Publication:
    """Store the next version, unless it is a ``dry_run``. The same document again makes no version.

    An event whose end lies ahead, again or still, has no open feedback: the clock opens it after that end.
    Raises Invalid with the findings that are errors, and nothing is changed; Conflict when two publish at once.
    """
    if len(document.model_dump_json().encode()) > LARGEST:
        raise Invalid.field("body", "The document is larger than 300 KB. Shorten the longest texts.")
    findings = check(document)
    errors = [
        Problem(field=finding.field, message=finding.message) for finding in findings if finding.severity == "error"
    ]
    if errors:
        raise Invalid("The agenda contradicts itself; nothing was changed.", errors)
    seen = None
    for last in (False, True):
        before = events.find(event_id, consistent=True)
        if last and before and before.version != seen:
            break
        seen = before.version if before else None
        if before and before.document == document:
            return Publication(before, before, findings)
        event = _next_version(events, event_id, before, document, now)
        if dry_run:
            return Publication(event, before, findings)
        try:
            _store(events, event, before, now)
        except ConditionFailed:  # somebody else's version, or the clock has just told what was changed before
            continue
        return Publication(event, before, findings)
    raise Conflict("Somebody else published this event a moment ago. Load it again, then repeat your change.")


def _next_version(
    events: Events, event_id: str, before: Event | None, document: EventDocument, now: datetime
) -> Event:
    event = Event(
        id=event_id,
        version=before.version + 1 if before else 1,
        document=document,
        published_at=max(now, before.published_at) if before else now,  # by whichever clock: never back
        feedback_opened_at=before.feedback_opened_at if before and document.ends_at <= now else None,
        retired=retired(before, document) if before else {},
        gone=left_by(before, document) if before else (),
        proposed=proposes(document) or (before is not None and before.proposed),
    )
    return _with_news(events, event, before, now)


def _store(events: Events, event: Event, before: Event | None, now: datetime) -> None:
    """Raises ConditionFailed."""
    first, *rest = _clock_rows(events.mailings(event.id) if before else [], event, now)
    unfinished = Due(what="agenda", reference=f"{event.id}#agenda", at=now + GRACE, body={"event": event.id})
    writes = [*first, *_looks(event, before, now)]
    writes += [due_put(row) for row in (news_due(event), unfinished if rest else None) if row]
    ahead = event.document.ends_at > now
    events.publish(event, writes, close_feedback=ahead, told_before=before.told if before else "")
    _plan(events, event, rest, unfinished)


def finish_publishing(events: Events, unfinished: Due, now: datetime) -> None:
    """Plan what a publishing that died has left to plan of a long agenda. Raises NotFound."""
    event = events.get(unfinished.body["event"])
    _plan(events, event, _clock_rows(events.mailings(event.id), event, now), unfinished)


def _plan(events: Events, event: Event, parts: list[list[Write]], unfinished: Due) -> None:
    """Write the parts, and with the last one take the row away that makes the clock go on."""
    for number, part in enumerate(parts, 1):
        try:
            events.plan(event, [*part, due_delete(unfinished)] if number == len(parts) else part)
        except ConditionFailed:  # a newer version plans its own
            return


def _clock_rows(known: list[Mailing], event: Event, now: datetime) -> list[list[Write]]:
    """What the clock has to learn, in parts that fit a transaction; the rows of one mailing are never parted.

    A row that stays under its key is put alone: a transaction takes one write per key.
    """
    plan, withdrawn = changes(known, mailings(event.id, event.document), now)
    planned_before = {mailing.occurrence: mailing for mailing in known if mailing.state == "planned"}
    parts: list[list[Write]] = [[due_put(retention_of(event))]]
    for mailing in (*withdrawn, *plan):
        due = due_of(mailing)
        rows: list[Write] = (
            [mailing_delete(mailing), due_delete(due)] if mailing in withdrawn else [mailing_put(mailing), due_put(due)]
        )
        old = planned_before.get(mailing.occurrence)
        if old and due_of(old).key != due.key:
            rows.append(due_delete(due_of(old)))
        if len(parts[-1]) + len(rows) > TOGETHER:
            parts.append([])
        parts[-1] += rows
    return parts


def _looks(event: Event, before: Event | None, now: datetime) -> list[Write]:
    """When the clock looks at who waits: now, for there may be more places or no waitlist any more; and at its end."""
    waitlist = event.document.waitlist
    ends = event.document.deadline(waitlist.until) if waitlist else None
    changed = before and (waitlist or before.document.waitlist)
    rows: list[Write] = [look_at(event.id, f"version-{event.version}", now)] if changed else []
    return [*rows, *([look_at(event.id, "cut-off", ends)] if ends and ends > now else [])]


def _with_news(events: Events, event: Event, before: Event | None, now: datetime) -> Event:
    """The event with the moment at which the clock tells what is different from what people heard.

    While nobody is told by themselves, what is published counts as told: nobody hears of it when that is over.
    """
    if before is None:
        return event
    policy = event.document.change_notices
    if policy is None:
        return event.model_copy(update={"told": str(event.version)})
    told, since = before.told or str(before.version), before.news_since or now
    found = Hearing(events, event.id, versions_of(told)[-1], event.version, event.document, now).all()
    if not found:
        return event.model_copy(update={"told": told})
    at = min(leaves_at(policy, one.changes, one.before, event.document, since, now) for one in found)
    return event.model_copy(update={"told": told, "news_at": at, "news_since": since})


def news_due(event: Event) -> Due | None:
    """The clock's row for what waits to be told; None when nothing does. One that stands for another moment stays: it
    may be the last that knows of a notice that was begun.
    """
    if event.news_at is None:
        return None
    return Due(what="news", reference=f"{event.id}#news", at=event.news_at, body={"event": event.id})


def retention_of(event: Event) -> Due:
    """The clock's row for the end of what is kept; one that stands for another day finds that it is none of its
    business.
    """
    at = kept_until(event.document)
    return Due(what="retention", reference=f"{event.id}#retention", at=at, body={"event": event.id})


def due_of(mailing: Mailing) -> Due:
    """The clock's row for one mailing."""
    return Due(
        what="mailing",
        reference=f"{mailing.event}#{mailing.occurrence}",
        at=mailing.at,
        body={"event": mailing.event, "occurrence": mailing.occurrence},
    )
