"""Calls of tools that their person decides on by the buttons below the answer, at a Discord as strict as the real one."""

from collections.abc import AsyncIterator

import pytest

from chat.models import ToolCall
from chat.tools.registry import Call, Result, Tool, tool
from discordbridge.bot import Bot
from inference_client.protocol.messages import Generate
from meatlizard.accounts.models import User
from meatlizard.threads import in_database
from tests.chat.tools.calling import Registering, calling, node_with_tools
from tests.chat.tools.conftest import registered
from tests.discordbridge.live import asked, bot_at, private_channel
from tests.fakes.discord import FakeDiscord, Guild, Person
from tests.fakes.discord.state import Channel, Message
from tests.fakes.node import FakeNode

__all__ = ["registered"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio, pytest.mark.usefixtures("at_once")]

ASKS = "-# ✋ Send a word asks: may it?"
LETTER = "Dear gecko, " * 60


@pytest.fixture
async def node(olga: User, discord_addresses: FakeDiscord) -> AsyncIterator[FakeNode]:
    """One whose model calls tools."""
    async with node_with_tools(olga) as running:
        yield running


@pytest.fixture
def anne(fake_discord: FakeDiscord, guild: Guild) -> Person:
    return fake_discord.member(guild, "anne")


@pytest.fixture
def sent(registered: Registering) -> list[str]:
    """What was sent by a tool that asks first."""
    done: list[str] = []

    async def send(call: Call, word: str) -> Result:
        """Sends a word."""
        done.append(word)
        return Result("sent")

    made: Tool = tool(title="Send a word", effects=True, approval=True)(send)
    registered(made)
    return done


async def waiting(node: FakeNode, person: Person, channel: Channel, word: str = "egg") -> tuple[Message, Generate]:
    """The message below which the person is asked, and what the model was asked."""
    person.say(channel, "Send it")
    job = await asked(node)
    assert "send" in [one.name for one in job.tools]
    await node.text(job, 0, "I send it. ")
    await node.finish(job, 11, "tool_calls", tool_calls=calling("send", arguments=f'{{"word": "{word}"}}'))
    return await person.reads(channel, ASKS), job


async def ended(node: FakeNode, person: Person, channel: Channel) -> str:
    """What the model reads of the call, after which it ends its answer."""
    job = await asked(node)
    (told,) = [one.content for one in job.messages if one.role == "tool"]
    await node.text(job, len(job.prefix), "So it is.")
    await node.finish(job, len(job.prefix) + 9)
    await person.reads(channel, "-# ✓ tiny")
    return told


def state() -> str:
    return ToolCall.objects.get().state


async def test_its_person_allows_it_and_nobody_else(
    bot: Bot, node: FakeNode, anne: Person, guild: Guild, fake_discord: FakeDiscord, sent: list[str]
) -> None:
    channel = await private_channel(anne, guild)
    ada = fake_discord.owner(guild)
    message, _ = await waiting(node, anne, channel)
    assert "egg" in message.content
    assert [one["label"] for one in message.buttons] == ["Allow", "Decline", "Stop"]
    for label in ("Allow", "Decline"):
        use = ada.press(message, label)
        await use.says("Only the person who asked decides on this.")
        assert use.ephemeral
    assert (await in_database(state), sent) == ("waiting", [])
    use = anne.press(message, "Allow")
    await use.says("Allowed.")
    assert use.ephemeral
    assert await ended(node, anne, channel) == "sent"
    assert sent == ["egg"]
    end = await anne.reads(channel, "So it is.")
    assert end.id == message.id
    assert not {"Allow", "Decline"} & {one.get("label") for one in end.buttons}


async def test_it_is_declined_after_the_bot_was_started_anew_and_stays_so(
    node: FakeNode, anne: Person, guild: Guild, discord_addresses: FakeDiscord, sent: list[str]
) -> None:
    async with bot_at(discord_addresses):
        channel = await private_channel(anne, guild)
        message, _ = await waiting(node, anne, channel)
    async with bot_at(discord_addresses):
        await anne.press(message, "Decline").says("Declined.")
        await anne.press(message, "Allow").says("decided already")
        assert "declined" in await ended(node, anne, channel)
    assert sent == []


async def test_what_is_too_long_for_the_line_is_looked_at_first(
    bot: Bot, node: FakeNode, anne: Person, guild: Guild, sent: list[str]
) -> None:
    channel = await private_channel(anne, guild)
    message, _ = await waiting(node, anne, channel, LETTER)
    assert [one["label"] for one in message.buttons] == ["Look at it", "Decline", "Stop"]
    use = anne.press(message, "Look at it")
    shown = await use.says(LETTER.strip())
    assert use.ephemeral
    assert sent == []
    await anne.press(shown, "Allow").says("Allowed.")
    assert await ended(node, anne, channel) == "sent"
    assert sent == [LETTER]
