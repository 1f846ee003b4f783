"""What people handed in, and their checked uploads, in the person's partition.

    INVITEE#<i>  CONTRIBUTION#<id>  what was handed in: the text, or which upload
    INVITEE#<i>  UPLOAD#<id>        a checked file: its name, size and type; ``kept`` once it stands where it stays

The profile repeats which contributions there are (``handed_in``), for listings and mails that need no more.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from chalicelib.adapters.store.invitees import PersonFile
from chalicelib.adapters.store.person import (
    contribution_key,
    log_put,
    profile_key,
    read_contribution,
    read_upload,
    registration_key,
    upload_key,
)
from chalicelib.adapters.store.places import request_key, same_request
from chalicelib.adapters.store.table import (
    ABSENT,
    Check,
    Condition,
    ConditionFailed,
    Delete,
    Item,
    Part,
    Put,
    Table,
    Update,
    Write,
)
from chalicelib.adapters.store.unchanged import FILE_KEPT, NOT_OVERTAKEN, as_seen
from chalicelib.domain.contribution import HandedIn
from chalicelib.domain.event import utc
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.private_upload import PrivateUpload


class Contributions:
    """``guard`` is written with each change of what was handed in: it counts the change."""

    def __init__(self, table: Table, guard: Sequence[Write] = ()) -> None:
        self._table, self._guard = table, guard

    def hand_in(self, before: Invitee, seen: HandedIn | None, new: HandedIn) -> None:
        """Store what was handed in, in place of what was seen.

        Raises ConditionFailed(NOT_OVERTAKEN) when the links were revoked meanwhile, or another request changed this, or
        another contribution, first.
        """
        handed_in = sorted({*before.handed_in, new.contribution})
        said = f"{new.contribution}, {new.filename or new.format}"
        self._table.transact(
            [
                _profile(before, handed_in),
                Put(_item(new), _unchanged(seen)),
                log_put(before.id, new.handed_in_at, "replaced" if seen else "handed in", said),
                *self._guard,
            ]
        )

    def withdraw(self, before: Invitee, seen: HandedIn, now: datetime) -> None:
        """Take back what was seen. Raises as ``hand_in`` does."""
        handed_in = [name for name in before.handed_in if name != seen.contribution]
        self._table.transact(
            [
                _profile(before, handed_in),
                Delete(contribution_key(before.id, seen.contribution), _unchanged(seen)),
                log_put(before.id, now, "withdrew", seen.contribution),
                *self._guard,
            ]
        )

    def load(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], HandedIn]:
        """By (invitee, contribution), 100 a request; what was not handed in is left out."""
        keys = {contribution_key(*one): one for one in wanted}
        found = self._table.batch_get(keys)
        return {keys[key]: read_contribution(item) for key, item in found.items()}

    def find(self, invitee_id: str, contribution_id: str) -> HandedIn | None:
        item = self._table.get(contribution_key(invitee_id, contribution_id), consistent=True)
        return read_contribution(item) if item else None

    def upload(self, invitee_id: str, upload_id: str) -> PrivateUpload | None:
        item = self._table.get(upload_key(invitee_id, upload_id), consistent=True)
        return read_upload(item) if item else None

    def note(self, upload: PrivateUpload) -> bool:
        """Write down an upload before it is kept; False when it was written down before."""
        pk, sk = upload_key(upload.invitee, upload.id)
        said = upload.model_dump(mode="json") | {"checked_at": utc(upload.checked_at)}
        try:
            self._table.write(Put({"PK": pk, "SK": sk, **said}, ABSENT))
        except ConditionFailed:
            return False
        return True

    def kept(self, upload: PrivateUpload, also: Sequence[Part] = ()) -> bool:
        """The file stands where it stays; False when what was noted is another one, or it stood there before. ``also``
        is written with it.

        Raises ConditionFailed, or what it says, when a condition of ``also`` does not hold.
        """
        facts = {"etag": upload.etag, "purpose": upload.purpose, "kept": False}
        same = Condition(NOT_OVERTAKEN, "#etag = :etag AND #purpose = :purpose AND #kept = :kept", facts)
        kept = Update(upload_key(upload.invitee, upload.id), {"kept": True}, condition=same)
        try:
            self._table.transact([kept, *also]) if also else self._table.write(kept)
        except ConditionFailed as failed:
            if failed.name != NOT_OVERTAKEN:
                raise
            return False
        return True

    def let_go(self, person: PersonFile, upload: PrivateUpload) -> bool:
        """Take a kept file from those that can answer a question, as long as the forms that were seen are the person's
        forms; False when they were changed meanwhile, and may name it.
        """
        kept = Condition(FILE_KEPT, "#kept = :kept", {"kept": True})
        try:
            self._table.transact(
                [
                    Update(upload_key(upload.invitee, upload.id), {"kept": False}, condition=kept),
                    Check(registration_key(upload.invitee), as_seen(person.registration)),
                    Check(request_key(upload.invitee), same_request(person.request)),
                ]
            )
        except ConditionFailed:
            return False
        return True

    def forget(self, upload: PrivateUpload) -> None:
        """Gone; also when it was gone before."""
        self._table.write(Delete(upload_key(upload.invitee, upload.id)))

    def uploads(self, invitee_id: str) -> list[PrivateUpload]:
        """The person's uploads that are kept."""
        items = self._table.query_all(f"INVITEE#{invitee_id}", begins="UPLOAD#", consistent=True)
        return [upload for upload in map(read_upload, items) if upload.kept]


def _profile(before: Invitee, handed_in: list[str]) -> Update:
    """The profile's write: the links are not revoked, and no other contribution came or went meanwhile."""
    seen = "#handed_in = :seen" if before.handed_in else "attribute_not_exists(#handed_in) OR #handed_in = :seen"
    values = {"generation": before.generation, "seen": before.handed_in}
    same = Condition(NOT_OVERTAKEN, f"#generation = :generation AND ({seen})", values)
    return Update(profile_key(before.id), {"handed_in": handed_in}, condition=same)


def _unchanged(seen: HandedIn | None) -> Condition:
    if seen is None:
        return Condition(NOT_OVERTAKEN, ABSENT.expression)
    values = {"version": seen.version, "at": utc(seen.handed_in_at)}
    return Condition(NOT_OVERTAKEN, "#version = :version AND #handed_in_at = :at", values)


def _item(new: HandedIn) -> Item:
    pk, sk = contribution_key(new.invitee, new.contribution)
    return {"PK": pk, "SK": sk, **new.model_dump(mode="json"), "handed_in_at": utc(new.handed_in_at)}
