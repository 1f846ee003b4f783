"""A calendar's answer on the deployed stack: from the invitation's own entry by the bucket to the person's file."""

import uuid
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from infra.local.actors import Mailbox, Organiser, Participant, personal_link, wait_until
from infra.local.inbound import drop
from infra.local.stack import LocalStack
from tests.deployed import symposium
from tests.replies import answered, mailed
from tests.usecases.steps import WHO

pytestmark = pytest.mark.integration

DAY = (date.today() + timedelta(days=30)).isoformat()


def entry_in(mail: EmailMessage) -> bytes:
    """The calendar object that a calendar program finds in an invitation."""
    [part] = [one for one in mail.walk() if one.get_content_type() == "text/calendar"]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def test_who_declines_in_their_calendar_has_declined_and_a_stranger_is_filed(
    stack: LocalStack, organiser: Organiser, mailbox: Mailbox
) -> None:
    event = f"answers-{uuid.uuid4().hex[:8]}"
    to, clara = f"answers+{event}@symposium.example", f"clara-{event}@example.org"
    document = symposium(DAY)
    document["organiser"]["inbound"] = to
    document |= {"calendar_method": "REQUEST", "sessions": document["sessions"][-1:], "reminders": []}
    document["attachments"] = {"invitation": ["calendar"]}
    published = organiser.call("PUT", f"/events/{event}", document)
    assert published.status == 201, published.text
    assert organiser.call("POST", f"/events/{event}/invitees", [{"email": clara, "name": "Clara"}]).status == 200
    batch = organiser.call("POST", f"/events/{event}/batches", {"kind": "invitation"}, idempotency_key="x").json
    assert organiser.approve(event, batch).status == 200
    wait_until(lambda: len(mailbox.messages(event=event)) == 1, "the invitation", 30)
    entry = entry_in(mailbox.read(mailbox.messages(event=event)[0]["id"]))
    assert f"mailto:{to}".encode() in entry.replace(b"\r\n ", b"").replace(b"%2B", b"+")

    declined = mailed(answered(entry, "DECLINED", datetime.now(UTC), comment="On leave"), clara, to=to)
    drop(stack, declined, dmarc="fail")
    wait_until(lambda: inbound(organiser, event) == ["not-proven"], "the forged answer, filed", 30)
    assert invitee(organiser, event)["rsvp"] == "needs-action"

    drop(stack, declined)
    wait_until(lambda: invitee(organiser, event)["rsvp"] == "declined", "the answer", 30)
    assert invitee(organiser, event)["reason"] == "On leave"
    drop(stack, f"From: {WHO}\r\nTo: {to}\r\nSubject: Hello\r\n\r\nWhere is it?\r\n".encode())
    wait_until(lambda: "message" in inbound(organiser, event), "a person's mail, filed", 30)
    [mail] = [one for one in mails(organiser, event) if one["why"] == "message"]
    opened = organiser.call("GET", f"/events/{event}/inbound/{mail['inbound']}").json
    assert opened["text"] == "Where is it?"


def test_who_declines_one_of_two_sessions_keeps_the_other_and_is_told(
    stack: LocalStack, organiser: Organiser, mailbox: Mailbox
) -> None:
    event = f"answers-{uuid.uuid4().hex[:8]}"
    to, clara = f"answers+{event}@symposium.example", f"clara-{event}@example.org"
    document = symposium(DAY)
    document["organiser"]["inbound"] = to
    offered = [one for one in document["sessions"] if one.get("kind", "session") == "session"][:2]
    document |= {"calendar_method": "REQUEST", "sessions": offered, "reminders": []}
    document["attachments"] = {"confirmation": ["calendar"]}
    published = organiser.call("PUT", f"/events/{event}", document)
    assert published.status == 201, published.text
    assert organiser.call("POST", f"/events/{event}/invitees", [{"email": clara, "name": "Clara"}]).status == 200
    batch = organiser.call("POST", f"/events/{event}/batches", {"kind": "invitation"}, idempotency_key="x").json
    assert organiser.approve(event, batch).status == 200
    wait_until(lambda: len(mailbox.messages(event=event)) == 1, "the invitation", 30)
    link = personal_link(mailbox.read(mailbox.messages(event=event)[0]["id"]), stack.web)
    sessions = [one["id"] for one in offered]
    assert Participant(link).register("Clara", "Ministry", sessions).status == 303
    wait_until(lambda: len(confirmations(mailbox, event)) == 1, "the confirmation", 30)

    entry = entry_in(mailbox.read(confirmations(mailbox, event)[0]["id"]))
    said = answered(entry, "DECLINED", datetime.now(UTC) + timedelta(seconds=5))
    drop(stack, mailed(said, clara, to=to))
    wait_until(lambda: len(confirmations(mailbox, event)) == 2, "the confirmation of what is left", 30)
    [kept] = organiser.call("GET", f"/events/{event}/registrations").json["registrations"]
    assert kept["sessions"] == sessions[1:]
    assert inbound(organiser, event) == []


def confirmations(mailbox: Mailbox, event: str) -> list[dict[str, Any]]:
    return mailbox.messages(event=event, kind="confirmation")


def invitee(organiser: Organiser, event: str) -> dict[str, Any]:
    found: dict[str, Any] = organiser.call("GET", f"/events/{event}/invitees").json["invitees"][0]
    return found


def mails(organiser: Organiser, event: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = organiser.call("GET", f"/events/{event}/inbound").json["mails"]
    return found


def inbound(organiser: Organiser, event: str) -> list[str]:
    return [one["why"] for one in mails(organiser, event)]
