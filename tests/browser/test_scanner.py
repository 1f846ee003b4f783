"""What scanners do with every link of every mail: ask, and load with scripts. The table does not change by a byte."""

import re
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from infra.local.actors import Mailbox, Organiser, Participant, http, personal_link, wait_until
from infra.local.stack import LocalStack
from tests.browser.test_contribution import PAPER
from tests.browser.test_journey import CHROMIUM, QUIET
from tests.deployed import symposium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; .ci/run installs it on Debian"),
]

ASKED = [{"id": "visa", "kind": "yes-no", "label": {"en": "A visa?", "ru": "Виза?"}}, {"use": "dietary"}]


@pytest.fixture
def links(stack: LocalStack, organiser: Organiser, mailbox: Mailbox) -> tuple[str, set[str]]:
    """The event, and every link of the invitation, the confirmation and the colleague's invitation."""
    event = f"scanned-{uuid.uuid4().hex[:8]}"
    document = {**symposium(str(date.today() + timedelta(days=15))), "contributions": [PAPER], "form": ASKED}
    assert organiser.call("PUT", f"/events/{event}", document).status == 201
    people = [{"email": f"{event}-{n}@example.org", "name": "Zarina", "category": "government"} for n in (1, 2)]
    assert organiser.call("POST", f"/events/{event}/invitees", people).status == 200
    batch = organiser.call("POST", f"/events/{event}/batches", {"kind": "invitation"}, idempotency_key="1").json
    assert organiser.approve(event, batch).status == 200
    wait_until(lambda: len(mailbox.messages(event=event)) == 2, "the invitations")
    first, second = (personal_link(mailbox.read(one["id"]), stack.web) for one in mailbox.messages(event=event))
    assert Participant(first).register("Zarina", "Ministry", ["session-1"]).status == 303
    colleague = {"name": "Aziz", "email": f"{event}-3@example.org"}
    assert Participant(second).post("/colleague", colleague).status == 303
    wait_until(lambda: len(mailbox.messages(event=event)) == 4, "the confirmation and the colleague's invitation")
    found = set[str]()
    for one in mailbox.messages(event=event):
        mail = mailbox.read(one["id"])
        text = "".join(part.get_content() for part in mail.walk() if part.get_content_maintype() == "text")
        found |= {link.rstrip(".,)>") for link in re.findall(rf"{re.escape(stack.web)}/[iu]/[^\s\"'<>]+", text)}
        found |= set(re.findall(r"<(http[^>]+)>", str(mail.get("List-Unsubscribe", ""))))
    return event, found


def stored(stack: LocalStack, event: str) -> list[str]:
    """Everything of the event but what the clock looks at, which goes on by itself."""
    [table] = stack.client("dynamodb").list_tables()["TableNames"]
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    items = (item for page in pages for item in page["Items"] if not item["PK"]["S"].startswith("DUE#"))
    return sorted(repr(sorted(item.items())) for item in items if event in repr(item))


def settled(stack: LocalStack, event: str) -> bool:
    """SES has told of every mail, its news stands in the ledger, and the batch says that it is complete."""
    items = stored(stack, event)
    return all("'state', {'S': 'delivered'}" in item for item in items if "DELIVERY#" in item) and all(
        "'completed_at'" in item for item in items if "('SK', {'S': 'BATCH#" in item
    )


def test_scanners_open_every_link_of_every_mail_and_change_nothing(
    stack: LocalStack, links: tuple[str, set[str]], mailbox: Mailbox
) -> None:
    event, found = links
    wait_until(lambda: settled(stack, event), "what SES tells", 150)
    assert len(found) >= 8 and any("/u/" in one for one in found)
    before, mails = stored(stack, event), len(mailbox.messages(event=event))
    for link in found:
        for method in ("GET", "HEAD", "OPTIONS"):
            assert http(method, link).status < 500
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page()
        sent: list[Any] = []
        page.on("request", lambda request: sent.append(request) if request.method not in ("GET", "HEAD") else None)
        seen, waiting = set[str](), [one for one in found if not re.search(r"\.(pdf|ics|json)\b", one)]
        while waiting:  # and what those pages lead to
            page.goto(here := waiting.pop(), wait_until="networkidle")
            seen.add(here)
            leads = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href.split('#')[0])")
            waiting += [
                one for one in dict.fromkeys(leads)
                if re.match(rf"{re.escape(stack.web)}/[iu]/", one) and not re.search(r"\.(pdf|ics|json)\b", one)
                and one not in seen and one not in waiting
            ]  # fmt: skip
        browser.close()
    assert len(seen) > 12 and sent == []
    assert stored(stack, event) == before
    assert len(mailbox.messages(event=event)) == mails

