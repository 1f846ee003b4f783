"""Events, their immutable agenda versions and their planned mailings.

EVENT#<e>  META                  the current version, whether feedback is open, how often files were uploaded, what
                                 people were told last, and when they are told of what changed since
EVENT#<e>  AGENDA#0007           the document of version 7 as it was published, never changed
EVENT#<e>  MAILING#<occurrence>  one mailing that the clock will start: when, for which session, what became of it

META is small, because every worker reads it for every chunk; a document is read once per container and version.
"""

import json
import re
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chalicelib.adapters.store.table import (
    ABSENT,
    Condition,
    ConditionFailed,
    Delete,
    Item,
    Key,
    Put,
    Table,
    Update,
    Write,
)
from chalicelib.domain.errors import NotFound
from chalicelib.domain.event import Event, EventDocument, last_deadline, utc
from chalicelib.domain.schedule import Mailing
from chalicelib.domain.text import SLUG

KEPT = 32
"""Versions held in memory per container, and documents with another deadline. A worker's threads share them."""

NEWS = ("news_at", "news_since")
"""Of META: there while something waits to be told."""


class Events:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._versions: OrderedDict[tuple[str, int], Event] = OrderedDict()
        self._deadlines: OrderedDict[tuple[str, int, str], EventDocument] = OrderedDict()

    def find(self, event_id: str, *, consistent: bool = False) -> Event | None:
        """The event at its current version, or None; also for what cannot be an event's name."""
        if not re.fullmatch(SLUG, event_id):
            return None
        item = self._table.get(_meta(event_id), consistent=consistent)
        return _event(item, self.agenda(event_id, int(item["version"]))) if item else None

    def find_for(self, event_id: str, batches: Sequence[str]) -> Event | None:
        """The event as somebody sees it whom these batches invited: the last of their deadlines counts. One call."""
        meta = _meta(event_id)
        keys = [(_pk(event_id), f"BATCH#{batch}") for batch in batches]
        found = self._table.batch_get([meta, *keys])
        if meta not in found:
            return None
        event = _event(found[meta], self.agenda(event_id, int(found[meta]["version"])))
        said = [found.get(key, {}).get("answer_by") for key in keys]
        own = [datetime.fromisoformat(one) if one else None for one in said]
        return self.answered_until(event, last_deadline(event.document, own)) if any(own) else event

    def answered_until(self, event: Event, moment: datetime) -> Event:
        """The event with another deadline for answers; the very same document for the same moment."""
        name = (event.id, event.version, utc(moment))
        held = self._deadlines.get(name)
        if held is None:
            held = self._deadlines.setdefault(name, event.document.answered_until(moment))
            if len(self._deadlines) > KEPT:
                self._deadlines.popitem(last=False)
        return event.model_copy(update={"document": held})

    def get(self, event_id: str, *, consistent: bool = False) -> Event:
        """Raises NotFound."""
        event = self.find(event_id, consistent=consistent)
        if event is None:
            raise NotFound(f'There is no event "{event_id}". PUT /api/events/{event_id} creates it.')
        return event

    def version(self, event_id: str, version: int) -> Event | None:
        """The event as it was published in ``version``, or None."""
        item = self._table.get(_agenda_key(event_id, version), consistent=True)
        return _event(item, EventDocument.model_validate_json(item["document"])) if item else None

    def agenda(self, event_id: str, version: int) -> EventDocument:
        """The document of a version that there is: the very same object each time, so that what is worked out from it
        can be kept as well. It is read once per container.
        """
        return self.at(event_id, version).document

    def at(self, event_id: str, version: int) -> Event:
        """The event as it was published in a version that there is; read with its document."""
        name = (event_id, version)
        held = self._versions.get(name)
        if held is None:
            held = self.version(event_id, version)
            assert held is not None, f"{event_id} has no version {version}"
            held = self._versions.setdefault(name, held)
            if len(self._versions) > KEPT:
                self._versions.popitem(last=False)
        return held

    def published(self, event_id: str, version: int) -> datetime:
        """When a version that there is was published; read once per container."""
        return self.at(event_id, version).published_at

    def touch_files(self, event_id: str) -> None:
        """An uploaded file is about to change, or has: a batch that was approved with the old one notices."""
        self._table.write(Update(_meta(event_id), add={"files": 1}))

    def mailings(self, event_id: str) -> list[Mailing]:
        """The event's planned mailings, as the clock knows them."""
        return [_mailing(item) for item in self._table.query_all(_pk(event_id), begins="MAILING#", consistent=True)]

    def mailing(self, event_id: str, occurrence: str) -> Mailing | None:
        item = self._table.get((_pk(event_id), f"MAILING#{occurrence}"), consistent=True)
        return _mailing(item) if item else None

    def publish(
        self, event: Event, writes: list[Write], *, close_feedback: bool = False, told_before: str = ""
    ) -> None:
        """Store a version with ``writes`` (the clock's rows, 98 at most), all or nothing. Raises ConditionFailed, also
        when people were told something since ``told_before`` was read: what is left to tell is worked out of that.

        Unless it is closed, whether feedback is open stays as it is: the clock may open it at this moment.
        """
        seen: dict[str, Any] = {"version": event.version - 1} | ({"told": told_before} if told_before else {})
        told = "#told = :told" if told_before else "attribute_not_exists(#told)"
        same = f"attribute_not_exists(#PK) OR (#version = :version AND {told})"
        unchanged = Condition("not overtaken", same, seen)
        news = _news(event) | ({"told": event.told} if event.told else {})
        gone = [*(["feedback_opened_at"] if close_feedback else []), *(name for name in NEWS if name not in news)]
        facts = {
            "id": event.id,
            "version": event.version,
            "published_at": utc(event.published_at),
            "retired": event.retired,
            "gone": list(event.gone),
            "proposed": event.proposed,
        }
        pk, sk = _agenda_key(event.id, event.version)
        content = event.document.model_dump(mode="json")
        document = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        self._table.transact(
            [
                Update(_meta(event.id), {**facts, **news}, removes=gone, condition=unchanged),
                Put({"PK": pk, "SK": sk, **facts, "document": document}, ABSENT),
                *writes,
            ]
        )

    def plan(self, event: Event, writes: list[Write]) -> None:
        """Write clock's rows, 99 at most, as long as this version is the current one. Raises ConditionFailed."""
        current = Condition("still current", "#version = :version", {"version": event.version})
        self._table.transact([Update(_meta(event.id), {"version": event.version}, condition=current), *writes])

    def tell(self, event: Event, told: str, also: Sequence[Write] = ()) -> bool:
        """Nothing waits to be told any more, and ``told`` names the notice that tells the last of it, with what is
        written beside. False when a newer version, or another moment for its notice, came first.
        """
        update = Update(_meta(event.id), {"told": told}, removes=NEWS, condition=_as_waiting(event))
        return self._settle_news(update, also)

    def tell_at(self, event: Event, at: datetime, also: Sequence[Write]) -> bool:
        """What waits to be told waits for another moment. False as in ``tell``."""
        return self._settle_news(Update(_meta(event.id), {"news_at": utc(at)}, condition=_as_waiting(event)), also)

    def _settle_news(self, update: Update, also: Sequence[Write]) -> bool:
        try:
            self._table.transact([update, *also])
        except ConditionFailed:
            return False
        return True

    def settle_mailing(self, mailing: Mailing, state: str, reason: str = "") -> bool:
        """Move a planned mailing to ``fired`` or ``skipped``; False when it was no longer planned for that moment."""
        resumes = "#resumes_at = :seen" if mailing.resumes_at else "attribute_not_exists(#resumes_at)"
        still = Condition(
            "still planned",
            f"#state = :state AND #due_at = :due_at AND {resumes}",
            {"state": "planned", "due_at": utc(mailing.due_at)}
            | ({"seen": utc(mailing.resumes_at)} if mailing.resumes_at else {}),
        )
        try:
            self._table.write(Update(_mailing_key(mailing), {"state": state, "reason": reason}, condition=still))
        except ConditionFailed:
            return False
        return True

    def resume_mailing(self, mailing: Mailing, row: Write) -> bool:
        """Plan a mailing to go on at its ``resumes_at``, with the clock's row for that; False when it was planned anew,
        or goes on then or later already.
        """
        facts = {"state": "planned", "resumes_at": utc(mailing.at)}
        same = Condition(
            "same mailing",
            "#due_at = :due_at AND #latest_at = :latest_at AND "
            "(attribute_not_exists(#resumes_at) OR #resumes_at < :resumes)",
            {"due_at": utc(mailing.due_at), "latest_at": utc(mailing.latest_at), "resumes": utc(mailing.at)},
        )
        try:
            self._table.transact([Update(_mailing_key(mailing), facts, condition=same), row])
        except ConditionFailed:
            return False
        return True

    def open_feedback(self, event_id: str, now: datetime) -> None:
        """From now on the feedback form takes answers; the first opening counts."""
        first = Condition("not open yet", "attribute_exists(#PK) AND attribute_not_exists(#feedback_opened_at)")
        try:
            self._table.write(Update(_meta(event_id), {"feedback_opened_at": utc(now)}, condition=first))
        except ConditionFailed:
            return


def mailing_put(mailing: Mailing) -> Put:
    """The write that plans (or plans anew) one mailing."""
    return Put(
        {
            "PK": _pk(mailing.event),
            "SK": f"MAILING#{mailing.occurrence}",
            "state": mailing.state,
            "reason": mailing.reason,
            "due_at": utc(mailing.due_at),
            "latest_at": utc(mailing.latest_at),
            **({"anchor_at": utc(mailing.anchor_at)} if mailing.anchor_at else {}),
            "kind": mailing.kind,
            "session": mailing.session,
            "occurrence": mailing.occurrence,
        }
    )


def mailing_delete(mailing: Mailing) -> Delete:
    """The write that withdraws one mailing."""
    return Delete(_mailing_key(mailing))


def _mailing_key(mailing: Mailing) -> Key:
    return _pk(mailing.event), f"MAILING#{mailing.occurrence}"


def _pk(event_id: str) -> str:
    return f"EVENT#{event_id}"


def _meta(event_id: str) -> Key:
    return _pk(event_id), "META"


def _as_waiting(event: Event) -> Condition:
    """What waits to be told is what the caller saw."""
    seen = {"version": event.version, "news_at": utc(event.news_at) if event.news_at else ""}
    return Condition("nothing newer to tell", "#version = :version AND #news_at = :news_at", seen)


def _agenda_key(event_id: str, version: int) -> Key:
    return _pk(event_id), f"AGENDA#{version:04}"


def _event(item: Item, document: EventDocument) -> Event:
    return Event(
        id=item["id"],
        version=int(item["version"]),
        published_at=item["published_at"],
        feedback_opened_at=item.get("feedback_opened_at"),
        files=int(item.get("files", 0)),
        told=item.get("told", ""),
        news_at=item.get("news_at"),
        news_since=item.get("news_since"),
        retired=item.get("retired", {}),
        gone=tuple(item.get("gone", ())),
        proposed=item.get("proposed", False),
        document=document,
    )


def _news(event: Event) -> dict[str, str]:
    moments = zip(NEWS, (event.news_at, event.news_since), strict=True)
    return {name: utc(moment) for name, moment in moments if moment}


def _mailing(item: Item) -> Mailing:
    said = {name: item[name] for name in Mailing.model_fields if name in item}
    return Mailing(event=item["PK"].removeprefix("EVENT#"), **said)
