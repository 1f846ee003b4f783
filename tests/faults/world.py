"""What surrounds the application: a clock, callers that press again, SQS, the minute's tick, SES and its news.

Time is the model's own and moves from one thing that happens to the next. Messages of SQS lie in moto's queues, but who
gets them when is decided here, by the rules of AWS: a message whose worker died or reported it as failed is hidden for
the queue's visibility timeout and then given again, and goes to the dead letters after it was given five times.
"""

import copy
import dataclasses
import functools
import itertools
import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser
from typing import Any

import pytest
import yaml
from chalice.test import Client, HTTPResponse
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID

from app import app
from chalicelib import settings as settings_module
from chalicelib import wiring
from infra.build import ROOT
from infra.local.ses import events as ses_news
from infra.local.ses.mailbox import Message
from tests.faults.gate import Gate, Killed, Ses, boto
from tests.shelf import ADDRESS_KEY, KEYS, NOW, REGION, SETTINGS, _Template, object_created, table_definition

FUNCTIONS = {"deliver": "deliver", "urgent": "deliver_now", "jobs": "desk"}
"""Which function works off which queue."""

TEMPLATE = {"deliver": "DeliveryQueue", "urgent": "UrgentQueue", "jobs": "JobsQueue", "news": "MailEventsQueue"}
"""What the template calls the queues."""

ENDLESS = timedelta(hours=3)
"""A run that is not quiet by then never will be."""

AGAIN = timedelta(seconds=5)
"""After which a caller whose request was not answered repeats it."""

_Template.add_constructor("!GetAtt", lambda loader, node: node.value)
_resources = yaml.load((ROOT / "infra/resources.yaml").read_text(), Loader=_Template)["Resources"]
RULES = {name: _resources[resource]["Properties"] for name, resource in TEMPLATE.items()}
HIDDEN = {name: timedelta(seconds=rules["VisibilityTimeout"]) for name, rules in RULES.items()}
RECEIVES = {name: int(rules["RedrivePolicy"]["maxReceiveCount"]) for name, rules in RULES.items()}


TICK = {"source": "aws.events", "account": "1", "region": REGION, "detail": {}, "detail-type": "Scheduled Event",
        "version": "0", "resources": [], "id": "1"}  # fmt: skip


class Context:
    """Lambda's context."""

    aws_request_id = "request"
    function_name = "function"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@dataclass
class Letter:
    """A message in a queue: when it is given next, how often it was."""

    id: str
    body: str
    queue: str
    at: datetime
    given: int = 0
    copies: int = 0


@dataclass
class News:
    """An event of SES on its way, or, once Firehose has put down what came together, the key of that object."""

    at: datetime
    body: str
    stored: bool = False


Step = Callable[["World"], None]


@dataclass
class World:
    """``script`` is what people do, one step after the other, each repeated until it is answered.

    ``news``: SES's events arrive. ``twice``: SQS gives every message twice. ``impatient``: nobody presses again.
    """

    gate: Gate
    ses: Ses
    news: bool = True
    twice: str = ""
    impatient: bool = False
    now: datetime = NOW
    script: list[Step] = field(default_factory=list)
    memory: dict[str, Any] = field(default_factory=dict)
    letters: dict[str, Letter] = field(default_factory=dict)
    coming: list[News] = field(default_factory=list)
    dead_letters: list[Letter] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    kills: int = 0
    containers: "Containers" = field(default_factory=lambda: Containers())
    presses_at: datetime = NOW
    ticks_at: datetime = NOW + timedelta(seconds=20)
    _told: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.post_news: Callable[[list[str]], list[News]] = self._in_order

    # what happens

    def run(self) -> None:
        """Until nothing is left to happen."""
        end = self.now + ENDLESS
        while self.now < end and not self.quiet():
            at, what = min(self._next(), key=lambda pair: pair[0])
            self.now = max(self.now, at)
            what()
            self._look()
        if not self.quiet():
            left = [*self.script, *self.letters.values(), *self.coming, *self._promised()]
            self.troubles.append(f"not quiet after {ENDLESS}: {left}; {self.history[:40]}")

    def quiet(self) -> bool:
        return not (self.script or self.letters or self.coming or self._promised())

    def _promised(self) -> list[dict[str, Any]]:
        """What the clock has to look at now: not what the calendar of the event, or an offer, says for another day."""
        far = ("mailing", "retention", "offer")
        return [
            item for item in self.items("DUE#") if item["what"]["S"] not in far and "#cut-off" not in item["SK"]["S"]
        ]

    def _next(self) -> list[tuple[datetime, Callable[[], None]]]:
        every: list[tuple[datetime, Callable[[], None]]] = [(self.ticks_at, self._tick)]
        if self.script:
            every.append((self.presses_at, self._press))
        every += [(letter.at, functools.partial(self._give, letter)) for letter in self.letters.values()]
        every += [(news.at, functools.partial(self._tell, news)) for news in self.coming]
        return every

    def _look(self) -> None:
        """Find what the application put into the queues, and what SES has to tell."""
        for name in FUNCTIONS:
            for message in _queue_named(name)._messages:
                if message.id not in self.letters:
                    wait = max(0, message.delayed_until - message.sent_timestamp) / 1000
                    at = self.now + timedelta(seconds=wait)
                    self.letters[message.id] = Letter(message.id, message.body, name, at)
        if self.news:
            for sent in self.ses.mailbox.find():
                if sent.id not in self._told:
                    self._told.add(sent.id)
                    self.coming += self.post_news(self.news_of(sent))

    def news_of(self, sent: Message) -> list[str]:
        """What SES tells of a message: that it took it, that the recipient's server did."""
        headers = BytesHeaderParser().parsebytes(self.ses.mailbox.raw(sent.id))
        at_once, later = ses_news.events(self.ses.account, sent, headers)
        return [json.dumps(event) for _, event in (*at_once, *later)]

    def _in_order(self, bodies: list[str]) -> list[News]:
        return [News(self.now + timedelta(seconds=2 + n), body) for n, body in enumerate(bodies)]

    def _press(self) -> None:
        """Somebody presses; who is not answered presses again."""
        try:
            self.script[0](self)
        except Unanswered:
            self.presses_at = self.now + AGAIN
            if self.impatient:
                self.script.clear()
            return
        self.script.pop(0)

    def while_sending(self, after: int, step: Step) -> None:
        """Somebody presses in the middle of a chunk, when SES has taken so many messages."""

        def pressed(taken: int) -> None:
            if taken == after and self.ses.taken is pressed:
                self.ses.taken = lambda count: None
                self.script.insert(0, step)
                with self.containers.another():
                    self._press()

        self.ses.taken = pressed

    def work_off(self, queue: str) -> None:
        """What lies in a queue is given at once."""
        self._look()
        for letter in [one for one in self.letters.values() if one.queue == queue and not one.given]:
            self._give(letter)

    def _tick(self) -> None:
        self.ticks_at += timedelta(minutes=1)
        self.tick()

    def tick(self) -> None:
        self.invoke("clock", {**TICK, "time": f"{self.now:%Y-%m-%dT%H:%M:%SZ}"})

    def _give(self, first: Letter) -> None:
        """One invocation of the function that works off the letter's queue, with as many as are ready."""
        size = _batch_size(FUNCTIONS[first.queue])
        ready = [one for one in self.letters.values() if one.queue == first.queue and one.at <= self.now]
        given = sorted(ready, key=lambda one: one.at, reverse=self.twice == "backwards")[:size]
        for letter in given:
            letter.given += 1
        answer = self.invoke(FUNCTIONS[first.queue], sqs_event(given))
        failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]} if answer else {one.id for one in given}
        for letter in given:
            if letter.id not in failed:
                self._delete(letter)
            elif letter.given >= RECEIVES[letter.queue]:
                self.dead_letters.append(letter)
                self._delete(letter, for_good=True)
            else:
                letter.at = self.now + HIDDEN[letter.queue]

    def _delete(self, letter: Letter, for_good: bool = False) -> None:
        """A standard queue gives a message at least once; here, where wanted, twice."""
        if self.twice and not letter.copies and not for_good:
            letter.copies, letter.at = 1, self.now + timedelta(seconds=1)
            return
        self.letters.pop(letter.id)
        queue = _queue_named(letter.queue)
        queue._messages = [message for message in queue._messages if message.id != letter.id]

    def _tell(self, news: News) -> None:
        """Up to ten events that are there by now, as one object; S3 says so until it is worked off."""
        if not news.stored:
            given = [one for one in self.coming if one.at <= self.now and not one.stored][:10]
            self.coming = [one for one in self.coming if all(one is not other for other in given)]
            news = News(self.now, put_events([one.body for one in given]), stored=True)
            self.coming.append(news)
        answer = self.invoke("ses_events", news_event(news.body))
        if answer is None or answer["batchItemFailures"]:
            news.at = self.now + HIDDEN["news"]
        else:
            self.coming = [one for one in self.coming if one is not news]

    # the application

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """A Lambda invocation; None when it died or failed as a whole."""
        return self._in(function, lambda: app.handler_map[function](event, Context()))

    def http(self, method: str, path: str, body: Any = None, aside: bool = False, **headers: str) -> HTTPResponse:
        """A request; raises Unanswered when the function died or answered 5xx. One ``aside`` meets no trouble."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        said = {"content_type": "application/json", **headers}
        named = {name.replace("_", "-"): value for name, value in said.items()}
        answer = self._in("api", lambda: Client(app).http.request(method, path, headers=named, body=raw), aside)
        if answer is None or answer.status_code >= 500:
            raise Unanswered(path)
        return answer

    def _in(self, function: str, call: Callable[[], Any], aside: bool = False) -> Any:
        gate = self.gate
        before, gate.where, gate.open = (gate.where, gate.open), function, not aside
        self.history.append(f"{self.now:%H:%M:%S} {function}")
        try:
            return call()
        except Killed:
            self.kills += 1
            self.history.append(f"{self.now:%H:%M:%S} {function} was killed")
            self.containers.made.clear()
        except Exception as trouble:
            self.history.append(f"{self.now:%H:%M:%S} {function} raised {trouble!r}")
        finally:
            gate.dead = False
            gate.where, gate.open = before
        return None

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=max(0.0, seconds))

    def micros(self) -> int:
        return int(self.now.timestamp() * 1_000_000)

    # what is there

    def items(self, pk: str = "", sk: str = "") -> list[dict[str, Any]]:
        """The stored items as DynamoDB holds them."""
        table = get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][REGION].tables[SETTINGS["TABLE"]]
        return [
            copy.deepcopy(item.to_json()["Attributes"])
            for key, part in table.items.items()
            if key.value.startswith(pk)
            for item in (part.values() if isinstance(part, dict) else [part])
            if (item.range_key.value if item.range_key else "").startswith(sk)
        ]


class Heard(logging.Handler):
    """What the application logs as an error stands in the world's history."""

    def __init__(self, world: World) -> None:
        super().__init__(logging.ERROR)
        self._world = world

    def emit(self, record: logging.LogRecord) -> None:
        trouble = repr(record.exc_info[1]) if record.exc_info else ""
        self._world.history.append(f"    {record.getMessage()[:200]} {trouble}")


class Unanswered(Exception):
    """The caller does not know what became of the request."""


def sqs_event(letters: list[Letter]) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": letter.id,
                "receiptHandle": letter.id,
                "body": letter.body,
                "attributes": {"ApproximateReceiveCount": str(letter.given), "SentTimestamp": "0"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION}:{DEFAULT_ACCOUNT_ID}:{letter.queue}",
                "awsRegion": REGION,
            }
            for letter in letters
        ]
    }


def put_events(bodies: list[str]) -> str:
    """Firehose puts events down, a line each; the object's key."""
    key = f"mail-events/2021/01/14/09/{next(_objects)}"
    boto("s3").put_object(Bucket=SETTINGS["BUCKET"], Key=key, Body="".join(f"{body}\n" for body in bodies))
    return key


def news_event(key: str) -> dict[str, Any]:
    """S3 tells of the object."""
    return sqs_event([Letter("0", object_created(key), "news", NOW, 1)])


_objects = itertools.count()


def _queue_named(name: str) -> Any:
    return get_backend("sqs")[DEFAULT_ACCOUNT_ID][REGION].queues[name]


def _batch_size(function: str) -> int:
    return next(int(source.batch_size) for source in app.event_sources if source.name == function)


class Containers:
    """What the functions hold in memory from one invocation to the next; threads may have containers of their own."""

    def __init__(self) -> None:
        self._shared: dict[str, Any] = {}
        self._own = threading.local()

    @property
    def made(self) -> dict[str, Any]:
        return getattr(self._own, "made", self._shared)

    def keeping(self, name: str, make: Callable[[], Any]) -> Callable[[], Any]:
        """In the place of ``functools.cache``."""

        def kept() -> Any:
            made = self.made
            if name not in made:
                made[name] = make()
            return made[name]

        return kept

    @contextmanager
    def another(self) -> Iterator[None]:
        """Somebody else's container, for as long as this lasts, in this thread."""
        before, self._own.made = self.made, {}
        try:
            yield
        finally:
            self._own.made = before


def build_world(patch: pytest.MonkeyPatch, ses: Ses, **facts: Any) -> World:
    """An empty AWS with table, queues, bucket and secrets, and the application wired to it through a gate."""
    world = World(Gate(), ses, **facts)
    patch.setattr(logging.getLogger(), "handlers", [Heard(world)])
    ses.time = lambda: world.now.timestamp()
    boto("dynamodb").create_table(**table_definition())
    urls = {name: boto("sqs").create_queue(QueueName=name)["QueueUrl"] for name in FUNCTIONS}
    where: Any = {"LocationConstraint": REGION}
    for bucket in ("BUCKET", "PRIVATE_BUCKET"):
        boto("s3").create_bucket(Bucket=SETTINGS[bucket], CreateBucketConfiguration=where)
    boto("secretsmanager").create_secret(Name=SETTINGS["LINK_KEYS"], SecretString=json.dumps(KEYS))
    boto("secretsmanager").create_secret(Name=SETTINGS["ADDRESS_KEY"], SecretString=ADDRESS_KEY)
    environment = {**SETTINGS, "QUEUE": urls["deliver"], "URGENT_QUEUE": urls["urgent"], "JOBS_QUEUE": urls["jobs"]}
    for name, value in environment.items():
        patch.setenv(name, value)
    for name, made in list(vars(wiring).items()):
        if hasattr(made, "cache_clear"):
            patch.setattr(wiring, name, world.containers.keeping(name, made.__wrapped__))
    post = wiring.post

    def paced() -> Any:
        return dataclasses.replace(
            post(), sleep=world.sleep, micros=world.micros, senders=world.memory.get("senders", 1)
        )

    patch.setattr(wiring, "client", world.gate.client)
    patch.setattr(wiring, "now", lambda: world.now.replace(microsecond=0))
    patch.setattr(wiring, "post", paced)
    patch.setattr("time.sleep", world.sleep)
    settings_module.settings.cache_clear()
    return world
