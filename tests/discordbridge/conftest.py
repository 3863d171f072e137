"""Fixtures of the tests around Discord.

``fake_discord``  a ``FakeDiscord`` in the test's own loop (see ``tests/fakes/discord``), for async tests. When the test ends, whatever the
                  bot or the fake said that Discord's description does not allow fails it.
``beside_discord``  the same in a thread, as a ``Beside``, for tests without a loop; everything goes through ``do``.
``guild``         a guild of ``fake_discord`` with ``#general`` and the bot as administrator.
``plain_client``  ``await plain_client(client)`` logs an unmodified ``discord.Client`` in at ``fake_discord`` and gives it back when it is
                  ready; it is closed at the end.
``site_bot``      the site's own bot, connected to ``fake_discord`` and ready, in ``guild``, with the parts of a serving process beside it
                  (bus, dispatcher, notifier) and tables that threads see. Ask for ``guild`` too where you need it.
``at_once``       answers are edited a hundred times faster than people see them.
``node``          a fake inference client that says what the test says, and ``bot`` a bot of the site with it; see ``live.py``.
``discord_addresses``  only the settings: token and addresses of ``fake_discord``.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route
from pytest_django import Settings

from tests.fakes.discord import Beside, FakeDiscord, Guild, beside

if TYPE_CHECKING:
    from discordbridge.bot import Bot
    from meatlizard.accounts.models import User
    from tests.discordbridge.administrators import Town
    from tests.fakes.node import FakeNode


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
def discord_addresses(fake_discord: FakeDiscord, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FakeDiscord:
    settings.DISCORD_TOKEN = fake_discord.bot_token
    settings.DISCORD_API_URL = fake_discord.api_url
    settings.DISCORD_GATEWAY_URL = fake_discord.gateway_url
    settings.DISCORD_CDN_URL = fake_discord.cdn_url
    # The library keeps them in its classes; this puts Discord's own back when the test ends.
    monkeypatch.setattr(Route, "BASE", fake_discord.api_url)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(fake_discord.gateway_url))
    monkeypatch.setattr(discord.Asset, "BASE", fake_discord.cdn_url)
    return fake_discord


async def until_ready(client: discord.Client, token: str) -> asyncio.Task[None]:
    """Starts the client; raises what ``start`` raises, when it is not to be."""
    task = asyncio.create_task(client.start(token))
    ready = asyncio.create_task(_ready(client))
    await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=30)
    if not ready.done():
        ready.cancel()
        await task
    return task


async def _ready(client: discord.Client) -> None:
    while not client.is_ready():
        await asyncio.sleep(0.01)


@pytest.fixture
async def site_bot(discord_addresses: FakeDiscord, guild: Guild, transactional_db: None) -> AsyncIterator["Bot"]:
    # Not before Django is set up, which reading a conftest does not wait for.
    from tests.chat.serving import serving
    from tests.discordbridge.live import bot_at

    async with serving(), bot_at(discord_addresses) as bot:
        yield bot


@pytest.fixture
async def plain_client(
    discord_addresses: FakeDiscord,
) -> AsyncIterator[Callable[[discord.Client], Awaitable[discord.Client]]]:
    running: list[tuple[discord.Client, asyncio.Task[None]]] = []

    async def log_in(client: discord.Client) -> discord.Client:
        running.append((client, await until_ready(client, discord_addresses.bot_token)))
        return client

    yield log_in
    for client, task in running:
        await client.close()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def town(discord_addresses: FakeDiscord, site_bot: "Bot", guild: Guild) -> "Town":
    from tests.discordbridge.administrators import settle

    return await settle(site_bot, discord_addresses, guild)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch, fake_discord: FakeDiscord) -> None:
    from discordbridge import streaming
    from discordbridge.relay import pacing

    monkeypatch.setattr(pacing, "SHORTEST", 0.011)
    monkeypatch.setattr(pacing, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(streaming, "Pace", lambda: pacing.Pace(interval=0.011, _pause=0.01))
    fake_discord.world.limits.off = True


@pytest.fixture
async def node(olga: "User", discord_addresses: FakeDiscord) -> AsyncIterator["FakeNode"]:
    from tests.chat.serving import serving
    from tests.chat.test_chat_socket import node_for

    async with serving(), await node_for(olga) as one:
        await one.hello("tiny")
        yield one


@pytest.fixture
async def bot(node: "FakeNode", discord_addresses: FakeDiscord, guild: Guild) -> AsyncIterator["Bot"]:
    from tests.discordbridge.live import bot_at

    async with bot_at(discord_addresses) as running:
        yield running
