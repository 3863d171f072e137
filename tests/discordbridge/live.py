"""The real bot at the fake Discord, in a test's own loop, as often as it is started; a node that says what the test says."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from discordbridge.actions import lease
from discordbridge.bot import Bot
from inference_client.protocol.messages import Generate
from meatlizard.threads import in_database
from tests.fakes.discord import FakeDiscord, Guild, Person
from tests.fakes.discord.state import Channel
from tests.fakes.node import FakeNode

SECONDS = 20.0
TITLE_TOKENS = 80


@asynccontextmanager
async def bot_at(fake: FakeDiscord) -> AsyncIterator[Bot]:
    """Connected, and done with what it does first. For tests with ``discord_addresses``."""
    await in_database(lease.take, "test", 60)
    async with Bot() as bot:
        # Two seconds that the library waits for more guilds to come.
        bot._connection.guild_ready_timeout = 0.05
        running = asyncio.create_task(bot.start(fake.bot_token))
        ready = asyncio.create_task(bot.reconciled.wait())
        try:
            await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=SECONDS)
            if running.done():
                running.result()
            assert ready.done(), "the bot never became ready"
            yield bot
        finally:
            ready.cancel()
            await bot.close()
            await asyncio.gather(running, return_exceptions=True)


async def answered(node: FakeNode, text: str) -> str:
    """The node answers what it is asked next, titles aside; returns the question as the model read it."""
    job = await asked(node)
    await node.text(job, 0, text)
    await node.finish(job, len(text))
    return job.messages[-1].content


async def asked(node: FakeNode) -> Generate:
    """What a person asks next. Titles, which the site wants between, are given."""
    while True:
        job = await node.hear(Generate)
        if job.sampling.max_tokens != TITLE_TOKENS:
            return job
        await node.text(job, 0, "A title")
        await node.finish(job, 7)


async def private_channel(person: Person, guild: Guild, **options: Any) -> Channel:
    """Uses /chat and waits for the channel."""
    before = {one.id for one in person.channels(guild)}
    use = person.use(person.channel(guild, "general"), "chat", **options)
    await use.answered()
    await person.until(lambda: {one.id for one in person.channels(guild)} - before, "a new channel")
    (new,) = [one for one in person.channels(guild) if one.id not in before]
    return new


def said(person: Person, channel: Channel) -> list[str]:
    """What the bot has said there, without what stands below it in small print."""
    answers = (one.content for one in person.answers(channel) if one.ephemeral_to is None)
    return [re.sub(r"\n?^-# .*$", "", text, flags=re.MULTILINE) for text in answers]
