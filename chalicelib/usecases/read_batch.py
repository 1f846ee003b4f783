"""How a batch is coming along, from the ledger itself: what is counted is what is known of each person."""

from collections import Counter

from chalicelib.adapters.store.batches import Batches
from chalicelib.adapters.store.ledger import Ledger
from chalicelib.domain.batch import Batch, Progress
from chalicelib.domain.errors import NotFound


def read_batch(batches: Batches, ledger: Ledger, event_id: str, batch_id: str) -> tuple[Batch, Progress]:
    """The batch and its outcome counts, also of those whom a later batch mailed anew. Raises NotFound."""
    batch = batches.find(event_id, batch_id)
    if batch is None:
        raise NotFound(f'The event "{event_id}" has no batch "{batch_id}".')
    references = [(invitee, batch.kind, batch.occurrence) for invitee in batches.recipients(batch.plan_id)]
    states = ledger.states(references)
    return batch, Progress(**Counter(states.get(reference, "waiting") for reference in references))
