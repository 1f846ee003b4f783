"""What is known of an uploaded list, and where its report is."""

from datetime import datetime

from chalicelib.adapters.store.lists import Lists
from chalicelib.adapters.uploads import Uploads
from chalicelib.domain.uploaded_list import UploadedList


def read_list(
    lists: Lists, uploads: Uploads, event_id: str, list_id: str, now: datetime
) -> tuple[UploadedList, str | None]:
    """The list, and the address of its report: None until it is done, and where every row was fine. Raises NotFound."""
    listed = lists.get(event_id, list_id, now)
    return listed, uploads.report_url(listed) if listed.state == "done" and listed.attention else None
