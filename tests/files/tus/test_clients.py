"""Clients that others wrote, against the site as it is served: tus-js-client under Node and tuspy."""

import hashlib
import json
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from typing import Any

import pytest

from tests.services.programs import Program, find, missing, wait_until
from tests.services.site import ROOT, LiveSite, outer_environment

INSTALLED = Path(__file__).parents[3] / "frontend/node_modules/tus-js-client"
KEY = """
from meatlizard.accounts.models import User
from meatlizard.api import actions
alice = User.objects.create_user("alice")
print(actions.create_key(alice, "tus", ["files:write"])[1])
"""


@pytest.fixture(scope="module")
def site() -> Iterator[LiveSite]:
    live = LiveSite().prepare()
    live.settings["TUS_KEY"] = live.manage("shell", "--no-imports", "-c", KEY).split()[-1]
    live.start()
    yield live
    live.end()


def stored(site: LiveSite) -> dict[str, tuple[str, str, int]]:
    """Name, hash and size of each file, by its address."""
    with sqlite3.connect(site.database) as database:
        rows = database.execute("SELECT id, name, blob_id, size FROM files_file").fetchall()
    keys = {row[0]: f"{row[0][:8]}-{row[0][8:12]}-{row[0][12:16]}-{row[0][16:20]}-{row[0][20:]}" for row in rows}
    return {f"/files/{keys[row[0]]}/": row[1:] for row in rows}


def arguments(site: LiveSite, seed: int, *scenarios: str) -> list[str]:
    node = find("node") or missing("Node is not installed")
    if not INSTALLED.is_dir():
        missing("tus-js-client is not installed (npm ci in frontend)")
    script = Path(__file__).with_name("tus_client.mjs")
    return [node, str(script), str(INSTALLED), site.url, site.settings["TUS_KEY"], str(seed), *scenarios]


def same(site: LiveSite, told: dict[str, Any]) -> None:
    """What the client believes to have uploaded is what lies here."""
    name, sha256, size = stored(site)[told["address"]]
    assert (sha256, size) == (told["sha256"], told["size"]), name
    content = site.home / "media" / "blobs" / sha256[:2] / sha256[2:4] / sha256
    assert hashlib.sha256(content.read_bytes()).hexdigest() == sha256


def test_tus_js_client(site: LiveSite) -> None:
    seed = random.randrange(1 << 32)
    names = ["whole", "pieces", "aborted", "parallel", "deferred", "during", "terminated"]
    argv = arguments(site, seed, *names)
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, (seed, done.stderr)
    told = json.loads(done.stdout)
    assert told.pop("terminated")["said"] == "410"
    assert len(told) == 6
    for result in told.values():
        same(site, result)
    assert not list((site.home / "incoming").iterdir()), "nothing is left of what is done"


def test_an_upload_goes_on_after_the_site_was_killed(site: LiveSite, tmp_path: Path) -> None:
    said = tmp_path / "said.log"
    errors = os.open(said, os.O_WRONLY | os.O_CREAT)
    client = subprocess.Popen(arguments(site, 7, "killed"), stdout=subprocess.PIPE, stderr=errors, text=True)
    os.close(errors)
    try:
        wait_until(lambda: "now" in said.read_text(), "the client is in the middle", 60)
        site.kill()
        site.start()
        output, _none = client.communicate(timeout=120)
    finally:
        client.kill()
    assert client.returncode == 0, said.read_text()
    same(site, json.loads(output)["killed"])


def test_tuspy_with_checksums(site: LiveSite, tmp_path: Path) -> None:
    tusclient = pytest.importorskip("tusclient.client")
    content = random.Random(5).randbytes(2_500_001)
    source = tmp_path / "from-python.bin"
    source.write_bytes(content)
    client = tusclient.TusClient(
        f"{site.url}/files/uploads/", headers={"Authorization": f"Bearer {site.settings['TUS_KEY']}"}
    )
    said = {"filename": "from-python.bin"}
    first = client.uploader(str(source), chunk_size=400_000, upload_checksum=True, metadata=said)
    first.upload_chunk()
    first.upload_chunk()
    again = client.uploader(str(source), chunk_size=400_000, upload_checksum=True, url=first.url)
    assert again.offset == 800_000
    again.upload()
    found = {name: (sha256, size) for name, sha256, size in stored(site).values()}
    assert found["from-python.bin"] == (hashlib.sha256(content).hexdigest(), len(content))


class OnSmallDisk(LiveSite):
    """What comes in lies on a disk of 30 MB, in a namespace of the site's own."""

    def start(self, seconds: float = 60) -> "OnSmallDisk":
        folder = self.home / "incoming"
        folder.mkdir(mode=0o700)
        serve = f'exec "{sys.executable}" manage.py serve --port {self.port}'
        script = f'mount -t tmpfs -o size=30m,mode=700 small "{folder}" || exit 9; {serve}'
        argv = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
        self._program = Program(
            "site on a small disk", argv, self.log, env=outer_environment() | self.settings, cwd=ROOT
        )
        wait_until(lambda: self.answers() or not self.program.running, "the site answers", seconds)
        if not self.program.running:
            pytest.skip("This kernel gives nobody a namespace of their own.")
        return self


def test_a_disk_that_is_full_in_the_middle_of_an_upload() -> None:
    if find("unshare") is None:
        missing("unshare is not installed")
    small = OnSmallDisk().prepare()
    key = small.manage("shell", "--no-imports", "-c", KEY).split()[-1]
    small.start()
    try:
        first, second = _Line(small, key), _Line(small, key)
        path, other = first.begin(20_000_000), second.begin(20_000_000)
        assert first.patch(path, 0, b"a" * 15_000_000) == 204
        assert second.patch(other, 0, b"b" * 20_000_000) == 507
        arrived = second.offset(other)
        assert 10_000_000 < arrived < 15_000_000
        assert first.ask("DELETE", path)[0] == 204
        assert second.patch(other, arrived, b"b" * (20_000_000 - arrived)) == 204
        assert [(sha, size) for _name, sha, size in stored(small).values()] == [
            (hashlib.sha256(b"b" * 20_000_000).hexdigest(), 20_000_000)
        ]
    finally:
        small.end()


class _Line:
    """Speaks tus with a key."""

    def __init__(self, site: LiveSite, key: str) -> None:
        self._port, self._who = site.port, {"Authorization": f"Bearer {key}", "Tus-Resumable": "1.0.0"}

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, HTTPMessage]:
        line = HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            line.request(
                method, path, body, self._who | {name.replace("_", "-"): value for name, value in headers.items()}
            )
            answer = line.getresponse()
            answer.read()
            return answer.status, answer.headers
        finally:
            line.close()

    def begin(self, length: int) -> str:
        status, headers = self.ask("POST", "/files/uploads/", Upload_Length=str(length))
        assert status == 201
        return headers["Location"]

    def patch(self, path: str, offset: int, body: bytes) -> int:
        return self.ask("PATCH", path, body, Upload_Offset=str(offset), Content_Type="application/offset+octet-stream")[
            0
        ]

    def offset(self, path: str) -> int:
        return int(self.ask("HEAD", path)[1]["Upload-Offset"])
