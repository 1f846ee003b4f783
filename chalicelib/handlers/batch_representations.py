"""What the API of batches takes and answers, as models."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from chalicelib.domain.batch import Batch, BatchState, Plan, Progress
from chalicelib.domain.event import Kind
from chalicelib.handlers.representations import Asked
from chalicelib.usecases.list_deliveries import DeliveryLine


class BatchOut(BaseModel):
    """A batch: what was planned and, when one batch is asked for, what became of it.

    ``fingerprint`` is what to approve: the recipients, and the event as it is now. ``approval`` says why a batch waits
    for that, ``reason`` why it is paused or what holds it up. ``outcomes`` of up to 50 chunks (2,500 people) are read
    from each person's line; above they are what the workers counted chunk by chunk, so a chunk counts when it is done.
    """

    batch: str
    event: str
    kind: Kind
    occurrence: str = Field(description='"1" for invitations, the round of chasing, or the mailing of the clock')
    state: BatchState
    reason: str
    fingerprint: str
    approval: str
    accepted_at: datetime
    accepted_by: str
    approved_at: datetime | None
    approved_by: str
    completed_at: datetime | None
    answer_by: datetime | None = None
    dry_run: bool = False
    plan: Plan
    outcomes: Progress | None = None
    complete: bool | None = None

    @classmethod
    def of(cls, batch: Batch, progress: Progress | None = None, *, dry_run: bool = False) -> "BatchOut":
        said = {name: getattr(batch, name) for name in cls.model_fields if name in Batch.model_fields}
        return cls(
            **said,
            batch=batch.id,
            approval="" if dry_run else approval(batch),
            dry_run=dry_run,
            outcomes=progress,
            complete=progress.complete and batch.state not in ("planning", "draft") if progress else None,
        )


def approval(batch: Batch) -> str:
    """Why a batch waits for its approval; empty when it does not."""
    if batch.state == "planning" and batch.wanted:
        return f'It is being planned. It starts by itself when its fingerprint is "{batch.wanted}".'
    if batch.state == "planning":
        return "It is being planned. Nothing is mailed until you approve it."
    if batch.state != "draft":
        return ""
    if batch.wanted:
        return (
            "It was not started: the recipients or the event are not those of the fingerprint that came with it. "
            "Look at the plan, then approve this fingerprint."
        )
    return "Nothing is mailed until you approve its fingerprint."


class BatchList(BaseModel):
    """Newest first; the clock's reminders and feedback requests are batches too."""

    batches: list[BatchOut]


class TestOut(BaseModel):
    """The batch's mail is on its way to the organiser, once in each language."""

    sent_to: str
    languages: list[str]
    mails: int


class ApproveIn(Asked):
    """The fingerprint of what is approved, as the batch or a dry run says it."""

    fingerprint: str = Field(min_length=1, max_length=64)


class ReasonIn(Asked):
    """Why; it stands in the batch and in the audit log."""

    reason: str = Field(default="", max_length=500)


class DeadlineIn(Asked):
    """Until when those may answer whom the batch invited: an instant, with its offset."""

    answer_by: AwareDatetime
    reason: str = Field(default="", max_length=500)


class UnknownsIn(Asked):
    """What became of mails of which SES told nothing. "not-sent" lets a new batch mail these people again."""

    decided: Literal["sent", "not-sent"] = Field(alias="as")
    reason: str = Field(min_length=1, max_length=500)


class UnknownsOut(BaseModel):
    """``left`` are too young: SES may still tell of them within five minutes."""

    settled: int
    left: int


class DeliveryPage(BaseModel):
    """``cursor`` goes into the query of the next call; null on the last page. A page may hold fewer than asked for."""

    deliveries: list[DeliveryLine]
    cursor: str | None
