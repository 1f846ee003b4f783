"""A person is taken out of the table: profile, answers, places and address at once, the rest by the desk.

    EVENT#<e>       ERASED        how many were erased, by what they had answered
    ADDRESS#<hash>  EVENT#<e>     of who erased themselves: ``erased_at`` in the place of the invitee, so that no list
                                  brings them back
    INVITEE#<i>     DELIVERY#…    stays, without its reason and the mail's id: a batch adds up to its plan

What suppresses an address stands under the address, and stays.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.adapters.store.addresses import claim_delete, claim_erased
from chalicelib.adapters.store.invitees import Invitees, PersonFile
from chalicelib.adapters.store.person import LOG, UPLOAD, profile_key, read_upload, registration_key
from chalicelib.adapters.store.table import Condition, ConditionFailed, Delete, Item, Key, Table, Update, Write
from chalicelib.adapters.store.unchanged import NOT_OVERTAKEN, as_seen
from chalicelib.domain.erasure import Erased
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.private_upload import PrivateUpload

DELIVERY = "DELIVERY#"

NOBODY = "(erased)"

NOBODYS = {"delegated_from": "", "passed_on_by": ""}


@dataclass(frozen=True)
class Rest:
    """What an erased person left: files, items to delete, lines of the ledger, and the ids of those whose file may name
    them.
    """

    files: list[PrivateUpload] = field(default_factory=list)
    items: list[Key] = field(default_factory=list)
    mails: list[Key] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


class Erasures:
    def __init__(self, table: Table) -> None:
        self._table, self._invitees = table, Invitees(table)

    def erase(
        self, person: PersonFile, claimed: str, now: datetime, also: Sequence[Write], *, may_come_again: bool
    ) -> None:
        """Take out who was seen, and count them. ``claimed`` is the hash of their address, "" when they have none in
        this event any more; ``also`` is written with it: their places, and the row that makes the desk do the rest.

        Raises ConditionFailed when they, or whom they passed the invitation on to, were changed meanwhile.
        """
        one = person.invitee
        count = {"people": 1, one.rsvp.replace("-", "_"): 1, **({"registered": 1} if person.registered else {})}
        writes: list[Write] = [
            Delete(profile_key(one.id), _as_seen(one)),
            Delete(registration_key(one.id), as_seen(person.registration)),
            Update(_key(one.event), add=count, condition=None),
            *self._unnamed(one),
        ]
        if claimed:
            again = claim_delete(one.event, claimed, one.id)
            writes.append(again if may_come_again else claim_erased(one.event, claimed, one.id, now))
        self._table.transact([*writes, *also])

    def _unnamed(self, one: Invitee) -> list[Write]:
        """An invitation that was passed on is its first owner's again, or stays with whom it was passed on to further,
        so that it never becomes two.
        """
        named = (one.delegated_from, one.delegated_to)
        others = {i: other for i, (other, _) in self._invitees.load([i for i in named if i], beside="").items()}
        owner, following = others.get(one.delegated_from), others.get(one.delegated_to)
        writes: list[Write] = []
        for other in others.values():
            facts: Item = {}
            if other.delegated_to == one.id:
                facts |= {"delegated_to": following.id} if following else {"rsvp": "needs-action", "delegated_to": ""}
            if other.delegated_from == one.id:
                passed = owner and owner.delegated_to == one.id
                facts |= {"delegated_from": owner.id, "passed_on_by": owner.name} if owner and passed else NOBODYS
            if facts:
                writes.append(Update(profile_key(other.id), facts, condition=_as_seen(other)))
        return writes

    def rest(self, invitee_id: str) -> Rest:
        """What an erased person left; nothing of who is there."""
        items = list(self._table.query_all(f"INVITEE#{invitee_id}", consistent=True))
        if any(item["SK"] == "PROFILE" for item in items):
            return Rest()
        keys = [(item["PK"], item["SK"]) for item in items]
        others = {other for item in items if item["SK"].startswith(LOG) for other in item.get("names", ())}
        return Rest(
            files=[read_upload(item) for item in items if item["SK"].startswith(UPLOAD)],
            items=[key for key in keys if not key[1].startswith(DELIVERY)],
            mails=[key for key in keys if key[1].startswith(DELIVERY)],
            others=sorted(others),
        )

    def strike_out(self, invitee_id: str, others: Sequence[str]) -> None:
        """Nobody's file names an erased person any more, of those with whom they had to do."""
        theirs = Condition("in their place", "#delegated_from = :one", {"one": invitee_id})
        for other in others:
            for line in self._table.query_all(f"INVITEE#{other}", begins=LOG, consistent=True):
                if invitee_id in line.get("names", ()):
                    self._try(Update((line["PK"], line["SK"]), {"detail": NOBODY}))
            self._try(Update(profile_key(other), NOBODYS, condition=theirs))

    def delete(self, keys: Sequence[Key]) -> None:
        for key in keys:
            self._table.write(Delete(key))

    def blank(self, lines: Sequence[Key]) -> None:
        """Strike out what leads to a mail: SES's later news of it then finds no line to write to."""
        for key in lines:
            self._table.write(Update(key, {"message_id": NOBODY}, removes=("reason",)))

    def _try(self, update: Update) -> None:
        """Write, unless it was changed, or erased as well, meanwhile."""
        with contextlib.suppress(ConditionFailed):
            self._table.write(update)

    def count(self, event: str) -> Erased:
        item = self._table.get(_key(event), consistent=True) or {}
        return Erased.model_validate({name: item[name] for name in Erased.model_fields if name in item})


def _key(event: str) -> Key:
    return f"EVENT#{event}", "ERASED"


def _as_seen(one: Invitee) -> Condition:
    """They are as they were counted, and lead to whom they led."""
    values = {"rsvp": one.rsvp, "generation": one.generation, "to": one.delegated_to}
    never = "" if one.delegated_to else "attribute_not_exists(#delegated_to) OR "
    return Condition(
        NOT_OVERTAKEN, f"#rsvp = :rsvp AND #generation = :generation AND ({never}#delegated_to = :to)", values
    )
