"""An organiser opens the file by which a person answered a question of the registration form."""

import re
from dataclasses import dataclass
from datetime import datetime

from chalicelib.adapters.private_files import PrivateFiles
from chalicelib.adapters.store.audit import Audit
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.invitees import Invitees, PersonFile
from chalicelib.domain.errors import NotFound
from chalicelib.domain.places import ALIVE
from chalicelib.domain.private_upload import SHOWN_FOR, PrivateUpload, clean_name
from chalicelib.usecases.read_person import INVITEE


@dataclass(frozen=True)
class OpenedAnswer:
    """``url`` saves the file as ``filename`` until ``expires_at``, for whoever has it."""

    question: str
    upload: PrivateUpload
    filename: str
    url: str
    expires_at: datetime


def open_answer(
    events: Events, people: Invitees, files: PrivateFiles, audit: Audit, event_id: str, invitee_id: str, question: str,
    who: str, now: datetime,
) -> OpenedAnswer:  # fmt: skip
    """The file of what waits for a place or for approval, else of the registration, also of one that was withdrawn.
    The audit log is written first. Raises NotFound.
    """
    events.get(event_id)
    person = people.file(invitee_id) if re.fullmatch(INVITEE, invitee_id) else None
    if person is None or person.invitee.event != event_id:
        raise NotFound(f'The event "{event_id}" has no invitee "{invitee_id}".')
    upload = _file(person, question)
    if upload is None:
        raise NotFound(f'"{invitee_id}" has answered no question "{question}" by a file.')
    audit.write(event_id, who, "answer opened", f"{question} of {invitee_id}", "", now)
    name = clean_name(upload.filename, upload.type)
    return OpenedAnswer(question, upload, name, files.download_url(upload, name), now + SHOWN_FOR)


def _file(person: PersonFile, question: str) -> PrivateUpload | None:
    waits = person.request if person.request and person.request.state in ALIVE else None
    for form in (waits, person.registration):
        if form and question in form.files:
            return person.uploads.get(str(form.answers[question]))
    return None
