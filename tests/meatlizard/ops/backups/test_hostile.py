"""A backup that somebody else wrote does no more than a database can: it writes nowhere else, and fills neither disk nor memory."""

import json
import random
from pathlib import Path

import pytest
import zstandard
from django.core.files.storage import default_storage
from django.core.management.base import CommandError

from meatlizard.accounts.models import User
from meatlizard.ops.backups import layout, packing
from meatlizard.ops.backups.packing import Packed
from meatlizard.ops.backups.trouble import BackupFailed, Damaged
from tests.meatlizard.ops.backups.making import held, kept, manage, taken, verified
from tests.meatlizard.ops.backups.rewriting import forged, rewritten

pytestmark = pytest.mark.django_db(transaction=True)

OUTSIDE = ("../evil", "/etc/evil", "a/../../evil", "a//evil", "./evil", "a\\..\\evil", "evil\0", "..", ".", "a/")


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_file_comes_to_lie_outside(alice: User, home: Path, name: str) -> None:
    made = taken()
    before = sorted(home.rglob("*"))

    def outside(text: bytes) -> bytes:
        first, *rest = text.splitlines()
        return b"\n".join([json.dumps({**json.loads(first), "name": name}).encode(), *rest])

    which = forged(made, {layout.FILES: outside})
    for command in (("backup", "--verify", which), ("restore", which, "--replace", "--yes")):
        with pytest.raises(CommandError, match="outside of the storage"):
            manage(*command)
    assert {path for path in home.rglob("*") if kept() not in path.parents} == {
        path for path in before if kept() not in path.parents
    }
    assert held()


def test_objects_are_named_by_sums_alone(alice: User) -> None:
    made = taken()

    def elsewhere(text: bytes) -> bytes:
        first, *rest = text.splitlines()
        return b"\n".join([json.dumps({**json.loads(first), "object": "../../sets/x"}).encode(), *rest])

    for part in (layout.FILES, "index-0001"):
        with pytest.raises(Damaged, match="list of the backup cannot be read"):
            verified(forged(made, {part: elsewhere}))


def test_sizes_that_lie(alice: User) -> None:
    made = taken()

    def longer(text: bytes) -> bytes:
        return b"\n".join(json.dumps({**json.loads(line), "size": 1}).encode() for line in text.splitlines())

    which = forged(made, {"index-0001": longer})
    default_storage.delete("deep/er/ü.bin")
    with pytest.raises(CommandError, match="longer than the backup says"):
        manage("restore", which, "--replace", "--yes")
    with pytest.raises(Damaged, match="not as many files"):
        verified(forged(made, {}, files=2))
    with pytest.raises(Damaged, match="that of another backup"):
        verified(rewritten(made, lambda _: {"id": made.id}))


def test_a_bomb_goes_no_further_than_it_says() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(300 << 20))
    expected = Packed(1_000, "0" * 64, len(bomb), "0" * 64)
    written = []

    class Sink:
        def write(self, data: bytes) -> None:
            written.append(len(data))

    import io

    with pytest.raises(Damaged, match="longer than"):
        packing.unpack(io.BytesIO(bomb), Sink(), expected, None, None)
    assert sum(written) == 0
    with pytest.raises(Damaged):
        packing.decompressed(io.BytesIO(bomb), 1_000)


def test_a_window_larger_than_memory_is_refused() -> None:
    import io

    parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=27)
    noise = random.Random(1).randbytes(1_000)
    stream = io.BytesIO()
    with zstandard.ZstdCompressor(compression_params=parameters).stream_writer(stream, closefd=False) as out:
        out.write(noise)
    data = stream.getvalue()
    with pytest.raises(Damaged):
        packing.decompressed(io.BytesIO(data), 10_000)


def test_a_newer_format_is_named_and_nonsense_is_damage() -> None:
    with pytest.raises(BackupFailed, match="has format 9; this program reads up to 2"):
        layout.read_head(b'{"format": 9}', "20260101-000000-000000")
    for text in (b"", b"[]", b"{}", b'{"format": 2}', b'{"format": "x"}', b"\xff" * 9, b"[" * 100_000):
        with pytest.raises(Damaged):
            layout.read_head(text, "20260101-000000-000000")


def test_a_head_under_another_name_is_refused(alice: User) -> None:
    made = taken()
    folder = kept() / "sets" / made.id
    folder.rename(folder.with_name("20990101-000000-000000"))
    with pytest.raises(Damaged):
        verified()


def test_who_made_it_is_known_by_the_secret_key(alice: User, settings: object) -> None:
    taken()
    assert "made by this site" in manage("restore", "newest", "--plan")
    settings.SECRET_KEY = "another"  # type: ignore[attr-defined]
    assert "under another SECRET_KEY" in manage("restore", "newest", "--plan")
    assert taken().new == 3
