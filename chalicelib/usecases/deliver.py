"""Deliver the mails that a piece of work names: claim, build, send, record, person by person.

What stands in the ledger decides, so the same work may come twice, to two workers, or after a crash.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.adapters.documents import Documents
from chalicelib.adapters.links import Links
from chalicelib.adapters.mime import build
from chalicelib.adapters.queue import Queue
from chalicelib.adapters.ses import Mailer, Misconfigured, NotAccepted, Refused, Unsure
from chalicelib.adapters.store.batches import Batches
from chalicelib.adapters.store.due import Dues
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.ledger import Ledger
from chalicelib.adapters.store.suppressions import Suppressions
from chalicelib.domain.address import address_key
from chalicelib.domain.delivery import CAN_LEAVE, SENT_AGAIN, Delivery, Outcome
from chalicelib.domain.event import Event, utc
from chalicelib.domain.invitee import Invitee, Registration
from chalicelib.domain.schedule import mailings
from chalicelib.domain.work import Work
from chalicelib.usecases.compose import compose
from chalicelib.usecases.register import outbox_of

PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between tries of a mail that SES did not take for now."""

LATER = 30
"""Seconds until work that could not be finished comes back."""

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Post:
    """The adapters that a delivery needs."""

    events: Events
    invitees: Invitees
    ledger: Ledger
    suppressions: Suppressions
    batches: Batches
    dues: Dues
    links: Links
    documents: Documents
    mailer: Mailer
    queue: Queue
    sleep: Callable[[float], None] = time.sleep


def deliver(post: Post, work: Work, now: Clock, enough_time: Callable[[], bool]) -> dict[Outcome, int]:
    """Work off one piece; returns how many recipients had which outcome. What was not finished is queued again.

    Raises what the table, S3 or the typesetter raise, when everybody else has been served: then the queue gives the
    whole piece again, and the ledger knows who is done. Raises Misconfigured at once, because it holds up everybody.
    """
    event = post.events.get(work.event)
    ids = [work.invitee] if work.invitee else post.batches.chunk(work.plan_id, work.chunk)
    people = post.invitees.load(ids)
    hashes = {i: post.links.address_hash(address_key(invitee.email)) for i, (invitee, _) in people.items()}
    suppressed = post.suppressions.among(hashes.values())
    outcomes: Counter[Outcome] = Counter()
    troubles: list[Exception] = []
    for i, (invitee, registration) in people.items():
        if not enough_time():
            outcomes["released"] += 1
            continue
        reason = suppressed.get(hashes[i], "") and f"suppressed: {suppressed[hashes[i]]}"
        try:
            outcomes[_one(post, event, work, invitee, registration, reason, now)] += 1
        except Misconfigured:
            raise
        except Exception as trouble:  # one recipient's trouble must not hold up the others
            logging.getLogger(__name__).exception("the %s to %s is not done", work.kind, i)
            troubles.append(trouble)
    if troubles:
        raise troubles[0]
    _follow_up(post, work, outcomes)
    return dict(outcomes)


def _follow_up(post: Post, work: Work, outcomes: Counter[Outcome]) -> None:
    """Queue the piece once more while somebody waits; an unknown mail that may go again waits for SES's events."""
    if outcomes["released"] or outcomes["busy"] or (outcomes["unknown"] and work.kind in SENT_AGAIN):
        post.queue.send([work], delay=LATER)
    elif work.outbox:
        post.dues.remove(outbox_of(work))


def _one(
    post: Post, event: Event, work: Work, invitee: Invitee, registration: Registration | None, reason: str, now: Clock
) -> Outcome:
    delivery = Delivery(
        invitee=invitee.id,
        event=event.id,
        kind=work.kind,
        occurrence=work.occurrence,
        state="sending",
        batch=work.batch,
    )
    reason = reason or why_not(event, work, invitee, registration, now())
    if reason:
        return "skipped" if post.ledger.skip(delivery, reason) else "done"
    message = compose(post.links, post.documents, event, work, invitee, registration, now())
    try:
        raw = build(message)
    except ValueError as error:
        return "failed" if post.ledger.fail(delivery, f"cannot be written: {error}") else "done"
    for pause in (*PAUSES, None):
        mine, claimed = post.ledger.claim(delivery, now())
        if not mine:
            return "busy" if claimed.state == "sending" else "done"
        try:
            message_id = post.mailer.send(message, raw)
        except NotAccepted:
            post.ledger.release(claimed)
            if pause is None:
                return "released"
            post.sleep(pause)
            continue
        except Misconfigured:
            post.ledger.release(claimed)
            raise
        except Refused as refused:
            post.ledger.settle(claimed, "failed", reason=refused.reason)
            return "failed"
        except Unsure as unsure:
            post.ledger.settle(claimed, "unknown", reason=unsure.reason)
            return "unknown"
        post.ledger.settle(claimed, "sent", message_id=message_id, sent_at=utc(now()))
        return "sent"
    return "released"


def why_not(event: Event, work: Work, invitee: Invitee, registration: Registration | None, now: datetime) -> str:
    """Why this person, as things stand now, does not get this mail any more; empty when they do."""
    coming = registration if registration and not registration.withdrawn_at and invitee.rsvp == "accepted" else None
    if work.kind in CAN_LEAVE and "invitations" in invitee.left:
        return "unsubscribed"
    if work.kind in ("invitation", "chase") and now > event.document.answer_until:
        return "the deadline for answers has passed"
    if work.kind == "chase" and invitee.rsvp != "needs-action":
        return "answered meanwhile"
    if work.kind in ("confirmation", "reminder", "feedback") and coming is None:
        return "not registered any more"
    if coming and work.kind == "confirmation" and str(coming.version) != work.occurrence:
        return "a newer confirmation is on its way"
    if coming and work.kind == "reminder":
        if work.occurrence not in {mailing.delivery_occurrence for mailing in mailings(event.id, event.document)}:
            return "the agenda was changed, and this reminder is not planned any more"
        if work.session not in coming.sessions:
            return "not registered for this session any more"
        if now > event.document.span(event.document.session(work.session))[0] + timedelta(minutes=5):
            return "the session has started"
    return ""
