"""The stub answers what the store asks, as far as the measurements go."""

from collections.abc import Iterator

import boto3
import pytest

from chalicelib.adapters.aws import ONCE
from chalicelib.adapters.store.table import Condition, Put, Table, Update
from tests.performance import stub
from tests.performance.stub_table import SHARDS
from tests.shelf import REGION


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with stub.running() as address:
        yield address


@pytest.fixture
def stubbed(url: str) -> Table:
    session = boto3.session.Session("testing", "testing", region_name=REGION)
    return Table(session.client("dynamodb", endpoint_url=url, config=ONCE), "convoke")


def test_what_is_put_is_changed_and_read_again(stubbed: Table) -> None:
    stubbed.write(Put({"PK": "a", "SK": "b", "gone": "x"}))
    never = Condition("never", "#PK = :other", {"other": "c"})
    changes = Update(("a", "b"), {"name": "Clara"}, {"next": 7}, ("gone",), {"count": 2}, never)
    assert stubbed.write(changes, "UPDATED_NEW") == {"name": "Clara", "next": 7, "count": 2}
    stubbed.write(Update(("a", "b"), first={"next": 9}, add={"count": 3}))
    assert stubbed.get(("a", "b")) == {"PK": "a", "SK": "b", "name": "Clara", "next": 7, "count": 5}


def test_a_stretch_of_a_partition_comes_in_order_and_in_part(stubbed: Table) -> None:
    stubbed.put_many([{"PK": "p", "SK": f"CHUNK#{number:02}", "x": number} for number in reversed(range(30))])
    stubbed.write(Put({"PK": "p", "SK": "OTHER"}))
    found = list(stubbed.query_all("p", begins="CHUNK#", fields=("SK",)))
    assert found == [{"SK": f"CHUNK#{number:02}"} for number in range(30)]
    assert [item["SK"] for item in stubbed.query_all("p", until="CHUNK#02")] == ["CHUNK#00", "CHUNK#01", "CHUNK#02"]


def test_one_profile_stands_for_thousands(url: str, stubbed: Table) -> None:
    keys = {"PK": "INVITEE#clara", "SK": "PROFILE", "GSI1PK": "EVENT#e#3", "GSI1SK": "INVITEE#clara"}
    stubbed.write(Put({**keys, "id": "clara", "email": "clara@example.org", "note": "." * 2000}))
    stub.multiply(url, 5000)
    pages = [stubbed.query(f"EVENT#e#{shard}", begins="INVITEE#", index="GSI1") for shard in range(SHARDS)]
    assert all(page.next for page in pages)  # a page ends at 1 MB
    shards = (f"EVENT#e#{shard}" for shard in range(SHARDS))
    people = [item for shard in shards for item in stubbed.query_all(shard, begins="INVITEE#", index="GSI1")]
    assert len({item["email"] for item in people}) == len({item["id"] for item in people}) == len(people) == 5000
    assert stubbed.get((people[-1]["PK"], "PROFILE")) == people[-1]
