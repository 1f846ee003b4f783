"""An organiser uploads a file that goes with mails."""

from chalicelib.adapters.documents import Documents
from chalicelib.adapters.store.events import Events
from chalicelib.domain.errors import Invalid, NotFound

LARGEST = 1_400_000
"""Octets. A mail carries up to five of them to each recipient, and inboxes refuse more than 10 MB."""


def put_document(
    events: Events, documents: Documents, event_id: str, document: str, language: str, content: bytes
) -> None:
    """Store one language of a document that the event names. Raises NotFound and Invalid.

    The event is touched before and after: whoever approves a batch meanwhile approves neither file unseen.
    """
    event = events.get(event_id)
    if document not in {known.id for known in event.document.documents}:
        raise NotFound(f'The event "{event_id}" names no document "{document}". Add it to "documents" first.')
    if language not in event.document.languages:
        raise Invalid.field("language", f"The event speaks {', '.join(event.document.languages)}.")
    if not content.startswith(b"%PDF-"):
        raise Invalid.field("body", "Send a PDF file.")
    if len(content) > LARGEST:
        raise Invalid.field(
            "body", "The file is larger than 1.4 MB. Make it smaller, because every recipient gets it by mail."
        )
    events.touch_files(event_id)
    documents.put_document(event_id, document, language, content)
    events.touch_files(event_id)
