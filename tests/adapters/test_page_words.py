"""What each page says: when and until when, what is asked, and what became of it."""

import re

import pytest

from chalicelib.domain.delivery import CATEGORIES
from tests.adapters.page_cases import LINKS, REMINDERS, STATES, VALUES, Tags, page
from tests.adapters.sample_event import both, event


def test_the_invitation_says_when_in_the_readers_zone_first():
    text = Tags(page("invitation").html).text
    assert "Thursday, 28 January 2021 12:30–16:00 your time (Tashkent, UTC+5)" in text
    assert "08:30–12:00 in Vienna (CET, UTC+1) 07:30–11:00 UTC" in text
    assert "Answer by Thursday, 21 January 2021, 22:00 your time (Tashkent, UTC+5)." in text


def test_the_same_in_russian_with_the_readers_places():
    text = Tags(page("invitation", "ru").html).text
    assert "четверг, 28 января 2021 г. 12:30–16:00 по Вашему времени (Ташкент, UTC+5)" in text
    assert "08:30–12:00, Вена (CET, UTC+1) 07:30–11:00 UTC" in text


def test_where_the_date_differs_each_line_has_its_own():
    text = Tags(page("invitation", zone="America/Los_Angeles").html).text
    assert "Wednesday, 27 January 2021 23:30–03:00 your time (Los Angeles, PST, UTC−8)" in text
    assert "Thursday, 28 January 2021, 08:30–12:00 in Vienna" in text


def test_an_event_of_several_days_shows_each():
    days = [{"id": f"day-{day}", "title": both(f"Day {day}", f"День {day}"), "day": day, "starts": "09:00",
             "ends": "17:00"} for day in (1, 2)]
    text = Tags(page("invitation", of=event(sessions=days), zone="Europe/Vienna").html).text
    assert "Thursday, 28 January 2021 09:00–17:00 your time (Vienna" in text
    assert "Friday, 29 January 2021 09:00–17:00 your time (Vienna" in text


def test_no_answer_is_chosen_for_somebody():
    assert not [field for field in Tags(page("invitation").html).all("input") if "checked" in field]


def test_an_answer_given_is_shown_and_can_be_changed_until_the_deadline():
    shown = Tags(page("invitation-declined").html)
    assert [field["value"] for field in shown.all("input") if "checked" in field] == ["declined"]
    assert "You have declined" in shown.text
    assert "You can change your answer until Thursday, 21 January 2021, 22:00 your time" in shown.text


def test_accepting_without_registering_asks_to_finish():
    shown = Tags(page("invitation-accepted").html)
    assert LINKS["registration"] in [link["href"] for link in shown.all("a")]


@pytest.mark.parametrize("case", [case for case in STATES if case.startswith(("invitation-closed", "invitation-over"))])
def test_after_the_deadline_there_is_no_form_and_somebody_to_write_to(case):
    shown = Tags(page(case).html)
    assert not shown.all("form")
    assert "mailto:secretariat@example.org" in [link["href"] for link in shown.all("a")]


def test_a_speaker_who_has_not_confirmed_is_marked():
    assert "United Nations Development Programme (to be confirmed)" in Tags(page("invitation").html).text


def test_the_sessions_of_a_participant_are_marked_in_the_agenda():
    assert Tags(page("invitation-registered").html).text.count("You take part") == 2
    assert "You take part" not in Tags(page("invitation").html).text


def test_the_registration_form_keeps_what_was_typed():
    fields = Tags(page("registration-incomplete", values=VALUES | {"name": '"Zarina"'}).html).all("input")
    assert [field["value"] for field in fields if field["type"] == "text"] == ['"Zarina"', ""]
    assert [field["value"] for field in fields if "checked" in field] == ["session-2", "yes"]


def test_people_register_for_sessions_and_not_for_breaks():
    fields = Tags(page("registration").html).all("input")
    assert [field["value"] for field in fields if field["name"] == "sessions"] == [
        "familiarisation", "session-1", "session-2"]
    assert {field["name"]: field["autocomplete"] for field in fields if field["type"] == "text"} == {
        "name": "name", "organisation": "organization"}


def test_an_error_is_told_on_top_with_a_link_and_at_its_field():
    html = page("registration-incomplete").html
    shown = Tags(html)
    assert [box["role"] for box in shown.all("div") if box.get("class") == "errors"] == ["alert"]
    assert {"#organisation", "#sessions", "#consent"} <= {link["href"] for link in shown.all("a")}
    assert shown.text.count("Enter the organisation that you represent.") == 2
    assert "<title>Error:" in html
    [field] = [field for field in shown.all("input") if field["id"] == "organisation"]
    assert (field["aria-invalid"], field["aria-describedby"]) == ("true", "organisation-hint organisation-error")


def test_errors_of_a_form_are_in_the_readers_language():
    assert "Выберите хотя бы одну сессию." in Tags(page("registration-incomplete", "ru").html).text


def test_a_feedback_error_names_its_question():
    assert "How useful was it? Answer this question." in Tags(page("feedback-incomplete").html).text


def test_feedback_offers_what_the_use_case_takes():
    fields = Tags(page("feedback-incomplete").html).all("input")
    assert [field["value"] for field in fields if field["name"] == "overall"] == ["1", "2", "3", "4", "5"]
    assert [(field["value"], "checked" in field) for field in fields if field["name"] == "best"] == [
        ("0", False), ("1", True)]


def test_the_confirmation_lists_the_sessions_and_the_reminders_that_will_come():
    text = Tags(page("confirmation").html).text
    assert "Thursday, 28 January 2021 14:20–16:00 your time (Tashkent, UTC+5)" in text
    assert "Getting to know the conferencing platform" not in text
    assert "Reminders follow: 1 day before, 1 hour before." in text


@pytest.mark.parametrize(
    "case, category, offered, title",
    [
        ("unsubscribe", "invitations", ["leave", "leave"], "No more mail about this event?"),
        ("unsubscribe-done", "invitations", ["come-back", "leave"], "You will get no more invitations"),
        ("unsubscribe-feedback", "feedback", ["leave", "leave"], "No more mail about this event?"),
        ("unsubscribe-feedback-done", "feedback", ["come-back", "come-back"], "You will get no more feedback requests"),
    ],
)
def test_each_category_is_left_with_a_button_and_taken_back_with_a_tick_the_links_own_first(
    case, category, offered, title
):
    shown = Tags(page(case).html)
    fields = [field["value"] for field in shown.all("input") if field["name"] == "category"]
    assert fields == sorted(CATEGORIES, key=lambda name: name != category)
    assert [button["value"] for button in shown.all("button")] == offered
    assert len([box for box in shown.all("input") if box["type"] == "checkbox"]) == offered.count("come-back")
    assert [title in shown.text for title in (title, "Invitations", "Feedback requests")] == [True] * 3


def test_a_box_that_was_not_ticked_is_asked_for_where_it_stands():
    shown = Tags(page("unsubscribe-unticked").html)
    assert shown.text.count("Tick the box first.") == 1
    assert [box["id"] for box in shown.all("input") if box["type"] == "checkbox"] == ["again-invitations"]


def test_a_wrong_link_is_told_in_every_language_the_visitors_first():
    shown = Tags(page("not-found", "ru").html)
    assert [passage["lang"] for passage in shown.all("div") if passage.get("class") == "passage"] == ["ru", "en"]
    assert "Эта ссылка не действует" in shown.text
    assert "This link does not work" in shown.text


@pytest.mark.parametrize("case", STATES)
def test_no_preposition_stands_before_a_weekday_in_russian(case):
    days = "понедельник|вторник|среда|четверг|пятница|суббота|воскресенье"
    assert re.findall(rf"\b(?:до|с|к|по|после|позднее) (?:{days})\b", Tags(page(case, "ru").html).text) == []


def test_the_language_in_use_is_marked_and_the_other_is_a_link():
    shown = Tags(page("invitation").html)
    assert [mark["lang"] for mark in shown.all("span") if "aria-current" in mark] == ["en"]
    assert [link["href"] for link in shown.all("a") if link.get("hreflang")] == ["?lang=ru"]


def test_an_event_in_one_language_offers_no_switch():
    shown = Tags(page("invitation", of=event(languages=["en"])).html)
    assert not shown.all("nav")


def test_an_event_in_a_hall_says_nothing_of_links_to_join():
    hall = event(venue={"kind": "in-person", "name": both("Palais Wilson, Geneva", "Дворец Вильсона, Женева")},
                 reminders=REMINDERS)
    for case in ("invitation", "invitation-accepted", "invitation-tentative", "registration", "confirmation"):
        assert "link to join" not in page(case, of=hall).html
    assert "Palais Wilson, Geneva" in page("invitation", of=hall).html


def test_a_contribution_says_until_when_in_the_readers_zone_and_what_is_taken():
    english, russian = (Tags(page("contribution", language).html).text for language in ("en", "ru"))
    assert "Due by Thursday, 21 January 2021, 22:00 your time (Tashkent, UTC+5)" in english
    assert "a text of up to 10,000 characters, or a file of up to 10 MB (PDF, DOCX, ODT)" in english
    assert "Срок четверг, 21 января 2021 г., 22:00 по Вашему времени (Ташкент, UTC+5)" in russian
    assert "текст до 10 000 знаков или файл до 10 МБ (PDF, DOCX, ODT)" in russian


def test_a_size_is_written_as_the_language_writes_it():
    assert "2.3 MB" in Tags(page("contribution-handed-in-file").html).text
    assert "2,3 МБ" in Tags(page("contribution-handed-in-file", "ru").html).text


def test_what_is_asked_stands_on_the_invitation_of_those_who_are_asked_and_did_not_decline():
    asked = LINKS["contributions"]["paper"]
    shown = {case: asked in [link["href"] for link in Tags(page(case).html).all("a")] for case in STATES
             if case.startswith("invitation")}
    assert {case for case, there in shown.items() if not there} == {
        "invitation-declined", "invitation-closed-declined", "invitation-head-incomplete", "invitation-delegated"}
    assert "Handed in" in Tags(page("invitation-accepted", **{"handed_in": ["paper"]}).html).text
