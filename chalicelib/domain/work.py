"""What a queue message says: a reference, never a mail. What to send is read when it is sent."""

from chalicelib.domain.batch import Batch
from chalicelib.domain.event import Kind, Model


class Work(Model):
    """A chunk of a batch, or one person's mail (``invitee``) that answers what they just did.

    ``outbox`` names the row that makes the clock queue this work again until it is done, ``tries`` counts how often.
    """

    event: str
    kind: Kind
    occurrence: str
    session: str = ""
    batch: str = ""
    plan_id: str = ""
    chunk: int = 0
    invitee: str = ""
    outbox: str = ""
    tries: int = 0


def chunks_of(batch: Batch) -> list[Work]:
    """The work of a batch, a message a chunk."""
    return [
        Work(
            event=batch.event,
            kind=batch.kind,
            occurrence=batch.occurrence,
            session=batch.session,
            batch=batch.id,
            plan_id=batch.plan_id,
            chunk=number,
        )
        for number in range(batch.chunks)
    ]
