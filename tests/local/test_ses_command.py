"""``python -m infra.local.ses``: one line when it runs, a clear word when it cannot, a clean stop."""

import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

COMMAND = [sys.executable, "-m", "infra.local.ses"]


def test_it_serves_until_sigterm(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [*COMMAND, "--port", str(port), "--dir", str(tmp_path / "mail"), "--rate", "14"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"SES and its mailbox: http://127.0.0.1:{port}\n"
        with urlopen(f"http://127.0.0.1:{port}/_control/health", timeout=5) as answer:
            assert b'"max_send_rate": 14.0' in answer.read()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0


def test_a_taken_port_is_named_and_ends_with_2(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [*COMMAND, "--port", str(port), "--dir", str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 2
    assert (
        done.stderr == f"Port {port} on 127.0.0.1 cannot be used: Address already in use. Choose another with --port.\n"
    )
