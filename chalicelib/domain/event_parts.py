"""The parts of an event document, as an organiser writes them. What follows from them together is ``event``."""

from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from chalicelib.domain.address import Address
from chalicelib.domain.model import Deadline, Model
from chalicelib.domain.text import Slug, Text, Title, WallTime


def iana_zone(name: str) -> str:
    """The name, when there is such a time zone; ValueError, with what to write, when there is none."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'"{name}" is not a time zone; write an IANA name such as "Asia/Tashkent"') from None
    return name


Zone = Annotated[str, AfterValidator(iana_zone)]
"""An IANA time zone name."""

MOST_PLACES = 1_000_000

MOST_LIMITED = 20
"""Sessions and choices that may have a capacity: those that a registration takes are one condition, of 4 KB at most."""

Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))]
"""A day that every calendar and clock on the way can hold."""

JoinUrl = Annotated[str, StringConstraints(pattern=r"^https://[!#-;=?-~]+$", max_length=2000)]
"""The address of a conference: in no mail and on no page, see ``usecases.join``."""


class Person(Model):
    """Somebody on the agenda. ``confirmed=False`` prints as "to be confirmed" and is a finding."""

    name: Title
    office: Title = Field(default_factory=dict)
    role: Literal["speaker", "moderator"] = "speaker"
    confirmed: bool = True


class AgendaItem(Model):
    """One line of a session. ``minutes`` is the length as printed, when it is printed; the check compares it."""

    id: Slug
    title: Title
    kind: Literal["remarks", "presentation", "roundtable", "closing", "other"] = "other"
    starts: WallTime
    ends: WallTime
    minutes: int | None = Field(default=None, ge=1, le=1440)
    people: list[Person] = Field(default_factory=list)
    points: list[Text] = Field(default_factory=list)


class Session(Model):
    """A block of the day. People choose among sessions and familiarisations; a break is only shown.

    One that is ``overnight`` runs past midnight: its times that are not after its start are those of the next day.
    ``join_url`` is the session's own conference, in place of the venue's.
    """

    id: Slug
    title: Title
    kind: Literal["session", "break", "familiarisation"] = "session"
    day: int = Field(default=1, ge=1, le=60)
    starts: WallTime
    ends: WallTime
    overnight: bool = False
    minutes: int | None = Field(default=None, ge=1, le=1440)
    capacity: int | None = Field(default=None, ge=0, le=MOST_PLACES)
    join_url: JoinUrl | None = None
    items: list[AgendaItem] = Field(default_factory=list)

    @property
    def attendable(self) -> bool:
        """Whether people can register for it."""
        return self.kind != "break"


class Organiser(Model):
    """Who invites. ``sender`` is the verified SES address; answers by mail go to ``reply_to``, which somebody reads,
    and those of calendars to ``inbound``, which SES receives.
    """

    name: Title
    sender: Address
    reply_to: Address
    inbound: Address | None = None
    postal_address: Text = Field(default_factory=dict)


class Venue(Model):
    """Where. ``join_url`` leads registered people to the conference, from ``join_opens_minutes`` before a session."""

    kind: Literal["online", "in-person"] = "online"
    name: Title
    join_url: JoinUrl | None = None
    join_opens_minutes: int = Field(default=15, ge=0, le=24 * 60)


class Document(Model):
    """A file that goes with mails: uploaded by ``PUT /api/events/{event}/documents/{id}/{language}``."""

    id: Slug
    title: Title
    filename: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,90}\.pdf$")]


class Waitlist(Model):
    """Who finds no place waits in order. An offer holds a place for ``offer_hours``; none is made after ``until``."""

    offer_hours: int = Field(default=48, ge=1, le=24 * 30)
    until: Deadline


class Delegation(Model):
    """A ministry or another body that comes with up to ``seats`` people; ``held`` keeps these places free for them."""

    name: Title
    seats: int = Field(ge=1, le=1000)
    held: bool = False


class ChangeNotices(Model):
    """When those who come hear of changes: ``quiet_minutes`` after the last of several publications; of another time or
    place at once, when less than ``at_once_hours`` are left before the start.
    """

    quiet_minutes: int = Field(default=30, ge=0, le=60 * 24)
    at_once_hours: int = Field(default=24, ge=0, le=24 * 30)


class Question(Model):
    """One question of the feedback form. A rating is 1 to 5; a choice has two ``choices`` or more, the others none."""

    id: Slug
    label: Title
    kind: Literal["rating", "choice", "text"]
    choices: list[Title] = Field(default_factory=list)
    required: bool = False

    @model_validator(mode="after")
    def _choices_fit(self) -> "Question":
        if (len(self.choices) > 1) != (self.kind == "choice"):
            raise ValueError(f'question "{self.id}": give two choices or more to a choice, and none to other questions')
        return self


class Feedback(Model):
    """Asked ``after_minutes`` after the event's end; the form stays open for ``open_days``."""

    after_minutes: int = Field(default=30, ge=0, le=60 * 24 * 30)
    open_days: int = Field(default=14, ge=1, le=365)
    questions: list[Question] = Field(min_length=1)
