"""What older versions wrote is verified and restored still, by the name of its file."""

import random
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management.base import CommandError

from meatlizard.accounts.models import User
from meatlizard.ops.backups import tar_sets
from meatlizard.ops.backups.trouble import Damaged
from tests.meatlizard.ops.backups.conftest import FILES
from tests.meatlizard.ops.backups.making import held, manage, people
from tests.meatlizard.ops.backups.old_format import written
from tests.people import person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def old(alice: User, home: Path) -> Path:
    return written(home / "meatlizard-20260102-030405.tar", home)


@pytest.mark.both_databases
def test_an_old_backup_comes_back(old: Path) -> None:
    said = manage("backup", "--verify", str(old))
    assert "Whole" in said and "restored on trial" in said
    person("bob")
    for name in FILES:
        default_storage.delete(name)
    assert "tells nothing of who made it" in manage("restore", str(old), "--replace", "--yes")
    assert people() == ["alice"] and held() == FILES


def test_a_flipped_byte_is_found_wherever_it_is(old: Path) -> None:
    whole = old.read_bytes()
    chance = random.Random(20)
    places = [0, len(whole) - 1, len(whole) - 5_000, *(chance.randrange(len(whole)) for _ in range(15))]
    # Where little stands: the manifest and the seal, after the last file.
    end = len(whole.rstrip(b"\0"))
    places += [end - 1, end - 600, *(chance.randrange(end - 4_000, end) for _ in range(10))]
    for place in places:
        harmed = bytearray(whole)
        harmed[place] ^= 1 << chance.randrange(8)
        old.write_bytes(harmed)
        with pytest.raises(Damaged), tar_sets.reading(old):
            pass


def test_what_was_cut_off_or_is_something_else_is_found(old: Path) -> None:
    whole = old.read_bytes()
    end = len(whole.rstrip(b"\0"))
    for data in (b"", b"x", b"\0" * 20_480, whole[:512], whole[:-512], whole[:end], whole[: len(whole) // 2], whole + b"\0" * 10_240,
                 b"No tar at all. " * 5_000):  # fmt: skip
        old.write_bytes(data)
        with pytest.raises(Damaged), tar_sets.reading(old):
            pass
    with pytest.raises(CommandError):
        manage("restore", str(old), "--replace", "--yes")
    assert people() == ["alice"]
    with pytest.raises(CommandError, match="No such file"):
        manage("backup", "--verify", "/nowhere.tar")
