"""Time zones come with the package, whatever the machine has."""

import subprocess
import sys
import zoneinfo
from importlib.metadata import version
from pathlib import Path

import tzdata

import chalicelib
from infra.build import ROOT

OWN = Path(tzdata.__file__).parent / "zoneinfo"


def test_the_rules_are_those_of_the_pinned_package() -> None:
    assert f"tzdata=={version('tzdata')}" in (ROOT / "requirements.txt").read_text().split()
    assert chalicelib and [Path(place) for place in zoneinfo.TZPATH] == [OWN]
    assert (OWN / "Asia/Tashkent").is_file()


def test_a_machine_with_other_rules_makes_no_difference(tmp_path: Path) -> None:
    """There, Vienna is in Tokyo."""
    wrong = tmp_path / "Europe/Vienna"
    wrong.parent.mkdir()
    wrong.write_bytes((OWN / "Asia/Tokyo").read_bytes())
    said = "import chalicelib, datetime as d; from zoneinfo import ZoneInfo as Z; import sys;"
    said += "sys.stdout.write(str(d.datetime(2021, 1, 28, tzinfo=Z('Europe/Vienna')).utcoffset()))"
    done = subprocess.run([sys.executable, "-c", said], cwd=ROOT, env={"PYTHONTZPATH": str(tmp_path)},
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout == "1:00:00"
