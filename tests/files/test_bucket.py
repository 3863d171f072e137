"""Contents in a bucket, by the real protocol: in parts, in ranges, by addresses for browsers; and the bucket away."""

import os
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from files import actions
from files.blobs import bucket as bucket_code
from files.blobs import incoming, places, reading, sweeping
from files.blobs.trouble import Unreachable
from files.models import Blob
from meatlizard.accounts.models import User
from tests.files.contents import adopted, past_grace
from tests.services.s3 import BUCKET, S3Server

pytestmark = pytest.mark.django_db

SMALL = b"Lizards bask.\n" * 1000
PART = 5 << 20
"""The least that S3 takes as a part."""

LARGE = os.urandom(PART) + os.urandom(PART) + b"the end"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_code, "PART", PART)


def keys(server: S3Server) -> list[str]:
    return [one["Key"] for one in server.client().list_objects_v2(Bucket=BUCKET).get("Contents", [])]


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["in one request", "in parts"])
def test_bytes_come_out_as_they_went_in(bucket: S3Server, content: bytes) -> None:
    blob = adopted(content)
    assert (blob.place, keys(bucket)) == ("s3", [blob.storage_name])
    assert reading.local_path(blob) is None
    with reading.open(blob) as file:
        assert file.read() == content
        file.seek(-5, os.SEEK_END)
        assert file.read() == content[-5:]
        file.seek(100)
        assert file.read(50) == content[100:150]
    assert adopted(content) == blob and len(keys(bucket)) == 1


def test_a_part_that_arrived_before_a_crash_is_not_sent_again(
    bucket: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    coming = incoming.begin()
    coming.append(LARGE)
    client, sent = places.place("s3")._client, []  # type: ignore[attr-defined]
    upload_part = client.upload_part

    def dies_at_the_second(**part: Any) -> Any:
        sent.append(part["PartNumber"])
        if sent == [1, 2]:
            raise KeyboardInterrupt
        return upload_part(**part)

    monkeypatch.setattr(client, "upload_part", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        incoming.adopt(coming)
    assert not Blob.objects.exists() and not keys(bucket)
    blob = incoming.adopt(incoming.again(coming.id))
    assert sent == [1, 2, 2, 3]
    with reading.open(blob) as file:
        assert file.read() == LARGE


def test_a_browser_gets_it_from_the_bucket_by_an_address_that_ends(bucket: S3Server) -> None:
    blob = adopted(SMALL)
    address = reading.presigned(blob, 60, 'attachment; filename="wall.txt"', "text/plain")
    assert address is not None and "X-Amz-Expires=60" in address
    with urllib.request.urlopen(address, timeout=10) as answer:
        assert answer.read() == SMALL
        assert answer.headers["Content-Disposition"] == 'attachment; filename="wall.txt"'
    asked = urllib.request.Request(address, headers={"Range": "bytes=3-5"})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        assert (answer.status, answer.read()) == (206, SMALL[3:6])


def test_what_nobody_keeps_leaves_the_bucket(bucket: S3Server) -> None:
    adopted(SMALL)
    past_grace()
    assert sweeping.sweep() == 1 and not keys(bucket)


def test_without_the_bucket_everything_is_refused_and_nothing_lost(bucket: S3Server, alice: User) -> None:
    kept = actions.store(alice, None, "kept.txt", adopted(b"on the disk of the site"))
    unkept = adopted(SMALL)
    past_grace()
    coming = incoming.begin()
    bucket.program.kill()
    coming.append(LARGE)
    with pytest.raises(Unreachable) as refused:
        incoming.adopt(coming)
    assert refused.value.status == 503 and "try again" in refused.value.message
    with pytest.raises(Unreachable):
        reading.open(kept.blob)
    # What was to go stays known until it is gone.
    assert sweeping.sweep() == 0 and Blob.objects.get(pk=unkept.pk).state == "going"
    bucket.start()
    bucket.empty()
    blob = incoming.adopt(incoming.again(coming.id))
    with reading.open(blob) as file:
        assert file.read() == LARGE
    assert sweeping.sweep() == 1 and not Blob.objects.filter(pk=unkept.pk).exists()


def test_an_answer_that_breaks_off_is_an_error_and_not_an_end(
    bucket: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = adopted(LARGE)
    client = places.place("s3")._client  # type: ignore[attr-defined]
    get_object = client.get_object

    def broken(**asked: Any) -> Any:
        answer = get_object(**asked)
        pieces = iter([answer["Body"].read(1000)])
        answer["Body"].read = lambda size: next(pieces, b"")
        return answer

    monkeypatch.setattr(client, "get_object", broken)
    with reading.open(blob) as file, pytest.raises((OSError, Unreachable)):
        file.read()


def test_of_two_who_bring_the_same_at_once_the_second_is_told_that_it_is_there(
    bucket: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both go on with one upload in parts, and the first to end it ends it for the other."""
    place = places.place("s3")
    client = place._client  # type: ignore[attr-defined]
    upload_part = client.upload_part

    def after_another(**part: Any) -> Any:
        if part["PartNumber"] == 2:
            monkeypatch.undo()
            monkeypatch.setattr(bucket_code, "PART", PART)
            adopted(LARGE)
            # As S3 says it; moto's server breaks on it.
            raise ClientError({"Error": {"Code": "NoSuchUpload"}}, "UploadPart")
        return upload_part(**part)

    monkeypatch.setattr(client, "upload_part", after_another)
    blob = adopted(LARGE)
    assert (blob.place, Blob.objects.count(), keys(bucket)) == ("s3", 1, [blob.storage_name])
