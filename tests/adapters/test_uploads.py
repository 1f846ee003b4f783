"""The files that organisers upload, in the bucket and by the addresses that are signed for them."""

import io
from datetime import timedelta

import pytest

from chalicelib.adapters.uploads import Replaced, Uploaded, Uploads
from chalicelib.domain.uploaded_list import KEPT, UploadedList
from tests.shelf import NOW, SETTINGS, Shelf, resources

LIST = UploadedList(id="l1", event="symposium", created_at=NOW)


@pytest.fixture
def uploads(shelf: Shelf) -> Uploads:
    return Uploads(shelf.s3, SETTINGS["BUCKET"])


def put(shelf: Shelf, content: bytes) -> None:
    shelf.s3.put_object(Bucket=SETTINGS["BUCKET"], Key="lists/symposium/l1", Body=content)


def test_a_file_is_found_by_its_list_and_known_by_what_is_in_it(shelf: Shelf, uploads: Uploads) -> None:
    assert uploads.find(LIST) is None
    put(shelf, b"12345")
    first = uploads.find(LIST)
    assert first and first.size == 5
    put(shelf, b"54321")
    assert uploads.find(LIST) not in (None, first)


def test_only_the_file_that_was_looked_at_is_read(shelf: Shelf, uploads: Uploads) -> None:
    put(shelf, b"12345")
    seen = uploads.find(LIST)
    assert isinstance(seen, Uploaded)
    known, into = LIST.model_copy(update={"etag": seen.etag}), io.BytesIO()
    uploads.read(known, into)
    assert into.getvalue() == b"12345"
    put(shelf, b"54321")
    with pytest.raises(Replaced):
        uploads.read(known, io.BytesIO())
    shelf.s3.delete_object(Bucket=SETTINGS["BUCKET"], Key="lists/symposium/l1")
    with pytest.raises(Replaced):
        uploads.read(known, io.BytesIO())


def test_a_report_is_stored_from_its_begin_beside_its_file(shelf: Shelf, uploads: Uploads) -> None:
    report = io.BytesIO(b"row,outcome\n")
    report.seek(5)
    uploads.put_report(LIST, report)
    stored = shelf.s3.get_object(Bucket=SETTINGS["BUCKET"], Key="lists/symposium/l1.report.csv")
    assert (stored["Body"].read(), stored["ContentType"]) == (b"row,outcome\n", "text/csv")
    assert uploads.find(LIST) is None


def test_a_signed_address_names_one_file_one_method_and_how_long(uploads: Uploads) -> None:
    upload, report = uploads.upload_url(LIST), uploads.report_url(LIST)
    assert "/lists/symposium/l1?" in upload
    assert "/lists/symposium/l1.report.csv?" in report
    assert "response-content-disposition=attachment" in report
    assert "Expires=900" in upload
    assert "Expires=900" in report


def test_the_bucket_deletes_lists_when_they_are_forgotten() -> None:
    rules = {rule["Prefix"]: rule for rule in resources()["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]}
    rule = rules["lists/"]
    assert (rule["Status"], timedelta(days=rule["ExpirationInDays"])) == ("Enabled", KEPT)
