"""Mails that were filed for an event's organiser, and what a person's calendar answered last.

    EVENT#<e>    INBOUND#<id>        one mail; the id begins with when it came
    INVITEE#<i>  REPLY#<session>     the last answer that counted, by which older ones are known; * for the whole event

TTL removes the first with the mail itself. The second goes with the person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.adapters.store.person import log_put, profile_key
from chalicelib.adapters.store.table import Check, Condition, Item, Key, Part, Put, Table, Write
from chalicelib.adapters.store.unchanged import same_links
from chalicelib.domain.calendar_reply import CalendarReply, Why
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.event import utc
from chalicelib.domain.inbound import KEPT, Filed
from chalicelib.domain.invitee import Invitee

REPLY = "REPLY#"

WHOLE = "*"

AT_ONCE = 200
"""How many mails a query reads, at least, when only those of one reason are wanted."""

BY_CALENDAR = "calendar"
"""Stands in a timeline where else an organiser's name stands."""

NEWER = (
    "attribute_not_exists(#PK) OR #sequence < :sequence OR (#sequence = :sequence AND #stamp < :stamp)"
)
"""The order of messages about one entry: RFC 5546, 2.1.5."""


class Overtaken(Conflict):
    """A newer answer of the same calendar was written meanwhile."""


@dataclass(frozen=True)
class Known:
    """The last answer to an entry that counted, and when it was written down here."""

    sequence: int
    stamp: datetime
    partstat: str
    at: datetime


class Inbound:
    def __init__(self, table: Table) -> None:
        self._table = table

    def file(self, filed: Filed) -> None:
        """The same mail again is the same item."""
        epoch = int((filed.at + KEPT).timestamp())
        self._table.write(Put({**_keys(_key(filed.event, filed.id)), **_stored(filed), "expires_at": epoch}))

    def get(self, event: str, inbound_id: str, now: datetime) -> Filed:
        """Raises NotFound, also for one whose time is over and that TTL has not removed yet."""
        item = self._table.get(_key(event, inbound_id), consistent=True)
        if item is None or item["expires_at"] <= now.timestamp():
            raise NotFound(f'The event "{event}" has no mail "{inbound_id}". Mails are kept for {KEPT.days} days.')
        return _filed(item)

    def page(
        self, event: str, limit: int, after: str, now: datetime, why: Why | None = None
    ) -> tuple[list[Filed], str | None]:
        """Up to ``limit`` mails, newest first, that came before the one called ``after``, those filed for this reason
        or all; and what to go on after.
        """
        start, found = _keys(_key(event, after)) if after else None, list[Filed]()
        while True:
            page = self._table.query(
                f"EVENT#{event}", begins="INBOUND#", limit=max(limit, AT_ONCE) if why else limit - len(found),
                after=start, consistent=True, newest=True,
            )  # fmt: skip
            for item in page.items:
                if item["expires_at"] <= now.timestamp():  # and so have all that came before
                    return found, None
                if why in (None, item["why"]):
                    found.append(_filed(item))
                if len(found) == limit:
                    return found, item["SK"].removeprefix("INBOUND#")
            if not page.next:
                return found, None
            start = page.next

    def known(self, invitee_id: str) -> Mapping[str, Known]:
        """What this person's calendar answered last, by session; under ``WHOLE`` for the whole event."""
        items = self._table.query_all(f"INVITEE#{invitee_id}", begins=REPLY, consistent=True)
        fields = Known.__dataclass_fields__
        return {item["SK"].removeprefix(REPLY): _known({name: item[name] for name in fields}) for item in items}

    def note(self, invitee: Invitee, writes: list[Write]) -> None:
        """Write down an answer that changes nothing else. Raises ConditionFailed when the person is gone, or was."""
        still = Check(profile_key(invitee.id), same_links(invitee))
        parts: list[Part] = [still, *writes]
        self._table.transact(parts)


def noted(invitee: Invitee, session: str, said: CalendarReply, now: datetime) -> list[Write]:
    """The writes that go with an answer that counts: the last one is this, and a line of the timeline. Raise Overtaken
    when a newer one was there before.
    """
    assert said.stamp is not None
    stamp = utc(said.stamp)
    newer = Condition(
        "newer answer", NEWER, {"sequence": said.sequence, "stamp": stamp}, otherwise=Overtaken("A newer answer came.")
    )
    facts = {"sequence": said.sequence, "stamp": stamp, "partstat": said.partstat, "at": utc(now)}
    reply = Put({"PK": f"INVITEE#{invitee.id}", "SK": f"{REPLY}{session or WHOLE}", **facts}, newer)
    told = " ".join(part for part in (f"{session}:" if session else "", said.partstat.lower()) if part)
    detail = f"{told}: {said.comment}" if said.comment else told
    return [reply, log_put(invitee.id, now, "answered by calendar", detail, BY_CALENDAR)]


def _known(item: Item) -> Known:
    times = {name: datetime.fromisoformat(item[name]) for name in ("stamp", "at")}
    return Known(int(item["sequence"]), times["stamp"], item["partstat"], times["at"])


def _key(event: str, inbound_id: str) -> Key:
    return f"EVENT#{event}", f"INBOUND#{inbound_id}"


def _keys(key: Key) -> Item:
    return {"PK": key[0], "SK": key[1]}


def _stored(filed: Filed) -> Item:
    return {**filed.model_dump(), "at": utc(filed.at)}


def _filed(item: Item) -> Filed:
    return Filed.model_validate({name: item[name] for name in Filed.model_fields})
