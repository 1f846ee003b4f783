"""The calls of the organisers' API, one an entry. ``openapi`` describes them."""

from chalicelib.domain.event import EventDocument
from chalicelib.handlers import batch_representations as batch_out
from chalicelib.handlers import change_representations as change_out
from chalicelib.handlers import people_representations as people_out
from chalicelib.handlers import reminder_representations as reminder_out
from chalicelib.handlers import representations as out
from chalicelib.handlers.batch_operations import BATCHES
from chalicelib.handlers.operation import DRY_RUN, Operation
from chalicelib.handlers.people_operations import PEOPLE

OPERATIONS = (
    Operation("/api/openapi.json", "get", "This description", None, problems=()),
    Operation(
        "/api/events/{event}",
        "put",
        "Create or replace the event document",
        out.Published,
        takes=EventDocument,
        query=(DRY_RUN,),
        problems=(409, 422),
    ),
    Operation("/api/events/{event}", "get", "The event document with its findings", out.StoredEvent),
    Operation(
        "/api/events/{event}/versions/{version}",
        "get",
        "A version of the event document, and what was different from the one before",
        out.PublishedVersion,
    ),
    Operation(
        "/api/events/{event}/change-notice",
        "get",
        "What people will be told of the agenda's changes, when, and how many of them",
        change_out.ChangeNoticeOut,
    ),
    Operation(
        "/api/events/{event}/change-notice/send",
        "post",
        "Tell them now, not when it has been quiet",
        change_out.ChangeNoticeOut,
        problems=(404, 409),
    ),
    Operation(
        "/api/events/{event}/change-notice/drop",
        "post",
        "Tell nobody what was changed until now",
        change_out.ChangeNoticeOut,
        takes=batch_out.ReasonIn,
        problems=(404, 409, 422),
    ),
    Operation(
        "/api/events/{event}/documents/{document}/{language}",
        "put",
        "Upload a PDF that goes with mails",
        out.StoredDocument,
        takes_also=("application/pdf",),
        problems=(404, 422),
    ),
    Operation("/api/events/{event}/audit", "get", "What organisers did, and why", people_out.AuditList),
    Operation("/api/events/{event}/feedback", "get", "What came back", out.FeedbackList, answers_also=("text/csv",)),
    Operation(
        "/api/events/{event}/reminders",
        "get",
        "Every reminder: when it is due, what became of it, how many people would get it now",
        reminder_out.ReminderList,
    ),
    Operation(
        "/api/events/{event}/reminders/{rule}/preview",
        "get",
        "When a reminder goes out, how many people would get it, and what one of them would read",
        reminder_out.PreviewOut,
        query=(
            ("session", "one that the rule is about; else its first"),
            ("invitee", "whose mail to show; else that of a sample person"),
            ("language", "of the sentences and of the sample person; else the event's first"),
        ),
        problems=(404, 422),
    ),
    *PEOPLE,
    *BATCHES,
)
