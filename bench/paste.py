"""What a paste of 4 KB costs: ``python -m bench.paste [sqlite] [postgres]``.

A live site, one process, as ``make run`` starts it; kept connections from this process, whose own work is not in the site's CPU. Read as text
and as a page by visitors, as a page with nothing remembered, and made and read sealed over PrivateBin's API. Beside it the same requests go to a uvicorn
application that answers and does nothing else. A paste of 10 MB is opened by the clock. Prints ``name value unit`` lines: medians of rounds, CPU of the server's process.
"""

import contextlib
import itertools
import json
import os
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from bench.relay import Cpu, listens, say
from tests.services.postgres import postgres_server
from tests.services.programs import Program, free_port, new_folder, wait_until
from tests.services.site import ROOT, LiveSite

TEXT = "".join(f"value_{number} = call({number}, 'text')  # a line of code\n" for number in range(90))[:4_000]
READS, CREATES, ROUNDS = 1_500, 300, 3
LARGE = 9_900_000


class Connection:
    """One kept connection; a request after the other, which is what CPU for each of them needs."""

    def __init__(self, port: int) -> None:
        self._port, self._host = port, f"127.0.0.1:{port}"
        self._open()

    def _open(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port))
        self._read = b""

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        try:
            return self._ask(method, path, body, **headers)
        except ConnectionError:
            # A connection that nothing came on for some seconds is closed by the server.
            self._open()
            return self._ask(method, path, body, **headers)

    def _ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self._host}",
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
        ]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        while b"\r\n\r\n" not in self._read:
            self._more()
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if b"content-length" in fields:
            return int(head[9:12]), self._take(int(fields[b"content-length"]))
        return int(head[9:12]), self._chunks()

    def _chunks(self) -> bytes:
        parts: list[bytes] = []
        while True:
            while b"\r\n" not in self._read:
                self._more()
            size, _, self._read = self._read.partition(b"\r\n")
            part = self._take(int(size, 16))
            self._take(2)
            if not part:
                return b"".join(parts)
            parts.append(part)

    def _take(self, size: int) -> bytes:
        while len(self._read) < size:
            self._more()
        taken, self._read = self._read[:size], self._read[size:]
        return taken

    def _more(self) -> None:
        data = self._socket.recv(262_144)
        if not data:
            raise ConnectionError("the server closed the connection")
        self._read += data


async def _bare(scope: dict[str, Any], receive: Any, send: Any) -> None:
    body = TEXT.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def serve_bare(port: int) -> None:
    """As ``manage.py serve`` runs the site, until it is ended."""
    import uvicorn

    uvicorn.run(
        _bare, host="127.0.0.1", port=port, loop="uvloop", http="httptools", ws="none", lifespan="off", log_level="error",
        access_log=False, proxy_headers=False, server_header=False,
    )  # fmt: skip


@contextlib.contextmanager
def bare() -> Iterator[tuple[int, int]]:
    """Port and process of a server that answers with as many bytes, and does nothing else."""
    port = free_port()
    argv = [sys.executable, "-c", f"from bench import paste; paste.serve_bare({port})"]
    program = Program("bare answer", argv, new_folder("bare") / "log", cwd=ROOT)
    try:
        wait_until(lambda: listens(port), "the bare application listens", alive=program)
        yield port, program.pid
    finally:
        program.kill()


def cost(pid: int, count: int, act: Callable[[int], None]) -> float:
    """CPU of the process ``pid`` for each of ``count`` calls, in milliseconds."""
    cpu = Cpu(pid)
    cpu.since()
    for number in range(count):
        act(number)
    return cpu.since() / count * 1e3


@contextlib.contextmanager
def live(database: str) -> Iterator[tuple[LiveSite, str, str]]:
    """A site on ``database`` with a paste and a large one, and their names."""
    with contextlib.ExitStack() as life:
        url = life.enter_context(postgres_server()).create("site") if database == "postgres" else ""
        site = LiveSite(database_url=url, PASTE_CREATE="everyone", TRUSTED_PROXIES="127.0.0.1").prepare()
        os.environ.update(site.settings | {"LOG_LEVEL": "WARNING"})
        slug, large = prepare()
        site.start()
        life.callback(site.end)
        yield site, slug, large


def prepare() -> tuple[str, str]:
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.db import connections

    from paste import actions
    from paste.actions import Terms
    from paste.contents import Draft

    owner = get_user_model().objects.create_user(username="bench", password=None)
    paste, _token = actions.create(owner, [Draft("code.py", TEXT.encode())], terms=Terms(privacy="public"))
    large, _token = actions.create(owner, [Draft("code.py", (TEXT * (LARGE // len(TEXT))).encode())])
    connections.close_all()
    return paste.slug, large.slug


def opened(connection: Connection, slug: str) -> float:
    """Milliseconds until the whole page of a large paste is there; what it shows at first may still be without colours."""
    began = time.perf_counter()
    status, body = connection.ask("GET", f"/p/{slug}/", Cookie="a=b")
    assert status == 200 and b"value_1" in body, (status, body[:200])
    return (time.perf_counter() - began) * 1e3


def sealed() -> bytes:
    """What PrivateBin's clients send: 4 KB that nobody here can read."""
    iv, salt, text = (b64encode(os.urandom(size)).decode() for size in (16, 8, 4_096))
    adata = [[iv, salt, 100_000, 256, 128, "aes", "gcm", "zlib"], "plaintext", 0, 0]
    return json.dumps({"v": 2, "adata": adata, "ct": text, "meta": {"expire": "1day"}}).encode()


def measure(database: str) -> None:
    with live(database) as (site, slug, large), bare() as (port, pid):
        connection = Connection(site.port)
        other = Connection(port)

        def read(path: str, **headers: str) -> Callable[[int], None]:
            def act(number: int) -> None:
                status, body = connection.ask("GET", path, **headers)
                assert status == 200 and b"value_1" in body, (status, body[:200])

            return act

        def create(number: int) -> None:
            # Limits are by address.
            address = f"198.18.{next(counter) // 250 % 250}.{next(counter) % 250}"
            status, body = connection.ask(
                "POST",
                "/sealed/",
                sealed(),
                X_Requested_With="JSONHttpRequest",
                Content_Type="application/json",
                X_Forwarded_For=address,
            )
            assert status == 200 and b'"status": 0' in body.replace(b'":0', b'": 0'), (status, body[:200])
            made.append(str(json.loads(body)["id"]))

        def read_sealed(number: int) -> None:
            address = f"198.19.{next(counter) // 250 % 250}.{next(counter) % 250}"
            status, body = connection.ask(
                "GET", f"/sealed/?{made[0]}", X_Requested_With="JSONHttpRequest", X_Forwarded_For=address
            )
            assert status == 200 and b'"ct"' in body, (status, body[:200])

        counter, made = itertools.count(), list[str]()
        ways: dict[str, tuple[int, int, Callable[[int], None]]] = {
            "bare": (pid, READS, lambda number: other.ask("GET", "/") and None),
            "read": (site.program.pid, READS, read(f"/p/{slug}/raw/")),
            "page": (site.program.pid, READS, read(f"/p/{slug}/")),
            "create_sealed": (site.program.pid, CREATES, create),
            "read_sealed": (site.program.pid, CREATES, read_sealed),
            # A cookie of no session: asked as whoever has one.
            "page_by_django": (site.program.pid, CREATES, read(f"/p/{slug}/", Cookie="a=b")),
        }
        costs: dict[str, list[float]] = {name: [] for name in ways}
        for act in (way[2] for way in ways.values()):
            act(0)
        for _round in range(ROUNDS):
            for name, (pid, count, act) in ways.items():
                costs[name].append(cost(pid, count, act))
        for name, found in costs.items():
            say(f"paste.{database}.{name}.cpu", median(found), "ms")
        # Last: what it begins in the background would be in the others' figures.
        say(f"paste.{database}.large_page.first", opened(connection, large), "ms")
        say(f"paste.{database}.large_page.again", median(opened(connection, large) for _time in range(5)), "ms")


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["sqlite", "postgres"]
    if len(wanted) == 1:
        measure(wanted[0])
    else:
        # Django is set up for one database in a process, where the pastes are made before the site starts.
        for one in wanted:
            subprocess.run([sys.executable, "-m", "bench.paste", one], check=True, cwd=ROOT)
