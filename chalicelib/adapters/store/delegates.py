"""Invitations that people give each other, and take back: to a colleague in their place, to a member of a delegation.

    INVITEE#<i>  PROFILE  rsvp "delegated", delegated_to: the colleague's id
    INVITEE#<c>  PROFILE  of the colleague: delegated_from: whose place it is, passed_on_by, chain
    INVITEE#<m>  PROFILE  of the member: invited_by: the head of delegation
    INVITEE#<x>  PROFILE  of who was withdrawn: withdrawn_by, another generation, in no delegation's listing
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chalicelib.adapters.store.addresses import claim_delete, claim_put
from chalicelib.adapters.store.due import Due, due_put
from chalicelib.adapters.store.invitees import Invitees, PersonFile
from chalicelib.adapters.store.person import IN_DELEGATION, log_put, profile_item, profile_key
from chalicelib.adapters.store.table import ABSENT, Condition, Put, Table, Update, Write
from chalicelib.adapters.store.unchanged import revised, same_links, withdrawal
from chalicelib.domain.entries import all_dropped
from chalicelib.domain.event import utc
from chalicelib.domain.invitee import Dropped, Invitee, WithdrawnBy

STILL_HEAD = "still head"
"""The condition that who acts for a delegation leads it, and has their link."""


class Delegates:
    def __init__(self, table: Table) -> None:
        self._table, self._invitees = table, Invitees(table)

    def pass_on(
        self, person: PersonFile, colleague: Invitee, address: str, outbox: Due, now: datetime, also: Sequence[Write],
        dropped: Sequence[Dropped] = (),
    ) -> None:
        """The colleague is invited in this person's place, whose registration is withdrawn; ``also``: its places,
        ``dropped``: what the calendar may hold then and must not.

        Raises ConditionFailed(FREE) when somebody of the event has the address, and another ConditionFailed when the
        person was changed meanwhile.
        """
        before = person.invitee
        facts: dict[str, Any] = {"rsvp": "delegated", "delegated_to": colleague.id, "answered_at": utc(now)}
        facts |= {"reason": "", **({"dropped": dropped} if dropped else {})}
        self._invite(
            colleague,
            address,
            [
                revised(before, facts, now, same_links(before), removes=("attending",)),
                withdrawal(before.id, person.registration, now),
                due_put(outbox),
                log_put(before.id, now, "passed on", f"{colleague.name}, {colleague.email}", names=[colleague.id]),
                log_put(colleague.id, now, "invited in the place of", before.name, names=[before.id]),
                *also,
            ],
        )

    def take_back(
        self, before: Invitee, gone: Sequence[tuple[PersonFile, str]], now: datetime, also: Sequence[Write]
    ) -> None:
        """The invitation is this person's again. ``gone``: the colleague, and whom they passed it on to, each with the
        hash of their address, but who is withdrawn already: links stop working, registrations are withdrawn.

        Raises ConditionFailed when somebody was changed meanwhile.
        """
        own = {"rsvp": "needs-action", "delegated_to": ""}
        writes: list[Write] = [revised(before, own, now, same_links(before))]
        for file, address in gone:
            writes += _withdrawn(file, address, "colleague", ("taken back by", before), now)
        self._table.transact([*writes, _log_of(before, "taken back from", gone, now), *also])

    def invite_member(
        self, head: Invitee, member: Invitee, address: str, outbox: Due, now: datetime, also: Sequence[Write]
    ) -> None:
        """A head of delegation invites somebody. Raises as ``pass_on`` does."""
        self._invite(
            member,
            address,
            [
                _leads(head),
                due_put(outbox),
                log_put(head.id, now, "member invited", f"{member.name}, {member.email}", names=[member.id]),
                log_put(member.id, now, "invited by the head of delegation", head.name, names=[head.id]),
                *also,
            ],
        )

    def withdraw_member(
        self, head: Invitee, gone: Sequence[tuple[PersonFile, str]], now: datetime, also: Sequence[Write]
    ) -> None:
        """A member, and whom they passed the invitation on to, are withdrawn, as in ``take_back``."""
        writes: list[Write] = [_leads(head)]
        for file, address in gone:
            writes += _withdrawn(file, address, "head", ("withdrawn by the head of delegation", head), now)
        self._table.transact([*writes, _log_of(head, "member withdrawn", gone, now), *also])

    def _invite(self, somebody: Invitee, address: str, also: Sequence[Write]) -> None:
        """Raises ConditionFailed(FREE) when somebody of the event has the address."""

        def writes(suppressed: dict[str, str]) -> list[Write]:
            invited = somebody.model_copy(update={"suppressed": suppressed[address]})
            return [claim_put(somebody.event, address, somebody.id), Put(profile_item(invited), ABSENT), *also]

        self._invitees.claim([address], writes)


def _withdrawn(
    file: PersonFile, address: str, by: WithdrawnBy, entry: tuple[str, Invitee], now: datetime
) -> list[Write]:
    """Links that stop working, a registration that is withdrawn, an address that is free, unless its owner wants no
    invitations; ``entry``: what the history says was done, and by whom.
    """
    one = file.invitee
    facts: dict[str, Any] = {"rsvp": "declined", "delegated_to": "", "withdrawn_by": by}
    facts |= {"generation": one.generation + 1, "dropped": all_dropped(one, file.registration)}
    return [
        revised(one, facts, now, same_links(one), removes=("attending", *IN_DELEGATION)),
        withdrawal(one.id, file.registration, now),
        *([] if one.left else [claim_delete(one.event, address, one.id)]),
        log_put(one.id, now, entry[0], entry[1].name, names=[entry[1].id]),
    ]


def _log_of(one: Invitee, what: str, gone: Sequence[tuple[PersonFile, str]], now: datetime) -> Put:
    """The line in the history of who withdrew these people."""
    people = [file.invitee for file, _ in gone]
    return log_put(one.id, now, what, ", ".join(each.name for each in people), names=[each.id for each in people])


def _leads(head: Invitee) -> Update:
    values = {"yes": True, "generation": head.generation, "passed": "delegated"}
    rule = "#head = :yes AND #generation = :generation AND #rsvp <> :passed"
    return Update(profile_key(head.id), {"head": True}, condition=Condition(STILL_HEAD, rule, values))
