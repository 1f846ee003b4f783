"""The package: what each function is given, zipped and unpacked."""

import subprocess
import sys
import zipfile
from pathlib import Path

from infra.build import OUT
from tests.performance.report import Measured, Row, hand_over

MEGABYTE = 1e6

UNPACKED_LIMIT = 262_144_000
"""Bytes that a function and its layers may take: AWS Lambda Developer Guide, "Lambda quotas", 250 MB unzipped."""


def built() -> Path:
    """The function's zip, built when it is not there or no longer true."""
    subprocess.run([sys.executable, "-m", "infra.build"], check=True, stdout=subprocess.DEVNULL)
    return OUT / "deployment.zip"


def sizes(archive: Path) -> tuple[int, int]:
    """Bytes zipped and unpacked."""
    with zipfile.ZipFile(archive) as packed:
        return archive.stat().st_size, sum(entry.file_size for entry in packed.infolist())


def measure() -> Measured:
    functions, layer = sizes(built()), sizes(OUT / "layers/typesetting.zip")
    each, typeset = "each function", "function typeset, with its layer"
    limit = UNPACKED_LIMIT / MEGABYTE
    return Measured([
        Row(f"package, zipped: {each}", functions[0] / MEGABYTE, "MB", counted=True, note="all share one zip"),
        Row(f"package, unpacked: {each}", functions[1] / MEGABYTE, "MB", limit, counted=True, note="Lambda's limit"),
        Row(f"package, zipped: {typeset}", (functions[0] + layer[0]) / MEGABYTE, "MB", counted=True),
        Row(f"package, unpacked: {typeset}", (functions[1] + layer[1]) / MEGABYTE, "MB", limit, counted=True),
    ])  # fmt: skip


if __name__ == "__main__":
    hand_over(measure)
