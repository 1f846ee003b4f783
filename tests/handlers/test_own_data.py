"""What is held about a person: shown, saved, corrected, erased; and what is left of them then."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.adapters.queue import QueueFailed
from chalicelib.adapters.store.erasures import Erasures
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.person import log_put
from chalicelib.domain.invitee import Invitee
from chalicelib.usecases.contribute import wanted_of
from chalicelib.usecases.private_uploads import check
from tests.handlers.conftest import Web
from tests.handlers.test_delegation import AZIZ, colleague, pass_on, take_back
from tests.handlers.test_invitees import text
from tests.handlers.test_machines import call, sqs
from tests.shelf import FORM, NOW
from tests.usecases.steps import accept, invite_all, outcomes, suppress, tick, told, work_off
from tests.usecases.test_places import LINE, counts, state
from tests.usecases.uploading import PAPER, UPLOAD, arrive, hand_in, key, objects, room

ERASE = {"action": "erase", "sure": "yes"}
CORRECT = {"action": "correct", "name": "Anna Maria Berg", "language": "ru"}
NOT_TOLD = {"generation", "chain", "attending", "handed_in", "delegated_to", "delegated_from", "invited_by", "batches",
            "withdrawn_by", "revision", "revised_at", "dropped", "feed"}  # fmt: skip
"""What a profile has for book-keeping, or what the file says elsewhere. A new field is told, or is named here."""
YEAR = timedelta(days=365)


@pytest.fixture
def anna(web: Web) -> Invitee:
    web.shelf.publish(capacity=1, waitlist=LINE, contributions=[PAPER])
    return web.shelf.invite("anna", language="en", category="government", delegation="Ministry of Salt")[0]


def erase(web: Web, one: Invitee, **form: str) -> Any:
    return web.form(web.link(one, "/data"), {**ERASE, **form})


def let_the_desk_work(web: Web) -> None:
    jobs = [job.model_dump_json() for job in web.shelf.take_jobs()]
    assert call("desk", sqs(*jobs), 900_000) == {"batchItemFailures": []}


def table(web: Web) -> str:
    return json.dumps(web.shelf.items(), ensure_ascii=False).lower()


def erased(web: Web) -> dict[str, int]:
    said = web.api("GET", "/symposium/erased").json_body
    return {name: count for name, count in said.items() if count}


# seen


def test_the_page_says_what_is_held_and_until_when(web: Web, anna: Invitee) -> None:
    web.form(web.link(anna, "/registration"), FORM)
    said = text(web.get(web.link(anna, "/data")))
    for fact in ("Anna", "anna@example.org", "Ministry of Salt", FORM["name"][0], "Friday, 28 January 2022"):
        assert fact in said
    assert "My data" in text(web.get(web.link(anna)))


def test_the_file_has_everything_by_name(web: Web, anna: Invitee) -> None:
    invite_all(web.shelf)
    web.form(web.link(anna, "/registration"), FORM)
    answer = web.get(web.link(anna, "/data.json"))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    held = json.loads(answer.body)
    assert (held["person"]["email"], held["registration"]["name"]) == (anna.email, FORM["name"][0])
    assert [mail["kind"] for mail in held["mails"]] == ["invitation"]
    assert [line["what"] for line in held["history"]] == ["registered"]
    assert set(held["person"]) == set(Invitee.model_fields) - NOT_TOLD


# corrected


def test_name_and_language_are_corrected_once_and_the_history_says_so(web: Web, anna: Invitee) -> None:
    for _ in range(2):
        assert web.form(web.link(anna, "/data"), CORRECT).status_code == 303
    after = web.shelf.file(anna).invitee
    assert (after.name, after.language) == ("Anna Maria Berg", "ru")
    [line] = web.shelf.items(f"INVITEE#{anna.id}", "LOG#")
    assert line["detail"]["S"] == "name: Anna -> Anna Maria Berg, language: en -> ru"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"name": " \r\n"}, "Enter your name."), ({"name": "x" * 64_000}, "Shorten the name to 200 characters."),
     ({"name": "Anna, see win.example/now"}, "Write the name alone, without addresses."),
     ({"language": "xx"}, "Choose one of the languages.")],
)  # fmt: skip
def test_a_correction_that_cannot_be_is_refused_by_its_field(
    web: Web, anna: Invitee, wrong: dict[str, str], said: str
) -> None:
    before = web.shelf.items()
    answer = web.form(web.link(anna, "/data"), {**CORRECT, **wrong})
    assert (answer.status_code, web.shelf.items()) == (422, before)
    assert said in text(answer)


def test_a_correction_has_one_line_and_no_hidden_turns(web: Web, anna: Invitee) -> None:
    web.form(web.link(anna, "/data"), {**CORRECT, "name": "Anna\r\nBcc: x \u202egreb"})
    assert web.shelf.file(anna).invitee.name == "Anna Bcc: x greb"


# erased


def test_nothing_of_a_person_is_left_but_a_number_and_lines_without_a_name(web: Web, anna: Invitee) -> None:
    invite_all(web.shelf)
    web.form(web.link(anna, "/registration"), {**FORM, "name": ["Anna Unmistakable"]})
    arrive(web.shelf, anna)
    hand_in(web.shelf, anna)
    suppress(web.shelf, anna)
    assert erase(web, anna).status_code == 200
    let_the_desk_work(web)
    for trace in ("anna@example", "unmistakable", "ministry of salt", "paper.pdf"):
        assert trace not in table(web)
    left = Counter(item["SK"]["S"].split("#")[0] for item in web.shelf.items(f"INVITEE#{anna.id}"))
    assert set(left) == {"DELIVERY"}
    [accepted] = web.shelf.ses.messages(kind="invitation")
    told(web.shelf, web.shelf.told(accepted.id, "Delivery"))
    for line in web.shelf.items(f"INVITEE#{anna.id}"):
        assert (line["message_id"], line.get("reason")) == ({"S": "(erased)"}, None)
        assert line["state"] != {"S": "delivered"}
    assert objects(web.shelf) == []
    assert erased(web) == {"people": 1, "accepted": 1, "registered": 1}
    assert [item["reason"]["S"] for item in web.shelf.items("ADDRESS#", "SUPPRESSION")] == ["bounce"]


def rows_about_erasing(web: Web) -> list[str]:
    return [item["SK"]["S"] for item in web.shelf.items("DUE#") if "erase" in item["SK"]["S"]]


def test_the_desk_looks_once_more_when_nobody_who_saw_the_person_is_at_work_any_more(web: Web, anna: Invitee) -> None:
    arrive(web.shelf, anna)
    uploads, event = room(web.shelf).uploads, web.shelf.events.get("symposium")
    erase(web, anna)
    let_the_desk_work(web)
    assert rows_about_erasing(web) == ["2021-01-14T09:02:00Z#symposium#erase#annaxxxxxxxxxxxxxxxx"]
    check(uploads, anna, UPLOAD, wanted_of(event.document.contributions[0]), NOW)
    assert objects(web.shelf) == [key(anna, folder="kept")], "a request that was under way"
    tick(web.shelf, NOW + timedelta(minutes=2))
    let_the_desk_work(web)
    assert (rows_about_erasing(web), web.shelf.items(f"INVITEE#{anna.id}"), objects(web.shelf)) == ([], [], [])


def test_the_place_is_free_for_who_waits(web: Web, anna: Invitee) -> None:
    [boris] = web.shelf.invite("boris")
    web.form(web.link(anna, "/registration"), FORM)
    web.form(web.link(boris, "/registration"), FORM)
    assert state(web.shelf, boris) == "waiting"
    erase(web, anna)
    tick(web.shelf, NOW + timedelta(minutes=1))
    assert state(web.shelf, boris) == "offered"
    erase(web, boris)
    assert counts(web.shelf) == {"last": 1}, "nobody is counted, and no number is given twice"


def test_who_joins_the_line_in_another_window_while_they_are_erased_leaves_nothing_there(
    web: Web, anna: Invitee, monkeypatch: Any
) -> None:
    [boris] = web.shelf.invite("boris")
    web.form(web.link(boris, "/registration"), FORM)
    web.form(web.link(anna, "/answer"), {"answer": "accepted"})
    whole, clicked = Erasures.erase, list[int]()

    def overtaken(*seen: Any, **said: Any) -> None:
        if not clicked:
            clicked.append(web.form(web.link(anna, "/registration"), FORM).status_code)
        whole(*seen, **said)

    monkeypatch.setattr(Erasures, "erase", overtaken)
    assert (erase(web, anna).status_code, clicked) == (200, [303])
    let_the_desk_work(web)
    assert web.shelf.items("WAITLIST#") == []
    assert counts(web.shelf) == {"t_event": 1, "t_session__session_1": 1, "last": 1}, "nobody is waited for"


def test_the_link_is_dead_and_a_second_click_says_so(web: Web, anna: Invitee) -> None:
    assert "Your data is erased" in text(erase(web, anna))
    before = web.shelf.items()
    assert (erase(web, anna).status_code, web.get(web.link(anna)).status_code) == (404, 404)
    assert (web.shelf.items(), erased(web)) == (before, {"people": 1, "needs_action": 1})


def test_nothing_is_erased_before_the_box_is_ticked(web: Web, anna: Invitee) -> None:
    before = web.shelf.items()
    answer = erase(web, anna, sure="")
    assert (answer.status_code, web.shelf.items()) == (422, before)
    assert "Tick the box first." in text(answer)


def test_no_list_brings_them_back_and_no_colleague(web: Web, anna: Invitee) -> None:
    erase(web, anna)
    rows = [{"email": "Anna@Example.org", "name": "Anna"}, {"email": "boris@example.org", "name": "Boris"}]
    said = web.api("POST", "/symposium/invitees", rows).json_body
    assert "rows" in said, said
    assert [row["outcome"] for row in said["rows"]] == ["invalid", "created"]
    assert "had their data erased" in said["rows"][0]["problems"][0]["message"]
    [boris] = [one for one in web.shelf.invitees.all("symposium")]
    assert pass_on(web, boris, email="anna@example.org").status_code == 422
    wanted = {"email": "anna@example.org", "reason": "asked"}
    assert web.api("POST", f"/symposium/invitees/{boris.id}/address", wanted).status_code == 409


def test_a_batch_adds_up_when_one_of_its_people_is_erased_before_their_mail(web: Web, anna: Invitee) -> None:
    web.shelf.invite("boris")
    batch = accept(web.shelf)
    erase(web, anna)
    let_the_desk_work(web)
    work_off(web.shelf)
    assert web.shelf.recipients() == ["boris@example.org"]
    assert outcomes(web.shelf, batch) == {"sent": 1, "skipped": 1}


def test_a_colleague_who_is_erased_leaves_the_invitation_to_who_passed_it_on(web: Web, anna: Invitee) -> None:
    pass_on(web, anna)
    aziz = colleague(web, anna)
    erase(web, aziz)
    after = web.shelf.file(anna).invitee
    assert (after.rsvp, after.delegated_to) == ("needs-action", "")
    assert web.get(web.link(anna)).status_code == 200
    let_the_desk_work(web)
    assert AZIZ["name"].lower() not in table(web) and AZIZ["email"].lower() not in table(web)


def test_who_is_erased_in_the_middle_of_a_line_leaves_one_invitation_and_not_two(web: Web, anna: Invitee) -> None:
    web.shelf.publish(passed_on=2)
    pass_on(web, anna)
    aziz = colleague(web, anna)
    pass_on(web, aziz, name="Dina", email="dina@ministry.example")
    dina = colleague(web, aziz)
    erase(web, aziz)
    assert (colleague(web, anna).id, web.shelf.file(dina).invitee.passed_on_by) == (dina.id, "Anna")
    answers = [web.form(web.link(one, "/registration"), FORM).status_code for one in (anna, dina)]
    assert (answers, take_back(web, anna)) == ([409, 303], 303)
    assert web.get(web.link(dina)).status_code == 404


def test_who_was_named_a_hundred_times_can_be_erased_and_is_named_nowhere_then(web: Web, anna: Invitee) -> None:
    pass_on(web, anna)
    aziz = colleague(web, anna)
    for number in range(100):
        at, said = NOW - timedelta(hours=number), f"{AZIZ['name']}, aziz@old.example"
        web.shelf.table.write(log_put(anna.id, at, "passed on", said, names=[aziz.id]))
    assert erase(web, aziz).status_code == 200
    let_the_desk_work(web)
    assert AZIZ["name"].lower() not in table(web)


def test_who_takes_a_name_of_one_letter_strikes_nothing_else_out_of_a_history(web: Web, anna: Invitee) -> None:
    web.form(web.link(anna, "/answer"), {"answer": "declined", "reason": "Travel"})
    pass_on(web, anna)
    aziz = colleague(web, anna)
    web.form(web.link(aziz, "/data"), {**CORRECT, "name": "e"})
    erase(web, web.shelf.file(aziz).invitee)
    let_the_desk_work(web)
    history = {item["what"]["S"]: item["detail"]["S"] for item in web.shelf.items(f"INVITEE#{anna.id}", "LOG#")}
    assert history == {"answered": "needs-action -> declined: Travel", "passed on": "(erased)"}


def test_who_corrected_their_name_is_not_left_in_a_colleagues_history_by_the_old_one(web: Web, anna: Invitee) -> None:
    web.form(web.link(anna, "/data"), {**CORRECT, "name": "Unmistakable"})
    pass_on(web, anna)
    web.form(web.link(anna, "/data"), CORRECT)
    erase(web, web.shelf.file(anna).invitee)
    let_the_desk_work(web)
    assert "unmistakable" not in table(web)


def test_who_passed_it_on_and_is_erased_leaves_no_name_with_the_colleague(web: Web, anna: Invitee) -> None:
    web.form(web.link(anna, "/data"), {**CORRECT, "name": "Unmistakable"})
    pass_on(web, anna)
    aziz = colleague(web, anna)
    erase(web, web.shelf.file(anna).invitee)
    let_the_desk_work(web)
    assert web.shelf.file(aziz).invitee.passed_on_by == "" and "unmistakable" not in table(web)
    assert web.form(web.link(aziz, "/registration"), FORM).status_code == 303


def test_who_took_it_back_and_is_erased_leaves_no_name_with_the_colleague(web: Web, anna: Invitee) -> None:
    web.form(web.link(anna, "/data"), {**CORRECT, "name": "Unmistakable"})
    pass_on(web, anna)
    aziz = colleague(web, anna)
    take_back(web, anna)
    erase(web, web.shelf.file(anna).invitee)
    let_the_desk_work(web)
    assert web.shelf.file(aziz).invitee.passed_on_by == "" and "unmistakable" not in table(web)


def test_a_colleague_of_a_colleague_from_whom_it_was_taken_back_leaves_no_name_when_erased(web: Web) -> None:
    web.shelf.publish(passed_on=2)
    [anna] = web.shelf.invite("anna")
    pass_on(web, anna)
    aziz = colleague(web, anna)
    pass_on(web, aziz, name="Unmistakable", email="unmistakable@ministry.example")
    last = colleague(web, aziz)
    take_back(web, anna)
    assert web.api("POST", f"/symposium/invitees/{last.id}/erase", {"reason": "Asked by letter"}).status_code == 200
    let_the_desk_work(web)
    assert "unmistakable" not in table(web)


def test_what_the_desk_did_not_hear_of_the_clock_tells_it(web: Web, anna: Invitee, monkeypatch: Any) -> None:
    web.form(web.link(anna, "/registration"), FORM)

    def fails(*_: Any) -> None:
        raise QueueFailed("InternalError")

    with monkeypatch.context() as broken:
        broken.setattr("chalicelib.adapters.queue.Queue.send_job", fails)
        assert erase(web, anna).status_code == 200
    assert web.shelf.jobs() == []
    tick(web.shelf, NOW + timedelta(minutes=20))
    let_the_desk_work(web)
    assert web.shelf.items(f"INVITEE#{anna.id}") == []


def test_the_desk_takes_nothing_from_who_is_still_there(web: Web, anna: Invitee) -> None:
    before = web.shelf.items(f"INVITEE#{anna.id}")
    job = {"what": "erase", "event": "symposium", "id": anna.id, "due": "2021-01-14T09:00:00Z"}
    call("desk", sqs(json.dumps(job)), 900_000)
    assert web.shelf.items(f"INVITEE#{anna.id}") == before


def test_an_organiser_erases_who_asks_for_it_and_the_audit_log_has_no_name(web: Web, anna: Invitee) -> None:
    path = f"/symposium/invitees/{anna.id}/erase"
    assert web.api("POST", path, {}).status_code == 422
    assert web.api("POST", path, {"reason": "Asked by letter"}).json_body["people"] == 1
    assert web.api("POST", path, {"reason": "Asked by letter"}).status_code == 404
    [entry] = web.api("GET", "/symposium/audit").json_body["entries"]
    assert (entry["what"], entry["detail"], entry["reason"]) == ("erased", anna.id, "Asked by letter")


def test_an_organiser_lets_an_erased_address_be_invited_again_and_the_audit_log_does_not_say_whose(
    web: Web, anna: Invitee
) -> None:
    lift, wanted = "/symposium/erased/lift", {"email": "Anna@Example.org", "reason": "Somebody else had the mail"}
    assert web.api("POST", lift, wanted).status_code == 409
    erase(web, anna)
    let_the_desk_work(web)
    assert web.api("POST", lift, {"email": "anna@example.org"}).status_code == 422
    row = [{"email": "anna@example.org", "name": "Anna"}]
    assert web.api("POST", "/symposium/invitees", row).json_body["counts"] == {"invalid": 1}
    assert web.api("POST", lift, wanted).json_body["people"] == 1
    assert web.api("POST", lift, wanted).status_code == 409
    [entry] = web.api("GET", "/symposium/audit").json_body["entries"]
    assert (entry["what"], entry["detail"], entry["reason"]) == ("erasure lifted", "", wanted["reason"])
    assert web.api("POST", "/symposium/invitees", row).json_body["counts"] == {"created": 1}


# the clock


def test_after_its_time_everybody_of_an_event_is_erased_also_who_never_answered(web: Web, anna: Invitee) -> None:
    web.shelf.invite("boris", "clara")
    web.shelf.publish("another")
    [dora] = web.shelf.invite("dora", event="another")
    web.form(web.link(anna, "/registration"), FORM)
    end = web.shelf.events.get("symposium").document.ends_at + YEAR
    tick(web.shelf, end - timedelta(minutes=1))
    assert [job for job in web.shelf.jobs() if not job.id] == []
    web.shelf.publish("another", retention_days=3650)
    ticked = tick(web.shelf, end)
    assert ticked.queued_again == ["symposium#retention"]
    let_the_desk_work(web)
    let_the_desk_work(web)
    assert [one.id for one in web.shelf.invitees.all("symposium")] == []
    assert web.shelf.items("INVITEE#") == web.shelf.items(f"INVITEE#{dora.id}") != []
    assert erased(web) == {"people": 3, "accepted": 1, "needs_action": 2, "registered": 1}
    assert [item["invitee"]["S"] for item in web.shelf.items("ADDRESS#")] == [dora.id]
    tick(web.shelf, end + timedelta(hours=1))
    assert not [item for item in web.shelf.items("DUE#") if "symposium#retention" in item["SK"]["S"]]


def test_one_who_cannot_be_erased_keeps_nobody_else(web: Web, anna: Invitee, monkeypatch: pytest.MonkeyPatch) -> None:
    boris, _ = web.shelf.invite("boris", "clara")
    file = Invitees.file

    def broken(self: Invitees, invitee: str) -> Any:
        if invitee == boris.id:
            raise RuntimeError("a profile that cannot be read")
        return file(self, invitee)

    with monkeypatch.context() as patch:
        patch.setattr(Invitees, "file", broken)
        tick(web.shelf, web.shelf.events.get("symposium").document.ends_at + YEAR)
        let_the_desk_work(web)
    assert [one.id for one in web.shelf.invitees.all("symposium")] == [boris.id]


def test_an_event_that_is_moved_keeps_its_people_for_as_long_again(web: Web, anna: Invitee) -> None:
    end = web.shelf.events.get("symposium").document.ends_at + YEAR
    web.shelf.publish(date="2021-06-04", capacity=1, waitlist=LINE, contributions=[PAPER])
    tick(web.shelf, end)
    assert web.shelf.jobs() == [] and web.shelf.file(anna)
