"""An invitation that is passed on to a colleague, and taken back."""

import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.adapters.store.delegates import Delegates
from chalicelib.adapters.store.limits import INVITED
from chalicelib.domain.invitee import Invitee
from tests.handlers.conftest import Web
from tests.handlers.test_invitees import text
from tests.shelf import BASE, DEADLINE, FORM, NOW
from tests.usecases.steps import suppress, tick, work_off
from tests.usecases.test_places import LINE, counts, state
from tests.usecases.uploading import PAPER

AZIZ = {"name": "Aziz Karimov", "email": "Aziz.Karimov@Ministry.Example"}


@pytest.fixture
def anna(web: Web) -> Invitee:
    web.shelf.publish(capacity=5, waitlist=LINE)
    return web.shelf.invite("anna", language="en", category="un", delegation="Ministry")[0]


def pass_on(web: Web, one: Invitee, **changes: str) -> Any:
    return web.form(web.link(one, "/colleague"), {**AZIZ, **changes})


def take_back(web: Web, one: Invitee) -> int:
    return int(web.form(web.link(one, "/colleague"), {"action": "take-back"}).status_code)


def colleague(web: Web, one: Invitee) -> Invitee:
    return web.shelf.file(one.model_copy(update={"id": web.shelf.file(one).invitee.delegated_to})).invitee


def test_the_colleague_gets_an_invitation_of_their_own_and_both_know_of_the_other(web: Web, anna: Invitee) -> None:
    assert pass_on(web, anna).status_code == 303
    aziz = colleague(web, anna)
    assert (aziz.email, aziz.category) == ("Aziz.Karimov@ministry.example", "un")
    assert (aziz.delegation, aziz.chain) == ("Ministry", 1)
    assert (web.shelf.file(anna).invitee.rsvp, aziz.delegated_from) == ("delegated", anna.id)
    work_off(web.shelf)
    [mail] = web.shelf.mails(kind="invitation")
    said = mail.get_body(("plain",)).get_content()
    assert "Aziz.Karimov@ministry.example" in mail["To"] and "Anna cannot come and has named you" in said
    assert web.shelf.links.url(aziz) in said
    assert "Aziz Karimov goes in your place" in text(web.get(web.link(anna)))
    assert "Anna passed this invitation on to you." in text(web.get(web.link(aziz)))
    assert web.form(web.link(aziz, "/registration"), FORM).status_code == 303
    assert "Your colleague has accepted." in text(web.get(web.link(anna)))


def test_a_registration_is_withdrawn_and_its_places_are_free_again(web: Web, anna: Invitee) -> None:
    web.form(web.link(anna, "/registration"), FORM)
    pass_on(web, anna)
    assert (state(web.shelf, anna), counts(web.shelf)) == ("none", {})


def test_who_passed_it_on_answers_nothing_before_they_take_it_back(web: Web, anna: Invitee) -> None:
    pass_on(web, anna)
    for path, form in (("/answer", {"answer": "accepted"}), ("/registration", FORM), ("/colleague", AZIZ)):
        assert web.form(web.link(anna, path), form).status_code == 409
    assert web.shelf.file(anna).invitee.rsvp == "delegated"


def test_taking_it_back_ends_the_colleagues_link_and_registration(web: Web, anna: Invitee) -> None:
    pass_on(web, anna)
    aziz = colleague(web, anna)
    web.form(web.link(aziz, "/registration"), FORM)
    assert [take_back(web, anna) for _ in range(2)] == [303, 303]
    assert web.get(web.link(aziz)).status_code == 404
    assert (state(web.shelf, aziz), counts(web.shelf)) == ("none", {})
    assert web.shelf.file(anna).invitee.rsvp == "needs-action"
    assert pass_on(web, anna).status_code == 303
    assert colleague(web, anna).id != aziz.id


def test_who_has_the_invitation_already_is_told_that_it_was_taken_back(web: Web, anna: Invitee) -> None:
    pass_on(web, anna)
    work_off(web.shelf)
    aziz = colleague(web, anna)
    assert [take_back(web, anna) for _ in range(2)] == [303, 303]
    assert work_off(web.shelf) == {"sent": 1}
    [mail] = web.shelf.mails(kind="withdrawn")
    said = mail.get_body(("plain",)).get_content()
    assert "Anna passed an invitation on to you. It has been taken back." in said and aziz.email in mail["To"]
    assert "You need not answer it any more." in said
    assert re.findall(r"/i/\S*", said) == [web.link(web.shelf.file(aziz).invitee, "/data").removeprefix(BASE)]


def test_who_left_the_invitations_is_not_named_again_after_taking_back(web: Web, anna: Invitee) -> None:
    pass_on(web, anna)
    aziz = colleague(web, anna)
    assert web.form(web.leaving(aziz), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert take_back(web, anna) == 303
    assert "This person has an invitation of their own already." in text(pass_on(web, anna))
    work_off(web.shelf)
    assert web.shelf.recipients() == []


def test_who_passed_it_on_is_asked_for_no_contribution(web: Web, anna: Invitee) -> None:
    web.shelf.publish(passed_on=1, contributions=[{**PAPER, "categories": ["un"]}])
    assert web.get(web.link(anna, "/contributions/paper")).status_code == 200
    pass_on(web, anna)
    assert web.get(web.link(anna, "/contributions/paper")).status_code == 404
    assert web.get(web.link(colleague(web, anna), "/contributions/paper")).status_code == 200


def test_what_was_still_in_the_queue_is_not_sent_after_taking_back_nor_is_news_of_it(web: Web, anna: Invitee) -> None:
    pass_on(web, anna)
    take_back(web, anna)
    assert work_off(web.shelf) == {"skipped": 2}


@pytest.mark.parametrize("up_to, statuses", [(0, [410]), (1, [303, 410]), (2, [303, 303, 410])])
def test_a_chain_ends_where_the_event_says_and_is_taken_back_as_a_whole(
    web: Web, up_to: int, statuses: list[int]
) -> None:
    web.shelf.publish(passed_on=up_to)
    [first] = web.shelf.invite("first", language="en")
    line = [first]
    for number, status in enumerate(statuses):
        assert ("A colleague comes in my place" in text(web.get(web.link(line[-1])))) is (status == 303)
        answered = pass_on(web, line[-1], email=f"next{number}@ministry.example")
        assert answered.status_code == status
        assert "A colleague comes in my place" not in text(web.get(web.link(line[-1])))
        if status == 303:
            line.append(colleague(web, line[-1]))
    if len(line) > 1:
        assert take_back(web, first) == 303
        assert [web.get(web.link(one)).status_code for one in line] == [200] + [404] * (len(line) - 1)


@pytest.mark.parametrize("wrong, field", [
    ({"name": " \u202e"}, "name"), ({"name": "x" * 65_536}, "name"), ({"email": "aziz"}, "email"),
    ({"name": "You have won: win.example"}, "name"), ({"name": "https://x.y"}, "name"),
    ({"email": "ANNA@example.org"}, "email"), ({"email": "boris@example.org"}, "email"),
    ({"email": "a@b.example\r\nBcc: c@d.example"}, "email"),
])  # fmt: skip
def test_what_does_not_name_a_colleague_is_refused_at_its_field_and_nothing_is_stored(
    web: Web, anna: Invitee, wrong: dict[str, str], field: str
) -> None:
    web.shelf.invite("boris")
    before = web.shelf.items()
    refused = pass_on(web, anna, **wrong)
    assert refused.status_code == 422 and f'href="#{field}"' in refused.body.decode()
    assert web.shelf.items() == before


def test_after_the_deadline_nothing_is_passed_on_or_taken_back(web: Web, anna: Invitee) -> None:
    pass_on(web, anna)
    web.shelf.clock.time = DEADLINE + timedelta(seconds=1)
    assert take_back(web, anna) == 410
    [boris] = web.shelf.invite("boris")
    assert pass_on(web, boris, email="x@ministry.example").status_code == 410


def test_looking_changes_nothing_and_the_clock_sends_what_the_queue_lost(web: Web, anna: Invitee) -> None:
    pass_on(web, anna)
    web.shelf.take()
    before = web.shelf.items()
    for method in ("GET", "HEAD"):
        assert web.request(method, web.link(anna, "/colleague")).status_code == 200
    assert web.shelf.items() == before
    tick(web.shelf, NOW + timedelta(minutes=3))
    work_off(web.shelf)
    assert Counter(web.shelf.recipients(kind="invitation")) == {"Aziz.Karimov@ministry.example": 1}


def test_a_suppressed_address_gets_no_mail_and_the_file_says_so(web: Web, anna: Invitee) -> None:
    suppress(web.shelf, anna.model_copy(update={"email": "aziz.karimov@ministry.example"}))
    pass_on(web, anna)
    assert work_off(web.shelf) == {"skipped": 1}
    assert web.shelf.delivery(colleague(web, anna), "invitation", "1")["reason"] == "suppressed: bounce"


def test_who_passes_it_on_while_another_window_joins_the_line_does_not_wait_beside_the_colleague(
    web: Web, anna: Invitee, monkeypatch: Any
) -> None:
    web.shelf.publish(capacity=1, waitlist=LINE)
    [boris] = web.shelf.invite("boris", language="en")
    web.form(web.link(boris, "/registration"), FORM)
    whole = Delegates.pass_on

    def overtaken(*seen: Any) -> None:
        assert web.form(web.link(anna, "/registration"), FORM).status_code == 303
        whole(*seen)

    monkeypatch.setattr(Delegates, "pass_on", overtaken)
    assert pass_on(web, anna).status_code == 409
    assert (web.shelf.file(anna).invitee.rsvp, state(web.shelf, anna)) == ("accepted", "waiting")


def test_no_paper_brings_back_who_was_withdrawn(web: Web, anna: Invitee) -> None:
    pass_on(web, anna)
    aziz = colleague(web, anna)
    take_back(web, anna)
    before = web.shelf.items()
    paper = {"answer": "accepted", "on_behalf": "Letter", "sessions": ["session-1"], "consent": True}
    assert web.api("POST", f"/symposium/invitees/{aziz.id}/answer", paper).status_code == 409
    assert web.shelf.items() == before


def test_who_names_colleague_after_colleague_and_takes_them_back_comes_to_an_end_for_the_day(
    web: Web, anna: Invitee
) -> None:
    for number in range(INVITED):
        assert pass_on(web, anna, email=f"stranger{number}@ministry.example").status_code == 303
        assert take_back(web, anna) == 303
    before = web.shelf.items()
    refused = pass_on(web, anna, email="one.more@ministry.example")
    assert refused.status_code == 422 and "You have invited many people today." in text(refused)
    assert web.shelf.items() == before
    web.shelf.clock.pass_(days=1)
    assert pass_on(web, anna).status_code == 303
