"""Backups in a bucket: sent in parts while they are made, whole or not at all."""

import os
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from meatlizard.accounts.models import User
from meatlizard.ops.backups import finding, places
from meatlizard.ops.backups.places import bucket as buckets
from meatlizard.ops.backups.trouble import BackupFailed, Damaged
from tests.meatlizard.ops.backups.conftest import FILES
from tests.meatlizard.ops.backups.making import held, manage, people, taken, verified
from tests.people import person
from tests.services.s3 import BUCKET, S3Server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def s3_place(s3: S3Server, settings: Any) -> S3Server:
    s3.empty()
    settings.BACKUP_TO = f"s3://{BUCKET}/site/backups"
    settings.BACKUP_S3_ENDPOINT_URL, settings.BACKUP_S3_REGION = s3.url, "us-east-1"
    settings.BACKUP_S3_ACCESS_KEY_ID, settings.BACKUP_S3_SECRET_ACCESS_KEY = "key", "secret"
    return s3


def test_it_comes_back_from_a_bucket(alice: User, s3_place: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    # S3 itself takes no part below 5 MiB but the last.
    monkeypatch.setattr(buckets, "PART", 5 << 20)
    large = os.urandom(11 << 20)
    default_storage.save("large", ContentFile(large))
    first, second = taken(), taken()
    assert (first.new, second.new) == (4, 0)
    assert {one["Key"].split("/")[0] for one in s3_place.client().list_objects_v2(Bucket=BUCKET)["Contents"]} == {
        "site"
    }
    assert verified().deep
    person("bob")
    for name in (*FILES, "large"):
        default_storage.delete(name)
    manage("restore", "newest", "--replace", "--yes")
    assert people() == ["alice"] and held() == {**FILES, "large": large}


def test_damage_in_a_bucket_is_found_and_mended(alice: User, s3_place: S3Server) -> None:
    taken()
    place = places.usual()
    harmed = max(place.names("files/"), key=lambda one: one.size)
    with place.reading(harmed.name) as source:
        data = source.read()
    with place.writing(harmed.name) as out:
        out.write(bytes([data[0] ^ 1]) + data[1:])
    with pytest.raises(Damaged):
        verified()
    assert taken().new == 1 and verified().whole


def test_what_is_given_up_leaves_nothing(s3_place: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "PART", 5 << 20)
    place = places.usual()

    def give_up() -> None:
        with place.writing("x") as out:
            out.write(bytes(6 << 20))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        give_up()
    assert not list(place.names(""))
    assert "Uploads" not in s3_place.client().list_multipart_uploads(Bucket=BUCKET)
    with pytest.raises(FileNotFoundError), place.reading("x"):
        pass


def test_a_bucket_that_refuses_or_is_away_is_named(alice: User, s3_place: S3Server, settings: Any) -> None:
    settings.BACKUP_TO = "s3://nobodys/x"
    with pytest.raises(BackupFailed, match="NoSuchBucket"):
        taken()
    settings.BACKUP_TO = f"s3://{BUCKET}/x"
    settings.BACKUP_S3_ENDPOINT_URL = "http://127.0.0.1:9"
    with pytest.raises(BackupFailed, match="does not answer"):
        finding.ended(places.usual())
