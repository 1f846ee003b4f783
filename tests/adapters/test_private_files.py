"""The private bucket: what a form may post there, what is read of it, and how it is saved."""

import json
from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.adapters.private_files import Arrived, Place, PrivateFiles, Replaced, disposition
from chalicelib.domain.contribution import MEGABYTE
from chalicelib.domain.private_upload import UNCLAIMED_DAYS, PrivateUpload
from tests.shelf import NOW, SETTINGS, Shelf, resources

BUCKET = SETTINGS["PRIVATE_BUCKET"]
PLACE = Place("symposium", "claraxxxxxxxxxxxxxxx", "0123456789abcdef0123")
KEY = "private/symposium/claraxxxxxxxxxxxxxxx/0123456789abcdef0123"


@pytest.fixture
def files(shelf: Shelf) -> PrivateFiles:
    return PrivateFiles(shelf.s3, BUCKET)


def put(shelf: Shelf, content: bytes, **metadata: str) -> None:
    shelf.s3.put_object(Bucket=BUCKET, Key=KEY, Body=content, Metadata=metadata)


def test_a_form_takes_one_key_one_type_one_encryption_one_size_and_one_way_back(files: PrivateFiles) -> None:
    offer = files.offer(PLACE, 25 * MEGABYTE, "https://convoke.example.org/i/t/contributions/paper/uploads/u")
    policy = json.loads(b64decode(offer.fields["policy"]))
    conditions: list[Any] = policy["conditions"]
    for expected in (
        {"bucket": BUCKET},
        {"key": KEY},
        {"Content-Type": "application/octet-stream"},
        {"x-amz-server-side-encryption": "AES256"},
        {"success_action_redirect": "https://convoke.example.org/i/t/contributions/paper/uploads/u"},
        ["content-length-range", 1, 25 * MEGABYTE],
    ):
        assert expected in conditions
    loose = [one for one in conditions if isinstance(one, list) and one[0] == "starts-with"]
    assert loose == [["starts-with", "$x-amz-meta-filename", ""]]
    assert offer.fields["x-amz-meta-filename"] == "${filename}"
    assert offer.url.startswith(f"{offer.origin}/")


def test_an_upload_is_found_with_its_name_and_size(shelf: Shelf, files: PrivateFiles) -> None:
    assert files.find(PLACE) is None
    put(shelf, b"12345", filename="=?UTF-8?B?0J/RgNC40LzQtdGALnBkZg==?=")
    found = files.find(PLACE)
    assert found
    assert (found.size, found.filename) == (5, "Пример.pdf")


@pytest.mark.parametrize("said", ["=?no-such?B?QQ==?=", "=?UTF-8?B?@@@?=", "=?", "plain.pdf"])
def test_a_name_that_cannot_be_decoded_is_no_trouble(shelf: Shelf, files: PrivateFiles, said: str) -> None:
    put(shelf, b"1", filename=said)
    found = files.find(PLACE)
    assert found and isinstance(found.filename, str)


def test_reading_fetches_the_ranges_that_are_looked_at_of_the_file_that_was_found(
    shelf: Shelf, files: PrivateFiles
) -> None:
    content = bytes(range(256)) * 4096
    put(shelf, content)
    found = files.find(PLACE)
    assert found
    with files.open(PLACE, found) as file:
        assert (file.read(4), file.seek(-4, 2), file.read()) == (content[:4], len(content) - 4, content[-4:])
        put(shelf, b"another")
        file.seek(500_000)
        with pytest.raises(Replaced):
            file.read(10)
    shelf.s3.delete_object(Bucket=BUCKET, Key=KEY)
    with pytest.raises(Replaced):
        files.open(PLACE, found).read(1)
    with pytest.raises(Replaced):
        files.keep(PLACE, found.etag)


def test_another_file_than_the_one_that_was_looked_at_is_not_kept(shelf: Shelf, files: PrivateFiles) -> None:
    put(shelf, b"12345")
    found = files.find(PLACE)
    assert isinstance(found, Arrived)
    put(shelf, b"54321")
    with pytest.raises(Replaced):
        files.keep(PLACE, found.etag)
    assert [one["Key"] for one in shelf.s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == [KEY]


def test_a_kept_file_is_saved_for_five_minutes_and_never_shown(files: PrivateFiles) -> None:
    upload = PrivateUpload(
        id=PLACE.upload, invitee=PLACE.invitee, event=PLACE.event, purpose="p", filename="x.pdf", size=1, type="pdf",
        etag="e", checked_at=NOW, kept=True,
    )  # fmt: skip
    address = urlsplit(files.download_url(upload, "Пример.pdf"))
    asked = {name: value[0] for name, value in parse_qs(address.query).items()}
    assert address.path.endswith(KEY.replace("private/", "kept/", 1))
    assert asked["response-content-type"] == "application/octet-stream"
    assert asked["response-content-disposition"].startswith("attachment;")
    assert asked["X-Amz-Expires"] == "300"


@pytest.mark.parametrize("name", ['a"b.pdf', "a\\b.pdf", "a\r\nSet-Cookie: x.pdf", "Пример \u202e.pdf", "a;b.pdf"])
def test_a_name_cannot_leave_its_place_in_the_header(name: str) -> None:
    said = disposition(name)
    plain, _, encoded = said.removeprefix('attachment; filename="').partition("\"; filename*=UTF-8''")
    assert not {*plain} & {*'"\\\r\n;%'}
    assert said.isascii() and said.isprintable()
    assert not {*encoded} & {*'"\\ ;'}


def test_the_bucket_is_closed_encrypted_and_forgets_what_nobody_handed_in() -> None:
    properties = resources()["PrivateBucket"]["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert "AES256" in json.dumps(properties["BucketEncryption"])
    expiring, unfinished = properties["LifecycleConfiguration"]["Rules"]
    assert (expiring["Prefix"], expiring["ExpirationInDays"], expiring["Status"]) == (
        "private/",
        UNCLAIMED_DAYS,
        "Enabled",
    )
    assert unfinished["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    [tls] = resources()["PrivateBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (tls["Effect"], tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
