"""What the words of a mail depend on, the person's own names and links apart: the key by which a sheet is kept."""

from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from chalicelib.adapters.mail_merge import Own
from chalicelib.domain.batch import Batch
from chalicelib.domain.change_notice import Told
from chalicelib.domain.contribution import Contribution
from chalicelib.domain.event import Kind
from chalicelib.domain.event_parts import Session
from chalicelib.domain.invitee import Attendance, Invitee, Registration
from chalicelib.domain.message import Links
from chalicelib.domain.places import PlaceRequest
from chalicelib.domain.reminder import ReminderRule
from chalicelib.domain.text import paragraphs

T = TypeVar("T")


class Same(Generic[T]):
    """A value as a key: the very same object, which the cache then keeps alive."""

    def __init__(self, value: T) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.value is other.value


class News(NamedTuple):
    """What a notice tells, as a key: its changes are compared, and not hashed."""

    told: Told | None

    def __hash__(self) -> int:
        return hash((self.told.version, len(self.told.changes)) if self.told else None)


class Reader(NamedTuple):
    """The person; names are marks."""

    name: str
    passed_on_by: str
    chain: int
    rsvp: str
    attending: bool
    withdrawn_by: str

    @classmethod
    def of(cls, invitee: Invitee, own: Own) -> "Reader":
        return cls(own.mark(invitee.name), own.mark(invitee.passed_on_by), invitee.chain, invitee.rsvp,
                   invitee.attending is not None, invitee.withdrawn_by)


class Coming(NamedTuple):
    """What they are registered for; names are marks, and ``version`` is 2 however often it was changed."""

    name: str
    organisation: str
    version: int
    sessions: tuple[str, ...]

    @classmethod
    def of(cls, registration: Attendance | None, own: Own) -> "Coming | None":
        if registration is None:
            return None
        said = registration if isinstance(registration, Registration) else None
        return cls(own.mark(said.name if said else ""), own.mark(said.organisation if said else ""),
                   min(registration.version, 2), tuple(registration.sessions))


class Request(NamedTuple):
    """Where a request for a place stands."""

    state: str
    reason: str
    until: datetime | None

    @classmethod
    def of(cls, registration: Attendance | None) -> "Request | None":
        request = registration if isinstance(registration, PlaceRequest) else None
        return cls(request.state, paragraphs(request.reason), request.until) if request else None


class Case(NamedTuple):
    """``links`` are marks. ``names`` are what goes with the mail, ``owed`` ids of contributions that ``rule`` asks for,
    ``over`` whether ``session`` is, ``asked`` the contribution that the mail is about.
    """

    kind: Kind
    zone: str
    reader: Reader
    coming: Coming | None
    links: Links
    names: tuple[str, ...]
    request: Request | None
    session: Same[Session | None]
    over: bool
    rule: Same[ReminderRule | None]
    owed: tuple[str, ...]
    asked: Same[Contribution | None]
    tested: Same[Batch | None]
    news: News
    feedback_until: datetime | None
    can_leave: bool
    was_registered: bool


def marked_links(links: Links, own: Own) -> Links:
    """A mark for each address that there is."""
    return Links(*(own.mark(getattr(links, name)) for name in Links.__slots__))
