"""Files in S3: agendas as PDF, typeset once per version, language and zone, and what the organiser uploads.

events/<e>/agenda/<version>.<template>.<language>.<zone>.pdf
events/<e>/documents/<id>.<language>.pdf
"""

import json
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.domain.event import Event

KEPT_FILES = 64
"""Files held in memory per container: a batch asks for the same few again and again."""

DESIGN = "1"
"""Raised when the look of the agenda changes, so that stored ones are not used any more."""


class TypesettingFailed(RuntimeError):
    """The typesetting function answered with an error; carries its words."""


class Documents:
    """``invoke`` gives boto3's Lambda client when one is needed, to call ``typesetter`` for what is not there yet."""

    def __init__(self, s3: Any, bucket: str, invoke: Callable[[], Any], typesetter: str) -> None:
        self._s3, self._bucket, self._invoke, self._typesetter = s3, bucket, invoke, typesetter
        self._held: OrderedDict[str, tuple[str, bytes]] = OrderedDict()

    def agenda(self, event: Event, language: str, zone: str) -> bytes:
        """The agenda as PDF; set on the first call for this version, language and zone. Raises TypesettingFailed."""
        key = agenda_key(event, language, zone)
        if key in self._held:  # a version is never changed
            return self._held[key][1]
        found = self._read(key)
        if found is None:
            self._typeset(event, language, zone)
            found = self._read(key)
        if found is None:
            raise TypesettingFailed(f"{key} is not there after typesetting")
        return found

    def document(self, event_id: str, document: str, languages: list[str]) -> bytes | None:
        """An uploaded document in the first of ``languages`` that there is, or None."""
        for language in languages:
            if (found := self._read(_document_key(event_id, document, language))) is not None:
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

    def _read(self, key: str) -> bytes | None:
        """The file as it is now: one held in memory is asked after by its ETag (RFC 9110, If-None-Match)."""
        held = self._held.get(key)
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=key, **({"IfNoneMatch": held[0]} if held else {}))
        except ClientError as error:
            if held and error.response["ResponseMetadata"]["HTTPStatusCode"] == 304:
                return held[1]
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise
        content: bytes = answer["Body"].read()
        self._held[key] = answer["ETag"], content
        self._held.move_to_end(key)
        if len(self._held) > KEPT_FILES:
            self._held.popitem(last=False)
        return content


def agenda_key(event: Event, language: str, zone: str) -> str:
    return f"events/{event.id}/agenda/{event.version:04}.{DESIGN}.{language}.{zone.replace('/', '-')}.pdf"


def _document_key(event_id: str, document: str, language: str) -> str:
    return f"events/{event_id}/documents/{document}.{language}.pdf"
