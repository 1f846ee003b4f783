"""Lists that organisers upload: presigned requests to the bucket, and the files that came.

    lists/<event>/<id>             the file as it was uploaded
    lists/<event>/<id>.report.csv  its rows to look at

The bucket deletes both after 30 days (``infra/resources.yaml``).
"""

import shutil
from dataclasses import dataclass
from typing import IO, Any

from botocore.exceptions import ClientError

from chalicelib.domain.uploaded_list import UPLOADED_WITHIN, UploadedList

SHOWN_WITHIN = 900
"""Seconds that the address of a report can be opened."""


@dataclass(frozen=True)
class Uploaded:
    """``etag`` changes with what is in the file."""

    size: int
    etag: str


class Replaced(Exception):
    """Another file was uploaded in place of the one that was looked at, or it is gone."""


class Uploads:
    """The addresses that it signs are valid for whoever has them."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def upload_url(self, listed: UploadedList) -> str:
        """Where to PUT the file, for 15 minutes."""
        return self._signed("put_object", _key(listed), int(UPLOADED_WITHIN.total_seconds()))

    def report_url(self, listed: UploadedList) -> str:
        """Where to GET the rows to look at, as a file to save, for 15 minutes."""
        headers = {
            "ResponseContentDisposition": 'attachment; filename="rows-to-look-at.csv"',
            "ResponseContentType": "text/csv; charset=utf-8",
        }
        return self._signed("get_object", _report_key(listed), SHOWN_WITHIN, **headers)

    def find(self, listed: UploadedList) -> Uploaded | None:
        try:
            head = self._s3.head_object(Bucket=self._bucket, Key=_key(listed))
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise
        return Uploaded(head["ContentLength"], head["ETag"])

    def read(self, listed: UploadedList, into: IO[bytes]) -> None:
        """Copy the file. Raises Replaced when it is not the one with the list's ``etag`` any more."""
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=_key(listed), IfMatch=listed.etag)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 412):
                raise Replaced from None
            raise
        shutil.copyfileobj(answer["Body"], into)

    def put_report(self, listed: UploadedList, report: IO[bytes]) -> None:
        report.seek(0)
        self._s3.put_object(Bucket=self._bucket, Key=_report_key(listed), Body=report, ContentType="text/csv")

    def _signed(self, method: str, key: str, seconds: int, **headers: str) -> str:
        parameters = {"Bucket": self._bucket, "Key": key, **headers}
        return str(self._s3.generate_presigned_url(method, Params=parameters, ExpiresIn=seconds))


def _key(listed: UploadedList) -> str:
    return f"lists/{listed.event}/{listed.id}"


def _report_key(listed: UploadedList) -> str:
    return f"{_key(listed)}.report.csv"
