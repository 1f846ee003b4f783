"""What a notice of changes tells one person: what is different from what they heard last."""

from collections.abc import Callable, Iterable
from datetime import datetime

from chalicelib.domain.change_notice import Told, batch_of, overtaken, versions_of
from chalicelib.domain.delivery import GIVEN_UP, Delivery, sent_again
from chalicelib.domain.event import Event, last_deadline
from chalicelib.domain.invitee import Attendance, Invitee
from chalicelib.domain.places import waits_for
from chalicelib.domain.work import Work
from chalicelib.usecases.change_audience import Hearing
from chalicelib.usecases.send import Post

Teller = Callable[[Invitee, Attendance | None], Told]


def as_told(post: Post, event: Event, work: Work) -> Event:
    """The event at the version that the notice tells, whatever was published since."""
    version = versions_of(work.occurrence)[-1]
    if version == event.version:
        return event
    then = post.events.version(event.id, version)
    assert then is not None, f"{event.id} has no version {version}"
    return then.model_copy(update={"document": post.events.agenda(event.id, version), "files": event.files})


def teller(post: Post, event: Event, work: Work, people: Iterable[Invitee], now: datetime) -> Teller:
    """For the event ``as_told``; of a person also the request for a place that they have. They heard last what a notice
    told in whose place this one came, what the page or the invitation showed them, or what the notice before told.

    Whoever does not have an overtaken notice's mail cannot get it any more: that is written down first, so that of two
    workers who meet at one person one tells it.
    """
    hearing = Hearing(post.events, event.id, versions_of(work.occurrence)[0], event.version, event.document, now)
    invited = hearing.invited(post.ledger, people)

    def tell(invitee: Invitee, request: Attendance | None) -> Told:
        heard = invited.get(invitee.id, 0)
        for notice in overtaken(work.occurrence):
            line = _without(post, event, invitee, notice, now)
            if line.state == "sending":
                return Told(event.document, [], waits=True)
            if line.state not in GIVEN_UP and not (line.state == "unknown" and sent_again(event.document, "change")):
                heard = max(heard, versions_of(notice)[-1])
                break
        return hearing.told(invitee, heard, waits_for(request))

    return tell


def own_deadlines(post: Post, event: Event, people: Iterable[Invitee]) -> dict[str, datetime]:
    """By id, until when those may answer who do not come yet and whom a batch with a deadline of its own invited or
    chased, or whoever named them: as their page has it (``Events.find_for``). The event's batches are read once, where
    anybody may yet answer, and lines of the ledger where a batch has a deadline.
    """
    open_yet = [one for one in people if one.rsvp not in ("declined", "delegated") and not one.coming]
    batches = [one for one in post.batches.all(event.id) if one.kind in ("invitation", "chase")] if open_yet else []
    own = {one.id: one.answer_by for one in batches}
    if not any(own.values()):
        return {}
    mails = {(one.kind, one.occurrence) for one in batches}
    asked = [(one.id, kind, occurrence) for one in open_yet for kind, occurrence in sorted(mails)]
    by = {one.id: [*one.batches] for one in open_yet}
    for line in post.ledger.lines(asked).values():
        by[line.invitee] += [line.batch] if line.batch else []
    theirs = {person: [own.get(batch) for batch in dict.fromkeys(named)] for person, named in by.items()}
    return {person: last_deadline(event.document, found) for person, found in theirs.items() if any(found)}


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
