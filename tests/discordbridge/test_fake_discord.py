"""The fake against an unmodified discord.py: what other tests here rely on."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import discord
import pytest
from discord import app_commands

from tests.fakes.discord import FakeDiscord, Guild, May, NotOffered, Refused, Unanswered
from tests.fakes.discord.gateway import Intent

LogIn = Callable[[discord.Client], Awaitable[discord.Client]]


class Bot(discord.Client):
    """Answers "hello", writes a diary of what it hears, and knows a few commands."""

    def __init__(self, *, content: bool = True) -> None:
        intents = discord.Intents(guilds=True, members=True, messages=True, message_content=content)
        super().__init__(intents=intents, max_ratelimit_timeout=30, guild_ready_timeout=0.05)
        self.heard: list[str] = []
        self.tree = app_commands.CommandTree(self)

    async def on_message(self, message: discord.Message) -> None:
        if message.author != self.user:
            self.heard.append(message.content)

    async def on_resumed(self) -> None:
        self.heard.append("<resumed>")


@pytest.fixture
async def bot(plain_client: LogIn, guild: Guild) -> Bot:
    client = Bot()
    await plain_client(client)
    return client


def here(bot: Bot, guild: Guild) -> discord.Guild:
    found = bot.get_guild(guild.id)
    assert found is not None
    return found


def general(bot: Bot, guild: Guild) -> discord.TextChannel:
    found = discord.utils.get(here(bot, guild).text_channels, name="general")
    assert found is not None
    return found


async def test_a_client_sees_the_guild_and_hears_people(bot: Bot, guild: Guild, fake_discord: FakeDiscord) -> None:
    alice = fake_discord.member(guild, "alice", "Readers")
    channel = alice.channel(guild, "general")
    alice.say(channel, "hello")
    await alice.until(lambda: bot.heard, "the bot hears her")
    assert bot.heard == ["hello"]
    member = here(bot, guild).get_member(alice.id)
    assert member is not None and [role.name for role in member.roles] == ["@everyone", "Readers"]
    alice.leaves(guild)
    assert not alice.sees(channel)
    with pytest.raises(discord.NotFound):
        await here(bot, guild).fetch_member(alice.id)


async def test_a_wrong_token_is_refused(fake_discord: FakeDiscord, guild: Guild, plain_client: LogIn) -> None:
    fake_discord.world.application.bot.token, real = "wrong", fake_discord.bot_token
    client = discord.Client(intents=discord.Intents.none())
    async with client:
        with pytest.raises(discord.LoginFailure):
            await client.login(real)


async def test_intents_that_are_off_at_the_portal_end_the_connection(
    fake_discord: FakeDiscord, guild: Guild, plain_client: LogIn
) -> None:
    fake_discord.world.application.intents_allowed = Intent.GUILD_MEMBERS
    with pytest.raises(discord.PrivilegedIntentsRequired):
        await plain_client(Bot())


async def test_without_the_intent_content_is_withheld(
    fake_discord: FakeDiscord, guild: Guild, plain_client: LogIn
) -> None:
    bot = Bot(content=False)
    await plain_client(bot)
    alice = fake_discord.member(guild, "alice")
    channel = alice.channel(guild, "general")
    alice.say(channel, "private thoughts")
    alice.say(channel, f"<@{fake_discord.world.application.bot.id}> to you")
    await alice.until(lambda: len(bot.heard) == 2, "both messages")
    assert bot.heard[0] == "" and bot.heard[1].endswith("to you")


async def test_a_private_channel_is_hidden_from_strangers(bot: Bot, guild: Guild, fake_discord: FakeDiscord) -> None:
    alice, charlie = fake_discord.member(guild, "alice"), fake_discord.member(guild, "charlie")
    place, seen = here(bot, guild), discord.PermissionOverwrite(view_channel=True, send_messages=True)
    member = await place.fetch_member(alice.id)
    category = await place.create_category("Chats")
    made = await place.create_text_channel(
        "Alice S", category=category, topic="hers",
        overwrites={place.default_role: discord.PermissionOverwrite(view_channel=False), member: seen, place.me: seen},
    )  # fmt: skip
    assert made.name == "alice-s"
    channel = alice.channel(guild, "alice-s")
    await made.send("only for you")
    assert alice.texts(channel) == ["only for you"]
    assert not charlie.sees(channel) and charlie.messages(channel) == []
    with pytest.raises(Refused, match="50001"):
        charlie.say(channel, "let me in")
    assert fake_discord.owner(guild).sees(channel)
    fake_discord.owner(guild).delete_channel(channel)
    with pytest.raises(discord.NotFound, match="10003"):
        await made.send("still there?")


async def test_a_bot_grants_only_what_it_holds(fake_discord: FakeDiscord, plain_client: LogIn) -> None:
    held = May.VIEW_CHANNEL | May.SEND_MESSAGES | May.MANAGE_CHANNELS | May.MANAGE_ROLES
    guild = fake_discord.guild(bot_permissions=held)
    guild.everyone.permissions = 0
    bot = Bot()
    await plain_client(bot)
    place = here(bot, guild)

    async def create(**granted: bool) -> discord.TextChannel:
        overwrite = discord.PermissionOverwrite(view_channel=True, **granted)
        return await place.create_text_channel("private", overwrites={place.me: overwrite})

    assert await create(send_messages=True)
    with pytest.raises(discord.Forbidden, match="50013"):
        await create(manage_messages=True)
    with pytest.raises(discord.Forbidden, match="50013"):
        await create(manage_roles=True)


async def test_full_categories_and_guilds_refuse(bot: Bot, guild: Guild) -> None:
    place = here(bot, guild)
    category = await place.create_category("Chats")
    guild.category_limit = 1
    await place.create_text_channel("first", category=category)
    with pytest.raises(discord.HTTPException, match="Maximum number of channels in category") as full:
        await place.create_text_channel("second", category=category)
    assert full.value.code == 50035
    guild.channel_limit = len(guild.channels)
    with pytest.raises(discord.HTTPException) as whole:
        await place.create_text_channel("third")
    assert whole.value.code == 30013


async def test_messages_are_changed_up_to_an_hour(bot: Bot, guild: Guild, fake_discord: FakeDiscord) -> None:
    channel, alice = general(bot, guild), fake_discord.member(guild, "alice")
    with pytest.raises(discord.HTTPException, match="2000"):
        await channel.send("x" * 2_001)
    with pytest.raises(discord.HTTPException) as empty:
        await channel.send(" ")
    assert empty.value.code == 50006
    said = await channel.send(f"<@{alice.id}> @everyone", allowed_mentions=discord.AllowedMentions.none(), nonce=7)
    assert (await channel.send("again", nonce=7)).id == said.id
    await said.edit(content="second")
    mine = alice.answers(alice.channel(guild, "general"))
    assert [one.versions for one in mine] == [[f"<@{alice.id}> @everyone", "second"]] and not mine[0].pinged
    fake_discord.world.clock.advance(3_601)
    with pytest.raises(discord.HTTPException) as old:
        await said.edit(content="third")
    assert old.value.code == 30046
    await said.delete()
    with pytest.raises(discord.NotFound) as gone:
        await said.edit(content="fourth")
    assert gone.value.code == 10008


async def test_files_go_both_ways(bot: Bot, guild: Guild, fake_discord: FakeDiscord) -> None:
    channel, alice = general(bot, guild), fake_discord.member(guild, "alice")
    place = alice.channel(guild, "general")
    asked = alice.say(place, "look", files={"notes.txt": b"words"})
    assert await (await channel.fetch_message(asked.id)).attachments[0].read() == b"words"
    await channel.send("here", file=discord.File(__file__, "code.py"), reference=await channel.fetch_message(asked.id))
    answer = alice.answers(place)[0]
    assert answer.attachments[0].filename == "code.py" and answer.reply_to == asked.id
    fake_discord.world.clock.advance(90_000)
    async with aiohttp.ClientSession() as web, web.get(answer.attachments[0].url) as gone:
        assert gone.status == 404


async def test_buttons_menus_and_forms(bot: Bot, guild: Guild, fake_discord: FakeDiscord) -> None:
    alice = fake_discord.member(guild, "alice")

    class Form(discord.ui.Modal, title="Why"):
        reason: discord.ui.TextInput["Form"] = discord.ui.TextInput(label="Reason", custom_id="reason", max_length=20)

        async def on_submit(self, interaction: discord.Interaction) -> None:
            await interaction.response.send_message(f"because {self.reason.value}", ephemeral=True)

    class Choice(discord.ui.View):
        @discord.ui.button(label="Stop", custom_id="stop")
        async def stop_it(self, interaction: discord.Interaction, button: discord.ui.Button["Choice"]) -> None:
            button.disabled = True
            await interaction.response.edit_message(content="stopped", view=self)

        @discord.ui.button(label="Why", custom_id="why")
        async def why(self, interaction: discord.Interaction, button: discord.ui.Button["Choice"]) -> None:
            await interaction.response.send_modal(Form())

        @discord.ui.select(placeholder="Model", options=[discord.SelectOption(label="Tiny", value="t")])
        async def model(self, interaction: discord.Interaction, select: discord.ui.Select["Choice"]) -> None:
            await interaction.response.defer(ephemeral=True, thinking=True)
            await interaction.followup.send(f"chose {select.values[0]}")

    await general(bot, guild).send("writing", view=Choice())
    place = alice.channel(guild, "general")
    message = await alice.reads(place, "writing")
    form = await alice.press(message, "Why").answered()
    answer = await alice.submit(form, reason="curious").answered()
    assert answer.text == "because curious" and answer.ephemeral
    await alice.choose(message, "Model", "Tiny").says("chose t")
    await alice.press(message, "Stop").answered()
    assert message.content == "stopped"
    with pytest.raises(NotOffered, match="greyed"):
        alice.press(message, "Stop")
    assert fake_discord.owner(guild).texts(place) == ["stopped"]


async def test_slash_commands(bot: Bot, guild: Guild, fake_discord: FakeDiscord) -> None:
    alice = fake_discord.member(guild, "alice")
    place = alice.channel(guild, "general")

    @bot.tree.command(description="Talk")
    async def chat(interaction: discord.Interaction, persona: str, private: bool = False) -> None:
        await interaction.response.send_message(f"{persona} {private}", ephemeral=True)
        with pytest.raises(discord.HTTPException) as twice:
            await interaction._state.http.request(
                discord.http.Route("POST", f"/interactions/{interaction.id}/{interaction.token}/callback"),
                json={"type": 4, "data": {"content": "again"}},
            )
        assert twice.value.code == 40060
        await interaction.followup.send("and more", ephemeral=True)

    @chat.autocomplete("persona")
    async def personas(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=name, value=name) for name in ("lizard", "librarian") if typed in name]

    @bot.tree.command(description="For administrators")
    @app_commands.default_permissions()
    async def secret(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("psst")

    @bot.tree.context_menu(name="Ask about this")
    async def about(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"about {message.content}")

    @bot.tree.command(description="Never answers")
    async def silence(interaction: discord.Interaction) -> None:
        pass

    await bot.tree.sync()
    offered = alice.complete(place, "chat", "persona", persona="liz")
    assert [one["value"] for one in (await offered.answered()).choices] == ["lizard"]
    use = await alice.use(place, "chat", persona="lizard").answered()
    assert use.text == "lizard False" and use.ephemeral
    await use.says("and more")
    with pytest.raises(NotOffered, match="needs"):
        alice.use(place, "chat")
    with pytest.raises(NotOffered, match="secret"):
        alice.use(place, "secret")
    assert (await fake_discord.owner(guild).use(place, "secret").answered()).text == "psst"
    said = alice.say(place, "a riddle")
    assert (await alice.menu("Ask about this", said).answered()).text == "about a riddle"
    fake_discord.world.interaction_deadline = 0.05
    with pytest.raises(Unanswered):
        await alice.use(place, "silence").answered()


@pytest.mark.parametrize("how", ["4000", "dropped", "asked"])
async def test_nothing_is_lost_over_a_resumption(bot: Bot, guild: Guild, fake_discord: FakeDiscord, how: str) -> None:
    alice, gateway = fake_discord.member(guild, "alice"), fake_discord.world.gateway
    place = alice.channel(guild, "general")
    gateway.refuses = True
    if how == "4000":
        await gateway.close(4000)
    elif how == "dropped":
        gateway.drop()
    else:
        gateway.reconnect()
    await alice.until(lambda: not gateway.connected, "the socket is gone")
    alice.say(place, "while you were away")
    gateway.refuses = False
    await alice.until(lambda: gateway.resumed == 1 and "<resumed>" in bot.heard, "it resumes")
    assert bot.heard == ["while you were away", "<resumed>"]


async def test_limits_are_told_and_kept(bot: Bot, guild: Guild, fake_discord: FakeDiscord) -> None:
    world = fake_discord.world
    world.limits.rules["create_message"] = (2, 0.3)
    channel = general(bot, guild)
    await asyncio.gather(*(channel.send(str(number)) for number in range(5)))
    assert len(fake_discord.channel(guild, "general").messages) == 5
    storm = world.faults.storm(0.05, "POST", "/channels/*/messages", times=2)
    await channel.send("through the storm")
    assert storm.struck == 2
    await channel.edit(topic="one")
    await channel.edit(topic="two")
    with pytest.raises(discord.RateLimited):
        await channel.edit(topic="three")


async def test_faults_strike_once(bot: Bot, guild: Guild, fake_discord: FakeDiscord) -> None:
    channel, faults = general(bot, guild), fake_discord.world.faults
    faults.answer(503, "POST", "/channels/*/messages")
    with pytest.raises(discord.DiscordServerError):
        await channel.send("lost")
    for when, there in (("before", []), ("after", ["cut"])):
        faults.cut(when, "POST", "/channels/*/messages")  # type: ignore[arg-type]
        with pytest.raises(aiohttp.ClientError):
            await channel.send("cut")
        assert [one.content for one in fake_discord.channel(guild, "general").messages.values()] == there


async def test_direct_messages_and_threads(bot: Bot, guild: Guild, fake_discord: FakeDiscord) -> None:
    alice, charlie = fake_discord.member(guild, "alice"), fake_discord.member(guild, "charlie")
    alice.say(alice.dm(), "just us")
    await alice.until(lambda: bot.heard == ["just us"], "the bot hears her")
    user = bot.get_user(alice.id)
    assert user is not None
    await user.send("indeed")
    assert alice.texts(alice.dm()) == ["just us", "indeed"]
    thread = await general(bot, guild).create_thread(name="hers", type=discord.ChannelType.private_thread)
    await thread.add_user(discord.Object(alice.id))
    place = alice.channel(guild, "hers")
    await thread.send("come in")
    assert alice.texts(place) == ["come in"] and not charlie.sees(place)
    await thread.edit(archived=True, locked=True)
    with pytest.raises(Refused, match="50083"):
        alice.say(place, "hello?")
    outsider = fake_discord.person("dora")
    with pytest.raises(discord.Forbidden) as closed:
        await (await (await bot.fetch_user(outsider.id)).create_dm()).send("you do not know me")
    assert closed.value.code == 50007


async def test_sign_in_with_discord(fake_discord: FakeDiscord) -> None:
    alice, application = fake_discord.person("alice"), fake_discord.world.application
    application.redirects.append("http://site/callback")
    base = fake_discord.api_url
    async with aiohttp.ClientSession() as web:
        asked = {
            "client_id": str(application.id), "redirect_uri": "http://site/callback", "state": "s",
            "response_type": "code", "scope": "identify email",
        }  # fmt: skip
        async with web.get(f"{base}/oauth2/authorize", params=asked | {"redirect_uri": "http://evil"}) as refused:
            assert refused.status == 400
        async with web.get(f"{base}/oauth2/authorize", params=asked) as page:
            text = await page.text()
        code = text.split(">Authorise as alice<")[0].rpartition("code=")[2].partition("&")[0]
        form = {
            "client_id": str(application.id), "client_secret": application.client_secret, "code": code,
            "grant_type": "authorization_code", "redirect_uri": "http://site/callback",
        }  # fmt: skip
        async with web.post(f"{base}/oauth2/token", data=form) as granted:
            bearer = (await granted.json())["access_token"]
        async with web.post(f"{base}/oauth2/token", data=form) as twice:
            assert twice.status == 400
        url = fake_discord.world.url + "/api/users/@me"
        async with web.get(url, headers={"Authorization": f"Bearer {bearer}"}) as me:
            shown = await me.json()
    assert (shown["id"], shown["email"]) == (str(alice.id), "alice@example.org")


async def test_discords_own_description_judges_both_sides(fake_discord: FakeDiscord, guild: Guild, bot: Bot) -> None:
    description = fake_discord.world.description
    if not description.known:
        pytest.skip("VECTORS_DIR names no folder with Discord's description")
    channel = general(bot, guild)
    await bot.http.request(
        discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=channel.id),
        json={"content": "x", "tts": "loudly"},
    )
    description.check_answer("create_message", 200, {"id": 5})
    found, description.violations = description.violations, []
    assert {(one.operation, one.by) for one in found} == {("create_message", "bot"), ("create_message", "fake")}
