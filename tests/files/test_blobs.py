"""Contents come in, lie once under their hash, are read, kept and let go."""

import asyncio
import hashlib
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from files.blobs import adopting, incoming, reading, references, states, sweeping
from files.blobs.trouble import Gone
from files.models import Blob
from meatlizard.errors import Invalid, NotFound
from tests.files.contents import adopted, past_grace

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

BYTES = b"Lizards bask on the south wall.\n" * 20_000


def test_bytes_come_out_as_they_went_in_and_lie_under_their_hash(settings: Any) -> None:
    blob = adopted(BYTES)
    sha256 = hashlib.sha256(BYTES).hexdigest()
    assert (blob.sha256, blob.size, blob.state, blob.references) == (sha256, len(BYTES), "ready", 0)
    path = reading.local_path(blob)
    assert path == Path(settings.MEDIA_ROOT) / "blobs" / sha256[:2] / sha256[2:4] / sha256
    assert path.read_bytes() == BYTES and path.stat().st_mode & 0o777 == 0o600
    assert not list(incoming.folder().iterdir())
    with reading.open(blob) as file:
        file.seek(-8, os.SEEK_END)
        assert file.read() == BYTES[-8:]


def test_pieces_are_of_the_part_that_was_asked_for() -> None:
    blob = adopted(BYTES)

    async def read(start: int, stop: int | None) -> bytes:
        return b"".join([piece async for piece in reading.pieces(blob, start, stop)])

    for start, stop in [(0, None), (0, 1), (7, 300_000), (len(BYTES) - 1, len(BYTES)), (5, 5)]:
        assert asyncio.run(read(start, stop)) == BYTES[start:stop]


def test_the_same_content_is_stored_once(settings: Any) -> None:
    one, other = adopted(BYTES), adopted(BYTES)
    assert one == other and Blob.objects.count() == 1
    assert len([path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]) == 1


def test_an_upload_goes_on_by_its_id_where_it_stopped() -> None:
    first = incoming.begin()
    first.append(BYTES[:100])
    first.sync()
    first.close()
    second = incoming.again(first.id)
    assert second.size == 100
    second.append(BYTES[100:])
    assert incoming.adopt(second).sha256 == hashlib.sha256(BYTES).hexdigest()


def test_a_hash_that_was_remembered_is_not_that_of_what_another_process_wrote() -> None:
    coming = incoming.begin()
    coming.append(b"good")
    coming.close()
    coming.path.write_bytes(b"evil")
    os.utime(coming.path, ns=(1, 1))
    again = incoming.again(coming.id)
    again.append(b" twin")
    assert again.digest() == hashlib.sha256(b"evil twin").hexdigest()


def test_what_was_cut_off_is_not_hashed() -> None:
    coming = incoming.begin()
    coming.append(b"good")
    coming.append(b"evil")
    coming.cut(4)
    assert (coming.size, coming.digest()) == (4, hashlib.sha256(b"good").hexdigest())


@pytest.mark.parametrize("key", ["", "../secret", "0" * 31, "g" * 32, "0" * 32, "A" * 32, "0" * 32 + "\n"])
def test_no_id_leads_elsewhere(key: str) -> None:
    with pytest.raises(NotFound):
        incoming.again(key)


def test_another_checksum_than_expected_is_refused_and_the_right_one_taken() -> None:
    coming = incoming.begin()
    coming.append(BYTES)
    with pytest.raises(Invalid):
        incoming.adopt(coming, expected_sha256="0" * 64)
    assert not Blob.objects.exists()
    assert incoming.adopt(coming, expected_sha256=hashlib.sha256(BYTES).hexdigest().upper()).size == len(BYTES)


def test_what_has_become_a_blob_cannot_be_written_to() -> None:
    coming = incoming.begin()
    coming.append(BYTES)
    blob = incoming.adopt(coming)
    for change in (
        lambda: coming.append(b"more"),
        lambda: coming.cut(1),
        lambda: incoming.again(coming.id).append(b"x"),
    ):
        with pytest.raises(Invalid):
            change()
    with reading.open(blob) as file:
        assert file.read() == BYTES


def test_a_blob_goes_a_day_after_the_last_who_kept_it() -> None:
    blob = adopted(BYTES)
    references.hold(blob)
    past_grace()
    sweeping.sweep()
    references.hold(blob)
    references.release_all([blob, blob])
    blob.refresh_from_db()
    assert blob.references == 0 and blob.unreferenced and blob.unreferenced <= timezone.now()
    sweeping.sweep()
    assert Blob.objects.exists() and reading.local_path(blob)
    past_grace()
    assert sweeping.sweep() == 1
    assert not Blob.objects.exists() and reading.local_path(blob) is None
    with pytest.raises(Gone):
        references.hold(blob)
    with pytest.raises(Gone):
        reading.open(blob)


def test_a_blob_that_comes_again_stays(settings: Any) -> None:
    blob = adopted(BYTES)
    past_grace()
    adopted(BYTES)
    assert sweeping.sweep() == 0
    references.hold(blob)


def test_a_content_that_comes_while_it_is_being_deleted_is_another_copy() -> None:
    blob = adopted(BYTES)
    Blob.objects.update(state=Blob.State.GOING)
    with pytest.raises(Gone):
        references.hold(blob)
    again = adopted(BYTES)
    assert (again.copy, again.state) == (1, "ready")
    # Whoever was deleting goes on, with what it knew.
    assert not sweeping._delete(blob)
    with reading.open(again) as file:
        assert file.read() == BYTES


def test_a_lost_content_is_there_again_when_somebody_brings_it() -> None:
    blob = adopted(BYTES)
    path = reading.local_path(blob)
    assert path is not None
    path.unlink()
    with reading.open(adopted(BYTES)) as file:
        assert file.read() == BYTES


@pytest.mark.parametrize("how", ["there", "lost"])
def test_what_is_in_quarantine_stays_there_whoever_brings_it(how: str) -> None:
    blob = adopted(BYTES)
    assert states.quarantine(blob.pk) and not states.quarantine(blob.pk)
    if how == "lost":
        path = reading.local_path(blob)
        assert path is not None
        path.unlink()
    again = adopted(BYTES)
    assert again.state == "quarantined" and not again.readable
    assert states.release(blob.pk) and not states.release(blob.pk)


def test_new_contents_wait_for_their_check_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    before = adopted(b"before")
    monkeypatch.setattr(adopting, "_first", [lambda: True])
    blob = adopted(BYTES)
    assert (before.state, blob.state) == ("ready", "checking")
    assert adopted(b"before").state == "ready"
    assert states.passed(blob.pk) and not states.passed(blob.pk)
    assert adopted(BYTES).readable
    assert states.check_again(blob.pk) and not adopted(BYTES).readable


@pytest.mark.parametrize(("free", "stays"), [(11, True), (9, False)])
def test_on_a_disk_that_is_nearly_full_what_nobody_keeps_goes_within_the_hour(
    monkeypatch: pytest.MonkeyPatch, free: int, stays: bool
) -> None:
    deleted, kept, young = adopted(b"deleted"), adopted(b"kept"), adopted(b"young")
    with transaction.atomic():
        references.hold(kept)
    Blob.objects.exclude(pk=young.pk).update(unreferenced=timezone.now() - 2 * sweeping.HURRY)
    Blob.objects.filter(pk=young.pk).update(unreferenced=timezone.now() - sweeping.HURRY / 2)
    monkeypatch.setattr(os, "statvfs", lambda _folder: SimpleNamespace(f_bavail=free, f_blocks=100))
    sweeping.sweep()
    assert Blob.objects.filter(pk=deleted.pk).exists() is stays
    assert Blob.objects.filter(pk__in=[kept.pk, young.pk]).count() == 2
