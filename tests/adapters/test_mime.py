"""A message as bytes, read back by two parsers: the standard library's and fast-mail-parser, which is in Rust."""

import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any, cast

import pytest
from fast_mail_parser import parse_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.adapters import mime
from chalicelib.adapters.mime import address, build
from chalicelib.domain.message import Attachment, CalendarObject, Message

PDF = Attachment("agenda.pdf", "application/pdf", bytes(range(256)) * 240)
ICS = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:PUBLISH\r\nSUMMARY:Сессия\r\nEND:VCALENDAR\r\n".encode()
BARE = Message(
    reference="i1.invitation.1", date=datetime(2021, 1, 14, 9, 30, tzinfo=UTC), language="ru",
    sender_name="Региональное бюро МОМ в Вене", sender="events@symposium.example",
    reply_to="secretariat@symposium.example", recipient_name="Нигора Каримова", recipient="n.karimova@example.org",
    subject="Приглашение, 28 января 2021 г.: Развитие субрегионального сотрудничества", text="Текст\n",
    html="<p>Текст</p>")
FULL = replace(BARE, attachments=(PDF,), calendar=(CalendarObject("PUBLISH", ICS),),
               list_unsubscribe="https://convoke.example/u/i1.k1.abc")

LINES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=300)


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def types(part: EmailMessage) -> Any:
    inner = [types(cast(EmailMessage, one)) for one in part.iter_parts()]
    return (part.get_content_type(), inner) if inner else part.get_content_type()


def test_the_parts_stand_in_the_order_that_mail_programs_expect() -> None:
    assert types(read(build(FULL))) == ("multipart/mixed", [
        ("multipart/alternative", ["text/plain", "text/html", "text/calendar"]), "application/ics", "application/pdf"])
    assert types(read(build(BARE))) == ("multipart/alternative", ["text/plain", "text/html"])


def test_both_parsers_read_what_was_put_in() -> None:
    raw = build(FULL)
    message, other = read(raw), parse_email(raw)
    assert message["Subject"] == other.subject == FULL.subject
    assert not message.defects
    plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain and plain.get_content().splitlines() == ["Текст"]
    assert html and html.get_content().splitlines() == ["<p>Текст</p>"]
    assert other.text_plain == ["Текст\r\n"]
    assert other.text_html == ["<p>Текст</p>\r\n"]
    contents = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
    assert contents == {"invite.ics": ICS, "agenda.pdf": PDF.content}
    assert {one.filename: one.content for one in other.attachments if one.filename} == contents


def test_the_calendar_is_the_last_alternative_with_its_method_and_also_a_file() -> None:
    parts = list(read(build(FULL)).walk())
    calendar = next(part for part in parts if part.get_content_type() == "text/calendar")
    assert calendar.get_param("method") == "PUBLISH"
    assert calendar.get_content_charset() == "utf-8"
    assert calendar.get_payload(decode=True) == ICS


def test_of_several_calendar_objects_the_first_is_an_alternative_and_each_is_a_file_of_its_own() -> None:
    request, cancel = (ICS.replace(b"PUBLISH", method) for method in (b"REQUEST", b"CANCEL"))
    raw = build(replace(FULL, calendar=(CalendarObject("CANCEL", cancel), CalendarObject("REQUEST", request))))
    assert types(read(raw)) == ("multipart/mixed", [
        ("multipart/alternative", ["text/plain", "text/html", "text/calendar"]), "application/ics", "application/ics",
        "application/pdf"])
    files = {part.get_filename(): part.get_content() for part in read(raw).iter_attachments()}
    assert files == {"cancelled.ics": cancel, "invite-2.ics": request, "agenda.pdf": PDF.content}
    assert b"method=CANCEL" in raw and b"method=REQUEST" not in raw


def test_a_method_other_than_the_calendars_is_refused() -> None:
    with pytest.raises(ValueError, match="METHOD"):
        build(replace(FULL, calendar=(CalendarObject("REQUEST", ICS),)))


def test_mail_that_one_can_leave_says_so_for_one_click_and_other_mail_does_not() -> None:
    message = read(build(FULL))
    assert message["List-Unsubscribe"] == "<https://convoke.example/u/i1.k1.abc>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "List-Unsubscribe" not in read(build(BARE))
    assert "List-Unsubscribe-Post" not in read(build(BARE))


def test_the_headers_that_receivers_look_for_are_there_once() -> None:
    message = read(build(FULL))
    for header in ("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"):
        assert len(message.get_all(header) or []) == 1, header
    assert message["Date"] == "Thu, 14 Jan 2021 09:30:00 +0000"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "ru"
    assert message["Message-ID"].endswith("@symposium.example>")


def test_a_delivery_has_one_message_id_and_the_same_bytes_every_time() -> None:
    assert build(FULL) == build(FULL)
    assert read(build(FULL))["Message-ID"] != read(build(replace(FULL, reference="i1.chase.1")))["Message-ID"]


@pytest.mark.parametrize("name", [
    "IOM, Regional Office", 'H.E. "Erkin" M.', "a@b: c", "back\\slash", "Ministère", "Нигора Каримова", "O'Neil",
    "=?utf-8?B?eA==?=", "x" * 200, "ж" * 300, " spaces ", "two  spaces"])
def test_a_display_name_comes_back_as_it_was(name: str) -> None:
    message = read(build(replace(BARE, sender_name=name, recipient_name=name)))
    [sender], [recipient] = message["From"].addresses, message["To"].addresses
    assert (sender.addr_spec, recipient.addr_spec) == (BARE.sender, BARE.recipient)
    assert sender.display_name.replace(" ", "") == recipient.display_name.replace(" ", "") == name.replace(" ", "")


def test_a_long_name_is_cut_between_words() -> None:
    name = "Министерство занятости и трудовых отношений Республики Узбекистан"
    [sender] = read(build(replace(BARE, sender_name=name)))["From"].addresses
    assert sender.display_name.split() == name.split()


@settings(max_examples=150, deadline=None)
@given(subject=LINES, name=LINES)
@example(subject="0000000¡¡¡¡¡¡¡¡¡¡𐀀𐀀𐀀𐀀", name="")
def test_any_subject_and_name_survive_and_no_line_is_too_long(subject: str, name: str) -> None:
    raw = build(replace(FULL, subject=subject, sender_name=name, recipient_name=name))
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78
    assert b"\n" not in raw.replace(b"\r\n", b"")
    message = read(raw)
    assert message["Subject"].split() == parse_email(raw).subject.split() == subject.split()
    assert [one.addr_spec for one in message["From"].addresses] == [BARE.sender]
    assert [one.addr_spec for one in message["To"].addresses] == [BARE.recipient]


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=400))
def test_any_text_comes_back_line_by_line(text: str) -> None:
    body = read(build(replace(FULL, text=text, html=text))).get_body(("plain",))
    assert body is not None
    got = cast(bytes, body.get_payload(decode=True)).decode()
    assert got == "\r\n".join(text.encode("utf-8", "replace").decode().splitlines()) + "\r\n"


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=2000))
def test_any_file_comes_back_bit_for_bit(content: bytes) -> None:
    raw = build(replace(BARE, attachments=(Attachment("a.pdf", "application/pdf", content),)))
    [part] = read(raw).iter_attachments()
    assert part.get_content() == content == parse_email(raw).attachments[-1].content


@pytest.mark.parametrize("evil", ["a\r\nBcc: x@example.org", "a\nb", "a\rb", "a\x00b", "a\u2028b", "a\x85b", "a\x7fb"])
@pytest.mark.parametrize("field", ["subject", "sender_name", "recipient_name", "recipient", "sender", "reply_to",
                                   "list_unsubscribe", "language"])
def test_a_line_break_or_control_character_in_a_header_is_refused(field: str, evil: str) -> None:
    changed: dict[str, Any] = {field: evil}
    with pytest.raises(ValueError, match=r"header|address"):
        build(replace(FULL, **changed))


@pytest.mark.parametrize(("filename", "content_type"), [
    ("повестка.pdf", "application/pdf"), ('a".pdf', "application/pdf"), ("a\r\n.pdf", "application/pdf"),
    ("../a.pdf", "application/pdf"), ("a.pdf", "application/pdf; x=y"), ("a.pdf", "pdf")])
def test_a_file_name_that_is_not_plain_ascii_is_refused(filename: str, content_type: str) -> None:
    with pytest.raises(ValueError, match=r"file name|content type"):
        build(replace(BARE, attachments=(Attachment(filename, content_type, b""),)))


def test_an_international_domain_goes_out_as_punycode() -> None:
    assert address("info@Министерство.рф") == "info@xn--b1afiashkohcid.xn--p1ai"
    assert Address(addr_spec=address("N.Karimova@EXAMPLE.org")).addr_spec == "N.Karimova@example.org"


@pytest.mark.parametrize("wrong", ["", "a", "a@", "@b.org", "a@b", "a b@c.org", "a@b.org,c@d.org", "ж@b.org",
                                   "a..b@c.org", "a@-b.org", "a@b_c.org", f"{'x' * 65}@b.org", "a@b.org\n"])
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError):
        address(wrong)


def test_no_line_is_longer_than_what_servers_must_take() -> None:
    long = replace(FULL, text="x" * 5000, html="<p>" + "y" * 5000, list_unsubscribe="https://x.example/" + "z" * 700)
    assert max(len(line) for line in build(long).split(b"\r\n")) <= 998


def test_a_boundary_never_occurs_within_a_part() -> None:
    raw = build(FULL)
    boundaries = re.findall(rb'boundary="([^"]+)"', raw)
    assert len(set(boundaries)) == 2
    again = build(replace(FULL, text=raw.decode(), html=raw.decode()))
    assert types(read(again)) == types(read(raw))


def test_a_file_is_encoded_once_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[int] = []
    plain = mime._base64

    def counting(data: bytes) -> bytes:
        encoded.append(len(data))
        return plain(data)

    monkeypatch.setattr(mime, "_base64", counting)
    mime._encoded_file.cache_clear()
    for number in range(5):
        again = Attachment("agenda.pdf", "application/pdf", bytes(bytearray(PDF.content)))
        build(replace(FULL, reference=f"i{number}", attachments=(again,)))
    assert encoded.count(len(PDF.content)) == 1
    assert encoded.count(len(ICS)) == 5


def test_building_a_mail_takes_little_time() -> None:
    message = replace(FULL, text="Текст письма.\n" * 200, html="<p style='color: #123456'>Текст письма</p>\n" * 400)
    build(message)
    started = time.process_time()
    for number in range(50):
        build(replace(message, reference=str(number)))
    assert (time.process_time() - started) / 50 < 0.005, "0.4 ms on a quiet machine; encoding the file again takes 7"
