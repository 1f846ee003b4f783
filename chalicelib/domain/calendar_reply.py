"""Answers that come from calendars: iTIP's REPLY (RFC 5546, 3.2.3), by mail (iMIP, RFC 6047). What counts, and as what.

A mail is forged in a minute, and an answer gives places back, so a REPLY counts only when its sender is proven and is
the person whom its UID names. Everything else is filed for the organiser, and changes nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from chalicelib.domain.address import address_key
from chalicelib.domain.entries import person_of_uid
from chalicelib.domain.invitee import Rsvp

Why = Literal[
    "message",
    "too-large",
    "unreadable",
    "several",
    "not-an-answer",
    "unknown-entry",
    "other-person",
    "not-proven",
    "unsafe",
    "not-taken",
    "stale",
    "too-late",
    "too-many",
    "passed-on",
    "withdrawn",
    "waiting",
    "not-theirs",
]

EXPLAINED: dict[Why, str] = {
    "message": "It holds no answer of a calendar: somebody wrote, or a machine did.",
    "too-large": "It is larger than 500 KB, and only its head was read.",
    "unreadable": "Its answer could not be read.",
    "several": "It holds several answers that differ.",
    "not-an-answer": "It proposes, passes on or asks for something; only accepted, tentative and declined are answers.",
    "unknown-entry": "It answers an entry that is none of ours, or whose person was erased.",
    "other-person": "Its sender, its attendee and the person of its entry are not the same.",
    "not-proven": "That it comes from its sender's domain is not proven (DMARC).",
    "unsafe": "It was found to be spam, or to hold a virus.",
    "not-taken": "The event takes no answers from calendars.",
    "stale": "It is older than the answer there is.",
    "too-late": "The time for answers has passed.",
    "too-many": "The person sent too many answers in an hour.",
    "passed-on": "The person had passed the invitation on.",
    "withdrawn": "The invitation was taken back.",
    "waiting": "The person is registered and waits for another place: which of the two it means is not clear.",
    "not-theirs": "It accepts a session that the person is not registered for.",
}
"""Why a mail is filed, for the organiser."""

Answered = Literal["ACCEPTED", "DECLINED", "TENTATIVE"]

ANSWERED: tuple[Answered, ...] = ("ACCEPTED", "DECLINED", "TENTATIVE")

AHEAD = timedelta(days=1)
"""How far a calendar's clock may go ahead: an answer from the future would make every later one stale."""

@dataclass(frozen=True)
class CalendarReply:
    """One VEVENT of a mail as it says it is: nothing of it is believed yet. ``stamp`` (DTSTAMP) is aware, in UTC."""

    method: str
    uid: str
    attendees: tuple[str, ...]
    partstat: str
    sequence: int
    stamp: datetime | None
    recurs: bool = False
    comment: str = ""


@dataclass(frozen=True)
class Mail:
    """A mail as it was received. ``spam``, ``virus``, ``dmarc`` and ``proven``, the domain that DMARC is about, are
    what the receiving server found, "" where it said nothing; ``sender`` is the one address in From.
    """

    sender: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    automatic: bool = False
    spam: str = ""
    virus: str = ""
    dmarc: str = ""
    proven: str = ""
    answers: tuple[CalendarReply, ...] = ()
    fault: Literal["", "too-large", "unreadable"] = ""


def why_not(mail: Mail, now: datetime) -> Why | None:
    """Why this mail is no answer, whoever it names; None when its one answer may count."""
    if "FAIL" in (mail.spam, mail.virus):
        return "unsafe"
    if mail.fault:
        return mail.fault
    if not mail.answers:
        return "message"
    if len(mail.answers) > 1:
        return "several"
    [said] = mail.answers
    if said.method != "REPLY" or said.partstat not in ANSWERED or said.recurs:
        return "not-an-answer"
    if person_of_uid(said.uid) is None:
        return "unknown-entry"
    if said.stamp is None or said.stamp > now + AHEAD:
        return "unreadable"
    if [address_key(one) for one in said.attendees] != [address_key(mail.sender)]:
        return "other-person"
    return None if _proven(mail) else "not-proven"


def _proven(mail: Mail) -> bool:
    """DMARC passed (RFC 7489), for the very domain that From names or one above it."""
    domain = address_key(mail.sender).rpartition("@")[2]
    return mail.dmarc == "pass" and bool(mail.proven) and f".{domain}".endswith(f".{mail.proven}")


Effect = Literal["nothing", "drop", "not-theirs"] | Rsvp
"""What an answer does: nothing but a line in the history, drop one session of the registration, or the RSVP it is."""


def effect(
    said: Answered, session: str, *, rsvp: Rsvp, registered: bool, sessions: Sequence[str], declined: Collection[str]
) -> Effect:
    """What an answer to the entry of a session (of the whole event, when there is none) does for this person.

    ``sessions`` are those that they have entries of: of the registration, else all; ``declined`` those that they
    declined by their calendar before. Whoever declines one of several sessions does not decline the event, and
    nobody registers by a calendar: the form asks for more, and for consent.
    """
    if said == "ACCEPTED":
        if registered and session and session not in sessions:
            return "not-theirs"
        return "nothing" if rsvp == "accepted" else "accepted"
    theirs = not session or session in sessions
    left = [one for one in sessions if session and one != session and (registered or one not in declined)]
    if said == "TENTATIVE":
        changes = theirs and rsvp != "tentative" and not (left and rsvp == "accepted")
        return "tentative" if changes else "nothing"
    if not theirs or rsvp == "declined":
        return "nothing"
    if left:
        return "drop" if registered else "nothing"
    return "declined"
