"""A file that one person uploads for one event: offered, uploaded, checked and kept, or let go.

offered ─ the browser posts it ─> uploaded ─ looked at ─> checked, and kept under another key
                                     └──────────────────> deleted: by its fault at once, else after two days

An upload's id is no secret and gives nothing away: where the file lies follows from the person's own link.
"""

import re
import unicodedata
from datetime import datetime, timedelta

from chalicelib.domain.formats import NAMES, SUFFIXES, Format
from chalicelib.domain.model import Model
from chalicelib.domain.text import Slug, one_line

OFFERED_FOR = timedelta(hours=1)
"""How long a form takes its file."""

SHOWN_FOR = timedelta(minutes=5)
"""How long an address opens a kept file."""

UNCLAIMED_DAYS = 2
"""After these whole days the bucket deletes what was uploaded and not handed in (``infra/resources.yaml``)."""

UPLOAD_ID = re.compile("[0-9a-f]{20}")

LONGEST_NAME = 150


class PrivateUpload(Model):
    """A checked upload; ``purpose`` is what it answers, such as ``contribution paper``. ``kept`` once the file stands
    where it stays: what is not is no answer to anything.
    """

    id: str
    invitee: str
    event: Slug
    purpose: str
    filename: str
    size: int
    type: Format
    etag: str
    checked_at: datetime
    kept: bool = False


def clean_name(said: str, of: Format) -> str:
    """A file's name as it may be shown and saved: the last part of a path, one line, the suffix of what its bytes are.

    What turns the direction of writing or does not print goes, and what a file system or a header would stumble on.
    """
    last = one_line(unicodedata.normalize("NFC", said)).replace("\\", "/").rpartition("/")[2]
    last = re.sub(r'[\x00-\x1f<>:"/\\|?*;%]', "_", last).strip(" ._")
    stem = last
    for suffix in SUFFIXES[of]:
        if last.lower().endswith(suffix):
            stem = last[: -len(suffix)]
    stem = stem[:LONGEST_NAME].strip(" ._") or "file"
    return stem + SUFFIXES[of][0]


def named(formats: list[Format]) -> str:
    """``PDF, Word (DOCX)``, as people call them."""
    return ", ".join(NAMES[one] for one in formats)
