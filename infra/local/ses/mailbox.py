"""Accepted messages: the bytes in ``<dir>/<message-id>.eml``, what SES knew in ``<message-id>.json``."""

import json
import threading
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Message:
    """One accepted message.

    ``sender`` is the envelope sender as given, display name included; ``destination`` the bare envelope recipients;
    ``outcomes`` maps each of them to ``delivery``, ``bounce``, ``complaint``, ``delay``, ``ooto``, ``suppressed`` or
    ``reject``.
    """

    id: str
    time: str
    sender: str
    destination: list[str]
    subject: str
    tags: dict[str, str]
    configuration_set: str | None
    access_key_id: str
    outcomes: dict[str, str]

    @property
    def at(self) -> datetime:
        """When SES accepted it (UTC)."""
        return datetime.fromisoformat(self.time)

    def document(self) -> dict[str, Any]:
        """The JSON that is kept beside the message and that the control interface lists."""
        return asdict(self)


def new_message_id(now: datetime) -> str:
    """An id of SES's form (60 characters); ids sort by time."""
    return f"0107{int(now.timestamp() * 1000):012x}-{uuid.uuid4()}-000000"


class Mailbox:
    """The messages of this and earlier runs in one directory. Safe for threads."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._lock = threading.Lock()
        directory.mkdir(parents=True, exist_ok=True)
        stored = (Message(**json.loads(path.read_text("utf-8"))) for path in sorted(directory.glob("0107*.json")))
        self._messages = {message.id: message for message in stored}

    def keep(self, message: Message, raw: bytes) -> None:
        """Write the bytes first, then what lists them."""
        (self.directory / f"{message.id}.eml").write_bytes(raw)
        (self.directory / f"{message.id}.json").write_text(json.dumps(message.document(), indent=1), "utf-8")
        with self._lock:
            self._messages[message.id] = message

    def get(self, message_id: str) -> Message | None:
        """The message with this id, if there is one."""
        with self._lock:
            return self._messages.get(message_id)

    def raw(self, message_id: str) -> bytes:
        """The stored bytes; only for an id that ``get`` found."""
        return (self.directory / f"{message_id}.eml").read_bytes()

    def newest(self, text: str = "") -> list[Message]:
        """Newest first; ``text`` is looked for, without case, in recipients, sender and subject."""
        wanted = text.strip().lower()
        return [
            message
            for message in reversed(self._all())
            if wanted in f"{' '.join(message.destination)} {message.sender} {message.subject}".lower()
        ]

    def find(self, *, to: str = "", since: str = "", tags: Mapping[str, str] | None = None) -> list[Message]:
        """Oldest first.

        Args:
            to: one recipient, without case.
            since: ISO 8601 time; messages accepted at or after it.
            tags: message tags that all have to match.
        """
        after = datetime.fromisoformat(since.replace(" ", "+")) if since else None
        after = after.replace(tzinfo=UTC) if after and after.tzinfo is None else after
        return [
            message
            for message in self._all()
            if (not to or to.lower() in map(str.lower, message.destination))
            and (after is None or message.at >= after)
            and (tags or {}).items() <= message.tags.items()
        ]

    def clear(self) -> None:
        """Forget every message and delete its files."""
        with self._lock:
            for message_id in self._messages:
                (self.directory / f"{message_id}.eml").unlink(missing_ok=True)
                (self.directory / f"{message_id}.json").unlink(missing_ok=True)
            self._messages.clear()

    def _all(self) -> list[Message]:
        with self._lock:
            return sorted(self._messages.values(), key=lambda message: message.time)
