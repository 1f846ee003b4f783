"""What waits to be told of an agenda that changed, for the organiser: in words, when, and to how many."""

from datetime import datetime
from typing import NamedTuple

from chalicelib.domain.change_notice import notice_of, versions_of
from chalicelib.domain.event import Event
from chalicelib.usecases.accept_batch import SMALL
from chalicelib.usecases.agenda_news import AgendaNews, agenda_news
from chalicelib.usecases.desk import Desk
from chalicelib.usecases.plan_mailing import plan_mailing
from chalicelib.usecases.planner import TooMany
from chalicelib.usecases.publish_event import Publication
from chalicelib.usecases.tell_changes import notice_batch


class Waiting(NamedTuple):
    """What is different in ``event`` from the version ``heard``, which people were told last, and who hears it: None
    when nothing waits, or the event has more people than a request can look at.
    """

    event: Event
    heard: int
    told: AgendaNews
    people: int | None


def read_news(desk: Desk, event_id: str, now: datetime) -> Waiting:
    """Raises NotFound."""
    event = desk.events.get(event_id, consistent=True)
    heard = versions_of(event.told)[-1] if event.told else event.version
    before = desk.events.at(event.id, heard)
    people = None
    if event.news_at:
        batch = notice_batch(event.id, notice_of([heard, event.version]), now)
        try:
            people = plan_mailing(desk, batch, now, write=False, most=SMALL).plan.to_send
        except TooMany:
            people = None
    return Waiting(event, heard, agenda_news(Publication(event, before, [])), people)
