"""A backup holds the whole site, brings it back, and is known for damaged when one byte of it is; nothing is lost on the way."""

import io
import random
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from pytest_django import Settings

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid
from meatlizard.jobs.models import Job
from meatlizard.jobs.worker import run_job
from meatlizard.moderation.models import AuditEntry
from meatlizard.ops.backups import actions, postgres, restoring, room, sets, taking, verifying
from meatlizard.ops.backups.trouble import BackupFailed, Damaged
from tests.people import person
from tests.services.site import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

FILES = {"a.txt": b"lizard", "deep/er/ü.bin": bytes(range(256)) * 40, "empty": b""}


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    for name, data in FILES.items():
        default_storage.save(name, ContentFile(data))
    return tmp_path


def held() -> dict[str, bytes]:
    return {name: default_storage.open(name).read() for name in taking.stored()}


def taken() -> Path:
    return taking.take(room.usual()).path


def manage(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def rewritten(path: Path, **about: Any) -> Path:
    """The same set with something else in its manifest, sealed as if it had been made so."""
    new = path.with_name("rewritten.tar")
    with sets.reading(path) as reader, new.open("wb") as out, sets.writing(out) as writer:
        for part in reader.parts:
            writer.add(part.name, io.BytesIO(reader.open(part.name).read()))
        kept = {name: value for name, value in reader.manifest.items() if name not in ("format", "parts")}
        writer.close({**kept, **about})
    return new


def people() -> list[str]:
    return list(User.objects.order_by("username").values_list("username", flat=True))


@pytest.mark.both_databases
def test_what_was_lost_comes_back(alice: User, home: Path) -> None:
    said = manage("backup", "--to", str(home / "elsewhere"))
    assert "INFERENCE_SERVER_KEY and SECRET_KEY" in said and f"{len(FILES)} stored file(s)" in said
    (path,) = (home / "elsewhere").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert "Whole" in manage("backup", "--verify", str(path))
    User.objects.all().delete()
    for name in FILES:
        default_storage.delete(name)
    assert "1 account(s), 3 stored file(s)" in manage("restore", str(path))
    assert people() == ["alice"] and held() == FILES
    assert User.objects.get().check_password("correct horse battery lizard")
    assert person("bob").pk > alice.pk, "the counter of keys was not brought back"


@pytest.mark.both_databases
def test_a_site_with_people_is_replaced_only_on_a_clear_word(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    path = taken()
    person("bob")
    default_storage.delete("a.txt")
    default_storage.save("a.txt", ContentFile(b"another"))
    default_storage.save("new", ContentFile(b"new"))
    with pytest.raises(CommandError, match=r"has 2 account\(s\). Give --replace"):
        manage("restore", str(path))
    with pytest.raises(CommandError, match="Give --yes"):
        manage("restore", str(path), "--replace")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    with pytest.raises(CommandError, match="Nothing was changed"):
        manage("restore", str(path), "--replace")
    assert people() == ["alice", "bob"] and held()["a.txt"] == b"another"
    assert "1 file(s) in the storage are not of this backup" in manage("restore", str(path), "--replace", "--yes")
    assert people() == ["alice"] and held() == {**FILES, "new": b"new"}


@pytest.mark.both_databases
def test_only_the_same_kind_and_no_newer_version(alice: User) -> None:
    path = taken()
    other = rewritten(path, database="sqlite" if connection.vendor == "postgresql" else "postgresql")
    with pytest.raises(BackupFailed, match="only the same kind"):
        verifying.verify(other)
    with sets.reading(path) as reader:
        migrations, rows = reader.manifest["migrations"], reader.manifest["rows"]
    assert rows["accounts_user"] == 1
    with pytest.raises(Damaged, match="migrations are not those"):
        verifying.verify(rewritten(path, migrations=[*migrations, "chat.9999_future"]))
    with pytest.raises(Damaged, match="accounts_user"):
        verifying.verify(rewritten(path, rows={**rows, "accounts_user": 2}))
    with pytest.raises(BackupFailed, match=r"chat.9999_future"):
        restoring._known([*migrations, "chat.9999_future"])
    restoring._known(migrations)


@pytest.mark.both_databases
def test_a_role_that_may_create_no_database_is_told_what_was_not_proved(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = taken()
    if connection.vendor == "sqlite":
        assert verifying.verify(path)[1] == ""
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'meatlizard_trial%'")
        verifying.verify(path)
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'meatlizard_trial%'")
        assert cursor.fetchone() == (0,), "the scratch database was left"
    monkeypatch.setattr(postgres.Postgres, "_may_create", lambda *_: False)
    assert "listed and not restored" in verifying.verify(path)[1]
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(BackupFailed, match="pg_dump is not installed"):
        taken()


def test_no_list_of_processes_shows_the_password() -> None:
    there = {
        "NAME": "site",
        "HOST": "db.example.org",
        "PASSWORD": "hunter2",
        "OPTIONS": {"pool": {}, "sslmode": "require"},
    }
    assert postgres._place(there) == "sslmode=require host=db.example.org dbname=site"
    assert "PGPASSWORD=hunter2" in postgres._run(there, "env", connect=False).splitlines()
    with pytest.raises(BackupFailed) as refused:
        postgres._run(there, "false", "hunter2")
    assert "hunter2" not in refused.value.message


def test_a_flipped_byte_is_found_wherever_it_is(alice: User) -> None:
    path = taken()
    whole = path.read_bytes()
    chance = random.Random(20)
    places = [0, len(whole) - 1, len(whole) - 5_000, *(chance.randrange(len(whole)) for _ in range(30))]
    # Where little stands: the manifest and the seal, after the last file.
    end = len(whole.rstrip(b"\0"))
    places += [end - 1, end - 600, *(chance.randrange(end - 4_000, end) for _ in range(15))]
    for place in places:
        harmed = bytearray(whole)
        harmed[place] ^= 1 << chance.randrange(8)
        path.write_bytes(harmed)
        with pytest.raises(Damaged):
            verifying.verify(path)
    path.write_bytes(whole)
    verifying.verify(path)


def test_what_was_cut_off_or_is_something_else_is_found(alice: User) -> None:
    path = taken()
    whole = path.read_bytes()
    end = len(whole.rstrip(b"\0"))
    for data in (b"", b"x", b"\0" * 20_480, whole[:512], whole[:-512], whole[:end], whole[: len(whole) // 2], whole + b"\0" * 10_240,
                 b"No tar at all. " * 5_000):  # fmt: skip
        path.write_bytes(data)
        with pytest.raises(Damaged):
            verifying.verify(path)
        with pytest.raises(CommandError):
            manage("restore", str(path), "--replace", "--yes")
    assert people() == ["alice"]
    with pytest.raises(CommandError, match="No such file"):
        manage("backup", "--verify", "/nowhere.tar")


KILLED = """
import os, signal, sys
from pathlib import Path
from meatlizard.ops.backups import sqlite
steps = []
def progress(*_):
    steps.append(1)
    if len(steps) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
sqlite.PAGES = 5
sqlite._until = lambda end: progress
sqlite.Sqlite().replace({"NAME": sys.argv[1]}, Path(sys.argv[2]))
"""


def test_a_killed_restore_leaves_the_old_database(home: Path) -> None:
    old, new = home / "old.sqlite3", home / "new.sqlite3"
    for path, word in ((old, "old"), (new, "new")):
        with sqlite3.connect(path) as link:
            link.execute("PRAGMA journal_mode=WAL" if path == old else "PRAGMA journal_mode=DELETE")
            link.execute("CREATE TABLE said (word)")
            link.executemany("INSERT INTO said VALUES (?)", [(word * 300,)] * 500)
        link.close()
    ended = subprocess.run([sys.executable, "-c", KILLED, str(old), str(new)], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    with sqlite3.connect(old) as link:
        assert link.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert link.execute("SELECT DISTINCT word, count(*) FROM said").fetchall() == [("old" * 300, 500)]
    link.close()


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("where", ["database", "files"])
def test_a_full_disk_is_said_and_leaves_nothing(alice: User, where: str) -> None:
    size = taking.take(room.usual()).path.stat().st_size
    before = sorted(room.usual().iterdir())
    if where == "files":
        default_storage.save("large", ContentFile(bytes(2_000_000)))
    limit = 100_000 if where == "database" else size + 1_000_000
    with files_no_larger_than(limit), pytest.raises(BackupFailed, match="no room left on the disk") as refused:
        taken()
    assert refused.value.code == "disk_full"
    assert sorted(room.usual().iterdir()) == before


@pytest.mark.both_databases
def test_a_file_that_vanishes_meanwhile_is_noted(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "stored", lambda: iter([*FILES, "gone"]))
    made = taking.take(room.usual())
    assert (made.files, made.vanished) == (3, 1)
    with sets.reading(made.path) as reader:
        assert reader.manifest["vanished"] == ["gone"]


def test_one_at_a_time_and_what_a_killed_one_left_goes(alice: User) -> None:
    left = room.usual() / f"{room.UNFINISHED}1" / "set"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    with room.alone(), pytest.raises(BackupFailed, match="already"):
        taken()
    assert left.exists()
    assert [taken(), taken()] == sorted(room.usual().iterdir())


@pytest.mark.both_databases
def test_operators_have_one_made_in_the_background(alice: User, olga: User) -> None:
    with pytest.raises(Forbidden):
        actions.begin(alice)
    job = actions.begin(olga)
    with pytest.raises(Invalid, match="already"):
        actions.begin(olga)
    assert actions.outcome(job) is None
    assert list(AuditEntry.objects.values_list("actor", "action")) == [(olga.pk, "backup")]
    from meatlizard.jobs.actions import claim

    claimed = claim("worker")
    assert claimed is not None
    run_job(claimed)
    outcome = actions.outcome(job)
    assert outcome is not None and not outcome.error
    path = room.usual() / outcome.name
    assert path.stat().st_size == outcome.size
    restoring.restore(path, lambda _: True)
    assert Job.objects.get().state == "cancelled", "the job that made the backup would run once more"
    with room.alone():
        job = actions.begin(olga)
        claimed = claim("worker")
        assert claimed is not None
        run_job(claimed)
    outcome = actions.outcome(job)
    assert outcome is not None and "already" in outcome.error
