"""Fixtures of the tests around Discord.

``fake_discord``  a ``FakeDiscord`` in the test's own loop (see ``tests/fakes/discord``), for async tests. When the test ends, whatever the
                  bot or the fake said that Discord's description does not allow fails it.
``beside_discord``  the same in a thread, as a ``Beside``, for tests without a loop; everything goes through ``do``.
``guild``         a guild of ``fake_discord`` with ``#general`` and the bot as administrator.
``plain_client``  ``await plain_client(client)`` logs an unmodified ``discord.Client`` in at ``fake_discord`` and gives it back when it is
                  ready; it is closed at the end.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.fakes.discord import Beside, FakeDiscord, Guild, beside


def check(fake: FakeDiscord) -> None:
    assert not fake.world.crashes, "the fake itself failed:\n" + "\n".join(fake.world.crashes)
    violations = fake.world.description.violations
    assert not violations, "Discord's description does not allow:\n" + "\n".join(map(str, violations))


@pytest.fixture
async def fake_discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as fake:
        yield fake
    check(fake)


@pytest.fixture
def beside_discord() -> Iterator[Beside]:
    with beside() as running:
        yield running
    check(running.fake)


@pytest.fixture
def guild(fake_discord: FakeDiscord) -> Guild:
    return fake_discord.guild()


@pytest.fixture
async def plain_client(
    fake_discord: FakeDiscord, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[[discord.Client], Awaitable[discord.Client]]]:
    monkeypatch.setattr(Route, "BASE", fake_discord.api_url)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(fake_discord.gateway_url))
    monkeypatch.setattr(discord.Asset, "BASE", fake_discord.cdn_url)
    running: list[tuple[discord.Client, asyncio.Task[None]]] = []

    async def log_in(client: discord.Client) -> discord.Client:
        task = asyncio.create_task(client.start(fake_discord.bot_token))
        running.append((client, task))
        ready = asyncio.create_task(client.wait_until_ready())
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=30)
        if task.done():
            ready.cancel()
            await task
        await ready
        return client

    yield log_in
    for client, task in running:
        await client.close()
        await asyncio.gather(task, return_exceptions=True)
