"""What 10,000 mails cost beyond SES's own charge, from what the other measures counted and timed.

Not in it: what stands whether mail is sent or not (the clock's empty minutes, pollers of empty queues, the table's
storage, the secrets' monthly price), and free tiers, which would make all of it nothing. Beside the calls that the
functions make, AWS makes some that are paid for: each chunk's message is received and deleted; Firehose takes an event
a mail and puts objects, which lie in the bucket for a month; S3 sends a message for each, and that is received and
deleted.
"""

import json

from chalicelib.domain.batch import CHUNK
from infra.build import OUT, ROOT
from tests.performance.prices import cost
from tests.performance.report import Measured, Row

MAILS = 10_000
BUDGET = 0.03

PUTS = 3
"""Requests for which an object is put at most: Firehose may upload in parts, which is begun, done and completed."""

CORE = 1769 / 1024
"""GB of memory with which a function has a whole core (AWS Lambda developer guide, "Configure … function memory")."""

LOG_KB = 1.0
"""What an invocation writes into its log, Lambda's own three lines included."""

Used = dict[str, float]


def measure(facts: dict[str, float]) -> Measured:
    """``facts`` of ``counted``, ``overlap`` and ``pace``."""
    sending = _calls(facts, "sent") | {"Lambda request": MAILS / CHUNK, "log KB": MAILS / CHUNK * LOG_KB}
    sending["SQS request"] += 2 * MAILS / CHUNK
    objects = facts["told.object"] * MAILS
    told = _calls(facts, "told") | {"Lambda request": objects, "log KB": objects * LOG_KB, "S3 PUT": objects * PUTS}
    told["SQS request"] += 3 * objects
    told["Firehose 5 KB"] = facts["told.Firehose 5 KB"] * MAILS
    told["S3 GB-month"] = facts["told.byte"] * MAILS / 1024**3
    calls, events = cost(sending), cost(told)
    events_time = _time("ses_events", facts["told.seconds"] * MAILS, facts["told.cpu"] * MAILS)
    rows = [
        Row("cost of 10,000 mails: calls", calls, "USD", BUDGET, True, note=_parts(sending)),
        Row("cost of 10,000 mails: and delivery events", calls + events, "USD", BUDGET, True, note=_parts(told)),
    ]
    for name, what in (("billed", "no limit"), ("pace.200.billed", "200/s"), ("pace.14.billed", "14/s")):
        time = _time("deliver", facts[name], facts["cpu"])
        said = f"{facts[name]:.0f} worker seconds for {time:.4f}, delivery events' seconds for {events_time:.4f}"
        everything = calls + time + events + events_time
        rows.append(Row(f"cost of 10,000 mails: and Lambda, {what}", everything, "USD", BUDGET, note=said))
    return Measured(rows)


def _calls(facts: dict[str, float], flow: str) -> Used:
    names = ("write unit", "read unit", "SQS request", "S3 GET", "secret read")
    return {name: facts[f"{flow}.{name}"] * MAILS for name in names}


def _parts(used: Used) -> str:
    parts = {name: cost({name: count}) for name, count in used.items()}
    most = sorted(parts.items(), key=lambda one: -one[1])
    return ", ".join(f"{name} {part:.4f}" for name, part in most if part >= 5e-5)


def _time(function: str, seconds: float, cpu: float) -> float:
    """What Lambda asks for so many seconds, of which ``cpu`` were a whole core's: the function's part of one goes with
    its memory, and needs longer for them.
    """
    size = memory(function)
    return cost({_second(): max(seconds, cpu * CORE / size) * size})


def memory(function: str) -> float:
    """GB that the function has (Lambda's gigabyte is 1,024 MB)."""
    config = json.loads((ROOT / ".chalice/config.json").read_text())
    own = config["stages"]["prod"]["lambda_functions"][function]
    return float(own.get("lambda_memory_size", config["lambda_memory_size"])) / 1024


def _second() -> str:
    return f"GB-second {'arm64' if 'arm64' in (OUT / 'sam.yaml').read_text() else 'x86_64'}"
