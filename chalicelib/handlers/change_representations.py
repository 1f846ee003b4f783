"""What the calls about notices of changes answer."""

from datetime import datetime

from pydantic import BaseModel

from chalicelib.domain.agenda_changes import Change, Urgency
from chalicelib.usecases.read_news import Waiting


class ChangeNoticeOut(BaseModel):
    """What is different in ``version`` from ``heard``, the version that people were told last; ``people`` will be
    mailed at ``tells_at``, both null when no notice waits (``people`` also for more than can be counted at once).
    """

    event: str
    heard: int
    version: int
    tells_at: datetime | None
    people: int | None
    urgency: Urgency
    changes: list[Change]
    news: dict[str, list[str]]

    @classmethod
    def of(cls, waiting: Waiting) -> "ChangeNoticeOut":
        event = waiting.event
        facts = {"event": event.id, "version": event.version, "heard": waiting.heard, "people": waiting.people}
        return cls(**facts, tells_at=event.news_at, **waiting.told._asdict())
