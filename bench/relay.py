"""What the site costs and delays between a node and its readers: ``python -m bench.relay [streams ...]``.

A live site on SQLite, one process, as ``make run`` starts it; one node whose engine is scripted; one page a
conversation. The load runs in this process, so its own work is not in the site's CPU. Beside it the same tokens go
through a bare relay (:mod:`bench.bare_relay`): a uvicorn application that only passes frames on. Prints ``name value
unit`` lines.
"""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from statistics import median
from uuid import UUID

import psutil

from bench import bare_relay
from bench.load import TOKEN, WIDTH, BenchNode, BenchPage, Clock, Reading, Script
from tests.services.programs import Program, free_port, new_folder, wait_until
from tests.services.site import ROOT, LiveSite

TOKENS = 2_000
PACED_TOKENS = 500
PACE = 0.02
ONE_TOKEN_ROUNDS = 20


def say(name: str, value: float, unit: str) -> None:
    print(f"{name} {value:.2f} {unit}", flush=True)


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Cpu:
    """CPU seconds of a process and its children since the last look."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._last = self._now()

    def _now(self) -> float:
        total = 0.0
        for process in (self._process, *self._process.children(recursive=True)):
            times = process.cpu_times()
            total += times.user + times.system
        return total

    def since(self) -> float:
        now = self._now()
        spent, self._last = now - self._last, now
        return spent


def prepare(streams: int) -> tuple[list[tuple[str, UUID]], bytes, bytes]:
    """Makes users with sessions and conversations, and a paired node; returns cookies with conversations, the node's
    private key and the site's public key."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.contrib.sessions.backends.db import SessionStore

    from chat import actions, nodes
    from chat.models import Node
    from inference_client.protocol import keys
    from meatlizard.accounts.models import Tier

    tier = Tier.objects.create(
        name="bench", title="Bench", concurrency=1, messages_per_minute=30_000, weekly_tokens=10**12, storage_bytes=0
    )
    pages = []
    for number in range(streams):
        user = get_user_model().objects.create_user(username=f"bench{number}", password=None, tier=tier)
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        conversation = actions.create_conversation(user)
        actions.rename(conversation, "Bench")
        pages.append((f"{settings.SESSION_COOKIE_NAME}={session.session_key}", conversation.pk))
    key = keys.generate()
    Node.objects.create(name="bench", public_key=keys.public_bytes(key))
    return pages, key.private_bytes_raw(), nodes.site_public_key()


@contextlib.asynccontextmanager
async def connected(
    site: LiveSite, prepared: tuple[list[tuple[str, UUID]], bytes, bytes]
) -> AsyncIterator[tuple[BenchNode, list[BenchPage]]]:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    cookies, key, public = prepared
    clock = Clock()
    address = site.url.replace("http://", "ws://")
    node = BenchNode(f"{address}/ws/inference/", public, X25519PrivateKey.from_private_bytes(key), len(cookies), clock)
    ready = asyncio.Event()
    running = asyncio.create_task(node.run(ready))
    await asyncio.wait_for(ready.wait(), 20)
    pages = [BenchPage(f"{address}/ws/chat/", cookie, site.url, talk, clock) for cookie, talk in cookies]
    for page in pages:
        await page.open()
    try:
        yield node, pages
    finally:
        for page in pages:
            await page.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def ask_all(pages: list[BenchPage]) -> list[Reading]:
    return await asyncio.gather(*(page.ask() for page in pages))


async def measure(site: LiveSite, streams: int, prepared: tuple[list[tuple[str, UUID]], bytes, bytes]) -> None:
    cpu = Cpu(site.program.pid)
    name = f"relay.{streams}"
    async with connected(site, prepared) as (node, pages):
        node.script = Script(1, 0.0)
        await ask_all(pages)
        cpu.since()
        firsts: list[float] = []
        # Below the limit of frames a minute that the site sets each user.
        rounds = min(60, max(3, ONE_TOKEN_ROUNDS * 8 // streams))
        for _ in range(rounds):
            firsts += [reading.first for reading in await ask_all(pages)]
        say(f"{name}.cpu_per_request", cpu.since() / (rounds * streams) * 1e3, "ms")
        say(f"{name}.first_token_p50", median(firsts) * 1e3, "ms")
        say(f"{name}.first_token_p99", percentile(firsts, 0.99) * 1e3, "ms")

        node.script = Script(TOKENS, 0.0)
        cpu.since()
        readings = await ask_all(pages)
        say(f"{name}.full_speed.cpu_per_token", cpu.since() / (TOKENS * streams) * 1e6, "us")
        say(f"{name}.full_speed.bytes_per_byte", median([r.octets for r in readings]) / (TOKENS * WIDTH), "ratio")

        node.script = Script(PACED_TOKENS, PACE)
        cpu.since()
        readings = await ask_all(pages)
        spent = cpu.since()
        latencies = [value for reading in readings for value in reading.latencies]
        say(f"{name}.paced.cpu_per_token", spent / (PACED_TOKENS * streams) * 1e6, "us")
        say(f"{name}.paced.token_p50", median(latencies) * 1e3, "ms")
        say(f"{name}.paced.token_p99", percentile(latencies, 0.99) * 1e3, "ms")
        say(f"{name}.paced.bytes_per_byte", median([r.octets for r in readings]) / (PACED_TOKENS * WIDTH), "ratio")


def beside(streams: int) -> None:
    """The same tokens through the bare relay."""
    port = free_port()
    argv = [sys.executable, "-c", f"from bench import bare_relay; bare_relay.serve({port})"]
    program = Program("bare relay", argv, new_folder("bare") / "log", cwd=ROOT)
    try:
        wait_until(lambda: listens(port), "the bare relay listens", alive=program)
        cpu = Cpu(program.pid)
        name = f"bare.{streams}"
        for kind, tokens, interval in (("full_speed", TOKENS, 0.0), ("paced", PACED_TOKENS, PACE)):
            cpu.since()
            latencies = asyncio.run(bare_relay.measure(port, streams, tokens, interval, TOKEN))
            say(f"{name}.{kind}.cpu_per_token", cpu.since() / (tokens * streams) * 1e6, "us")
            if interval:
                say(f"{name}.{kind}.token_p50", median(latencies) * 1e3, "ms")
                say(f"{name}.{kind}.token_p99", percentile(latencies, 0.99) * 1e3, "ms")
    finally:
        program.kill()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def one(streams: int) -> None:
    """Measures with this many conversations, on a site of its own."""
    site = LiveSite(QUEUE_MAX_WAITING="1000").prepare()
    os.environ.update(site.settings | {"LOG_LEVEL": "WARNING"})
    import django

    django.setup()
    from django.db import connections

    prepared = prepare(streams)
    connections.close_all()
    site.start()
    try:
        asyncio.run(measure(site, streams, prepared))
    finally:
        site.end()
    beside(streams)


def main() -> None:
    wanted = sys.argv[1:] or ["1", "8", "32", "64"]
    if len(wanted) == 1:
        one(int(wanted[0]))
        return
    for streams in wanted:
        # A process each: Django's settings name one database.
        subprocess.run([sys.executable, "-m", "bench.relay", streams], check=True)


if __name__ == "__main__":
    main()
