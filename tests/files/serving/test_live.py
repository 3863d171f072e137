"""A live site beside nginx on the same file, both asked by curl; readers that go away or stop reading; and the shipped nginx sending for
the site."""

import os
import random
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from files.serving import dates
from files.serving.sending import PIECE
from tests.files.serving.seeding import Seeded, seed
from tests.services.nginx import nginx_server
from tests.services.programs import free_port, missing, new_folder, wait_until
from tests.services.site import ROOT, LiveSite

SIZE = 20_000
LARGE = 64_000_000
INSIDE = "access_log off; types {{ application/octet-stream bin; }} server {{ listen 127.0.0.1:{port}; root {root}; max_ranges 64; }}"
FRONT = """
upstream meatlizard {{ server 127.0.0.1:{site}; }}
server {{
    listen 127.0.0.1:{port};
    access_log off;
    proxy_set_header Host 127.0.0.1:{site};
    {locations}
}}
"""
OURS_ALONE = frozenset(
    [
        "content-disposition",
        "content-security-policy",
        "x-content-type-options",
        "cross-origin-resource-policy",
        "cache-control",
        "x-robots-tag",
        "referrer-policy",
        "x-frame-options",
        "x-request-id",
        "server",
        "date",
        "connection",
        "allow",
    ]
)
"""What no file server says, and what is nobody's answer."""


@dataclass
class Beside:
    """The same bytes at the site and at nginx."""

    site: LiveSite
    seeded: Seeded
    nginx: int
    front: int

    def ours(self, *arguments: str, name: str = "small.bin", port: int = 0) -> "Said":
        url = f"http://127.0.0.1:{port or self.site.port}{self.seeded.paths[name]}"
        return curl(url, "-H", f"Authorization: Bearer {self.seeded.key}", *arguments)

    def theirs(self, *arguments: str, name: str = "small.bin") -> "Said":
        return curl(f"http://127.0.0.1:{self.nginx}/{name}", *arguments)


@dataclass
class Said:
    status: int
    headers: dict[str, str]
    body: bytes

    def plain(self) -> "Said":
        """With one name for what each server calls otherwise: ETag, boundary, the text of an error."""
        headers = {name: value for name, value in self.headers.items() if name not in OURS_ALONE}
        body = self.body
        if "etag" in headers:
            headers["etag"] = "{etag}"
        if self.status >= 400:
            body = b""
            headers = {name: value for name, value in headers.items() if name not in ("content-type", "content-length")}
        _kind, found, boundary = headers.get("content-type", "").partition("boundary=")
        if found:
            headers["content-type"] = headers["content-type"].replace(boundary, "{boundary}")
            body = body.replace(boundary.encode(), b"{boundary}")
        return Said(self.status, headers, body)


def curl(url: str, *arguments: str) -> Said:
    program = shutil.which("curl")
    if program is None:
        missing("No curl is installed")
    done = subprocess.run([program, "-s", "-i", "--max-time", "30", *arguments, url], capture_output=True, check=True)
    head, _blank, body = done.stdout.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
    return Said(int(first.split()[1]), headers, body)


@pytest.fixture(scope="module")
def beside() -> Iterator[Beside]:
    root, port, front = new_folder("root"), free_port(), free_port()
    chance = random.Random(7)
    # No text and no picture by chance.
    (root / "small.bin").write_bytes(b"\0\1\2\3" + chance.randbytes(SIZE - 4))
    (root / "large.bin").write_bytes(b"\0\1\2\3" + chance.randbytes(1_000_000) * (LARGE // 1_000_000))
    site = LiveSite().prepare()
    seeded = seed(site, {name: root / name for name in ("small.bin", "large.bin")})
    site.start()
    site.settings["FILES_SENT_BY"] = "x-accel-redirect"
    accelerated = site.sibling().start()
    with (
        nginx_server(INSIDE.format(port=port, root=root), port),
        nginx_server(FRONT.format(site=accelerated.port, port=front, locations=shipped(site)), front),
    ):
        said = curl(
            f"http://127.0.0.1:{site.port}{seeded.paths['small.bin']}",
            "-I",
            "-H",
            f"Authorization: Bearer {seeded.key}",
        )
        modified = dates.read(said.headers["last-modified"])
        assert modified is not None
        os.utime(root / "small.bin", (modified, modified))
        yield Beside(site, seeded, port, front)
    accelerated.end()
    site.end()


def shipped(site: LiveSite) -> str:
    """The two locations of the shipped configuration that contents come by."""
    text = (ROOT / "deploy/nginx/meatlizard.conf").read_text()
    found = [
        re.search(rf"    location {mark}.*?\n    }}\n", text, re.DOTALL)
        for mark in (r"~ \^/\(files\|f\|content\)/", "/_blobs/")
    ]
    assert all(found), "the shipped configuration has no such location"
    return "".join(one[0] for one in found if one).replace("/var/lib/meatlizard/media/", f"{site.home}/media/")


def etag(said: Said) -> str:
    return said.headers["etag"]


ASKED: list[Sequence[str]] = [
    [], ["-I"], ["-r", "0-99"], ["-r", "-50"], ["-r", "100-"], ["-r", "19999-"], ["-r", "20000-"], ["-r", "0-0,-1"], ["-r", "5-2"],
    ["-r", "0-99,50-149"], ["-r", "0-15000,5000-19999"], ["-H", "Range: bytes=" + ",".join(["0-0"] * 65)], ["-H", "Range: items=0-1"],
    ["-I", "-r", "0-99"], ["-I", "-r", "0-0,-1"], ["-I", "-r", "20000-"], ["-H", "If-None-Match: {etag}"], ["-H", "If-None-Match: W/{etag}"],
    ["-H", 'If-None-Match: "a", {etag}', "-r", "0-1"], ["-H", 'If-Match: "other"'], ["-H", "If-Match: {etag}", "-r", "0-1"],
    ["-H", "If-Modified-Since: {date}"], ["-H", "If-Modified-Since: Sat, 29 Oct 1994 19:43:31 GMT"], ["-H", "If-Unmodified-Since: {date}"],
    ["-H", "If-Unmodified-Since: Sat, 29 Oct 1994 19:43:31 GMT"], ["-H", "If-Range: {etag}", "-r", "3-5"],
    ["-H", 'If-Range: "old"', "-r", "3-5"], ["-H", "If-Range: {date}", "-r", "3-5"],
    ["-H", "If-Range: Sat, 29 Oct 1994 19:43:31 GMT", "-r", "3-5"], ["-H", "If-None-Match: {etag}", "-H", "If-Modified-Since: {date}"],
    ["-X", "POST"], ["-H", "If-Match: *", "-H", "If-Match: *"],
]  # fmt: skip


def test_every_answer_is_nginxs_byte_for_byte_and_header_for_header(beside: Beside) -> None:
    mine, nginxs = beside.ours("-I"), beside.theirs("-I")
    for arguments in ASKED:
        ours = beside.ours(*(one.format(etag=etag(mine), date=mine.headers["last-modified"]) for one in arguments))
        theirs = beside.theirs(
            *(one.format(etag=etag(nginxs), date=nginxs.headers["last-modified"]) for one in arguments)
        )
        assert ours.plain() == theirs.plain(), arguments
    assert etag(mine) == f'"{beside.seeded.hashes["small.bin"]}"'


def test_the_shipped_nginx_sends_what_the_site_lets_it_send(beside: Beside) -> None:
    whole = beside.ours(port=beside.front)
    assert (whole.status, whole.body) == (200, beside.theirs().body)
    for name in (
        "content-disposition",
        "content-security-policy",
        "x-content-type-options",
        "cache-control",
        "x-robots-tag",
    ):
        assert whole.headers[name] == beside.ours().headers[name], name
    assert "x-accel-redirect" not in whole.headers
    part = beside.ours("-r", "5-9,-3", port=beside.front)
    assert part.plain().body == beside.theirs("-r", "5-9,-3").plain().body
    assert beside.ours("-H", f"If-None-Match: {etag(whole)}", port=beside.front).status == 304
    stranger = curl(f"http://127.0.0.1:{beside.front}{beside.seeded.paths['small.bin']}")
    assert stranger.status == 401
    sha256 = beside.seeded.hashes["small.bin"]
    direct = curl(f"http://127.0.0.1:{beside.front}/_blobs/blobs/{sha256[:2]}/{sha256[2:4]}/{sha256}")
    assert direct.status == 404


def held(site: LiveSite, sha256: str) -> bool:
    """Whether the site has the content open."""
    folder = Path(f"/proc/{site.program.pid}/fd")
    if not folder.is_dir():
        pytest.skip("This system does not say what a process has open")
    found = []
    for entry in folder.iterdir():
        try:
            found.append(os.readlink(entry))
        except FileNotFoundError:
            continue
    return any(sha256 in path for path in found)


def begun(beside: Beside, receive_buffer: int = 0) -> socket.socket:
    """A reader that has asked for the large file and read the beginning of the answer."""
    link = socket.socket()
    if receive_buffer:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    link.settimeout(20)
    link.connect(("127.0.0.1", beside.site.port))
    link.sendall(
        f"GET {beside.seeded.paths['large.bin']} HTTP/1.1\r\nHost: 127.0.0.1:{beside.site.port}\r\n"
        f"Authorization: Bearer {beside.seeded.key}\r\n\r\n".encode()
    )
    assert link.recv(1_000).startswith(b"HTTP/1.1 200")
    return link


def test_a_reader_that_goes_away_leaves_nothing_open(beside: Beside) -> None:
    sha256 = beside.seeded.hashes["large.bin"]
    links = [begun(beside, 4_096) for _reader in range(3)]
    assert wait_until(lambda: held(beside.site, sha256), "the site reads it")
    for link in links:
        link.close()
    wait_until(lambda: not held(beside.site, sha256), "the site has closed it")


def resident(site: LiveSite) -> int:
    status = Path(f"/proc/{site.program.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1_024  # type: ignore[index]


def test_readers_that_do_not_read_cost_a_few_pieces_each_and_the_rest_is_there_when_they_do(beside: Beside) -> None:
    beside.ours(name="large.bin")
    before = resident(beside.site)
    links = [begun(beside, 4_096) for _reader in range(8)]
    assert beside.ours("-r", "0-9").status == 206, "others are served meanwhile"
    # Each has a piece in the program and one on its way, beside what the system's sockets hold.
    assert resident(beside.site) - before < 8 * 4 * PIECE + 8_000_000
    received = 0
    # Some of it came with the headers.
    while received < LARGE - 1_000:
        piece = links[0].recv(1_000_000)
        assert piece, "the connection ended early"
        received += len(piece)
    for link in links:
        link.close()
