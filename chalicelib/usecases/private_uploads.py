"""Files from people: offered as a form, looked at where they arrived, and kept once they are what was asked for.

    offer ─> the browser posts to the bucket ─> look (reads only, for a page) ─> check (a POST: keeps, or deletes)

Every place follows from the person behind the link: an upload id of somebody else's names nothing here.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.adapters.private_files import Arrived, Offer, Place, PrivateFiles, Replaced
from chalicelib.adapters.store.contributions import Contributions
from chalicelib.adapters.store.table import Part
from chalicelib.domain.errors import Invalid, Problem
from chalicelib.domain.file_kinds import Unfit, recognise
from chalicelib.domain.formats import Format
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.private_upload import UPLOAD_ID, PrivateUpload, clean_name

MISSING = "The file did not arrive, or it was deleted meanwhile. Choose it once more."
TOO_LARGE = "The file is larger than is taken. Make it smaller, or choose another one."
EMPTY = "The file is empty. Choose another one."
ANOTHER_KIND = "This kind of file is not taken here. Choose a file of a kind that is named below."
CHANGED = "Another file was uploaded in place of this one a moment ago. Choose it once more."


@dataclass(frozen=True)
class Uploads:
    """The bucket, and what the table knows of what is in it."""

    files: PrivateFiles
    store: Contributions


@dataclass(frozen=True)
class Wanted:
    """What a file may be: its formats, and its octets at most. ``purpose`` is what it answers, such as
    ``contribution paper``: an upload that was checked for one thing is none for another.
    """

    purpose: str
    formats: list[Format]
    most: int


@dataclass(frozen=True)
class Looked:
    """An upload that can be kept as it is."""

    id: str
    filename: str
    size: int
    type: Format
    etag: str


def offer(files: PrivateFiles, invitee: Invitee, most: int, back: str) -> Offer:
    """A form for one file under a new upload id, for an hour. ``back`` is where the browser comes to afterwards, its
    ``{upload}`` being the id. Nothing is written, so that a page may offer whenever it is opened.
    """
    upload = secrets.token_hex(10)
    return files.offer(_place(invitee, upload), most, back.replace("{upload}", upload))


def look(files: PrivateFiles, invitee: Invitee, upload_id: str, wanted: Wanted) -> Looked:
    """What was uploaded, as far as it can be kept. Reads only. Raises Invalid with what is wrong with it."""
    place = _place(invitee, upload_id)
    arrived = files.find(place) if UPLOAD_ID.fullmatch(upload_id) else None
    if arrived is None:
        raise _no(MISSING)
    if not 0 < arrived.size <= wanted.most:
        raise _no(TOO_LARGE if arrived.size else EMPTY)
    try:
        kind = _kind(files, place, arrived)
    except Unfit as unfit:
        raise _no(unfit.reason) from None
    except Replaced:
        raise _no(CHANGED) from None
    if kind not in wanted.formats:
        raise _no(ANOTHER_KIND)
    return Looked(upload_id, clean_name(arrived.filename, kind), arrived.size, kind, arrived.etag)


def check(
    uploads: Uploads, invitee: Invitee, upload_id: str, wanted: Wanted, now: datetime, also: Sequence[Part] = ()
) -> PrivateUpload:
    """Keep what was uploaded, when it is what is wanted; else delete it, and raise Invalid with what is wrong. ``also``
    is written when it is kept, once; its conditions are raised as they say.

    The table knows of the file before it is kept, so that none is kept of which nobody knows. The same id again, also
    at the same moment, gives the same upload.
    """
    if known := _kept(uploads, invitee, upload_id, wanted):
        return known
    try:
        looked = look(uploads.files, invitee, upload_id, wanted)
        return _keep(uploads, invitee, looked, wanted, now, also)
    except Invalid:
        if known := _kept(uploads, invitee, upload_id, wanted):  # by another click, which took the upload away
            return known
        if UPLOAD_ID.fullmatch(upload_id):
            uploads.files.delete_uploaded(_place(invitee, upload_id))
        raise


def _kept(uploads: Uploads, invitee: Invitee, upload_id: str, wanted: Wanted) -> PrivateUpload | None:
    known = uploads.store.upload(invitee.id, upload_id) if UPLOAD_ID.fullmatch(upload_id) else None
    if known is None or not known.kept:
        return None
    if known.purpose != wanted.purpose:
        raise _no(MISSING)
    return _fitting(known, wanted)


def _keep(
    uploads: Uploads, invitee: Invitee, looked: Looked, wanted: Wanted, now: datetime, also: Sequence[Part]
) -> PrivateUpload:
    about = {"purpose": wanted.purpose, "invitee": invitee.id, "event": invitee.event, "checked_at": now}
    upload = PrivateUpload.model_validate({**about, **vars(looked)})
    if not uploads.store.note(upload):
        known = uploads.store.upload(invitee.id, looked.id)
        if known and not known.kept and known.etag != looked.etag:  # of a request that died, and of another file
            uploads.store.forget(known)
            uploads.store.note(upload)
    try:
        uploads.files.keep(_place(invitee, looked.id), looked.etag)
    except Replaced:
        raise _no(CHANGED) from None
    if not uploads.store.kept(upload, also):
        raise _no(CHANGED)
    uploads.files.delete_uploaded(_place(invitee, looked.id))
    return upload.model_copy(update={"kept": True})


def drop(uploads: Uploads, upload: PrivateUpload) -> None:
    """Delete a file that nothing names any more. The table forgets it last: until then it can be tried again."""
    uploads.files.delete(Place(upload.event, upload.invitee, upload.id))
    uploads.store.forget(upload)


def checked(uploads: Uploads, invitee: Invitee, purpose: str = "") -> dict[str, dict[str, str | int]]:
    """A person's kept uploads, of one purpose when it is named: ``{upload id: {"filename": …, "size": octets, "type":
    "pdf"}}``.
    """
    return {
        one.id: {"filename": one.filename, "size": one.size, "type": one.type}
        for one in uploads.store.uploads(invitee.id)
        if purpose in ("", one.purpose)
    }


def _fitting(known: PrivateUpload, wanted: Wanted) -> PrivateUpload:
    """An upload that was checked before the event asked for something else fits what is asked for now."""
    if known.size > wanted.most:
        raise _no(TOO_LARGE)
    if known.type not in wanted.formats:
        raise _no(ANOTHER_KIND)
    return known


def _kind(files: PrivateFiles, place: Place, arrived: Arrived) -> Format:
    with files.open(place, arrived) as file:
        return recognise(file, arrived.size)


def _place(invitee: Invitee, upload_id: str) -> Place:
    return Place(invitee.event, invitee.id, upload_id)


def _no(reason: str) -> Invalid:
    return Invalid(reason, [Problem(field="file", message=reason)])
