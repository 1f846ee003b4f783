"""Who hears what of an agenda that changed: everybody, what is different from what they heard last."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from itertools import pairwise

from chalicelib.adapters.store.events import Events
from chalicelib.adapters.store.ledger import Ledger, Reference
from chalicelib.domain.agenda_changes import changes
from chalicelib.domain.change_notice import Told, concerning, worth_telling
from chalicelib.domain.delivery import GIVEN_UP
from chalicelib.domain.event import EventDocument
from chalicelib.domain.invitee import Attendance, Invitee
from chalicelib.usecases.planner import FIRST

LOOKED_AT = 30
"""Versions since the last notice that somebody may have heard by another mail, or on the page: as many as a container
keeps.
"""


class Hearing:
    """What ``last``, whose document is ``after``, has to tell to people who heard ``first``, or a version since."""

    def __init__(
        self, events: Events, event: str, first: int, last: int, after: EventDocument, now: datetime
    ) -> None:
        self._events, self._event, self._now = events, event, now
        self.first, self.last, self._after = max(first, last - LOOKED_AT), last, after
        self.since = cache(self._since)

    def _since(self, version: int) -> Told:
        """What is worth telling to who heard that version."""
        version = min(max(version, self.first), self.last)
        if version == self.last:
            return Told(self._after, [], version)
        then = self._events.at(self._event, version)
        found = changes(then.document, self._after, then.gone)
        worth = worth_telling(found, then.document, self._after, self._now)
        return Told(then.document, worth, version, self._events.at(self._event, self.last - 1).proposed)

    def all(self) -> list[Told]:
        """What is worth telling, by the version that somebody may have heard: by the last notice, by another mail, or
        on the page.
        """
        told = (self.since(version) for version in range(self.first, self.last))
        return [one for one in told if one.changes]

    def invited(self, ledger: Ledger, people: Iterable[Invitee]) -> dict[str, int]:
        """By id, the version that somebody's invitation showed, of those who were invited and do not come yet."""
        asked: list[Reference] = [(one.id, "invitation", FIRST) for one in people if not one.coming]
        lines = ledger.lines(asked).values() if asked else ()
        return {one.invitee: self._shown(one.claimed_at) for one in lines if one.state not in GIVEN_UP}

    def _shown(self, at: datetime | None) -> int:
        """The version that stood at that moment; where both happened in one second, the older."""
        versions = range(self.first, self.last + 1)
        until = [(version, self._events.published(self._event, newer)) for version, newer in pairwise(versions)]
        return next((version for version, end in until if at is None or at <= end), self.last)

    def told(self, invitee: Invitee, heard: int, waits: Attendance | None = None) -> Told:
        """What somebody has to hear who ``waits`` for a place, or comes as the profile says, and heard that version."""
        chosen = invitee.coming or waits
        told = self.since(max(heard, chosen.agenda if chosen else 0))
        return told._replace(changes=concerning(told, invitee, waits))

    def wants(self, invitee: Invitee, invited: Mapping[str, int], overtaken: Iterable[int]) -> bool:
        """Whether planning counts somebody in. It does not know who heard the versions that were ``overtaken``, nor for
        which sessions somebody waits.
        """
        if invitee.rsvp == "accepted" and not invitee.attending:
            return bool(self.all())
        heard = (invited.get(invitee.id, 0), *overtaken)
        return any(self.told(invitee, version).changes for version in heard)
