"""Memory and time from 1,000 to 100,000 recipients: each part at each size in a process of its own.

- *planner*: plans a batch over everybody, as the desk's function does, against the stub.
- *roster*: reads and classes a CSV list of so many rows.
- *worker*: works off the same number of chunks of a batch of each size; *heavy* is one whose mails carry as much as
  they may.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from chalicelib.adapters.spreadsheets import read_sheet
from chalicelib.domain.event import EventDocument
from chalicelib.domain.roster import classify
from chalicelib.domain.roster_rows import read_rows
from chalicelib.usecases.put_document import LARGEST
from tests.performance import drive, stub, stubbed
from tests.performance.costs import memory
from tests.performance.report import Measured, Row, hand_over

SIZES = (1_000, 10_000, 100_000)
CHUNKS = 30
HEAVY, HEAVY_PEOPLE = 5 * LARGEST, 50
"""Octets of files, and people."""

MEGABYTE = 1024 * 1024


def planner(people: int) -> float:
    with stubbed.event(people):
        return drive.planned("invitation", stubbed.queued)


def heavy(people: int) -> float:
    return worker(people, HEAVY)


def worker(people: int, size: int = len(stub.PDF)) -> float:
    """Somebody else has planned and approved."""
    with stub.running(size=size) as url:
        _python("start", str(people), url)
        drive.environment(aws=url)
        begun = time.perf_counter()
        for body in islice(stubbed.queued("deliver"), CHUNKS):
            drive.messages("deliver", body)
        return time.perf_counter() - begun


def start(people: int, url: str) -> None:
    """A batch whose first chunks are in the queue: SES's limits are known, so that more than four are."""
    stubbed.fill(people, url)
    drive.approved("invitation", stubbed.queued)
    drive.tick(drive.now())


def roster(rows: int) -> float:
    document = EventDocument.model_validate(drive.document())
    with tempfile.TemporaryFile() as file:
        file.writelines(_lines(rows))
        begun = time.perf_counter()
        outcomes = Counter(row.outcome for row in classify(read_rows(read_sheet(file).records), document))
        seconds = time.perf_counter() - begun
    if outcomes != {"valid": rows}:
        raise RuntimeError(f"{outcomes}")
    return seconds


def _lines(rows: int) -> Iterator[bytes]:
    """A list as a spreadsheet saves it."""
    yield "Email;Name;Language;Time zone;Country;Delegation;Category\r\n".encode("utf-8-sig")
    for number in range(rows):
        yield (
            f"person{number}@ministry.example.org;Имя Фамилия {number};ru;Asia/Tashkent;UZ;"
            "Министерство иностранных дел;government\r\n"
        ).encode()


def peak() -> int:
    """Bytes of this process at its largest."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss begins with what the parent had
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


PARTS: dict[str, Callable[[int], float]] = {"planner": planner, "roster": roster, "worker": worker}
ALL = {**PARTS, "heavy": heavy}


def measure() -> Measured:
    done = Measured()
    for part in PARTS:
        found = {size: _apart(part, size) for size in SIZES}
        least, most = found[SIZES[0]]["peak"], found[SIZES[-1]]["peak"]
        said = ", ".join(f"{one['peak'] / MEGABYTE:.0f} MB at {size:,}" for size, one in found.items())
        done.rows.append(Row(f"memory of the {part}: 100,000 by 1,000", most / least, "", 1.25, note=said))
        done.facts |= {f"{part}.seconds.{size}": one["seconds"] for size, one in found.items()}
    most = _apart("heavy", HEAVY_PEOPLE)["peak"] / MEGABYTE
    done.rows += [
        Row("memory of the worker with the largest files", most, "MB", memory("deliver") * 1024,
            note=f"{HEAVY / 1e6:.0f} MB in each mail; what the function has"),
        Row("reading and classing a CSV list of 100,000 rows", done.facts["roster.seconds.100000"], "s", 30),
        Row("planning a batch over 100,000 people", done.facts["planner.seconds.100000"], "s", 30),
    ]  # fmt: skip
    return done


def _apart(part: str, size: int) -> dict[str, float]:
    found: dict[str, float] = json.loads(_python(part, str(size)).splitlines()[-1])
    return found


def _python(*arguments: str) -> str:
    command = [sys.executable, "-m", "tests.performance.scale", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def main(asked: list[str]) -> None:
    if not asked:
        hand_over(measure)
    elif asked[0] == "start":
        start(int(asked[1]), asked[2])
    else:
        seconds = ALL[asked[0]](int(asked[1]))
        print(f"\n{json.dumps({'peak': peak(), 'seconds': seconds})}")


if __name__ == "__main__":
    main(sys.argv[1:])
