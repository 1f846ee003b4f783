"""The people who are invited, and what they answer."""

from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import Field

from chalicelib.domain.event_parts import Zone
from chalicelib.domain.form import Answer
from chalicelib.domain.model import Model
from chalicelib.domain.text import Language, Line, Slug

Rsvp = Literal["needs-action", "accepted", "declined", "tentative", "delegated"]
"""RFC 5545 PARTSTAT, in lower case."""


WithdrawnBy = Literal["", "colleague", "head"]
"""Who took an invitation back: the colleague who had passed it on, or the head of the delegation."""


class Attendance(Model):
    """The chosen sessions of a registration that stands. ``version`` rises with each change that is mailed; ``agenda``
    is the version of the agenda that the person saw when they chose, 0 where they saw none.
    """

    sessions: list[Slug]
    version: int = 1
    agenda: int = 0


class Dropped(NamedTuple):
    """A session that was chosen, or proposed, and is not any more; ``version`` is that of the registration that dropped
    it, or that was withdrawn, and 0 where a proposal was refused.
    """

    session: str
    version: int


class Invitee(Model):
    """One person invited to one event. ``generation`` raised by one revokes every link of this person.

    ``delegated_to`` is the invitee who goes instead (RFC 5545, DELEGATED-TO), ``delegated_from`` the one in whose place
    this person goes, ``passed_on_by`` that one's name, and ``chain`` how often the invitation was passed on so far.

    ``head`` says that they lead their delegation, and ``invited_by`` is the head who named them. ``batches`` are those
    that invited whoever named them: their deadlines hold here as well. ``withdrawn_by`` says who took the invitation
    back, for good.

    ``reason`` is what they said when they declined. ``left`` names the categories of mail that they do not want.
    ``suppressed`` is why their address gets no mail ("bounce", "complaint"), as the address's own record says it; empty
    when it does. ``attending`` repeats what the registration says, for mails that need no more of it; None without one
    that stands. ``handed_in`` names the contributions that they handed in.

    For the calendar (``entries``): ``revision`` rises with each change of what it says to this person, ``revised_at``
    is when it rose last, ``dropped`` names what it may still hold and must not, ``feed`` raised by one revokes the
    address of the feed.
    """

    id: str
    event: Slug
    email: str
    name: Line
    language: Language
    time_zone: Zone
    country: str = ""
    delegation: str = ""
    category: str = ""
    rsvp: Rsvp = "needs-action"
    answered_at: datetime | None = None
    reason: str = ""
    delegated_to: str = ""
    delegated_from: str = ""
    passed_on_by: str = ""
    chain: int = 0
    head: bool = False
    invited_by: str = ""
    batches: tuple[str, ...] = ()
    withdrawn_by: WithdrawnBy = ""
    generation: int = 1
    left: tuple[str, ...] = ()
    suppressed: str = ""
    attending: Attendance | None = None
    handed_in: tuple[str, ...] = ()
    revision: int = 0
    revised_at: datetime | None = None
    dropped: tuple[Dropped, ...] = ()
    feed: int = 0

    @property
    def coming(self) -> Attendance | None:
        """What they come to, as far as the profile knows: None of who answered otherwise, and of who waits."""
        return self.attending if self.rsvp == "accepted" else None


class Registration(Attendance):
    """What an invitee who accepted has told us; ``answers`` to the questions of the form, by their id. Where one is a
    file, ``files`` has what it is called.

    ``seats`` names the scopes in which it takes a place (``places``), ``on_behalf`` the paper by which an organiser
    entered it, "" when it was the person.
    """

    invitee: str
    event: Slug
    name: Line
    organisation: Line
    consented_at: datetime
    updated_at: datetime
    withdrawn_at: datetime | None = None
    seats: list[str] = Field(default_factory=list)
    answers: dict[str, Answer] = Field(default_factory=dict)
    files: dict[str, str] = Field(default_factory=dict)
    on_behalf: str = ""

    @property
    def answers_in_words(self) -> dict[str, Answer]:
        """The answers for people: a file by its name."""
        return {**self.answers, **self.files}


def standing(invitee: Invitee, registration: Registration | None) -> Registration | None:
    """The registration that counts: not withdrawn, of somebody whose last answer is "accepted".

    ``Invitee.coming`` says the same without reading the registration. Here the item itself decides, for whoever shows
    its answers or writes to it: the two are read one after the other.
    """
    stands = registration and not registration.withdrawn_at and invitee.rsvp == "accepted"
    return registration if stands else None
