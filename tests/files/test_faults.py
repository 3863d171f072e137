"""The process killed at every step of storing a file, and a disk that is full in the middle of a write."""

import datetime
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site

from files import actions
from files.blobs import incoming, places, reading, sweeping
from files.models import Blob, File
from files.verifying import Report, orphans
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound
from meatlizard.storage.actions import used_by
from tests.faults.nursery import worker_environment
from tests.files import killed
from tests.files.contents import past_grace
from tests.services.programs import missing
from tests.services.site import ROOT


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
def test_killed_at_every_step_nothing_acknowledged_is_missing_and_nothing_leaks(
    alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.files.killed", str(tmp_path), str(alice.pk)], cwd=ROOT, env=worker_environment(),
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    lives = [json.loads(line) for line in done.stdout.splitlines()]
    assert lives and lives[-1]["ended"] and lives[-1]["status"] == 0, done.stderr
    assert len(lives) > 15, "it was killed at hardly any step"
    for life in lives:
        content = killed.CONTENT + str(life["at"]).encode()
        acknowledged = dict(reversed(line.split()) for line in life["said"])
        for key, word in acknowledged.items():
            if word == "stored":
                with reading.open(File.objects.get(pk=key).blob) as file:
                    assert file.read() == content
            elif not is_stored(content):
                # Whoever uploads it comes again with what it was told, and all of it is there.
                coming = incoming.again(key)
                blob = incoming.adopt(coming)
                assert blob.size == len(content)
                actions.store(alice, None, "again.txt", blob)
                coming.abandon()
    assert used_by(alice) == sum(File.objects.values_list("size", flat=True))
    assert_nothing_leaks(alice, monkeypatch)


def is_stored(content: bytes) -> bool:
    import hashlib

    return Blob.objects.filter(pk=hashlib.sha256(content).hexdigest(), references__gt=0).exists()


def assert_nothing_leaks(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is left when the person goes goes, too: within two days, which here are none."""
    alice.delete()
    monkeypatch.setattr(orphans, "GRACE", datetime.timedelta(days=-1))
    for _looked_at in orphans.look(Report()):
        pass
    past_grace()
    sweeping.sweep()
    monkeypatch.setattr(sweeping, "GRACE", datetime.timedelta(days=-1))
    sweeping.sweep()
    assert not Blob.objects.exists() and not list(places.place("local").names(""))
    assert not list(Path(site.INCOMING_DIR).iterdir())


def test_a_full_disk_refuses_cleanly_and_gives_the_room_back(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    script = f'mount -t tmpfs -o size=2m small "{disk}" && exec "{sys.executable}" -m tests.files.full_disk "{disk}"'
    try:
        done = subprocess.run(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script], cwd=ROOT,
            env=worker_environment(DATABASE_URL="sqlite://:memory:"), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        missing("unshare is not installed")
    if "unshare failed" in done.stderr or "permission denied" in done.stderr.lower():
        pytest.skip("This kernel gives nobody a namespace of their own.")
    said: dict[str, Any] = json.loads(done.stdout)
    assert said["refused"] == "507 disk_full"
    assert said["acked"] == said["size"] == said["on_disk"] == 6 * 300_000
    assert said["whole"] and said["free"] > 0
    assert said["free_after"] > 1_800_000 and said["other"] == 300_000


def test_what_cannot_be_synced_is_not_acknowledged(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    coming = incoming.begin()
    coming.append(b"wall")

    def fails(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.fsync", fails)
    with pytest.raises(Exception, match="cannot reach its storage"):
        incoming.adopt(coming)
    assert not Blob.objects.exists()
    monkeypatch.undo()
    assert incoming.again(coming.id).size == 4
    with pytest.raises(NotFound):
        incoming.again("0" * 32)
