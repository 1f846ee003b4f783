"""What the API of reminders answers, as models."""

from datetime import datetime

from pydantic import BaseModel, Field

from chalicelib.domain.batch import Plan
from chalicelib.domain.event import Event
from chalicelib.domain.schedule import State
from chalicelib.usecases.list_reminders import Line
from chalicelib.usecases.preview_reminder import Preview


class ReminderOut(BaseModel):
    """One rule and one of its sessions. ``latest_at`` is the last moment at which the clock starts it."""

    rule: str
    session: str
    state: State
    reason: str
    at: datetime = Field(description="When it goes out, or went out, in the event's zone")
    at_utc: datetime
    latest_at: datetime
    people: int | None = Field(description="How many would get it now; null where nobody was counted")
    plan: Plan | None

    @classmethod
    def of(cls, event: Event, line: Line) -> "ReminderOut":
        reminder, zone = line.reminder, event.document.zone
        return cls(
            rule=reminder.rule.id,
            session=reminder.session.id,
            state=line.state,
            reason=line.reason,
            at=line.at.astimezone(zone),
            at_utc=line.at,
            latest_at=reminder.latest.astimezone(zone),
            people=people(line.plan),
            plan=line.plan,
        )


class ReminderList(BaseModel):
    """In order of time. People are counted of the next 20, of events of up to 2,000 people; the preview counts more."""

    time_zone: str
    reminders: list[ReminderOut]


class PreviewOut(BaseModel):
    """A reminder as it would go out. ``yours`` is when the person would get it; null, with a ``reason``, if never."""

    rule: str
    session: str
    sentences: list[str]
    at: datetime
    at_utc: datetime
    people: int | None
    plan: Plan | None
    invitee: str = Field(description='Whose mail it is; "" for a sample person')
    language: str
    yours: datetime | None
    reason: str
    subject: str
    text: str
    html: str

    @classmethod
    def of(cls, done: Preview, invitee: str) -> "PreviewOut":
        return cls(
            rule=done.reminder.rule.id,
            session=done.reminder.session.id,
            sentences=done.sentences,
            at=done.at.astimezone(done.event.document.zone),
            at_utc=done.at,
            people=people(done.plan),
            plan=done.plan,
            invitee=invitee,
            language=done.person.language,
            yours=done.yours,
            reason=done.reason,
            subject=done.words.subject,
            text=done.words.text,
            html=done.words.html,
        )


def people(plan: Plan | None) -> int | None:
    return plan.to_send + plan.quiet if plan else None
