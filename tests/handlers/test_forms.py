"""The event's own questions, from the page to the organiser's list."""

from collections import Counter
from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.store.contributions import Contributions
from chalicelib.domain.invitee import Invitee
from chalicelib.domain.private_upload import PrivateUpload
from tests.domain.form_fields import fitting, sent_to, sound_forms, uploads_of
from tests.handlers.conftest import Web
from tests.handlers.test_invitees import every_link, text
from tests.shelf import FORM, NOW, raw_document
from tests.usecases.test_places import LINE, counts, state

QUESTIONS: list[dict[str, Any]] = [
    {"use": "dietary"},
    {"id": "workshop", "kind": "choice", "required": True, "label": {"en": "Workshop", "ru": "Мастер-класс"},
     "choices": [{"id": "data", "label": {"en": "Data", "ru": "Данные"}, "capacity": 1},
                 {"id": "policy", "label": {"en": "Policy", "ru": "Политика"}}]},
    {"id": "visa", "kind": "yes-no", "label": {"en": "Visa?", "ru": "Виза?"}},
    {"id": "passport", "kind": "country", "required": True, "label": {"en": "Passport", "ru": "Паспорт"},
     "shown_if": {"field": "visa", "equals": ["yes"]}},
]  # fmt: skip
GIVEN = {"q-dietary": ["halal"], "q-workshop": ["policy"], "q-visa": ["yes"], "q-passport": ["TJ"]}


@pytest.fixture
def people(web: Web) -> list[Invitee]:
    web.shelf.publish(form=QUESTIONS, waitlist=LINE)
    return web.shelf.invite("anna", "boris", language="en")


def send(web: Web, one: Invitee, **changes: Any) -> Any:
    return web.form(web.link(one, "/registration"), {**FORM, **GIVEN, **changes})


def test_answers_are_stored_shown_again_and_listed(web: Web, people: list[Invitee]) -> None:
    assert send(web, people[0]).status_code == 303
    answers = {"dietary": ["halal"], "workshop": "policy", "visa": True, "passport": "TJ"}
    assert web.shelf.file(people[0]).registered.answers == answers
    page = web.get(web.link(people[0], "/registration")).body.decode()
    assert 'value="halal" checked' in page and '<option value="TJ" selected>Tajikistan' in page
    [row] = web.api("GET", "/symposium/registrations").json_body["registrations"]
    assert row["answers"] == answers
    table = web.api("GET", "/symposium/registrations", accept="text/csv").body.decode()
    assert "answer: dietary,answer: workshop,answer: visa,answer: passport" in table.replace(";", ",")
    assert "halal" in table and "yes" in table


def test_what_does_not_fit_is_told_at_its_question_and_nothing_is_stored(web: Web, people: list[Invitee]) -> None:
    before = web.shelf.items()
    refused = send(web, people[0], **{"q-passport": ["XX"], "q-workshop": []})
    assert refused.status_code == 422
    assert 'href="#q-passport"' in refused.body.decode() and 'href="#q-workshop"' in refused.body.decode()
    assert "Choose a country from the list." in text(refused)
    assert web.shelf.items() == before


def test_the_same_answers_again_change_nothing_and_others_are_a_new_version(web: Web, people: list[Invitee]) -> None:
    send(web, people[0])
    before = web.shelf.items()
    send(web, people[0])
    assert web.shelf.items() == before
    send(web, people[0], **{"q-visa": ["no"]})
    registration = web.shelf.file(people[0]).registered
    assert (registration.version, "passport" in registration.answers) == (2, False)


def test_a_choice_has_its_places(web: Web, people: list[Invitee]) -> None:
    anna, boris = people
    send(web, anna, **{"q-workshop": ["data"]})
    assert counts(web.shelf)["t_choice__workshop__data"] == 1
    assert "Full: who chooses it is put on the waiting list." in text(web.get(web.link(boris, "/registration")))
    send(web, boris, **{"q-workshop": ["data"]})
    assert state(web.shelf, boris) == "waiting"


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "=HYPERLINK(1)", "Clara\r\nBcc: x@y", "a\u202eb"])
def test_hostile_text_is_text(web: Web, hostile: str) -> None:
    web.shelf.publish(form=[{"id": "badge", "kind": "long-text", "label": {"en": "Badge"}}])
    [anna] = web.shelf.invite("anna")
    sent = web.form(web.link(anna, "/registration"), {**FORM, "name": [hostile], "q-badge": [hostile]})
    assert sent.status_code == 303
    page = web.get(web.link(anna, "/registration")).body.decode()
    assert "<script>alert" not in page and "\u202e" not in page
    table = web.api("GET", "/symposium/registrations", accept="text/csv").body.decode()
    assert "\n=HYPERLINK" not in table and ",=HYPERLINK" not in table and '"=HYPERLINK' not in table


def test_an_answer_on_paper_is_refused_by_the_names_that_the_caller_sent(web: Web, people: list[Invitee]) -> None:
    paper = {"answer": "accepted", "on_behalf": "Note", "organisation": "UN", "consent": True}
    paper |= {"sessions": ["session-1"]}
    for answers, wrong in (
        ({"workshop": "z", "visa": True}, ["answers.workshop", "answers.passport"]),
        ({"workshop": "data", "q-visa": True}, ["answers.q-visa"]),
    ):
        refused = web.api("POST", f"/symposium/invitees/{people[0].id}/answer", {**paper, "answers": answers})
        assert (refused.status_code, [one["field"] for one in refused.json_body["errors"]]) == (422, wrong)


def test_a_form_that_cannot_work_is_refused_with_its_place(web: Web) -> None:
    wrong = raw_document(form=[{"id": "a", "kind": "choice", "label": {"en": "A"}}])
    refused = web.api("PUT", "/symposium", wrong)
    assert refused.status_code == 422
    assert refused.json_body["errors"][0]["field"].startswith("form.0")


def have_uploaded(web: Web, one: Invitee, questions: list[Any]) -> None:
    """The files that the person may answer the form's questions with."""
    store = Contributions(web.shelf.table)
    for question in questions:
        for upload in uploads_of(question["id"]) if question.get("formats") else ():
            kept = PrivateUpload(id=upload, invitee=one.id, event=one.event, purpose=f"question {question['id']}",
                                 filename="a.pdf", size=9, type=question["formats"][0], etag="e",
                                 checked_at=NOW)  # fmt: skip
            assert store.note(kept) and store.kept(kept)


def test_no_answers_to_any_form_make_a_page_fail(web: Web) -> None:
    met: Counter[Any] = Counter()
    number = count()

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data(), questions=sound_forms(), meant=st.booleans())
    def holds(data: st.DataObject, questions: list[Any], meant: bool) -> None:
        web.shelf.publish(form=questions, waitlist=LINE)
        [one] = web.shelf.invite(f"anna{next(number)}", language="en")
        have_uploaded(web, one, questions)
        fits = st.fixed_dictionaries({f"q-{field['id']}": fitting(field) for field in questions})
        said = data.draw(fits if meant else sent_to(questions))
        body = urlencode({**FORM, **said}, doseq=True, errors="surrogatepass").encode()
        sent = web.form(web.link(one, "/registration"), body)
        assert sent.status_code == 303 if meant else sent.status_code in (303, 422), sent.status_code
        if sent.status_code == 422:
            assert any(f'href="#q-{field["id"]}"' in sent.body.decode() for field in questions)
            assert web.shelf.file(one).registration is None
        for url in every_link(web, one):
            nothing = url.endswith("/calendar.ics") and web.shelf.file(one).registered is None
            assert web.get(url).status_code == (404 if nothing else 200), url
        met[sent.status_code] += 1

    holds()
    assert met[303] and met[422], met
    for accept in ("application/json", "text/csv"):
        assert web.api("GET", "/symposium/registrations", accept=accept).status_code == 200
