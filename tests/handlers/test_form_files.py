"""A file that answers the registration form: from the bucket to the organiser; what becomes of those not named."""

from datetime import timedelta
from email.header import Header
from typing import Any

import pytest

from chalicelib.adapters.store.contributions import Contributions
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.domain.invitee import Invitee
from tests.files import JPEG, PDF
from tests.handlers.conftest import Web
from tests.handlers.test_contributions import text
from tests.shelf import DEADLINE, FORM, NOW
from tests.usecases.steps import answer
from tests.usecases.uploading import PAPER, UPLOAD, arrive, hand_in, key, objects

LETTER: dict[str, Any] = {"id": "letter", "kind": "file", "required": True, "formats": ["pdf"], "max_mb": 1,
                          "label": {"en": "Letter", "ru": "Письмо"}}  # fmt: skip
PHOTO = {**LETTER, "id": "photo", "required": False, "formats": ["pdf", "jpeg"]}
HERE = "/registration/files/letter"
OTHER, THIRD = "e" * 20, "d" * 20
GONE = "The file did not arrive, or it was deleted meanwhile."


@pytest.fixture
def clara(web: Web) -> Invitee:
    web.shelf.publish(form=[LETTER, PHOTO])
    return web.shelf.invite("clara", language="en", category="government")[0]


def add(
    web: Web, one: Invitee, upload: str = UPLOAD, question: str = "letter", content: bytes = PDF, **named: str
) -> Any:
    """The browser posted a file, came back and pressed the button."""
    arrive(web.shelf, one, content, upload, **named)
    return web.form(web.link(one, f"/registration/files/{question}/uploads/{upload}"), {})


def send(web: Web, one: Invitee, **answers: list[str]) -> Any:
    return web.form(web.link(one, "/registration"), {**FORM, **{f"q-{name}": said for name, said in answers.items()}})


def registered(web: Web, one: Invitee) -> Any:
    return web.shelf.file(one).registered


def state(web: Web) -> tuple[list[Any], list[str]]:
    return web.shelf.items(), objects(web.shelf)


def test_a_file_is_added_named_by_the_form_listed_and_opened_by_the_organiser(web: Web, clara: Invitee) -> None:
    page = text(web.get(web.link(clara, "/registration")))
    assert f'id="q-letter" href="{web.link(clara, HERE)}"' in page and "PDF, up to 1 MB." in page
    assert "<noscript>" in page and "what you type here is lost when you go there" in page
    arrive(web.shelf, clara, name=str(Header("Письмо.pdf", "utf-8").encode()))
    back = web.link(clara, f"{HERE}/uploads/{UPLOAD}")
    assert f'action="{back}"' in text(web.get(back))
    done = web.form(back, {})
    assert (done.status_code, done.headers["Location"]) == (303, web.link(clara, "/registration") + "#q-letter")
    page = text(web.get(web.link(clara, "/registration")))
    assert f'name="q-letter" value="{UPLOAD}" checked' in page and "Письмо.pdf" in page
    assert send(web, clara, letter=[UPLOAD]).status_code == 303
    stored = registered(web, clara)
    assert (stored.answers, stored.files) == ({"letter": UPLOAD}, {"letter": "Письмо.pdf"})
    [row] = web.api("GET", "/symposium/registrations").json_body["registrations"]
    assert (row["answers"], row["invitee"]) == ({"letter": "Письмо.pdf"}, clara.id)
    table = web.api("GET", "/symposium/registrations", accept="text/csv").body.decode()
    assert "answer: letter" in table and "Письмо.pdf" in table and UPLOAD not in table
    opened = web.api("POST", f"/symposium/invitees/{clara.id}/answers/letter/open").json_body
    assert (opened["filename"], opened["size"], opened["format"]) == ("Письмо.pdf", len(PDF), "pdf")
    assert key(clara, folder="kept") in opened["url"] and "response-content-disposition=attachment" in opened["url"]
    [entry] = web.api("GET", "/symposium/audit").json_body["entries"]
    assert (entry["what"], entry["detail"]) == ("answer opened", f"letter of {clara.id}")
    assert web.api("GET", f"/symposium/invitees/{clara.id}").json_body["registration"]["files"] == stored.files


def test_the_page_posts_to_the_bucket_and_runs_one_script(web: Web, clara: Invitee) -> None:
    policy = web.get(web.link(clara, HERE)).headers["Content-Security-Policy"]
    assert "form-action 'self' https://" in policy and policy.count("script-src 'sha256-") == 1
    assert "form-action 'self';" in web.get(web.link(clara, "/registration")).headers["Content-Security-Policy"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_scanner_changes_nothing_wherever_it_goes(web: Web, clara: Invitee, method: str) -> None:
    arrive(web.shelf, clara)
    before = state(web)
    for path in (HERE, f"{HERE}/uploads/{UPLOAD}", f"{HERE}/uploads/{OTHER}", "/registration"):
        assert web.request(method, web.link(clara, path)).status_code == 200
    assert state(web) == before


def test_a_required_file_is_asked_for_by_its_name_and_leads_to_where_it_is_added(web: Web, clara: Invitee) -> None:
    refused = send(web, clara)
    assert refused.status_code == 422 and 'href="#q-letter"' in text(refused) and "Add a file." in text(refused)
    assert registered(web, clara) is None


@pytest.mark.parametrize("said", [OTHER, "../" + UPLOAD, "x" * 3000, "letter"])
def test_an_upload_that_is_not_there_or_no_id_is_refused_at_its_question(web: Web, clara: Invitee, said: str) -> None:
    add(web, clara)
    before = state(web)
    refused = send(web, clara, letter=[said])
    assert refused.status_code == 422 and 'href="#q-letter"' in text(refused) and GONE in text(refused)
    assert state(web) == before


def test_somebody_elses_file_and_another_questions_are_refused(web: Web, clara: Invitee) -> None:
    [boris] = web.shelf.invite("boris", language="en")
    add(web, clara)
    assert GONE in text(send(web, boris, letter=[UPLOAD]))
    assert web.form(web.link(boris, f"{HERE}/uploads/{UPLOAD}"), {}).status_code == 422
    add(web, clara, OTHER, "photo", JPEG)
    assert GONE in text(send(web, clara, letter=[OTHER]))
    assert objects(web.shelf) == sorted(key(clara, one, "kept") for one in (UPLOAD, OTHER))


def test_a_contribution_is_no_answer_and_an_answer_no_contribution(web: Web, clara: Invitee) -> None:
    web.shelf.publish(form=[LETTER], contributions=[PAPER])
    arrive(web.shelf, clara)
    hand_in(web.shelf, clara)
    assert GONE in text(send(web, clara, letter=[UPLOAD]))
    assert GONE in text(web.form(web.link(clara, f"{HERE}/uploads/{UPLOAD}"), {}))
    add(web, clara, OTHER)
    assert web.form(web.link(clara, f"/contributions/paper/uploads/{OTHER}"), {}).status_code == 422
    assert send(web, clara, letter=[OTHER]).status_code == 303
    assert objects(web.shelf) == sorted(key(clara, one, "kept") for one in (UPLOAD, OTHER))


@pytest.mark.parametrize(("content", "words"), [
    (JPEG, "This kind of file is not taken here."), (b"MZ" * 50, "not a file of a kind"), (b"", "The file is empty."),
    (PDF[:-6] + b" " * 1024 * 1024 + b"%%EOF\n", "larger than is taken"),
])  # fmt: skip
def test_a_file_that_does_not_fit_is_refused_with_the_reason_and_deleted(
    web: Web, clara: Invitee, content: bytes, words: str
) -> None:
    before = web.shelf.items()
    refused = add(web, clara, content=content)
    assert refused.status_code == 422 and words in text(refused)
    assert state(web) == (before, [])


def test_another_file_takes_the_place_of_the_first_when_the_form_is_saved_and_not_before(
    web: Web, clara: Invitee
) -> None:
    add(web, clara)
    send(web, clara, letter=[UPLOAD])
    web.shelf.clock.pass_(minutes=1)
    add(web, clara, OTHER, name="second.pdf")
    assert objects(web.shelf) == sorted(key(clara, one, "kept") for one in (UPLOAD, OTHER))
    assert f'value="{OTHER}" checked' in text(web.get(web.link(clara, "/registration")))
    assert registered(web, clara).files == {"letter": "paper.pdf"}
    web.shelf.clock.pass_(minutes=1)
    send(web, clara, letter=[OTHER])
    assert registered(web, clara).files == {"letter": "second.pdf"} and registered(web, clara).version == 2
    assert objects(web.shelf) == [key(clara, OTHER, "kept")]
    assert list(web.shelf.file(clara).uploads) == [OTHER]


def test_a_file_that_was_added_and_not_saved_gives_way_to_the_next(web: Web, clara: Invitee) -> None:
    for upload in (UPLOAD, OTHER, THIRD):
        add(web, clara, upload)
        web.shelf.clock.pass_(minutes=1)
    assert objects(web.shelf) == [key(clara, THIRD, "kept")]


def test_a_file_whose_mark_is_taken_off_is_deleted_when_the_form_is_saved(web: Web, clara: Invitee) -> None:
    add(web, clara)
    add(web, clara, OTHER, "photo")
    send(web, clara, letter=[UPLOAD], photo=[OTHER])
    assert set(registered(web, clara).files) == {"letter", "photo"}
    web.shelf.clock.pass_(minutes=1)
    send(web, clara, letter=[UPLOAD])
    assert (registered(web, clara).files, objects(web.shelf)) == (
        {"letter": "paper.pdf"}, [key(clara, folder="kept")],
    )  # fmt: skip


def test_the_same_click_again_changes_nothing(web: Web, clara: Invitee) -> None:
    add(web, clara)
    before = state(web)
    again = web.form(web.link(clara, f"{HERE}/uploads/{UPLOAD}"), {})
    assert (again.status_code, state(web)) == (303, before)
    send(web, clara, letter=[UPLOAD])
    before = state(web)
    assert send(web, clara, letter=[UPLOAD]).status_code == 303
    assert state(web) == before


def test_a_file_that_another_window_names_at_this_very_moment_stays(
    web: Web, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(web, clara)
    web.shelf.clock.pass_(minutes=1)
    lets_go = Contributions.let_go

    def named_meanwhile(*arguments: Any) -> bool:
        monkeypatch.setattr(Contributions, "let_go", lets_go)
        assert send(web, clara, letter=[UPLOAD]).status_code == 303
        return lets_go(*arguments)

    monkeypatch.setattr(Contributions, "let_go", named_meanwhile)
    assert add(web, clara, OTHER).status_code == 303
    assert registered(web, clara).answers == {"letter": UPLOAD}
    assert key(clara, folder="kept") in objects(web.shelf) and UPLOAD in web.shelf.file(clara).uploads


def test_a_form_does_not_name_a_file_that_goes_at_this_very_moment(
    web: Web, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(web, clara)
    web.shelf.clock.pass_(minutes=1)
    registers = Invitees.register

    def gone_meanwhile(*arguments: Any) -> None:
        monkeypatch.setattr(Invitees, "register", registers)
        add(web, clara, OTHER)
        registers(*arguments)

    monkeypatch.setattr(Invitees, "register", gone_meanwhile)
    refused = send(web, clara, letter=[UPLOAD])
    assert refused.status_code == 409 and "changed in another window" in text(refused)
    assert registered(web, clara) is None and objects(web.shelf) == [key(clara, OTHER, "kept")]


def test_who_waits_for_an_approval_has_their_file_looked_at(web: Web) -> None:
    web.shelf.publish(form=[LETTER], approval=True)
    [anna] = web.shelf.invite("anna", language="en")
    add(web, anna)
    send(web, anna, letter=[UPLOAD])
    [waits] = web.api("GET", "/symposium/places").json_body["requests"]
    assert (waits["state"], waits["files"]) == ("approval", {"letter": "paper.pdf"})
    path = f"/symposium/invitees/{anna.id}"
    assert web.api("POST", f"{path}/answers/letter/open").json_body["filename"] == "paper.pdf"
    web.api("POST", f"{path}/request/approve", {"reason": ""})
    assert registered(web, anna).files == {"letter": "paper.pdf"}
    assert objects(web.shelf) == [key(anna, folder="kept")]


def test_an_organiser_finds_nothing_that_is_not_there(web: Web, clara: Invitee) -> None:
    for path in (f"{clara.id}/answers/letter", f"{clara.id}/answers/x", "nobody/answers/letter"):
        assert web.api("POST", f"/symposium/invitees/{path}/open").status_code == 404
    add(web, clara)  # and not saved
    assert web.api("POST", f"/symposium/invitees/{clara.id}/answers/letter/open").status_code == 404


def test_no_page_is_there_for_a_question_that_asks_for_no_file(web: Web, clara: Invitee) -> None:
    for question in ("nothing", "name", "%2e%2e"):
        assert web.get(web.link(clara, f"/registration/files/{question}")).status_code == 404
        assert web.form(web.link(clara, f"/registration/files/{question}/uploads/{UPLOAD}"), {}).status_code == 404


def test_after_the_deadline_no_file_is_taken(web: Web, clara: Invitee) -> None:
    arrive(web.shelf, clara)
    web.shelf.clock.time = DEADLINE + timedelta(seconds=1)
    before = state(web)
    back = web.link(clara, f"{HERE}/uploads/{UPLOAD}")
    assert (web.get(web.link(clara, HERE)).status_code, web.get(back).status_code) == (200, 200)
    assert web.form(back, {}).status_code == 410
    assert "enctype" not in text(web.get(back)) and state(web) == before


def test_files_are_counted_as_changes_and_one_too_many_leaves_nothing_behind(web: Web, clara: Invitee) -> None:
    for number in range(60):
        assert add(web, clara, f"{number:020x}").status_code == 303
        web.shelf.clock.pass_(seconds=1)
    before = state(web)
    assert add(web, clara, OTHER).status_code == 429
    assert state(web) == before


def test_a_link_that_was_revoked_at_this_very_moment_adds_nothing(
    web: Web, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeps = Contributions.kept

    def revoked_meanwhile(*arguments: Any) -> bool:
        web.shelf.table.write(revoking(clara))
        return keeps(*arguments)

    monkeypatch.setattr(Contributions, "kept", revoked_meanwhile)
    assert add(web, clara).status_code == 404
    assert objects(web.shelf) == [] and web.shelf.file(clara).uploads == {}


def revoking(one: Invitee) -> Any:
    from chalicelib.adapters.store.person import profile_key
    from chalicelib.adapters.store.table import Update

    return Update(profile_key(one.id), add={"generation": 1})


def test_paper_brings_no_file_and_leaves_the_one_that_was_sent(web: Web, clara: Invitee) -> None:
    paper = {"answer": "accepted", "on_behalf": "Note verbale No 17", "sessions": ["session-1"], "organisation": "M",
             "consent": True}  # fmt: skip
    path = f"/symposium/invitees/{clara.id}/answer"
    assert web.api("POST", path, paper).json_body["state"] == "registered"
    assert registered(web, clara).files == {}
    web.shelf.clock.pass_(minutes=1)
    add(web, clara)
    send(web, clara, letter=[UPLOAD])
    assert web.api("POST", path, {**paper, "sessions": ["session-2"]}).status_code == 200
    assert registered(web, clara).files == {"letter": "paper.pdf"}


def test_who_declines_and_comes_back_finds_the_file_in_the_form(web: Web, clara: Invitee) -> None:
    add(web, clara)
    send(web, clara, letter=[UPLOAD])
    web.shelf.clock.pass_(minutes=1)
    answer(web.shelf, clara, "declined")
    assert f'value="{UPLOAD}" checked' in text(web.get(web.link(clara, "/registration")))
    assert send(web, clara, letter=[UPLOAD]).status_code == 303
    assert registered(web, clara).files == {"letter": "paper.pdf"}


def test_a_persons_own_data_names_the_files(web: Web, clara: Invitee) -> None:
    add(web, clara, name="letter.pdf")
    send(web, clara, letter=[UPLOAD])
    [one] = web.get(web.link(clara, "/data.json")).json_body["files"]
    assert (one["filename"], one["purpose"], one["checked_at"]) == ("letter.pdf", "question letter", f"{NOW:%FT%TZ}")
    assert "letter.pdf" in text(web.get(web.link(clara, "/data")))
