"""The packaged functions on a local AWS of the tests' own: other ports, another folder, gone at the end."""

import atexit
import shutil
import socket
from functools import cache

import pytest
import yaml

from infra.build import ROOT
from infra.local.actors import Mailbox, Organiser
from infra.local.stack import Home, LocalStack, Ports, down, up

HOME = Home(ROOT / ".local/test")


@cache
def running() -> LocalStack:
    """Started once for the whole test run, integration and browser tests alike."""
    down(HOME)
    shutil.rmtree(HOME.path, ignore_errors=True)
    atexit.register(down, HOME)
    return up(HOME, Ports(*free_ports(3)), mail_rate=500)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on at this moment."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.fixture(scope="session")
def stack() -> LocalStack:
    return running()


@pytest.fixture(scope="session")
def organiser(stack: LocalStack) -> Organiser:
    return Organiser(stack)


@pytest.fixture(scope="session")
def mailbox(stack: LocalStack) -> Mailbox:
    return Mailbox(stack)


def symposium(day: str) -> dict:  # type: ignore[type-arg]
    """The example's event document, moved to ``day``, without the concept note, which would have to be uploaded."""
    document = yaml.safe_load((ROOT / "examples/central-asia-symposium/event.yaml").read_text())
    kept = {kind: [name for name in names if name != "concept-note"] for kind, names in document["attachments"].items()}
    return {**document, "date": day, "documents": [], "attachments": kept}
