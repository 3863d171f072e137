"""A Discord on loopback for tests: REST v10, gateway, CDN, sign-in, strict about what the real one refuses, and people who use it.

    async with FakeDiscord() as discord:
        guild = discord.guild("Lizards")                     # with #general and the invited bot
        alice = discord.member(guild, "alice")
        ...start the bot with discord.api_url, gateway_url, cdn_url, bot_token...
        general = alice.channel(guild, "general")
        use = await alice.use(general, "chat", persona="x").answered()
        private = await alice.until(lambda: next((c for c in alice.channels(guild) if c.name == "alice"), None), "her channel")
        alice.say(private, "Good morning")
        answer = await alice.reads(private, "Good morning to you")
        await alice.press(answer, "Stop").answered()

Trouble: ``discord.world.faults``, ``.limits``, ``.gateway``, ``.clock``. Record: ``discord.calls("PATCH", "/channels/*/messages/*")``,
``message.versions``, ``message.pinged``. A test without a loop takes ``beside()`` and reaches everything through ``do``.
"""

from tests.fakes.discord.commands import NotOffered
from tests.fakes.discord.errors import Refused
from tests.fakes.discord.people import Person, Unanswered, Use, everything_in
from tests.fakes.discord.permissions import ALL, May
from tests.fakes.discord.server import Beside, FakeDiscord, beside
from tests.fakes.discord.state import Channel, Guild, Message

__all__ = [
    "ALL", "Beside", "Channel", "FakeDiscord", "Guild", "May", "Message", "NotOffered", "Person", "Refused", "Unanswered",
    "Use", "beside", "everything_in",
]  # fmt: skip
