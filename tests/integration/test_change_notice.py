"""A notice of changes on the deployed stack: from the publication by clock, desk and queue to the mail."""

import uuid
from datetime import date, timedelta

import pytest

from infra.local.actors import Mailbox, Organiser, Participant, personal_link, wait_until
from infra.local.stack import LocalStack
from tests.deployed import symposium

pytestmark = pytest.mark.integration

DAY = (date.today() + timedelta(days=30)).isoformat()


def test_who_comes_hears_of_another_time_and_who_declined_does_not(
    stack: LocalStack, organiser: Organiser, mailbox: Mailbox
) -> None:
    event = f"changes-{uuid.uuid4().hex[:8]}"
    document = {**symposium(DAY), "change_notices": {"quiet_minutes": 0}}
    published = organiser.call("PUT", f"/events/{event}", document)
    assert published.status == 201, published.text
    people = [{"email": f"{name}-{event}@example.org", "name": name.title()} for name in ("clara", "boris")]
    assert organiser.call("POST", f"/events/{event}/invitees", people).status == 200
    batch = organiser.call("POST", f"/events/{event}/batches", {"kind": "invitation"}, idempotency_key="x").json
    assert organiser.approve(event, batch).status == 200
    wait_until(lambda: len(mailbox.messages(event=event)) == 2, "the invitations", 60)
    mails = [mailbox.read(one["id"]) for one in mailbox.messages(event=event)]
    links = {mail["To"].addresses[0].addr_spec: personal_link(mail, stack.web) for mail in mails}
    clara, boris = (Participant(links[one["email"]]) for one in people)
    assert clara.register("Clara", "Ministry", ["session-2"]).status == 303
    assert boris.answer("declined").status == 303

    [session] = [one for one in document["sessions"] if one["id"] == "session-2"]
    hour, minute = session["ends"].split(":")
    session["ends"] = f"{int(hour) + 1}:{minute}"
    changed = organiser.call("PUT", f"/events/{event}", document)
    assert (changed.status, changed.json["urgency"]) == (200, "urgent"), changed.text
    waiting = organiser.call("GET", f"/events/{event}/change-notice").json
    assert waiting["people"] == 1
    wait_until(lambda: len(mailbox.messages(event=event, kind="change")) == 1, "the notice", 180)
    mail = mailbox.read(mailbox.messages(event=event, kind="change")[0]["id"])
    assert mail["To"].addresses[0].addr_spec == people[0]["email"]
    body = mail.get_body(("plain",))
    assert body is not None and f"now ends at {session['ends']}" in " ".join(body.get_content().split())
    assert [part.get_content_type() for part in mail.walk()].count("text/calendar") == 1
    told = organiser.call("GET", f"/events/{event}/change-notice").json
    assert (told["tells_at"], told["heard"], told["changes"]) == (None, changed.json["version"], [])
