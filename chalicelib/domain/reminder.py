"""The rules by which people are reminded: when, of which sessions, whom, and with which words."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import AfterValidator, Field, model_validator

from chalicelib.domain.model import Model
from chalicelib.domain.text import Slug, Text, Title, WallTime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.domain.event import EventDocument
    from chalicelib.domain.event_parts import Session

MOST_RULES = 50

MOST_MAILINGS = 1500
"""Rules times sessions: publishing writes two rows for each."""

A_WHILE = 60 * 24 * 60
"""Minutes: 60 days."""

AFTERWARDS = timedelta(days=1)
"""How long what is due after a session's end helps, unless its rule says otherwise."""

LATE = timedelta(minutes=5)
"""A mail that took so long to leave still helps, where the rule sets no limit of its own."""

ReminderStatus = Literal["registered", "no-answer", "owes-contribution", "familiarisation-only"]
"""Of the people: registered for the session; invited, and no answer yet; registered for the session and owing a
contribution that is still taken; registered for the session, and for nothing but familiarisations.
"""


class WallMoment(Model):
    """``days_before`` the session's day, at a wall-clock ``time`` of the event's zone."""

    days_before: int = Field(default=0, ge=0, le=60)
    time: WallTime


def _once(said: list[str]) -> list[str]:
    if twice := sorted({name for name in said if said.count(name) > 1}):
        raise ValueError(f"{', '.join(twice)} stands twice; name each once")
    return said


class ReminderRule(Model):
    """One mail about each of the ``sessions``, every session that one can register for when none is named.

    It is due ``before_minutes`` or ``after_minutes`` the session's start or end (``of``), or ``at`` a time on the wall.
    ``categories`` narrows, ``statuses`` says who hears of it. ``subject`` and ``text`` stand in the place of the usual
    words. ``latest_minutes`` after it was due it is skipped; else at the session's start, or at its end when it was due
    during the session, or a day later. ``quiet_hours`` false: those of the event do not hold.
    """

    id: Slug
    before_minutes: int | None = Field(default=None, ge=1, le=A_WHILE)
    after_minutes: int | None = Field(default=None, ge=0, le=A_WHILE)
    of: Literal["start", "end"] = "start"
    at: WallMoment | None = None
    sessions: list[Slug] | None = Field(default=None, min_length=1)
    categories: Annotated[list[Slug], Field(max_length=100), AfterValidator(_once)] = Field(default_factory=list)
    statuses: Annotated[list[ReminderStatus], Field(min_length=1), AfterValidator(_once)] = Field(
        default_factory=lambda: list[ReminderStatus](["registered"])
    )
    subject: Title = Field(default_factory=dict)
    text: Text = Field(default_factory=dict)
    latest_minutes: int | None = Field(default=None, ge=0, le=A_WHILE)
    quiet_hours: bool = True

    @model_validator(mode="after")
    def _one_moment(self) -> "ReminderRule":
        said = [one for one in (self.before_minutes, self.after_minutes, self.at) if one is not None]
        if len(said) != 1:
            raise ValueError(f'reminder "{self.id}": write one of before_minutes, after_minutes and at')
        if self.at and self.of == "end":
            raise ValueError(f'reminder "{self.id}": "of" goes with before_minutes or after_minutes, not with at')
        if "no-answer" in self.statuses and self.sessions is None:
            raise ValueError(
                f'reminder "{self.id}" is for people without an answer: name one session under sessions, or they get a '
                "mail for each"
            )
        return self

    @property
    def plain(self) -> bool:
        """It is for everybody who is registered for its session, so that nobody's profile need be read to know whom."""
        return self.statuses == ["registered"] and not self.categories

    def due(self, document: "EventDocument", session: "Session") -> datetime:
        """UTC, so that minutes are real minutes, also across a clock change."""
        if self.at:
            return document.instant(session.day - self.at.days_before, self.at.time).astimezone(UTC)
        minutes = self.after_minutes if self.before_minutes is None else -self.before_minutes
        return self.anchor(document, session) + timedelta(minutes=minutes or 0)

    def anchor(self, document: "EventDocument", session: "Session") -> datetime:
        """The session's start or end, which the rule is about: when it moves, the reminder is another one. UTC."""
        return document.span(session)[self.of == "end"].astimezone(UTC)

    def is_about(self, session: "Session") -> bool:
        """Nobody registers for a break, and who comes to familiarisations alone is registered for nothing else."""
        if session.kind == "break" or (session.kind == "session" and self.statuses == ["familiarisation-only"]):
            return False
        return self.sessions is None or session.id in self.sessions

    def of_sessions(self, document: "EventDocument") -> "Iterator[Session]":
        return filter(self.is_about, document.sessions)


class Reminder(NamedTuple):
    """A rule and one of its sessions, with its moments in UTC: the clock starts it up to ``latest``, and a mail leaves
    up to ``until``.
    """

    rule: ReminderRule
    session: "Session"
    anchor: datetime
    starts: datetime
    due: datetime
    latest: datetime
    until: datetime

    @property
    def occurrence(self) -> str:
        """No name of a rule or session holds an underscore."""
        return f"{self.rule.id}_{self.session.id}"

    @property
    def in_ledger(self) -> str:
        """A reminder of what was moved is another one; of the rule's own moments it does not depend."""
        return f"{self.occurrence}_{self.anchor:%Y%m%dT%H%MZ}"

    def rest_until(self, document: "EventDocument", zone: str, moment: datetime) -> datetime | None:
        """Until when somebody in this zone is left in peace at ``moment``; None when they need not be."""
        hours = document.quiet_hours if self.rule.quiet_hours else None
        return hours.rest_until(zone, moment, self.starts) if hours else None

    def may_rest(self, document: "EventDocument", moment: datetime) -> bool:
        """Whether anybody may be left in peace then: whether it matters where people are."""
        hours = document.quiet_hours if self.rule.quiet_hours else None
        near = timedelta(minutes=hours.unless_starts_within_minutes) if hours else None
        return near is not None and not (near and self.starts - near <= moment <= self.starts)


def reminder_of(document: "EventDocument", rule: ReminderRule, session: "Session") -> Reminder:
    start, end = (moment.astimezone(UTC) for moment in document.span(session))
    due = rule.due(document, session)
    if rule.latest_minutes is not None:
        latest = until = due + timedelta(minutes=rule.latest_minutes)
    else:
        latest = start if due < start else end if due < end else due + AFTERWARDS
        until = latest + LATE
    return Reminder(rule, session, rule.anchor(document, session), start, due, latest, until)


def find_reminder(document: "EventDocument", occurrence: str) -> Reminder | None:
    """What an occurrence of a mailing or of the ledger names, as the document has it now; None when it has it no more,
    or at another time.
    """
    name, _, rest = occurrence.partition("_")
    rule = next((one for one in document.reminders if one.id == name), None)
    about = rest.partition("_")[0]
    session = next((one for one in rule.of_sessions(document) if one.id == about), None) if rule else None
    if rule is None or session is None:
        return None
    found = reminder_of(document, rule, session)
    return found if occurrence in (found.occurrence, found.in_ledger) else None
