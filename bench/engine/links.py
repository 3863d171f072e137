"""What survives a cut link, and how soon it goes on: ``python -m bench.engine.links [--real]``.

A live site, the real client, the tiny model in slow motion, four people reading. Cuts of 5 s, 30 s and 5 minutes; without
``--real`` everything is ten times as fast, lease and clocks included. The kinds of cut have a site each and run beside
one another.
"""

import argparse
import asyncio
import itertools
import time
from collections.abc import Sequence
from difflib import SequenceMatcher

from bench.engine.figures import say
from tests.fakes.lossy_link import Cut, LossyLink
from tests.faults.crowd import Crowd, QuickClient
from tests.faults.quick_client import SCALE
from tests.faults.scene import ask_site
from tests.services.programs import wait_until
from tests.services.site import LiveSite

CUTS: tuple[Cut, ...] = ("silent", "forgotten", "reset")
SECONDS = (5, 30, 300)
PEOPLE = 4
RESUME_SECONDS = 240.0


class Scene:
    """A site with people, and a client whose way to it leads over a link."""

    def __init__(self, real: bool) -> None:
        self.scale = 1 if real else SCALE
        self.site = LiveSite(LEASE_SECONDS=str(60 // self.scale), NODE_HEARTBEAT_SECONDS=str(max(1, 5 // self.scale)))
        self.clients: list[QuickClient] = []

    def open(self) -> None:
        self.site.prepare().start()
        self.link = LossyLink(self.site.port)
        self.people = iter(ask_site(self.site, f"prepare({PEOPLE * len(SECONDS)})")["people"])
        self.client(self.link.url).slow_motion()

    def close(self) -> None:
        for client in self.clients:
            client.end()
        self.site.end()
        self.link.end()

    def client(self, url: str) -> QuickClient:
        client = QuickClient()
        client.real_time = self.scale == 1
        self.clients.append(client)
        client.pair(url, self.site.manage("inference_pair", "--code-only").strip()).start()
        wait_until(lambda: "connected to" in client.program.tail(), "it connects", 60, alive=client.program)
        return client

    def crowd(self) -> Crowd:
        people = list(itertools.islice(self.people, PEOPLE))
        return Crowd(self.site, people, max(SECONDS) + 2 * RESUME_SECONDS)


async def cut(real: bool, how: Cut, lengths: Sequence[int] = SECONDS) -> None:
    scene = Scene(real)
    try:
        await asyncio.to_thread(scene.open)
        for seconds in lengths:
            async with scene.crowd() as crowd:
                await crowd.ask()
                scene.link.cut(how)
                await asyncio.sleep(seconds / scene.scale)
                scene.link.restore()
                await _report(f"{how}.{seconds}s", crowd, scene.scale, since=time.monotonic())
    finally:
        await asyncio.to_thread(scene.close)


async def taken_over(real: bool) -> None:
    """The link is cut for good, and there is another machine."""
    scene = Scene(real)
    try:
        await asyncio.to_thread(scene.open)
        async with scene.crowd() as crowd:
            await crowd.ask()
            began = time.monotonic()
            scene.link.cut("silent")
            await asyncio.to_thread(scene.client, scene.site.url)
            await _report("other_machine", crowd, scene.scale, since=began)
    finally:
        await asyncio.to_thread(scene.close)


async def _report(name: str, crowd: Crowd, scale: int, since: float) -> None:
    seen = [len(page.text) for page in crowd.pages]
    async with asyncio.timeout(RESUME_SECONDS):
        while not all(len(page.text) > had for page, had in zip(crowd.pages, seen, strict=True)):
            assert not crowd.impatient, "a page gave up"
            await asyncio.sleep(0.005)
    resumed = time.monotonic() - since
    texts = await crowd.end()
    wrong = [_differences(text, pair.answer) for text, pair in zip(texts, crowd.pairs, strict=True)]
    say(f"links.{name}.lost", sum(lost for lost, _ in wrong), "characters", "<= 0")
    say(f"links.{name}.repeated", sum(more for _, more in wrong), "characters", "<= 0")
    say(f"links.{name}.goes_on_after", resumed, "s" if scale == 1 else f"s-with-clocks-{scale}-times-as-fast")


def _differences(text: str, right: str) -> tuple[int, int]:
    """(characters of ``right`` that are missing, characters too many)."""
    lost = more = 0
    for _, begin, end, other_begin, other_end in SequenceMatcher(None, right, text, autojunk=False).get_opcodes():
        if right[begin:end] != text[other_begin:other_end]:
            lost += end - begin
            more += other_end - other_begin
    return lost, more


async def all_kinds(real: bool, lengths: Sequence[int] = SECONDS) -> None:
    await asyncio.gather(*(cut(real, how, lengths) for how in CUTS), taken_over(real))


async def run(quick: bool, threads: int) -> None:
    if quick:
        await cut(False, "forgotten", (5, 30))
    else:
        await all_kinds(False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.engine.links", description=__doc__)
    parser.add_argument("--real", action="store_true", help="at full length: about eight minutes")
    parser.add_argument("--seconds", type=int, nargs="+", choices=SECONDS, default=SECONDS, help="only these cuts")
    options = parser.parse_args()
    asyncio.run(all_kinds(options.real, options.seconds))
