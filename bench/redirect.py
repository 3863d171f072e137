"""What a short link costs: ``python -m bench.redirect [sqlite] [postgres] [hot] [kill] [--peer NAME=http://127.0.0.1:PORT/PATH[,PID]]``.

A live site, one process, as ``make run`` starts it; 32 kept connections from this process, whose own work is not in the site's CPU. Every
redirect is recorded, and its recording is waited for and in the figures. Beside it the same requests go to a uvicorn application that
answers and does nothing else. ``hot``: one link at 1,000 requests a second for 30 s; ``kill``: the same, ended by ``kill -9`` in the
middle. Peers run already, as their documentation says, and are passed by address. Prints ``name value unit`` lines.
"""

import asyncio
import contextlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median
from urllib.parse import urlsplit

import uvloop

from bench.relay import Cpu, listens, percentile, say
from tests.services.postgres import postgres_server
from tests.services.programs import Program, free_port, new_folder, wait_until
from tests.services.site import ROOT, LiveSite
from tests.shortener.clickers import Answers, click, request_for

LINKS = 10_000
COUNT = 30_000
ROUNDS = 3
RATE, SECONDS = 1_000.0, 30.0
TARGET = "https://example.org/page"


def asked(port: int, requests: Callable[[int], bytes], count: int, a_second: float = 0.0) -> Answers:
    return uvloop.run(click(port, requests, count, 32, a_second))


@contextlib.contextmanager
def live(database: str) -> Iterator[LiveSite]:
    """A site on ``database`` with LINKS links, ``/s/link0`` and so on."""
    with contextlib.ExitStack() as life:
        url = life.enter_context(postgres_server()).create("site") if database == "postgres" else ""
        site = LiveSite(database_url=url).prepare()
        os.environ.update(site.settings | {"LOG_LEVEL": "WARNING"})
        prepare()
        site.start()
        life.callback(site.end)
        yield site


def prepare() -> None:
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.db import connections
    from django.utils import timezone

    from shortener.models import Link

    owner = get_user_model().objects.create_user(username="bench", password=None)
    now = timezone.now()
    Link.objects.bulk_create(
        Link(owner=owner, slug=f"link{number}", target=TARGET, host="example.org", created=now, updated=now)
        for number in range(LINKS)
    )
    connections.close_all()


def recorded() -> int:
    """Clicks in the database, by the links' own totals and by rows, which must agree."""
    from django.db import connection
    from django.db.models import Sum

    from shortener.models import Click, Link

    total: int = Link.objects.aggregate(sum=Sum("clicks"))["sum"] or 0
    rows = Click.objects.count()
    connection.close()
    return total if total == rows else -1


class Round:
    """One server, asked again and again: what each round cost and took. ``settled`` waits until what belongs to it is done."""

    def __init__(
        self, name: str, port: int, pid: int | None, settled: Callable[[int], None] = lambda count: None
    ) -> None:
        self._name, self._port, self._settled = name, port, settled
        self._cpu = Cpu(pid) if pid else None
        self._costs: list[float] = []
        self._latencies: list[float] = []
        self.rates: list[float] = []

    def run(self, requests: Callable[[int], bytes], count: int = COUNT, *, counts: bool = True) -> None:
        if self._cpu:
            self._cpu.since()
        began = time.perf_counter()
        answers = asked(self._port, requests, count)
        took = time.perf_counter() - began
        self._settled(count)
        if counts:
            self.rates.append(len(answers.times) / took)
            self._costs.append(self._cpu.since() / len(answers.times) * 1e6 if self._cpu else 0.0)
            self._latencies += answers.latencies

    def tell(self) -> None:
        if self._cpu:
            say(f"{self._name}.cpu_per_request", median(self._costs), "us")
        say(f"{self._name}.rate", median(self.rates), "requests/s")
        say(f"{self._name}.latency_p50", median(self._latencies) * 1e3, "ms")
        say(f"{self._name}.latency_p99", percentile(self._latencies, 0.99) * 1e3, "ms")


@contextlib.contextmanager
def bare() -> Iterator[Round]:
    port = free_port()
    argv = [sys.executable, "-c", f"from bench import bare_answer; bare_answer.serve({port})"]
    program = Program("bare answer", argv, new_folder("bare") / "log", cwd=ROOT)
    try:
        wait_until(lambda: listens(port), "the bare application listens", alive=program)
        yield Round("bare", port, program.pid)
    finally:
        program.kill()


def database(name: str) -> None:
    """A hot link and LINKS links at random, in turns with the bare application, so that a busy machine is busy for both."""
    expected = 0

    def settled(count: int) -> None:
        nonlocal expected
        expected += count
        wait_until(lambda: recorded() == expected, f"{expected} clicks are recorded", 120)

    with live(name) as site, bare() as least:
        host = f"127.0.0.1:{site.port}"
        many = [request_for(f"/s/link{number}", host) for number in range(LINKS)]
        order = [random.randrange(LINKS) for _number in range(COUNT)]
        hot_link = Round(f"redirect.{name}.hot", site.port, site.program.pid, settled)
        at_random = Round(f"redirect.{name}.random", site.port, site.program.pid, settled)
        at_random.run(lambda number: many[number], LINKS, counts=False)
        least.run(lambda number: many[0], 1_000, counts=False)
        for _round in range(ROUNDS):
            least.run(lambda number: many[0])
            hot_link.run(lambda number: many[0])
            at_random.run(lambda number: many[order[number]])
        for one in (least, hot_link, at_random):
            one.tell()
        for one, kind in ((hot_link, "hot"), (at_random, "random")):
            ratios = [ours / theirs for ours, theirs in zip(one.rates, least.rates, strict=True)]
            say(f"redirect.{name}.{kind}.of_bare", median(ratios), "ratio")


def hot(name: str) -> None:
    """RATE for SECONDS: what was asked is what is recorded."""
    with live(name) as site:
        request = request_for("/s/link0", f"127.0.0.1:{site.port}")
        count = int(RATE * SECONDS)
        began = time.perf_counter()
        answers = asked(site.port, lambda number: request, count, RATE)
        say(f"hot.{name}.rate", answers.redirects / (time.perf_counter() - began), "requests/s")
        say(f"hot.{name}.latency_p99", percentile(answers.latencies, 0.99) * 1e3, "ms")
        with contextlib.suppress(AssertionError):
            wait_until(lambda: recorded() == answers.redirects, "all are recorded", 20)
        say(f"hot.{name}.requests", answers.redirects, "clicks")
        say(f"hot.{name}.recorded", recorded(), "clicks")


def kill(name: str) -> None:
    """The same, and in the middle of it the process is killed; it is started again, and tells what it has lost."""
    with live(name) as site:
        request = request_for("/s/link0", f"127.0.0.1:{site.port}")
        killed = 0.0

        async def both() -> Answers:
            nonlocal killed
            clicking = asyncio.create_task(click(site.port, lambda number: request, int(RATE * SECONDS), 32, RATE))
            await asyncio.sleep(SECONDS / 2 + random.random())
            await asyncio.to_thread(site.kill)
            killed = time.time()
            return await clicking

        answers = uvloop.run(both())
        site.start()
        counts: list[int] = []

        def settled() -> bool:
            counts.append(recorded())
            return len(counts) > 150 and counts[-1] == counts[-150]

        wait_until(settled, "the journal is taken over", 120)
        lost = answers.redirects - counts[-1]
        say(f"kill.{name}.answered", answers.redirects, "clicks")
        say(f"kill.{name}.recorded", counts[-1], "clicks")
        say(f"kill.{name}.lost", lost, "clicks")
        earliest = sorted(answers.times)[-lost] if lost > 0 else killed
        say(f"kill.{name}.lost_span", max(0.0, killed - earliest), "s")


def main() -> None:
    wanted = sys.argv[1:] or ["sqlite", "postgres", "hot", "hot:postgres", "kill", "kill:postgres"]
    if wanted[0] == "--peer":
        for one in wanted[1:]:
            name, _equals, place = one.partition("=")
            address, _comma, pid = place.partition(",")
            parts = urlsplit(address)
            request = request_for(parts.path, parts.netloc)
            theirs = Round(name, parts.port or 80, int(pid) if pid else None)
            for _round in range(ROUNDS):
                theirs.run(lambda number, request=request: request, COUNT // 10)  # type: ignore[misc]
            theirs.tell()
        return
    if len(wanted) > 1:
        for one in wanted:
            # A process each: Django's settings name one database.
            subprocess.run([sys.executable, "-m", "bench.redirect", one], check=True)
        return
    what, _colon, where = wanted[0].partition(":")
    if what in ("sqlite", "postgres"):
        database(what)
    else:
        {"hot": hot, "kill": kill}[what](where or "sqlite")


if __name__ == "__main__":
    main()
