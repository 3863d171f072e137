"""Answers at Discord while they are written, at a Discord as strict as the real one."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from chat.models import Message as Row
from discordbridge.bot import Bot
from discordbridge.models import PostedMessage
from inference_client.protocol.messages import Failed, Stop
from meatlizard.threads import in_database
from tests.discordbridge.live import asked, bot_at, private_channel
from tests.fakes.discord import FakeDiscord, Guild, Person
from tests.fakes.discord.state import Channel, Message
from tests.fakes.node import FakeNode, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio, pytest.mark.usefixtures("at_once")]

LONG = "\n\n".join(f"Paragraph {at} of the lizard. " * 12 for at in range(8))


@pytest.fixture
def anne(fake_discord: FakeDiscord, guild: Guild) -> Person:
    return fake_discord.member(guild, "anne")


async def text_of(person: Person, channel: Channel, part: str) -> Message:
    return await person.reads(channel, part)


def shown(person: Person, channel: Channel) -> list[Message]:
    """The bot's messages, without those that only this person sees."""
    return [one for one in person.answers(channel) if one.ephemeral_to is None]


def whole(person: Person, channel: Channel) -> str:
    """What the bot's messages say, without what stands in small print."""
    texts = "\n".join(one.content for one in shown(person, channel))
    return re.sub(r"(?m)^-# .*$", "", texts)


def letters(text: str) -> str:
    return "".join(text.split())


async def test_an_answer_grows_in_one_message_and_says_how_it_stands(
    bot: Bot, node: FakeNode, anne: Person, guild: Guild
) -> None:
    channel = await private_channel(anne, guild)
    anne.say(channel, "Why?")
    job = await asked(node)
    await text_of(anne, channel, "-# 📖")
    await node.text(job, 0, "Because of")
    growing = await text_of(anne, channel, "Because of\n-# ✍️ Writing …")
    await node.text(job, 10, " lizards.")
    await node.finish(job, 19)
    end = await text_of(anne, channel, "Because of lizards.\n-# ✓ tiny")
    assert end.id == growing.id
    assert len(shown(anne, channel)) == 1
    assert [one.get("label") or one["emoji"]["name"] for one in end.buttons] == ["Regenerate", "👍", "👎"]
    posted = PostedMessage.objects.filter(discord_id=end.id, settled=True)
    await until(lambda: in_database(posted.exists))


async def test_a_long_answer_is_told_in_parts_of_which_only_the_last_changes(
    bot: Bot, node: FakeNode, anne: Person, guild: Guild, fake_discord: FakeDiscord
) -> None:
    channel = await private_channel(anne, guild)
    anne.say(channel, "Tell me about lizards")
    job = await asked(node)
    for at in range(0, len(LONG), 400):
        await node.text(job, at, LONG[at : at + 400])
        await asyncio.sleep(0.02)
    await node.finish(job, len(LONG))
    await text_of(anne, channel, "-# ✓ tiny")
    answers = shown(anne, channel)
    assert len(answers) > 1
    assert letters(whole(anne, channel)) == letters(LONG)
    assert all(len(one.content) <= 1_900 for one in answers)
    assert all(not one.buttons for one in answers[:-1])
    for one in answers[:-1]:
        # Once it was full, nothing but its small print and buttons went.
        first_full = next(at for at, text in enumerate(one.versions) if "-# " not in text and text)
        assert set(one.versions[first_full:]) == {one.content}


async def test_stop_is_for_its_member(
    bot: Bot, node: FakeNode, anne: Person, guild: Guild, fake_discord: FakeDiscord
) -> None:
    channel = await private_channel(anne, guild)
    boris = fake_discord.member(guild, "boris")
    assert not boris.sees(channel)
    anne.say(channel, "Count for ever")
    job = await asked(node)
    await node.text(job, 0, "One, two")
    growing = await text_of(anne, channel, "One, two\n-# ✍️")
    use = anne.press(growing, "Stop")
    assert (await node.hear(Stop)).generation == job.generation
    await use.says("Stopping")
    assert use.ephemeral
    await node.finish(job, 8, reason="cancelled")
    end = await text_of(anne, channel, "One, two\n-# ⏹️ Stopped.")
    assert "Continue" in [one.get("label") for one in end.buttons]


@asynccontextmanager
async def killed(fake: FakeDiscord) -> AsyncIterator[Bot]:
    """A bot that dies with the block, in the middle of whatever it does."""
    async with bot_at(fake) as bot:
        yield bot
        for task in tuple(bot._kept):
            task.cancel()
        await asyncio.gather(*bot._kept, return_exceptions=True)


async def test_a_bot_that_was_killed_goes_on_in_the_same_message(
    node: FakeNode, fake_discord: FakeDiscord, guild: Guild, anne: Person
) -> None:
    async with killed(fake_discord):
        channel = await private_channel(anne, guild)
        anne.say(channel, "Tell me about lizards")
        job = await asked(node)
        await node.text(job, 0, LONG[:2_500])
        await text_of(anne, channel, LONG[2_200:2_230])
        before = [one.id for one in anne.answers(channel)]
    await node.text(job, 2_500, LONG[2_500:])
    async with bot_at(fake_discord):
        await node.finish(job, len(LONG))
        await text_of(anne, channel, "-# ✓ tiny")
        assert [one.id for one in anne.answers(channel)][: len(before)] == before
        assert letters(whole(anne, channel)) == letters(LONG)


async def test_a_message_that_was_sent_while_the_bot_died_is_found_again(
    node: FakeNode, fake_discord: FakeDiscord, guild: Guild, anne: Person
) -> None:
    async with killed(fake_discord):
        channel = await private_channel(anne, guild)
        fake_discord.world.faults.cut("after", "POST", f"/channels/{channel.id}/messages", times=9)
        anne.say(channel, "Why?")
        job = await asked(node)
        await node.text(job, 0, "Because of")
        await anne.until(lambda: anne.answers(channel), "the message that the bot does not know of")
    fake_discord.world.faults.clear()
    async with bot_at(fake_discord):
        await node.text(job, 10, " lizards.")
        await node.finish(job, 19)
        await text_of(anne, channel, "Because of lizards.\n-# ✓ tiny")
        assert len(shown(anne, channel)) == 1


@pytest.mark.parametrize("status", [503, 429])
async def test_trouble_in_mid_answer_loses_nothing(
    bot: Bot, node: FakeNode, anne: Person, guild: Guild, fake_discord: FakeDiscord, status: int
) -> None:
    channel = await private_channel(anne, guild)
    anne.say(channel, "Why?")
    job = await asked(node)
    await node.text(job, 0, "Because of")
    await text_of(anne, channel, "Because of")
    path = f"/channels/{channel.id}/messages/*"
    if status == 429:
        struck = fake_discord.world.faults.storm(0.05, "PATCH", path, times=3)
    else:
        struck = fake_discord.world.faults.answer(503, "PATCH", path, times=3)
    await node.text(job, 10, " lizards.")
    await node.finish(job, 19)
    await text_of(anne, channel, "Because of lizards.\n-# ✓ tiny")
    assert struck.struck == 3
    assert len(shown(anne, channel)) == 1


async def test_what_somebody_deleted_is_not_brought_back(
    bot: Bot, node: FakeNode, anne: Person, guild: Guild, fake_discord: FakeDiscord
) -> None:
    channel = await private_channel(anne, guild)
    anne.say(channel, "Tell me about lizards")
    job = await asked(node)
    await node.text(job, 0, LONG[:1_000])
    first = await text_of(anne, channel, "Paragraph 1")
    fake_discord.owner(guild).delete(first)
    await node.text(job, 1_000, LONG[1_000:])
    await node.finish(job, len(LONG))
    await text_of(anne, channel, "-# ✓ tiny")
    assert first.id not in [one.id for one in anne.answers(channel)]
    assert "Paragraph 0" not in whole(anne, channel)


async def test_an_old_message_that_may_not_be_edited_is_sent_anew(
    bot: Bot, node: FakeNode, anne: Person, guild: Guild, fake_discord: FakeDiscord
) -> None:
    channel = await private_channel(anne, guild)
    anne.say(channel, "Why?")
    job = await asked(node)
    await node.text(job, 0, "Because of")
    old = await text_of(anne, channel, "Because of")
    fake_discord.world.limits.off = False
    fake_discord.world.clock.advance(3_700)
    await node.text(job, 10, " lizards.")
    await node.finish(job, 19)
    new = await text_of(anne, channel, "Because of lizards.\n-# ✓ tiny")
    assert new.id != old.id
    assert len(shown(anne, channel)) == 1


async def test_buttons_outlive_the_bot(node: FakeNode, fake_discord: FakeDiscord, guild: Guild, anne: Person) -> None:
    async with bot_at(fake_discord):
        channel = await private_channel(anne, guild)
        anne.say(channel, "Why?")
        job = await asked(node)
        await node.text(job, 0, "Because")
        await node.finish(job, 7, reason="length")
        end = await text_of(anne, channel, "Because\n-# ✂️")
    async with bot_at(fake_discord):
        await anne.press(end, "Continue").says("Going on")
        job = await asked(node)
        await node.text(job, 7, " of lizards.")
        await node.finish(job, 19)
        end = await text_of(anne, channel, "Because of lizards.\n-# ✓ tiny")
        assert len(shown(anne, channel)) == 1
        await anne.press(end, "👍").says("Thank you")
        await anne.press(end, "Regenerate").says("Asked again")
        job = await asked(node)
        await node.text(job, 0, "Just so.")
        await node.finish(job, 8)
        await text_of(anne, channel, "Just so.\n-# ✓ tiny")
        assert len(shown(anne, channel)) == 2


async def test_code_beyond_what_is_shown_comes_as_a_file(bot: Bot, node: FakeNode, anne: Person, guild: Guild) -> None:
    channel = await private_channel(anne, guild)
    anne.say(channel, "Write a program and save it as ../lizards.py")
    job = await asked(node)
    code = "".join(f"print({at})  # a lizard\n" for at in range(300))
    text = f"Here:\n```python\n{code}```\nDone."
    await node.text(job, 0, text)
    await node.finish(job, len(text))
    end = await text_of(anne, channel, "📎 Files of this answer:")
    assert [file.filename for file in end.attachments] == ["lizards.py"]
    assert end.attachments[0].content.decode() == code
    assert end.buttons


async def test_a_failed_answer_says_so(bot: Bot, node: FakeNode, anne: Person, guild: Guild) -> None:
    channel = await private_channel(anne, guild)
    anne.say(channel, "Why?")
    job = await asked(node)
    await node.say(Failed(generation=job.generation, epoch=job.epoch, code="prompt_too_long", detail="9 tokens of 8"))
    await text_of(anne, channel, "-# ⚠️")
    row = await in_database(lambda: Row.objects.filter(role="assistant").get())
    assert not row.content
