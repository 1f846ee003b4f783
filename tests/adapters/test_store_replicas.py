"""What decides is read as it is, not as a replica of the table still has it."""

from typing import Any

import pytest

from chalicelib.adapters.store.addresses import Addresses
from chalicelib.adapters.store.batches import Batches
from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.invitees import Invitees
from chalicelib.adapters.store.table import Table
from chalicelib.domain.invitee import Invitee
from chalicelib.usecases.publish_event import publish_event
from tests.shelf import FORM, NOW, SETTINGS, Shelf, document, table_definition
from tests.usecases.steps import accept, register


class Lagging:
    """A client whose reads, unless consistent, see the table as it was when this was made."""

    def __init__(self, client: Any) -> None:
        self._client = client
        client.create_table(**{**table_definition(), "TableName": "behind"})
        for item in client.scan(TableName=SETTINGS["TABLE"])["Items"]:
            client.put_item(TableName="behind", Item=item)

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            if name in ("get_item", "query") and not arguments.get("ConsistentRead"):
                arguments["TableName"] = "behind"
            return getattr(self._client, name)(**arguments)

        return call

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
        [(table, asked)] = RequestItems.items()
        read_from = table if asked.get("ConsistentRead") else "behind"
        answer = self._client.batch_get_item(RequestItems={read_from: asked})
        return {**answer, "Responses": {table: answer["Responses"][read_from]}}


@pytest.fixture
def clara(shelf: Shelf) -> Invitee:
    shelf.publish()
    return shelf.invite("clara")[0]


@pytest.fixture
def behind(shelf: Shelf, clara: Invitee) -> Table:
    """The same table, through a replica that knows clara and nothing that happens after."""
    return Table(Lagging(shelf.dynamodb), SETTINGS["TABLE"])


def test_the_page_after_a_registration_shows_it(shelf: Shelf, clara: Invitee, behind: Table) -> None:
    register(shelf, clara)
    file = Invitees(behind).file(clara.id)
    assert file is not None and file.registration is not None
    assert (file.invitee.rsvp, file.registration.name) == ("accepted", FORM["name"][0])


def test_a_worker_sees_the_registration_that_its_confirmation_is_about(
    shelf: Shelf, clara: Invitee, behind: Table
) -> None:
    stored = register(shelf, clara)
    assert Invitees(behind).load([clara.id])[clara.id][1] == stored


def test_publishing_starts_from_the_version_that_is_stored(shelf: Shelf, behind: Table) -> None:
    shelf.publish(date="2021-02-04")
    stored = publish_event(Events(behind), "symposium", document(), NOW).event
    assert stored.version == 3, "the first document again is a change of the second"


def test_an_import_finds_the_people_of_the_one_before(shelf: Shelf, behind: Table) -> None:
    [boris] = shelf.invite("boris")
    address = shelf.hash_of(boris.email)
    assert Addresses(behind).claimed("symposium", [address]) == {address: boris.id}


def test_a_worker_finds_the_chunk_that_was_written_a_moment_ago(shelf: Shelf, clara: Invitee, behind: Table) -> None:
    batch = accept(shelf)
    assert Batches(behind).chunk(batch.plan_id, 0).invitees == [clara.id]


def test_a_version_can_be_read_from_the_moment_it_is_published(shelf: Shelf, behind: Table) -> None:
    published = shelf.publish(date="2021-02-04")
    found = Events(behind).version("symposium", published.version)
    assert found and (found.version, found.document, found.published_at) == (
        published.version, published.document, published.published_at)  # fmt: skip
