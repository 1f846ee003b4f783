"""Whatever organisers and invitees do, and whatever becomes of the mails: a calendar shows what was chosen."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.language import load_locale
from chalicelib.adapters.store.delegates import Delegates
from chalicelib.domain.batch import BatchRequest
from chalicelib.domain.invitee import Invitee
from chalicelib.usecases import control_batch, delegate
from chalicelib.usecases.accept_batch import accept_batch
from chalicelib.usecases.answer import answer
from chalicelib.usecases.calendar_entry import calendar_feed, calendar_file, calendar_objects
from chalicelib.usecases.plan_batch import plan_batch
from chalicelib.usecases.publish_event import publish_event
from chalicelib.usecases.register import register
from tests.calendar_client import CalendarClient, Shown
from tests.shelf import FORM, Shelf, document
from tests.usecases.steps import WHO, tick, work_off

VIENNA = ZoneInfo("Europe/Vienna")
MANY = settings(
    max_examples=int(os.environ.get("CONVOKE_CALENDARS", "12")), deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
"""Without looking for a smaller example, which takes minutes here."""

HOURS = {"one": 9, "two": 10, "three": 11, "four": 13}
"""Sessions that an agenda may have, and when they start."""

EVENTS = count()
CLARA = "clara@example.org"

SESSIONS = st.sets(st.sampled_from(sorted(HOURS)), min_size=1)
BREAKS = st.sets(st.sampled_from(sorted(HOURS)), max_size=2)
CHANGES = st.one_of(
    st.fixed_dictionaries({"sessions": SESSIONS}),
    st.fixed_dictionaries({"starts": st.sampled_from([date(2021, 1, 28), date(2021, 3, 28), date(2021, 7, 1)])}),
    st.fixed_dictionaries({"late": st.sampled_from([0, 5, 45])}),
    st.fixed_dictionaries({"second_day": st.sets(st.sampled_from(sorted(HOURS)))}),
    st.fixed_dictionaries({"breaks": BREAKS}),
    st.fixed_dictionaries({"title": st.sampled_from(["A", "B", "C"])}),
    st.fixed_dictionaries({"shape": st.sampled_from(["sessions", "event"])}),
    st.fixed_dictionaries({"method": st.sampled_from(["PUBLISH", "REQUEST"])}),
)
ACTIONS = st.one_of(
    st.tuples(st.just("publish"), CHANGES),
    st.tuples(st.just("register"), SESSIONS),
    st.tuples(st.just("answer"), st.sampled_from(["declined", "tentative", "accepted"])),
    st.tuples(st.sampled_from(["pass on", "take back", "withdraw", "invite", "download"]), st.none()),
)
FATES = st.sampled_from(["arrives", "arrives", "is lost", "is late", "comes twice"])


@dataclass
class Agenda:
    """What the organiser wants at the moment."""

    sessions: set[str] = field(default_factory=lambda: {"one", "two", "three"})
    starts: date = date(2021, 1, 28)
    late: int = 0
    second_day: set[str] = field(default_factory=set)
    breaks: set[str] = field(default_factory=set)
    title: str = "A"
    shape: str = "sessions"
    method: str = "PUBLISH"
    proposes: bool = False

    @property
    def offered(self) -> set[str]:
        return self.sessions - self.breaks

    def day(self, session: str) -> int:
        return 2 if session in self.second_day else 1

    def document(self) -> Any:
        sessions = [
            {"id": one, "title": {"en": f"{self.title} {one}", "ru": "Сессия"}, "day": self.day(one),
             "kind": "break" if one in self.breaks else "session",
             "starts": f"{HOURS[one]:02}:{self.late:02}", "ends": f"{HOURS[one] + 1:02}:00"}
            for one in sorted(self.sessions, key=lambda one: (self.day(one), HOURS[one]))
        ]  # fmt: skip
        brought = ["invitation", "confirmation"] if self.proposes else ["confirmation"]
        return document(sessions=sessions, date=self.starts, calendar_entries=self.shape, reminders=[], passed_on=2,
                        calendar_method=self.method, attachments={kind: ["calendar"] for kind in brought},
                        change_notices={"quiet_minutes": 0})  # fmt: skip

    def shown(self, chosen: set[str], invitee: Invitee) -> dict[str, Shown]:
        """What the calendar of somebody with these sessions has to show, worked out by hand."""
        spans = {one: self._span(one) for one in chosen & self.offered}
        title = "Symposium on Migration"
        if not spans:
            return {}
        if self.shape == "event":
            whole = Shown(title, min(one for one, _ in spans.values()), max(one for _, one in spans.values()))
            return {f"{invitee.id}@{invitee.event}": whole}
        return {f"{one}.{invitee.id}@{invitee.event}": Shown(f"{self.title} {one} · {title}", *span)
                for one, span in spans.items()}  # fmt: skip

    def _span(self, one: str) -> tuple[datetime, datetime]:
        day = self.starts + timedelta(days=self.day(one) - 1)
        moments = time(HOURS[one], self.late), time(HOURS[one] + 1)
        starts, ends = (datetime.combine(day, at, tzinfo=VIENNA).astimezone(UTC) for at in moments)
        return starts, ends


class World:
    """Clara is invited in the place of Anna, who may take that back and invite her anew; all by the real use cases."""

    def __init__(self, shelf: Shelf, proposes: bool) -> None:
        self.shelf, self.event, self.agenda = shelf, f"event-{next(EVENTS)}", Agenda(proposes=proposes)
        self.delegates, self.clara = Delegates(shelf.table), None
        self.clients = [CalendarClient(CLARA, remembers) for remembers in (True, False)]
        self.chosen: set[str] | None = None
        self.seen = 0
        self.publish()
        [self.anna] = shelf.invite(f"anna{self.event}", event=self.event)
        self.invite()

    def file(self, one: Invitee) -> Any:
        found = self.shelf.invitees.file(one.id)
        assert found
        return found

    @property
    def invited(self) -> Any:
        """Clara's file while she has an invitation."""
        file = self.file(self.clara)
        return None if file.invitee.withdrawn_by else file

    def publish(self, **changes: Any) -> None:
        for name, value in changes.items():
            setattr(self.agenda, name, value)
        publish_event(self.shelf.events, self.event, self.agenda.document(), self.shelf.clock())

    def invite(self) -> None:
        if self.clara is None or not self.invited:
            self._invite(self.anna, "Clara", CLARA)
            self.clara = self.shelf.invitees.file(self.file(self.anna).invitee.delegated_to).invitee
            self.chosen = None

    def withdraw(self) -> None:
        self._take_back(self.anna)
        self.chosen = set()

    def pass_on(self) -> None:
        if self.invited and self.invited.invitee.rsvp != "delegated":
            self._invite(self.clara, "Dora", f"dora{next(EVENTS)}@example.org")
            self.chosen = set()

    def take_back(self) -> None:
        if self.invited:
            self._take_back(self.clara)

    def register(self, sessions: set[str]) -> None:
        file, sessions = self.invited, sessions & self.agenda.offered
        if file and file.invitee.rsvp != "delegated" and sessions:
            form = {**FORM, "sessions": sorted(sessions)}
            shelf = self.shelf
            register(shelf.invitees, shelf.desk.places, shelf.queue, self._event(), file, form, shelf.clock())
            self.chosen = sessions

    def answer(self, said: str) -> None:
        file = self.invited
        if file and file.invitee.rsvp != "delegated":
            answer(self.shelf.invitees, self.shelf.queue, self._event(), file, said, self.shelf.clock())
            if said == "declined" or (said == "tentative" and self.chosen is not None):
                self.chosen = set()

    def download(self) -> None:
        file = self.invited
        if file:
            shelf, locale = self.shelf, load_locale("en")
            found = calendar_file(shelf.events, shelf.links, self._event(), file.invitee, locale, "", shelf.clock())
            for client in self.clients if found else ():
                client.take(found or b"")

    @property
    def expected(self) -> dict[str, Shown]:
        proposed = self.agenda.offered if self.agenda.proposes else set()
        return self.agenda.shown(proposed if self.chosen is None else self.chosen, self.clara)

    @property
    def feed(self) -> dict[str, Shown]:
        client = CalendarClient(CLARA)
        client.follow(calendar_feed(self.shelf.links, self._event(), self.file(self.clara).invitee, load_locale("en")))
        return client.shows

    def told(self) -> list[bytes]:
        """What a mail that leaves now brings, whatever its kind: a change of the agenda is told like this."""
        shelf, invitee, locale = self.shelf, self.file(self.clara).invitee, load_locale("en")
        objects = calendar_objects(shelf.events, shelf.links, self._event(), invitee, locale, "", shelf.clock())
        return [one.content for one in objects]

    def tell(self) -> None:
        """The clock and the desk begin the notice of what was published."""
        tick(self.shelf, self.shelf.clock())
        for job in self.shelf.take_jobs():
            plan_batch(self.shelf.desk, job.event, job.id, self.shelf.clock())

    def mails(self) -> Iterator[Any]:
        """Those to Clara since the last look."""
        work_off(self.shelf)
        mine = [one for one in self.shelf.ses.messages(event=self.event) if CLARA in one.destination]
        for accepted in mine[self.seen :]:
            mail = message_from_bytes(self.shelf.ses.mailbox.raw(accepted.id), policy=policy.default)
            assert isinstance(mail, EmailMessage)
            yield mail
        self.seen = len(mine)

    def do(self, action: str, what: Any) -> None:
        self.shelf.clock.pass_(minutes=1)
        if action == "publish":
            self.publish(**what)
        elif what is None:
            getattr(self, action.replace(" ", "_"))()
        else:
            getattr(self, action)(what)

    def _event(self) -> Any:
        return self.shelf.events.get(self.event)

    def _invite(self, by: Invitee, name: str, email: str) -> None:
        form = {"name": [name], "email": [email]}
        links, queue = self.shelf.links, self.shelf.queue
        delegate.pass_on(self.delegates, links, queue, self._event(), self.file(by), form, self.shelf.clock())

    def _take_back(self, by: Invitee) -> None:
        shelf = self.shelf
        delegate.take_back(
            shelf.invitees, self.delegates, shelf.links, shelf.queue, self._event(), self.file(by), shelf.clock()
        )


@MANY
@given(proposes=st.booleans(), actions=st.lists(ACTIONS, min_size=1, max_size=9))
def test_after_each_mail_a_calendar_shows_what_was_chosen_and_the_feed_as_well(
    shelf: Shelf, proposes: bool, actions: list[Any]
) -> None:
    world = World(shelf, proposes)
    for action, what in (("publish", {}), *actions):
        world.do(action, what)
        for mail in world.mails():
            for client in world.clients:
                client.receive(mail)
        if action == "publish":
            for content in world.told():
                for client in world.clients:
                    client.take(content)
        for client in world.clients:
            assert client.shows == world.expected, (action, what)
        assert world.feed == world.expected


MOVES = st.fixed_dictionaries({}, optional={
    "sessions": SESSIONS,
    "starts": st.sampled_from([date(2021, 1, 28), date(2021, 3, 28), date(2021, 7, 1)]),
    "late": st.sampled_from([0, 5, 45]),
    "second_day": st.sets(st.sampled_from(sorted(HOURS))),
    "breaks": BREAKS,
    "title": st.sampled_from(["A", "B", "C"]),
    "shape": st.sampled_from(["sessions", "event"]),
    "method": st.sampled_from(["PUBLISH", "REQUEST"]),
})  # fmt: skip
"""All that an organiser changes, several things at once among them: whoever comes is told of it."""

NOTED = st.one_of(
    st.tuples(st.just("publish"), MOVES),
    ACTIONS.filter(lambda one: one[0] != "publish"),
)

GONE = ("publish", {"sessions": {"two", "three"}})
BACK = ("publish", {"sessions": {"one", "two", "three"}})
PAUSE = ("publish", {"breaks": {"one"}})
HELD = ("publish", {"breaks": set()})
WHOLE = ("publish", {"shape": "event"})
EACH = ("publish", {"shape": "sessions"})


@MANY
@given(method=st.sampled_from(["PUBLISH", "REQUEST"]), actions=st.lists(NOTED, min_size=2, max_size=8))
@example(method="PUBLISH", actions=[GONE, BACK, WHOLE, EACH])
@example(method="PUBLISH", actions=[PAUSE, ("publish", {"late": 5}), HELD])
@example(method="REQUEST", actions=[WHOLE, PAUSE, GONE, HELD, BACK])
@example(method="REQUEST", actions=[WHOLE, GONE, BACK, EACH, ("register", {"one"}), GONE, WHOLE, BACK])
@example(method="REQUEST", actions=[("publish", {"sessions": {"three"}}), WHOLE, BACK, ("answer", "declined"), EACH])
@example(method="REQUEST", actions=[("publish", {"method": "PUBLISH", "shape": "event"}), EACH])
def test_the_notices_of_changes_keep_the_calendar_of_who_chose_as_it_has_to_be(
    shelf: Shelf, method: str, actions: list[Any]
) -> None:
    """With the real mails: planned, paced, in the ledger, and none twice."""
    world = World(shelf, proposes=False)
    for action, what in (("publish", {"method": method}), ("register", {"one", "two"}), *actions):
        world.do(action, what)
        before = world.seen
        world.tell()
        for mail in world.mails():
            for client in world.clients:
                client.receive(mail)
        assert world.seen <= before + 1, "one mail at most about one thing"
        if world.chosen is not None:
            for client in world.clients:
                assert client.shows == world.expected, (action, what)


UNSEEN = NOTED.filter(lambda one: one[0] != "download")
"""Without a look at the page: what somebody opened there before it was taken back, no notice knows of."""


@MANY
@given(actions=st.lists(st.tuples(UNSEEN, st.booleans()), min_size=2, max_size=8))
@example(actions=[(GONE, True), (BACK, False), (WHOLE, False)])
@example(actions=[(GONE, False), (("register", {"two"}), False), (BACK, False), (WHOLE, False)])
@example(actions=[(WHOLE, False), (("register", {"one"}), False), (EACH, False)])
@example(actions=[(WHOLE, True), (GONE, False), (EACH, False), (WHOLE, True), (BACK, False)])
def test_what_was_published_before_a_notice_leaves_ends_in_the_same_calendar(shelf: Shelf, actions: list[Any]) -> None:
    """Some of it is told at once, and some when more came on top. Who registers in between has what was so then."""
    world = World(shelf, proposes=False)
    for (action, what), told in ((("register", {"one", "two"}), True), *actions, (("publish", {}), True)):
        world.do(action, what)
        if told:
            world.tell()
        for mail in world.mails():
            for client in world.clients:
                client.receive(mail)
        if told and world.chosen is not None:
            for client in world.clients:
                assert client.shows == world.expected, (action, what)


KNOWN = st.one_of(
    st.fixed_dictionaries({"starts": st.sampled_from([date(2021, 1, 28), date(2021, 3, 28), date(2021, 7, 1)])}),
    st.fixed_dictionaries({"late": st.sampled_from([0, 5, 45])}),
    st.fixed_dictionaries({"shape": st.sampled_from(["sessions", "event"])}),
)
"""What those are told who have not chosen yet."""


@MANY
@given(actions=st.lists(KNOWN, min_size=1, max_size=5))
@example(actions=[{"shape": "event"}, {"shape": "sessions"}])
def test_what_was_proposed_with_an_invitation_follows_the_notices_as_well(shelf: Shelf, actions: list[Any]) -> None:
    """Anna was invited by a batch, as everybody is in whose place somebody comes."""
    world = World(shelf, proposes=True)
    request = BatchRequest(kind="invitation")
    batch = accept_batch(shelf.desk, world.event, request, "key", WHO, shelf.clock(), dry_run=False)
    control_batch.approve(shelf.desk, world.event, batch.id, batch.fingerprint, WHO, shelf.clock())
    for what in ({}, *actions):
        world.do("publish", what)
        world.tell()
        for mail in world.mails():
            for client in world.clients:
                client.receive(mail)
        for client in world.clients:
            assert client.shows == world.expected, what


@MANY
@given(proposes=st.booleans(), actions=st.lists(st.tuples(ACTIONS, FATES), min_size=2, max_size=8))
def test_the_last_mail_makes_good_what_was_lost_late_or_doubled_before(
    shelf: Shelf, proposes: bool, actions: list[Any]
) -> None:
    """A program that remembers what was cancelled may get them in any order; the others need the last one last."""
    world = World(shelf, proposes)
    remembers, forgets = world.clients
    late: list[Any] = []
    for (action, what), fate in actions:
        world.do(action, what)
        for mail in [*world.mails()]:
            if fate == "is late":
                late.append(mail)
            for client in world.clients if fate in ("arrives", "comes twice") else ():
                client.receive(mail)
                if fate == "comes twice":
                    client.receive(mail)
    last = world.told()
    for content in last:
        remembers.take(content)
    for mail in late:
        remembers.receive(mail)
        forgets.receive(mail)
    for content in last:
        forgets.take(content)
    mine = f"{world.clara.id}@"  # whose invitation was taken back gets a last mail of their own
    for client in world.clients:
        assert {uid: one for uid, one in client.shows.items() if mine in uid} == world.expected


@pytest.mark.parametrize("wrong", [
    lambda event, invitee: event.version,
    lambda event, invitee: invitee.revision,
    lambda event, invitee: event.version - invitee.revision,
])  # fmt: skip
def test_a_number_that_does_not_rise_with_agenda_and_person_is_noticed(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, wrong: Any
) -> None:
    monkeypatch.setattr("chalicelib.adapters.calendar.sequence", wrong)
    world = World(shelf, proposes=False)
    [client, _] = world.clients
    actions: list[Any] = [("register", {"one", "two"}), ("publish", {"late": 5}), ("register", {"one"})]
    with pytest.raises(AssertionError):
        for action, what in actions:
            world.do(action, what)
            for mail in world.mails():
                client.receive(mail)
            for content in world.told():
                client.take(content)
            assert client.shows == world.expected
