"""Handing in: once, by the person, until it is due; only what was asked for, and as it was looked at."""

from datetime import UTC, datetime, timedelta
from email.header import Header
from typing import Any

import pytest

from chalicelib.adapters.private_files import PrivateFiles
from chalicelib.adapters.store.contributions import Contributions
from chalicelib.adapters.store.table import Condition, Put
from chalicelib.domain.contribution import LONGEST_TEXT, MEGABYTE
from chalicelib.domain.errors import Closed, Conflict, ConvokeError, Invalid, Limited, NotFound
from chalicelib.domain.file_kinds import MACROS, UNKNOWN
from chalicelib.domain.invitee import Invitee
from chalicelib.usecases import private_uploads
from chalicelib.usecases.contribute import Room, hand_in_file
from chalicelib.usecases.private_uploads import (
    ANOTHER_KIND,
    EMPTY,
    MISSING,
    TOO_LARGE,
    Uploads,
    Wanted,
    check,
    checked,
)
from tests.files import DOCX, JPEG, PDF, docx, zipped
from tests.shelf import Shelf
from tests.usecases.uploading import (
    BUCKET,
    PAPER,
    PHOTO,
    UPLOAD,
    arrive,
    asked,
    hand_in,
    key,
    objects,
    room,
    take_back,
    write,
)

DUE = datetime(2021, 1, 23, 17, 0, tzinfo=UTC)
OTHER = "f" * 20


@pytest.fixture
def clara(shelf: Shelf) -> Invitee:
    shelf.publish(contributions=[PAPER, PHOTO])
    return shelf.invite("clara", category="government")[0]


def handed(shelf: Shelf, invitee: Invitee, contribution: str = "paper") -> Any:
    return shelf.file(invitee).contributions.get(contribution)


def why(error: type[ConvokeError], act: Any, *arguments: Any, **named: Any) -> str:
    with pytest.raises(error) as raised:
        act(*arguments, **named)
    return raised.value.problems[0].message if raised.value.problems else raised.value.detail


def test_a_file_that_is_handed_in_is_kept_where_the_form_cannot_write(shelf: Shelf, clara: Invitee) -> None:
    arrive(shelf, clara, name=str(Header("Пример.pdf", "utf-8").encode()))
    hand_in(shelf, clara)
    assert objects(shelf) == [key(clara, folder="kept")]
    one = handed(shelf, clara)
    assert (one.upload, one.filename, one.size, one.format, one.version) == (UPLOAD, "Пример.pdf", len(PDF), "pdf", 1)
    assert shelf.file(clara).invitee.handed_in == ("paper",)
    head = shelf.s3.head_object(Bucket=BUCKET, Key=key(clara, folder="kept"))
    assert (head["ContentType"], head["ServerSideEncryption"]) == ("application/octet-stream", "AES256")
    assert head["Metadata"] == {}


def test_the_same_click_again_changes_nothing(shelf: Shelf, clara: Invitee) -> None:
    arrive(shelf, clara)
    before = shelf.file(clara)
    hand_in(shelf, clara)
    stored = shelf.items()
    hand_in(shelf, clara)
    hand_in(shelf, clara, seen=before)
    assert (shelf.items(), objects(shelf)) == (stored, [key(clara, folder="kept")])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"MZ\x90\0" * 100, UNKNOWN),
        (b"<html>\n" + PDF, UNKNOWN),
        (b"", EMPTY),
        (JPEG, ANOTHER_KIND),
        (zipped({**docx(), "word/vbaProject.bin": b"1"}), MACROS),
        (PDF[:-6] + b" " * (25 * MEGABYTE - len(PDF) + 1) + b"%%EOF\n", TOO_LARGE),
    ],
    ids=["exe", "html", "empty", "another kind", "macros", "25 MB and 1"],
)
def test_what_is_not_asked_for_is_deleted_with_the_reason(
    shelf: Shelf, clara: Invitee, content: bytes, reason: str
) -> None:
    arrive(shelf, clara, content)
    before = shelf.items()
    assert why(Invalid, hand_in, shelf, clara) == reason
    assert (shelf.items(), objects(shelf)) == (before, [])


def test_25_megabytes_are_taken(shelf: Shelf, clara: Invitee) -> None:
    content = PDF[:-6] + b" " * (25 * MEGABYTE - len(PDF)) + b"%%EOF\n"
    assert len(content) == 25 * MEGABYTE
    arrive(shelf, clara, content)
    hand_in(shelf, clara)
    assert handed(shelf, clara).size == 25 * MEGABYTE


@pytest.mark.parametrize("upload", [OTHER, "", "../" + UPLOAD, UPLOAD.upper(), f"{UPLOAD}/x", "kept"])
def test_an_upload_that_is_not_there_or_no_id_is_refused(shelf: Shelf, clara: Invitee, upload: str) -> None:
    arrive(shelf, clara)
    assert why(Invalid, hand_in, shelf, clara, upload) == MISSING
    assert objects(shelf) == [key(clara)]


def test_somebody_elses_upload_names_nothing_here(shelf: Shelf, clara: Invitee) -> None:
    [boris] = shelf.invite("boris", category="government")
    arrive(shelf, clara)
    assert why(Invalid, hand_in, shelf, boris) == MISSING
    hand_in(shelf, clara)
    assert why(Invalid, hand_in, shelf, boris) == MISSING
    assert (objects(shelf), handed(shelf, boris)) == ([key(clara, folder="kept")], None)


def test_an_upload_that_was_checked_for_one_thing_is_none_for_another(shelf: Shelf, clara: Invitee) -> None:
    arrive(shelf, clara)
    hand_in(shelf, clara)
    assert why(Invalid, hand_in, shelf, clara, contribution="photo") == MISSING
    assert objects(shelf) == [key(clara, folder="kept")]


def test_who_is_not_asked_hands_in_nothing(shelf: Shelf, clara: Invitee) -> None:
    [un] = shelf.invite("un", category="un")
    with pytest.raises(NotFound):
        write(shelf, un)
    with pytest.raises(NotFound):
        write(shelf, clara, contribution="poster")


def test_another_file_takes_the_place_of_the_first_which_goes(shelf: Shelf, clara: Invitee) -> None:
    hand_in(shelf, clara, arrive(shelf, clara))
    hand_in(shelf, clara, arrive(shelf, clara, DOCX, OTHER, "paper.docx"))
    assert objects(shelf) == [key(clara, OTHER, "kept")]
    assert (handed(shelf, clara).filename, handed(shelf, clara).version) == ("paper.docx", 2)
    assert [item["SK"]["S"] for item in shelf.items(f"INVITEE#{clara.id}", "UPLOAD#")] == [f"UPLOAD#{OTHER}"]


def test_a_text_is_kept_as_lines_and_takes_the_place_of_a_file(shelf: Shelf, clara: Invitee) -> None:
    hand_in(shelf, clara, arrive(shelf, clara))
    write(shelf, clara, "  <b>One</b>\r\nTwo\u202e ")
    assert (handed(shelf, clara).text, handed(shelf, clara).format) == ("<b>One</b>\nTwo", "text")
    assert objects(shelf) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (" \n ", "Write the text, or choose a file."),
        ("x" * (LONGEST_TEXT + 1), "Shorten the text to 10,000 characters."),
    ],
)
def test_no_text_and_one_that_is_too_long_are_refused(shelf: Shelf, clara: Invitee, text: str, reason: str) -> None:
    assert why(Invalid, write, shelf, clara, text) == reason
    write(shelf, clara, "x" * LONGEST_TEXT)


def test_a_text_is_refused_where_only_files_are_asked_for(shelf: Shelf, clara: Invitee) -> None:
    assert "a text is not asked for" in why(Invalid, write, shelf, clara, contribution="photo")


def test_what_is_withdrawn_is_gone(shelf: Shelf, clara: Invitee) -> None:
    hand_in(shelf, clara, arrive(shelf, clara))
    take_back(shelf, clara)
    take_back(shelf, clara)
    assert (objects(shelf), handed(shelf, clara), shelf.file(clara).invitee.handed_in) == ([], None, ())
    assert shelf.items(f"INVITEE#{clara.id}", "UPLOAD#") == []
    logged = [item["what"]["S"] for item in shelf.items(f"INVITEE#{clara.id}", "LOG#")]
    assert sorted(logged) == ["handed in", "withdrew"]


def test_the_last_moment_counts_and_after_it_nothing_changes(shelf: Shelf, clara: Invitee) -> None:
    shelf.clock.time = DUE
    write(shelf, clara)
    shelf.clock.time = DUE + timedelta(seconds=1)
    arrive(shelf, clara)
    before = shelf.items()
    for act in (write, hand_in, take_back):
        with pytest.raises(Closed):
            act(shelf, clara)
    assert (shelf.items(), objects(shelf)) == (before, [key(clara)])


def test_of_two_windows_the_slower_one_is_told_and_its_file_goes(shelf: Shelf, clara: Invitee) -> None:
    seen = shelf.file(clara)
    write(shelf, clara, "From the first window.")
    with pytest.raises(Conflict):
        hand_in(shelf, clara, arrive(shelf, clara), seen=seen)
    with pytest.raises(Conflict):
        write(shelf, clara, "From the second window.", seen=seen)
    assert (handed(shelf, clara).text, objects(shelf)) == ("From the first window.", [])
    first = shelf.file(clara)
    write(shelf, clara, "Once more.")
    with pytest.raises(Conflict):
        take_back(shelf, clara, seen=first)
    assert handed(shelf, clara).text == "Once more."


def test_another_contribution_in_another_window_does_not_stand_in_the_way(shelf: Shelf, clara: Invitee) -> None:
    seen = shelf.file(clara)
    hand_in(shelf, clara, arrive(shelf, clara, JPEG), "photo")
    write(shelf, clara, seen=seen)
    assert shelf.file(clara).invitee.handed_in == ("paper", "photo")
    take_back(shelf, clara, seen=shelf.file(clara), contribution="photo")
    assert (shelf.file(clara).invitee.handed_in, handed(shelf, clara, "photo")) == (("paper",), None)


def test_a_revoked_link_hands_in_nothing(shelf: Shelf, clara: Invitee) -> None:
    old = shelf.file(clara)
    shelf.dynamodb.update_item(
        TableName="convoke", Key={"PK": {"S": f"INVITEE#{clara.id}"}, "SK": {"S": "PROFILE"}},
        UpdateExpression="SET generation = :two", ExpressionAttributeValues={":two": {"N": "2"}},
    )  # fmt: skip
    with pytest.raises(NotFound):
        hand_in(shelf, clara, arrive(shelf, clara), seen=old)
    assert (objects(shelf), handed(shelf, clara)) == ([], None)


def test_a_file_that_is_replaced_while_it_is_looked_at_is_not_kept(
    shelf: Shelf, clara: Invitee, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(shelf, clara)
    keeps = PrivateFiles.keep

    def replaced(files: PrivateFiles, place: Any, etag: str) -> None:
        arrive(shelf, clara, b"MZ")
        keeps(files, place, etag)

    monkeypatch.setattr(PrivateFiles, "keep", replaced)
    assert why(Invalid, hand_in, shelf, clara) == private_uploads.CHANGED
    assert (objects(shelf), handed(shelf, clara)) == ([], None)


@pytest.mark.parametrize("step", ["keep", "delete_uploaded"])
def test_handing_in_that_dies_on_the_way_is_finished_by_the_next_click(
    shelf: Shelf, clara: Invitee, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    arrive(shelf, clara)

    def dies(*_: Any) -> None:
        raise ConnectionError("the machine died")

    with monkeypatch.context() as broken:
        broken.setattr(PrivateFiles, step, dies)
        with pytest.raises(ConnectionError):
            hand_in(shelf, clara)
    assert handed(shelf, clara) is None
    hand_in(shelf, clara)
    assert handed(shelf, clara).upload == UPLOAD
    assert key(clara, folder="kept") in objects(shelf)


def test_beyond_the_limit_no_file_stays(shelf: Shelf, clara: Invitee) -> None:
    limit = Condition("limit", "attribute_not_exists(#PK)", otherwise=Limited("Too many changes."))
    counted = Put({"PK": "LIMIT#x", "SK": "LIMIT"}, limit)
    shelf.table.write(counted)
    where = Room(shelf.invitees, Uploads(PrivateFiles(shelf.s3, BUCKET), Contributions(shelf.table, [counted])))
    event, paper = asked(shelf, clara)
    with pytest.raises(Limited):
        hand_in_file(where, event, shelf.file(clara), paper, arrive(shelf, clara), shelf.clock())
    assert objects(shelf) == [] and handed(shelf, clara) is None
    assert shelf.items(f"INVITEE#{clara.id}", "UPLOAD#") == []


def test_a_forms_file_is_checked_and_listed_by_the_same_room(shelf: Shelf, clara: Invitee) -> None:
    uploads, wanted = room(shelf).uploads, Wanted("question photo", ["jpeg"], MEGABYTE)
    assert checked(uploads, clara) == {}
    arrive(shelf, clara, JPEG, name="me.jpg")
    check(uploads, clara, UPLOAD, wanted, shelf.clock())
    expected = {UPLOAD: {"filename": "me.jpg", "size": len(JPEG), "type": "jpeg"}}
    assert checked(uploads, clara) == checked(uploads, clara, "question photo") == expected
    assert checked(uploads, clara, "contribution paper") == {}
