"""Fixtures of the fault tests; what they tried is told at the end of the run."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from chalicelib.settings import settings
from tests.faults import drive
from tests.faults.checks import nothing_is_left
from tests.faults.explore import Tried
from tests.faults.gate import Ses
from tests.faults.world import World, build_world

TOLD: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("faults")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if TOLD:
        terminalreporter.section("faults that were tried")
        for line in TOLD:
            terminalreporter.write_line(line)


@pytest.fixture
def tell() -> Callable[[str], None]:
    return TOLD.append


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Everything that is made on first use, made once for all the processes that will be forked."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        world = build_world(patch, Ses(tmp_path_factory.mktemp("warm")))
        world.memory["clara"], *_ = drive.publish(world, 2)
        world.script = [*drive.BATCH, drive.register]
        world.run()
        nothing_is_left(world)


@pytest.fixture
def world(warm: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with mock_aws():
        yield build_world(monkeypatch, Ses(tmp_path))
        monkeypatch.undo()
    settings.cache_clear()
    gc.collect()


@pytest.fixture
def all_right(tell: Callable[[str], None]) -> Callable[[str, list[Tried]], list[Tried]]:
    """Fails with the first of the runs that went wrong; tells how many there were."""

    def judge(what: str, tried: list[Tried]) -> list[Tried]:
        wrong = [one for one in tried if one.wrong]
        points = [one for one in tried if one.how != "undisturbed"]
        tell(f"{what}: {len(points)} tried, {len(wrong)} wrong")
        shown = "\n\n".join(f"{one.at}, {one.how}:\n{one.wrong}" for one in wrong[:6])
        assert not wrong, f"{len(wrong)} of {len(tried)} runs went wrong: {[f'{o.at} {o.how}' for o in wrong]}\n{shown}"
        return tried

    return judge
