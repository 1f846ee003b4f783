"""The local stack's processes: ports, messages, and nothing left behind."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from infra.build import ROOT
from infra.local.front import NOWHERE, make_front, nowhere
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
    deadline = time.monotonic() + 10  # a killed process is gone a moment later
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, pids))
    assert not (tmp_path / "run/ministack.pid").exists() and os.path.isdir(tmp_path / "log")


@contextlib.contextmanager
def serving(server: HTTPServer) -> Iterator[str]:
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class _NoSuchAddress(BaseHTTPRequestHandler):
    """API Gateway without gateway responses: it knows ``/known`` alone, to which access is denied."""

    def do_GET(self) -> None:
        content = b'{"message":"Forbidden"}' if self.path == "/known" else NOWHERE
        self.send_response(403)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet."""


def test_a_page_that_does_not_exist_is_answered_in_the_templates_words_and_the_api_in_its_own(tmp_path: Path) -> None:
    said = {
        "statusCode": "404",
        "responseParameters": {"gatewayresponse.header.Content-Type": "'text/html; charset=utf-8'"},
        "responseTemplates": {"application/json": "<h1>По этому адресу ничего нет</h1>"},
    }
    definition = {"x-amazon-apigateway-gateway-responses": {"MISSING_AUTHENTICATION_TOKEN": said}}
    template = tmp_path / "sam.yaml"
    template.write_text(json.dumps({"Resources": {"RestAPI": {"Properties": {"DefinitionBody": definition}}}}))
    answers = {}
    with (
        serving(HTTPServer(("127.0.0.1", 0), _NoSuchAddress)) as gateway,
        serving(make_front(0, gateway, nowhere(template))) as front,
    ):
        for path in ("/nowhere", "/known", "/api/nowhere"):
            with pytest.raises(HTTPError) as caught:
                urlopen(front + path, timeout=5)
            answers[path] = (caught.value.status, caught.value.headers["Content-Type"], caught.value.read().decode())
    assert answers["/nowhere"] == (404, "text/html; charset=utf-8", "<h1>По этому адресу ничего нет</h1>")
    assert answers["/known"] == (403, None, '{"message":"Forbidden"}')
    assert answers["/api/nowhere"] == (403, None, NOWHERE.decode())


def test_a_process_that_has_ended_is_not_taken_for_a_running_one(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.prepare()
    _spawn(home, "ses", [sys.executable, "-c", "pass"])
    assert home.pid("ses")
    deadline = time.monotonic() + 10
    while home.alive("ses") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not home.alive("ses")
    assert down(home) == []


def test_on_the_command_line_a_taken_port_and_nothing_to_stop_are_said_and_known_by_the_status(tmp_path: Path) -> None:
    def run(verb: str, **environment: str) -> tuple[int, str]:
        code = (
            "import sys; from pathlib import Path; from infra.local import stack; "
            f"stack.Home = lambda path, Home=stack.Home: Home(Path({str(tmp_path)!r})); "
            f"stack.build = lambda host: False; sys.argv = ['stack', {verb!r}]; stack.main()"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, **environment}, cwd=ROOT, capture_output=True, text=True
        )
        return done.returncode, done.stdout + done.stderr

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        status, said = run("up", CONVOKE_AWS_PORT=port)
    assert (status, said) == (1, f"Port {port} is taken by another program. Choose one with CONVOKE_AWS_PORT=…\n")
    assert run("down") == (0, "Nothing was running.\n")
