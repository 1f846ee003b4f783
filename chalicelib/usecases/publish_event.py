"""An organiser publishes an event document: it becomes the next agenda version, and the clock learns what is due."""

from datetime import datetime

from chalicelib.adapters.store.due import Due, due_delete, due_put
from chalicelib.adapters.store.events import Events, mailing_put
from chalicelib.adapters.store.table import ConditionFailed, Delete, Write
from chalicelib.domain.agenda import check
from chalicelib.domain.errors import Conflict, Invalid, Problem
from chalicelib.domain.event import Event, EventDocument
from chalicelib.domain.finding import Finding
from chalicelib.domain.schedule import Mailing, changes, mailings


def publish_event(
    events: Events, event_id: str, document: EventDocument, now: datetime
) -> tuple[Event, list[Finding], bool]:
    """Store the next version; returns (event, findings, whether it is new). The same document again makes no version.

    Raises Invalid with the findings that are errors, and nothing is changed; Conflict when two publish at once.
    """
    findings = check(document)
    errors = [
        Problem(field=finding.field, message=finding.message) for finding in findings if finding.severity == "error"
    ]
    if errors:
        raise Invalid("The agenda contradicts itself; nothing was changed.", errors)
    before = events.find(event_id)
    if before and before.document == document:
        return before, findings, False
    event = Event(
        id=event_id,
        version=before.version + 1 if before else 1,
        document=document,
        published_at=now,
        feedback_opened_at=before.feedback_opened_at if before else None,
    )
    try:
        events.publish(event, _clock_rows(events.mailings(event_id) if before else [], event, now))
    except ConditionFailed:
        raise Conflict(
            "Somebody else published this event a moment ago. Load it again, then repeat your change."
        ) from None
    return event, findings, before is None


def _clock_rows(known: list[Mailing], event: Event, now: datetime) -> list[Write]:
    plan, withdrawn = changes(known, mailings(event.id, event.document), now)
    planned_before = {mailing.occurrence: mailing for mailing in known if mailing.state == "planned"}
    moved = [planned_before[mailing.occurrence] for mailing in plan if mailing.occurrence in planned_before]
    writes: list[Write] = [due_delete(due_of(mailing)) for mailing in (*moved, *withdrawn)]
    writes += [Delete((f"EVENT#{event.id}", f"RULE#{mailing.occurrence}")) for mailing in withdrawn]
    for mailing in plan:
        writes += [mailing_put(mailing), due_put(due_of(mailing))]
    return writes


def due_of(mailing: Mailing) -> Due:
    """The clock's row for one mailing."""
    return Due(
        what="mailing",
        reference=f"{mailing.event}#{mailing.occurrence}",
        at=mailing.due_at,
        body={"event": mailing.event, "occurrence": mailing.occurrence},
    )
