"""The event document: what an organiser writes, and the instants that follow from it.

Times are written as people print them, a day and a time on the wall of the event's zone; everything else is relative to
``date``, the first day, so that moving an event is changing one line.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, StringConstraints, model_validator

from chalicelib.domain.contribution import MOST, Contribution
from chalicelib.domain.event_parts import (
    MOST_LIMITED,
    MOST_PLACES,
    AgendaItem,
    ChangeNotices,
    Day,
    Delegation,
    Document,
    Feedback,
    Organiser,
    Session,
    Venue,
    Waitlist,
    Zone,
)
from chalicelib.domain.form import FormField, check_form
from chalicelib.domain.model import Deadline, Model
from chalicelib.domain.quiet_hours import QuietHours
from chalicelib.domain.reminder import MOST_MAILINGS, MOST_RULES, ReminderRule
from chalicelib.domain.text import Language, Slug, Text, Title

Kind = Literal[
    "invitation",
    "chase",
    "confirmation",
    "reminder",
    "contribution",
    "feedback",
    "place",
    "withdrawn",
    "change",
    "cancellation",
    "test",
    "notice",
]
"""The kinds of mail. ``chase`` is the second invitation, to those who have not answered; ``contribution`` reminds those
who owe one; ``place`` tells what becomes of a registration that waits for a place or for approval; ``withdrawn`` that
a colleague or the head of the delegation took the invitation back; ``cancellation`` that somebody who was registered,
or had an entry in the calendar, is expected no more, by their own answer; ``change`` what is different in the agenda;
``test`` and ``notice`` go to the organiser:
a batch's mail before it is approved, and news of addresses that mail did not reach.
"""

Unsure = Literal["wait", "send-again"]
"""What becomes of a mail of which nobody knows whether SES took it, when SES's events do not tell either."""


class EventDocument(Model):
    """Everything that Convoke knows of an event, as the organiser writes it."""

    title: Title
    summary: Text = Field(default_factory=dict)
    languages: list[Language] = Field(min_length=1, max_length=12)
    time_zone: Zone
    date: Day
    organiser: Organiser
    venue: Venue
    categories: dict[Slug, Title] = Field(default_factory=dict)
    category_capacity: dict[Slug, Annotated[int, Field(ge=0, le=MOST_PLACES)]] = Field(default_factory=dict)
    delegations: dict[Slug, Delegation] = Field(default_factory=dict, max_length=300)
    capacity: int | None = Field(default=None, ge=0, le=MOST_PLACES)
    waitlist: Waitlist | None = None
    approval: bool | list[Slug] = False
    passed_on: int = Field(default=1, ge=0, le=5)
    sessions: list[Session] = Field(min_length=1, max_length=60)
    documents: list[Document] = Field(default_factory=list, max_length=5)
    attachments: dict[Kind, list[str]] = Field(default_factory=dict)
    answer_by: Deadline
    reminders: list[ReminderRule] = Field(default_factory=list, max_length=MOST_RULES)
    quiet_hours: QuietHours | None = None
    change_notices: ChangeNotices | None = Field(default_factory=ChangeNotices)
    contributions: list[Contribution] = Field(default_factory=list, max_length=MOST)
    feedback: Feedback | None = None
    form: list[FormField] = Field(default_factory=list, max_length=60)
    calendar_method: Literal["PUBLISH", "REQUEST"] = "PUBLISH"
    calendar_entries: Literal["sessions", "event"] = "sessions"
    when_unsure: dict[Kind, Unsure] = Field(default_factory=dict)
    consent: Text
    retention_days: int = Field(default=365, ge=1, le=3650)
    accent: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] = "#1a4f8b"
    _answer_until: datetime | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _names_resolve(self) -> "EventDocument":
        _unique("languages", self.languages)
        _unique("sessions", [session.id for session in self.sessions])
        for session in self.sessions:
            _unique(f'items of "{session.id}"', [item.id for item in session.items])
        _unique("documents (agenda and calendar are taken)", ["agenda", "calendar", *(d.id for d in self.documents)])
        _unique("reminders", [rule.id for rule in self.reminders])
        _unique("questions", [question.id for question in self.feedback.questions] if self.feedback else [])
        _unique("contributions", [contribution.id for contribution in self.contributions])
        for contribution in self.contributions:
            for name in set(contribution.categories) - set(self.categories):
                there = ", ".join(sorted(self.categories)) or "none: name them under categories"
                raise ValueError(f'contribution "{contribution.id}" asks a category "{name}"; there are {there}')
        self._reminders_resolve()
        self._places_resolve()
        check_form(self.form)
        attachable = {"agenda", "calendar", *(document.id for document in self.documents)}
        for kind, names in self.attachments.items():
            _unique(f'attachments of "{kind}"', names)
            for name in set(names) - attachable:
                raise ValueError(f'attachments of "{kind}" name "{name}"; there are {", ".join(sorted(attachable))}')
        return self

    def _reminders_resolve(self) -> None:
        known = {session.id for session in self.sessions}
        for rule in self.reminders:
            for name in set(rule.sessions or ()) - known:
                raise ValueError(f'reminder "{rule.id}" names a session "{name}" that the agenda does not have')
            for name in set(rule.categories) - set(self.categories):
                raise ValueError(f'reminder "{rule.id}" names a category "{name}", which is none of the categories')
        if (mailings := sum(1 for rule in self.reminders for _ in rule.of_sessions(self))) > MOST_MAILINGS:
            raise ValueError(
                f"the reminders make {mailings} mailings, a rule times its sessions; {MOST_MAILINGS} at most"
            )

    def _places_resolve(self) -> None:
        for name in set(self.category_capacity) - set(self.categories):
            raise ValueError(f'category_capacity names "{name}", which is none of the categories')
        for name in set(() if isinstance(self.approval, bool) else self.approval) - set(self.categories):
            raise ValueError(f'approval names "{name}", which is none of the categories')
        limited = [session.capacity for session in self.sessions]
        limited += [choice.capacity for field in self.form for choice in field.choices]
        if sum(capacity is not None for capacity in limited) > MOST_LIMITED:
            raise ValueError(f"at most {MOST_LIMITED} sessions and choices may have a capacity")
        held = sum(one.seats for one in self.delegations.values() if one.held)
        if self.capacity is not None and held > self.capacity:
            raise ValueError(f"delegations hold {held} places, and the event has a capacity of {self.capacity}")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def instant(self, day: int, at: time) -> datetime:
        """The moment, in the event's zone, of a wall-clock time on day 1, 2, …"""
        return datetime.combine(self.date + timedelta(days=day - 1), at, tzinfo=self.zone)

    def span(self, session: Session, item: AgendaItem | None = None) -> tuple[datetime, datetime]:
        """Start and end, aware, in the event's zone, of a session or of one of its items."""
        part = item or session
        starts = session.day + (session.overnight and part.starts < session.starts)
        ends = session.day + (session.overnight and part.ends <= session.starts)
        return self.instant(starts, part.starts), self.instant(ends, part.ends)

    def join_url(self, session: Session) -> str:
        """The conference of a session that people can register for: its own, else that of a venue that is online."""
        venue = self.venue.join_url if self.venue.kind == "online" else None
        return "" if session.kind == "break" else session.join_url or venue or ""

    @property
    def reminds_ahead(self) -> bool:
        """Whether those who register hear of a session again before it begins."""
        return any(self.reminded_ahead(session) for session in self.attendable)

    def reminded_ahead(self, session: Session) -> bool:
        """Whether everybody who is registered for the session hears of it before it begins."""
        about = (rule for rule in self.reminders if rule.plain and rule.is_about(session))
        return any(rule.due(self, session) < self.span(session)[0] for rule in about)

    @property
    def attendable(self) -> list[Session]:
        """What people can register for: all but the breaks."""
        return [session for session in self.sessions if session.attendable]

    @property
    def starts_at(self) -> datetime:
        """The first session's start; a familiarisation does not count as the event's beginning."""
        return min(self.span(session)[0] for session in self._core)

    @property
    def ends_at(self) -> datetime:
        return max(self.span(session)[1] for session in self._core)

    @property
    def days(self) -> list[tuple[datetime, datetime]]:
        """Start and end of each day, in the event's zone; what runs past midnight belongs to the day it began on.
        Familiarisations and breaks do not stretch it.
        """
        spans: dict[int, list[tuple[datetime, datetime]]] = {}
        for session in self._core:
            spans.setdefault(session.day, []).append(self.span(session))
        return [(min(start for start, _ in spans[day]), max(end for _, end in spans[day])) for day in sorted(spans)]

    @property
    def answer_until(self) -> datetime:
        """The last moment for an answer, aware, in the event's zone; what the batch says of those whom it invited."""
        return self._answer_until or self.deadline(self.answer_by)

    def answered_until(self, moment: datetime) -> "EventDocument":
        """The document as those see it whose batch has a deadline of its own."""
        theirs = self.model_copy()
        theirs._answer_until = moment.astimezone(self.zone)
        return theirs

    def deadline(self, rule: Deadline) -> datetime:
        """The moment of a deadline, aware, in the event's zone."""
        return datetime.combine(self.date - timedelta(days=rule.days_before), rule.at, tzinfo=self.zone)

    @property
    def calendar_mailbox(self) -> str:
        """The ORGANIZER of calendar entries: calendars mail their answers there when they are asked for any."""
        host = self.organiser
        return host.inbound if host.inbound and self.calendar_method == "REQUEST" else host.reply_to

    @property
    def _core(self) -> list[Session]:
        return [session for session in self.sessions if session.kind == "session"] or self.sessions

    def goes_with(self, kind: Kind) -> list[str]:
        """What is attached to a mail of this kind: what changed belongs into people's calendars."""
        return self.attachments.get(kind, ["calendar"] if kind == "change" else [])

    def session(self, session_id: str) -> Session:
        """The session of this id; KeyError when the agenda has none."""
        for session in self.sessions:
            if session.id == session_id:
                return session
        raise KeyError(session_id)


class Event(Model):
    """An event as stored: its document at one agenda version. ``files`` rises with each uploaded document.

    ``told`` names the last notice of changes (``domain.change_notice``), "" when there was none and nothing to tell;
    ``news_at`` is when the clock tells what changed since, ``news_since`` when the first of that was published.
    ``retired``: by part (``entries``), the last version that had a calendar entry which this one has not. ``gone``: the
    sessions, without breaks, that a version before had and this one has not. ``proposed``: this version or one before
    it sent entries with its invitations.
    """

    id: Slug
    version: int
    document: EventDocument
    published_at: datetime
    feedback_opened_at: datetime | None = None
    files: int = 0
    told: str = ""
    news_at: datetime | None = None
    news_since: datetime | None = None
    retired: dict[str, int] = Field(default_factory=dict)
    gone: tuple[Slug, ...] = ()
    proposed: bool = False


def last_deadline(document: EventDocument, own: Iterable[datetime | None]) -> datetime:
    """Until when somebody may answer, whom batches with these deadlines invited or chased: the last one counts, and the
    event's is that of a batch without its own, and of whom no batch asked.
    """
    return max((one or document.answer_until for one in own), default=document.answer_until)


def _unique(what: str, ids: list[str]) -> None:
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise ValueError(f"{what}: {', '.join(twice)} stands twice")


def utc(moment: datetime) -> str:
    """``2021-01-28T07:30:00Z``: sorts as it reads, and is how every instant is stored."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
