"""The packaged functions, deployed: from the document to the feedback, with IAM enforced on each."""

import json
import shutil
import subprocess
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from fast_mail_parser import parse_email
from ical.calendar_stream import IcsCalendarStream

from infra.local.actors import Answer, Mailbox, Organiser, Participant, http, personal_link, tick, wait_until
from infra.local.stack import LocalStack
from tests.deployed import symposium

pytestmark = pytest.mark.integration

DAY = date.today() + timedelta(days=20)
PEOPLE = [
    {
        "email": f"{name}@example.org",
        "name": name.title(),
        "language": language,
        "time_zone": zone,
        "category": "government",
    }
    for name, language, zone in (
        ("aigul", "ru", "Asia/Bishkek"),
        ("boris", "ru", "Europe/Minsk"),
        ("clara", "en", "Europe/Vienna"),
        ("daniel", "en", "America/New_York"),
    )
]


class Event:
    """One published event of the tests, with its people invited and their links in hand."""

    def __init__(self, organiser: Organiser, mailbox: Mailbox, stack: LocalStack) -> None:
        self.id = f"symposium-{uuid.uuid4().hex[:8]}"
        self.organiser, self.mailbox, self.stack = organiser, mailbox, stack

    def call(self, method: str, path: str = "", body: object = None, **headers: str) -> Answer:
        return self.organiser.call(method, f"/events/{self.id}{path}", body, **headers)

    def batch(self, kind: str, key: str, **audience: list[str]) -> str:
        answer = self.call("POST", "/batches", {"kind": kind, "audience": audience}, idempotency_key=key)
        assert answer.status == 202, answer.text
        started = self.organiser.approve(self.id, answer.json)
        assert started.status == 200, started.text
        return str(answer.json["batch"])

    def outcomes(self, batch: str) -> dict[str, int]:
        return {name: n for name, n in self.call("GET", f"/batches/{batch}").json["outcomes"].items() if n}

    def settled(self, batch: str, **expected: int) -> None:
        wait_until(lambda: self.outcomes(batch) == expected, f"{expected} of {batch}, not {self.outcomes(batch)},", 40)

    def mails(self, kind: str) -> list[dict]:  # type: ignore[type-arg]
        return self.mailbox.messages(event=self.id, kind=kind)

    def participant(self, address: str, kind: str = "invitation") -> Participant:
        [message] = [one for one in self.mails(kind) if one["destination"] == [address]]
        return Participant(personal_link(self.mailbox.read(message["id"]), self.stack.web))


@pytest.fixture(scope="module")
def event(organiser: Organiser, mailbox: Mailbox, stack: LocalStack) -> Event:
    event = Event(organiser, mailbox, stack)
    answer = event.call("PUT", "", symposium(DAY.isoformat()))
    assert answer.status == 201, answer.text
    report = event.call("POST", "/invitees", PEOPLE)
    assert report.json["counts"] == {"created": len(PEOPLE)}, report.text
    event.settled(event.batch("invitation", "first"), delivered=len(PEOPLE))
    return event


@pytest.mark.parametrize("method, path", [
    ("GET", "/api/openapi.json"), ("PUT", "/api/events/x"), ("GET", "/api/events/x"),
    ("POST", "/api/events/x/invitees"),
    ("GET", "/api/events/x/invitees"), ("POST", "/api/events/x/batches"), ("GET", "/api/events/x/batches/y"),
    ("GET", "/api/events/x/registrations"), ("GET", "/api/events/x/feedback"),
])  # fmt: skip
def test_every_api_route_answers_401_without_a_valid_token(stack: LocalStack, method: str, path: str) -> None:
    for token in ("", "Bearer not.a.token"):
        headers = {"authorization": token} if token else {}
        body = b"{}" if method in ("PUT", "POST") else None
        assert http(method, stack.web + path, body, content_type="application/json", **headers).status == 401


def test_the_description_is_openapi_3_1_and_names_every_route_of_the_api(event: Event) -> None:
    description = event.organiser.call("GET", "/openapi.json").json
    assert description["openapi"].startswith("3.1")
    assert "post" in description["paths"]["/api/events/{event}/batches"]


def test_a_document_with_an_error_changes_nothing_and_names_the_field(event: Event) -> None:
    wrong = symposium(DAY.isoformat())
    wrong["sessions"][1]["ends"] = "07:00"
    answer = event.call("PUT", "", wrong)
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert any(error["field"].startswith("sessions.1") for error in answer.json["errors"])
    assert event.call("GET").json["version"] == 1


def test_two_presses_send_one_mail_a_person_and_another_body_under_the_same_key_is_409(event: Event) -> None:
    first, second = event.batch("invitation", "again"), event.batch("invitation", "again")
    assert first == second
    assert event.call("GET", f"/batches/{first}").json["plan"]["already_sent"] == len(PEOPLE)
    other = event.call("POST", "/batches", {"kind": "chase"}, idempotency_key="again")
    assert other.status == 409
    assert len(event.mails("invitation")) == len(PEOPLE)


@pytest.fixture(scope="module")
def story(event: Event, stack: LocalStack) -> Event:
    """The event after it is over: Clara (English) and Aigul (Russian) registered, Boris declined, the clock has run."""
    clara, aigul = event.participant("clara@example.org"), event.participant("aigul@example.org")
    assert clara.answer("accepted").headers["location"].endswith("/registration")
    assert clara.register("Clara Weiß", "Ministry", ["session-1", "session-2"]).status == 303
    assert aigul.answer("accepted").status == 303
    assert aigul.register("Айгуль Асанова", "Министерство", ["session-1"]).status == 303
    assert event.participant("boris@example.org").answer("declined").status == 303
    wait_until(lambda: len(event.mails("confirmation")) == 2, "two confirmations", 30)
    midnight = datetime.combine(DAY, datetime.min.time(), UTC)
    for hour in range(-24, 13):
        tick(stack, (midnight + timedelta(hours=hour)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    wait_until(lambda: len(event.mails("feedback")) == 2, "two feedback requests", 30)
    return event


def test_who_registered_is_listed_and_who_declined_is_not(story: Event) -> None:
    listed = story.call("GET", "/registrations").json["registrations"]
    assert {row["name"] for row in listed} == {"Clara Weiß", "Айгуль Асанова"}


def test_reminders_reach_the_registered_for_their_sessions_once(story: Event) -> None:
    reminded = [(one["destination"][0], one["tags"]["occurrence"]) for one in story.mails("reminder")]
    assert {address for address, _ in reminded} == {"clara@example.org", "aigul@example.org"}
    assert len(set(reminded)) == len(reminded)
    assert not [
        occurrence for address, occurrence in reminded if address.startswith("aigul") and "session-2" in occurrence
    ]


def test_one_person_gives_one_feedback_and_it_names_nobody(story: Event) -> None:
    questions = symposium(DAY.isoformat())["feedback"]["questions"]
    form = {question["id"]: "5" for question in questions if question["kind"] == "rating"}
    clara = story.participant("clara@example.org")
    assert [clara.post("/feedback", form).status for _ in range(2)] == [303, 303]
    [answer] = story.call("GET", "/feedback").json["feedback"]
    assert all(answer[name] == 5 for name in form)
    assert "clara" not in json.dumps(answer).lower()


def test_no_outbox_row_is_left_when_a_confirmation_is_done(story: Event, stack: LocalStack) -> None:
    def waiting() -> list[str]:
        table = stack.client("dynamodb")
        found = [
            table.query(
                TableName=stack.outputs["TableName"],
                KeyConditionExpression="PK = :pk",
                ExpressionAttributeValues={":pk": {"S": f"DUE#{shard}"}},
            )["Items"]
            for shard in range(4)
        ]
        return [
            item["reference"]["S"] for items in found for item in items if "#confirmation#" in item["reference"]["S"]
        ]

    wait_until(lambda: not waiting(), "the outbox is empty", 20)


def test_the_agenda_is_typeset_by_its_own_function_and_comes_as_a_pdf_a_browser_can_open(event: Event) -> None:
    answer = event.participant("boris@example.org").get("/agenda.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


def test_a_head_request_is_answered_without_a_body(event: Event) -> None:
    link = event.participant("boris@example.org").link
    answer = http("HEAD", link)
    assert (answer.status, answer.content) == (200, b"")


def test_one_click_unsubscribe_stops_invitations_but_not_what_was_registered_for(event: Event) -> None:
    [message] = [one for one in event.mails("invitation") if one["destination"] == ["daniel@example.org"]]
    mail = event.mailbox.read(message["id"])
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = mail["List-Unsubscribe"].strip("<>")
    assert (
        http("POST", address, b"List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded").status
        < 400
    )
    batch = event.batch("chase", "chase-after-leaving", statuses=["no-answer"])
    plan = event.call("GET", f"/batches/{batch}").json["plan"]
    assert plan["left"] == 1


def test_a_bounced_address_is_noticed_and_left_out_of_the_next_batch(event: Event) -> None:
    gone = "gone@example.org"
    event.mailbox.control("addresses", address=gone, outcome="bounce")
    assert event.call("POST", "/invitees", [{"email": gone, "name": "Gone"}]).status == 200
    event.settled(event.batch("invitation", "late"), bounced=1)
    batch = event.batch("chase", "chase-the-gone", statuses=["no-answer"])
    assert event.call("GET", f"/batches/{batch}").json["plan"]["suppressed"] == 1


def test_every_mail_of_the_story_reads_the_same_in_a_second_mime_parser(story: Event) -> None:
    """And its calendar in a second iCalendar parser; poppler reads its agenda, where poppler is there."""
    messages = story.mailbox.messages(event=story.id)
    assert {one["tags"]["kind"] for one in messages} >= {"invitation", "confirmation", "reminder", "feedback"}
    for one in messages:
        first = story.mailbox.read(one["id"])
        second = parse_email(story.mailbox.raw(one["id"]))
        assert second.subject == str(first["Subject"])
        plain = first.get_body(("plain",))
        assert plain and second.text_plain[0].split() == plain.get_content().split()
        attached = {part.filename: part.content for part in second.attachments if part.filename}
        for part in first.iter_attachments():
            assert attached[str(part.get_filename())] == part.get_payload(decode=True)
        kind = one["tags"]["kind"]
        assert ("invite.ics" in attached) == (kind == "confirmation")
        assert ("agenda.pdf" in attached) == (kind in ("invitation", "chase", "confirmation"))
        if "invite.ics" in attached:
            calendar = IcsCalendarStream.calendar_from_ics(attached["invite.ics"].decode())
            assert len(calendar.events) == (2 if one["destination"] == ["clara@example.org"] else 1)
            assert all(entry.dtstart.utcoffset() is not None for entry in calendar.events)
        if "agenda.pdf" in attached:
            words = pdf_text(attached["agenda.pdf"])
            expected = "Повестка дня" if first["Content-Language"] == "ru" else "Agenda"
            assert words is None or ("08:30" in words and expected in words)


def pdf_text(content: bytes) -> str | None:
    """What poppler reads; None where poppler is not installed."""
    if shutil.which("pdftotext") is None:
        return None
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True)
    return done.stdout.decode()
