"""The local stack's processes: ports, messages, and nothing left behind."""

import os
import socket
import sys
import time
from pathlib import Path

import pytest

from infra.local.stack import Home, Ports, _require_free, _spawn, down


def alive(pid: int) -> bool:
    """A zombie that nobody has collected yet does not count."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0]
    except OSError:
        return False


def test_a_taken_port_is_named_with_the_variable_that_moves_it(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(SystemExit, match=r"is taken by another program. Choose one with CONVOKE_MAIL_PORT"):
            _require_free("mail", other.getsockname()[1])


@pytest.mark.parametrize("wrong", ["99999", "0", "-1", "eighty", ""])
def test_what_is_no_port_is_refused_in_words(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("CONVOKE_WEB_PORT", wrong)
    with pytest.raises(SystemExit, match="are port numbers, 1 to 65535"):
        Ports.from_environment()


def test_ports_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVOKE_AWS_PORT", "5001")
    assert Ports.from_environment().aws == 5001


def test_a_home_in_which_nothing_runs_has_nothing_to_stop(tmp_path: Path) -> None:
    assert down(Home(tmp_path)) == []
    assert Home(tmp_path).state() is None


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes through /proc")
def test_nothing_is_left_running_after_down_the_workers_of_the_emulator_included(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.prepare()
    child = tmp_path / "child"
    sleeper = "import time; time.sleep(60)"
    script = (
        "import subprocess, sys, time; "
        f"child = subprocess.Popen([sys.executable, '-c', {sleeper!r}]); "
        f"open({str(child)!r}, 'w').write(str(child.pid)); time.sleep(60)"
    )
    _spawn(home, "ministack", [sys.executable, "-c", script])
    deadline = time.monotonic() + 10
    while not (child.exists() and child.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    pids = [int(child.read_text()), home.pid("ministack") or 0]
    assert all(map(alive, pids))
    assert down(home) == ["ministack"]
    assert not any(map(alive, pids))
    assert not (tmp_path / "run/ministack.pid").exists() and os.path.isdir(tmp_path / "log")
