"""The local AWS as processes: ``python -m infra.local.stack up|down|status``.

Three processes in process groups of their own, known by their pid files under ``.local/run``: ministack with IAM
enforced, the strict SES beside it, and a front with a stable address. The packaged template is deployed.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import boto3
from botocore.config import Config

from infra.build import ROOT, build
from infra.deploy import deploy

REGION = "eu-central-1"
STACK = "convoke"
SENDER_DOMAIN = "symposium.example"
GATHER = 0.5
"""Seconds for which Firehose's buffer gathers SES's events here; in AWS it is a minute."""


@dataclass(frozen=True)
class Ports:
    """Where the three processes listen, on 127.0.0.1; each can be set by an environment variable."""

    aws: int
    mail: int
    web: int

    DEFAULTS: ClassVar = {"AWS": 4566, "MAIL": 4580, "WEB": 4590}

    @classmethod
    def from_environment(cls) -> "Ports":
        try:
            ports = [int(os.environ.get(f"CONVOKE_{name}_PORT", default)) for name, default in cls.DEFAULTS.items()]
        except ValueError:
            ports = [0]
        if not all(1 <= port <= 65535 for port in ports):
            sys.exit("CONVOKE_AWS_PORT, CONVOKE_MAIL_PORT and CONVOKE_WEB_PORT are port numbers, 1 to 65535.")
        return cls(*ports)


@dataclass(frozen=True)
class LocalStack:
    """A running stack: the addresses to talk to and what CloudFormation put out."""

    aws: str
    mail: str
    web: str
    outputs: dict[str, str]

    def client(self, service: str) -> Any:
        """A boto3 client of the account's root user on this stack (``sesv2`` goes to the strict SES)."""
        endpoint = self.mail if service == "sesv2" else self.aws
        return session().client(service, endpoint_url=endpoint, config=Config(retries={"total_max_attempts": 3}))


def session() -> Any:
    return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)


class Home:
    """The folder that holds everything a stack writes: pids, logs, mail, temporary files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run, self.log, self.mail, self.tmp = (path / name for name in ("run", "log", "mail", "tmp"))

    def prepare(self) -> None:
        for folder in (self.run, self.log, self.mail, self.tmp):
            folder.mkdir(parents=True, exist_ok=True)

    def state(self) -> LocalStack | None:
        """The running stack as it was written down, when its processes are alive."""
        file = self.run / "stack.json"
        if not file.exists() or not all(self.alive(name) for name in ("ministack", "ses", "front")):
            return None
        return LocalStack(**json.loads(file.read_text()))

    def alive(self, name: str) -> bool:
        pid = self.pid(name)
        if pid is None:
            return False
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return True

    def pid(self, name: str) -> int | None:
        with contextlib.suppress(OSError, ValueError):
            return int((self.run / f"{name}.pid").read_text())
        return None


def up(home: Home, ports: Ports, *, mail_rate: int = 50) -> LocalStack:
    """Start what is not running and deploy the package; exits with a message when it cannot."""
    build(host=True)
    running = home.state()
    if running is None:
        down(home)
        shutil.rmtree(home.mail, ignore_errors=True)  # its links belong to a table that is gone
        home.prepare()
        running = _start(home, ports, mail_rate)
    outputs = deploy(session(), STACK, {"BaseUrl": running.web, "MailEndpoint": running.mail}, endpoint_url=running.aws)
    running = LocalStack(running.aws, running.mail, running.web, outputs)
    _introduce_mail(running)
    if not home.alive("front"):
        target = f"{running.aws}/restapis/{outputs['RestAPIId']}/convoke/_user_request_"
        _spawn(home, "front", [sys.executable, "-m", "infra.local.front", "--port", str(ports.web), "--target", target])
        _wait(home, "front", lambda: _answers(running.web))
    (home.run / "stack.json").write_text(json.dumps(asdict(running)))
    return running


def _start(home: Home, ports: Ports, mail_rate: int) -> LocalStack:
    for name, port in asdict(ports).items():
        _require_free(name, port)
    aws, mail, web = (f"http://127.0.0.1:{port}" for port in (ports.aws, ports.mail, ports.web))
    _spawn(
        home,
        "ministack",
        [str(_ministack())],
        GATEWAY_PORT=str(ports.aws),
        BIND_HOST="127.0.0.1",
        AUTH="true",
        MINISTACK_REGION=REGION,
        MINISTACK_HOST="127.0.0.1",
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        STATE_DIR=str(home.tmp / "state"),
        S3_DATA_DIR=str(home.tmp / "s3"),
        LOG_LEVEL="INFO",
    )
    _spawn(
        home,
        "ses",
        [
            sys.executable,
            "-m",
            "infra.local.ses",
            "--port",
            str(ports.mail),
            "--dir",
            str(home.mail),
            "--firehose-endpoint",
            aws,
            "--gather",
            str(GATHER),
            "--iam-endpoint",
            aws,
            "--region",
            REGION,
            "--rate",
            str(mail_rate),
        ],
    )
    _wait(home, "ministack", lambda: _answers(f"{aws}/_ministack/health"))
    _wait(home, "ses", lambda: _answers(f"{mail}/_control/health"))
    return LocalStack(aws, mail, web, {})


def _ministack() -> Path:
    found = Path(os.environ.get("CONVOKE_MINISTACK", ROOT / ".local/emulator/bin/ministack"))
    if not found.exists():
        sys.exit(f"The local AWS is not installed at {found}. `make up` installs it.")
    return found


def _introduce_mail(stack: LocalStack) -> None:
    """Tell the strict SES what CloudFormation told the emulator's: the sender's identity, where events go."""
    ses = stack.client("sesv2")
    name = stack.outputs["ConfigurationSet"]
    destination = {
        "Enabled": True,
        "MatchingEventTypes": ["DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "DELIVERY_DELAY"],
        "KinesisFirehoseDestination": {
            "IamRoleArn": stack.outputs["MailEventsRole"],
            "DeliveryStreamArn": stack.outputs["MailEventsStream"],
        },
    }
    with contextlib.suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity=SENDER_DOMAIN)
    with contextlib.suppress(ses.exceptions.AlreadyExistsException):
        ses.create_configuration_set(ConfigurationSetName=name)
    with contextlib.suppress(ses.exceptions.AlreadyExistsException):
        ses.create_configuration_set_event_destination(
            ConfigurationSetName=name, EventDestinationName="ledger", EventDestination=destination
        )


def down(home: Home) -> list[str]:
    """Stop every process this home started, groups and all; returns the names of those that ran."""
    stopped = []
    for name in ("front", "ses", "ministack"):
        pid = home.pid(name)
        if pid is not None and home.alive(name):
            _end_group(home, name, pid)
            stopped.append(name)
        (home.run / f"{name}.pid").unlink(missing_ok=True)
    (home.run / "stack.json").unlink(missing_ok=True)
    shutil.rmtree(home.tmp, ignore_errors=True)
    return stopped


def _end_group(home: Home, name: str, pid: int) -> None:
    """SIGTERM to the group, then SIGKILL after five seconds: the emulator's function workers are in it."""
    for which, seconds in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 2.0)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, which)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and home.alive(name):
            time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _spawn(home: Home, name: str, command: list[str], **environment: str) -> None:
    log = (home.log / f"{name}.log").open("wb")
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(home.tmp.resolve()), "PYTHONDONTWRITEBYTECODE": "1", **environment},
    )
    (home.run / f"{name}.pid").write_text(str(process.pid))


def _wait(home: Home, name: str, ready: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if not home.alive(name) or time.monotonic() > deadline:
            tail = (home.log / f"{name}.log").read_text(errors="replace")[-1500:]
            down(home)
            sys.exit(f"{name} did not start. The end of its log:\n{tail}")
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _require_free(name: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            sys.exit(f"Port {port} is taken by another program. Choose one with CONVOKE_{name.upper()}_PORT=…")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("verb", choices=("up", "down", "status"))
    verb = parser.parse_args().verb
    home = Home(ROOT / ".local")
    if verb == "down":
        stopped = down(home)
        print(f"Stopped {', '.join(stopped)}; what was in them is forgotten." if stopped else "Nothing was running.")
        return
    stack = up(home, Ports.from_environment()) if verb == "up" else home.state()
    if stack is None:
        sys.exit("Not running. `make up` starts it.")
    print(f"Pages and API  {stack.web}\nMailbox        {stack.mail}\nAWS            {stack.aws}")


if __name__ == "__main__":
    main()
