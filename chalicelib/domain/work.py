"""What a queue message says: a reference, never a mail. What to send is read when it is sent."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from chalicelib.domain.event import Kind
from chalicelib.domain.model import Model

if TYPE_CHECKING:
    from chalicelib.domain.batch import Batch

URGENT: frozenset[Kind] = frozenset(
    {"confirmation", "reminder", "place", "withdrawn", "cancellation", "change", "test", "notice"}
)
"""Kinds that somebody waits for now: they have a queue of their own, and the pacer lets them go first."""


class Work(Model):
    """A chunk of a batch, or one mail (``invitee``) that answers what somebody just did.

    ``outbox`` names the row that makes the clock queue this work again until it is done, ``tries`` counts how often.
    ``put_off``: a worker had it before and did not finish it.
    ``language`` is that of a test mail.
    """

    event: str
    kind: Kind
    occurrence: str
    session: str = ""
    batch: str = ""
    plan_id: str = ""
    chunk: int = 0
    invitee: str = ""
    language: str = ""
    outbox: str = ""
    tries: int = 0
    put_off: bool = False

    @property
    def urgent(self) -> bool:
        """Somebody waits for it now: an invitation that a colleague passed on does not stand behind a batch."""
        return self.kind in URGENT or bool(self.invitee)


class Job(Model):
    """Something that takes longer than a request may: planning a large batch, importing a large list, taking out what
    an erased person left (``id``, and in ``due`` the moment of the clock's row about it) or everybody of an event (no
    ``id``).
    """

    what: Literal["plan", "import", "erase"]
    event: str
    id: str
    due: str = ""


def organiser_id(event: str) -> str:
    """Stands for the organiser in the ledger. Nobody has this id, so links made for it open nothing."""
    return f"organiser-{event}"


def chunks_of(batch: "Batch", numbers: Iterable[int]) -> list[Work]:
    """The work of a batch, a message a chunk, of the chunks with these numbers."""
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
        for number in numbers
    ]
