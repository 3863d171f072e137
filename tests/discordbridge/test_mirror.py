"""Administrators read web sessions along and answer in place of the model; people are told before, and see who wrote."""

import datetime
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from chat import actions, queueing, stepping_in
from chat.models import Conversation, Generation, Message
from discordbridge import onlooking
from discordbridge.actions import guilds, seen
from discordbridge.bot import Bot
from discordbridge.models import Guild as GuildRow
from discordbridge.models import GuildSession
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from meatlizard.moderation.models import AuditEntry
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_chat_socket import Page, conversation_of, node_for
from tests.discordbridge.live import answered, asked, bot_at, private_channel
from tests.fakes.discord import FakeDiscord, Guild, Person
from tests.fakes.discord.state import Channel
from tests.fakes.node import FakeNode, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture
async def node(olga: User, discord_addresses: FakeDiscord) -> AsyncIterator[FakeNode]:
    async with serving(), await node_for(olga) as one:
        await one.hello("tiny")
        yield one


@pytest.fixture
async def bot(node: FakeNode, discord_addresses: FakeDiscord, guild: Guild) -> AsyncIterator[Bot]:
    async with bot_at(discord_addresses) as running:
        await in_database(lambda: guilds.configure(guild.id, mirror=True))
        moment = timezone.now() - datetime.timedelta(seconds=1)
        await in_database(lambda: GuildRow.objects.update(mirrored_since=moment))
        yield running


async def ask(user: User, text: str, conversation: UUID | None = None) -> UUID:
    conversation = conversation or (await conversation_of(user)).pk
    await in_database(actions.send, user, conversation, uuid4(), text)
    return conversation


async def mirror(admin: Person, guild: Guild, name: str = "web-alice") -> Channel:
    await admin.until(lambda: name in [one.name for one in admin.channels(guild)], "the mirror")
    return admin.channel(guild, name)


async def test_both_sides_see_the_same_and_strangers_nothing(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild, alice: User
) -> None:
    admin, member = fake_discord.owner(guild), fake_discord.member(guild, "mia")
    talk = await ask(alice, "What is a skink?")
    channel = await mirror(admin, guild)
    assert not member.sees(channel)
    await admin.reads(channel, "What is a skink?")
    assert await answered(node, "A lizard") == "What is a skink?"
    await admin.reads(channel, "A lizard")
    async with Page(alice) as page:
        await page.say(type="open", conversation=talk)
        await page.say(type="send", request=uuid4(), conversation=talk, text="Are you sure?")
        job = await asked(node)
        await node.text(job, 0, "Well")
        admin.say(channel, "I am. Yours, Olga")
        assert (await page.until("generation.stopping"))["generation"] == str(job.generation)
        await node.finish(job, 4, reason="cancelled")
        added = await page.until("message.added")
        while added["message"]["source"] != "staff":
            added = await page.until("message.added")
    assert added["message"]["speaker"] == "Olga, administrator"
    assert "I am. Yours, Olga" in added["message"]["html"]
    assert added["message"]["notice"] == "An administrator wrote this in place of the model."


async def test_the_model_keeps_silent_until_it_is_handed_back(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild, alice: User
) -> None:
    admin = fake_discord.owner(guild)
    talk = await ask(alice, "One")
    channel = await mirror(admin, guild)
    await answered(node, "One it is")
    await admin.reads(channel, "One it is")
    admin.say(channel, "Not quite")
    await until(lambda: in_database(lambda: Message.objects.filter(source="staff", content="Not quite").exists()))
    await ask(alice, "Two", talk)
    await admin.reads(channel, "Two")
    waiting = await in_database(lambda: queueing.snapshot().queued_events())
    assert [(one.person, one.offline) for one in waiting] == [(True, False)]
    admin.say(channel, "By hand")
    await until(lambda: in_database(lambda: Message.objects.filter(source="staff", content="By hand").exists()))
    admin.say(channel, "And more")
    await until(lambda: in_database(lambda: Message.objects.filter(content="By hand\n\nAnd more").exists()))
    await ask(alice, "Three", talk)
    await admin.reads(channel, "Three")
    await admin.press(admin.answers(channel)[0], "Hand back to the model").answered()
    assert await answered(node, "Three it is") == "Three"
    await admin.reads(channel, "Three it is")
    row = await in_database(lambda: Conversation.objects.get(pk=talk))
    assert row.model == ""
    done = await in_database(lambda: set(AuditEntry.objects.values_list("action", flat=True)))
    assert {"take over", "answer in place of the model", "hand back"} <= done


async def test_closing_hands_back_and_the_next_question_opens_another(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild, alice: User
) -> None:
    admin = fake_discord.owner(guild)
    talk = await ask(alice, "One")
    channel = await mirror(admin, guild)
    await answered(node, "One it is")
    await admin.reads(channel, "One it is")
    admin.say(channel, "Mine now")
    await until(lambda: in_database(lambda: Conversation.objects.get(pk=talk).model == stepping_in.PERSON))
    await until(lambda: in_database(lambda: Message.objects.filter(source="staff").exists()))
    admin.press(admin.answers(channel)[0], "Close this mirror")
    await admin.until(lambda: channel.deleted, "the channel to go")
    await until(lambda: in_database(lambda: not GuildSession.objects.exclude(state="closed").exists()))
    await ask(alice, "Two", talk)
    assert await answered(node, "Two it is") == "Two"
    again = await mirror(admin, guild)
    await admin.reads(again, "Two it is")


async def test_what_was_said_before_is_not_shown_and_discords_own_not_twice(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild, alice: User
) -> None:
    admin, member = fake_discord.owner(guild), fake_discord.member(guild, "mia")
    talk = await ask(alice, "Secret")
    await mirror(admin, guild)
    await answered(node, "Hush")
    await in_database(lambda: guilds.configure(guild.id, mirror=False))
    await until(lambda: in_database(lambda: Message.objects.filter(content="Hush").exists()))
    for live in list(bot.registry):
        from discordbridge.closing import close

        await close(bot, live.session, "administrator")
    await in_database(lambda: guilds.configure(guild.id, mirror=True))
    await in_database(lambda: GuildRow.objects.update(mirrored_since=timezone.now()))
    private = await private_channel(member, guild)
    member.say(private, "Here I am")
    await answered(node, "There")
    await ask(alice, "Known", talk)
    channel = await mirror(admin, guild)
    await admin.reads(channel, "Known")
    assert not any("Secret" in text for text in admin.texts(channel))
    assert sum(one.name.startswith("web-") for one in admin.channels(guild)) == 1


async def test_only_administrators_press_its_buttons(
    bot: Bot, node: FakeNode, fake_discord: FakeDiscord, guild: Guild, alice: User
) -> None:
    admin, helper = fake_discord.owner(guild), fake_discord.member(guild, "hal", "Helpers")
    role = next(one for one in guild.roles.values() if one.name == "Helpers")
    await in_database(lambda: guilds.configure(guild.id, admin_roles=[role.id]))
    await ask(alice, "One")
    channel = await mirror(admin, guild)
    assert helper.sees(channel)
    await in_database(lambda: guilds.configure(guild.id, admin_roles=[]))
    await answered(node, "One it is")
    await admin.reads(channel, "One it is")
    helper.say(channel, "Let me")
    await admin.reads(channel, "This is for administrators of this server")
    await helper.press(admin.answers(channel)[0], "Close this mirror").answered()
    assert not channel.deleted
    assert not await in_database(lambda: Message.objects.filter(source="staff").exists())


async def test_what_administrators_write_while_the_bot_is_away_is_brought_or_marked(
    node: FakeNode, fake_discord: FakeDiscord, guild: Guild, alice: User
) -> None:
    admin = fake_discord.owner(guild)
    async with bot_at(fake_discord):
        await in_database(lambda: guilds.configure(guild.id, mirror=True))
        await in_database(
            lambda: GuildRow.objects.update(mirrored_since=timezone.now() - datetime.timedelta(minutes=1))
        )
        talk = await ask(alice, "One")
        channel = await mirror(admin, guild)
        await answered(node, "One it is")
        await admin.reads(channel, "One it is")
    cut_off = admin.say(channel, "Cut off")
    await in_database(seen.first_sight, cut_off.id, channel.id)
    admin.say(channel, "Meanwhile")
    async with bot_at(fake_discord):
        await admin.reads(channel, "I was cut off")
        staff = Message.objects.filter(conversation=talk, source="staff")
        await until(lambda: in_database(staff.filter(content="Meanwhile").exists))
        assert await in_database(staff.count) == 1


async def test_pages_say_who_reads_along(
    bot: Bot, node: FakeNode, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onlooking, "FRESH_SECONDS", 0)
    assert "read along on Discord" in await in_database(onlooking.words)
    shown = await in_database(lambda: queueing.snapshot().status().onlookers)
    assert "read along on Discord" in shown
    await in_database(lambda: guilds.configure(guild.id, mirror=False))
    assert await in_database(onlooking.words) == ""


async def test_a_taken_conversation_keeps_its_person(node: FakeNode, olga: User, alice: User) -> None:
    talk = await in_database(actions.create_conversation, alice)
    with pytest.raises(NotFound):
        await in_database(stepping_in.answer, olga, "Olga", talk.pk, uuid4(), "To nothing")
    assert await in_database(stepping_in.take_over, olga, talk.pk) == ""
    await ask(alice, "Why?", talk.pk)
    await in_database(talk.refresh_from_db)
    await in_database(actions.configure, talk, "", "Be brief", None)
    assert talk.model == stepping_in.PERSON, "other settings do not send the administrator away"
    with pytest.raises(Invalid):
        await in_database(actions.create_conversation, alice, stepping_in.PERSON)
    row = await in_database(
        stepping_in.answer, olga, "<b>Olga</b>", talk.pk, uuid4(), "<script>alert(1)</script> because"
    )
    assert "<script" not in row.html
    assert await in_database(Generation.objects.filter(state="done").count) == 1
