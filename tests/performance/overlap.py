"""Overlap: how long Lambda is billed for while SES takes 100 ms a mail and sets no limit, and for SES's events.

The table answers after 5 ms, which is what DynamoDB is said to take.
"""

import time
from functools import partial

from tests.performance import drive, stub, stubbed
from tests.performance.counted import EVENTS_TOGETHER
from tests.performance.report import Measured, Row, hand_over

MAILS = 2000
SCALED_TO = 10_000
LATENCY, TABLE = 0.1, 0.005
EVENTS = EVENTS_TOGETHER


def measure() -> Measured:
    with stubbed.event(MAILS, LATENCY, TABLE) as url:
        billed, cpu = 0.0, time.process_time()
        for body in list(drive.start("invitation", stubbed.queued)):
            begun = time.perf_counter()
            drive.messages("deliver", body)
            billed += time.perf_counter() - begun
        cpu, sent = time.process_time() - cpu, stubbed.calls(url)["SendEmail"]
        told, told_cpu = _events(url)
    if sent != MAILS:
        raise RuntimeError(f"{sent} mails instead of {MAILS}")
    times = SCALED_TO / MAILS
    return Measured(
        [Row(f"billed worker seconds for {SCALED_TO:,} mails at 100 ms", billed * times, "s", 150,
             note=f"measured over {MAILS:,}, one worker after the other, on a whole core; {cpu * times:.0f} s of CPU"),
         Row(f"billed seconds for {SCALED_TO:,} delivery events", told * SCALED_TO, "s",
             note=f"{EVENTS} in an object, one after the other")],
        {"billed": billed * times, "cpu": cpu * times, "told.seconds": told, "told.cpu": told_cpu},
    )  # fmt: skip


def _events(url: str) -> tuple[float, float]:
    """Seconds for one of SES's events, and seconds of CPU."""
    kind = {"event": drive.EVENT, "kind": "invitation", "occurrence": "1"}
    bodies = [
        drive.delivered(f"message-{number}", f"person{number}@example.org", {**kind, "invitee": f"{number:020}"})
        for number in range(EVENTS)
    ]
    begun, cpu = time.perf_counter(), time.process_time()
    drive.told(partial(stub.put, url), bodies)
    return (time.perf_counter() - begun) / EVENTS, (time.process_time() - cpu) / EVENTS


if __name__ == "__main__":
    hand_over(measure)
