"""A ministry has seats; its head of delegation sees who comes, invites members and withdraws them."""

import re
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.adapters.store.limits import INVITED
from chalicelib.domain.invitee import Invitee
from tests.handlers.conftest import Web
from tests.handlers.test_deadlines import BATCHES, LATER, batch
from tests.handlers.test_delegation import colleague, pass_on, take_back
from tests.handlers.test_invitees import text
from tests.handlers.test_own_data import ERASE, let_the_desk_work
from tests.shelf import DEADLINE, FORM, NOW, raw_document
from tests.usecases.steps import tick, work_off
from tests.usecases.test_places import LINE, counts, state

MINISTRY = {"tajikistan": {"name": {"en": "Ministry of Labour", "ru": "Министерство труда"}, "seats": 3, "held": True}}
AZIZ = {"member-name": "Aziz Karimov", "member-email": "Aziz.Karimov@Ministry.Example"}
DELEGATION = "DELEGATION#symposium#ministry of labour"


@pytest.fixture
def head(web: Web) -> Invitee:
    """Zarina, who leads a delegation with three seats, and Boris, whom the organiser put into it."""
    web.shelf.publish(capacity=4, waitlist=LINE, delegations=MINISTRY)
    facts = {"language": "en", "category": "un", "delegation": "Ministry of Labour"}
    web.shelf.invite("boris", language="ru", category="un", delegation="TAJIKISTAN")
    return web.shelf.invite("zarina", head=True, **facts)[0]


def invite(web: Web, head: Invitee, **changes: str) -> Any:
    return web.form(web.link(head, "/delegation"), {**AZIZ, **changes})


def withdraw(web: Web, head: Invitee, one: Invitee) -> int:
    return int(web.form(web.link(head, "/delegation"), {"withdraw": one.id}).status_code)


def member(web: Web, name: str) -> Invitee:
    [found] = [one for one in web.shelf.invitees.all("symposium") if one.name == name and not one.withdrawn_by]
    return found


def seen(web: Web, head: Invitee) -> str:
    return text(web.get(web.link(head))).partition("Your delegation")[2].partition("Agenda")[0]


def test_a_head_sees_who_comes_and_others_see_nothing_of_it(web: Web, head: Invitee) -> None:
    boris = member(web, "Boris")
    assert seen(web, head).startswith(" Seats: 3. Invited: 2. Registered: 0. Boris No answer yet")
    assert web.form(web.link(boris, "/registration"), FORM).status_code == 303
    assert "Invited: 2. Registered: 1. Boris Registered" in seen(web, head) and "Zarina (you)" in seen(web, head)
    assert "Your delegation" not in text(web.get(web.link(boris)))
    for form in (AZIZ, {"withdraw": head.id}):
        assert web.form(web.link(boris, "/delegation"), form).status_code == 404


def test_a_member_gets_an_invitation_and_a_link_of_their_own_and_registers_on_a_held_seat(
    web: Web, head: Invitee
) -> None:
    answered = invite(web, head)
    assert (answered.status_code, answered.headers["Location"]) == (303, web.link(head, "/delegation"))
    aziz = member(web, "Aziz Karimov")
    assert (aziz.email, aziz.category, aziz.language) == ("Aziz.Karimov@ministry.example", "un", "en")
    assert (aziz.delegation, aziz.invited_by, aziz.chain, aziz.head) == ("Ministry of Labour", head.id, 0, False)
    work_off(web.shelf)
    [mail] = web.shelf.mails(kind="invitation")
    assert web.shelf.links.url(aziz) in mail.get_body(("plain",)).get_content()
    assert web.form(web.link(aziz, "/registration"), FORM).status_code == 303
    assert "Aziz Karimov Registered Aziz.Karimov@ministry.example" in seen(web, head)
    taken = counts(web.shelf)
    assert taken["t_delegation__tajikistan"] == 1 and "t_event" not in taken


def test_the_second_press_invites_nobody_twice_and_a_stranger_who_is_invited_is_named(web: Web, head: Invitee) -> None:
    web.shelf.invite("clara")
    refused = invite(web, head, **{"member-email": "Clara@example.org"})
    assert refused.status_code == 422 and 'href="#member-email"' in refused.body.decode()
    assert "This person has an invitation of their own already." in text(refused)
    assert 'value="Aziz Karimov"' in refused.body.decode()
    assert [invite(web, head).status_code for _ in range(2)] == [303, 303]
    assert work_off(web.shelf) == {"sent": 1}


def test_nobody_is_invited_beyond_the_seats_and_who_declines_leaves_one(web: Web, head: Invitee) -> None:
    assert invite(web, head).status_code == 303
    dina = {"member-name": "Dina", "member-email": "dina@ministry.example"}
    assert "All seats are taken." in seen(web, head) and "Invite a member" not in seen(web, head)
    refused = invite(web, head, **dina)
    assert refused.status_code == 422 and "Your delegation has no seat left." in text(refused)
    web.form(web.link(member(web, "Aziz Karimov"), "/answer"), {"answer": "declined"})
    assert invite(web, head, **dina).status_code == 303


@pytest.mark.parametrize("wrong, field", [
    ({"member-name": " \u202e"}, "member-name"), ({"member-name": "x" * 65_536}, "member-name"),
    ({"member-email": "aziz"}, "member-email"), ({"member-email": "ZARINA@example.org"}, "member-email"),
    ({"member-email": "a@b.example\r\nBcc: c@d.example"}, "member-email"),
])  # fmt: skip
def test_what_does_not_name_a_member_is_refused_at_its_field_and_nothing_is_stored(
    web: Web, head: Invitee, wrong: dict[str, str], field: str
) -> None:
    before = web.shelf.items()
    refused = invite(web, head, **wrong)
    assert refused.status_code == 422 and f'href="#{field}"' in refused.body.decode()
    assert web.shelf.items() == before


def test_who_is_withdrawn_is_told_their_link_ends_their_seat_and_address_are_free(web: Web, head: Invitee) -> None:
    invite(web, head)
    aziz = member(web, "Aziz Karimov")
    web.form(web.link(aziz, "/registration"), FORM)
    work_off(web.shelf)
    assert [withdraw(web, head, aziz) for _ in range(2)] == [303, 303]
    assert (state(web.shelf, aziz), counts(web.shelf)) == ("none", {})
    assert "Aziz" not in seen(web, head)
    gone = web.shelf.file(aziz).invitee
    assert (gone.rsvp, gone.withdrawn_by) == ("declined", "head")
    assert [web.get(web.link(aziz, path)).status_code for path in ("", "/data")] == [404, 404]
    for path in ("", "/registration", "/confirmation", "/calendar.ics"):
        assert web.get(web.link(gone, path)).status_code == 404
    assert web.form(web.link(gone, "/answer"), {"answer": "accepted"}).status_code == 404
    assert work_off(web.shelf) == {"sent": 1}
    [mail] = web.shelf.mails(kind="withdrawn")
    said = " ".join(mail.get_body(("plain",)).get_content().split())
    assert "The head of your delegation has withdrawn your invitation." in said
    assert "The attached calendar entry takes your sessions out of your calendar." in said
    assert re.findall(r"https://\S*/i/\S*", said) == [web.link(gone, "/data")]
    [entry] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    assert entry.get_param("method") == "CANCEL" and "METHOD:CANCEL" in entry.get_content()
    assert invite(web, head).status_code == 303
    assert member(web, "Aziz Karimov").id != aziz.id


def test_who_was_withdrawn_still_sees_saves_and_erases_what_is_held_about_them(web: Web, head: Invitee) -> None:
    withdraw(web, head, member(web, "Boris"))
    [boris] = [one for one in web.shelf.invitees.all("symposium") if one.name == "Boris"]
    page = web.get(web.link(boris, "/data"))
    assert page.status_code == 200 and "Back to the invitation" not in text(page)
    assert web.get(web.link(boris, "/data.json")).json_body["person"]["name"] == "Boris"
    assert web.form(web.link(boris, "/data"), ERASE).status_code == 200
    let_the_desk_work(web)
    assert "Boris" not in (left := str(web.shelf.items())) and boris.email not in left


def test_who_had_not_registered_is_told_without_a_calendar_entry(web: Web, head: Invitee) -> None:
    batch(web, "un")
    assert withdraw(web, head, member(web, "Boris")) == 303
    assert work_off(web.shelf) == {"sent": 1}
    [mail] = web.shelf.mails(kind="withdrawn")
    assert "Отвечать на него больше не нужно." in " ".join(mail.get_body(("plain",)).get_content().split())
    assert [part.get_content_type() for part in mail.walk() if part.get_content_type() == "text/calendar"] == []


def test_a_head_stays_and_so_do_people_of_other_delegations(web: Web, head: Invitee) -> None:
    [clara] = web.shelf.invite("clara", delegation="Ministry of Health")
    [second] = web.shelf.invite("second", delegation="tajikistan", head=True)
    before = web.shelf.items()
    for one in (head, clara, second, clara.model_copy(update={"id": "nobody"})):
        assert withdraw(web, head, one) == 303
    assert web.shelf.items() == before


def test_whoever_goes_in_a_members_place_goes_with_the_member(web: Web, head: Invitee) -> None:
    boris = member(web, "Boris")
    pass_on(web, boris)
    aziz = colleague(web, boris)
    assert "Boris Passed the invitation on Withdraw : Boris" in seen(web, head)
    assert "Withdraw : Aziz Karimov" not in seen(web, head) and "Aziz Karimov No answer yet" in seen(web, head)
    assert withdraw(web, head, aziz) == 303 and web.get(web.link(aziz)).status_code == 200
    assert withdraw(web, head, boris) == 303
    assert [web.get(web.link(one)).status_code for one in (boris, aziz)] == [404, 404]


def test_a_colleague_whom_the_head_withdrew_is_no_obstacle_to_taking_back(web: Web, head: Invitee) -> None:
    """An organiser gave whoever passed it on another delegation since, so the colleague stands in the list alone."""
    boris = member(web, "Boris")
    pass_on(web, boris)
    aziz = colleague(web, boris)
    web.shelf.invitees.update(web.shelf.file(boris).invitee.model_copy(update={"delegation": ""}), NOW)
    assert withdraw(web, head, aziz) == 303
    assert take_back(web, boris) == 303
    assert web.shelf.file(boris).invitee.rsvp == "needs-action"


def test_who_goes_in_the_heads_place_leads_and_the_head_does_again_after_taking_back(web: Web, head: Invitee) -> None:
    pass_on(web, head)
    deputy = colleague(web, head)
    assert "Seats: 3." in seen(web, deputy) and seen(web, head) == ""
    assert invite(web, head, **{"member-email": "x@ministry.example"}).status_code == 404
    assert take_back(web, head) == 303
    assert "Seats: 3." in seen(web, head)


def test_after_the_deadline_the_head_sees_and_changes_nothing(web: Web, head: Invitee) -> None:
    boris = member(web, "Boris")
    web.shelf.clock.time = DEADLINE + timedelta(seconds=1)
    assert invite(web, head).status_code == 410 and withdraw(web, head, boris) == 410
    assert "Boris No answer yet" in seen(web, head) and "Withdraw" not in seen(web, head)


def test_members_answer_until_the_deadline_of_the_head(web: Web, head: Invitee) -> None:
    first = batch(web, "un")
    extended = web.api("POST", f"{BATCHES}/{first}/deadline", {"answer_by": LATER, "reason": "They asked for it"})
    assert extended.status_code == 200
    web.shelf.clock.time = DEADLINE + timedelta(hours=1)
    assert invite(web, head).status_code == 303
    assert work_off(web.shelf) == {"sent": 1}
    assert "Wednesday, 27 January" in web.shelf.mails(kind="invitation")[-1].get_body(("plain",)).get_content()
    assert web.form(web.link(member(web, "Aziz Karimov"), "/registration"), FORM).status_code == 303


def test_looking_changes_nothing_and_the_clock_sends_what_the_queue_lost(web: Web, head: Invitee) -> None:
    boris = member(web, "Boris")
    invite(web, head)
    withdraw(web, head, boris)
    web.shelf.take()
    before = web.shelf.items()
    for method in ("GET", "HEAD"):
        assert web.request(method, web.link(head, "/delegation")).status_code == 200
    assert web.shelf.items() == before
    tick(web.shelf, NOW + timedelta(minutes=3))
    assert work_off(web.shelf) == {"sent": 1, "skipped": 1}
    assert web.shelf.recipients() == ["Aziz.Karimov@ministry.example"]
    assert web.shelf.delivery(boris, "withdrawn", "2")["reason"] == "was not invited before"


def test_lists_say_who_leads_a_delegation_that_has_seats(web: Web) -> None:
    web.shelf.publish(delegations=MINISTRY)
    csv = ("email,name,delegation,Head of delegation\n"
           "a@example.org,Anna,Министерство труда,Yes\nb@example.org,Boris,tajikistan,\n"
           "c@example.org,Clara,Ministry of Health,да\nd@example.org,Dina,tajikistan,perhaps\n")  # fmt: skip
    told = web.api("POST", "/symposium/invitees", csv.encode(), content_type="text/csv").json_body
    assert [row["outcome"] for row in told["rows"]] == ["created", "created", "invalid", "invalid"]
    assert [row["problems"][0]["field"] for row in told["rows"][2:]] == ["head", "head"]
    shown = web.api("GET", "/symposium/invitees").json_body["invitees"]
    assert {one["name"]: one["head"] for one in shown} == {"Anna": True, "Boris": False}
    people = [{"email": "b@example.org", "name": "Boris", "delegation": "tajikistan", "head": True},
              {"email": "a@example.org", "name": "Anna", "delegation": "tajikistan", "head": False}]  # fmt: skip
    assert web.api("POST", "/symposium/invitees", people).json_body["counts"] == {"updated": 2}
    shown = web.api("GET", "/symposium/invitees").json_body["invitees"]
    assert {one["name"]: one["head"] for one in shown} == {"Anna": False, "Boris": True}


def test_another_delegation_in_a_list_moves_the_person_between_the_heads_pages(web: Web, head: Invitee) -> None:
    for said, listed in (("Ministry of Health", False), ("ministry of LABOUR", True), ("-", False)):
        row = [{"email": "boris@example.org", "name": "Boris", "delegation": said}]
        assert web.api("POST", "/symposium/invitees", row).json_body["counts"] == {"updated": 1}
        assert ("Boris" in seen(web, head)) is listed


def test_an_event_without_the_delegation_shows_its_head_nothing(web: Web, head: Invitee) -> None:
    assert web.api("PUT", "/symposium", raw_document()).status_code == 200
    assert seen(web, head) == "" and invite(web, head).status_code == 404


def test_erasing_a_member_leaves_no_name_with_the_head(web: Web, head: Invitee) -> None:
    invite(web, head)
    aziz = member(web, "Aziz Karimov")
    erased = web.api("POST", f"/symposium/invitees/{aziz.id}/erase", {"reason": "They asked for it"})
    assert erased.status_code == 200
    let_the_desk_work(web)
    log = [item for item in web.shelf.items(f"INVITEE#{head.id}", "LOG#")]
    assert "member invited" in str(log) and "Aziz" not in str(log) and "aziz" not in str(log).lower()
    assert "Aziz" not in seen(web, head)


def test_a_head_invites_and_withdraws_only_so_many_strangers_in_a_day(web: Web, head: Invitee) -> None:
    for number in range(3 + INVITED):
        sent = {"member-name": f"Guest {number}", "member-email": f"guest{number}@ministry.example"}
        assert invite(web, head, **sent).status_code == 303
        assert withdraw(web, head, member(web, sent["member-name"])) == 303
    refused = invite(web, head)
    assert refused.status_code == 422 and "You have invited many people today." in text(refused)
