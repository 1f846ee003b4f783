"""Reading what strangers mail: the shapes of four programs, and everything that is broken."""

from base64 import b64encode
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters import inbound_mail
from chalicelib.adapters.inbound_mail import (
    BOXES,
    LARGEST_CALENDAR,
    LONGEST_CALENDAR,
    LONGEST_HEADER,
    LONGEST_TEXT,
    PARTS,
    read_mail,
)
from chalicelib.adapters.mail_text import OCTETS
from chalicelib.domain.calendar_reply import CalendarReply, Mail, why_not
from infra.local.inbound import as_received
from tests.replies import PROGRAMS, TO, mailed, written

AT = datetime(2021, 1, 14, 8, 59, 30, tzinfo=UTC)
UID = "session-1.claraxxxxxxxxxxxxxxx@symposium"
CLARA = "clara@example.org"

REPLY = (
    f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:{UID}\r\n"
    f"DTSTAMP:{AT:%Y%m%dT%H%M%SZ}\r\nATTENDEE;PARTSTAT=DECLINED:mailto:{CLARA}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def test_an_answer_is_read_from_what_each_program_sends() -> None:
    for program in PROGRAMS:
        for partstat in ("ACCEPTED", "DECLINED", "TENTATIVE"):
            mail = read_mail(as_received(written(program, UID, CLARA, partstat, AT)))
            assert mail.answers == (CalendarReply("REPLY", UID, (CLARA,), partstat, 1, AT),), program
            assert (mail.sender, mail.recipients[0], mail.fault) == (CLARA, TO, ""), program
            assert (mail.dmarc, mail.proven, mail.spam, mail.virus) == ("pass", "example.org", "PASS", "PASS")
            assert mail.text and mail.subject and "=?" not in mail.subject, program
            assert mail.automatic == (program == "google")
            assert why_not(mail, AT) is None


def part(content: bytes, kind: str = "text/calendar; method=REPLY; charset=utf-8", encoding: str = "8bit") -> bytes:
    head = f"From: {CLARA}\r\nTo: {TO}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return as_received(head.encode() + content)


@pytest.mark.parametrize(
    "content, kind",
    [
        (REPLY.encode(), "text/calendar"),
        (REPLY.encode(), "TEXT/Calendar; Method=reply"),
        (REPLY.replace("\r\n", "\n").encode(), "text/calendar; charset=utf-8; method=REPLY"),
        (b"\xef\xbb\xbf" + REPLY.encode(), "text/calendar; charset=utf-8"),
        (REPLY.replace("METHOD:REPLY", "method:reply").encode(), "text/calendar; method=REPLY"),
        (REPLY.encode(), "text/calendar; charset=klingon"),
        (REPLY.encode(), "text/calendar; charset*0*=''utf-8"),
        (REPLY.encode(), 'application/octet-stream; name="Answer.ICS"'),
    ],
)  # fmt: skip
def test_an_answer_is_read_whatever_stands_around_it(content: bytes, kind: str) -> None:
    assert why_not(read_mail(part(content, kind)), AT) is None


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-16-be"])
def test_an_answer_is_read_in_utf_16(charset: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = CLARA, TO
    content = REPLY.replace("END:VEVENT", "SUMMARY:Первая\r\nEND:VEVENT").encode(charset)
    mail.set_content(content, "text", "calendar", params={"charset": charset, "method": "REPLY"})
    assert why_not(read_mail(as_received(mail.as_bytes())), AT) is None


@pytest.mark.parametrize(
    "changed, why",
    [
        (("METHOD:REPLY", "METHOD:COUNTER"), "unreadable"),  # the part says REPLY
        (("METHOD:REPLY\r\n", ""), "unreadable"),
        (("BEGIN:VEVENT", "BEGIN:VTODO"), "unreadable"),
        ((f"UID:{UID}\r\n", ""), "unreadable"),
        ((f"DTSTAMP:{AT:%Y%m%dT%H%M%SZ}\r\n", ""), "unreadable"),
        ((f"{AT:%Y%m%dT%H%M%SZ}", "yesterday"), "unreadable"),
        ((f"{AT:%Y%m%dT%H%M%SZ}", "20990101T000000Z"), "unreadable"),
        (("END:VEVENT", "SEQUENCE:many\r\nEND:VEVENT"), "unreadable"),
        (("END:VEVENT", "SEQUENCE:-1\r\nEND:VEVENT"), "unreadable"),
        (("PARTSTAT=DECLINED", "PARTSTAT=DELEGATED"), "not-an-answer"),
        (("PARTSTAT=DECLINED", "PARTSTAT=X-PERHAPS"), "not-an-answer"),
        ((";PARTSTAT=DECLINED", ""), "not-an-answer"),
        (("END:VEVENT", "RECURRENCE-ID:20210128T073000Z\r\nEND:VEVENT"), "not-an-answer"),
        ((UID, "040000008200E00074C5B7101A82E00800000000F0B5D1B4@exchange.example"), "unknown-entry"),
        (("END:VEVENT", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:boris@example.org\r\nEND:VEVENT"), "other-person"),
        ((f"mailto:{CLARA}", "mailto:boris@example.org"), "other-person"),
        ((f"mailto:{CLARA}", "urn:uuid:1"), "other-person"),
        (("END:VCALENDAR\r\n", ""), "unreadable"),
    ],
)  # fmt: skip
def test_what_is_no_answer_says_why(changed: tuple[str, str], why: str) -> None:
    mail = read_mail(part(REPLY.replace(*changed).encode()))
    assert why_not(mail, AT) == why


@pytest.mark.parametrize("method", ["COUNTER", "DECLINECOUNTER", "REFRESH", "REQUEST", "CANCEL", "ADD", "PUBLISH"])
def test_no_other_method_is_an_answer(method: str) -> None:
    calendar = REPLY.replace("METHOD:REPLY", f"METHOD:{method}")
    mail = read_mail(as_received(mailed(calendar, CLARA, method=method)))
    assert why_not(mail, AT) == "not-an-answer"


def test_two_answers_that_differ_are_none() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = CLARA, TO
    mail.set_content(REPLY, subtype="calendar")
    mail.add_attachment(REPLY.replace("DECLINED", "ACCEPTED"), subtype="calendar", filename="invite.ics")
    assert why_not(read_mail(as_received(mail.as_bytes())), AT) == "several"


def test_an_answer_in_a_mail_that_is_attached_is_somebody_elses() -> None:
    mail, outer = EmailMessage(), EmailMessage()
    mail["From"] = outer["From"] = CLARA
    mail["To"] = outer["To"] = TO
    mail.set_content(REPLY, subtype="calendar")
    outer.set_content("Look at this")
    outer.add_attachment(mail)
    assert why_not(read_mail(as_received(outer.as_bytes())), AT) == "message"


# who wrote


def test_what_the_sender_says_of_themselves_is_not_believed() -> None:
    honest = as_received(mailed(REPLY, CLARA), dmarc="fail")
    head, forged = honest.split(b"From: ", 1)[0], as_received(mailed(REPLY, CLARA))
    for content in (forged.replace(b"X-SES-RECEIPT", b"X-Other"), head + forged, mailed(REPLY, CLARA)):
        assert why_not(read_mail(content), AT) == "not-proven"


@pytest.mark.parametrize(
    "result",
    [
        "amazonses.com; spf=pass; dkim=pass header.i=@example.org; dmarc=none header.from=example.org;",
        "amazonses.com; spf=pass; dkim=pass header.i=@example.org; dmarc=fail header.from=example.org;",
        "amazonses.com; spf=pass; dkim=pass header.i=@other.example; dmarc=pass header.from=other.example;",
        "amazonses.com; spf=pass; dmarc=pass header.from=ample.org;",
        "amazonses.com; spf=pass; dmarc=pass header.from=mail.example.org;",
        "amazonses.com; spf=pass; dmarc=pass;",
        'amazonses.com; spf=pass envelope-from="a; dmarc=pass header.from=example.org; b"@evil.example; dkim=none;',
        "amazonses.com; spf=pass helo=x; dmarc=pass header.from=example.org; dmarc=fail header.from=example.org;",
        "amazonses.com; spf=pass;",
    ],
)
def test_only_a_passed_dmarc_of_the_senders_own_domain_proves_the_sender(result: str) -> None:
    content = as_received(mailed(REPLY, CLARA))
    start, end = content.index(b"Authentication-Results:"), content.index(b"X-SES-RECEIPT")
    changed = content[:start] + f"Authentication-Results: {result}\r\n".encode() + content[end:]
    assert why_not(read_mail(changed), AT) == "not-proven"


def test_a_domain_above_the_senders_proves_it_too() -> None:
    calendar = REPLY.replace(CLARA, "clara@mfa.example.org")
    content = as_received(mailed(calendar, "clara@mfa.example.org")).replace(
        b"header.from=mfa.example.org", b"header.from=example.org"
    )
    assert why_not(read_mail(content), AT) is None


@pytest.mark.parametrize("verdict", ["spam", "virus"])
def test_spam_and_viruses_are_no_answers(verdict: str) -> None:
    assert why_not(read_mail(as_received(mailed(REPLY, CLARA), **{verdict: "FAIL"})), AT) == "unsafe"


@pytest.mark.parametrize(
    "sender", ["boris@example.org", f"{CLARA}, boris@example.org", f"{CLARA}\r\nFrom: boris@example.org"]
)
def test_a_mail_of_another_sender_or_of_two_is_no_answer(sender: str) -> None:
    content = as_received(mailed(REPLY, CLARA)).replace(f"From: {CLARA}".encode(), f"From: {sender}".encode())
    assert why_not(read_mail(content), AT) == "other-person"


def test_somebody_who_answers_on_behalf_sends_from_an_address_of_their_own_and_is_filed() -> None:
    behalf = REPLY.replace("PARTSTAT=DECLINED", 'PARTSTAT=DECLINED;SENT-BY="mailto:assistant@example.org"')
    assert why_not(read_mail(as_received(mailed(behalf, "assistant@example.org"))), AT) == "other-person"
    assert why_not(read_mail(as_received(mailed(behalf, CLARA))), AT) is None


# machines


@pytest.mark.parametrize(
    "head", ["Auto-Submitted: auto-replied", "X-Autoreply: yes", "List-Id: <a.example.org>", "Return-Path: <>"]
)
def test_a_machines_mail_is_known_as_one(head: str) -> None:
    mail = read_mail(f"{head}\r\nFrom: {CLARA}\r\nSubject: Away\r\n\r\nI am away.\r\n".encode())
    assert (mail.automatic, mail.text, why_not(mail, AT)) == (True, "I am away.", "message")


def test_a_persons_mail_is_not_taken_for_a_machines() -> None:
    mail = read_mail(f"From: {CLARA}\r\nAuto-Submitted: no\r\nSubject: =?utf-8?q?=D0=94=D0=B0?=\r\n\r\nHello".encode())
    assert (mail.automatic, mail.subject, mail.text) == (False, "Да", "Hello")


# what is broken, and what is large


def test_nothing_at_all_is_a_mail_without_an_answer() -> None:
    assert read_mail(b"") == Mail()


def test_a_mail_that_is_cut_is_known_by_its_head() -> None:
    mail = read_mail(as_received(mailed(REPLY, CLARA)), cut=True)
    assert (mail.sender, mail.answers, mail.fault) == (CLARA, (), "too-large")


@pytest.mark.parametrize("deep", [BOXES + 1, 2_000])
def test_a_mail_of_boxes_in_boxes_is_known_by_its_head(deep: int) -> None:
    boxes = b"".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n'.encode() for n in range(deep)
    )
    mail = read_mail(as_received(f"From: {CLARA}\r\nTo: {TO}\r\n".encode() + boxes + REPLY.encode()))
    assert (mail.sender, mail.answers, mail.fault) == (CLARA, (), "unreadable")


PARAMETERS = [
    'boundary="b{}"', "boundary*=us-ascii''b{}", "boundary*0=b{}", "boundary*0*=us-ascii''b{}", "BOUNDARY = b{}"
]  # fmt: skip


@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.parametrize("deep, fault", [(BOXES, ""), (BOXES + 1, "unreadable")])
def test_a_boundary_counts_in_each_way_that_one_is_written(parameter: str, deep: int, fault: str) -> None:
    boxes = "".join(
        f"Content-Type: multipart/mixed; {parameter.format(n)}\r\n\r\n--b{n}\r\n" for n in range(deep)
    )
    mail = read_mail(f"From: {CLARA}\r\n{boxes}Content-Type: text/plain\r\n\r\nHello".encode())
    assert (mail.sender, mail.fault) == (CLARA, fault)


@pytest.mark.parametrize("deep, fault", [(BOXES, ""), (BOXES + 1, "unreadable")])
def test_reports_in_reports_count_as_boxes(deep: int, fault: str) -> None:
    mail = read_mail(f"From: {CLARA}\r\n".encode() + b"Content-Type: message/delivery-status\r\n\r\n" * deep)
    assert (mail.sender, mail.fault) == (CLARA, fault)


@pytest.mark.parametrize(
    "charset, text", [("punycode", "Mnchen-3ya"), ("PUNYCODE", "Mnchen-3ya"), ("idna", "xn--mnchen-3ya")]
)
def test_what_says_that_it_is_in_a_code_for_names_is_read_as_it_stands(charset: str, text: str) -> None:
    assert read_mail(part(text.encode(), f"text/plain; charset={charset}")).text == text
    assert why_not(read_mail(part(REPLY.encode(), f"text/calendar; charset={charset}")), AT) is None


@pytest.mark.parametrize("charset, wrong", [("utf-16-le", b"\x00\xd8"), ("gb18030", b"\xff"), ("shift_jis", b"\xff")])
def test_of_a_long_text_no_more_is_decoded_than_is_kept(charset: str, wrong: bytes) -> None:
    """What is wrong in it stands behind what is looked at."""
    content = ("a" + "中" * OCTETS * LONGEST_TEXT).encode(charset) + wrong
    encoded = part(b64encode(content), f"text/plain; charset={charset}", "base64")
    assert read_mail(encoded).text == "a" + "中" * (LONGEST_TEXT - 1)


def test_a_calendar_is_refused_by_its_octets_whatever_they_stand_for() -> None:
    for characters, why in ((LARGEST_CALENDAR // 4, None), (LARGEST_CALENDAR // 2, "unreadable")):
        more = "X-LONG:" + r"\U00000041" * characters
        content = REPLY.replace("END:VEVENT", f"{more}\r\nEND:VEVENT").encode()
        assert why_not(read_mail(part(content, "text/calendar; charset=unicode_escape")), AT) == why


def test_of_many_parts_the_first_are_read() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = CLARA, TO
    mail.set_content("Hello")
    for _ in range(PARTS):
        mail.add_attachment(b"x", "application", "pdf")
    mail.add_attachment(REPLY, subtype="calendar", filename="a.ics")
    assert why_not(read_mail(as_received(mail.as_bytes())), AT) == "message"


@pytest.mark.parametrize("more", [f"X-LONG:{'x' * LARGEST_CALENDAR}\r\n", "X:1\r\n" * LONGEST_CALENDAR])
def test_a_calendar_that_is_larger_than_any_answer_is_not_read(more: str) -> None:
    assert why_not(read_mail(part(REPLY.replace("END:VEVENT", f"{more}END:VEVENT").encode())), AT) == "unreadable"


@pytest.mark.parametrize("line", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("fold", ["", "\r\n ", "\r "])
def test_a_mail_with_a_type_of_thousands_of_parameters_is_known_by_its_head(line: str, fold: str) -> None:
    kind = "text/calendar" + f"{fold};a*0=b" * LONGEST_HEADER
    content = f"From: {CLARA}\r\nTo: {TO}\r\nSubject: x{line}Content-Type: {kind}\r\n\r\n{REPLY}".encode()
    assert read_mail(content) == Mail(sender=CLARA, recipients=(TO,), subject="x", fault="unreadable")


@pytest.mark.parametrize("content", [b"%%% no base64 %%%", b"QkVHSU46VkNBTEVOREFS", b"\xff\xfe\x00"])
def test_a_broken_encoding_is_unreadable(content: bytes) -> None:
    assert why_not(read_mail(part(content, encoding="base64")), AT) == "unreadable"


HEADERS = ["From", "To", "Subject", "Content-Type", "Content-Transfer-Encoding", "Content-Disposition",
           "Authentication-Results", "X-SES-RECEIPT", "Return-Path", "Received"]  # fmt: skip
VALUES = ["multipart/mixed; boundary=a", "text/calendar; method=REPLY", "message/rfc822", "base64", "=?x?q?=?=", "a@b",
          "=?utf-8?q?=ff?=@b.example",
          "attachment; filename*=x''%ff.ics", "text/plain; charset*0*=''x", ":;,<>@", "(" * 500]  # fmt: skip
LINES = st.sampled_from([*REPLY.split("\r\n"), "--a", "--a--", "", "ATTENDEE:", "DTSTAMP;VALUE=DATE:20210101",
                         "UID;X=\x00:", "BEGIN:VALARM", "SEQUENCE:9" + "9" * 40])  # fmt: skip


@given(st.binary(max_size=400))
def test_any_octets_are_read_without_an_error(content: bytes) -> None:
    assert isinstance(why_not(read_mail(content), AT), str)


@given(
    st.lists(st.tuples(st.sampled_from(HEADERS), st.sampled_from(VALUES) | st.text(max_size=30)), max_size=8),
    st.lists(LINES | st.text(max_size=20), max_size=25),
)
def test_any_mail_is_read_without_an_error(head: list[tuple[str, str]], body: list[str]) -> None:
    text = "\r\n".join([*(f"{name}: {value}" for name, value in head), "", *body])
    mail = read_mail(text.encode("utf-8", "replace"))
    assert all(said.encode() or not said for said in (mail.sender, *mail.recipients, mail.subject, mail.text))


@pytest.mark.parametrize(
    "sender", ["=?utf-8?q?=ff=fe?=@example.org", "=?utf-8?b?/w==?= <=?x?q?=ff?=@b.example>", "\udcff@b"]
)
def test_an_address_of_broken_letters_can_be_stored(sender: str) -> None:
    mail = read_mail(f"From: {sender}\r\nSubject: {sender}\r\n\r\nx".encode("utf-8", "surrogateescape"))
    assert (mail.sender + mail.subject).encode() is not None


@given(st.permutations(REPLY.split("\r\n")[:-1]), st.sampled_from(["text/calendar", "text/calendar; method=REPLY"]))
def test_lines_in_any_order_are_an_answer_or_none(lines: list[str], kind: str) -> None:
    mail = read_mail(part("\r\n".join([*lines, ""]).encode(), kind))
    assert mail.fault or mail.answers


def test_whatever_the_parser_does_a_mail_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(inbound_mail.BytesParser, "parsebytes", breaks)
    assert read_mail(b"From: a@b.example\r\n\r\n") == Mail()
