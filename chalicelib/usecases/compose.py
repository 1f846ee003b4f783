"""Make one mail, ready to send: words in the person's language, attachments, calendar, headers."""

from datetime import datetime

from chalicelib.adapters import mails
from chalicelib.adapters.documents import Documents
from chalicelib.adapters.language import load_locale
from chalicelib.adapters.links import Links
from chalicelib.domain.delivery import CAN_LEAVE
from chalicelib.domain.event import Event
from chalicelib.domain.invitee import Invitee, Registration
from chalicelib.domain.message import Attachment, Message
from chalicelib.domain.message import Links as MailLinks
from chalicelib.domain.text import one_line, words
from chalicelib.domain.work import Work
from chalicelib.usecases.calendar_entry import calendar_entry


def compose(
    links: Links,
    documents: Documents,
    event: Event,
    work: Work,
    invitee: Invitee,
    registration: Registration | None,
    now: datetime,
) -> Message:
    """The whole mail of ``work`` to one person. Raises TypesettingFailed when the agenda could not be set."""
    document, locale, urls = event.document, load_locale(invitee.language), mail_links(links, invitee)
    session = document.session(work.session) if work.session else None
    wanted = document.attachments.get(work.kind, [])
    files = _attachments(documents, event, invitee, wanted)
    entry = None
    if "calendar" in wanted:
        entry = calendar_entry(event, invitee, registration, locale, document.calendar_method, urls.page, now)
    said = mails.compose(
        work.kind,
        event=event,
        invitee=invitee,
        locale=locale,
        links=urls,
        registration=registration,
        session=session,
        now=now,
        attached=[name for name in wanted if name in files or (name == "calendar" and entry)],
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
        calendar=entry,
        calendar_method=document.calendar_method,
        list_unsubscribe=urls.unsubscribe_one_click if work.kind in CAN_LEAVE else None,
        tags={"event": event.id, "invitee": invitee.id, "kind": work.kind, "occurrence": work.occurrence},
    )


def mail_links(links: Links, invitee: Invitee) -> MailLinks:
    """Every address that a mail may name, for one person."""
    unsubscribe = links.url(invitee, "unsubscribe")
    return MailLinks(
        page=links.url(invitee),
        registration=links.url(invitee, path="/registration"),
        agenda=links.url(invitee, path="/agenda.pdf"),
        calendar=links.url(invitee, path="/calendar.ics"),
        feedback=links.url(invitee, path="/feedback"),
        unsubscribe=unsubscribe,
        unsubscribe_one_click=unsubscribe,
    )


def _attachments(documents: Documents, event: Event, invitee: Invitee, wanted: list[str]) -> dict[str, Attachment]:
    """By name: the agenda in the person's language and zone, each document in their language or the next there is."""
    found = {}
    if "agenda" in wanted:
        content = documents.agenda(event, invitee.language, invitee.time_zone)
        found["agenda"] = Attachment("agenda.pdf", "application/pdf", content)
    for document in event.document.documents:
        if document.id in wanted:
            uploaded = documents.document(event.id, document.id, [invitee.language, *event.document.languages])
            if uploaded is not None:
                found[document.id] = Attachment(document.filename, "application/pdf", uploaded)
    return found
