"""The head of a delegation sees who comes with it, names members while seats are left, and withdraws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.adapters.links import Links
from chalicelib.adapters.queue import Queue
from chalicelib.adapters.store.addresses import FREE
from chalicelib.adapters.store.delegates import Delegates
from chalicelib.adapters.store.invitees import Invitees, PersonFile
from chalicelib.adapters.store.limits import INVITED, counted_invitation
from chalicelib.adapters.store.table import ConditionFailed, Write
from chalicelib.domain.address import address_key
from chalicelib.domain.errors import Closed, Conflict, Invalid, NotFound
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.places import delegation_of, names_of
from chalicelib.usecases.answer import answer_state
from chalicelib.usecases.delegate import (
    INVITED_ALREADY,
    MANY,
    OVERTAKEN,
    TOO_LATE,
    invitation_of,
    line_from,
    named,
    withdrawing,
)
from chalicelib.usecases.outbox import hand_over, outbox_of

PREFIX = "member-"
"""What the form calls its fields, beside those of the colleague who comes instead."""

ALL_TAKEN = "Your delegation has no seat left. Withdraw a member first."


@dataclass(frozen=True)
class Team:
    """A delegation as its head sees it, by name. Who declined, or passed the invitation on, takes no seat."""

    seats: int
    members: list[Invitee]

    @property
    def invited(self) -> int:
        return sum(one.rsvp not in ("declined", "delegated") for one in self.members)

    @property
    def registered(self) -> int:
        return sum(one.attending is not None for one in self.members)

    @property
    def may_go(self) -> list[str]:
        """Whom the head may withdraw: a head stays, and who goes in the place of a member goes with that member."""
        ids = {one.id for one in self.members}
        return [one.id for one in self.members if not one.head and one.delegated_from not in ids]

    @property
    def left(self) -> int:
        """Seats for which nobody is invited yet."""
        return max(0, self.seats - self.invited)


def team_of(invitees: Invitees, event: Event, person: Invitee) -> Team | None:
    """None for who leads no delegation with seats, or passed that on."""
    delegation = delegation_of(event.document, person) if person.head and person.rsvp != "delegated" else ""
    if not delegation:
        return None
    found = invitees.delegation(event.id, names_of(event.document, delegation))
    seats = event.document.delegations[delegation].seats
    return Team(seats, sorted(found, key=lambda one: (one.name.casefold(), one.id)))


def invite_member(
    invitees: Invitees, delegates: Delegates, links: Links, queue: Queue, event: Event, person: PersonFile,
    form: dict[str, list[str]], now: datetime, guard: Sequence[Write] = (),
) -> None:
    """Invite whom the form names; who is a member already stays, and gets no second mail.

    Two heads at once may invite one person more than there are seats: registering is what takes a seat, and cannot.
    Raises Invalid per field, also when no seat is left; NotFound for who leads nothing; Limited, Closed and Conflict.
    """  # fmt: skip
    team = _led(invitees, event, person, now)
    member = named(person, form, PREFIX).model_copy(update={"invited_by": person.invitee.id})
    if address_key(member.email) in [address_key(one.email) for one in team.members]:
        return
    if not team.left:
        raise Invalid.field(f"{PREFIX}name", ALL_TAKEN)
    work = invitation_of(member, now)
    address, most = links.address_hash(address_key(member.email)), team.seats + INVITED
    fewer = counted_invitation(person.invitee.id, "members", most, now, Invalid.field(f"{PREFIX}email", MANY))
    try:
        delegates.invite_member(person.invitee, member, address, outbox_of(work), now, [fewer, *guard])
    except ConditionFailed as failed:
        if failed.name == FREE:
            raise Invalid.field(f"{PREFIX}email", INVITED_ALREADY) from None
        raise Conflict(OVERTAKEN) from None
    hand_over(queue, [work])


def withdraw_member(
    invitees: Invitees, delegates: Delegates, links: Links, queue: Queue, event: Event, person: PersonFile,
    member: str, now: datetime, guard: Sequence[Write] = (),
) -> None:
    """The member, and who goes in their place, is not invited any more and is told so; the seat is free.

    Who is no member, not any more, or a head, is left alone.

    Raises NotFound for who leads nothing; Limited, Closed and Conflict.
    """  # fmt: skip
    team = _led(invitees, event, person, now)
    gone = line_from(invitees, links, member) if member in team.may_go else []
    if not gone:
        return
    told, also = withdrawing(event, gone, now)
    try:
        delegates.withdraw_member(person.invitee, gone, now, [*also, *guard])
    except ConditionFailed:
        raise Conflict(OVERTAKEN) from None
    hand_over(queue, told)


def _led(invitees: Invitees, event: Event, person: PersonFile, now: datetime) -> Team:
    if answer_state(event, now) != "open":
        raise Closed(TOO_LATE)
    team = team_of(invitees, event, person.invitee)
    if team is None:
        raise NotFound("There is no delegation to lead.")
    return team
