"""What home networks, laptops and restarts do to a link, and that the answers do not notice."""

import asyncio
import base64
import time
from uuid import uuid4

import pytest

from inference_client.backoff import Backoff
from inference_client.link import Times
from inference_client.protocol import messages as wire
from inference_client.protocol.vocabulary import ModelInfo
from inference_client.sleep import Sleep
from tests.fakes.bad_network import bad_network
from tests.fakes.engine import ScriptedEngine, counting, picture
from tests.inference_client.fake_site import NodeAtSite, fake_site
from tests.inference_client.running_link import generate, running

QUICK = Times(report=0.05, ping=0.05, silence=0.4)
PATIENT = Times(ping=0.05, silence=0.7)
PAINTER = ModelInfo(alias="painter", context_length=512, slots=1, kind="image")


class Wall:
    """A wall clock that a test sets forward, as a sleep does."""

    def __init__(self) -> None:
        self.slept = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.slept


def never_soon() -> Backoff:
    """Whoever waits for this has waited for the end of the test."""
    backoff = Backoff(uniform=lambda low, high: 3600.0)
    backoff.next()
    return backoff


async def test_a_network_that_swallows_everything_is_noticed_and_the_answer_goes_on() -> None:
    async with (
        fake_site() as site,
        bad_network(site.port) as network,
        running(site, port=network.port, times=QUICK) as run,
    ):
        node = await site.next_node()
        await node.welcome()
        job = generate()
        await node.say(job)
        await run.submitted()
        run.engine.step(10)
        first = await node.text(40)
        network.freeze()
        run.engine.step(10)
        node = await site.next_node()
        await node.welcome(wire.Resume(generation=job.generation, epoch=2, offset=40))
        run.engine.step(1000)
        answer = counting(run.engine.chats[0])
        assert first + await node.text(len(answer), start=40) == answer
        assert run.link.reconnections == 1


async def test_a_network_that_dies_in_the_middle_of_an_image_is_noticed_although_nothing_can_be_written() -> None:
    async with fake_site() as site, bad_network(site.port) as network:
        engine = ScriptedEngine(others=(PAINTER,))
        async with running(site, engine, port=network.port, times=QUICK) as run:
            node = await site.next_node()
            await node.welcome()
            job = wire.Paint(generation=uuid4(), epoch=1, model="painter", prompt="x", width=4096, height=2048)
            await node.say(job)
            await run.submitted()
            network.rate = 2e6
            run.engine.step()
            await node.hear(wire.BlobPart)
            network.freeze()
            network.rate = None
            node = await site.next_node()
            await node.welcome(wire.Resume(generation=job.generation, epoch=2, offset=0))
            assert await image(node) == picture(run.engine.submitted[0])


async def test_a_slow_line_is_not_taken_for_a_dead_one() -> None:
    """At this rate the answer to a ping takes longer than the silence after which a link counts as lost."""
    engine = ScriptedEngine(others=(PAINTER,))
    async with (
        fake_site() as site,
        bad_network(site.port) as network,
        running(site, engine, port=network.port, times=PATIENT) as run,
    ):
        node = await site.next_node()
        await node.welcome()
        await node.say(wire.Paint(generation=uuid4(), epoch=1, model="painter", prompt="x", width=640, height=800))
        await run.submitted()
        network.rate = 250e3
        run.engine.step()
        assert await image(node, seconds=60) == picture(run.engine.submitted[0])
        assert network.connections == 1


async def test_a_changed_address_costs_one_connection_and_no_text() -> None:
    async with fake_site() as site, bad_network(site.port) as network, running(site, port=network.port) as run:
        node = await site.next_node()
        await node.welcome()
        job = generate()
        await node.say(job)
        await run.submitted()
        run.engine.step(5)
        await node.text(20)
        network.cut()
        run.engine.step(5)
        node = await site.next_node()
        await node.welcome(wire.Resume(generation=job.generation, epoch=2, offset=20))
        assert len(await node.text(40, start=20)) == 20


async def test_after_sleep_the_link_is_made_anew_at_once_without_back_off() -> None:
    wall = Wall()
    async with fake_site() as site, running(site, sleep=Sleep(wall), backoff=never_soon()) as run:
        await (await site.next_node()).welcome()
        async with asyncio.timeout(10):
            await run.link.connected.wait()
        run.link._backoff.next()
        wall.slept += 3600
        await (await site.next_node()).welcome()


async def test_waking_ends_a_long_wait_for_a_site_that_was_away() -> None:
    wall = Wall()
    async with fake_site() as site:
        port = site.port
    async with running(site, port=port, sleep=Sleep(wall), backoff=never_soon()) as run:
        async with asyncio.timeout(10):
            while not run.link.trouble:
                await asyncio.sleep(0.01)
        assert "cannot be reached" in run.link.trouble
        async with fake_site(site):
            wall.slept += 3600
            await (await site.next_node()).welcome()
            async with asyncio.timeout(10):
                await run.link.connected.wait()
            assert run.link.trouble == ""


async def test_a_site_that_restarts_gets_the_same_answer() -> None:
    async with fake_site() as site, running(site) as run:
        node = await site.next_node()
        await node.welcome()
        job = generate()
        await node.say(job)
        await run.submitted()
        run.engine.step(10)
        before = await node.text(40)
        await node.socket.close(1012)
        node = await site.next_node()
        await node.welcome(wire.Resume(generation=job.generation, epoch=2, offset=0))
        run.engine.step(10)
        assert (await node.text(80))[:40] == before


def test_small_corrections_of_the_clock_are_no_sleep() -> None:
    wall = Wall()
    sleep = Sleep(wall)
    for step, over in ((5, False), (-3600, False), (3600, True), (0, False), (86_400, True)):
        wall.slept += step
        assert sleep.over() is over


# --- what else goes over the link -------------------------------------------------------------------------------------


async def test_figures_and_limits_reach_the_site() -> None:
    async with fake_site() as site, running(site, times=QUICK) as run:
        node = await site.next_node()
        await node.welcome()
        await node.say(generate())
        await run.submitted()
        run.engine.step(3)
        run.link.availability_changed(wire.Availability(state="paused", why="heat"))
        assert (await node.hear(wire.Availability)).why == "heat"
        tokens = 0
        while tokens < 3:
            metrics = await node.hear(wire.Metrics)
            assert metrics.memory is not None and metrics.memory > 0
            tokens += metrics.models[0].completion_tokens
        assert (tokens, metrics.models[0].busy) == (3, 1)


async def test_orders_are_followed_and_one_that_fails_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    orders: list[wire.Order] = []

    def follow(order: wire.Order) -> None:
        orders.append(order)
        if order.do == "load":
            raise RuntimeError("no such thing")

    async with fake_site() as site, running(site, orders=follow) as run:
        node = await site.next_node()
        await node.welcome()
        await node.say(wire.Order(do="load", model="x"))
        await node.say(wire.Order(do="pause"))
        await node.say(generate())
        await run.submitted()
        assert [order.do for order in orders] == ["load", "pause"]
        assert "no such thing" in caplog.text
        assert run.link.reconnections == 0


async def image(node: NodeAtSite, seconds: float = 10) -> bytes:
    """The bytes of the image that comes next."""
    found = b""
    async with asyncio.timeout(seconds):
        while True:
            message = await node.inbox.get()
            if isinstance(message, wire.BlobPart):
                assert message.offset == len(found)
                found += base64.b64decode(message.data)
            elif isinstance(message, wire.Painted):
                return found
