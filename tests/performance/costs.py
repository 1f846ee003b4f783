"""What 10,000 mails cost beyond SES's own charge, from what the other measures counted and timed.

Not in it: what stands whether mail is sent or not (the clock's empty minutes, pollers of empty queues, storage, the
secrets' monthly price), and free tiers, which would make all of it nothing. Beside the calls that the functions make,
AWS makes some that are paid for: each chunk's message is received and deleted; SES publishes an event a mail, SNS or
EventBridge puts it into the queue, and they are received and deleted ten at a time.
"""

import json

from chalicelib.domain.batch import CHUNK
from infra.build import OUT, ROOT
from tests.performance.counted import EVENTS_TOGETHER
from tests.performance.prices import cost
from tests.performance.report import Measured, Row

MAILS = 10_000
BUDGET = 0.03

RECEIVED = 10
"""Messages that one request to SQS receives, or deletes, at most."""

LOG_KB = 1.0
"""What an invocation writes into its log, Lambda's own three lines included."""

Used = dict[str, float]


def measure(facts: dict[str, float]) -> Measured:
    """``facts`` of ``counted``, ``overlap`` and ``pace``."""
    sending = _calls(facts, "sent") | {"Lambda request": MAILS / CHUNK, "log KB": MAILS / CHUNK * LOG_KB}
    sending["SQS request"] += 2 * MAILS / CHUNK
    heard = MAILS / EVENTS_TOGETHER
    told = _calls(facts, "told") | {"Lambda request": heard, "log KB": heard * LOG_KB}
    told["SQS request"] += MAILS + 2 * MAILS / RECEIVED
    told["SNS publish" if "SnsDestination" in _template() else "EventBridge event"] = MAILS
    events_time = {_second(): facts["told.seconds"] * MAILS * _memory("ses_events")}
    calls, events = cost(sending), cost(told)
    rows = [
        Row("cost of 10,000 mails: calls", calls, "USD", BUDGET, True, note=_parts(sending)),
        Row("cost of 10,000 mails: and delivery events", calls + events, "USD", BUDGET, True, note=_parts(told)),
    ]
    for name, what in (("billed", "no limit"), ("pace.200.billed", "200/s"), ("pace.14.billed", "14/s")):
        time = cost({_second(): facts[name] * _memory("deliver")})
        said = f"{facts[name]:.0f} worker seconds for {time:.4f}; delivery events {events + cost(events_time):.4f} more"
        rows.append(Row(f"cost of 10,000 mails: calls and Lambda, {what}", calls + time, "USD", BUDGET, note=said))
    return Measured(rows)


def _calls(facts: dict[str, float], flow: str) -> Used:
    names = ("write unit", "read unit", "SQS request", "S3 GET", "secret read")
    return {name: facts[f"{flow}.{name}"] * MAILS for name in names}


def _parts(used: Used) -> str:
    parts = {name: cost({name: count}) for name, count in used.items()}
    most = sorted(parts.items(), key=lambda one: -one[1])
    return ", ".join(f"{name} {part:.4f}" for name, part in most if part >= 5e-5)


def _memory(function: str) -> float:
    """GB that the function has (Lambda's gigabyte is 1,024 MB)."""
    config = json.loads((ROOT / ".chalice/config.json").read_text())
    own = config["stages"]["prod"]["lambda_functions"][function]
    return float(own.get("lambda_memory_size", config["lambda_memory_size"])) / 1024


def _second() -> str:
    return f"GB-second {'arm64' if 'arm64' in (OUT / 'sam.yaml').read_text() else 'x86_64'}"


def _template() -> str:
    return (ROOT / "infra/resources.yaml").read_text()
