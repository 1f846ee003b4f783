"""The invitee's pages: what a link opens, what a POST does, and what nothing but a POST may do."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import icalendar
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.pages import HEADERS
from chalicelib.adapters.store.invitees import Invitees, profile_key
from chalicelib.adapters.store.table import ConditionFailed, Update
from chalicelib.adapters.store.unchanged import NOT_OVERTAKEN
from chalicelib.domain.delivery import CATEGORIES
from chalicelib.domain.invitee import Invitee
from tests.adapters.page_cases import Tags
from tests.handlers.conftest import Web
from tests.shelf import DEADLINE, ENDS, FORM, NOW, raw_document
from tests.usecases.steps import register

PAGES = ["", "/answer", "/registration", "/confirmation", "/calendar.ics", "/agenda.pdf", "/feedback", "/data",
         "/data.json"]  # fmt: skip
OPENED = ENDS + timedelta(minutes=30)


@pytest.fixture
def clara(web: Web) -> Invitee:
    web.shelf.publish()
    return web.shelf.invite("clara", language="en", time_zone="Asia/Tashkent")[0]


def every_link(web: Web, invitee: Invitee) -> list[str]:
    return [*(web.link(invitee, page) for page in PAGES), web.leaving(invitee)]


def multipart(fields: dict[str, str]) -> tuple[bytes, str]:
    """A body as mail programs send it (RFC 7578), and its type."""
    head = "--x9\r\nContent-Disposition: form-data; name="
    parts = [f'{head}"{name}"\r\n\r\n{said}\r\n' for name, said in fields.items()]
    return ("".join(parts) + "--x9--\r\n").encode(), 'multipart/form-data; boundary="x9"'


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.body.decode()))


def open_feedback(web: Web) -> None:
    web.shelf.events.open_feedback("symposium", OPENED)
    web.shelf.clock.time = OPENED


# GET and HEAD


@pytest.mark.parametrize("moment", [NOW, DEADLINE + timedelta(days=1), OPENED], ids=["open", "closed", "over"])
@pytest.mark.parametrize("registered", [False, True])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_get_and_head_of_every_page_change_no_byte_of_the_table(
    web: Web, clara: Invitee, method: str, registered: bool, moment: Any
) -> None:
    if registered:
        register(web.shelf, clara)
        web.shelf.take()
    if moment == OPENED:
        open_feedback(web)
    web.shelf.clock.time = moment
    before = web.shelf.items()
    for url in every_link(web, clara):
        for suffix in ("", "?lang=ru", "?lang=xx&answer=accepted&action=leave", "?category=feedback&action=leave"):
            answer = web.request(method, url + suffix)
            nothing = url.endswith("/calendar.ics") and not registered
            assert answer.status_code == (404 if nothing else 200), url
            assert (answer.body == b"") == (method == "HEAD")
    assert (web.shelf.items(), web.shelf.queued()) == (before, [])


def test_a_head_request_has_the_headers_of_the_get(web: Web, clara: Invitee) -> None:
    for url in every_link(web, clara):
        assert web.request("HEAD", url).headers == web.get(url).headers


def test_pages_are_kept_nowhere_send_no_referrer_and_run_no_script(web: Web, clara: Invitee) -> None:
    for url in every_link(web, clara):
        headers = web.get(url).headers
        assert HEADERS.items() <= headers.items()
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Robots-Tag"] == "noindex"
        assert headers["Strict-Transport-Security"].startswith("max-age=")
        if headers["Content-Type"].startswith("text/html"):
            assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")


def test_the_familiarisation_is_not_ticked_beforehand(web: Web) -> None:
    hello = {"id": "hello", "kind": "familiarisation", "title": {"en": "Hello"}, "starts": "08:00", "ends": "08:30"}
    web.shelf.publish(sessions=[hello, *raw_document()["sessions"]])
    [anna] = web.shelf.invite("anna")
    page = web.get(web.link(anna, "/registration")).body.decode()
    ticked = dict(re.findall(r'name="sessions" value="([^"]*)"( checked)?', page))
    assert ticked == {"hello": "", "session-1": " checked", "session-2": " checked"}


def test_a_redirect_is_kept_from_caches_referrers_and_plain_http_too(web: Web, clara: Invitee) -> None:
    answer = web.form(web.link(clara, "/answer"), {"answer": "declined"})
    assert answer.status_code == 303
    assert HEADERS.items() <= answer.headers.items()


# links


def test_a_forged_altered_or_revoked_link_is_answered_exactly_as_an_unknown_one(web: Web, clara: Invitee) -> None:
    token, leaving = web.shelf.links.token(clara), web.shelf.links.token(clara, "unsubscribe")
    last = "A" if token[-1] != "A" else "B"
    wrong = {
        "unknown": token.replace(clara.id, "nobody".ljust(20, "x")),
        "altered": token[:-1] + last,
        "another key": token.replace(".1.", ".2."),
        "another purpose": leaving,
        "no token": "hello",
        "much too long": "a" * 3000,
        "odd letters": "%D0%9F.%00.%2F",
    }
    answers = {name: web.get(f"/i/{one}") for name, one in wrong.items()}
    web.shelf.table.write(Update(profile_key(clara.id), {"generation": 2}))
    answers["revoked"] = web.get(f"/i/{token}")
    unknown = answers["unknown"]
    assert unknown.status_code == 404
    for name, answer in answers.items():
        assert (answer.status_code, answer.body, answer.headers) == (404, unknown.body, unknown.headers), name


def test_a_wrong_link_takes_no_form_either(web: Web, clara: Invitee) -> None:
    before, wrong = web.shelf.items(), web.shelf.links.token(clara)[:-1]
    forms: list[tuple[str, dict[str, Any]]] = [
        ("answer", {"answer": "declined"}), ("registration", FORM), ("feedback", {"overall": "5"}),
    ]  # fmt: skip
    for page, fields in forms:
        assert web.form(f"/i/{wrong}/{page}", fields).status_code == 404
    assert web.form(f"/u/{web.shelf.links.token(clara)}", {}).status_code == 404
    assert web.shelf.items() == before


# answering


def test_accepting_leads_to_the_registration_and_this_to_the_confirmation(web: Web, clara: Invitee) -> None:
    answer = web.form(web.link(clara, "/answer"), {"answer": "accepted"})
    assert (answer.status_code, answer.headers["Location"]) == (303, web.link(clara, "/registration"))
    done = web.form(web.link(clara, "/registration"), FORM)
    assert (done.status_code, done.headers["Location"]) == (303, web.link(clara, "/confirmation"))
    assert web.shelf.file(clara).registration.name == "Clara Weiss"
    assert "Clara Weiss" in text(web.get(web.link(clara, "/confirmation")))
    assert [work.kind for work in web.shelf.take()] == ["confirmation"]


@pytest.mark.parametrize("chosen", ["declined", "tentative"])
def test_another_answer_leads_back_to_the_invitation(web: Web, clara: Invitee, chosen: str) -> None:
    answer = web.form(web.link(clara, "/answer"), {"answer": chosen})
    assert (answer.status_code, answer.headers["Location"]) == (303, web.link(clara))
    assert web.shelf.file(clara).invitee.rsvp == chosen


def test_a_redirect_stays_in_the_language_that_was_chosen(web: Web, clara: Invitee) -> None:
    answer = web.form(web.link(clara, "/answer") + "?lang=ru", {"answer": "accepted"})
    assert answer.headers["Location"] == web.link(clara, "/registration") + "?lang=ru"


def test_an_answer_that_is_none_is_told_at_the_field_with_422(web: Web, clara: Invitee) -> None:
    before = web.shelf.items()
    answer = web.form(web.link(clara, "/answer"), {})
    assert answer.status_code == 422
    assert "Choose one of the answers" in text(answer)
    assert web.shelf.items() == before


def test_a_reload_after_a_refused_answer_shows_the_invitation(web: Web, clara: Invitee) -> None:
    assert web.get(web.link(clara, "/answer")).body == web.get(web.link(clara)).body


def test_a_decline_that_other_windows_overtake_is_told_with_409(
    web: Web, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(*_: Any) -> None:
        raise ConditionFailed(NOT_OVERTAKEN)

    monkeypatch.setattr(Invitees, "answer", overtaken)
    answer = web.form(web.link(clara, "/answer"), {"answer": "declined"})
    assert (answer.status_code, "changed in another window" in text(answer)) == (409, True)


def test_a_registration_that_is_not_complete_keeps_what_was_typed(web: Web, clara: Invitee) -> None:
    answer = web.form(
        web.link(clara, "/registration"), {"name": "Clara <b>", "organisation": "", "sessions": ["session-2"]}
    )
    assert answer.status_code == 422
    assert 'value="Clara &lt;b&gt;"' in answer.body.decode()
    assert re.search(r'value="session-2"[^>]* checked', answer.body.decode())
    assert "Enter the organisation" in text(answer)


def test_after_the_deadline_forms_are_answered_410_with_the_page_that_says_so(web: Web, clara: Invitee) -> None:
    web.shelf.clock.time = DEADLINE + timedelta(seconds=1)
    before = web.shelf.items()
    for page, fields in (("answer", {"answer": "accepted"}), ("registration", FORM)):
        answer = web.form(web.link(clara, f"/{page}"), fields)
        assert answer.status_code == 410
        assert b"<form" not in answer.body
    assert web.shelf.items() == before


def test_a_registration_from_a_second_window_is_told_with_409_and_keeps_what_was_typed(
    web: Web, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Invitees.register

    def overtaken(invitees: Invitees, *arguments: Any) -> None:
        monkeypatch.setattr(Invitees, "register", first)
        register(web.shelf, clara, name=["The other window"])
        first(invitees, *arguments)

    monkeypatch.setattr(Invitees, "register", overtaken)
    answer = web.form(web.link(clara, "/registration"), {**FORM, "name": "This window"})
    assert (answer.status_code, web.shelf.file(clara).registration.name) == (409, "The other window")
    assert "This window" in answer.body.decode()


def test_a_double_click_on_register_leads_to_the_confirmation_both_times(
    web: Web, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Invitees.register

    def clicked_twice(invitees: Invitees, *arguments: Any) -> None:
        monkeypatch.setattr(Invitees, "register", first)
        assert web.form(web.link(clara, "/registration"), FORM).status_code == 303
        first(invitees, *arguments)

    monkeypatch.setattr(Invitees, "register", clicked_twice)
    answer = web.form(web.link(clara, "/registration"), FORM)
    assert (answer.status_code, answer.headers["Location"]) == (303, web.link(clara, "/confirmation"))
    assert len(web.shelf.queued()) == 1


# files


def test_the_calendar_has_the_chosen_sessions_and_the_link_to_join_only_for_the_registered(
    web: Web, clara: Invitee
) -> None:
    assert web.get(web.link(clara, "/calendar.ics")).status_code == 404, "she has not chosen yet"
    web.shelf.publish(attachments={"invitation": ["calendar"]})
    before = web.get(web.link(clara, "/calendar.ics"))
    assert before.headers["Content-Type"].startswith("text/calendar")
    assert (before.body.count(b"BEGIN:VEVENT"), b"/j/" in before.body.replace(b"\r\n ", b"")) == (2, False)
    register(web.shelf, clara, sessions=["session-2"])
    after = web.get(web.link(clara, "/calendar.ics")).body.replace(b"\r\n ", b"")
    joins = f"URL:{web.shelf.links.url(clara, 'join', '/session-2')}\r\n".encode()
    assert (after.count(b"STATUS:CONFIRMED"), joins in after) == (1, True)
    assert b"zoom.example.org" not in after
    assert after.count(b"STATUS:CANCELLED") == 1, "the other one was proposed"


@pytest.mark.parametrize("said", ["declined", "tentative"])
def test_somebody_who_does_not_come_or_is_not_sure_any_more_gets_the_cancellation_of_what_was_registered_for(
    web: Web, clara: Invitee, said: str
) -> None:
    register(web.shelf, clara, sessions=["session-2"])
    standing = web.get(web.link(clara, "/calendar.ics")).body
    assert web.form(web.link(clara, "/answer"), {"answer": [said]}).status_code == 303
    cancelled = web.get(web.link(clara, "/calendar.ics"))
    assert "method=PUBLISH" in cancelled.headers["Content-Type"], "a CANCEL has one UID alone"
    assert (cancelled.body.count(b"STATUS:CANCELLED"), b"STATUS:CONFIRMED" in cancelled.body) == (1, False)
    assert uid_and_sequence(cancelled.body)[0] == uid_and_sequence(standing)[0]
    assert uid_and_sequence(cancelled.body)[1] > uid_and_sequence(standing)[1]


def test_somebody_who_declined_at_once_has_nothing_for_the_calendar(web: Web, clara: Invitee) -> None:
    assert web.form(web.link(clara, "/answer"), {"answer": ["declined"]}).status_code == 303
    assert web.get(web.link(clara, "/calendar.ics")).status_code == 404


def uid_and_sequence(content: bytes) -> tuple[str, int]:
    """Of the one entry of a calendar."""
    [event] = icalendar.Calendar.from_ical(content).walk("VEVENT")
    return str(event["UID"]), int(event["SEQUENCE"])


def test_the_link_to_join_is_on_no_page_of_somebody_who_is_not_registered(web: Web, clara: Invitee) -> None:
    for url in every_link(web, clara):
        assert b"zoom.example.org" not in web.get(url).body


def test_the_agenda_is_a_pdf_typeset_once(web: Web, clara: Invitee) -> None:
    for _ in range(3):
        answer = web.get(web.link(clara, "/agenda.pdf"))
        assert (answer.headers["Content-Type"], answer.body[:5]) == ("application/pdf", b"%PDF-")
    assert len(web.shelf.typesetter.calls) == 1


def test_an_agenda_that_cannot_be_set_is_a_page_in_words_and_not_a_trace(web: Web, clara: Invitee) -> None:
    web.shelf.typesetter.failing = True
    answer = web.get(web.link(clara, "/agenda.pdf"))
    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith("text/html")
    assert b"no ink" not in answer.body


# feedback and leaving


def test_feedback_is_given_once_and_thanked_for(web: Web, clara: Invitee) -> None:
    register(web.shelf, clara)
    assert web.form(web.link(clara, "/feedback"), {"overall": "5"}).status_code == 410
    open_feedback(web)
    wrong = web.form(web.link(clara, "/feedback"), {"overall": "9", "more": "typed"})
    assert (wrong.status_code, "typed" in text(wrong)) == (422, True)
    for _ in range(2):
        answer = web.form(web.link(clara, "/feedback"), {"overall": "5", "more": "Good"})
        assert (answer.status_code, answer.headers["Location"]) == (303, web.link(clara, "/feedback"))
    assert len(web.shelf.items("FEEDBACK#")) == 1
    assert "Thank you" in text(web.get(web.link(clara, "/feedback")))


def test_who_is_not_registered_is_shown_the_invitation_instead_of_the_feedback_form(web: Web, clara: Invitee) -> None:
    open_feedback(web)
    assert web.get(web.link(clara, "/feedback")).body == web.get(web.link(clara)).body
    answer = web.form(web.link(clara, "/feedback"), {"overall": "5"})
    assert (answer.status_code, b"<form" in answer.body) == (410, False)
    assert web.shelf.items("FEEDBACK#") == []


def test_five_long_texts_in_cyrillic_letters_are_taken(web: Web) -> None:
    texts = [{"id": f"q{n}", "kind": "text", "label": {"en": "Say", "ru": "Скажите"}} for n in range(5)]
    web.shelf.publish(feedback={"questions": texts})
    [boris] = web.shelf.invite("boris")
    register(web.shelf, boris)
    open_feedback(web)
    fields = {f"q{n}": "Щ" * 4000 for n in range(5)}
    assert web.form(web.link(boris, "/feedback"), fields).status_code == 303
    assert len(web.shelf.items("FEEDBACK#")) == 1


@pytest.mark.parametrize("category", CATEGORIES)
def test_leaving_on_the_page_takes_its_button_and_coming_back_a_tick_too(
    web: Web, clara: Invitee, category: str
) -> None:
    """From either link: the form says which category."""
    link, named = web.leaving(clara), {"category": category}
    for _ in range(2):
        answer = web.form(link, {"action": "leave", **named})
        assert (answer.status_code, answer.headers["Location"]) == (303, web.leaving(clara, category))
    assert web.shelf.file(clara).invitee.left == (category,)
    unticked = web.form(link, {"action": "come-back", **named})
    assert (unticked.status_code, "Tick the box first" in text(unticked)) == (422, True)
    assert web.shelf.file(clara).invitee.left == (category,)
    assert web.form(link, {"action": "come-back", "again": "yes", **named}).status_code == 303
    assert web.shelf.file(clara).invitee.left == ()


@pytest.mark.parametrize("category", CATEGORIES)
def test_the_first_form_of_a_link_posts_what_leaving_and_coming_back_take(
    web: Web, clara: Invitee, category: str
) -> None:
    link = web.leaving(clara, category)
    for left in ([category], []):
        shown = Tags(web.get(link).body.decode())
        form, button = shown.all("form")[0], shown.all("button")[0]
        boxes = [box for box in shown.all("input") if box["type"] == "checkbox"]
        assert not any("checked" in box for box in boxes)
        hidden = next(field for field in shown.all("input") if field["type"] == "hidden")
        posted = {one["name"]: one["value"] for one in (hidden, button, *boxes)}
        assert web.form(form["action"], posted).status_code == 303
        assert web.shelf.file(clara).invitee.left == tuple(left)


@pytest.mark.parametrize("category, words", [
    ("invitations", "You will get no more invitations"), ("feedback", "You will get no more feedback requests"),
])  # fmt: skip
@pytest.mark.parametrize("body, content_type", [
    (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
    multipart({"List-Unsubscribe": "One-Click"}),
])  # fmt: skip
def test_the_one_click_of_a_mail_program_is_done_at_once_and_leads_nowhere_else(
    web: Web, clara: Invitee, body: bytes, content_type: str, category: str, words: str
) -> None:
    """RFC 8058, section 3.1: either form type, and no redirect. It leaves the category of its link alone."""
    for _ in range(2):
        answer = web.request("POST", web.leaving(clara, category), body, content_type=content_type)
        assert (answer.status_code, words in text(answer)) == (200, True)
        assert "Location" not in answer.headers
    assert web.shelf.file(clara).invitee.left == (category,)


@pytest.mark.parametrize("category", ["reminders", "Feedback", "invitations%20"])
def test_a_link_with_a_category_that_there_is_not_leads_nowhere(web: Web, clara: Invitee, category: str) -> None:
    before, link = web.shelf.items(), f"{web.leaving(clara)}?category={category}"
    assert web.get(link).status_code == 404
    assert web.form(link, {"List-Unsubscribe": "One-Click"}).status_code == 404
    assert web.form(web.leaving(clara), {"action": "leave", "category": category}).status_code == 404
    assert web.shelf.items() == before


def test_the_page_of_a_category_keeps_it_in_another_language(web: Web, clara: Invitee) -> None:
    web.form(web.leaving(clara), {"action": "leave", "category": "feedback"})
    shown = Tags(web.get(web.leaving(clara, "feedback")).body.decode())
    [russian] = [link["href"] for link in shown.all("a") if link.get("hreflang") == "ru"]
    assert "Просьбы об отзыве больше приходить не будут" in text(web.get(russian))


@pytest.mark.parametrize("body, content_type", [
    (b"", "application/x-www-form-urlencoded"), (b"action=subscribe", "application/x-www-form-urlencoded"),
    (b"List-Unsubscribe=", "application/x-www-form-urlencoded"), (b"again=yes", "application/x-www-form-urlencoded"),
    (b"", "multipart/form-data"), (b"List-Unsubscribe=One-Click", "multipart/form-data; boundary=x9"),
    (multipart({"List-Unsubscribe": "One-Click"})[0], "multipart/form-data; boundary=other"),
    (b'--x9\r\nContent-Disposition: form-data\r\n\r\nOne-Click\r\n--x9--', "multipart/form-data; boundary=x9"),
    (b'--x9\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x9--', "multipart/form-data; boundary=x9"),
    multipart({f"a{n}": "1" for n in range(201)}),
])  # fmt: skip
def test_any_other_post_to_the_unsubscribe_page_is_shown_it_again_with_422_and_changes_nothing(
    web: Web, clara: Invitee, body: bytes, content_type: str
) -> None:
    before = web.shelf.items()
    answer = web.request("POST", web.leaving(clara), body, content_type=content_type)
    assert (answer.status_code, "No more mail about this event?" in text(answer)) == (422, True)
    assert web.shelf.items() == before


# languages


def test_a_page_speaks_the_persons_language_and_another_on_request(web: Web) -> None:
    web.shelf.publish()
    [aigul] = web.shelf.invite("aigul", language="ru")
    own, other, unknown = (web.get(web.link(aigul) + query).body.decode() for query in ("", "?lang=en", "?lang=fr"))
    assert 'lang="ru"' in own and "Симпозиум по миграции" in own
    assert 'lang="en"' in other and "Symposium on Migration" in other
    assert unknown == own


# anything that may come


@pytest.mark.parametrize("body", [
    b"\xff\xfe=1", b"a" * 1_000_001, b"answer=" + b"a" * 1_000_000,
    b"&".join(b"a=1" for _ in range(201)), b"answer=%ff%fe", b"answer=\x00", b"=&=&&&",
    b"answer=%ED%A0%80", b'{"answer": "accepted"}',
])  # fmt: skip
def test_a_form_that_cannot_be_read_is_never_our_failure_and_changes_nothing(
    web: Web, clara: Invitee, body: bytes
) -> None:
    open_feedback(web)
    web.shelf.clock.time = NOW
    before = web.shelf.items()
    for page in ("answer", "registration"):
        answer = web.form(web.link(clara, f"/{page}"), body)
        assert answer.status_code in (400, 413, 422), (page, answer.status_code)
        assert answer.headers["Content-Type"].startswith("text/html")
    assert web.form(web.leaving(clara), body).status_code == 422
    assert web.shelf.items() == before


def test_a_form_of_another_kind_is_refused_by_its_type(web: Web, clara: Invitee) -> None:
    answer = web.request("POST", web.link(clara, "/answer"), b'{"answer": "accepted"}', content_type="application/json")
    assert answer.status_code == 415
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "go back, and send the form once more" in text(answer)
    assert web.request("POST", web.leaving(clara), b"{}", content_type="application/json").status_code == 415


FIELDS = st.sampled_from(
    ["answer", "name", "organisation", "sessions", "consent", "overall", "best", "more", "action", "x"]
)
FORMS = st.lists(
    st.tuples(FIELDS, st.text(max_size=40) | st.sampled_from(["accepted", "session-1", "yes", "5"])), max_size=8
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=FORMS | st.binary(max_size=200), lang=st.text(max_size=5), moment=st.sampled_from([NOW, OPENED]))
def test_no_form_whatsoever_makes_a_page_fail(web: Web, fields: Any, lang: str, moment: Any) -> None:
    if web.shelf.events.find("symposium") is None:
        web.shelf.publish()
        web.shelf.invite("clara")
        web.shelf.events.open_feedback("symposium", OPENED)
    web.shelf.clock.time = moment
    clara = web.shelf.invitees.file("clara".ljust(20, "x")).invitee  # type: ignore[union-attr]
    body = fields if isinstance(fields, bytes) else urlencode(fields, errors="surrogatepass").encode()
    query = f"?lang={quote(lang, errors='surrogatepass')}"
    for url in (*(web.link(clara, f"/{page}") for page in ("answer", "registration", "feedback")), web.leaving(clara)):
        answer = web.form(url + query, body)
        assert answer.status_code in (303, 409, 410, 422), (url, answer.status_code)
    for url in every_link(web, clara):
        assert web.get(url + query).status_code in ((200, 404) if url.endswith("/calendar.ics") else (200,))


def test_who_declines_may_say_why_and_the_organiser_reads_it(web: Web, clara: Invitee) -> None:
    said = {"answer": "declined", "reason": "On mission\r\nuntil <b>March</b>\u202e"}
    assert web.form(web.link(clara, "/answer"), said).status_code == 303
    seen = web.api("GET", f"/symposium/invitees/{clara.id}").json_body
    assert seen["invitee"]["reason"] == "On mission until <b>March</b>"
    assert "On mission until &lt;b&gt;March&lt;/b&gt;" in web.get(web.link(clara)).body.decode()
    web.form(web.link(clara, "/answer"), {"answer": "tentative", "reason": "not kept"})
    assert web.shelf.file(clara).invitee.reason == ""


@pytest.mark.parametrize("size", [501, 65_536])
def test_a_reason_that_is_too_long_is_refused_at_its_field_and_nothing_is_written(
    web: Web, clara: Invitee, size: int
) -> None:
    before = web.shelf.items()
    refused = web.form(web.link(clara, "/answer"), {"answer": "declined", "reason": "x" * size})
    assert refused.status_code == 422 and 'href="#reason"' in refused.body.decode()
    assert web.shelf.items() == before
