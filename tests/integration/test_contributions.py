"""A file's way on the deployed stack: from the form to the bucket, handed in, and saved by the organiser."""

import uuid
from datetime import date, timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest

from chalicelib.domain.contribution import MEGABYTE
from infra.local.actors import Answer, Mailbox, Organiser, Participant, http, personal_link, wait_until
from infra.local.stack import LocalStack
from tests.deployed import symposium
from tests.integration.test_policies import without

pytestmark = pytest.mark.integration

DAY = (date.today() + timedelta(days=30)).isoformat()
PAPER = {
    "id": "paper",
    "title": {"en": "A written example", "ru": "Письменный пример"},
    "categories": ["government"],
    "formats": ["text", "pdf"],
    "due": {"days_before": 7, "at": "18:00"},
    "max_mb": 1,
}
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


class Form(HTMLParser):
    """The form with this id: where it posts to and its hidden fields."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action, self.fields, self._in = "", dict[str, str](), False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._in = said.get("id") == "upload"
            self.action = said["action"] if self._in else self.action
        if self._in and tag == "input" and said["type"] == "hidden":
            self.fields[said["name"]] = said["value"]


def posted(form: Form, content: bytes, filename: str = "Пример.pdf", **changes: str) -> Answer:
    """The form as a browser posts it (RFC 7578)."""
    boundary = uuid.uuid4().hex
    parts = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in {**form.fields, **changes}.items()
    )
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
    body = (
        parts + f"{head}Content-Type: application/pdf\r\n\r\n".encode() + content + f"\r\n--{boundary}--\r\n".encode()
    )
    return http("POST", form.action, body, content_type=f"multipart/form-data; boundary={boundary}")


@pytest.fixture(scope="module")
def invited(stack: LocalStack, organiser: Organiser, mailbox: Mailbox) -> tuple[str, Participant]:
    name = f"contributions-{uuid.uuid4().hex[:8]}"
    document: dict[str, Any] = {**symposium(DAY), "contributions": [PAPER]}
    assert organiser.call("PUT", f"/events/{name}", document).status == 201
    people = [{"email": f"{name}@example.org", "name": "Zarina Nazarova", "category": "government"}]
    assert organiser.call("POST", f"/events/{name}/invitees", people).status == 200
    planned = organiser.call("POST", f"/events/{name}/batches", {"kind": "invitation"}, idempotency_key="x").json
    assert organiser.approve(name, planned).status == 200
    wait_until(lambda: bool(mailbox.messages(event=name)), "the invitation")
    mail: EmailMessage = mailbox.read(mailbox.messages(event=name)[0]["id"])
    return name, Participant(personal_link(mail, stack.web))


def test_a_file_goes_to_the_bucket_is_handed_in_and_saved(
    stack: LocalStack, organiser: Organiser, invited: tuple[str, Participant]
) -> None:
    event, person = invited
    page = person.get("/contributions/paper")
    form = Form(page.text)
    assert form.action.startswith("http") and page.status == 200
    sent = posted(form, PDF)
    assert sent.status == 303
    back = sent.headers["location"].removeprefix(person.link)
    arrived = person.get(back)
    assert "Hand in this file" in arrived.text, arrived.text
    listed = organiser.call("GET", f"/events/{event}/contributions").json["contributions"]
    assert [(one["state"], one["filename"]) for one in listed] == [("missing", "")]
    assert person.post(back.partition("?")[0], {}).status == 303
    [one] = organiser.call("GET", f"/events/{event}/contributions").json["contributions"]
    assert (one["state"], one["filename"], one["size"]) == ("handed-in", "Пример.pdf", len(PDF))
    opened = organiser.call("POST", f"/events/{event}/invitees/{one['invitee']}/contributions/paper/open")
    assert opened.status == 200, opened.text
    saved = http("GET", opened.json["url"])
    assert saved.content == PDF
    assert saved.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
def test_handing_in_needs_each_action_of_the_policy_and_is_finished_by_the_next_click(
    stack: LocalStack, invited: tuple[str, Participant], action: str
) -> None:
    _, person = invited
    sent = posted(Form(person.get("/contributions/paper").text), PDF)
    back = sent.headers["location"].removeprefix(person.link).partition("?")[0]
    with without(stack, "ApiHandler", action):
        assert person.post(back, {}).status == 500
    assert person.post(back, {}).status == 303


@pytest.mark.parametrize(
    ("content", "changes"),
    [
        (PDF + b" " * MEGABYTE, {}),
        (b"", {}),
        (PDF, {"Content-Type": "text/html"}),
        (PDF, {"key": "private/symposium/somebody/else"}),
        (PDF, {"x-amz-server-side-encryption": "aws:kms"}),
        (PDF, {"success_action_redirect": "https://elsewhere.example"}),
        (PDF, {"x-amz-signature": "0" * 64}),
    ],
    ids=["too large", "empty", "another type", "another key", "another encryption", "another way back", "unsigned"],
)
def test_the_bucket_takes_no_form_that_was_changed(
    invited: tuple[str, Participant], content: bytes, changes: dict[str, str]
) -> None:
    _, person = invited
    form = Form(person.get("/contributions/paper").text)
    assert posted(form, content, **changes).status in (400, 403)
    upload = form.fields["key"].rpartition("/")[2]
    assert "did not arrive" in person.get(f"/contributions/paper/uploads/{upload}").text
