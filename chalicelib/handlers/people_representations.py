"""What the API of people takes and answers, as models."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, StringConstraints

from chalicelib.domain.address import Address
from chalicelib.domain.batch import Status, status_of
from chalicelib.domain.delivery import Delivery, State
from chalicelib.domain.event import Kind
from chalicelib.domain.history import AuditEntry, LogEntry, Suppression
from chalicelib.domain.invitee import Invitee, Registration, Rsvp
from chalicelib.handlers.representations import Asked
from chalicelib.usecases.read_person import Read


class InviteeOut(BaseModel):
    """An invitee as organisers see one. ``status`` is the RSVP in the words of the filters.

    ``left`` names the categories of mail that the person does not want; ``suppressed`` is why their address gets none
    at all ("bounce", "complaint"), empty when it does.
    """

    id: str
    email: str
    name: str
    language: str
    time_zone: str
    country: str
    delegation: str
    category: str
    rsvp: Rsvp
    status: Status
    answered_at: datetime | None
    left: list[str]
    suppressed: str

    @classmethod
    def of(cls, invitee: Invitee) -> "InviteeOut":
        return cls(status=status_of(invitee), **invitee.model_dump(include=set(cls.model_fields)))


class InviteePage(BaseModel):
    """``cursor`` goes into the query of the next call; null on the last page."""

    invitees: list[InviteeOut]
    cursor: str | None


class DeliveryOut(BaseModel):
    """One mail to a person. ``accepted_at`` is when SES took it, ``delivered_at`` when the recipient's server did."""

    kind: Kind
    occurrence: str
    state: State
    attempts: int
    accepted_at: datetime | None
    delivered_at: datetime | None
    reason: str
    batch: str

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryOut":
        return cls(accepted_at=delivery.sent_at, **delivery.model_dump(include=set(cls.model_fields)))


class OwnRegistration(BaseModel):
    """What a person told us when they accepted; withdrawn when they declined later."""

    name: str
    organisation: str
    sessions: list[str]
    registered_at: datetime
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, kept: Registration) -> "OwnRegistration":
        return cls(registered_at=kept.updated_at, **kept.model_dump(include=set(cls.model_fields)))


class PersonOut(BaseModel):
    """A person's whole file. ``suppression`` is of the address; the timeline begins with what happened last."""

    invitee: InviteeOut
    registration: OwnRegistration | None
    gave_feedback: bool
    suppression: Suppression | None
    deliveries: list[DeliveryOut]
    timeline: list[LogEntry]

    @classmethod
    def of(cls, read: Read) -> "PersonOut":
        person = read.file.person
        return cls(
            invitee=InviteeOut.of(person.invitee),
            registration=OwnRegistration.of(person.registration) if person.registration else None,
            gave_feedback=person.gave_feedback,
            suppression=read.suppression,
            deliveries=[DeliveryOut.of(delivery) for delivery in read.file.deliveries],
            timeline=read.file.timeline,
        )


Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
"""The reason that goes into the audit log."""


class LiftIn(Asked):
    """Why the address may get mail again."""

    reason: Why


class Lifted(BaseModel):
    """Mail goes to the address again, for every event. ``know`` is what to keep in mind."""

    invitee: str
    know: list[str]


class AddressIn(Asked):
    """The address that takes the place of the one there is, and why."""

    email: Address
    reason: Why


class AuditList(BaseModel):
    """What organisers did, newest first."""

    entries: list[AuditEntry]
