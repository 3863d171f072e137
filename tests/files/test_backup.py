"""A backup of the site has its files, and brings them back to people."""

from pathlib import Path
from typing import Any

import pytest

from files import actions
from files.blobs import places, reading
from files.models import Blob, File
from meatlizard.accounts.models import User
from meatlizard.ops.backups import places as kept
from meatlizard.ops.backups import restoring, taking
from tests.files.contents import adopted
from tests.services.s3 import S3Server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    settings.BACKUP_TO = ""


def read(name: str) -> bytes:
    with reading.open(File.objects.get(name=name).blob) as file:
        return file.read()


@pytest.mark.both_databases
def test_files_are_there_again_with_who_keeps_them(alice: User) -> None:
    blob = actions.store(alice, None, "wall.txt", adopted(b"wall")).blob
    actions.store(alice, None, "again.txt", blob)
    taking.take(kept.usual())
    for place in places.names():
        places.place(place).delete(blob.storage_name)
    alice.delete()
    restoring.restore("newest", "", [], lambda plan: True)
    assert read("wall.txt") == read("again.txt") == b"wall"
    assert Blob.objects.get().references == 2


def test_what_lies_in_either_place_is_in_it_and_comes_back_where_new_things_go(
    bucket: S3Server, settings: Any, alice: User
) -> None:
    settings.STORAGE = "local"
    actions.store(alice, None, "disk.txt", adopted(b"on the disk"))
    settings.STORAGE = "s3"
    actions.store(alice, None, "bucket.txt", adopted(b"in the bucket"))
    taking.take(kept.usual())
    for place in map(places.place, places.names()):
        for found in list(place.names("blobs/")):
            place.delete(found.name)
    restoring.restore("newest", "", [], lambda plan: True)
    assert (read("disk.txt"), read("bucket.txt")) == (b"on the disk", b"in the bucket")
    assert len(list(places.place("s3").names("blobs/"))) == 2
