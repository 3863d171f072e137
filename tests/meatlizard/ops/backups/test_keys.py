"""The site writes backups that it cannot read; whoever has the key can, with this program or with age alone."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pyrage
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management.base import CommandError
from django.db import connection

from meatlizard.accounts.models import User
from meatlizard.ops.backups import contents, keys
from meatlizard.ops.backups.trouble import BackupFailed, Damaged
from tests.meatlizard.ops.backups.conftest import FILES
from tests.meatlizard.ops.backups.making import held, kept, manage, objects, people, taken, verified
from tests.people import person
from tests.services.programs import missing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def key(home: Path, settings: Any) -> Path:
    """A file as age-keygen writes it; the site has only its public half."""
    identity = pyrage.x25519.Identity.generate()
    settings.BACKUP_RECIPIENTS = [str(identity.to_public())]
    file = home / "key.txt"
    file.write_text(f"# created: 2026-01-02\n# public key: {identity.to_public()}\n{identity}\n")
    return file


@pytest.mark.both_databases
def test_only_the_key_opens_it(alice: User, key: Path, home: Path) -> None:
    taken()
    stored = b"".join(path.read_bytes() for path in kept().rglob("*") if path.is_file())
    assert b"lizard" not in stored.replace(b"meatlizard", b"") and b"a.txt" not in stored
    said = manage("backup", "--verify", "newest")
    assert "every byte" in said and "nobody here can read it" in said and "restored" not in said
    with pytest.raises(CommandError, match="encrypted: give --identity"):
        manage("restore", "newest", "--replace", "--yes")
    other = home / "other.txt"
    other.write_text(str(pyrage.x25519.Identity.generate()))
    for command in (("restore", "newest", "--replace", "--yes"), ("backup", "--verify", "newest")):
        with pytest.raises(CommandError, match="None of the identities"):
            manage(*command, "--identity", str(other))
    assert people() == ["alice"]
    assert "restored on trial" in manage("backup", "--verify", "newest", "--identity", str(key))
    person("bob")
    for name in FILES:
        default_storage.delete(name)
    manage("restore", "newest", "--replace", "--yes", "--identity", str(key))
    assert people() == ["alice"] and held() == FILES


def test_the_next_one_sends_only_what_is_new_without_being_able_to_read(alice: User, key: Path) -> None:
    assert (taken().new, taken().new) == (3, 0)


@pytest.mark.parametrize("before", ["nobody", "somebody else"])
def test_who_is_to_read_it_now_can_read_all_of_it(alice: User, key: Path, settings: Any, before: str) -> None:
    """What lies there for others, or in clear text, is of no use to a set for these."""
    now = settings.BACKUP_RECIPIENTS
    other = pyrage.x25519.Identity.generate()
    settings.BACKUP_RECIPIENTS = [str(other.to_public())] if before == "somebody else" else []
    first = taken()
    settings.BACKUP_RECIPIENTS = now
    assert (taken().new, taken().new) == (len(FILES), 0)
    for name in FILES:
        default_storage.delete(name)
    manage("restore", "newest", "--replace", "--yes", "--identity", str(key))
    assert held() == FILES
    assert verified(first.id, identities=[other]).deep, "and the former ones theirs"


def test_no_set_is_harmed_by_later_ones(alice: User, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that went and came back: encrypted once more it is other bytes than those that the first set tells of."""
    monkeypatch.setattr(contents, "_unchanging", ["a.txt"])
    first = taken()
    default_storage.delete("a.txt")
    taken()
    default_storage.save("a.txt", ContentFile(FILES["a.txt"]))
    taken()
    assert verified(first.id).whole


def test_what_was_found_damaged_in_one_set_harms_none_that_came_since(alice: User, key: Path) -> None:
    first = taken()
    harmed = max(objects(), key=lambda path: path.stat().st_size)
    harmed.write_bytes(b"\0" + harmed.read_bytes()[1:])
    for _ in range(2):
        with pytest.raises(Damaged):
            verified(first.id)
    second = taken()
    assert second.new == 1 and verified(second.id).whole
    with pytest.raises(Damaged):
        verified(first.id)
    assert taken().new == 0
    assert verified(second.id).whole


def test_a_site_may_hold_the_key_itself(alice: User, key: Path, settings: Any) -> None:
    settings.BACKUP_IDENTITY = key.read_text()
    taken()
    assert "restored on trial" in manage("backup", "--verify", "newest")


def test_any_age_opens_it(alice: User, key: Path, home: Path) -> None:
    made = taken()
    if shutil.which("age") is None or shutil.which("zstd") is None:
        missing("The programs age and zstd are not installed")
    contents = set()
    for path in [kept() / "sets" / made.id / "database", *objects()]:
        command = f"age -d -i '{key}' '{path}' | zstd -dc"
        contents.add(subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, check=True).stdout)
    assert set(FILES.values()) < contents
    if connection.vendor == "sqlite":
        assert any(content.startswith(b"SQLite format 3\0") for content in contents)


def test_what_is_no_key_is_said_without_repeating_it(settings: Any) -> None:
    settings.BACKUP_RECIPIENTS = ["age1nonsense"]
    with pytest.raises(BackupFailed, match="Recipient 1 of BACKUP_RECIPIENTS"):
        keys.recipients()
    settings.BACKUP_RECIPIENTS = ["ssh-ed25519 nonsense"]
    with pytest.raises(BackupFailed, match="Recipient 1"):
        keys.recipients()
    for given in (
        "AGE-SECRET-KEY-1HUSH",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nHUSH\n-----END OPENSSH PRIVATE KEY-----",
    ):
        with pytest.raises(BackupFailed, match="none of age's") as refused:
            keys.identities(given)
        assert "HUSH" not in refused.value.message


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_keys_of_ssh_do_as_well(alice: User, home: Path, settings: Any) -> None:
    file = home / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)], check=True)
    settings.BACKUP_RECIPIENTS = [file.with_suffix(".pub").read_text().strip()]
    taken()
    assert verified(identities=keys.identities(file.read_text())).deep


def test_settings_are_in_it_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    from meatlizard.ops.backups import given

    monkeypatch.setenv("SITE_URL", "https://chat.example.org")
    monkeypatch.setenv("DATABASE_URL", "postgresql://site:hunter2@db.example.org:5432/site?sslpassword=hunter2")
    monkeypatch.setenv("REDIS_URL", "redis://:hunter2@localhost/0")
    for name in (
        "SECRET_KEY",
        "S3_SECRET_ACCESS_KEY",
        "S3_ACCESS_KEY_ID",
        "DISCORD_TOKEN",
        "HEALTH_TOKEN",
        "BACKUP_IDENTITY",
    ):
        monkeypatch.setenv(name, "hunter2")
    found = given.plain()
    assert found["SITE_URL"] == "https://chat.example.org"
    assert found["DATABASE_URL"] == "postgresql://db.example.org:5432/site"
    assert "hunter2" not in str(found) and "SECRET_KEY" not in found
