"""A link at work against a site's end that a test speaks for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from inference_client import address
from inference_client.backoff import Backoff
from inference_client.link import Link
from inference_client.protocol import keys
from inference_client.protocol import messages as wire
from inference_client.protocol.vocabulary import ChatMessage
from inference_client.session import Identity, Session
from tests.fakes.engine import ScriptedEngine, counting
from tests.inference_client.fake_site import FakeSite


class Running:
    """A link at work, with everything a test may ask of it. ``options`` go to the link; ``port``: of a network between."""

    def __init__(self, site: FakeSite, engine: ScriptedEngine, port: int | None = None, **options: Any) -> None:
        key = keys.generate()
        site.enrolled.add(keys.public_bytes(key))
        self.engine = engine
        self.session = Session(Identity("1", "test", "cpu"), engine.models())
        options = {"backoff": Backoff(uniform=lambda low, high: low), **options}
        where = address.parse(f"http://127.0.0.1:{port or site.port}")
        self.link = Link(where, key, keys.public_bytes(site.key), self.session, engine, **options)
        self.task: asyncio.Task[None]

    async def ended(self) -> None:
        async with asyncio.timeout(10):
            await self.task

    async def submitted(self, count: int = 1) -> None:
        async with asyncio.timeout(10):
            while len(self.engine.submitted) < count:
                self.engine.arrived.clear()
                await self.engine.arrived.wait()


@asynccontextmanager
async def running(
    site: FakeSite, engine: ScriptedEngine | None = None, port: int | None = None, **options: Any
) -> AsyncIterator[Running]:
    run = Running(site, engine or ScriptedEngine(counting), port, **options)
    await run.engine.start()
    run.task = asyncio.create_task(run.link.run())
    try:
        yield run
    finally:
        run.task.cancel()
        await asyncio.gather(run.task, return_exceptions=True)
        await run.engine.stop()


def generate(question: str = "?", prefix: str = "", epoch: int = 1) -> wire.Generate:
    messages = (ChatMessage(role="user", content=question),)
    return wire.Generate(
        generation=uuid4(), epoch=epoch, model="scripted", messages=messages, prefix=prefix, trace="trace-1"
    )
