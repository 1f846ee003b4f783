"""Files of one person, in a bucket of their own: presigned posts into it, looks at what came, addresses that save it.

    private/<event>/<invitee>/<upload>  as it was uploaded; the bucket deletes it after two days
    kept/<event>/<invitee>/<upload>     as it was checked: nobody who has the form can write there

No octet of them passes the API, and none is ever shown: what is opened is saved, as ``application/octet-stream``.
"""

import contextlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Any
from urllib.parse import quote, urlsplit

from botocore.exceptions import ClientError

from chalicelib.domain.private_upload import OFFERED_FOR, SHOWN_FOR, PrivateUpload

OPAQUE = "application/octet-stream"

ENCRYPTION = "AES256"

AT_ONCE = 131_072
"""Octets that are fetched together when a file is looked at."""


@dataclass(frozen=True)
class Place:
    """Whose upload, and which one."""

    event: str
    invitee: str
    upload: str

    def key(self, folder: str) -> str:
        return f"{folder}/{self.event}/{self.invitee}/{self.upload}"


@dataclass(frozen=True)
class Offer:
    """A form that takes one file: where it posts to, the fields before the file's, and who may be posted to (CSP)."""

    upload: str
    url: str
    fields: Mapping[str, str]

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True)
class Arrived:
    """An upload as it lies there. ``filename`` is what the browser said; ``etag`` changes with what is in it."""

    size: int
    etag: str
    filename: str


class Replaced(Exception):
    """Another file was uploaded in place of the one that was looked at, or it is gone."""


class PrivateFiles:
    """The addresses that it signs are valid for whoever has them."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def offer(self, place: Place, most: int, back: str) -> Offer:
        """A form for one file of ``most`` octets; S3 sends the browser ``back`` when it has it. Writes nothing.

        S3 holds the form to its policy: this key, this type, this encryption, this size, this way back. The file's own
        name takes the place of ``${filename}`` (S3 API, "POST Object").
        """
        fixed = {
            "Content-Type": OPAQUE,
            "x-amz-server-side-encryption": ENCRYPTION,
            "success_action_redirect": back,
        }
        conditions: list[Any] = [
            *({name: value} for name, value in fixed.items()),
            ["starts-with", "$x-amz-meta-filename", ""],
            ["content-length-range", 1, most],
        ]
        said = self._s3.generate_presigned_post(
            self._bucket,
            place.key("private"),
            Fields={**fixed, "x-amz-meta-filename": "${filename}"},
            Conditions=conditions,
            ExpiresIn=int(OFFERED_FOR.total_seconds()),
        )
        return Offer(place.upload, said["url"], said["fields"])

    def find(self, place: Place) -> Arrived | None:
        try:
            head = self._s3.head_object(Bucket=self._bucket, Key=place.key("private"))
        except ClientError as error:
            if _status(error) == 404:
                return None
            raise
        return Arrived(head["ContentLength"], head["ETag"], _decoded(head["Metadata"].get("filename", "")))

    def open(self, place: Place, arrived: Arrived) -> io.BufferedReader:
        """The upload to read in, anywhere, without fetching all of it. Reading raises Replaced."""
        return io.BufferedReader(_Ranged(self._s3, self._bucket, place.key("private"), arrived), AT_ONCE)

    def keep(self, place: Place, etag: str) -> None:
        """Copy the upload to where it stays, as it was looked at. Raises Replaced when it is another one meanwhile."""
        try:
            copied = self._s3.copy_object(
                Bucket=self._bucket,
                Key=place.key("kept"),
                CopySource={"Bucket": self._bucket, "Key": place.key("private")},
                CopySourceIfMatch=etag,
                MetadataDirective="REPLACE",
                ContentType=OPAQUE,
                ServerSideEncryption=ENCRYPTION,
            )
        except ClientError as error:
            if _status(error) in (404, 412):
                raise Replaced from None
            raise
        if copied["CopyObjectResult"]["ETag"] != etag:  # both are the MD5 of what is in it, as nothing came in parts
            self._s3.delete_object(Bucket=self._bucket, Key=place.key("kept"))
            raise Replaced

    def delete(self, place: Place) -> None:
        """Gone, where it was uploaded and where it was kept; also when it was gone before."""
        for folder in ("private", "kept"):
            self._s3.delete_object(Bucket=self._bucket, Key=place.key(folder))

    def delete_uploaded(self, place: Place) -> None:
        self._s3.delete_object(Bucket=self._bucket, Key=place.key("private"))

    def download_url(self, upload: PrivateUpload, filename: str) -> str:
        """Where to GET a kept file for five minutes: to save, never to show."""
        place = Place(upload.event, upload.invitee, upload.id)
        parameters = {
            "Bucket": self._bucket,
            "Key": place.key("kept"),
            "ResponseContentDisposition": disposition(filename),
            "ResponseContentType": OPAQUE,
            "ResponseCacheControl": "no-store",
        }
        seconds = int(SHOWN_FOR.total_seconds())
        return str(self._s3.generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds))


class _Ranged(io.RawIOBase):
    """An object of S3, read in ranges, each of the same object as it was found."""

    def __init__(self, s3: Any, bucket: str, key: str, arrived: Arrived) -> None:
        self._s3, self._bucket, self._key, self._arrived, self._at = s3, bucket, key, arrived, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._arrived.size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        last = min(self._at + len(buffer), self._arrived.size) - 1
        if last < self._at:
            return 0
        try:
            answer = self._s3.get_object(
                Bucket=self._bucket, Key=self._key, IfMatch=self._arrived.etag, Range=f"bytes={self._at}-{last}"
            )
        except ClientError as error:
            if _status(error) in (404, 412):
                raise Replaced from None
            raise
        content = answer["Body"].read()
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)


def disposition(filename: str) -> str:
    """``Content-Disposition`` that saves under a name: RFC 6266, with ASCII for programs that know no RFC 8187."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-()") else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _decoded(said: str) -> str:
    """Metadata beyond ASCII as S3 gives it back (RFC 2047, or UTF-8 that was read as Latin-1), as words."""
    text = said
    with contextlib.suppress(HeaderParseError, LookupError, UnicodeError, ValueError):
        text = str(make_header(decode_header(said))) if said.startswith("=?") else said
        text = text.encode("latin-1").decode("utf-8")
    return text


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
