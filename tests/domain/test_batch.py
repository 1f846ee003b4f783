"""Audiences, plans and progress."""

import pytest
from pydantic import ValidationError

from chalicelib.domain.batch import CHUNK, Audience, Batch, BatchRequest, Plan, Progress, status_of
from chalicelib.domain.work import chunks_of
from tests.shelf import NOW, person


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


@pytest.mark.parametrize("chunks", [0, 1, 3])
def test_the_work_of_a_batch_is_a_message_a_chunk_that_refers_to_it(chunks: int) -> None:
    batch = Batch(
        id="b",
        event="e",
        kind="reminder",
        occurrence="o",
        plan=Plan(),
        chunks=chunks,
        plan_id="p",
        session="s",
        accepted_at=NOW,
    )
    works = chunks_of(batch)
    assert [work.chunk for work in works] == list(range(chunks))
    assert all(
        (work.batch, work.plan_id, work.session, work.occurrence, work.invitee) == ("b", "p", "s", "o", "")
        for work in works
    )
    assert CHUNK == 25
