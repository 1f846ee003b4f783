"""Audiences, plans and progress."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from chalicelib.domain.batch import (
    MOVES,
    Audience,
    Batch,
    BatchRequest,
    BatchState,
    Fingerprint,
    Progress,
    content_of,
    status_of,
)
from chalicelib.domain.event import Event
from chalicelib.domain.work import chunks_of
from tests.shelf import NOW, document, person


@pytest.mark.parametrize(
    "audience, included",
    [
        ({}, True),
        ({"categories": ["un"]}, True),
        ({"categories": ["government"]}, False),
        ({"categories": ["government", "un"]}, True),
        ({"countries": ["KG"]}, True),
        ({"countries": ["kg"]}, True),
        ({"countries": ["KZ"]}, False),
        ({"languages": ["ru"]}, True),
        ({"languages": ["en"]}, False),
        ({"statuses": ["no-answer"]}, True),
        ({"statuses": ["accepted"]}, False),
        ({"categories": ["un"], "languages": ["en"]}, False),
    ],
)
def test_each_list_of_an_audience_narrows_it_and_an_empty_one_does_not(
    audience: dict[str, list[str]], included: bool
) -> None:
    invitee = person("clara", category="un", country="KG", language="ru")
    assert Audience.model_validate(audience).includes(invitee) is included


@pytest.mark.parametrize(
    "rsvp, status",
    [("needs-action", "no-answer"), ("accepted", "accepted"), ("declined", "declined"), ("tentative", "tentative")],
)
def test_organisers_read_rsvp_as_a_status(rsvp: str, status: str) -> None:
    assert status_of(person("clara", rsvp=rsvp)) == status


@pytest.mark.parametrize("kind", ["confirmation", "reminder", "newsletter"])
def test_organisers_do_not_send_what_the_machine_sends(kind: str) -> None:
    with pytest.raises(ValidationError):
        BatchRequest.model_validate({"kind": kind})


@pytest.mark.parametrize(
    "counts, complete",
    [
        ({}, True),
        ({"sent": 3, "unknown": 1, "failed": 1, "skipped": 2}, True),
        ({"waiting": 1, "sent": 9}, False),
        ({"sending": 1}, False),
    ],
)
def test_a_batch_is_complete_when_nobody_waits_and_nothing_is_being_sent(
    counts: dict[str, int], complete: bool
) -> None:
    assert Progress(**counts).complete is complete


def batch(**facts: object) -> Batch:
    said = {"id": "b", "event": "e", "kind": "reminder", "occurrence": "o", "plan_id": "p", "accepted_at": NOW}
    return Batch.model_validate({**said, **facts})


@pytest.mark.parametrize("chunks", [0, 1, 3])
def test_the_work_of_a_batch_is_a_message_a_chunk_that_refers_to_it(chunks: int) -> None:
    works = chunks_of(batch(chunks=chunks, session="s"), range(chunks))
    assert [work.chunk for work in works] == list(range(chunks))
    assert all(
        (work.batch, work.plan_id, work.session, work.occurrence, work.invitee) == ("b", "p", "s", "o", "")
        for work in works
    )


def test_only_some_chunks_of_a_batch_can_be_asked_for() -> None:
    assert [work.chunk for work in chunks_of(batch(chunks=9), [7, 2])] == [7, 2]


def test_what_is_cancelled_or_complete_moves_nowhere_and_everything_else_can_be_cancelled() -> None:
    for over in ("cancelled", "complete"):
        assert all(over not in before for before in MOVES.values())
    assert MOVES["cancelled"] == set(MOVES) - {"cancelled", "complete"}


def test_what_is_planned_may_be_sent_without_having_been_a_draft_and_nothing_is_planned_again() -> None:
    assert MOVES["sending"] == {"planning", "draft", "paused"}
    assert (MOVES["draft"], MOVES["planning"]) == ({"planning"}, set())


@pytest.mark.parametrize("state, approved, started", [
    ("planning", False, False), ("draft", False, False), ("cancelled", False, False), ("cancelled", True, True),
    ("sending", False, True), ("paused", False, True), ("complete", False, True),
])  # fmt: skip
def test_mail_of_a_batch_may_have_left_once_it_was_approved_or_the_clock_sent_it(
    state: BatchState, approved: bool, started: bool
) -> None:
    assert batch(state=state, approved_at=NOW if approved else None).started is started


@pytest.mark.parametrize("other", [
    ("chase", "1", "1.0", "ab"), ("invitation", "2", "1.0", "ab"), ("invitation", "1", "1.1", "ab"),
    ("invitation", "1", "1.0", "ba"), ("invitation", "1", "1.0", "a"), ("invitation", "11", ".0", "ab"),
])  # fmt: skip
def test_a_fingerprint_differs_with_kind_occurrence_content_and_each_recipient(other: tuple[str, ...]) -> None:
    def fingerprint(kind: str, occurrence: str, content: str, recipients: str) -> str:
        found = Fingerprint(batch(kind=kind, occurrence=occurrence), content)
        for one in recipients:
            found.add(one)
        return str(found)

    first = fingerprint("invitation", "1", "1.0", "ab")
    assert first == fingerprint("invitation", "1", "1.0", "ab") and len(first) == 32
    assert fingerprint(*other) != first


def test_a_fingerprint_differs_with_the_deadline_of_the_batch() -> None:
    until = [NOW, NOW + timedelta(days=1), None]
    assert len({str(Fingerprint(batch(answer_by=one), "1.0")) for one in until}) == 3


def test_a_batch_is_unchanged_while_version_and_files_are_those_it_was_approved_with() -> None:
    event = Event(id="e", version=3, files=2, document=document(), published_at=NOW)
    approved, of_the_clock = batch(content=content_of(event)), batch(content="")
    for changed in (event.model_copy(update={"version": 4}), event.model_copy(update={"files": 3})):
        assert not approved.unchanged_since_approval(changed)
        assert of_the_clock.unchanged_since_approval(changed)
    assert approved.unchanged_since_approval(event)
