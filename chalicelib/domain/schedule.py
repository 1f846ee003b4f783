"""When an event's own mailings are due: reminders before sessions and of contributions, the feedback request after.

An occurrence names one mailing: ``hour-before_session-1``, ``contribution_paper_7``; no rule's, session's or
contribution's name holds an underscore. Moving the agenda moves the mailing; it does not make a second one.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal

from chalicelib.domain.contribution import due_until
from chalicelib.domain.event import Event, EventDocument
from chalicelib.domain.model import Model
from chalicelib.domain.reminder import reminder_of

FEEDBACK = "feedback"


State = Literal["planned", "fired", "skipped"]


class Mailing(Model):
    """One mailing that the clock starts at ``due_at``, or skips when it is later than ``latest_at``.

    ``anchor_at`` is the moment that a reminder is about. ``resumes_at``: it was started, and goes on then with those
    whom it left in their quiet hours.
    """

    event: str
    occurrence: str
    kind: Literal["reminder", "contribution", "feedback"]
    session: str = ""
    due_at: datetime
    latest_at: datetime
    anchor_at: datetime | None = None
    resumes_at: datetime | None = None
    state: State = "planned"
    reason: str = ""

    @property
    def delivery_occurrence(self) -> str:
        """The occurrence in the ledger: a reminder of what was moved is another one, a feedback request never."""
        about = self.anchor_at or self.latest_at
        return self.occurrence if self.kind == "feedback" else f"{self.occurrence}_{about:%Y%m%dT%H%MZ}"

    @property
    def at(self) -> datetime:
        """When the clock looks at it."""
        return self.resumes_at or self.due_at

    def fate(self, now: datetime) -> State:
        """What becomes of it when the clock looks now: it waits, it is started, or it comes too late."""
        if self.state != "planned" or now < self.at:
            return self.state
        return "fired" if now <= self.latest_at else "skipped"


def mailings(event: str, document: EventDocument) -> list[Mailing]:
    """Every mailing that follows from the document, in order of time."""
    planned = [*_reminders(event, document), *contribution_mailings(event, document)]
    if document.feedback:
        end = _exact(document.ends_at)
        planned.append(
            Mailing(
                event=event,
                kind="feedback",
                occurrence=FEEDBACK,
                due_at=end + timedelta(minutes=document.feedback.after_minutes),
                latest_at=end + timedelta(days=document.feedback.open_days),
            )
        )
    return sorted(planned, key=lambda mailing: mailing.due_at)


def _reminders(event: str, document: EventDocument) -> Iterator[Mailing]:
    for rule in document.reminders:
        for session in rule.of_sessions(document):
            reminder = reminder_of(document, rule, session)
            yield Mailing(
                event=event,
                kind="reminder",
                session=session.id,
                occurrence=reminder.occurrence,
                due_at=reminder.due,
                latest_at=reminder.latest,
                anchor_at=reminder.anchor,
            )


def contribution_mailings(event: str, document: EventDocument) -> Iterator[Mailing]:
    for asked in document.contributions:
        until = _exact(due_until(document, asked))
        for days in asked.remind_days_before:
            yield Mailing(
                event=event,
                kind="contribution",
                occurrence=f"contribution_{asked.id}_{days}",
                due_at=_exact(due_until(document, asked, days)),
                latest_at=until,
            )


def contribution_of(occurrence: str) -> str:
    """The contribution that a mailing of this occurrence, or of the ledger's, reminds of."""
    return occurrence.split("_")[1]


def feedback_window(event: Event) -> tuple[datetime, datetime] | tuple[None, None]:
    """From when until when the feedback form takes answers: as it was opened, else as planned; Nones without a form."""
    feedback = event.document.feedback
    if feedback is None:
        return None, None
    opens = event.feedback_opened_at or _exact(event.document.ends_at) + timedelta(minutes=feedback.after_minutes)
    return opens, opens + timedelta(days=feedback.open_days)


def changes(before: list[Mailing], after: list[Mailing], now: datetime) -> tuple[list[Mailing], list[Mailing]]:
    """What a new agenda does to the planned mailings: (to plan or plan anew, to withdraw).

    A mailing whose moments did not change stays as it is, fired or not; one that moved into the future is planned anew,
    one that moved into the past is not, because it went out already or would come too late.
    """
    known = {mailing.occurrence: mailing for mailing in before}
    plan = []
    for mailing in after:
        old = known.pop(mailing.occurrence, None)
        stays = old and _moments(old) == _moments(mailing)
        if old is None or (not stays and (old.state == "planned" or mailing.due_at > now)):
            plan.append(mailing)
    return plan, [mailing for mailing in known.values() if mailing.state == "planned"]


def _moments(mailing: Mailing) -> tuple[datetime, datetime, str]:
    return mailing.due_at, mailing.latest_at, mailing.delivery_occurrence


def _exact(moment: datetime) -> datetime:
    """The same instant in UTC, so that minutes taken off are real minutes, also across a clock change."""
    return moment.astimezone(UTC)
