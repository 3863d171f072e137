"""manage.py files_migrate: contents change places while the site runs, and none is deleted before it was compared where it went."""

import io
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from files import actions, moving
from files.blobs import places, reading
from files.blobs.trouble import Gone, Unreachable
from files.models import Blob
from meatlizard.accounts.models import User
from tests.files.contents import adopted
from tests.services.s3 import S3Server

pytestmark = pytest.mark.django_db


def migrate(to: str) -> str:
    out = io.StringIO()
    call_command("files_migrate", "--to", to, stdout=out)
    return out.getvalue()


def read(blob: Blob) -> bytes:
    with reading.open(blob) as file:
        return file.read()


def lying(place: str) -> list[str]:
    return [found.name for found in places.place(place).names("blobs/")]


@pytest.fixture
def on_disk(bucket: S3Server, settings: Any, alice: User) -> list[Blob]:
    """Three contents on the local disk, of a site that has a bucket by now."""
    settings.STORAGE = "local"
    return [actions.store(alice, None, "a.txt", adopted(b"wall %d" % number)).blob for number in range(3)]


def test_contents_go_into_the_bucket_and_back(on_disk: list[Blob]) -> None:
    stale = [Blob.objects.get(pk=blob.pk) for blob in on_disk]
    assert "contents: 3 moved" in migrate("s3")
    assert set(Blob.objects.values_list("place", flat=True)) == {"s3"}
    assert not lying("local") and len(lying("s3")) == 3
    # Whoever has read the row before still finds the content.
    assert [read(blob) for blob in stale] == [b"wall 0", b"wall 1", b"wall 2"]
    assert "contents: 3 moved" in migrate("local")
    assert len(lying("local")) == 3 and not lying("s3")
    assert "contents: 0 moved" in migrate("local")


def test_new_things_go_where_the_setting_says_and_a_second_run_brings_them(on_disk: list[Blob], settings: Any) -> None:
    assert "Set STORAGE=s3" in migrate("s3")
    late = adopted(b"late")
    assert late.place == "local"
    settings.STORAGE = "s3"
    said = migrate("s3")
    assert "contents: 1 moved" in said and "Set STORAGE" not in said
    late.refresh_from_db()
    assert late.place == adopted(b"newer").place == "s3"


def test_killed_between_two_steps_it_goes_on(on_disk: list[Blob], monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = sorted(on_disk, key=lambda blob: blob.pk)
    local, s3 = places.place("local"), places.place("s3")
    # Copied, and not deleted where it was; copied and deleted, and its row not written.
    for blob in (first, second):
        path = local.path(blob.storage_name)
        assert path is not None
        s3.put(path, blob.storage_name)
    Blob.objects.filter(pk=first.pk).update(place="s3")
    local.delete(second.storage_name)
    assert read(first) and read(second) and read(third)
    assert "contents: 2 moved" in migrate("s3")
    assert set(Blob.objects.values_list("place", flat=True)) == {"s3"} and len(lying("s3")) == 3


def test_what_is_damaged_stays_and_is_named(on_disk: list[Blob]) -> None:
    path = places.place("local").path(on_disk[0].storage_name)
    assert path is not None
    path.write_bytes(b"wa!l 0")
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("files_migrate", "--to", "s3", stdout=out)
    assert f"not moved: {on_disk[0].pk}" in out.getvalue() and "contents: 2 moved" in out.getvalue()
    assert path.exists() and Blob.objects.get(pk=on_disk[0].pk).place == "local"


def test_without_the_bucket_nothing_moves_and_the_next_run_does(on_disk: list[Blob], bucket: S3Server) -> None:
    bucket.program.kill()
    with pytest.raises(CommandError, match="goes on where it stopped"):
        migrate("s3")
    with pytest.raises(Unreachable):
        next(moving.contents(moving.Moved(), "s3"))
    assert len(lying("local")) == 3 and set(Blob.objects.values_list("place", flat=True)) == {"local"}
    bucket.start()
    bucket.empty()
    assert "contents: 3 moved" in migrate("s3")


def test_what_other_apps_have_stored_is_copied_and_stays(on_disk: list[Blob]) -> None:
    storages["local"].save("pastes/ab/one", ContentFile(b"paste"))
    assert "others: 1 copied" in migrate("s3")
    assert storages["s3"].open("pastes/ab/one").read() == storages["local"].open("pastes/ab/one").read() == b"paste"
    assert "others: 0 copied" in migrate("s3")


def test_without_a_bucket_it_says_what_to_set(alice: User) -> None:
    with pytest.raises(CommandError, match="S3_BUCKET"):
        migrate("s3")


def test_a_bucket_that_was_taken_out_of_the_settings_has_nothing(
    on_disk: list[Blob], settings: Any, alice: User
) -> None:
    settings.STORAGE = "s3"
    there = adopted(b"in the bucket")
    settings.STORAGES = {name: one for name, one in settings.STORAGES.items() if name != "s3"}
    settings.STORAGE = "local"
    with pytest.raises(Gone):
        reading.open(there)
    assert reading.local_path(there) is None and reading.presigned(there, 60, "attachment", "text/plain") is None
    assert read(on_disk[0]) == b"wall 0"
    again = adopted(b"in the bucket")
    assert (again.place, read(again)) == ("local", b"in the bucket")
