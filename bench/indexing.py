"""Whether vectors keep up with what is written: ``python -m bench.indexing [--seconds N] [--rate N] [--database sqlite|postgres] [--busy N]``.

A live site, one process as ``make run`` starts it, turns messages into vectors by a child of its own with the real weights of
all-MiniLM-L6-v2, one thread at low priority. Another process remembers messages as the Discord bot does: 50 a second, each in a transaction of
its own, and looks when each can be found; then many at once, for what is done a second when much waits. Their lengths are spread as those of
chat messages are: the half has up to 7 words, one of twenty more than 30. ``--busy`` gives the machine that many other programs that never rest.
Prints ``name value unit`` lines.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from bench.relay import say
from inference_client.config import EMBEDDING
from inference_client.download import place
from tests.models.minilm import FOLDER, converted, weights
from tests.services import postgres
from tests.services.site import LiveSite

GUILD, CHANNEL, TOGETHER = 7, 9, 3_000
WAIT_SECONDS = 300.0


def texts(count: int) -> list[str]:
    chance = random.Random(1)
    words = (FOLDER / "sentences.txt").read_text("utf-8").split()
    found = []
    for _ in range(count):
        length = max(1, min(300, round(chance.lognormvariate(1.9, 0.95))))
        begin = chance.randrange(len(words))
        found.append(" ".join(words[(begin + at) % len(words)] for at in range(length))[:2_000])
    return found


@contextmanager
def live(database: str, model: Path) -> Iterator[LiveSite]:
    with ExitStack() as life:
        url = ""
        if database == "postgres":
            if postgres.pgvector_folder() is not None:
                os.environ[postgres.WITH_PGVECTOR] = "1"
            url = life.enter_context(postgres.postgres_server()).create("site")
        site = LiveSite(database_url=url, EMBEDDING_PYTHON=sys.executable).prepare()
        there = place(*EMBEDDING, Path(site.settings["VAR_DIR"]) / "models")
        there.parent.mkdir(parents=True)
        there.symlink_to(model)
        os.environ.update(site.settings | {"LOG_LEVEL": "WARNING"})
        import django

        django.setup()
        from discordbridge.models import Guild

        Guild.objects.create(pk=GUILD, name="Bench", memory_channels=[CHANNEL])
        site.start()
        life.callback(site.end)
        yield site


def remember(numbers: Sequence[int], said: Sequence[str]) -> None:
    from django.utils import timezone

    from discordbridge.actions import remembering

    heard = remembering.Heard
    remembering.remember(
        heard(number, GUILD, CHANNEL, CHANNEL, 1, "bench", text, timezone.now())
        for number, text in zip(numbers, said, strict=True)
    )


class Watch:
    """Notes when each message can be found, in a thread of its own."""

    def __init__(self) -> None:
        self.found: dict[int, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        from django.db import connection

        from discordbridge.memory.meaning import NAME
        from meatlizard.vectors.models import StoredVector

        last = 0
        while not self._over.wait(0.1):
            rows = StoredVector.objects.filter(collection=NAME, pk__gt=last).order_by("pk").values_list("pk", "key")
            now = time.perf_counter()
            for pk, key in rows:
                last = pk
                self.found.setdefault(int(key), now)
        connection.close()

    def wait(self, count: int) -> bool:
        until = time.perf_counter() + WAIT_SECONDS
        while len(self.found) < count and time.perf_counter() < until:
            time.sleep(0.05)
        return len(self.found) >= count

    def end(self) -> None:
        self._over.set()
        self._thread.join()


class Processors:
    """Seconds of the site itself, and of the child that computes."""

    def __init__(self, pid: int) -> None:
        self._site = psutil.Process(pid)
        self._before = self._now()

    def _now(self) -> tuple[float, float]:
        own = self._site.cpu_times()
        children = [one.cpu_times() for one in self._site.children(recursive=True)]
        return own.user + own.system, sum(one.user + one.system for one in children)

    def since(self) -> tuple[float, float]:
        now = self._now()
        spent = now[0] - self._before[0], now[1] - self._before[1]
        self._before = now
        return spent


def measure(name: str, site: LiveSite, rate: float, seconds: float) -> None:
    said, watch = texts(int(rate * seconds)), Watch()
    try:
        # The child is started, and the model loaded.
        remember([1], ["A first message."])
        assert watch.wait(1), "nothing was embedded at all"
        processors, written = Processors(site.program.pid), dict[int, float]()
        began = time.perf_counter()
        for at, text in enumerate(said):
            time.sleep(max(0.0, began + at / rate - time.perf_counter()))
            remember([at + 2], [text])
            written[at + 2] = time.perf_counter()
        took = time.perf_counter() - began
        behind = 1 + len(said) - len(watch.found)
        own, child = processors.since()
        whole = watch.wait(1 + len(said))
        lags = sorted(watch.found[number] - then for number, then in written.items() if number in watch.found)
        say(f"indexing.{name}.written", len(said) / took, "messages/s")
        say(f"indexing.{name}.lag.median", statistics.median(lags), "s")
        say(f"indexing.{name}.lag.p95", lags[int(0.95 * len(lags))], "s")
        say(f"indexing.{name}.behind_at_the_end", behind, "messages")
        say(f"indexing.{name}.cpu.site", own / took, "cores")
        say(f"indexing.{name}.cpu.child", child / took, "cores")
        assert whole, f"{1 + len(said) - len(watch.found)} messages never got a vector"
        there, began = len(watch.found), time.perf_counter()
        remember(range(there + 1, there + TOGETHER + 1), texts(TOGETHER))
        assert watch.wait(there + TOGETHER), "not all that came at once were embedded"
        say(f"indexing.{name}.at_once", TOGETHER / (time.perf_counter() - began), "messages/s")
    finally:
        watch.end()


@contextmanager
def busy(programs: int) -> Iterator[None]:
    started = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(programs)]
    try:
        yield
    finally:
        for one in started:
            one.kill()
            one.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=50.0, help="messages a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--busy", type=int, default=0, metavar="N", help="other programs that never rest")
    options = parser.parse_args()
    folder = weights()
    if folder is None:
        print("# bench.indexing: the weights are not installed (make test installs them)")
        return
    lengths = sorted(map(len, texts(10_000)))
    print(f"# characters: {lengths[5_000]} median, {sum(lengths) / 10_000:.0f} on average, {lengths[9_900]} at 99 %")
    with live(options.database, converted(folder)) as site, busy(options.busy):
        print(f"# load {os.getloadavg()[0]:.1f}")
        measure(options.database, site, options.rate, options.seconds)
        print(f"# load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
