"""Cold start: importing the packaged API function and its first answer, against its libraries alone."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tests.performance import drive
from tests.performance.package import built
from tests.performance.report import Measured, Row, hand_over

RUNS = 7
"""Of each, in turns; the first, which warms the disk, is not counted."""

LIBRARIES = "import boto3, pydantic, chalice"

FIRST_ANSWER = """
import app
answer = app.app({event}, None)
assert answer["statusCode"] == 404, answer
"""

TIMED = """
import sys, time
sys.path.insert(0, {tree!r})
begun = time.perf_counter()
{what}
print(time.perf_counter() - begun)
"""

VISIT = {
    "httpMethod": "GET",
    "path": "/i/no-such-link",
    "resource": "/i/{token}",
    "headers": {"accept": "text/html", "accept-encoding": "gzip"},
    "multiValueHeaders": {"accept": ["text/html"], "accept-encoding": ["gzip"]},
    "queryStringParameters": None,
    "multiValueQueryStringParameters": None,
    "pathParameters": {"token": "no-such-link"},
    "stageVariables": None,
    "body": None,
    "isBase64Encoded": False,
    "requestContext": {"httpMethod": "GET", "resourcePath": "/i/{token}", "identity": {"sourceIp": "192.0.2.1"}},
}
"""A visit by a link that is none: API Gateway's proxy event. It asks nothing of AWS."""


def measure() -> Measured:
    drive.environment()
    with tempfile.TemporaryDirectory() as box:
        with zipfile.ZipFile(built()) as packed:
            packed.extractall(box)
        tree, answer = Path(box), FIRST_ANSWER.format(event=json.loads(json.dumps(VISIT)))
        runs = [(_seconds(tree, LIBRARIES), _seconds(tree, answer)) for _ in range(RUNS)][1:]
    libraries, whole = (statistics.median(part) for part in zip(*runs, strict=True))
    return Measured([
        Row("import of boto3, pydantic and chalice alone", libraries * 1000, "ms", note=f"median of {len(runs)}"),
        Row("import and first answer of the API function", whole * 1000, "ms", note="packaged; a link that is none"),
        Row("the second by the first", whole / libraries, "", 1.5),
    ])  # fmt: skip


def _seconds(tree: Path, what: str) -> float:
    """In a process of its own that sees the package and the standard library, and no bytecode but the package's."""
    code = TIMED.format(tree=str(tree), what=what)
    done = subprocess.run([sys.executable, "-I", "-S", "-B", "-c", code], capture_output=True, text=True, cwd=tree,
                          env={**os.environ})  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    hand_over(measure)
