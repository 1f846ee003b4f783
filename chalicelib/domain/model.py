"""What the models stand on, and what an event's parts share, so that each part can have a room of its own."""

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.domain.text import WallTime


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Deadline(Model):
    """``days_before`` the first day, at a wall-clock time of the event's zone."""

    days_before: int = Field(ge=0, le=365)
    at: WallTime
