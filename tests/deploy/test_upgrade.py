"""The database of an earlier release, brought up to date: with its rows, on both databases, and on PostgreSQL while the earlier release's own code
goes on serving, and then hands over to this one behind the shipped nginx.
"""

import asyncio
import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.deploy.make_earlier import KEPT, checkout
from tests.faults.load import Load
from tests.faults.scene import ask_site
from tests.faults.stage import SHIPPED, without_tls
from tests.services import postgres as postgresql
from tests.services.nginx import listens, nginx_server
from tests.services.postgres import PostgresServer
from tests.services.programs import Program, free_port, new_folder, wait_until
from tests.services.redis import RedisServer
from tests.services.site import ROOT, LiveSite, outer_environment

KNOWN: dict[str, Any] = json.loads((KEPT / "known.json").read_text())


def restored(server: PostgresServer, name: str) -> str:
    """The URL of a database with what the release had."""
    url = server.create(name)
    done = subprocess.run(
        [postgresql.program("psql"), "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--dbname", url],
        input=gzip.decompress((KEPT / "postgresql.sql.gz").read_bytes()), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return url


def check(site: LiveSite, known: dict[str, str]) -> None:
    """Nothing has to be made any more, and what was there is there."""
    assert "All migrations are made." in site.manage("doctor", "tables")
    stored = ask_site(site, "answers()")
    assert stored[known["generation"]]["state"] == "queued"


def test_a_database_of_sqlite(tmp_path: Path) -> None:
    site = LiveSite()
    site.database.write_bytes(gzip.decompress((KEPT / "sqlite.gz").read_bytes()))
    site.manage("migrate", "--verbosity", "0")
    check(site, KNOWN["sqlite"])


class Earlier(LiveSite):
    """A process of the earlier release's code; pages are not asked of it, whose bundles were not built."""

    folder: Path

    def start(self, seconds: float = 180) -> "Earlier":
        argv = [sys.executable, "manage.py", "serve", "--port", str(self.port), "--no-migrate"]
        self._program = Program("earlier", argv, self.log, env=outer_environment() | self.settings, cwd=self.folder)
        wait_until(lambda: listens(self.port), "the earlier release listens", seconds, alive=self._program)
        return self


def failures(load: Load) -> dict[str, list[str]]:
    return {kind: count.failures() for kind, count in load.counts.items() if count.failed}


@pytest.fixture
def history() -> Path:
    """The earlier release's files; a clone without its history has none of them."""
    found = subprocess.run(["git", "cat-file", "-e", KNOWN["commit"]], cwd=ROOT, check=False, capture_output=True)
    if found.returncode:
        pytest.skip(f"this clone has no commit {KNOWN['commit'][:8]}")
    return checkout(KNOWN["commit"])


@pytest.fixture
def earlier(history: Path, postgres: PostgresServer, redis: RedisServer) -> Iterator[Earlier]:
    site = Earlier(restored(postgres, "earlier"), redis.url(11), TRUSTED_PROXIES="127.0.0.1", JOBS_IN_SITE="false")
    site.folder = history
    yield site
    site.end()
    postgres.drop("earlier")


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.redis
async def test_the_earlier_release_serves_while_its_tables_change_and_then_hands_over(earlier: Earlier) -> None:
    known = KNOWN["postgresql"]
    site = earlier.sibling()
    site.__class__ = LiveSite
    front = earlier.sibling()
    front.port = free_port()
    site.settings["SITE_URL"] = earlier.settings["SITE_URL"] = f"http://127.0.0.1:{front.port}"
    home = new_folder("nginx")
    inside = without_tls(SHIPPED.read_text(), [earlier.port, site.port], front.port, home)
    earlier.start()
    people = [{"key": known["key"], "cookie": "", "conversations": []}]
    with nginx_server(inside, front.port, home):
        async with Load(front, people, conversations=0, uploads=1, redirects=20, forms=1) as load:
            await load.all_well(60)
            migrating = Program(
                "migrate", [sys.executable, "manage.py", "migrate", "--verbosity", "0"], earlier.home / "migrate.log",
                env=outer_environment() | earlier.settings, cwd=ROOT,
            )  # fmt: skip
            while migrating.running:
                await load.all_well(60)
            assert migrating.exit_code == 0, migrating.tail()
            await load.all_well(60)
            await asyncio.to_thread(site.start)
            try:
                await load.all_well(60)
                failed = failures(load)
                assert await asyncio.to_thread(earlier.terminate) == 0
                await load.all_well(60)
            except BaseException:
                site.end()
                raise
    try:
        assert failed == {}
        if (earlier.folder / "meatlizard/draining.py").exists():
            # Releases before that cut off what was on its way to them when they ended.
            assert failures(load) == {}
        check(site, known)
        with closing(psycopg.connect(site.settings["DATABASE_URL"])) as connection:
            made = {name for (name,) in connection.execute("SELECT name FROM files_folder WHERE name LIKE 'folder %'")}
            files = {sha256 for (sha256,) in connection.execute("SELECT blob_id FROM files_file")}
        assert made == load.folders
        assert set(load.files.values()) <= files
    finally:
        site.end()
