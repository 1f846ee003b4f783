"""Choose who of a piece of work is mailed now, by what stands in the ledger and in each person's file."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from chalicelib.domain.delivery import GIVEN_UP, Delivery
from chalicelib.domain.eligible import BESIDE, WITH_REGISTRATION, coming_as, why_not
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.work import Work
from chalicelib.usecases.change_mail import as_told, own_deadlines, teller
from chalicelib.usecases.compose import compose
from chalicelib.usecases.organiser_mail import organiser_mail
from chalicelib.usecases.planner import FIRST
from chalicelib.usecases.send import Outcome, Parcel, Post


def choose(
    post: Post, event: Event, work: Work, ids: list[str], now: Callable[[], datetime], repeated: bool
) -> tuple[dict[str, Outcome], dict[str, Parcel]]:
    """By id: those who are settled or will not be mailed, with their outcome; and the others, with their parcel."""
    outcomes: dict[str, Outcome] = {}
    parcels: dict[str, Parcel] = {}
    if repeated:  # most were done by the worker before, and need no slot
        lines = post.ledger.lines([(i, work.kind, work.occurrence) for i in ids]).values()
        outcomes = {one.invitee: Outcome(one.state) for one in lines if _is_settled(one, work)}
    waiting = [i for i in ids if i not in outcomes]
    if work.kind in ("test", "notice"):
        write = partial(organiser_mail, post, event, work, now())
        return outcomes, {i: Parcel(_line(event, work, i), write) for i in waiting}
    people = post.invitees.load(waiting, beside=BESIDE.get(work.kind, ""), consistent=bool(work.invitee))
    people |= post.invitees.load(set(waiting) - people.keys())  # a copy may not have heard of somebody new yet
    tell, current, until = None, event, dict[str, datetime]()
    if work.kind == "change":
        event, everybody = as_told(post, event, work), [invitee for invitee, _ in people.values()]
        tell, until = teller(post, event, work, everybody, now()), own_deadlines(post, event, everybody)
    for i in waiting:
        line = _line(event, work, i)
        if i not in people:
            outcomes[i] = Outcome.of(post.ledger.skip(line, "is not invited any more", now()))
            continue
        invitee, registration = people[i]
        seen = post.events.answered_until(event, until[i]) if i in until else _as_seen_by(post, event, work, invitee)
        reason = why_not(seen, work, invitee, registration, now()) or _never_invited(post, work, i)
        told = tell(invitee, registration) if tell and not reason else None
        if told and told.waits:
            outcomes[i] = Outcome("sending", again=True)
        elif reason := reason or ("nothing that concerns them was changed" if told and not told.changes else ""):
            outcomes[i] = Outcome.of(post.ledger.skip(line, reason, now()))
        else:
            coming = coming_as(work.kind, invitee, registration) if work.kind in WITH_REGISTRATION else None
            made_with = post.events, post.links, post.documents
            mail = partial(compose, *made_with, seen, work, invitee, coming, now(), told=told, current=current)
            parcels[i] = Parcel(line, mail)
    return outcomes, parcels


def _as_seen_by(post: Post, event: Event, work: Work, invitee: Invitee) -> Event:
    """With the deadline of whoever named this person: no batch invited them."""
    own = not work.batch and invitee.batches
    return post.events.find_for(event.id, invitee.batches) or event if own else event


def _never_invited(post: Post, work: Work, invitee: str) -> str:
    """Whoever did not get the invitation need not hear that it was taken back."""
    if work.kind != "withdrawn":
        return ""
    line = post.ledger.lines([(invitee, "invitation", FIRST)]).get((invitee, "invitation", FIRST))
    return "" if line and line.state not in GIVEN_UP else "was not invited before"


def _is_settled(line: Delivery, work: Work) -> bool:
    """Nothing is left to do for this recipient; what another batch gave up, this one begins anew."""
    anew = line.state in GIVEN_UP and line.batch != work.batch
    return line.state not in ("sending", "unknown") and not anew


def _line(event: Event, work: Work, invitee: str) -> Delivery:
    return Delivery(
        invitee=invitee,
        event=event.id,
        kind=work.kind,
        occurrence=work.occurrence,
        state="sending",
        batch=work.batch,
    )
