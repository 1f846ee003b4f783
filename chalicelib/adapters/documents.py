"""Files in S3: agendas as PDF, typeset once per version, language and zone, and what the organiser uploads.

events/<e>/agenda/<version>.<design>.<language>.<zone>.pdf
events/<e>/documents/<id>.<language>.pdf
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.domain.event import Event

KEPT_FILES = 64
"""Files held in memory per container: a batch asks for the same few again and again."""

DESIGN = "2"
"""Raised when the look of the agenda changes, so that stored ones are not used any more."""

NEVER_CHANGED = -1
"""The state of what stands under a version."""


class TypesettingFailed(RuntimeError):
    """The typesetting function answered with an error; carries its words."""


class Documents:
    """``invoke`` gives boto3's Lambda client when one is needed, to call ``typesetter`` for what is not there yet."""

    def __init__(self, s3: Any, bucket: str, invoke: Callable[[], Any], typesetter: str) -> None:
        self._s3, self._bucket, self._invoke, self._typesetter = s3, bucket, invoke, typesetter
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._lock = threading.RLock()  # a worker's threads want the same file at the same moment

    def agenda(self, event: Event, language: str, zone: str) -> bytes:
        """The agenda as PDF; set on the first call for this version, language and zone. Raises TypesettingFailed."""
        key = agenda_key(event, language, zone)
        with self._lock:
            found = self._read(key, NEVER_CHANGED)
            if found is None:
                self._typeset(event, language, zone)
                found = self._read(key)
        if found is None:
            raise TypesettingFailed(f"{key} is not there after typesetting")
        return found

    def document(
        self, event_id: str, document: str, languages: list[str], files: int | None = None
    ) -> bytes | None:
        """An uploaded document in the first of ``languages`` that there is, or None.

        What was read when the event's ``files`` stood at the same number is not asked after again.
        """
        for language in languages:
            with self._lock:
                found = self._read(_document_key(event_id, document, language), files)
            if found is not None:
                return found
        return None

    def has_document(self, event_id: str, document: str, languages: list[str]) -> bool:
        """Whether the document was uploaded in one of ``languages`` at least."""
        return any(self._is_there(_document_key(event_id, document, language)) for language in languages)

    def put_document(self, event_id: str, document: str, language: str, content: bytes) -> None:
        key = _document_key(event_id, document, language)
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=content, ContentType="application/pdf")

    def put_agenda(self, event: Event, language: str, zone: str, content: bytes) -> str:
        """Keep a typeset agenda; returns its key."""
        key = agenda_key(event, language, zone)
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=content, ContentType="application/pdf")
        return key

    def _typeset(self, event: Event, language: str, zone: str) -> None:
        order = {"event": event.id, "version": event.version, "language": language, "zone": zone}
        answer = self._invoke().invoke(FunctionName=self._typesetter, Payload=json.dumps(order).encode())
        if answer.get("FunctionError"):
            raise TypesettingFailed(answer["Payload"].read().decode(errors="replace")[:1000])

    def _is_there(self, key: str) -> bool:
        try:
            self._s3.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return False
            raise
        return True

    def _read(self, key: str, state: int | None = None) -> bytes | None:
        """The file as it is in ``state``, or as it is now: one held in memory is asked after by its ETag (RFC 9110)."""
        held = self._held.get(key)
        if held and state is not None and held.state == state and (held.content or state != NEVER_CHANGED):
            return held.content
        etag = {"IfNoneMatch": held.etag} if held and held.content else {}
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=key, **etag)
            found = _Held(answer["ETag"], answer["Body"].read(), state)
        except ClientError as error:
            if held and error.response["ResponseMetadata"]["HTTPStatusCode"] == 304:
                found = replace(held, state=state)
            elif error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                found = _Held("", None, state)
            else:
                raise
        self._held[key] = found
        self._held.move_to_end(key)
        if len(self._held) > KEPT_FILES:
            self._held.popitem(last=False)
        return found.content


@dataclass(frozen=True)
class _Held:
    """A file in memory, None when there was none, and the event's state when it was read."""

    etag: str
    content: bytes | None
    state: int | None


def agenda_key(event: Event, language: str, zone: str) -> str:
    return f"events/{event.id}/agenda/{event.version:04}.{DESIGN}.{language}.{zone.replace('/', '-')}.pdf"


def _document_key(event_id: str, document: str, language: str) -> str:
    return f"events/{event_id}/documents/{document}.{language}.pdf"
