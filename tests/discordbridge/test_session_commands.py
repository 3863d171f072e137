"""Commands of members within their conversations: each for its member, and refused to a stranger."""

import pytest

from chat.models import Checkpoint, Conversation, InferenceTask, Message
from discordbridge.bot import Bot
from discordbridge.models import GuildSession
from inference_client.protocol.messages import Stop, Transcribe
from meatlizard.threads import in_database
from paste.models import Paste
from shortener.models import Link
from tests.discordbridge.live import answered, asked, private_channel, said
from tests.fakes.discord import FakeDiscord, Guild, Person
from tests.fakes.discord.state import Channel
from tests.fakes.node import FakeNode, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio, pytest.mark.usefixtures("at_once")]


@pytest.fixture
def anne(fake_discord: FakeDiscord, guild: Guild) -> Person:
    return fake_discord.member(guild, "anne")


@pytest.fixture
async def channel(bot: Bot, anne: Person, guild: Guild) -> Channel:
    return await private_channel(anne, guild)


async def talk() -> Conversation:
    return await in_database(lambda: Conversation.objects.select_related("persona_version").latest("created"))


@pytest.fixture
async def charlie(fake_discord: FakeDiscord, guild: Guild, bot: Bot, anne: Person) -> tuple[Person, Channel]:
    """A stranger, in a public thread of Anne's."""
    stranger = fake_discord.member(guild, "charlie")
    use = anne.use(anne.channel(guild, "general"), "chat", private=False)
    await use.says("Everybody here can read it")
    row = await in_database(lambda: GuildSession.objects.get(kind="public"))
    return stranger, guild.channels[row.place or 0]


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("reset", {}), ("summarize", {}), ("cancel", {}), ("close", {}), ("persona", {"persona": "x"}), ("model", {"model": "tiny"}),
        ("system", {}), ("temperature", {"temperature": 1.0}), ("export", {}),
    ],
)  # fmt: skip
async def test_a_stranger_is_refused(
    charlie: tuple[Person, Channel], anne: Person, guild: Guild, command: str, options: dict[str, object]
) -> None:
    person, thread = charlie
    before = await talk()
    await person.use(thread, command, **options).says("somebody else's conversation")
    await person.use(person.channel(guild, "general"), command, **options).says("no conversation in this place")
    now = await talk()
    assert (now.pk, now.model, now.temperature, now.system_prompt) == (before.pk, before.model, None, "")


async def test_settings_count_from_the_next_answer_on(channel: Channel, anne: Person, node: FakeNode) -> None:
    await anne.use(channel, "model", model="tiny").says("tiny")
    await anne.use(channel, "temperature", temperature=0.5).says("0.5")
    use = await anne.use(channel, "system").answered()
    await anne.submit(use, prompt="Be brief.").says("counts from the next answer")
    now = await talk()
    assert (now.model, now.temperature, now.system_prompt) == ("tiny", 0.5, "Be brief.")
    anne.say(channel, "Why?")
    job = await asked(node)
    assert job.sampling.temperature == 0.5
    again = await anne.use(channel, "system").answered()
    assert "Be brief." in str(again.modal)
    await anne.use(channel, "temperature").says("model's own")
    assert (await talk()).temperature is None
    await anne.use(channel, "persona", persona="nobody of this name").says("There is no persona")
    await anne.use(channel, "persona").says("model itself")


async def test_models_are_suggested(channel: Channel, anne: Person) -> None:
    use = anne.complete(channel, "model", focused="model", model="ti")
    await use.answered()
    assert [one["name"] for one in use.choices] == ["tiny"]


async def test_a_fresh_start_keeps_what_was_said(channel: Channel, anne: Person, node: FakeNode) -> None:
    await anne.use(channel, "temperature", temperature=0.5).says("0.5")
    anne.say(channel, "My name is Anne")
    await answered(node, "Hello Anne")
    await anne.reads(channel, "Hello Anne")
    before = await talk()
    await anne.use(channel, "reset").says("begins afresh")
    after = await talk()
    assert after.pk != before.pk and after.temperature == 0.5
    anne.say(channel, "What is my name?")
    job = await asked(node)
    assert "Anne" not in str([one.content for one in job.messages])
    await node.text(job, 0, "No idea")
    await node.finish(job, 7)
    await anne.reads(channel, "No idea")
    assert await in_database(Message.objects.filter(conversation=before).count) == 2


@pytest.mark.parametrize("how", ["command", "words"])
async def test_an_answer_is_called_off(channel: Channel, anne: Person, node: FakeNode, how: str) -> None:
    anne.say(channel, "Count for ever")
    job = await asked(node)
    await node.text(job, 0, "One, two")
    await anne.reads(channel, "One, two")
    if how == "command":
        await anne.use(channel, "cancel").says("Stopping 1 answer")
    else:
        anne.say(channel, "Please cancel that request!")
    assert (await node.hear(Stop)).generation == job.generation
    await node.finish(job, 8, reason="cancelled")
    await anne.reads(channel, "One, two\n-# ⏹️ Stopped.")
    await anne.use(channel, "cancel").says("Nothing is being written")
    assert await in_database(Message.objects.filter(role="user").count) == 1


async def test_a_summary_is_asked_for(channel: Channel, anne: Person, node: FakeNode) -> None:
    await anne.use(channel, "summarize").says("too little")
    for number in range(4):
        anne.say(channel, f"Tell me of {number} " + "lizards and stones " * 40)
        await answered(node, f"Number {number} " + "sun " * 60)
        await anne.reads(channel, f"Number {number} ")
    await anne.use(channel, "summarize").says("summary of the older part")
    assert await in_database(Checkpoint.objects.filter(by_hand=True).exists)


async def test_a_conversation_is_closed_when_that_is_meant(
    channel: Channel, anne: Person, guild: Guild, node: FakeNode
) -> None:
    question = await anne.use(channel, "close").says("End this conversation?")
    await anne.press(question, "Cancel").answered()
    assert anne.sees(channel)
    question = await anne.use(channel, "close").says("End this conversation?")
    await anne.press(question, "End it").answered()
    await anne.until(lambda: not anne.sees(channel), "the channel to go")
    await until(lambda: in_database(GuildSession.objects.filter(state="closed").exists))
    assert await in_database(Conversation.objects.filter(removed=None).count) == 1


async def test_a_conversation_is_exported(channel: Channel, anne: Person, node: FakeNode) -> None:
    anne.say(channel, "Why?")
    await answered(node, "Because of lizards")
    await anne.reads(channel, "Because of lizards")
    use = anne.use(channel, "export")
    message = await use.says("as a file")
    assert b"Because of lizards" in message.attachments[0].content
    assert message.ephemeral_to == anne.id


async def test_a_message_is_asked_about(channel: Channel, anne: Person, guild: Guild, node: FakeNode) -> None:
    general = anne.channel(guild, "general")
    message = anne.say(general, "Lizards warm themselves on stones")
    use = await anne.menu("Ask about this", message).answered()
    await anne.submit(use, question="Is that so?").says("The answer comes in")
    job = await asked(node)
    assert "Is that so?" in job.messages[-1].content and "> Lizards warm themselves" in job.messages[-1].content
    await node.text(job, 0, "It is")
    await node.finish(job, 5)
    row = await in_database(lambda: GuildSession.objects.exclude(place=channel.id).get())
    await anne.reads(guild.channels[row.place or 0], "It is")


async def test_what_follows_is_summed_up(channel: Channel, anne: Person, guild: Guild, node: FakeNode) -> None:
    anne.say(channel, "Thanks!")
    first = await anne.until(lambda: next(iter(anne.messages(channel)), None), "her message")
    await answered(node, "You are welcome")
    await anne.reads(channel, "You are welcome")
    await anne.menu("Summarise from here", first).says("The answer comes in")
    job = await asked(node)
    assert job.messages[-1].content.endswith("> Anne: Thanks!\n> meatlizard: You are welcome")


async def test_pastes_and_short_links(channel: Channel, anne: Person, guild: Guild) -> None:
    message = anne.say(anne.channel(guild, "general"), "Keep **this**")
    await anne.menu("Save as paste", message).says("Whoever knows the address")
    use = await anne.use(channel, "paste").answered()
    await anne.submit(use, title="Notes", text="One line").says("Whoever knows the address")
    assert await in_database(Paste.objects.count) == 2
    await anne.use(channel, "shorten", address="https://example.org/a", name="lizard").says("lizard")
    assert await in_database(Link.objects.filter(slug="lizard", target="https://example.org/a").exists)
    await anne.use(channel, "shorten", address="javascript:alert(1)").answered()
    assert await in_database(Link.objects.count) == 1


async def test_search_finds_ones_own_and_tells_nobody_else(
    channel: Channel, anne: Person, guild: Guild, fake_discord: FakeDiscord, node: FakeNode
) -> None:
    anne.say(channel, "Where do **skinks** bask?")
    await answered(node, "On warm stones")
    await anne.reads(channel, "On warm stones")
    use = await anne.use(channel, "paste").answered()
    await anne.submit(use, title="Skinks", text="@everyone basks").says("Whoever knows the address")
    found = anne.use(channel, "search", words="skinks")
    await found.says("conversation")
    assert found.ephemeral and "paste" in found.text and "skinks" in found.text.lower()
    await anne.use(channel, "search", words="crocodiles").says("Nothing of yours")
    await anne.use(channel, "search", words="before:never").answered()
    boris = fake_discord.member(guild, "boris")
    await boris.use(boris.channel(guild, "general"), "search", words="skinks").says("Nothing of yours")


async def test_a_voice_message_is_heard_where_somebody_can_listen(
    channel: Channel, anne: Person, node: FakeNode
) -> None:
    anne.say(channel, files={"voice-message.ogg": b"OggS" + bytes(60)}, voice=True)
    await anne.reads(channel, "I cannot listen just now")
    assert not await in_database(Message.objects.exists)
    assert not await in_database(InferenceTask.objects.exists)


async def test_what_is_said_is_asked(
    bot: Bot, anne: Person, guild: Guild, channel: Channel, node: FakeNode, olga: object
) -> None:
    from tests.chat.test_chat_socket import node_for

    async with await node_for(olga) as listener:  # type: ignore[arg-type]
        await listener.hello("ear", kind="speech")
        anne.say(channel, files={"voice-message.ogg": b"OggS" + bytes(60)}, voice=True)
        task = await listener.hear(Transcribe)
        words = "What do lizards eat?"
        await listener.text(task, 0, words)
        await listener.finish(task, len(words))
        assert await answered(node, "Crickets") == "What do lizards eat?"
        await anne.until(lambda: said(anne, channel) == ["Crickets"], "the answer")


async def test_stopping_is_refused_where_the_conversation_is_not_ones_own(
    charlie: tuple[Person, Channel], anne: Person, node: FakeNode
) -> None:
    person, thread = charlie
    anne.say(thread, "Count for ever")
    job = await asked(node)
    await node.text(job, 0, "One, two")
    growing = await person.reads(thread, "One, two")
    await person.press(growing, "Stop").says("somebody else's conversation")
    person.say(thread, "cancel that request")
    await node.text(job, 8, ", three")
    await node.finish(job, 15)
    await person.reads(thread, "One, two, three\n-# ✓")
