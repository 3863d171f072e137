"""sqlite-vec finds the same as Python does. Run by a Python whose sqlite3 can load extensions: this one, or the system's of the same version."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection, connections

from meatlizard.vectors import index
from tests.fakes.embedder import FakeEmbedder
from tests.services.programs import missing

HERE = Path(__file__).parent
CAN = "import sqlite3, sys; sys.exit(not (hasattr(sqlite3.Connection, 'enable_load_extension') and sys.version_info[:2] == %r))"
OURS = frozenset({"DJANGO_SETTINGS_MODULE", "DATABASE_URL"})
"""Of the environment, what this run has set for itself."""

notes = index.collection("tests.notes")


def loads() -> bool:
    return hasattr(sqlite3.Connection, "enable_load_extension")


def other() -> str | None:
    """Another Python that can, and for which the packages of this one are made."""
    for name in (f"python{sys.version_info[0]}.{sys.version_info[1]}", "python3"):
        for folder in (*os.environ["PATH"].split(os.pathsep), "/usr/bin"):
            found = shutil.which(name, path=folder)
            if found and subprocess.run([found, "-c", CAN % (sys.version_info[:2],)], check=False).returncode == 0:
                return found
    return None


def test_all_of_this_holds_with_sqlite_vec(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--postgres") or loads():
        pytest.skip("the tests of this folder run with it, or without SQLite")
    python = other()
    if python is None:
        missing("A Python whose sqlite3 loads extensions")
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    environment = {key: value for key, value in os.environ.items() if key not in OURS and not key.startswith("PYTEST_")}
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(HERE / "test_index.py"), __file__]
    run = subprocess.run(
        command, env=environment | {"PYTHONPATH": packages}, capture_output=True, text=True, timeout=600, check=False
    )
    assert run.returncode == 0, run.stdout[-8000:]
    assert " passed" in run.stdout


@pytest.mark.django_db
def test_it_finds_what_python_finds(embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    if not loads() or connection.vendor != "sqlite":
        pytest.skip("this sqlite3 loads no extensions; another run has one that does")
    notes.put(
        index.Item(f"{number}", "alice", f"{number % 3}", embedder.vector(f"gecko {number}")) for number in range(200)
    )
    database = connections["default"]
    assert database.has_sqlite_vec  # type: ignore[attr-defined]
    for asked in ("gecko 7", "gecko 150", "iguana"):
        vector = embedder.vector(asked)
        for scopes in (None, ["1"], ["0", "2"]):
            with monkeypatch.context() as without:
                without.setattr(database, "has_sqlite_vec", False)
                by_python = notes.search(vector, "alice", scopes, 10)
            assert notes.search(vector, "alice", scopes, 10) == by_python
            assert len(by_python) == 10
