"""Killed in the middle, with a full disk, beside another one: nothing is half, and the next backup goes on from what came."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, connections

from meatlizard.accounts.models import User
from meatlizard.ops.backups import databases, finding, index, packing, places, restoring
from meatlizard.ops.backups.trouble import BackupFailed
from tests.meatlizard.ops.backups.conftest import FILES
from tests.meatlizard.ops.backups.making import held, kept, manage, objects, people, taken, verified
from tests.people import person
from tests.services.site import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


def killed(work: Callable[[], object]) -> None:
    """Does it in a process of its own, which has to kill itself meanwhile."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL


def dying_at(number: int, real: Callable[..., Any]) -> Callable[..., Any]:
    """What dies at the beginning of its call of this number."""
    calls: list[int] = []

    def dying(*arguments: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **more)

    return dying


@pytest.mark.both_databases
@pytest.mark.parametrize("at", [1, 2, 4, 6])
def test_a_killed_backup_is_none_and_the_next_one_goes_on(
    alice: User, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """The database first, then three files, then lists of them."""
    monkeypatch.setattr(index, "ENTRIES", 1)
    with monkeypatch.context() as dying:
        dying.setattr(packing, "pack", dying_at(at, packing.pack))
        killed(taken)
    assert finding.ended(places.usual()) == []
    with pytest.raises(BackupFailed, match="There is no backup"):
        verified()
    came = {path.name for path in objects()}
    made = taken()
    # Each file is followed by a line of the index, written by the same function.
    assert made.new == 3 - (at - 1) // 2
    assert came <= {path.name for path in objects()}
    assert verified().deep and len(list(objects())) == 3
    for left in kept().rglob(".coming-*"):
        os.utime(left, (0, 0))
    taken()
    assert not list(kept().rglob(".coming-*"))


@pytest.mark.both_databases
@pytest.mark.parametrize("at", ["before", "after"])
def test_a_killed_restore_is_repeated(alice: User, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    """Before the database changed, the old one is there; after it, the backup's. Giving the command again ends it."""
    taken()
    person("bob")
    for name in FILES:
        default_storage.delete(name)
    default_storage.save("a.txt", ContentFile(b"another"))
    with monkeypatch.context() as dying:
        if at == "before":
            kind = type(databases.present())
            dying.setattr(kind, "replace", dying_at(1, kind.replace))
        else:
            dying.setattr(restoring, "call_command", dying_at(1, call_command))
        killed(lambda: manage("restore", "newest", "--replace", "--yes"))
    assert people() == (["alice", "bob"] if at == "before" else ["alice"])
    manage("restore", "newest", "--replace", "--yes")
    assert people() == ["alice"] and held() == FILES


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


def test_a_restore_killed_within_the_replacement_leaves_the_old_database(home: Path) -> None:
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


@pytest.mark.both_databases
@pytest.mark.parametrize("where", ["database", "files"])
def test_a_full_disk_is_said_and_what_was_there_is_good(alice: User, where: str) -> None:
    first = taken()
    default_storage.save("large", ContentFile(os.urandom(6_000_000)))
    limit = 4_000 if where == "database" else 5_500_000
    with files_no_larger_than(limit), pytest.raises(BackupFailed, match="no room left on the disk") as refused:
        taken()
    assert refused.value.code == "disk_full"
    assert finding.ended(places.usual()) == [first.id]
    assert not list(kept().rglob(".coming-*"))
    assert verified(first.id).deep
    assert taken().new == 1 and verified().deep


@pytest.mark.both_databases
def test_a_disk_that_fills_up_while_restoring_changes_no_account(alice: User) -> None:
    default_storage.save("large", ContentFile(os.urandom(6_000_000)))
    taken()
    default_storage.delete("large")
    person("bob")
    with files_no_larger_than(5_500_000), pytest.raises(BackupFailed, match="no room left on the disk"):
        restoring.restore("newest", str(kept()), [], lambda _: True)
    assert people() == ["alice", "bob"]
    restoring.restore("newest", str(kept()), [], lambda _: True)
    assert people() == ["alice"] and len(held()["large"]) == 6_000_000


@pytest.mark.both_databases
def test_a_program_that_breaks_off_makes_no_backup(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite is copied by no program")
    from meatlizard.ops.backups import programs

    command = programs._command
    monkeypatch.setattr(
        programs, "_command",
        lambda settings, program, arguments, connect: ["sh", "-c", "head -c 100000 /dev/zero; echo broken >&2; exit 1"]
        if program == "pg_dump" else command(settings, program, arguments, connect),
    )  # fmt: skip
    with pytest.raises(BackupFailed, match="pg_dump failed: broken"):
        taken()
    assert finding.ended(places.usual()) == []
