"""Which files the form shows, takes and lets go of."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from chalicelib.domain.contribution import MEGABYTE
from chalicelib.domain.form import FormField
from chalicelib.domain.form_file import answering, file_names, proposed, superfluous
from chalicelib.domain.invitee import Registration
from chalicelib.domain.private_upload import PrivateUpload
from tests.shelf import NOW

ASKED = TypeAdapter(list[FormField]).validate_python(
    [
        {"id": "letter", "kind": "file", "formats": ["pdf"], "max_mb": 1, "label": {"en": "Letter"}},
        {"id": "photo", "kind": "file", "formats": ["jpeg"], "label": {"en": "Photo"}},
        {"id": "badge", "kind": "short-text", "label": {"en": "Badge"}},
    ]
)


def upload(id: str, question: str = "letter", minutes: int = 0, **facts: Any) -> PrivateUpload:
    about = {"purpose": f"question {question}", "invitee": "i", "event": "e", "filename": f"{id}.pdf", "size": 9,
             "type": "pdf", "etag": "", "kept": True, "checked_at": NOW + timedelta(minutes=minutes)}  # fmt: skip
    return PrivateUpload.model_validate({"id": id, **about, **facts})


def saved(minutes: int, **answers: str) -> Registration:
    at = NOW + timedelta(minutes=minutes)
    return Registration(invitee="i", event="e", name="N", organisation="O", sessions=[], consented_at=at,
                        updated_at=at, answers={**answers})  # fmt: skip


def by_id(*uploads: PrivateUpload) -> dict[str, PrivateUpload]:
    return {one.id: one for one in uploads}


def test_a_file_answers_its_own_question_as_long_as_it_is_what_the_question_asks_for() -> None:
    mine = by_id(upload("a"), upload("large", size=MEGABYTE + 1), upload("picture", type="jpeg"),
                 upload("b", "photo", type="jpeg"), upload("c", purpose="contribution letter"))  # fmt: skip
    found = answering(ASKED, mine)
    assert {question: list(theirs) for question, theirs in found.items()} == {"letter": ["a"], "photo": ["b"]}


def test_the_form_shows_what_was_added_since_it_was_saved_else_what_was_saved() -> None:
    mine = by_id(upload("old", minutes=1), upload("new", minutes=3))
    assert proposed(ASKED, mine, None)["letter"].id == "new"
    assert proposed(ASKED, mine, saved(2, letter="old"))["letter"].id == "new"
    assert proposed(ASKED, mine, saved(4, letter="old"))["letter"].id == "old"
    assert proposed(ASKED, mine, saved(4)) == {}
    assert proposed(ASKED, {}, saved(2, letter="old")) == {}


def test_files_are_called_by_their_names() -> None:
    assert file_names(ASKED, by_id(upload("a")), {"letter": "a", "badge": "Clara"}) == {"letter": "a.pdf"}


UPLOADS = st.lists(
    st.builds(
        upload,
        st.text("abc", min_size=1, max_size=2),
        st.sampled_from(["letter", "photo", "gone"]),
        st.integers(0, 9),
        purpose=st.sampled_from(["question letter", "question letters", "question gone", "contribution letter"]),
    ),
    max_size=8,
).map(lambda found: by_id(*found))
SAVED = st.none() | st.builds(saved, st.integers(0, 9), letter=st.text("abc", max_size=2))


@given(UPLOADS, SAVED, SAVED, st.integers(0, 9), st.sampled_from(["question ", "question letter"]))
def test_what_a_form_names_and_what_was_added_later_is_never_let_go_and_contributions_never_are(
    mine: dict[str, PrivateUpload], one: Registration | None, other: Registration | None, minutes: int, purpose: str
) -> None:
    until = NOW + timedelta(minutes=minutes)
    gone = {upload.id for upload in superfluous(mine, (one, other), until, purpose)}
    named = {form.answers["letter"] for form in (one, other) if form}
    for each in mine.values():
        ours = each.purpose == purpose or (purpose == "question " and each.purpose.startswith("question "))
        assert (each.id in gone) == (ours and each.id not in named and each.checked_at <= until)
