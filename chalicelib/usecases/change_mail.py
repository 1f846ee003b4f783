"""What a notice of changes tells one person: what is different from what they heard last."""

from collections.abc import Callable
from datetime import datetime
from functools import cache

from chalicelib.domain.agenda_changes import changes
from chalicelib.domain.change_notice import Told, batch_of, concerning, overtaken, versions_of, worth_telling
from chalicelib.domain.delivery import GIVEN_UP, Delivery, sent_again
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.work import Work
from chalicelib.usecases.send import Post

Teller = Callable[[Invitee], Told]


def as_told(post: Post, event: Event, work: Work) -> Event:
    """The event at the version that the notice tells, whatever was published since."""
    version = versions_of(work.occurrence)[-1]
    if version == event.version:
        return event
    then = post.events.version(event.id, version)
    assert then is not None, f"{event.id} has no version {version}"
    return then.model_copy(update={"document": post.events.agenda(event.id, version), "files": event.files})


def teller(post: Post, event: Event, work: Work, now: datetime) -> Teller:
    """For the event ``as_told``. A person was told before by a notice in whose place this one came, by the confirmation
    that showed them a newer agenda, or by none of these.

    Whoever does not have an overtaken notice's mail cannot get it any more: that is written down first, so that of two
    workers who meet at one person one tells it.
    """
    first = versions_of(work.occurrence)[0]

    @cache
    def since(version: int) -> Told:
        before = post.events.agenda(event.id, version)
        found = changes(before, event.document) if version < event.version else []
        return Told(before, worth_telling(found, before, event.document, now))

    def tell(invitee: Invitee) -> Told:
        heard = invitee.attending.agenda if invitee.attending else 0
        for notice in overtaken(work.occurrence):
            line = _without(post, event, invitee, notice, now)
            if line.state == "sending":
                return Told(event.document, [], waits=True)
            if line.state not in GIVEN_UP and not (line.state == "unknown" and sent_again(event.document, "change")):
                heard = max(heard, versions_of(notice)[-1])
                break
        told = since(min(max(first, heard), event.version))
        return told._replace(changes=concerning(told.changes, invitee))

    return tell


def _without(post: Post, event: Event, invitee: Invitee, notice: str, now: datetime) -> Delivery:
    """The line of an overtaken notice: its mail, or that there will be none."""
    line = Delivery(
        invitee=invitee.id,
        event=event.id,
        kind="change",
        occurrence=notice,
        state="sending",
        batch=batch_of(event.id, notice),
    )
    return post.ledger.skip(line, "a newer notice tells it", now)
