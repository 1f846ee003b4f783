"""Somebody cannot come and names a colleague, who gets an invitation of their own; and may take that back."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from chalicelib.adapters.links import Links
from chalicelib.adapters.queue import Queue
from chalicelib.adapters.store.addresses import FREE
from chalicelib.adapters.store.delegates import Delegates
from chalicelib.adapters.store.due import due_put
from chalicelib.adapters.store.invitees import Invitees, PersonFile
from chalicelib.adapters.store.limits import INVITED, counted_invitation
from chalicelib.adapters.store.table import ConditionFailed, Write
from chalicelib.domain.address import address_key, normalise
from chalicelib.domain.errors import Closed, Conflict, Invalid, Problem
from chalicelib.domain.event import Event, utc
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.text import may_be_link, one_line
from chalicelib.domain.work import Work
from chalicelib.usecases.answer import answer_state
from chalicelib.usecases.call_off import call_off
from chalicelib.usecases.outbox import GRACE, hand_over, outbox_of
from chalicelib.usecases.planner import FIRST
from chalicelib.usecases.take_place import given_back

LONGEST = 200

OVERTAKEN = "This was changed in another window a moment ago. Load the page again."

TOO_LATE = "The time for answers has passed."

INVITED_ALREADY = "This person has an invitation of their own already."

MANY = "You have invited many people today. Continue tomorrow, or write to the organiser."

Gone = list[tuple[PersonFile, str]]
"""Who is not invited any more, each with the hash of their address."""


def may_pass_on(event: Event, invitee: Invitee) -> bool:
    """Whether this invitation may be passed on once more."""
    return invitee.rsvp != "delegated" and invitee.chain < event.document.passed_on


def pass_on(
    delegates: Delegates, links: Links, queue: Queue, event: Event, person: PersonFile, form: dict[str, list[str]],
    now: datetime, guard: Sequence[Write] = (),
) -> Invitee:
    """Invite the colleague that the form names in this person's place; who is named already stays.

    Raises Invalid per field, Limited, Closed after the deadline or when it was passed on often enough, and Conflict.
    """  # fmt: skip
    if answer_state(event, now) != "open":
        raise Closed(TOO_LATE)
    if person.invitee.rsvp == "delegated":
        raise Conflict("You passed this invitation on. Take it back first.")
    if not may_pass_on(event, person.invitee):
        raise Closed("This invitation cannot be passed on any more.")
    own, chain = person.invitee, person.invitee.chain + 1
    lineage = {"delegated_from": own.id, "passed_on_by": own.name, "chain": chain, "head": own.head}
    colleague = named(person, form).model_copy(update=lineage)
    work = invitation_of(colleague, now)
    fewer = counted_invitation(own.id, "colleagues", INVITED, now, Invalid.field("email", MANY))
    off = call_off(event, person, "delegated", now)
    also = [*given_back(event, person, now), *off.promised, fewer, *guard]
    address = links.address_hash(address_key(colleague.email))
    try:
        delegates.pass_on(person, colleague, address, outbox_of(work), now, also, off.dropped)
    except ConditionFailed as failed:
        if failed.name == FREE:
            raise Invalid.field("email", INVITED_ALREADY) from None
        raise Conflict(OVERTAKEN) from None
    hand_over(queue, [work, *off.told])
    return colleague


def take_back(
    invitees: Invitees, delegates: Delegates, links: Links, queue: Queue, event: Event, person: PersonFile,
    now: datetime, guard: Sequence[Write] = (),
) -> None:
    """The invitation is this person's again, and those who had it are told; whoever did that before has done it.

    Raises Limited, Closed after the deadline, and Conflict.
    """  # fmt: skip
    if answer_state(event, now) != "open":
        raise Closed(TOO_LATE)
    if person.invitee.rsvp != "delegated":
        return
    gone = line_from(invitees, links, person.invitee.delegated_to)
    told, also = withdrawing(event, gone, now)
    try:
        delegates.take_back(person.invitee, gone, now, [*also, *guard])
    except ConditionFailed:
        raise Conflict(OVERTAKEN) from None
    hand_over(queue, told)


def invitation_of(invitee: Invitee, now: datetime) -> Work:
    """The mail that invites somebody whom another invitee named."""
    outbox = utc(now + GRACE)
    return Work(event=invitee.event, kind="invitation", occurrence=FIRST, invitee=invitee.id, outbox=outbox)


def withdrawing(event: Event, gone: Gone, now: datetime) -> tuple[list[Work], list[Write]]:
    """The mails that tell who is withdrawn, and the writes that go with it: those mails promised, places free."""
    outbox = utc(now + GRACE)
    told = [
        Work(event=event.id, kind="withdrawn", occurrence=str(file.invitee.generation + 1), invitee=file.invitee.id,
             outbox=outbox)
        for file, _ in gone
    ]  # fmt: skip
    places = given_back(event, gone[0][0], now, *(file for file, _ in gone[1:])) if gone else []
    return told, [*places, *(due_put(outbox_of(work)) for work in told)]


def line_from(invitees: Invitees, links: Links, first: str) -> Gone:
    """Somebody, and whom they passed the invitation on to, and so on; who is withdrawn already is not among them."""
    found: Gone = []
    while first and (file := invitees.file(first)) and not file.invitee.withdrawn_by:
        found.append((file, links.address_hash(address_key(file.invitee.email))))
        first = file.invitee.delegated_to
    return found


def named(by: PersonFile, form: dict[str, list[str]], prefix: str = "") -> Invitee:
    """Whom the fields ``name`` and ``email`` name, with what ``by`` has: language, category, delegation, deadline.

    Raises Invalid.
    """
    own = by.invitee
    said, mail = (" ".join(form.get(f"{prefix}{field}", []))[: 10 * LONGEST] for field in ("name", "email"))
    name, problems, email = one_line(said), list[Problem](), ""
    if not name:
        problems.append(Problem(field=f"{prefix}name", message="Enter the name of your colleague."))
    if len(name) > LONGEST:
        problems.append(Problem(field=f"{prefix}name", message="Shorten the name to 200 characters."))
    if may_be_link(name):
        problems.append(Problem(field=f"{prefix}name", message="Write the name alone, without addresses."))
    try:
        email = normalise(mail)
    except ValueError:
        message = "Enter the address as in name@example.org."
        problems.append(Problem(field=f"{prefix}email", message=message))
    if email and address_key(email) == address_key(own.email):
        message = "This is your own address. Enter that of your colleague."
        problems.append(Problem(field=f"{prefix}email", message=message))
    if problems:
        raise Invalid("The colleague is not named completely.", problems)
    shared = ("event", "language", "time_zone", "country", "delegation", "category")
    same = {field: getattr(own, field) for field in shared}
    return Invitee(id=secrets.token_hex(10), email=email, name=name, batches=by.batches, **same)
