"""Invitees with all that belongs to them: a person's whole file is one Query.

    INVITEE#<i>  PROFILE, REGISTRATION, LOG#…    see ``person``
    INVITEE#<i>  DELIVERY#…                      see ``ledger``
    INVITEE#<i>  REQUEST                         see ``places``
    INVITEE#<i>  FEEDBACK                        see ``feedback``
    INVITEE#<i>  CONTRIBUTION#…, UPLOAD#…        see ``contributions``
    INVITEE#<i>  ATTENDANCE#…                    see ``attendance``
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.adapters.store.addresses import AS_SUPPRESSED, Addresses, as_suppressed, claim_delete, claim_put
from chalicelib.adapters.store.due import Due, due_put
from chalicelib.adapters.store.ledger import read_delivery
from chalicelib.adapters.store.listings import Listings
from chalicelib.adapters.store.person import (
    ATTENDANCE,
    CONTRIBUTION,
    IN_DELEGATION,
    LOG,
    UPLOAD,
    delegation_pk,
    in_delegation,
    log_put,
    profile_item,
    profile_key,
    read_attended,
    read_contribution,
    read_log,
    read_profile,
    read_registration,
    read_upload,
    registration_item,
    registration_key,
)
from chalicelib.adapters.store.places import read_request, request_key
from chalicelib.adapters.store.table import (
    ABSENT,
    Check,
    Condition,
    ConditionFailed,
    Item,
    Key,
    Part,
    Put,
    Update,
    Write,
)
from chalicelib.adapters.store.unchanged import NOT_OVERTAKEN, accepted, as_seen, revised, same_links, withdrawal
from chalicelib.domain.attendance import Attended
from chalicelib.domain.contribution import HandedIn
from chalicelib.domain.delivery import Delivery
from chalicelib.domain.eligible import Beside
from chalicelib.domain.event import utc
from chalicelib.domain.history import LogEntry
from chalicelib.domain.invitee import Attendance, Dropped, Invitee, Registration, Rsvp, standing
from chalicelib.domain.places import PlaceRequest
from chalicelib.domain.private_upload import PrivateUpload

TOGETHER = 33
"""New people per transaction, three items each: DynamoDB takes 100 items."""

BESIDE: dict[Beside, tuple[Callable[[str], Key], Callable[[Item], Registration]]] = {
    "registration": (registration_key, read_registration),
    "request": (request_key, read_request),
}

ASKED = ("DELIVERY#invitation#", "DELIVERY#chase#")

@dataclass(frozen=True)
class PersonFile:
    """What is kept of one person, from one Query; ``contributions``, and the kept ``uploads``, by their id;
    ``attended`` by session.
    """

    invitee: Invitee
    registration: Registration | None
    gave_feedback: bool
    request: PlaceRequest | None = None
    batches: tuple[str, ...] = ()
    """Those that invited or chased the person, or whoever named them."""
    contributions: dict[str, HandedIn] = field(default_factory=dict)
    uploads: dict[str, PrivateUpload] = field(default_factory=dict)
    attended: dict[str, Attended] = field(default_factory=dict)

    @property
    def registered(self) -> Registration | None:
        """The registration that stands."""
        return standing(self.invitee, self.registration)


@dataclass(frozen=True)
class WholeFile:
    """Everything that is kept of one person, from one Query: also each mail, and what happened, newest first."""

    person: PersonFile
    deliveries: list[Delivery]
    timeline: list[LogEntry]


class Invitees(Listings):
    """One person's file, and who there is."""

    def file(self, invitee_id: str) -> PersonFile | None:
        """The person's profile and what belongs to it, also a registration that was withdrawn; None if unknown."""
        return _person(self._items(invitee_id))

    def whole_file(self, invitee_id: str) -> WholeFile | None:
        items = self._items(invitee_id)
        person = _person(items)
        if person is None:
            return None
        deliveries = [read_delivery(item) for name, item in items.items() if name.startswith("DELIVERY#")]
        timeline = [read_log(item) for name, item in items.items() if name.startswith(LOG)]
        return WholeFile(person, deliveries, timeline[::-1])

    def _items(self, invitee_id: str) -> dict[str, Item]:
        """By sort key, in its order."""
        return {item["SK"]: item for item in self._table.query_all(f"INVITEE#{invitee_id}", consistent=True)}

    def load(
        self, invitee_ids: Iterable[str], *, consistent: bool = True, beside: Beside = "registration"
    ) -> dict[str, tuple[Invitee, Registration | None]]:
        """Profiles, with what is asked for ``beside`` them, 100 items a request; unknown ids are left out."""
        key, read = BESIDE[beside] if beside else (profile_key, read_registration)
        ids = list(dict.fromkeys(invitee_ids))
        keys = [profile_key(i) for i in ids] + ([key(i) for i in ids] if beside else [])
        found = self._table.batch_get(keys, consistent=consistent)
        loaded: dict[str, tuple[Invitee, Registration | None]] = {}
        for i in ids:
            if profile := found.get(profile_key(i)):
                item = found.get(key(i)) if beside else None
                loaded[i] = read_profile(profile), read(item) if item else None
        return loaded

    def create(self, people: Sequence[tuple[Invitee, str]]) -> None:
        """Store new invitees with their address claims, all or none, ``TOGETHER`` at most; each suppressed as their
        address is. Raises ConditionFailed(FREE) when one of the addresses is taken.
        """

        def writes(suppressed: dict[str, str]) -> list[Write]:
            claims: list[Write] = [claim_put(invitee.event, address, invitee.id) for invitee, address in people]
            marked = [invitee.model_copy(update={"suppressed": suppressed[address]}) for invitee, address in people]
            return [*claims, *(Put(profile_item(invitee), ABSENT) for invitee in marked)]

        self.claim([address for _, address in people], writes)

    def replace_address(
        self, before: Invitee, email: str, old: str, new: str, now: datetime, also: Sequence[Write]
    ) -> None:
        """Give a person another address, ``old`` and ``new`` being the hashes, and revoke the links they have.

        ``also`` is written with it. Raises ConditionFailed(FREE) with the claim that stands in the way, and another
        ConditionFailed when the person was changed meanwhile.
        """
        seen = {"before": before.email, "seen": before.generation}
        same = Condition(NOT_OVERTAKEN, "#email = :before AND #generation = :seen", seen)

        def writes(suppressed: dict[str, str]) -> list[Write]:
            facts = {"email": email, "generation": before.generation + 1, "suppressed": suppressed[new]}
            return [
                claim_put(before.event, new, before.id),
                claim_delete(before.event, old, before.id),
                revised(before, facts, now, same, add={"feed": 1}),
                *also,
            ]

        self.claim([new], writes)

    def claim(self, addresses: Sequence[str], writes: Callable[[dict[str, str]], list[Write]]) -> None:
        """Write what claims addresses and repeats their suppression; anew when that changes at this very moment."""
        for last in (False, False, True):
            known = Addresses(self._table).suppressions(addresses)
            suppressed = {address: known[address].reason if address in known else "" for address in addresses}
            checks: list[Write | Check] = [as_suppressed(address, reason) for address, reason in suppressed.items()]
            try:
                return self._table.transact([*writes(suppressed), *checks])
            except ConditionFailed as failed:
                if last or failed.name != AS_SUPPRESSED:
                    raise

    def update(self, invitee: Invitee, now: datetime) -> None:
        """Write what an organiser may change; what the person answered stays. Raises ConditionFailed when they were
        erased, withdrawn or given another address meanwhile.
        """
        names = ("name", "language", "time_zone", "country", "delegation", "category", "head")
        listing = in_delegation(invitee)
        facts = {name: getattr(invitee, name) for name in names} | listing
        gone = () if listing else IN_DELEGATION
        same = Condition(NOT_OVERTAKEN, "#generation = :generation", {"generation": invitee.generation})
        self._table.write(revised(invitee, facts, now, same, removes=gone))

    def delegation(self, event: str, names: Sequence[str]) -> list[Invitee]:
        """Who belongs to the delegation that goes by these names, as they are now."""
        found = [
            item["GSI2SK"]
            for name in names
            for item in self._table.query_all(delegation_pk(event, name), index="GSI2")
        ]
        return [one for one, _ in self.load(found, beside="").values()]

    def answer(
        self,
        before: Invitee,
        rsvp: Rsvp,
        registration: Registration | None,
        now: datetime,
        also: Sequence[Write] = (),
        reason: str = "",
        dropped: Sequence[Dropped] = (),
    ) -> None:
        """Record an RSVP and why; one that is not "accepted" withdraws the registration from the listings, and
        ``dropped`` is what the calendar may hold then and must not. ``also`` is written with it: what becomes of the
        places.

        Raises ConditionFailed(SAME_LINKS) when the links were revoked meanwhile, ConditionFailed(NOT_OVERTAKEN) when an
        answer that withdraws did not see the registration that there is.
        """
        facts: dict[str, Any] = {"rsvp": rsvp, "answered_at": utc(now), "reason": reason}
        gone = () if rsvp == "accepted" else ("attending",)
        if dropped:
            facts["dropped"] = dropped
        writes: list[Write] = [
            revised(before, facts, now, same_links(before), removes=gone),
            log_put(before.id, now, "answered", f"{before.rsvp} -> {rsvp}{f': {reason}' if reason else ''}"),
            *also,
        ]
        if rsvp != "accepted":
            writes.append(withdrawal(before.id, registration, now))
        self._table.transact(writes)

    def register(
        self,
        before: Invitee,
        seen: Registration | None,
        registration: Registration,
        outbox: Due,
        also: Sequence[Part] = (),
        dropped: Sequence[Dropped] = (),
    ) -> None:
        """Accepted and registered, with the confirmation's outbox row, in one transaction; ``dropped`` is what the
        calendar may hold and must not any more, ``also`` is written with it: the places that are taken.

        Raises ConditionFailed(SAME_LINKS) when the links were revoked meanwhile, ConditionFailed(NOT_OVERTAKEN) when
        another request changed the registration first, and what the conditions of ``also`` are called.
        """
        now = registration.updated_at
        said: dict[str, Any] = {"attending": registration.model_dump(include={*Attendance.model_fields})}
        if dropped or before.dropped:
            said["dropped"] = dropped
        self._table.transact(
            [
                accepted(before, now, **said),
                Put(registration_item(registration), as_seen(seen)),
                due_put(outbox),
                log_put(before.id, now, "registered", f"version {registration.version}"),
                *also,
            ]
        )

    def correct(self, before: Invitee, facts: dict[str, str], now: datetime, also: Sequence[Write] = ()) -> None:
        """Write what a person says of themselves. Raises ConditionFailed(SAME_LINKS)."""
        said = ", ".join(f"{name}: {getattr(before, name)} -> {new}" for name, new in facts.items())
        self._table.transact(
            [
                revised(before, facts, now, same_links(before)),
                log_put(before.id, now, "corrected", said),
                *also,
            ]
        )

    def new_feed(self, before: Invitee, now: datetime, also: Sequence[Write] = ()) -> None:
        """Revoke the address of the person's calendar feed. Raises ConditionFailed when it, or the links, were revoked
        meanwhile.
        """
        seen = {"generation": before.generation, "feed": before.feed}
        never = "" if before.feed else "attribute_not_exists(#feed) OR "
        same = Condition(NOT_OVERTAKEN, f"#generation = :generation AND ({never}#feed = :feed)", seen)
        self._table.transact(
            [
                Update(profile_key(before.id), {"feed": before.feed + 1}, condition=same),
                log_put(before.id, now, "new calendar address"),
                *also,
            ]
        )

    def leave(
        self, before: Invitee, categories: list[str], entry: tuple[str, str], now: datetime, also: Sequence[Write] = ()
    ) -> None:
        """Which categories of mail this person does not want any more; ``entry`` is what happened, and its detail.

        Raises ConditionFailed(NOT_OVERTAKEN) when they left or came back elsewhere meanwhile.
        """
        same = Condition(NOT_OVERTAKEN, "#left = :before", {"before": before.left})
        self._table.transact(
            [
                Update(profile_key(before.id), {"left": categories}, condition=same),
                log_put(before.id, now, *entry),
                *also,
            ]
        )


def _person(items: dict[str, Item]) -> PersonFile | None:
    if "PROFILE" not in items:
        return None
    registration = items.get("REGISTRATION")
    handed_in = [read_contribution(item) for name, item in items.items() if name.startswith(CONTRIBUTION)]
    uploads = [read_upload(item) for name, item in items.items() if name.startswith(UPLOAD)]
    attended = [read_attended(item) for name, item in items.items() if name.startswith(ATTENDANCE)]
    asked = [item["batch"] for name, item in items.items() if name.startswith(ASKED) and item.get("batch")]
    invitee = read_profile(items["PROFILE"])
    return PersonFile(
        invitee,
        read_registration(registration) if registration else None,
        "FEEDBACK" in items,
        read_request(items["REQUEST"]) if "REQUEST" in items else None,
        tuple(dict.fromkeys([*asked, *invitee.batches])),
        {one.contribution: one for one in handed_in},
        {one.id: one for one in uploads if one.kept},
        {one.session: one for one in attended},
    )
