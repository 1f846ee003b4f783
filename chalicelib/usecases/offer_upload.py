"""A list that is too long for a request is uploaded as a file; this says where to."""

import secrets
from datetime import datetime

from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.lists import Lists
from chalicelib.adapters.uploads import Uploads
from chalicelib.domain.text import one_line
from chalicelib.domain.uploaded_list import UploadedList


def offer_upload(
    events: Events, lists: Lists, uploads: Uploads, event_id: str, filename: str, now: datetime
) -> tuple[UploadedList, str]:
    """A list that waits for its file, and the address to PUT the file to. Raises NotFound."""
    events.get(event_id)
    listed = UploadedList(id=secrets.token_hex(10), event=event_id, filename=one_line(filename), created_at=now)
    lists.add(listed)
    return listed, uploads.upload_url(listed)
