"""Files as answers: which uploads of a person may answer which question of a registration form.

added (checked, and kept) ─ the form names it ─> an answer
   └── another one is added, or the form is saved without it ──> let go
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from chalicelib.domain.form import Answer, FormField
from chalicelib.domain.invitee import Registration
from chalicelib.domain.private_upload import PrivateUpload

ANY_QUESTION = "question "
"""What the purpose of every upload begins with that answers a question (``FormField.purpose``)."""

Uploads = Mapping[str, PrivateUpload]
"""A person's kept uploads, by their id."""


def answering(fields: Iterable[FormField], uploads: Uploads) -> dict[str, dict[str, PrivateUpload]]:
    """By question and id: what was checked for this question, and is still what the question asks for."""
    return {
        field.id: {
            one.id: one
            for one in uploads.values()
            if one.purpose == field.purpose and one.type in field.formats and one.size <= field.most
        }
        for field in fields
        if field.kind == "file"
    }


def proposed(fields: Iterable[FormField], uploads: Uploads, before: Registration | None) -> dict[str, PrivateUpload]:
    """By question, the file that the form shows: the newest that was added since it was saved, else the saved one."""
    shown = {}
    for question, theirs in answering(fields, uploads).items():
        since = [one for one in theirs.values() if before is None or one.checked_at > before.updated_at]
        saved = theirs.get(str(before.answers.get(question))) if before else None
        newest = max(since, key=lambda one: (one.checked_at, one.id), default=saved)
        if newest:
            shown[question] = newest
    return shown


def file_names(fields: Iterable[FormField], uploads: Uploads, answers: Mapping[str, Answer]) -> dict[str, str]:
    """By question, what the files are called that the answers name."""
    there = answering(fields, uploads)
    return {name: theirs[str(answers[name])].filename for name, theirs in there.items() if name in answers}


def superfluous(
    uploads: Uploads, forms: Sequence[Registration | None], until: datetime, purpose: str = ANY_QUESTION
) -> list[PrivateUpload]:
    """What none of these forms names and was added by then, of one question when its ``purpose`` is given in full."""
    named = {answer for form in forms if form for answer in form.answers.values() if isinstance(answer, str)}
    return [
        one
        for one in uploads.values()
        if (one.purpose == purpose or (purpose == ANY_QUESTION and one.purpose.startswith(purpose)))
        and one.id not in named
        and one.checked_at <= until
    ]
