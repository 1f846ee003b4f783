"""What SES tells of mails on their way: objects that Data Firehose puts into the bucket, one event a line.

    mail-events/<yyyy>/<MM>/<dd>/<HH>/<stream>-<version>-<time>-<random>

The bucket deletes them after 30 days (``infra/resources.yaml``): they name people.

Sources: Amazon SES developer guide, "Contents of event data that Amazon SES publishes to Firehose" (a newline follows
each record); Data Firehose developer guide, "Amazon S3 object name format"; Amazon S3 user guide, "Event message
structure" (the key is URL-encoded).
"""

import json
import logging
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import unquote_plus

logger = logging.getLogger(__name__)

_JSON = json.JSONDecoder()
_SPACE = re.compile(r"\s*")


class MailEvents:
    """The objects of one bucket."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def read(self, key: str) -> Iterator[dict[str, Any]]:
        """The events of an object. It is fetched whole first: applying them takes longer than S3 likes to wait."""
        content = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        for number, line in enumerate(BytesIO(content), 1):
            yield from _events(line.decode("utf-8", "replace").strip(), f"{key}, line {number}")


def announced(body: str) -> list[str]:
    """The keys in a message that S3 sent about new objects; none in its test message, or in what is none of its."""
    try:
        told = json.loads(body)
    except ValueError:
        return []
    records = told.get("Records", []) if isinstance(told, dict) else []
    return [unquote_plus(record["s3"]["object"]["key"]) for record in records]


def _events(text: str, where: str) -> Iterator[dict[str, Any]]:
    """One, or several without anything between them; what is no JSON is logged and passed over to the line's end."""
    at = 0
    while at < len(text):
        try:
            found, at = _JSON.raw_decode(text, at)
        except ValueError:
            logger.error("what nobody can read is passed over: %s, character %d", where, at + 1)
            return
        if isinstance(found, dict) and "mail" in found:
            yield found
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
