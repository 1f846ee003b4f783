"""``make bench``: every budget of the sending engine, measured or counted, in one table.

Each measure runs in a process of its own, one after the other. Counted figures are the same on every machine and fail
the run when they break their budget; times are printed, and depend on what else the machine does.
"""

import os
import platform
import subprocess
import sys
import time

from tests.performance import costs
from tests.performance.report import Measured, Row, lines

MEASURES = ("counted", "pace", "cpu", "registering", "overlap", "scale", "cold", "package")


def main(names: list[str]) -> int:
    """The number of broken budgets."""
    begun, rows, facts = time.monotonic(), list[Row](), dict[str, float]()
    for name in names or MEASURES:
        print(f"measuring: {name} …", file=sys.stderr, flush=True)
        done = _measured(name)
        rows += done.rows
        facts |= done.facts
    if not names:
        rows += costs.measure(facts).rows
    print("\n".join(lines(rows)))
    broken = [row.measure for row in rows if row.broken]
    print(f"\n{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores, "
          f"{time.monotonic() - begun:.0f} s. Broken: {'; '.join(broken) or 'none'}.")  # fmt: skip
    return len(broken)


def _measured(name: str) -> Measured:
    done = subprocess.run([sys.executable, "-m", f"tests.performance.{name}"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{name} could not be measured:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return Measured.of_json(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
