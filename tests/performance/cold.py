"""Cold start: importing the packaged API function and its first answer, against its libraries alone.

``import pydantic`` by itself loads next to nothing: the first model does. So there are two bases, the three imports as
they stand and the same with one model, and the answer is held against the smaller.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from tests.performance import drive, stubbed
from tests.performance.package import built
from tests.performance.report import Measured, Row, hand_over

RUNS = 9
"""Of each, in turns; the first, which warms the disk, is not counted."""

LIBRARIES = "import boto3, pydantic, chalice"

ONE_MODEL = """
import boto3, chalice
from pydantic import BaseModel
class Model(BaseModel):
    name: str
"""

ANSWER = """
import app
answer = app.app({event}, None)
assert answer["statusCode"] == {status}, answer["statusCode"]
"""

TIMED = """
import sys, time
sys.path.insert(0, {tree!r})
begun = time.perf_counter()
{what}
print(time.perf_counter() - begun)
"""


def visit(token: str) -> dict[str, Any]:
    """API Gateway's proxy event of a visit to an invitee's page."""
    return {
        "httpMethod": "GET",
        "path": f"/i/{token}",
        "resource": "/i/{token}",
        "headers": {"accept": "text/html", "accept-encoding": "gzip"},
        "multiValueHeaders": {"accept": ["text/html"], "accept-encoding": ["gzip"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"token": token},
        "stageVariables": None,
        "body": None,
        "isBase64Encoded": False,
        "requestContext": {"httpMethod": "GET", "resourcePath": "/i/{token}", "identity": {"sourceIp": "192.0.2.1"}},
    }


def measure() -> Measured:
    with tempfile.TemporaryDirectory() as box, stubbed.event(0):
        with zipfile.ZipFile(built()) as packed:
            packed.extractall(box)
        what = {
            "libraries": LIBRARIES,
            "one model": ONE_MODEL,
            "no link": ANSWER.format(event=visit("no-such-link"), status=404),
            "a page": ANSWER.format(event=visit(_link()), status=200),
        }
        runs = [{name: _seconds(Path(box), code) for name, code in what.items()} for _ in range(RUNS)][1:]
    took = {name: statistics.median(run[name] for run in runs) for name in what}
    return Measured([
        Row("import boto3, pydantic, chalice alone", took["libraries"] * 1000, "ms", note=f"median of {len(runs)}"),
        Row("the same with one pydantic model", took["one model"] * 1000, "ms"),
        Row("import and first answer of the API function", took["no link"] * 1000, "ms", note="packaged; no such link"),
        Row("the answer by the three imports", took["no link"] / took["libraries"], "", 1.5),
        Row("the answer by the imports with one model", took["no link"] / took["one model"], ""),
        Row("import and an invitee's page", took["a page"] * 1000, "ms", note="with clients, table and secret"),
    ])  # fmt: skip


def _link() -> str:
    """The token of the one person who is invited: nobody is made up beside them."""
    from chalicelib import wiring

    [invited] = wiring.invitees().all(drive.EVENT)
    return wiring.links().token(invited, "page")


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
