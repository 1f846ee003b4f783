"""The check of an agenda: does it hold together, as a careful colleague would read it before it is sent out?

Lengths and orders are those of real instants, so that a session across a clock change has its true length.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate

from chalicelib.domain.address import address_key
from chalicelib.domain.agenda_times import ALSO_UTC, Part, clock_findings, in_words, part_findings, parts
from chalicelib.domain.agenda_words import word_findings
from chalicelib.domain.contribution import due_until
from chalicelib.domain.event import EventDocument, utc
from chalicelib.domain.event_parts import Session
from chalicelib.domain.finding import Finding, error, warning
from chalicelib.domain.reminder_findings import reminder_findings
from chalicelib.domain.text import words

__all__ = ["Finding", "check"]

WITH_HOURS = frozenset({
    "end-before-start", "items-overlap", "items-gap", "item-minutes", "item-outside-session", "session-header",
    "sessions-overlap", "session-runs-over", "sessions-gap"})  # fmt: skip
"""Findings whose words have hours of ``Part``, which name no zone but UTC."""

Timed = tuple[Session, Part, list[Part]]
"""A session, its times, and those of its items that lie in it."""


def check(document: EventDocument) -> list[Finding]:
    """What there is to say about the document, errors first, each group in the agenda's order. Never raises."""
    found: list[Finding] = []
    timeline: list[Timed] = []
    for session, (head, items) in zip(document.sessions, parts(document), strict=True):
        found += [finding for part in (head, *items) for finding in part_findings(part)]
        sound = [item for item in items if item.sound]
        found += _overlaps(sound, "items-overlap")
        found += [finding for item in items if item.sound for finding in _item_minutes(item)]
        inside = [item for item in sound if _touches(head, item)] if head.sound else sound
        found += _gaps(inside)
        if head.sound:
            found += [_outside(head, item) for item in sound if not _touches(head, item)]
            found += _header(head, inside)
            timeline.append((session, head, inside))
    found += _between(timeline)
    found += _deadline(document)
    found += _other_deadlines(document)
    found += _mailboxes(document)
    found += [*reminder_findings(document), *word_findings(document)]
    return sorted(map(_named(document), found), key=lambda finding: finding.severity != "error")


def _named(document: EventDocument) -> Callable[[Finding], Finding]:
    """Says once, at the end of a finding with hours, whose they are; not where they are UTC's anyway."""
    zone = "" if document.time_zone in ALSO_UTC else f" Times are those of {document.time_zone}."
    return lambda one: one.model_copy(update={"message": one.message + zone}) if one.code in WITH_HOURS else one


def _touches(head: Part, item: Part) -> bool:
    return item.start < head.end and item.end > head.start


def _overlaps(timed: Iterable[Part], code: str) -> Iterator[Finding]:
    """Each part that starts before an earlier one has ended; told of the one that ends last."""
    latest: Part | None = None
    for part in sorted(timed, key=lambda part: (part.start, part.end)):
        if latest and part.start < latest.end:
            yield error(
                code,
                f"{part.field}.starts",
                f"{part.title}, {part.hours}, starts before {latest.title}, {latest.hours}, has ended. "
                f"Start it at {latest.ends} or end {latest.title} at {part.starts}.",
            )
        latest = part if latest is None or part.end > latest.end else latest


def _gaps(inside: Iterable[Part]) -> Iterator[Finding]:
    latest: Part | None = None
    for part in sorted(inside, key=lambda part: (part.start, part.end)):
        if latest and part.start > latest.end:
            yield warning(
                "items-gap",
                f"{part.field}.starts",
                f"Nothing is announced between {latest.title}, which ends at {latest.ends}, and {part.title}, which "
                f"starts at {part.starts}. Add an item or close the gap.",
            )
        latest = part if latest is None or part.end > latest.end else latest


def _item_minutes(item: Part) -> Iterator[Finding]:
    if item.minutes not in (None, item.length):
        yield warning(
            "item-minutes",
            f"{item.field}.minutes",
            f"{item.title} is announced as {item.minutes} minutes; {item.hours} is {item.long}. "
            f"Change the minutes to {item.length} or change the times.",
        )


def _outside(head: Part, item: Part) -> Finding:
    return warning(
        "item-outside-session",
        f"{item.field}.starts",
        f"{item.title}, {item.hours}, lies outside its session {head.title}, {head.hours}. "
        "Change its times or move it to another session.",
    )


def _header(head: Part, inside: list[Part]) -> Iterator[Finding]:
    """What a session's heading says against what its items say; one finding, however many ways they disagree."""
    first = min(inside, key=lambda item: item.start, default=head)
    last = max(inside, key=lambda item: item.end, default=head)
    span = head._replace(start=first.start, end=last.end, wall=(first.wall[0], last.wall[1]))
    wrong_minutes = head.minutes not in (None, head.length)
    if not wrong_minutes and (span.start, span.end) == (head.start, head.end):
        return
    announced = f"{head.title} is announced as {head.hours}, which is {head.long}"
    if wrong_minutes:
        announced += f", and as {head.minutes} minutes"
    if inside:
        announced += f"; its items run {span.hours}, which is {span.long}"
    advice, at = [], "minutes"
    if span.start != head.start:
        advice, at = [_move("start", span.starts, first, span.start < head.start)], "starts"
    if span.end != head.end:
        advice, at = [*advice, _move("end", span.ends, last, span.end > head.end)], "ends"
    if wrong_minutes and head.minutes != span.length:
        advice.append(f"Change the minutes to {span.length}.")
    yield warning("session-header", f"{head.field}.{at}", f"{announced}. {' '.join(advice)}")


def _move(which: str, to: str, item: Part, beyond: bool) -> str:
    """What to do about a start or an end: ``beyond`` when the item reaches out of its session."""
    if beyond:
        return f"Change the {which} to {to} or {'shorten' if which == 'end' else 'move'} {item.title}."
    return f"Change the {which} to {to} or say what happens {'after' if which == 'end' else 'before'} {item.title}."


def _between(timeline: list[Timed]) -> Iterator[Finding]:
    """Sessions that overlap, whose items run into the next one, or that leave time between them."""
    yield from _overlaps([head for _, head, _ in timeline], "sessions-overlap")
    ordered = sorted(timeline, key=lambda one: (one[1].start, one[1].end))
    reached = accumulate(ordered, _later)
    for (session, head, items), (following, after, _) in zip(reached, ordered[1:], strict=False):
        last = _last((session, head, items))
        if head.end <= after.start < last.end:
            yield warning(
                "session-runs-over",
                f"{last.field}.ends",
                f"{last.title}, in {head.title}, runs to {last.ends}, but {after.title} starts at {after.starts}. "
                f"End it by {after.starts} or start {after.title} at {last.ends}.",
            )
        practice = "familiarisation" in (session.kind, following.kind)
        if last.end < after.start and session.day == following.day and not practice:
            yield warning(
                "sessions-gap",
                f"{after.field}.starts",
                f"Nothing is announced between {head.title}, which ends at {last.ends}, and {after.title}, which "
                f"starts at {after.starts}. Add a break or close the gap.",
            )


def _later(one: Timed, other: Timed) -> Timed:
    return max(one, other, key=lambda each: _last(each).end)


def _last(one: Timed) -> Part:
    """What ends last of a session: itself, or an item that runs over."""
    return max([one[1], *one[2]], key=lambda part: part.end)


def _deadline(document: EventDocument) -> Iterator[Finding]:
    until, start = document.answer_until, document.starts_at
    yield from clock_findings(until, "answer_by.at", "The deadline for answers")
    if utc(until) > utc(start):
        yield error(
            "deadline-after-start",
            "answer_by",
            f"Answers are taken until {in_words(until)}, but the event starts at {in_words(start)}. "
            "Set the deadline before the start.",
        )


def _other_deadlines(document: EventDocument) -> Iterator[Finding]:
    """Until when places are offered, until when contributions are taken, and when people are reminded of these."""
    if document.waitlist:
        until = document.deadline(document.waitlist.until)
        yield from clock_findings(until, "waitlist.until.at", "The last moment of the waiting list")
    for number, asked in enumerate(document.contributions):
        field, title = f"contributions.{number}", words(asked.title, document.languages[0]) or asked.id
        yield from clock_findings(due_until(document, asked), f"{field}.due.at", f"The due moment of {title}")
        for place, earlier in enumerate(asked.remind_days_before):
            yield from clock_findings(
                due_until(document, asked, earlier), f"{field}.remind_days_before.{place}", f"The reminder of {title}"
            )


def _mailboxes(document: EventDocument) -> Iterator[Finding]:
    """Whether the answers of calendars go where something reads them, and people's mail where somebody does."""
    host, asked = document.organiser, document.calendar_method == "REQUEST"
    if host.inbound and address_key(host.inbound) == address_key(host.reply_to):
        yield error(
            "inbound-is-reply-to",
            "organiser.inbound",
            f"Answers of calendars and mail of people both go to {host.reply_to}, where no person reads what SES "
            "receives. Write an address of its own.",
        )
    if asked and not host.inbound:
        yield warning(
            "request-without-inbound",
            "calendar_method",
            f"Each calendar will mail its answer to {host.reply_to}, where only people read it. Set organiser.inbound, "
            "or look after that mailbox.",
        )
    if host.inbound and not asked:
        yield warning(
            "inbound-without-request",
            "organiser.inbound",
            "Entries of the method PUBLISH ask for no answer, so none will come to this address. Set calendar_method "
            "to REQUEST, or leave the address out.",
        )
