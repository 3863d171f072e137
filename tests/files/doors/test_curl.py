"""curl, which nobody here wrote, against a live site, as people type it."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.services.programs import missing, wait_until
from tests.services.site import LiveSite, outer_environment

KEY = """
from meatlizard.accounts.models import User
from meatlizard.api.actions import create_key
owner = User.objects.create_user('alice', 'alice@example.org', 'correct horse battery lizard')
print(create_key(owner, 'curl', ['files:upload'])[1], create_key(owner, 'reader', ['files:read'])[1])
"""
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[LiveSite, str, str]]:
    """With a key that uploads, and one that reads."""
    if shutil.which("curl") is None:
        missing("curl is not installed")
    live = LiveSite().prepare()
    sending, reading = live.manage("shell", "--no-imports", "-c", KEY).split()
    live.start()
    yield live, sending, reading
    live.end()


def curl(home: Path, *arguments: str, text: bytes = b"") -> str:
    done = subprocess.run(
        ["curl", "-sS", *arguments], input=text, capture_output=True, check=False, cwd=home, timeout=120,
        env=outer_environment() | {"HOME": str(home)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def content(site: LiveSite, reading: str, home: Path, address: str, name: str) -> bytes:
    curl(
        home, "-f", "-H", f"Authorization: Bearer {reading}", "-o", "back", f"{address.strip()}content/{name}?download"
    )
    return (home / "back").read_bytes()


def test_files_come_as_they_were(site: tuple[LiveSite, str, str], tmp_path: Path) -> None:
    live, sending, reading = site
    (tmp_path / "photo.bin").write_bytes(os.urandom(3_000_000))
    sent = (tmp_path / "photo.bin").read_bytes()
    bearer = f"Authorization: Bearer {sending}"
    by_name = curl(tmp_path, "-T", "photo.bin", "-u", f"me:{sending}", f"{live.url}/files/put/")
    assert content(live, reading, tmp_path, by_name, "photo.bin") == sent
    by_pipe = curl(tmp_path, "-T", "-", "-H", bearer, f"{live.url}/files/put/notes/today.txt", text=b"from a pipe\n")
    assert content(live, reading, tmp_path, by_pipe, "today.txt") == b"from a pipe\n"
    by_form = curl(
        tmp_path,
        "-F",
        "file=@photo.bin",
        "-F",
        "more=@-;filename=b.txt",
        "-H",
        bearer,
        f"{live.url}/files/form/",
        text=b"second\n",
    )
    first, second = by_form.split()
    assert content(live, reading, tmp_path, first, "photo%20(2).bin") == sent
    assert content(live, reading, tmp_path, second, "b.txt") == b"second\n"
    said: Any = json.loads(
        curl(
            tmp_path,
            "-T",
            "photo.bin",
            "-H",
            bearer,
            "-H",
            "Accept: application/json",
            f"{live.url}/files/put/photo.bin?collision=replace",
        )
    )
    assert (said["version"], said["sha256"]) == (2, hashlib.sha256(sent).hexdigest())


def test_a_wrong_key_is_told_so_in_a_line(site: tuple[LiveSite, str, str], tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 2_000_000)
    for send in (["-T", "a", f"{site[0].url}/files/put/"], ["-F", "file=@a", f"{site[0].url}/files/form/"]):
        said = curl(tmp_path, "-u", "me:wrong", "-w", "%{http_code}", *send)
        assert said.endswith("\n401") and "key is wrong" in said and "<" not in said


def test_a_large_file_takes_no_memory_and_one_that_breaks_off_no_room(
    site: tuple[LiveSite, str, str], tmp_path: Path
) -> None:
    live, sending, _reading = site
    with (tmp_path / "large").open("wb") as large:
        large.truncate(200 * MEGABYTE)
    before = memory(live)
    bearer = f"Authorization: Bearer {sending}"
    curl(tmp_path, "-f", "-T", "large", "-H", bearer, f"{live.url}/files/put/")
    curl(tmp_path, "-f", "-F", "file=@large;filename=again", "-H", bearer, f"{live.url}/files/form/")
    assert memory(live) - before < 50 * MEGABYTE
    coming = live.home / "incoming"
    slow = subprocess.Popen(
        ["curl", "-sS", "--limit-rate", "2M", "-T", "large", "-H", bearer, f"{live.url}/files/put/half"], cwd=tmp_path,
        env=outer_environment(), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    wait_until(lambda: any(one.stat().st_size >= MEGABYTE for one in coming.iterdir()), "some of it to come")
    slow.send_signal(signal.SIGKILL)
    slow.wait(30)
    wait_until(lambda: not list(coming.iterdir()), "what came of it to go")


def memory(site: LiveSite) -> int:
    """Resident, in bytes."""
    status = Path(f"/proc/{site.program.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) * 1024
