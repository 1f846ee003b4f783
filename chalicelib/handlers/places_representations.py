"""What the organisers' API says of places."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from chalicelib.domain.form import Answer
from chalicelib.domain.invitee import Registration
from chalicelib.domain.places import PlaceRequest
from chalicelib.domain.text import paragraphs
from chalicelib.handlers.representations import Asked
from chalicelib.usecases.read_places import PlaceCount


class PlaceCountOut(BaseModel):
    """Places of the event, of a session, a category, a delegation or a choice of the form (``question/choice``).

    ``capacity`` is null without a limit.
    """

    of: str
    id: str
    capacity: int | None
    taken: int
    waiting: int

    @classmethod
    def of_count(cls, count: PlaceCount) -> "PlaceCountOut":
        return cls(**count._asdict())


class RequestOut(BaseModel):
    """A registration that does not stand, or not yet. ``number`` is the place in the waitlist, 0 without one."""

    invitee: str
    name: str
    organisation: str
    sessions: list[str]
    state: str
    number: int
    until: datetime | None
    reason: str
    answers: dict[str, Answer] = Field(default_factory=dict, description="By question; a file by its name")
    files: dict[str, str] = Field(default_factory=dict, description="What the answers' files are called, by question")

    @classmethod
    def of_request(cls, request: PlaceRequest) -> "RequestOut":
        said = {name: getattr(request, name) for name in cls.model_fields}
        return cls(**{**said, "answers": request.answers_in_words})


class PlacesOut(BaseModel):
    """The places, and who waits: for approval first, then the waitlist in its order."""

    places: list[PlaceCountOut]
    requests: list[RequestOut]


class Decided(BaseModel):
    """What the person is now: ``registered``, ``waiting`` for a place, ``approval`` when that is waited for,
    ``offered`` a place, ``refused``; or as they answered: ``declined``, ``tentative``.
    """

    invitee: str
    state: str

    @classmethod
    def of(cls, stands: Registration) -> "Decided":
        return cls(invitee=stands.invitee, state=stands.state if isinstance(stands, PlaceRequest) else "registered")


class ApproveRequestIn(Asked):
    """Why; it stands in the audit log."""

    reason: str = Field(default="", max_length=500)


class RefuseRequestIn(Asked):
    """Why, in words for the person: it stands in the mail to them."""

    reason: Annotated[str, AfterValidator(paragraphs), StringConstraints(max_length=500)] = ""
