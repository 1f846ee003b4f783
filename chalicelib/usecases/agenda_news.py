"""What a publication changes of the agenda, for the organiser to read before anybody is told."""

from typing import NamedTuple

from chalicelib.adapters.agenda_news import news
from chalicelib.adapters.language import available, load_locale
from chalicelib.domain.agenda_changes import Change, Urgency, changes, urgency
from chalicelib.usecases.publish_event import Publication


class AgendaNews(NamedTuple):
    """``news`` says the changes in words, in each language of the event, on the event's own clock."""

    urgency: Urgency
    changes: list[Change]
    news: dict[str, list[str]]


def agenda_news(done: Publication) -> AgendaNews:
    """Nothing of a new event, or of a document that was there already."""
    after = done.event.document
    before, gone = (done.before.document, done.before.gone) if done.before else (after, ())
    found = changes(before, after, gone)
    said = {
        language: [str(line) for line in news(found, before, after, load_locale(language), after.time_zone)]
        for language in after.languages
        if language in available()
    }
    return AgendaNews(urgency(found), found, said)
