"""Two site processes behind the shipped nginx, restarted one after the other while people work: nobody notices.

Answers stream through nginx to pages and from a real client, whose sockets the restarts close; forms, uploads and links go on all the while.
"""

import asyncio
import os
import subprocess
import threading
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest

from tests.faults.load import Load
from tests.faults.stage import Stage, set_up
from tests.services.postgres import PostgresServer
from tests.services.programs import wait_until
from tests.services.redis import RedisServer
from tests.services.site import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]


def restart_on_word(stage: Stage, folder: Path, over: threading.Event) -> None:
    """What systemd does in ``systemctl restart``, for the script that asks by a file."""
    sites = {str(site.port): site for site in stage.sites}
    while not over.is_set():
        for asked in folder.glob("*.asked"):
            site = sites[asked.stem]
            code = site.terminate()
            (folder / f"{asked.stem}.code").write_text(str(code))
            site.start()
            asked.rename(asked.with_suffix(".done"))
        over.wait(0.05)


def rolling(stage: Stage, folder: Path) -> subprocess.CompletedProcess[str]:
    """The shipped script, as an operator runs it, with another way to restart."""
    script = folder / "restart.sh"
    script.write_text(
        f"touch {folder}/$1.asked; while [ ! -e {folder}/$1.done ]; do sleep 0.1; done; rm {folder}/$1.done\n"
    )
    ports = [str(site.port) for site in stage.sites]
    return subprocess.run(
        ["bash", ROOT / "deploy/rolling.sh", *ports], env=os.environ | {"RESTART": f"sh {script} {{}}"},
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip


async def test_both_are_restarted_under_load_and_nothing_fails(
    postgres: PostgresServer, redis: RedisServer, tmp_path: Path
) -> None:
    with set_up(postgres, redis, "rolling", people=4) as stage:
        stage.client.slow_motion()
        before = {psutil.Process(site.program.pid).pid for site in stage.sites}
        over = threading.Event()
        restarting = threading.Thread(target=restart_on_word, args=(stage, tmp_path, over))
        restarting.start()
        try:
            async with Load(stage.front, stage.people, conversations=4, uploads=1, redirects=40, forms=2) as load:
                await load.all_well(60)
                done = await asyncio.to_thread(rolling, stage, tmp_path)
                assert done.returncode == 0, done.stdout + done.stderr
                await load.all_well(60)
                stage.client.full_speed()
        finally:
            over.set()
            restarting.join()
        after = {psutil.Process(site.program.pid).pid for site in stage.sites}
        assert before.isdisjoint(after)
        assert {(tmp_path / f"{site.port}.code").read_text() for site in stage.sites} == {"0"}

        failures = {kind: count.failures() for kind, count in load.counts.items() if count.failed}
        assert failures == {}
        assert load.returns > 0, "no socket was closed: nothing was proved"
        assert all(load.accepted(kind) > 10 for kind in ("redirect", "form", "upload"))
        stored = stage.ask("answers()")
        for generation, pair in load.answers.items():
            assert (stored[generation]["state"], stored[generation]["content"]) == ("done", pair.answer)
        with psycopg.connect(stage.sites[0].settings["DATABASE_URL"]) as connection:
            made = {name for (name,) in connection.execute("SELECT name FROM files_folder WHERE name LIKE 'folder %'")}
        assert made == load.folders
        # Asked to end, a process loses none.
        followed = load.accepted("redirect")
        wait_until(lambda: stage.clicks() >= followed, f"{followed} clicks are recorded", 60)
        assert stage.clicks() == followed
