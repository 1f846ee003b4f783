"""Units and calls per recipient, counted while 1,000 people are invited and 200 are reminded.

The whole flow runs through the functions: planning and approving, feeding, every chunk, the ticks that 14 mails a
second would take, completion, and then SES's events, so many an object as Firehose gathers. One thing is not the same
on every machine: a pacer that nobody used for a moment takes a second write for a chunk's slots, or none.
"""

from collections import Counter
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser
from math import ceil
from typing import Any

from chalicelib import wiring
from chalicelib.adapters.store.due import Due
from chalicelib.domain.invitee import Registration
from infra.local.ses import SesServer
from infra.local.ses.events import events
from infra.local.ses.mailbox import Message
from infra.local.ses.publisher import encoded
from tests.performance import drive, memory_aws
from tests.performance.report import Measured, Row, hand_over
from tests.performance.units import Bill, Meter

INVITED, REMINDED = 1000, 200

RATE = 1000
"""Mails a second that SES allows here, so that nothing waits."""

PER_TICK = 14 * 60
"""Mails between two ticks when SES allows 14 a second."""

EVENTS_TOGETHER = 60 * 14
"""SES's events in one object: what Firehose gathers in its minute, at 14 mails a second. At 200 its 5 MiB hold more."""

FIREHOSE_STEP = 5 * 1024
"""Bytes to which Firehose rounds each record up."""

BUDGETS = {"invitation": (2.2, 1.1, 1.0), "reminder": (None, None, 1.0)}
"""Write units to send, more with delivery events, and read units."""


def measure() -> Measured:
    with memory_aws.account(RATE) as (ses, meter):
        drive.request("PUT", "", drive.document())
        _import()
        meter.lap()
        sent = _send(meter, "invitation", "deliver", drive.now(), lambda: drive.approved("invitation", memory_aws.take))
        told, passed = _tell(ses, meter, "invitation")
        starts = _register()
        meter.lap()
        due = starts - timedelta(minutes=60)
        reminded = _send(meter, "reminder", "urgent", due, lambda: drive.tick(due))
        reminded_told, _ = _tell(ses, meter, "reminder")
    done = Measured()
    _rows(done, "invitation", INVITED, sent, told)
    _rows(done, "reminder", REMINDED, reminded, reminded_told)
    done.facts = {f"sent.{name}": count / INVITED for name, count in _used(sent).items()}
    done.facts |= {f"told.{name}": count / INVITED for name, count in (_used(told) | passed).items()}
    size = passed["byte"] / INVITED
    done.rows.append(Row("size of a delivery event", size / 1024, "KB", FIREHOSE_STEP / 1024, True))
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


def _tell(ses: SesServer, meter: Meter, kind: str) -> tuple[Bill, Counter[str]]:
    """SES tells that each mail was delivered. What it costs, and what Firehose and S3 are paid for until then."""
    meter.lap()
    told, passed = [_delivery(ses, one) for one in ses.messages(kind=kind)], Counter[str]()
    for start in range(0, len(told), EVENTS_TOGETHER):
        together = told[start : start + EVENTS_TOGETHER]
        drive.told(memory_aws.put, together)
        sizes = [len(event.encode()) + 1 for event in together]
        passed["object"] += 1
        passed["Firehose 5 KB"] += sum(ceil(size / FIREHOSE_STEP) for size in sizes)
        passed["byte"] += sum(sizes)
    return meter.lap(), passed


def _delivery(ses: SesServer, sent: Message) -> str:
    """The event in full, its headers too: Firehose is paid by size."""
    headers = BytesHeaderParser().parsebytes(ses.mailbox.raw(sent.id))
    at_once, _ = events(ses.account, sent, headers)
    return encoded(dict(at_once)["DELIVERY"])


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
    invitees.register(invitee, None, registration, outbox)
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
