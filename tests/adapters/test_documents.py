"""Files in S3: agendas typeset once, and what an organiser uploads."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.adapters import documents as module
from chalicelib.adapters.documents import Documents, TypesettingFailed
from tests.shelf import SETTINGS, Shelf


def keys(shelf: Shelf) -> list[str]:
    return [item["Key"] for item in shelf.s3.list_objects_v2(Bucket=SETTINGS["BUCKET"]).get("Contents", [])]


def another_container(shelf: Shelf) -> Documents:
    return Documents(shelf.s3, SETTINGS["BUCKET"], lambda: shelf.typesetter, SETTINGS["TYPESETTER"])


def test_an_agenda_is_typeset_once_per_version_language_and_zone(shelf: Shelf) -> None:
    event = shelf.publish()
    first = shelf.documents.agenda(event, "en", "Asia/Tashkent")
    assert first.startswith(b"%PDF-")
    assert shelf.documents.agenda(event, "en", "Asia/Tashkent") == first
    assert another_container(shelf).agenda(event, "en", "Asia/Tashkent") == first
    assert len(shelf.typesetter.calls) == 1
    shelf.documents.agenda(event, "ru", "Asia/Tashkent")
    shelf.documents.agenda(event, "en", "Europe/Vienna")
    shelf.documents.agenda(shelf.publish(date="2021-02-04"), "en", "Asia/Tashkent")
    assert len(shelf.typesetter.calls) == len(keys(shelf)) == 4


def test_a_typesetter_that_fails_says_why_and_leaves_nothing(shelf: Shelf) -> None:
    event = shelf.publish()
    shelf.typesetter.failing = True
    with pytest.raises(TypesettingFailed, match="no ink"):
        shelf.documents.agenda(event, "en", "Europe/Vienna")
    assert keys(shelf) == []
    shelf.typesetter.failing = False
    assert shelf.documents.agenda(event, "en", "Europe/Vienna").startswith(b"%PDF-")


def test_an_uploaded_document_comes_in_the_first_language_that_there_is(shelf: Shelf) -> None:
    shelf.documents.put_document("symposium", "note", "en", b"%PDF- english")
    assert shelf.documents.document("symposium", "note", ["ru", "en"]) == b"%PDF- english"
    shelf.documents.put_document("symposium", "note", "ru", "%PDF- русский".encode())
    assert shelf.documents.document("symposium", "note", ["ru", "en"]) == "%PDF- русский".encode()
    assert shelf.documents.document("symposium", "other", ["ru", "en"]) is None
    assert shelf.documents.document("forum", "note", ["ru", "en"]) is None


def test_a_document_is_there_when_one_language_of_it_was_uploaded(shelf: Shelf) -> None:
    assert not shelf.documents.has_document("symposium", "note", ["en", "ru"])
    shelf.documents.put_document("symposium", "note", "ru", b"%PDF-")
    assert shelf.documents.has_document("symposium", "note", ["en", "ru"])
    assert not shelf.documents.has_document("symposium", "note", ["en"])


def test_a_document_that_was_replaced_is_noticed_by_a_container_that_holds_the_old_one(shelf: Shelf) -> None:
    shelf.documents.put_document("symposium", "note", "en", b"%PDF- old")
    assert shelf.documents.document("symposium", "note", ["en"]) == b"%PDF- old"
    another_container(shelf).put_document("symposium", "note", "en", b"%PDF- new")
    assert shelf.documents.document("symposium", "note", ["en"]) == b"%PDF- new"


def test_a_held_document_is_not_fetched_again(shelf: Shelf) -> None:
    shelf.documents.put_document("symposium", "note", "en", b"%PDF- same")
    first = shelf.documents.document("symposium", "note", ["en"])
    assert shelf.documents.document("symposium", "note", ["en"]) is first


def test_a_file_is_not_asked_after_again_while_no_file_of_the_event_was_touched(shelf: Shelf) -> None:
    asked, get = list[str](), shelf.s3.get_object

    class Counting:
        def get_object(self, **arguments: str) -> object:
            asked.append(arguments["Key"])
            return get(**arguments)

    shelf.documents.put_document("symposium", "note", "en", b"%PDF- old")
    documents = Documents(Counting(), SETTINGS["BUCKET"], lambda: shelf.typesetter, SETTINGS["TYPESETTER"])
    for _ in range(3):
        assert documents.document("symposium", "note", ["ru", "en"], 1) == b"%PDF- old"
    assert len(asked) == 2, "one that is not there, and one that is"
    shelf.documents.put_document("symposium", "note", "ru", b"%PDF- new")
    assert documents.document("symposium", "note", ["ru", "en"], 1) == b"%PDF- old"
    assert documents.document("symposium", "note", ["ru", "en"], 2) == b"%PDF- new"


def test_threads_that_want_an_agenda_at_the_same_moment_have_it_set_once(shelf: Shelf) -> None:
    event = shelf.publish()
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: shelf.documents.agenda(event, "en", "Europe/Vienna"), range(8)))
    assert len({id(one) for one in found}) == len(shelf.typesetter.calls) == 1


def test_a_container_holds_a_bounded_number_of_files(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_FILES", 3)
    for n in range(6):
        shelf.documents.put_document("symposium", f"note-{n}", "en", b"%PDF- " + str(n).encode())
        shelf.documents.document("symposium", f"note-{n}", ["en"])
    assert len(shelf.documents._held) == 3
