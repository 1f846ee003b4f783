"""The calls of the organisers' API about batches of mail."""

from chalicelib.domain.batch import BatchRequest
from chalicelib.handlers import batch_representations as batch_out
from chalicelib.handlers.operation import DRY_RUN, Operation

BATCHES = (
    Operation(
        "/api/events/{event}/batches",
        "post",
        "Plan a batch of mails; it is a draft until its fingerprint is approved",
        batch_out.BatchOut,
        202,
        takes=BatchRequest,
        query=(DRY_RUN,),
        header=("Idempotency-Key", "The same key gives the same batch, however often it is sent"),
        problems=(404, 409, 422),
    ),
    Operation("/api/events/{event}/batches", "get", "Every batch of the event", batch_out.BatchList),
    Operation("/api/events/{event}/batches/{batch}", "get", "A batch with its outcome counts", batch_out.BatchOut),
    Operation(
        "/api/events/{event}/batches/{batch}/deliveries",
        "get",
        "What became of each person of a batch, a page at a time",
        batch_out.DeliveryPage,
        query=(
            ("state", "waiting, sending, sent, delivered, bounced, complained, failed, skipped or unknown"),
            ("limit", "1 to 1000, default 100"),
            ("cursor", "from the page before"),
        ),
        problems=(404, 422),
    ),
    Operation(
        "/api/events/{event}/batches/{batch}/test",
        "post",
        "Mail a batch's mail to the organiser, in each language",
        batch_out.TestOut,
        status=202,
        problems=(404, 409),
    ),
    Operation(
        "/api/events/{event}/batches/{batch}/approve",
        "post",
        "Send a batch whose fingerprint this is, or go on with it",
        batch_out.BatchOut,
        takes=batch_out.ApproveIn,
        problems=(404, 409, 422),
    ),
    Operation(
        "/api/events/{event}/batches/{batch}/pause",
        "post",
        "Hand over no more mails for now",
        batch_out.BatchOut,
        takes=batch_out.ReasonIn,
        problems=(404, 409, 422),
    ),
    Operation(
        "/api/events/{event}/batches/{batch}/resume",
        "post",
        "Go on with a paused batch as it was approved",
        batch_out.BatchOut,
        problems=(404, 409),
    ),
    Operation(
        "/api/events/{event}/batches/{batch}/cancel",
        "post",
        "Hand over no more mails, ever",
        batch_out.BatchOut,
        takes=batch_out.ReasonIn,
        problems=(404, 409, 422),
    ),
    Operation(
        "/api/events/{event}/batches/{batch}/deadline",
        "post",
        "Give those whom this batch invited another deadline, and nobody else",
        batch_out.BatchOut,
        takes=batch_out.DeadlineIn,
        problems=(404, 409, 422),
    ),
    Operation(
        "/api/events/{event}/batches/{batch}/unknowns",
        "post",
        "Decide what became of mails of which SES told nothing",
        batch_out.UnknownsOut,
        takes=batch_out.UnknownsIn,
        problems=(404, 422),
    ),
)
