"""Make one mail, ready to send: words in the person's language, attachments, calendar, headers."""

from datetime import datetime

from chalicelib.adapters import mails
from chalicelib.adapters.documents import Documents
from chalicelib.adapters.language import load_locale
from chalicelib.adapters.links import Links
from chalicelib.adapters.store.events import Events
from chalicelib.domain.batch import Batch
from chalicelib.domain.change_notice import Told
from chalicelib.domain.contribution import find
from chalicelib.domain.delivery import CATEGORIES, CATEGORY, can_leave
from chalicelib.domain.event import Event, Kind
from chalicelib.domain.invitee import Attendance, Invitee
from chalicelib.domain.message import Attachment, CalendarObject, Message
from chalicelib.domain.message import Links as MailLinks
from chalicelib.domain.reminder import find_reminder
from chalicelib.domain.schedule import contribution_of
from chalicelib.domain.text import one_line, words
from chalicelib.domain.work import Work
from chalicelib.usecases.calendar_entry import calendar_objects

CALLS_OFF: frozenset[Kind] = frozenset({"withdrawn", "cancellation"})
"""Kinds of mail that take entries out of the calendar, whatever the event attaches."""


def compose(
    events: Events,
    links: Links,
    documents: Documents,
    event: Event,
    work: Work,
    invitee: Invitee,
    registration: Attendance | None,
    now: datetime,
    tested: Batch | None = None,
    told: Told | None = None,
    current: Event | None = None,
) -> Message:
    """The whole mail of ``work`` to one person; of a test, the mail of the batch that is ``tested``; of a notice of
    changes, what is ``told``, with the calendar and the files of the ``current`` event: what a calendar has must never
    be older than what it had.

    Raises TypesettingFailed when the agenda could not be set.
    """
    kind = tested.kind if tested else work.kind
    document, locale = event.document, load_locale(invitee.language)
    urls = mail_links(links, invitee, kind, work.occurrence)
    session = document.session(work.session) if work.session else None
    wanted = ["calendar"] if kind in CALLS_OFF else document.goes_with(kind)
    asked = find(document, contribution_of(work.occurrence)) if kind == "contribution" else None
    reminder = find_reminder(document, work.occurrence) if kind == "reminder" else None
    as_it_is, since = current or event, told.version if told else None
    calendar: tuple[CalendarObject, ...] = ()
    if "calendar" in wanted:
        calendar = calendar_objects(events, links, as_it_is, invitee, locale, urls.page, now, since)
    brought = kind in CALLS_OFF or any(one.method != "CANCEL" for one in calendar)
    files = _attachments(documents, as_it_is, invitee, wanted)
    said = mails.compose(
        kind,
        event=event,
        invitee=invitee,
        locale=locale,
        links=urls,
        registration=registration,
        session=session,
        contribution=asked,
        rule=reminder.rule if reminder else None,
        now=now,
        tested=tested,
        told=told,
        attached=[name for name in wanted if name in files or (name == "calendar" and calendar and brought)],
    )
    return Message(
        reference=f"{invitee.id}.{work.kind}.{work.occurrence}",
        date=now,
        language=locale.code,
        sender_name=one_line(words(document.organiser.name, invitee.language)),
        sender=document.organiser.sender,
        reply_to=document.organiser.reply_to,
        recipient_name=invitee.name,
        recipient=invitee.email,
        subject=said.subject,
        text=said.text,
        html=said.html,
        attachments=tuple(files.values()),
        calendar=calendar,
        list_unsubscribe=urls.unsubscribe_one_click if can_leave(work.kind, invitee) else None,
        tags={"event": event.id, "invitee": invitee.id, "kind": work.kind, "occurrence": work.occurrence},
    )


def mail_links(links: Links, invitee: Invitee, kind: Kind, occurrence: str = "") -> MailLinks:
    """Every address that a mail of this kind may name, for one person; who leaves, leaves the kind's category."""
    asked = contribution_of(occurrence) if kind == "contribution" else ""
    unsubscribe = links.leaving(invitee, CATEGORY.get(kind, CATEGORIES[0]))
    page = links.url(invitee)  # one token for all below it: making it is a tenth of a mail
    return MailLinks(
        page=page,
        registration=f"{page}/registration",
        agenda=f"{page}/agenda.pdf",
        calendar=f"{page}/calendar.ics",
        feedback=f"{page}/feedback",
        unsubscribe=unsubscribe,
        unsubscribe_one_click=unsubscribe,
        data=f"{page}/data",
        join=f"{page}/join",
        contribution=f"{page}/contributions/{asked}" if asked else "",
    )


def _attachments(documents: Documents, event: Event, invitee: Invitee, wanted: list[str]) -> dict[str, Attachment]:
    """By name: the agenda in the person's language and zone, each document in their language or the next there is."""
    found = {}
    if "agenda" in wanted:
        content = documents.agenda(event, invitee.language, invitee.time_zone)
        found["agenda"] = Attachment("agenda.pdf", "application/pdf", content)
    for document in event.document.documents:
        if document.id in wanted:
            languages = [invitee.language, *event.document.languages]
            uploaded = documents.document(event.id, document.id, languages, event.files)
            if uploaded is not None:
                found[document.id] = Attachment(document.filename, "application/pdf", uploaded)
    return found
