"""What is different between two versions of an event's agenda, and how much that matters to those who come.

Times are compared as they stand on the wall: an event that is moved to another date or zone has moved once, and not
each of its sessions. Sessions and items are known by their ids, people on the agenda by what they are called.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

from pydantic import Field

from chalicelib.domain.event import EventDocument
from chalicelib.domain.event_parts import AgendaItem, Person, Session
from chalicelib.domain.model import Model
from chalicelib.domain.text import Slug, Text

Urgency = Literal["silent", "digest", "urgent"]
"""``silent``: nobody is told (a misprint, a break); ``digest``: with the next notice; ``urgent``: at once."""

What = Literal[
    "date", "zone", "venue", "join-link", "event-title", "calendar-entries",
    "session-added", "session-returned", "session-cancelled", "session-time", "session-title",
    "item-added", "item-cancelled", "item-time", "item-title", "points",
    "person-added", "person-left", "person-confirmed", "person-unconfirmed", "person-words",
]  # fmt: skip

URGENT: frozenset[What] = frozenset(
    {
        "date", "zone", "venue", "join-link", "session-cancelled", "session-returned", "session-time",
        "item-cancelled", "item-time",
    }
)  # fmt: skip
"""When and where, what does not take place, and what does after all."""

ALIKE = 0.85
"""Two wordings that are the same for so large a part differ by a misprint: of 1, letters and digits alone."""


class Change(Model):
    """One difference. ``session`` and ``item`` are ids, empty for what concerns the whole event, or session.

    ``before`` and ``after`` are the words that changed, or the name of who or what came or went, by language; of a
    change of time the two documents have the times.
    """

    what: What
    urgency: Urgency
    session: Slug | Literal[""] = ""
    item: Slug | Literal[""] = ""
    before: Text = Field(default_factory=dict)
    after: Text = Field(default_factory=dict)

    def touches(self, sessions: Iterable[str]) -> bool:
        """Whether it concerns somebody who chose these sessions."""
        return not self.session or self.session in sessions


def changes(before: EventDocument, after: EventDocument, gone: Collection[str] = ()) -> list[Change]:
    """From the whole event to its parts, in the agenda's order; what is gone stands where it was. ``gone`` are the
    sessions that had left the agenda when ``before`` was published: one of them is not new, it comes back. A session
    that becomes a break is cancelled, and a break that becomes a session was none before.
    """
    return [*_event(before, after), *_sessions(before, after, gone)]


def urgency(found: Sequence[Change]) -> Urgency:
    """That of the change that matters most; ``silent`` of none."""
    order: tuple[Urgency, ...] = ("silent", "digest", "urgent")
    return max((one.urgency for one in found), key=order.index, default="silent")


def _event(before: EventDocument, after: EventDocument) -> Iterator[Change]:
    if before.date != after.date and not _stayed(before, after):
        yield _change("date")
    if before.time_zone != after.time_zone:
        yield _change("zone")
    yield from _worded("event-title", before.title, after.title)
    here, there = before.venue, after.venue
    if here.kind != there.kind or not _misprint(here.name, there.name):
        yield _change("venue", before=here.name, after=there.name)
    elif here.name != there.name:
        yield Change(what="venue", urgency="silent", before=here.name, after=there.name)
    if here.join_url != there.join_url and _links(before, after) == {True}:
        yield _change("join-link")
    if before.calendar_entries != after.calendar_entries and "calendar" in after.goes_with("change"):
        yield _change("calendar-entries")  # a notice that brings none could not mend them


def _sessions(before: EventDocument, after: EventDocument, gone: Collection[str]) -> Iterator[Change]:
    then = {one.id: one for one in before.sessions}
    at_once, stayed = _links(before, after) == {True}, _stayed(before, after)
    for session in after.sessions:
        old = then.get(session.id)
        if old and old.attendable and not session.attendable:
            yield _change("session-cancelled", old.id, before=old.title)  # to those who chose it, whatever stands there
            continue
        old = old if old and old.attendable == session.attendable else None
        found = _session(old, session) if old else [_appeared(session, gone)]
        if old and not at_once and before.join_url(old) != after.join_url(session):
            found = [*found, _change("join-link", session.id)]
        if old and stayed and before.span(old) == after.span(session):
            found = [one for one in found if one.what != "session-time"]
        yield from _unheard(session, found)
    now = {one.id for one in after.sessions}
    for left in before.sessions:
        if left.id not in now:
            yield from _unheard(left, [_change("session-cancelled", left.id, before=left.title)])


def _links(before: EventDocument, after: EventDocument) -> set[bool]:
    """Of each session that stands and can be joined, whether it has another link."""
    then = {one.id: before.join_url(one) for one in before.attendable}
    now = {one.id: after.join_url(one) for one in after.attendable if one.id in then}
    return {then[name] != link for name, link in now.items() if link or then[name]}


def _stayed(before: EventDocument, after: EventDocument) -> bool:
    """The event begins on another day, and some sessions take place when they did: a day was put in front, or taken."""
    then = {one.id: before.span(one) for one in before.sessions}
    shared = [(then[one.id], after.span(one)) for one in after.sessions if one.id in then]
    return before.date != after.date and any(old == new for old, new in shared)


def _unheard(session: Session, found: Iterable[Change]) -> Iterator[Change]:
    """Nobody registers for a break: what becomes of one is read on the agenda."""
    for change in found:
        yield change.model_copy(update={"urgency": "silent"}) if not session.attendable else change


def _appeared(session: Session, gone: Collection[str]) -> Change:
    return _change("session-returned" if session.id in gone else "session-added", session.id, after=session.title)


def _session(before: Session, after: Session) -> Iterator[Change]:
    when = [(one.day, one.starts, one.ends, one.overnight) for one in (before, after)]
    if when[0] != when[1]:
        yield _change("session-time", after.id)
    yield from _worded("session-title", before.title, after.title, after.id)
    then, now = {one.id: one for one in before.items}, {one.id for one in after.items}
    for item in after.items:
        if item.id in then:
            yield from _item(after.id, then[item.id], item)
        else:
            yield _change("item-added", after.id, item.id, after=item.title)
    for gone in before.items:
        if gone.id not in now:
            yield _change("item-cancelled", after.id, gone.id, before=gone.title)


def _item(session: str, before: AgendaItem, after: AgendaItem) -> Iterator[Change]:
    if (before.starts, before.ends) != (after.starts, after.ends):
        yield _change("item-time", session, after.id)
    yield from _worded("item-title", before.title, after.title, session, after.id)
    yield from _people(session, after.id, before.people, after.people)
    for old, new in zip(before.points, after.points, strict=False):
        yield from _worded("points", old, new, session, after.id)
    for text in after.points[len(before.points) :]:
        yield _change("points", session, after.id, after=text)
    for text in before.points[len(after.points) :]:
        yield _change("points", session, after.id, before=text)


def _people(session: str, item: str, before: Sequence[Person], after: Sequence[Person]) -> Iterator[Change]:
    """Somebody is the same by a name in any language; else by one that differs by a misprint."""
    left = list(before)
    new = list[Person]()
    for person in after:
        old = next((one for one in left if _same_name(one.name, person.name)), None)
        old = old or next((one for one in left if _misprint(one.name, person.name)), None)
        if old is None:
            new.append(person)
            continue
        left.remove(old)
        if old.confirmed != person.confirmed:
            yield _change("person-confirmed" if person.confirmed else "person-unconfirmed", session, item,
                          after=person.name)  # fmt: skip
        for text, other in ((old.name, person.name), (old.office, person.office)):
            yield from _worded("person-words", text, other, session, item)
    yield from (_change("person-added", session, item, after=one.name) for one in new)
    yield from (_change("person-left", session, item, before=one.name) for one in left)


def _worded(what: What, before: Text, after: Text, session: str = "", item: str = "") -> Iterator[Change]:
    """Other words: silent when they differ by a misprint, or when only a translation was added."""
    if before != after:
        how: Urgency = "silent" if _misprint(before, after) else "digest"
        yield Change(what=what, urgency=how, session=session, item=item, before=before, after=after)


def _change(
    what: What, session: str = "", item: str = "", before: Text | None = None, after: Text | None = None
) -> Change:
    how: Urgency = "urgent" if what in URGENT else "digest"
    return Change(what=what, urgency=how, session=session, item=item, before=before or {}, after=after or {})


def _same_name(one: Text, other: Text) -> bool:
    return any(said and said == other.get(language) for language, said in one.items())


def _misprint(before: Text, after: Text) -> bool:
    """Whether the words say the same in each language that both have, and there is one."""
    shared = [(before[language], after[language]) for language in before if before[language] and after.get(language)]
    return (bool(shared) or before == after) and all(_alike(*pair) for pair in shared)


def _alike(one: str, other: str) -> bool:
    """The numbers in it are no misprint: "Session 1" is not "Session 2"."""
    if [c for c in one if c.isdigit()] != [c for c in other if c.isdigit()]:
        return False
    first, second = ("".join(c for c in said.casefold() if c.isalnum()) for said in (one, other))
    match = SequenceMatcher(None, first, second, autojunk=False)
    upper_bounds = (match.real_quick_ratio, match.quick_ratio)  # of long texts, which are slow to compare
    return all(bound() >= ALIKE for bound in upper_bounds) and match.ratio() >= ALIKE
