"""What the API of people takes and answers, as models."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from chalicelib.domain.address import Address
from chalicelib.domain.attendance import Attended, Source
from chalicelib.domain.batch import Status, status_of
from chalicelib.domain.contribution import HandedIn, due_until, find
from chalicelib.domain.delivery import Delivery, State
from chalicelib.domain.event import EventDocument, Kind
from chalicelib.domain.form import Answer
from chalicelib.domain.history import AuditEntry, LogEntry, Suppression
from chalicelib.domain.invitee import Invitee, Registration, Rsvp, WithdrawnBy
from chalicelib.handlers.places_representations import RequestOut
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
    head: bool = Field(default=False, description="They lead their delegation: they name and withdraw its members")
    rsvp: Rsvp
    status: Status
    answered_at: datetime | None
    delegated_to: str = Field(default="", description="Who goes instead")
    delegated_from: str = Field(default="", description="In whose place this person goes")
    invited_by: str = Field(default="", description="The head of delegation who named this person")
    withdrawn_by: WithdrawnBy = Field(default="", description="Who took the invitation back, for good")
    reason: str = Field(default="", description="What they said when they declined")
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
    answers: dict[str, Answer] = Field(default_factory=dict, description="By question; a file by its name")
    files: dict[str, str] = Field(default_factory=dict, description="What the answers' files are called, by question")
    on_behalf: str = Field(default="", description="The paper by which an organiser entered it")
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, kept: Registration) -> "OwnRegistration":
        said = kept.model_dump(include=set(cls.model_fields)) | {"answers": kept.answers_in_words}
        return cls(registered_at=kept.updated_at, **said)


class OwnContribution(BaseModel):
    """What a person handed in; ``POST …/contributions/{contribution}/open`` opens it. ``title`` is by language;
    empty, and ``due`` null, when the event asks for it no more.
    """

    contribution: str
    title: dict[str, str]
    due: datetime | None
    format: str
    filename: str
    handed_in_at: datetime

    @classmethod
    def of(cls, handed: HandedIn, document: EventDocument) -> "OwnContribution":
        asked = find(document, handed.contribution)
        facts = {"title": asked.title if asked else {}, "due": due_until(document, asked) if asked else None}
        return cls(**facts, **handed.model_dump(include=set(cls.model_fields)))


class OwnAttendance(BaseModel):
    """A session that a person attended, as Join or a report of the platform tells; only a report tells ``minutes``."""

    session: str
    sources: list[Source]
    first_at: datetime | None
    last_at: datetime | None
    minutes: int | None

    @classmethod
    def of(cls, attended: Attended) -> "OwnAttendance":
        return cls(**{name: getattr(attended, name) for name in cls.model_fields})


class PersonOut(BaseModel):
    """A person's whole file. ``suppression`` is of the address; the timeline begins with what happened last."""

    invitee: InviteeOut
    registration: OwnRegistration | None
    request: RequestOut | None = Field(description="What waits for approval or for a place, or was refused")
    contributions: list[OwnContribution]
    attendance: list[OwnAttendance]
    gave_feedback: bool
    suppression: Suppression | None
    deliveries: list[DeliveryOut]
    timeline: list[LogEntry]

    @classmethod
    def of(cls, read: Read, document: EventDocument) -> "PersonOut":
        person = read.file.person
        return cls(
            invitee=InviteeOut.of(person.invitee),
            registration=OwnRegistration.of(person.registration) if person.registration else None,
            request=RequestOut.of_request(person.request) if person.request else None,
            contributions=[OwnContribution.of(handed, document) for handed in person.contributions.values()],
            attendance=[OwnAttendance.of(attended) for attended in person.attended.values()],
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


class LiftErasureIn(Asked):
    """The address of who was erased, and why they may be invited again, without their name: the audit log keeps it."""

    email: Address
    reason: Why


class EraseIn(Asked):
    """Why the person is erased, without their name: the audit log keeps it."""

    reason: Why


class AuditList(BaseModel):
    """What organisers did, newest first."""

    entries: list[AuditEntry]
