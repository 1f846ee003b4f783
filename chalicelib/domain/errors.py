"""What can go wrong, as one family. Handlers turn it into ``application/problem+json`` (RFC 9457) in one place.

ConvokeError
├── Invalid        422  the input does not fit; carries one Problem per field
├── NotFound       404  no such event, batch, document, or link
├── Conflict       409  the request contradicts what is stored
├── Closed         410  the time for this has passed
└── Limited        429  too much of it in a short time
"""

from pydantic import BaseModel, ConfigDict


class Problem(BaseModel):
    """One field that does not fit: where it stands (a dotted path such as ``sessions.0.ends``) and what to do."""

    model_config = ConfigDict(defer_build=True)

    field: str
    message: str


class ConvokeError(Exception):
    """The family's root: ``title`` is the same for each error of a kind, ``detail`` tells this one's story."""

    title = "The request could not be carried out"

    def __init__(self, detail: str, problems: list[Problem] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = problems or []


class Invalid(ConvokeError):
    title = "The input does not fit"

    @classmethod
    def field(cls, field: str, message: str) -> "Invalid":
        return cls(f"{field}: {message}", [Problem(field=field, message=message)])


class NotFound(ConvokeError):
    title = "There is no such thing here"


class Conflict(ConvokeError):
    title = "The request contradicts what is stored"


class Closed(ConvokeError):
    title = "The time for this has passed"


class Limited(ConvokeError):
    title = "Too many changes in a short time"
