"""The two kinds of mail that go to the organiser: the test of a batch, and the notice of addresses that get no mail."""

from collections.abc import Iterable
from datetime import UTC, datetime

from chalicelib.adapters import mails
from chalicelib.adapters.language import load_locale
from chalicelib.domain.address import address_key
from chalicelib.domain.delivery import Delivery
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Attendance, Invitee, Registration
from chalicelib.domain.message import Message
from chalicelib.domain.text import one_line, words
from chalicelib.domain.work import Work
from chalicelib.usecases.compose import compose
from chalicelib.usecases.notice import moment_of
from chalicelib.usecases.send import Post

LISTED = 50
"""People that a notice names; it counts the others."""


def organiser_mail(post: Post, event: Event, work: Work, now: datetime) -> Message | None:
    """The mail of ``work`` to the organiser; None when there is nothing to tell any more."""
    return _notice(post, event, work, now) if work.kind == "notice" else _test(post, event, work, now)


def _test(post: Post, event: Event, work: Work, now: datetime) -> Message | None:
    """What a recipient gets, but for the words that it is a test; its links open nothing, and nobody can leave."""
    batch = post.batches.find(event.id, work.occurrence.partition("_")[0])
    if batch is None:
        return None
    sample = _sample_person(event, work)
    registration = _sample_registration(event, sample, now) if batch.kind == "feedback" else None
    if isinstance(registration, Registration):
        attending = Attendance(sessions=registration.sessions)
        sample = sample.model_copy(update={"rsvp": "accepted", "attending": attending})
    return compose(post.events, post.links, post.documents, event, work, sample, registration, now, tested=batch)


def _sample_person(event: Event, work: Work) -> Invitee:
    document = event.document
    return Invitee(
        id=work.invitee,
        event=event.id,
        email=document.organiser.reply_to,
        name=load_locale(work.language).gettext("Sample Person"),
        language=work.language,
        time_zone=document.time_zone,
        category=next(iter(document.categories), ""),
    )


def _sample_registration(event: Event, sample: Invitee, now: datetime) -> Registration:
    return Registration(
        invitee=sample.id,
        event=event.id,
        name=sample.name,
        organisation=sample.name,
        sessions=[session.id for session in event.document.attendable],
        consented_at=now,
        updated_at=now,
    )


def _notice(post: Post, event: Event, work: Work, now: datetime) -> Message | None:
    unreached, more = _unreached(post, event, work)
    if not unreached:
        return None
    document = event.document
    locale, organiser = load_locale(document.languages[0]), document.organiser
    said = mails.notice(unreached, more, event=event, locale=locale)
    name = one_line(words(organiser.name, locale.code))
    return Message(
        reference=f"{work.invitee}.{work.kind}.{work.occurrence}",
        date=now,
        language=locale.code,
        sender_name=name,
        sender=organiser.sender,
        reply_to=organiser.reply_to,
        recipient_name=name,
        recipient=organiser.reply_to,
        subject=said.subject,
        text=said.text,
        html=said.html,
        tags={"event": event.id, "invitee": work.invitee, "kind": work.kind, "occurrence": work.occurrence},
    )


def _unreached(post: Post, event: Event, work: Work) -> tuple[list[mails.Unreached], int]:
    """Those whose address was suppressed since the notice before, by name, and how many more there are.

    A notice about a quarter of an hour has what came before its end; what comes later has a notice of its own.
    """
    since, until = _told_until(post.ledger.of_person(work.invitee)), moment_of(work.occurrence)
    suppressed = [one for one in post.invitees.all(event.id) if one.suppressed]
    hashes = {post.links.address_hash(address_key(one.email)): one for one in suppressed}
    moments = {h: told.at for h, told in post.addresses.suppressions(hashes).items()}
    news = [(hashes[h], at) for h, at in moments.items() if since <= at < until]
    news.sort(key=lambda told: (told[0].name, told[0].id))
    listed = [_told_by(post, invitee, at) for invitee, at in news[:LISTED]]
    return listed, len(news) - len(listed)


def _told_until(deliveries: Iterable[Delivery]) -> datetime:
    """Up to when the organiser knows: the end of the last notice that SES took."""
    known = [one for one in deliveries if one.kind == "notice" and one.state in ("sent", "delivered")]
    return max((moment_of(one.occurrence) for one in known), default=datetime.min.replace(tzinfo=UTC))


def _told_by(post: Post, invitee: Invitee, at: datetime) -> mails.Unreached:
    """With the last mail that came back or was complained of; there is none when it was a mail of another event."""
    back = [one for one in post.ledger.of_person(invitee.id) if one.state in ("bounced", "complained")]
    if not back:
        return mails.Unreached(invitee, "", at)
    last = max(back, key=lambda one: one.sent_at or at)
    return mails.Unreached(invitee, last.kind, last.sent_at or at)
