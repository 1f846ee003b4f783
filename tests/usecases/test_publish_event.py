"""Publishing: versions, the findings, and what the clock learns from an agenda."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.errors import Conflict, Invalid
from chalicelib.domain.event import EventDocument
from chalicelib.usecases import publish_event as publishing
from chalicelib.usecases.publish_event import publish_event
from tests.shelf import DOCUMENT, ENDS, NOW, STARTS, Shelf, document
from tests.usecases.steps import tick

HOUR = timedelta(hours=1)


def publish(shelf: Shelf, wanted: EventDocument) -> tuple[int, bool]:
    done = publish_event(shelf.events, "symposium", wanted, shelf.clock())
    return done.event.version, done.before is None


def due(shelf: Shelf) -> dict[str, str]:
    """When the clock starts mailings, or goes on with planning them: the reference and the moment of each row."""
    ours = (item for item in shelf.items("DUE#") if item["what"]["S"] not in ("retention", "news"))
    rows = (item["SK"]["S"].partition("#") for item in ours)
    return {reference.removeprefix("symposium#"): at for at, _, reference in rows}


def rules(shelf: Shelf) -> dict[str, str]:
    return {mailing.occurrence: mailing.state for mailing in shelf.events.mailings("symposium")}


def test_each_changed_document_is_the_next_version_and_only_the_first_is_new(shelf: Shelf) -> None:
    assert publish(shelf, document()) == (1, True)
    assert publish(shelf, document(date="2021-02-04")) == (2, False)
    assert publish(shelf, document()) == (3, False)
    assert [item["SK"]["S"] for item in shelf.items("EVENT#symposium", "AGENDA#")] == [
        "AGENDA#0001",
        "AGENDA#0002",
        "AGENDA#0003",
    ]


def test_the_same_document_again_makes_no_version_and_writes_nothing(shelf: Shelf) -> None:
    publish(shelf, document())
    before = shelf.items()
    shelf.clock.pass_(days=1)
    assert publish(shelf, document()) == (1, False)
    assert shelf.items() == before


def test_an_agenda_with_errors_names_them_and_changes_nothing(shelf: Shelf) -> None:
    publish(shelf, document())
    before, sessions = shelf.items(), [dict(one) for one in DOCUMENT["sessions"]]
    sessions[2]["ends"] = "10:00"
    with pytest.raises(Invalid) as refused:
        publish(shelf, document(sessions=sessions))
    assert refused.value.problems and all(one.field.startswith("sessions.") for one in refused.value.problems)
    assert shelf.items() == before


def test_of_two_who_publish_at_once_one_is_told_and_has_changed_nothing(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(shelf, document())
    rows = publishing._clock_rows

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(publishing, "_clock_rows", rows)
        publish(shelf, document(date="2021-02-04"))
        overtaken.items = shelf.items()  # type: ignore[attr-defined]
        return rows(*arguments)

    monkeypatch.setattr(publishing, "_clock_rows", overtaken)
    with pytest.raises(Conflict):
        publish(shelf, document(date="2021-03-01"))
    assert shelf.items() == overtaken.items  # type: ignore[attr-defined]
    assert shelf.events.get("symposium").document == document(date="2021-02-04")


def test_the_clock_learns_every_reminder_and_the_feedback(shelf: Shelf) -> None:
    publish(shelf, document())
    assert due(shelf) == {
        "hour-before_session-1": "2021-01-28T06:30:00Z",
        "hour-before_session-2": "2021-01-28T08:20:00Z",
        "feedback": "2021-01-28T11:30:00Z",
    }
    assert set(rules(shelf).values()) == {"planned"}


def test_a_moved_event_moves_its_mailings(shelf: Shelf) -> None:
    publish(shelf, document())
    publish(shelf, document(date="2021-02-04"))
    assert due(shelf) == {
        "hour-before_session-1": "2021-02-04T06:30:00Z",
        "hour-before_session-2": "2021-02-04T08:20:00Z",
        "feedback": "2021-02-04T11:30:00Z",
    }


def test_a_rule_that_is_withdrawn_takes_its_mailings_with_it(shelf: Shelf) -> None:
    publish(shelf, document())
    publish(shelf, document(reminders=[]))
    assert list(due(shelf)) == list(rules(shelf)) == ["feedback"]


def test_a_new_rule_is_planned_and_the_others_stay_as_they_are(shelf: Shelf) -> None:
    publish(shelf, document())
    before = due(shelf)
    more = [*DOCUMENT["reminders"], {"id": "day-before", "before_minutes": 1440, "sessions": ["session-1"]}]
    publish(shelf, document(reminders=more))
    assert due(shelf) == {**before, "day-before_session-1": "2021-01-27T07:30:00Z"}


def test_a_mailing_that_went_out_is_planned_anew_when_its_session_moves_into_the_future(shelf: Shelf) -> None:
    publish(shelf, document())
    tick(shelf, STARTS["session-1"] - HOUR)
    assert rules(shelf)["hour-before_session-1"] == "fired"
    publish(shelf, document(date="2021-02-04"))
    assert rules(shelf)["hour-before_session-1"] == "planned"
    assert due(shelf)["hour-before_session-1"] == "2021-02-04T06:30:00Z"


def test_a_mailing_that_went_out_is_not_planned_anew_by_other_changes(shelf: Shelf) -> None:
    publish(shelf, document())
    tick(shelf, STARTS["session-1"] - HOUR)
    publish(shelf, document(accent="#aa0000"))
    assert rules(shelf)["hour-before_session-1"] == "fired"
    assert "hour-before_session-1" not in due(shelf)


def test_an_event_keeps_its_open_feedback_over_a_new_version(shelf: Shelf) -> None:
    publish(shelf, document())
    tick(shelf, ENDS + HOUR)
    publish(shelf, document(accent="#aa0000"))
    assert shelf.events.get("symposium").feedback_opened_at == ENDS + HOUR


def test_feedback_that_opens_while_a_version_is_published_stays_open(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(shelf, document())
    shelf.clock.time = ENDS
    rows = publishing._clock_rows

    def meanwhile(*arguments: Any) -> Any:
        shelf.events.open_feedback("symposium", ENDS)
        return rows(*arguments)

    monkeypatch.setattr(publishing, "_clock_rows", meanwhile)
    publish(shelf, document(accent="#aa0000"))
    assert shelf.events.get("symposium").feedback_opened_at == ENDS


def test_an_event_that_moves_ahead_again_closes_its_feedback_until_its_new_end(shelf: Shelf) -> None:
    publish(shelf, document())
    tick(shelf, ENDS + HOUR)
    publish(shelf, document(date="2021-02-04"))
    assert shelf.events.get("symposium").feedback_opened_at is None
    again = ENDS + timedelta(days=7) + HOUR
    assert "symposium#feedback" in tick(shelf, again).fired
    assert shelf.events.get("symposium").feedback_opened_at == again


def test_no_transaction_of_the_clock_names_a_key_twice(shelf: Shelf) -> None:
    """The first session starts 30 minutes later, its reminder comes 30 minutes earlier before it: due as it was."""
    publish(shelf, document())
    before, first = due(shelf), {**DOCUMENT["sessions"][0], "starts": "09:00"}
    publish(shelf, document(sessions=[first, *DOCUMENT["sessions"][1:]],
                            reminders=[{"id": "hour-before", "before_minutes": 90}]))  # fmt: skip
    assert due(shelf) == {**before, "hour-before_session-2": "2021-01-28T07:50:00Z"}
    mailing = shelf.events.mailing("symposium", "hour-before_session-1")
    assert mailing.latest_at == STARTS["session-1"] + HOUR / 2


MANY = {
    "sessions": [
        {"id": f"s{hour}", "title": {"en": "S", "ru": "С"}, "starts": f"{hour:02}:00", "ends": f"{hour + 1:02}:00"}
        for hour in range(6, 23)
    ],
    "reminders": [{"id": f"r{n}", "before_minutes": n * 30} for n in range(1, 4)],
}
"""17 sessions and 3 rules: 51 reminders and the feedback, which are 104 rows, and 156 to move."""


def test_an_event_of_many_sessions_with_many_reminders_can_be_published_moved_and_cleared(shelf: Shelf) -> None:
    publish(shelf, document(**MANY))
    assert len(due(shelf)) == 52
    publish(shelf, document(**MANY, date="2021-02-04"))
    assert len(due(shelf)) == 52
    assert min(due(shelf).values()) > "2021-02-04"
    publish(shelf, document(**{**MANY, "reminders": []}, date="2021-02-04"))
    assert list(due(shelf)) == list(rules(shelf)) == ["feedback"]


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """One mailing a transaction, so that the three of the event are a long agenda."""
    monkeypatch.setattr(publishing, "TOGETHER", 3)


@pytest.mark.parametrize("parts", [1, 2])
def test_a_long_agenda_whose_publishing_dies_is_planned_to_its_end_by_the_clock(
    shelf: Shelf, small_parts: None, parts: int
) -> None:
    transact, calls = shelf.table.transact, iter(range(9))

    def dies(*arguments: Any) -> None:
        if next(calls) == parts:
            raise ConnectionError("the machine died")
        transact(*arguments)

    shelf.table.transact = dies  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        publish(shelf, document())
    shelf.table.transact = transact  # type: ignore[method-assign]
    assert len(due(shelf)) == parts + 1, "one of them makes the clock go on"
    assert publish(shelf, document()) == (1, False)
    assert tick(shelf, NOW + publishing.GRACE).planned == ["symposium#agenda"]
    assert len(due(shelf)) == len(rules(shelf)) == 3
    assert tick(shelf, NOW + 2 * publishing.GRACE).planned == []


def test_a_long_agenda_that_is_overtaken_while_it_plans_leaves_the_plan_to_the_newer_one(
    shelf: Shelf, small_parts: None
) -> None:
    plan = shelf.events.plan

    def overtaken(*arguments: Any) -> None:
        shelf.events.plan = plan  # type: ignore[method-assign]
        publish(shelf, document(date="2021-02-04"))
        plan(*arguments)

    shelf.events.plan = overtaken  # type: ignore[method-assign]
    publish(shelf, document())
    assert shelf.events.get("symposium").version == 2
    tick(shelf, NOW + publishing.GRACE)
    assert len(due(shelf)) == 3
    assert min(due(shelf).values()) > "2021-02-04"


def test_publishing_takes_its_time_from_its_caller(shelf: Shelf) -> None:
    publish(shelf, document())
    assert shelf.events.get("symposium").published_at == NOW
