"""A file answers a question of the registration form: added on a page of its own, named when the form is sent.

What no form names goes when another is added in its place, and when the form is saved without it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.adapters.store.invitees import Invitees, PersonFile
from chalicelib.adapters.store.person import log_put, profile_key
from chalicelib.adapters.store.table import Check, ConditionFailed, Write
from chalicelib.adapters.store.unchanged import lost, same_links
from chalicelib.domain.errors import Closed, Limited, NotFound
from chalicelib.domain.event import Event
from chalicelib.domain.form import FormField
from chalicelib.domain.form_file import ANY_QUESTION, superfluous
from chalicelib.domain.private_upload import PrivateUpload
from chalicelib.usecases.answer import answer_state
from chalicelib.usecases.private_uploads import Uploads, Wanted, check, drop


@dataclass(frozen=True)
class FileRoom:
    """What files are added with; ``guard`` counts each that is."""

    invitees: Invitees
    uploads: Uploads
    guard: Sequence[Write] = ()


def asked_file(event: Event, question: str) -> FormField:
    """The question of this id, when it asks for a file. Raises NotFound."""
    for field in event.document.form:
        if field.id == question and field.kind == "file":
            return field
    raise NotFound("The form has no such question for a file.")


def wanted_of(field: FormField) -> Wanted:
    return Wanted(field.purpose, field.files, field.most)


def takes_files(event: Event, person: PersonFile, now: datetime) -> bool:
    """Files are added as long as the form is taken."""
    refused = person.request is not None and person.request.state == "refused"
    return answer_state(event, now) == "open" and person.invitee.rsvp != "delegated" and not refused


def add_file(
    room: FileRoom, event: Event, person: PersonFile, field: FormField, upload_id: str, now: datetime
) -> PrivateUpload:
    """Check an upload of this person and keep it, so that the form can name it; the same again changes nothing. One
    that was added before for this question, and not saved with the form, is deleted.

    Raises Invalid with what is wrong with the file, which is then deleted; Closed, Limited, and NotFound or Conflict
    when the links were revoked, or the invitation passed on, meanwhile.
    """
    if not takes_files(event, person, now):
        raise Closed("The time for answers has passed.")
    known = person.uploads.get(upload_id)
    if known and known.purpose == field.purpose:
        return known
    entry = log_put(person.invitee.id, now, "file added", field.id)
    also = [Check(profile_key(person.invitee.id), same_links(person.invitee)), entry, *room.guard]
    try:
        upload = check(room.uploads, person.invitee, upload_id, wanted_of(field), now, also)
    except (Limited, ConditionFailed) as failed:
        _forget_unkept(room, person, upload_id)
        raise failed if isinstance(failed, Limited) else lost(failed, person.invitee) from None
    _let_go(room, person.invitee.id, upload.checked_at, field.purpose, but=upload.id)
    return upload


def let_go_of_unnamed(room: FileRoom, person: PersonFile, now: datetime) -> None:
    """Delete what the person added up to now and the form, as it was just saved, does not name."""
    if any(one.purpose.startswith(ANY_QUESTION) for one in person.uploads.values()):
        _let_go(room, person.invitee.id, now, ANY_QUESTION)


def _let_go(room: FileRoom, invitee_id: str, until: datetime, purpose: str, but: str = "") -> None:
    person = room.invitees.file(invitee_id)
    if person is None:
        return  # erased meanwhile, with the files
    forms = (person.registration, person.request)
    for upload in superfluous(person.uploads, forms, until, purpose):
        if upload.id != but and room.uploads.store.let_go(person, upload):
            drop(room.uploads, upload)


def _forget_unkept(room: FileRoom, person: PersonFile, upload_id: str) -> None:
    """What was looked at and may not stay; unless another click was quicker, and keeps it."""
    upload = room.uploads.store.upload(person.invitee.id, upload_id)
    if upload and not upload.kept:
        drop(room.uploads, upload)
