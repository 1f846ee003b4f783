"""Units and calls per recipient, counted while 1,000 people are invited and 200 are reminded.

The whole flow runs through the functions: planning and approving, feeding, every chunk, the ticks that 14 mails a
second would take, completion, and then SES's events, so many a call as the queue gives. One thing is not the same on
every machine: a pacer that nobody used for a moment takes a second write for a chunk's slots, or none.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from chalicelib import wiring
from chalicelib.adapters.store.due import Due
from chalicelib.domain.invitee import Registration
from infra.local.ses import SesServer
from tests.performance import drive, memory_aws
from tests.performance.report import Measured, Row, hand_over
from tests.performance.units import Bill, Meter

INVITED, REMINDED = 1000, 200

RATE = 1000
"""Mails a second that SES allows here, so that nothing waits."""

PER_TICK = 14 * 60
"""Mails between two ticks when SES allows 14 a second."""

EVENTS_TOGETHER = 28
"""SES's events in one call: what comes in the two seconds that the queue collects them, at 14 mails a second."""

BUDGETS = {"invitation": (2.2, 1.1, 1.0), "reminder": (None, None, 1.0)}
"""Write units to send, more with delivery events, and read units."""


def measure() -> Measured:
    with memory_aws.account(RATE) as (ses, meter):
        drive.request("PUT", "", drive.document())
        _import()
        meter.lap()
        sent = _send(meter, "invitation", "deliver", drive.now(), lambda: drive.approved("invitation", memory_aws.take))
        told = _tell(ses, meter, "invitation")
        starts = _register()
        meter.lap()
        due = starts - timedelta(minutes=60)
        reminded = _send(meter, "reminder", "urgent", due, lambda: drive.tick(due))
        reminded_told = _tell(ses, meter, "reminder")
    done = Measured()
    _rows(done, "invitation", INVITED, sent, told)
    _rows(done, "reminder", REMINDED, reminded, reminded_told)
    done.facts = {f"sent.{name}": count / INVITED for name, count in _used(sent).items()}
    done.facts |= {f"told.{name}": count / INVITED for name, count in _used(told).items()}
    return done


def _import() -> None:
    """One by the API; the others are made like that one."""
    one = {
        "email": "firstname.lastname@ministry.example.org",
        "name": "Firstname Lastname",
        "language": "en",
        "time_zone": "Asia/Tashkent",
        "country": "UZ",
        "delegation": "Ministry of Foreign Affairs",
        "category": "government",
    }
    drive.request("POST", "/invitees", [one])
    memory_aws.multiply(INVITED)


def _send(meter: Meter, kind: str, queue: str, begin: datetime, start: Any) -> Bill:
    """From the plan to the completed batch."""
    start()
    expected, minutes = {"invitation": INVITED, "reminder": REMINDED}[kind], 0
    function = {"deliver": "deliver", "urgent": "deliver_now"}[queue]
    while minutes <= expected // PER_TICK + 1:
        for body in memory_aws.take(queue):
            drive.messages(function, body)
        minutes += 1
        drive.tick(begin + timedelta(minutes=minutes))
    bill = meter.lap()
    batches = {one["kind"]: one for one in drive.request("GET", "/batches")["batches"]}
    meter.lap()
    if batches[kind]["state"] != "complete" or bill.calls[("sesv2", "SendEmail")] != expected:
        raise RuntimeError(f"not sent: {batches[kind]}, {bill.calls}")
    return bill


def _tell(ses: SesServer, meter: Meter, kind: str) -> Bill:
    """SES tells that each mail was delivered."""
    meter.lap()
    bodies = [drive.delivered(one.id, one.destination[0], dict(one.tags)) for one in ses.messages(kind=kind)]
    for start in range(0, len(bodies), EVENTS_TOGETHER):
        drive.messages("ses_events", *bodies[start : start + EVENTS_TOGETHER])
    return meter.lap()


def _register() -> datetime:
    """Let the first people be registered for the first session; returns when it starts."""
    event, invitees = wiring.events().get(drive.EVENT), wiring.invitees()
    session, now = event.document.sessions[0], drive.now()
    [invitee] = (one for one in invitees.all(drive.EVENT) if not one.id.startswith("0000"))
    registration = Registration(
        invitee=invitee.id, event=event.id, name=invitee.name, organisation="Ministry", sessions=[session.id],
        consented_at=now, updated_at=now,
    )  # fmt: skip
    outbox = Due(what="outbox", reference=f"confirmation#{invitee.id}", at=now, body={})
    invitees.register(invitee, registration, outbox)
    wiring.dues().remove(outbox)
    memory_aws.multiply_registrations(REMINDED)
    return event.document.span(session)[0]


def _used(bill: Bill) -> dict[str, float]:
    """What is paid for, by the names of ``prices``; what the queue's poller asks is added by ``cost``."""
    return {
        "write unit": bill.written,
        "read unit": bill.reads,
        "SQS request": bill.of("sqs"),
        "S3 GET": bill.of("s3"),
        "secret read": bill.of("secretsmanager"),
    }


def _rows(done: Measured, kind: str, people: int, sent: Bill, told: Bill) -> None:
    writes, more, reads = BUDGETS[kind]
    done.rows += [
        Row(f"{kind}: write units to send", sent.written / people, "", writes, True, note=_most(sent, people, "w")),
        Row(f"{kind}: more with delivery events", told.written / people, "", more, True, note=_most(told, people, "w")),
        Row(f"{kind}: read units", sent.reads / people, "", reads, True, note=_most(sent, people, "r")),
        Row(f"{kind}: read units for delivery events", told.reads / people, "", None, True),
        Row(f"{kind}: SES calls", sent.calls[("sesv2", "SendEmail")] / people, "", 1, True),
        Row(f"{kind}: AWS calls", sum(sent.calls.values()) / people, "", None, True, note=_by_service(sent, people)),
    ]


def _most(bill: Bill, people: int, which: str) -> str:
    """What the units went to, the most first."""
    reading = ("GetItem", "BatchGetItem", "Query")
    kinds = {kind: units for kind, units in bill.kinds.items() if (kind.split()[0] in reading) is (which == "r")}
    return ", ".join(f"{kind} {units / people:.3f}" for kind, units in Counter(kinds).most_common(4))


def _by_service(bill: Bill, people: int) -> str:
    services = Counter(dict.fromkeys({service for service, _ in bill.calls}, 0))
    for (service, _), count in bill.calls.items():
        services[service] += count
    return ", ".join(f"{service} {count / people:.3f}" for service, count in services.most_common())


if __name__ == "__main__":
    hand_over(measure)
