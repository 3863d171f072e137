"""What is remembered stays when Discord keeps something from the bot."""

from collections.abc import AsyncIterator
from typing import cast

import discord
import pytest

from meatlizard.threads import in_database
from tests.discordbridge.administrators import Town
from tests.discordbridge.test_memory import eventually, switched_on, texts

pytestmark = [pytest.mark.django_db(transaction=True)]


async def test_who_may_not_read_back_takes_nothing_for_deleted(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    from discordbridge.cogs.memory import Memory

    async def history(channel: discord.TextChannel, **wanted: int) -> AsyncIterator[discord.Message]:
        """As Discord does it: an empty list, and no refusal."""
        nothing: list[discord.Message] = []
        for message in nothing:
            yield message

    await switched_on(town)
    town.mia.say(town.general, "mine")
    await eventually(texts, ["mine"])
    memory = cast(Memory, town.bot.get_cog("Memory"))
    monkeypatch.setattr(discord.TextChannel, "history", history)
    monkeypatch.setattr(
        discord.TextChannel, "permissions_for", lambda channel, who: discord.Permissions(view_channel=True)
    )
    await memory.catch_up()
    assert await in_database(texts) == ["mine"]
