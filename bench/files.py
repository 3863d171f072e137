"""What uploads cost: ``python -m bench.files [large] [memory] [small]``.

``large``: 1 GiB by tus in one request, and in the pieces that the page sends, against a PUT to nginx (its WebDAV module) that writes to
the same disk; rounds take turns. nginx leaves the bytes to the kernel's memory, the site has them on the disk, hashed, before it answers.
``memory``: how much the site grows while 4 GiB come. ``small``: 1,000 files of 10 KB as the page sends them, one request each, over
six connections, which is what browsers open; with ``JOBS_IN_SITE=false`` in the environment what is made of them is left to a worker. Prints ``name value unit`` lines: medians of rounds, beside the machine's load.
"""

import base64
import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import psutil

from bench.paste import Connection
from bench.relay import Cpu, say
from tests.services.programs import Program, find, free_port, new_folder, wait_until
from tests.services.site import LiveSite

ENDPOINT, BYTES = "/files/uploads/", "application/offset+octet-stream"
GIB, MIB = 1 << 30, 1 << 20
LARGE, ROUNDS = GIB, 3
PIECE = 64 * MIB
"""As ``frontend/src/files/upload/transfer.js`` has it."""

FILES, FILE, CONNECTIONS = 1_000, 10_000, 6

SIGN_IN = """
from django.test import Client
from meatlizard.accounts.models import Tier, User
alice = User.objects.create_user("alice")
Tier.objects.update(storage_bytes=1 << 40)
browser = Client()
browser.force_login(alice)
print(browser.cookies["sessionid"].value)
"""

NGINX = """
{user}daemon off; worker_processes 1; pid {home}/nginx.pid; error_log {home}/error.log;
events {{}}
http {{
  access_log off; client_body_temp_path {home}/temp; client_max_body_size 0;
  server {{ listen 127.0.0.1:{port}; root {home}/files; location / {{ dav_methods PUT; }} }}
}}
"""


def metadata(**said: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items())


class Sender(Connection):
    """Sends bodies as they are made, so that nothing large lies in memory."""

    def put(self, method: str, path: str, size: int, **headers: str) -> int:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", f"Content-Length: {size}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        block = bytearray(os.urandom(MIB))
        for number in range(size // MIB):
            block[:8] = number.to_bytes(8)
            self._socket.sendall(block)
        while b"\r\n\r\n" not in self._read:
            self._more()
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        self._found = {
            name.lower(): value for name, value in (line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        }
        if (length := int(self._found.get("content-length", 0))) and self._found.get("transfer-encoding") is None:
            self._take(length)
        return int(head[9:12])

    def said(self, name: str) -> str:
        return self._found[name]


@contextlib.contextmanager
def nginx(home: Path) -> Iterator[tuple[int, int]]:
    program = find("nginx", folders=[Path("/usr/sbin")])
    assert program, "nginx is not installed"
    port = free_port()
    (home / "files").mkdir()
    (home / "nginx.conf").write_text(
        NGINX.format(home=home, port=port, user="user root;\n" if os.geteuid() == 0 else "")
    )
    server = Program("nginx", [program, "-p", str(home), "-c", str(home / "nginx.conf")], home / "nginx.log")
    wait_until(lambda: _listens(port), "nginx listens", alive=server)
    yield port, server.pid
    server.kill()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        Connection(port)
        return True
    return False


def upload(sender: Sender, who: dict[str, str], size: int, piece: int) -> None:
    said = {**who, "Tus_Resumable": "1.0.0"}
    made = sender.put(
        "POST", ENDPOINT, 0, Upload_Length=str(size), Upload_Metadata=metadata(filename="large.bin"), **said
    )
    assert made == 201, made
    path = sender.said("location")
    for offset in range(0, size, piece):
        took = sender.put(
            "PATCH", path, min(piece, size - offset), Upload_Offset=str(offset), Content_Type=BYTES, **said
        )
        assert took == 204, took
    assert sender.said("content-location")


def large(site: LiveSite, who: dict[str, str]) -> None:
    home = new_folder("nginx")
    found: dict[str, list[float]] = {}
    costs: dict[str, list[float]] = {}
    with nginx(home) as (port, other):
        for _round in range(ROUNDS):
            for name in ("nginx", "tus", "tus_pieces"):
                spent, began = Cpu(other if name == "nginx" else site.program.pid), time.perf_counter()
                if name == "nginx":
                    assert Sender(port).put("PUT", "/large.bin", LARGE) in (201, 204)
                else:
                    upload(Sender(site.port), who, LARGE, LARGE if name == "tus" else PIECE)
                found.setdefault(name, []).append(time.perf_counter() - began)
                costs.setdefault(name, []).append(spent.since())
                _deleted(site)
                subprocess.run(["sync", "-f", str(site.home)], check=True)
    seconds = {name: median(rounds) for name, rounds in found.items()}
    for name, took in seconds.items():
        say(f"upload_1gib_{name}", LARGE / took / MIB, "MiB/s")
        say(f"upload_1gib_{name}_cpu", median(costs[name]), "s")
    for name in ("tus", "tus_pieces"):
        say(f"upload_1gib_{name}_to_nginx", seconds["nginx"] / seconds[name], "ratio")


def _deleted(site: LiveSite) -> None:
    """The content of what came, so that the same bytes may come again as if they never had."""
    import shutil
    import sqlite3

    shutil.rmtree(site.home / "media" / "blobs", ignore_errors=True)
    with sqlite3.connect(site.database, timeout=30) as database:
        for table in ("files_upload", "files_version", "files_file", "files_blob"):
            database.execute(f"DELETE FROM {table}")


def memory(site: LiveSite, who: dict[str, str]) -> None:
    process = psutil.Process(site.program.pid)
    upload(Sender(site.port), who, 64 * MIB, 64 * MIB)
    before, most, over = process.memory_info().rss, 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not over.wait(0.02):
            most = max(most, process.memory_info().rss)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        upload(Sender(site.port), who, 4 * GIB, 4 * GIB)
    finally:
        over.set()
        watching.join()
    say("upload_4gib_growth", (most - before) / MIB, "MiB")
    _deleted(site)


def small(site: LiveSite, who: dict[str, str]) -> None:
    rates, costs = [], []
    for turn in range(ROUNDS):
        waiting = [*range(FILES)]

        def send(turn: int = turn, waiting: list[int] = waiting) -> None:
            line = Connection(site.port)
            while True:
                try:
                    number = waiting.pop()
                except IndexError:
                    return
                said = metadata(filename=f"{turn}-{number}.txt", filetype="text/plain", folder="", collision="keep")
                status, _body = line.ask(
                    "POST", ENDPOINT, os.urandom(FILE), Upload_Length=str(FILE), Upload_Metadata=said, Tus_Resumable="1.0.0",
                    Content_Type=BYTES, **who,
                )  # fmt: skip
                assert status == 201, status

        spent = Cpu(site.program.pid)
        senders = [threading.Thread(target=send) for _each in range(CONNECTIONS)]
        began = time.perf_counter()
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        rates.append(FILES / (time.perf_counter() - began))
        costs.append(spent.since() / FILES * 1_000)
    say("upload_small_files", median(rates), "files/s")
    say("upload_small_files_cpu", median(costs), "ms/file")


def main() -> None:
    chosen = sys.argv[1:] or ["large", "memory", "small"]
    site = LiveSite(JOBS_IN_SITE=os.environ.get("JOBS_IN_SITE", "true")).prepare()
    session = site.manage("shell", "--no-imports", "-c", SIGN_IN).split()[-1]
    site.start()
    who = {"Cookie": f"sessionid={session}", "Origin": site.url, "Accept": "application/json"}
    try:
        for name in chosen:
            say(f"load_before_{name}", os.getloadavg()[0], "processes")
            {"large": large, "memory": memory, "small": small}[name](site, who)
    finally:
        site.end()


if __name__ == "__main__":
    main()
