"""A backup is known for damaged when one byte of it is, wherever that is; nothing is restored from it, and the next one mends it."""

import random
from pathlib import Path
from typing import Any

import pyrage
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management.base import CommandError

from meatlizard.accounts.models import User
from meatlizard.ops.backups import finding, layout
from meatlizard.ops.backups.trouble import BackupFailed, Damaged
from tests.meatlizard.ops.backups.making import held, kept, manage, objects, people, taken, verified

pytestmark = pytest.mark.django_db(transaction=True)


def parts() -> list[Path]:
    return sorted(path for path in kept().rglob("*") if path.is_file() and path.name != layout.VERIFIED)


def look() -> None:
    with finding.opened("newest", str(kept()), []) as found:
        found.check()


@pytest.mark.parametrize("encrypted", [False, True])
def test_one_byte_in_a_hundred_places_and_in_every_part(alice: User, settings: Any, encrypted: bool) -> None:
    if encrypted:
        settings.BACKUP_RECIPIENTS = [str(pyrage.x25519.Identity.generate().to_public())]
    default_storage.save("noise", ContentFile(random.Random(1).randbytes(200_000)))
    taken()
    whole = {path: path.read_bytes() for path in parts()}
    length = sum(map(len, whole.values()))
    places = [length * step // 100 for step in range(100)] + [length - 1]
    before, chance = 0, random.Random(20)
    for path, data in whole.items():
        within = [place - before for place in places if before <= place < before + len(data)]
        for place in {*within, 0, len(data) - 1, len(data) // 2}:
            harmed = bytearray(data)
            harmed[place] ^= 1 << chance.randrange(8)
            path.write_bytes(harmed)
            with pytest.raises(Damaged):
                look()
        path.write_bytes(data)
        before += len(data)
    look()


def test_what_is_cut_longer_missing_or_something_else_is_found(alice: User) -> None:
    taken()
    for path in parts():
        data = path.read_bytes()
        for other in (b"", data[:-1], data[: len(data) // 2], data + b"\0", b"{}", b"No set at all. " * 5_000):
            path.write_bytes(other)
            with pytest.raises(Damaged):
                look()
        path.unlink()
        with pytest.raises(BackupFailed):
            look()
        path.write_bytes(data)
    look()


def test_nothing_is_restored_from_a_damaged_one(alice: User) -> None:
    taken()
    (kept() / "sets").glob("*/database").__next__().write_bytes(b"nonsense")
    with pytest.raises(CommandError, match="damaged"):
        manage("restore", "newest", "--replace", "--yes")
    assert people() == ["alice"]


@pytest.mark.parametrize("how", ["flipped", "lost", "cut"])
def test_the_next_backup_mends_what_was_found(alice: User, how: str) -> None:
    taken()
    harmed = max(objects(), key=lambda path: path.stat().st_size)
    data = harmed.read_bytes()
    if how == "lost":
        harmed.unlink()
    else:
        harmed.write_bytes(data[:-1] if how == "cut" else bytes([data[0] ^ 1]) + data[1:])
    with pytest.raises(Damaged):
        verified()
    assert taken().new == 1
    assert verified().whole
    assert not list((kept() / "damaged").glob("*"))
    assert held()


def test_a_quick_look_reads_only_what_came_with_the_set(alice: User) -> None:
    taken()
    harmed = max(objects(), key=lambda path: path.stat().st_size)
    data = harmed.read_bytes()
    default_storage.save("new", ContentFile(b"new"))
    taken()
    harmed.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    said = verified(whole=False)
    assert said.deep and not said.whole
    with pytest.raises(Damaged):
        verified()
    harmed.unlink()
    with pytest.raises(Damaged, match="missing"):
        verified(whole=False)
