"""A platform's report becomes attendance of those whose address it has; organisers list it, people see and erase it."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.adapters.store.attendance import Attendances
from chalicelib.domain.invitee import Invitee
from tests.domain.meeting_reports import TEAMS, ZOOM_HISTORY, ZOOM_USAGE, utf16
from tests.handlers.conftest import Web
from tests.handlers.test_join import HERE, MINUTE, OPENS, attended, press
from tests.handlers.test_own_data import ERASE, let_the_desk_work
from tests.shelf import NOW, STARTS
from tests.usecases.steps import register

CALLS = "/symposium/attendance"
SESSION = f"{CALLS}/session-1"
HEAD = "Name (Original Name),User Email,Join Time,Leave Time\n"


@pytest.fixture
def people(web: Web) -> dict[str, Invitee]:
    """Clara and Boris are registered for the first session, Anna for the second, Emil is invited and did not answer."""
    web.shelf.publish()
    invited = web.shelf.invite("clara", "boris", "anna", "emil")
    for one, session in zip(invited, ("session-1", "session-1", "session-2"), strict=False):
        register(web.shelf, one, name=[one.name], sessions=[session])
    web.shelf.clock.time = STARTS["session-2"] + timedelta(hours=5)
    return dict(zip(("clara", "boris", "anna", "emil"), invited, strict=True))


def send(web: Web, report: str | bytes, query: str = "", method: str = "POST", to: str = SESSION) -> Any:
    raw = report if isinstance(report, bytes) else report.encode()
    return web.api(method, f"{to}{query}", raw, content_type="text/csv")


def rows(*said: str) -> str:
    """Rows of ``name,address,joined,left``; times of the session's day."""
    return HEAD + "".join(
        f"{name},{address},2021-01-28 {joined},2021-01-28 {left}\n"
        for name, address, joined, left in (one.split(",") for one in said)
    )


def told(answer: Any) -> list[tuple[Any, ...]]:
    assert answer.status_code == 200, answer.body
    return [(one["name"], one["outcome"], one["rows"], one["minutes"]) for one in answer.json_body["people"]]


def left(answer: Any) -> list[tuple[Any, ...]]:
    found = answer.json_body["rows"]
    assert all(one["problem"] for one in found)
    return [(one["row"], one["outcome"], [who["email"] for who in one["candidates"]]) for one in found]


def listed(web: Web, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = web.api("GET", f"{CALLS}{query}").json_body["attendance"]
    return found


def test_zooms_report_counts_once_who_came_twice_within_the_sessions_hours(
    web: Web, people: dict[str, Invitee]
) -> None:
    answer = send(web, ZOOM_USAGE)
    assert told(answer) == [("Clara", "created", [5, 6], 90)]
    assert left(answer) == [(7, "unmatched", [])]
    [clara] = answer.json_body["people"]
    assert (clara["registered"], clara["first_at"], clara["last_at"]) == (
        True, "2021-01-28T07:30:00Z", "2021-01-28T09:10:00Z")  # fmt: skip
    assert answer.json_body["counts"] == {"created": 1, "unmatched": 1}
    assert answer.json_body["time_zone"] == "Europe/Vienna"


def test_teamss_report_matches_the_address_or_the_user_name_and_proposes_by_name(
    web: Web, people: dict[str, Invitee]
) -> None:
    answer = send(web, utf16(TEAMS))
    assert told(answer) == [("Anna", "created", [20], 30), ("Clara", "created", [17, 18], 80)]
    assert left(answer) == [(19, "proposed", ["boris@example.org"])]
    assert [one["registered"] for one in answer.json_body["people"]] == [False, True]
    assert attended(web, people["boris"]) == []


def test_a_proposed_person_is_recorded_once_the_address_stands_in_the_row(
    web: Web, people: dict[str, Invitee]
) -> None:
    report = rows("Boris,,08:40:00,09:00:00")
    assert left(send(web, report)) == [(2, "proposed", ["boris@example.org"])]
    mended = send(web, rows("Boris,BORIS@Example.org,08:40:00,09:00:00"))
    assert (told(mended), left(mended)) == ([("Boris", "created", [2], 20)], [])


def test_one_name_of_two_registered_people_is_nobodys(web: Web, people: dict[str, Invitee]) -> None:
    [second] = web.shelf.invite("second")
    web.shelf.clock.time = NOW
    register(web.shelf, second, name=["BORIS"])
    answer = send(web, rows("boris (guest),,08:40:00,09:00:00", "Boris,wrong@example.org,09:10:00,09:20:00"))
    assert told(answer) == []
    for row, outcome, emails in left(answer):
        assert (outcome, sorted(emails)) == ("ambiguous", ["boris@example.org", "second@example.org"]), row


def test_every_row_is_told_of_once_whatever_becomes_of_it(web: Web, people: dict[str, Invitee]) -> None:
    report = rows("Clara,clara@example.org,08:30:00,08:40:00", "Clara,clara@example.org,08:35:00,08:50:00",
                  "Clara,clara@example.org,10:30:00,10:40:00", "Anna,anna@example.org,08:00:00,08:30:20",
                  "Nobody,x@example.org,08:30:00,08:40:00", "Boris,,08:30:00,08:40:00",
                  "Boris,,08:40:00,08:30:00", ",,08:30:00,08:40:00")  # fmt: skip
    answer = send(web, report)
    assert told(answer) == [("Clara", "created", [2, 3], 20)]
    assert [(row, outcome) for row, outcome, _ in left(answer)] == [
        (4, "outside"), (5, "outside"), (6, "unmatched"), (7, "proposed"), (8, "invalid"), (9, "unmatched"),
    ]  # fmt: skip
    assert sum(answer.json_body["counts"].values()) == 1 + 6


def test_whoever_only_waited_to_be_let_in_was_not_there(web: Web, people: dict[str, Invitee]) -> None:
    answer = send(web, ZOOM_HISTORY)
    assert told(answer) == [("Clara", "created", [3], 99)]
    assert left(answer) == [(2, "outside", [])]


def test_a_meeting_of_the_whole_day_counts_for_each_session_what_lies_within_it(
    web: Web, people: dict[str, Invitee]
) -> None:
    day = rows("Clara,clara@example.org,08:00:00,10:20:30", "Anna,anna@example.org,10:15:00,12:30:00")
    assert told(send(web, day)) == [("Clara", "created", [2], 100)]
    assert told(send(web, day, to=f"{CALLS}/session-2")) == [("Anna", "created", [3], 100)]
    assert [(one["session"], one["name"]) for one in listed(web)] == [("session-1", "Clara"), ("session-2", "Anna")]


def test_a_dry_run_says_the_same_and_writes_nothing(web: Web, people: dict[str, Invitee]) -> None:
    before = web.shelf.items()
    asked = send(web, ZOOM_USAGE, "?dry_run=true").json_body
    assert web.shelf.items() == before
    done = send(web, ZOOM_USAGE).json_body
    assert {**asked, "dry_run": False} == done


def test_the_same_report_again_changes_nothing(web: Web, people: dict[str, Invitee]) -> None:
    send(web, ZOOM_USAGE)
    before = web.shelf.items()
    for method in ("POST", "PUT"):
        assert told(send(web, ZOOM_USAGE, method=method)) == [("Clara", "unchanged", [5, 6], 90)]
        assert web.shelf.items() == before


def test_reports_of_a_meeting_that_was_started_twice_add_up_in_any_order(
    web: Web, people: dict[str, Invitee]
) -> None:
    first, second = (rows(f"Clara,clara@example.org,{span}") for span in ("08:30:00,09:00:00", "08:50:00,09:30:00"))
    assert told(send(web, second)) == [("Clara", "created", [2], 40)]
    assert told(send(web, first)) == [("Clara", "updated", [2], 60)]
    assert told(send(web, second)) == [("Clara", "unchanged", [2], 60)]


def test_a_report_that_is_put_takes_the_place_of_what_was_imported_and_leaves_what_join_recorded(
    web: Web, people: dict[str, Invitee]
) -> None:
    web.shelf.clock.time = OPENS
    press(web, people["boris"])
    wrong = rows("Boris,boris@example.org,12:40:00,13:10:00", "Clara,clara@example.org,12:40:00,13:10:00")
    assert told(send(web, wrong, "?time_zone=Asia/Tashkent")) == [
        ("Boris", "created", [2], 30), ("Clara", "created", [3], 30)]  # fmt: skip
    replaced = send(web, rows("Anna,anna@example.org,08:40:00,09:10:00"), method="PUT")
    assert told(replaced) == [("Anna", "created", [2], 30), ("Boris", "removed", [], 0), ("Clara", "removed", [], 0)]
    assert [(one["name"], one["sources"], one["minutes"]) for one in listed(web)] == [
        ("Anna", ["import"], 30), ("Boris", ["join"], None)]  # fmt: skip
    assert attended(web, people["clara"]) == []


def test_times_of_another_zone_are_said_and_a_wrong_one_is_refused(web: Web, people: dict[str, Invitee]) -> None:
    report = rows("Clara,clara@example.org,12:30:00,13:00:00")
    assert left(send(web, report)) == [(2, "outside", [])]
    assert told(send(web, report, "?time_zone=Asia/Tashkent&dry_run=true")) == [("Clara", "created", [2], 30)]
    for query, field in (("?time_zone=Tashkent", "time_zone"), ("?timezone=Asia/Tashkent", "timezone"),
                         ("?dry_run=1", "dry_run"), (f"?time_zone={'x' * 300}", "time_zone")):  # fmt: skip
        refused = send(web, report, query)
        assert (refused.status_code, refused.json_body["errors"][0]["field"]) == (422, field)


def test_what_is_no_report_and_no_session_is_refused_and_changes_nothing(
    web: Web, people: dict[str, Invitee]
) -> None:
    before = web.shelf.items()
    assert send(web, "email,name\na@example.org,Anna\n").json_body["errors"][0]["field"] == "body"
    assert send(web, "").status_code == send(web, b"\xff\xfe\x00").status_code == 422
    for session in ("break", "session-9", "a" * 300):
        assert send(web, ZOOM_USAGE, to=f"{CALLS}/{session}").status_code == 404
    assert send(web, ZOOM_USAGE, to="/nowhere/attendance/session-1").status_code == 404
    assert web.shelf.items() == before


def test_pressing_join_and_a_report_tell_of_one_attendance(web: Web, people: dict[str, Invitee]) -> None:
    web.shelf.clock.time = OPENS
    press(web, people["clara"])
    assert told(send(web, ZOOM_USAGE)) == [("Clara", "created", [5, 6], 90)]
    web.shelf.clock.time = OPENS + 5 * MINUTE
    press(web, people["clara"])
    [one] = listed(web, "?session=session-1")
    assert (one["sources"], one["minutes"], one["first_at"], one["joined_last_at"]) == (
        ["join", "import"], 90, "2021-01-28T07:15:00Z", "2021-01-28T07:20:00Z")  # fmt: skip
    assert len(attended(web, people["clara"])) == 1


def test_two_imports_at_once_lose_nothing(
    web: Web, people: dict[str, Invitee], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (rows(f"Clara,clara@example.org,{span}") for span in ("08:30:00,09:00:00", "09:00:00,09:30:00"))
    record = Attendances.record

    def overtaken(store: Attendances, changes: Any) -> None:
        monkeypatch.setattr(Attendances, "record", record)
        send(web, second)
        record(store, changes)

    monkeypatch.setattr(Attendances, "record", overtaken)
    assert told(send(web, first)) == [("Clara", "updated", [2], 60)]


def test_an_import_that_died_is_done_by_the_same_report_again(
    web: Web, people: dict[str, Invitee], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.usecases.import_attendance.TOGETHER", 1)
    report = rows("Clara,clara@example.org,08:30:00,09:00:00", "Boris,boris@example.org,08:30:00,09:00:00")
    record, written = Attendances.record, []

    def dies(store: Attendances, changes: Any) -> None:
        if written:
            raise RuntimeError("the process is gone")
        written.append(changes)
        record(store, changes)

    with monkeypatch.context() as patch:
        patch.setattr(Attendances, "record", dies)
        assert send(web, report).status_code == 500
    assert len(listed(web)) == 1
    assert {(name, minutes) for name, _, _, minutes in told(send(web, report))} == {("Boris", 30), ("Clara", 30)}
    assert len(listed(web)) == 2


def test_an_erased_person_is_not_brought_back_by_a_report(
    web: Web, people: dict[str, Invitee], monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Attendances.record

    def erased(store: Attendances, changes: Any) -> None:
        monkeypatch.setattr(Attendances, "record", record)
        assert web.form(web.link(people["clara"], "/data"), ERASE).status_code == 200
        record(store, changes)

    monkeypatch.setattr(Attendances, "record", erased)
    answer = send(web, ZOOM_USAGE)
    assert told(answer) == [] and [outcome for _, outcome, _ in left(answer)] == ["unmatched"] * 3
    assert attended(web, people["clara"]) == []


def test_the_listing_is_json_and_csv_and_one_session_alone(web: Web, people: dict[str, Invitee]) -> None:
    send(web, rows("Clara,clara@example.org,08:30:00,09:00:00", "Emil,emil@example.org,08:30:00,09:00:00"))
    send(web, rows("Anna,anna@example.org,10:30:00,11:00:00"), to=f"{CALLS}/session-2")
    assert [(one["name"], one["registered"]) for one in listed(web)] == [
        ("Clara", True), ("Emil", False), ("Anna", True)]  # fmt: skip
    assert [one["name"] for one in listed(web, "?session=session-2")] == ["Anna"]
    assert web.api("GET", f"{CALLS}?session=session-9").status_code == 422
    sheet = web.api("GET", CALLS, accept="text/csv")
    assert sheet.headers["Content-Disposition"] == 'attachment; filename="attendance.csv"'
    [clara, *others] = csv.DictReader(io.StringIO(sheet.body.decode().removeprefix("\ufeff")))
    assert (clara["session"], clara["minutes"], clara["sources"], len(others)) == ("session-1", "30", "import", 2)


def test_the_audit_log_says_who_imported_and_nobody_who_changed_nothing(web: Web, people: dict[str, Invitee]) -> None:
    for _ in range(2):
        send(web, ZOOM_USAGE)
    [line] = web.api("GET", "/symposium/audit").json_body["entries"]
    assert (line["what"], line["detail"]) == ("attendance imported", "session-1, 3 rows")


def test_an_import_of_many_reads_and_writes_a_few_times(
    web: Web, people: dict[str, Invitee], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.handlers.test_join import BaseClient

    many = web.shelf.invite(*(f"p{n}" for n in range(60)))
    report, made, before = rows(*(f"X,{one.email},08:30:00,09:00:00" for one in many)), [], BaseClient._make_api_call
    monkeypatch.setattr(
        BaseClient, "_make_api_call", lambda self, name, said: (made.append(name), before(self, name, said))[1]
    )
    assert len(told(send(web, report))) == 60
    assert {name: made.count(name) for name in ("BatchGetItem", "TransactWriteItems", "PutItem")} == {
        "BatchGetItem": 4, "TransactWriteItems": 2, "PutItem": 1}  # fmt: skip


def test_attendance_is_in_the_own_data_and_the_file_and_goes_with_them(web: Web, people: dict[str, Invitee]) -> None:
    clara = people["clara"]
    web.shelf.clock.time = OPENS
    press(web, clara)
    send(web, ZOOM_USAGE)
    [own] = json.loads(web.get(web.link(clara, "/data.json")).body)["attendance"]
    assert (own["session"], own["joined_at"], own["minutes"]) == ("session-1", "2021-01-28T07:15:00Z", 90)
    assert own["imported"] == [["2021-01-28T07:30:00Z", "2021-01-28T07:50:30Z"],
                               ["2021-01-28T08:00:00Z", "2021-01-28T09:10:00Z"]]  # fmt: skip
    assert "Attended" in web.get(web.link(clara, "/data")).body.decode()
    seen = web.api("GET", f"/symposium/invitees/{clara.id}").json_body
    assert [(one["session"], one["sources"], one["minutes"]) for one in seen["attendance"]] == [
        ("session-1", ["join", "import"], 90)]  # fmt: skip
    assert "joined session-1" in [line["what"] for line in seen["timeline"]]
    assert web.form(web.link(clara, "/data"), ERASE).status_code == 200
    assert listed(web) == []
    let_the_desk_work(web)
    assert web.shelf.items(f"INVITEE#{clara.id}", "ATTENDANCE#") == []
    assert web.get(web.link(clara, HERE)).status_code == 404
