"""What has to run for as long as the bot does goes on after whatever went wrong once."""

import asyncio
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any
from unittest import mock

import discord
import pytest
from django.db import OperationalError

from discordbridge import access, mine, reconciling
from discordbridge.actions import guilds
from discordbridge.cogs import upkeep
from discordbridge.looking import Looking
from discordbridge.mirroring import Mirror
from meatlizard.errors import Invalid
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.discordbridge.live import bot_at
from tests.fakes.discord import FakeDiscord, Guild

TROUBLE = [
    OperationalError("away"),
    discord.RateLimited(90.0),
    discord.HTTPException(mock.Mock(status=503, reason="away"), "away"),
    KeyError("a mistake"),
]


class Waiting:
    """As much of a bot as a look needs."""

    def __init__(self) -> None:
        self.reconciled = asyncio.Event()
        self.reconciled.set()
        self.tasks: list[asyncio.Task[Any]] = []

    def keep(self, work: Coroutine[Any, Any, Any], name: str = "") -> asyncio.Task[Any]:
        self.tasks.append(asyncio.get_running_loop().create_task(work))
        return self.tasks[-1]

    async def wait_until_ready(self) -> None: ...


@pytest.mark.parametrize("error", TROUBLE, ids=lambda one: type(one).__name__)
async def test_a_look_that_fails_is_followed_by_another(error: Exception) -> None:
    bot, enough, looked = Waiting(), asyncio.Event(), []

    async def look() -> None:
        looked.append(1)
        if len(looked) == 1:
            raise error
        enough.set()

    Looking(bot, look, 0.01, "test")  # type: ignore[arg-type]
    async with asyncio.timeout(20):
        await enough.wait()
    bot.tasks[0].cancel()


async def test_the_mirror_goes_on_when_discord_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    bot, enough, looked = Waiting(), asyncio.Event(), []

    async def look(self: Mirror) -> None:
        looked.append(1)
        if len(looked) == 1:
            raise discord.RateLimited(90.0)
        enough.set()

    monkeypatch.setattr(Mirror, "_look", look)
    monkeypatch.setattr("discordbridge.mirroring.LOOK_SECONDS", 0.01)
    task = bot.keep(Mirror(bot).run())  # type: ignore[arg-type]
    async with asyncio.timeout(20):
        await enough.wait()
    task.cancel()


@pytest.mark.django_db(transaction=True)
async def test_a_start_while_the_database_is_away_is_made_up_for(
    discord_addresses: FakeDiscord, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def known() -> list[int]:
        tried.append(1)
        if len(tried) == 1:
            raise OperationalError("away")
        return access.known_guilds()

    monkeypatch.setattr(reconciling, "known_guilds", known)
    monkeypatch.setattr(upkeep, "AGAIN_SECONDS", 0.01)
    async with serving(), bot_at(discord_addresses):
        assert len(tried) == 2
        assert await in_database(access.known_guilds) == [guild.id]
        await in_database(guilds.left, guild.id)


def use() -> Any:
    return SimpleNamespace(
        response=SimpleNamespace(defer=mock.AsyncMock()), followup=SimpleNamespace(send=mock.AsyncMock())
    )


async def fails(error: Exception) -> str:
    raise error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (discord.Forbidden(mock.Mock(status=403, reason="no"), "no"), "Discord did not let me"),
        (Invalid("Not so."), "Not so."),
        (KeyError("a mistake"), "Something went wrong"),
    ],
    ids=lambda one: type(one).__name__,
)
async def test_whoever_gave_a_command_hears_of_its_failure(error: Exception, words: str) -> None:
    asked = use()
    await mine.answered(asked, fails(error))
    (said,) = asked.followup.send.await_args.args
    assert words in said


async def test_a_command_that_cannot_be_acknowledged_is_not_carried_out() -> None:
    asked, done = use(), []
    asked.response.defer.side_effect = discord.NotFound(mock.Mock(status=404, reason="late"), "late")

    async def work() -> str:
        done.append(1)
        return "Done."

    await mine.answered(asked, work())
    assert not done
    asked.followup.send.assert_not_awaited()
