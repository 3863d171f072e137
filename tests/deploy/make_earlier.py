"""Keeps the database of a release, with rows in it, for ``test_upgrade.py``: ``python -m tests.deploy.make_earlier COMMIT``.

Run it after each release, with its tag. The release's own code makes the tables and the rows, out of ``git archive``; kept are a dump for each kind of
database and what the test has to know.
"""

import contextlib
import gzip
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.services import postgres
from tests.services.programs import new_folder
from tests.services.site import LiveSite, outer_environment

KEPT = Path(__file__).parent / "earlier"
ROOT = KEPT.parent.parent.parent

ROWS = """
import json
from uuid import uuid4
from django.contrib.auth import get_user_model
from chat import actions
from meatlizard.api.actions import create_key
from shortener import actions as links
alice = get_user_model().objects.create_user("alice", "alice@example.org", "correct horse battery lizard")
conversation = actions.create_conversation(alice)
asked = actions.send(alice, conversation.pk, uuid4(), "Is the stone still warm?")
links.create(alice, slug="load", target="https://example.org/page")
key = create_key(alice, "load", ["files:upload", "files:read", "files:write", "pastes:write", "pastes:read"])[1]
print(json.dumps({"key": key, "conversation": str(conversation.pk), "generation": str(asked.generation)}))
"""


def checkout(commit: str) -> Path:
    """The files of a commit, in a folder of their own."""
    folder = new_folder("earlier")
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "-x"], cwd=folder, input=archive.stdout, check=True)
    return folder


def manage(folder: Path, site: LiveSite, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=folder, env=outer_environment() | site.settings, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def fill(folder: Path, site: LiveSite) -> dict[str, Any]:
    manage(folder, site, "migrate", "--verbosity", "0")
    said: dict[str, Any] = json.loads(manage(folder, site, "shell", "-v", "0", "-c", ROWS).strip().splitlines()[-1])
    return said


def main(commit: str) -> None:
    KEPT.mkdir(exist_ok=True)
    told = subprocess.run(
        ["git", "rev-parse", commit], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    folder = checkout(commit)
    known: dict[str, Any] = {"commit": told}
    lite = LiveSite()
    known["sqlite"] = fill(folder, lite)
    with contextlib.closing(sqlite3.connect(lite.database)) as database:
        # Tables of the search and their shadows are made anew by migrate, and cannot be dumped as text.
        lite.database.with_suffix(".copy").unlink(missing_ok=True)
        database.execute("VACUUM INTO ?", [str(lite.database.with_suffix(".copy"))])
    (KEPT / "sqlite.gz").write_bytes(gzip.compress(lite.database.with_suffix(".copy").read_bytes(), 9, mtime=0))
    with postgres.postgres_server() as server:
        site = LiveSite(server.create("earlier"))
        known["postgresql"] = fill(folder, site)
        dumped = subprocess.run(
            [postgres.program("pg_dump"), "--no-owner", "--dbname", server.url("earlier")],
            capture_output=True,
            check=True,
        )
        (KEPT / "postgresql.sql.gz").write_bytes(gzip.compress(dumped.stdout, 9, mtime=0))
    (KEPT / "known.json").write_text(json.dumps(known, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
