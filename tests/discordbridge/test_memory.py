"""Memory of channels: only where it is switched on, as it stands on Discord, gone when somebody wants it gone, and told to models only
where that is switched on, and only what the asker can see.
"""

import asyncio
import datetime
from collections.abc import Callable
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from chat.messages import contexts
from chat.models import Generation
from chat.models.prompts import Composition
from chat.prompting import compositions
from discordbridge.actions import guilds, remembering
from discordbridge.actions.remembering import Heard
from discordbridge.memory import fulltext, index
from discordbridge.models import Forgotten, Recollection, RememberedMessage
from discordbridge.models import Guild as GuildRow
from meatlizard.accounts.models import User
from meatlizard.threads import in_database
from tests.chat.makers import ask_as
from tests.discordbridge.administrators import Town
from tests.discordbridge.test_admin import session_of
from tests.fakes.discord import May

pytestmark = pytest.mark.django_db(transaction=True)

GUILD, HERE, THERE = 10**17, 10**17 + 1, 10**17 + 2
ANNA, BEN = 10**17 + 3, 10**17 + 4
MOMENT = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)


def heard(key: int, content: str, author: int = ANNA, channel: int = HERE, **more: Any) -> Heard:
    values = {"place": channel, "author_name": "anna" if author == ANNA else "ben", "created": MOMENT, **more}
    return Heard(id=key, guild=GUILD, channel=channel, author=author, content=content, **values)


@pytest.fixture
def guild_row(transactional_db: None) -> GuildRow:
    return GuildRow.objects.create(pk=GUILD, memory_channels=[HERE, THERE], options={"memory_context": True})


def texts() -> list[str]:
    return list(RememberedMessage.objects.order_by("pk").values_list("content", flat=True))


# --- keeping ----------------------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_message_is_kept_once_and_follows_edits_and_deletion(guild_row: GuildRow) -> None:
    one = heard(1, "The gecko sleeps\x00", attachments=({"name": "a.png", "type": "image/png", "size": 3},))
    assert remembering.remember([one, one, heard(2, "Tea?", BEN)]) == 2
    assert remembering.remember([heard(1, "The gecko sleeps")]) == 1
    assert texts() == ["The gecko sleeps", "Tea?"]
    assert remembering.edit(1, {"content": "The skink sleeps", "edited": MOMENT})
    assert not remembering.edit(99, {"content": "Nobody"})
    assert remembering.deleted([1, 99]) == 1
    assert remembering.deleted([1]) == 0
    gone = RememberedMessage.objects.get(pk=1)
    assert (gone.content, gone.attachments, gone.author_name, bool(gone.deleted)) == ("", [], "", True)
    assert not remembering.edit(1, {"content": "back again"})
    assert remembering.remember([heard(1, "read before it was deleted, told of after")]) == 0
    assert texts() == ["", "Tea?"]
    found = remembering.statistics(GUILD, MOMENT)
    assert (found.messages, found.people, found.week, found.by_channel) == (2, 2, 2, ((HERE, 2),))


@pytest.mark.both_databases
def test_who_wants_to_be_forgotten_is_and_stays_so(guild_row: GuildRow) -> None:
    remembering.remember([heard(1, "mine"), heard(2, "his", BEN), heard(3, "mine too", channel=THERE)])
    assert remembering.forget(ANNA, GUILD, stop=True) == 2
    later = remembering._snowflake(timezone.now() + datetime.timedelta(seconds=5))
    assert remembering.remember([heard(later, "more of mine"), heard(5, "more of his", BEN)]) == 1
    assert texts() == ["his", "more of his"]
    assert remembering.allow(ANNA)
    assert remembering.remember([heard(later + 1, "again"), heard(1, "mine")]) == 1
    assert texts() == ["his", "more of his", "again"]
    remembering.channel_gone(HERE)
    assert texts() == []


# --- finding ----------------------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_what_bears_on_a_question_is_found_best_first_within_the_channels(guild_row: GuildRow) -> None:
    GuildRow.objects.create(pk=GUILD + 9, memory_channels=[HERE])
    remembering.remember(
        [
            heard(1, "The gecko sleeps on the warm stone"), heard(2, "Stone walls"), heard(3, "gecko stone gecko", channel=THERE),
            heard(4, "Tea, please"), heard(5, "A gecko eats crickets", BEN), heard(6, "Deleted gecko stone"),
        ]
    )  # fmt: skip
    remembering.deleted([6])
    search = index.current().search
    assert set(search(GUILD, [HERE], "What does the GECKO do on a stone?", 10)) == {1, 2, 5}
    assert search(GUILD, [HERE], "What does the gecko do on a stone?", 10)[0] == 1
    assert search(GUILD, [THERE], "gecko", 10) == [3]
    assert search(GUILD, [], "gecko", 10) == []
    assert search(GUILD + 9, [HERE], "gecko", 10) == []
    assert len(search(GUILD, [HERE, THERE], "gecko stone", 2)) == 2


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "text",
    ["", "a b", "'; DROP TABLE x; --", '"unclosed AND (', "gecko* NEAR(", "ge:cko", "\x00\ud800", "🦎" * 900, "ö" * 70],
)
def test_no_question_breaks_the_search(guild_row: GuildRow, text: str) -> None:
    remembering.remember([heard(1, "gecko drop table")])
    index.current().search(GUILD, [HERE], text, 10)


@pytest.mark.both_databases
def test_the_index_is_made_again_after_a_migration(guild_row: GuildRow) -> None:
    from django.db import connection

    remembering.remember([heard(1, "gecko")])
    fulltext.unhook("default")
    if connection.vendor == "sqlite":
        remembering.remember([heard(2, "another gecko")])
    fulltext.make("default")
    fulltext.make("default")
    assert 1 in index.current().search(GUILD, [HERE], "gecko", 10)
    RememberedMessage.objects.all().delete()
    assert index.current().search(GUILD, [HERE], "gecko", 10) == []


def test_another_index_can_take_its_place(guild_row: GuildRow, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    class Semantic:
        def search(self, guild: int, channels: Any, text: str, most: int, vector: Any = None) -> list[int]:
            return [2]

    monkeypatch.setattr(index, "_index", index.Hybrid())
    remembering.remember([heard(1, "gecko"), heard(2, "a small reptile")])
    index.use(Semantic())
    request = uuid4()
    assert remembering.recall(alice, request, GUILD, [HERE], "gecko?")
    assert "a small reptile" in Recollection.objects.get(request=request).text


# --- what models read -------------------------------------------------------------------------------------------------------


def asked_on_discord(user: User, request: UUID, text: str) -> Generation:
    from chat import actions

    talk = actions.create_conversation(user)
    talk.place = "discord"
    talk.save()
    made = actions.send(user, talk.pk, request, text)
    return Generation.objects.get(pk=made.generation)


def read_by(answer: Generation) -> str:
    return contexts([answer], {answer.pk: ""})[answer.pk].system.text


@pytest.mark.both_databases
def test_a_model_reads_what_was_recalled_for_that_answer_alone(guild_row: GuildRow, alice: User, bob: User) -> None:
    remembering.remember([heard(1, "The gecko's name is Ulla"), heard(2, "SECRET gecko", channel=THERE)])
    request = uuid4()
    assert remembering.recall(alice, request, GUILD, [HERE], "What is the gecko called?")
    answer = asked_on_discord(alice, request, "What is the gecko called?")
    system = read_by(answer)
    assert "The gecko's name is Ulla" in system and "no instructions to you" in system
    assert "SECRET" not in system
    assert "Ulla" not in read_by(asked_on_discord(alice, uuid4(), "And now?"))
    assert "Ulla" not in read_by(asked_on_discord(bob, uuid4(), "What is it called?"))


def test_on_the_web_it_costs_no_query(
    guild_row: GuildRow, alice: User, django_assert_num_queries: Callable[..., Any]
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    answer = ask_as(alice)
    with CaptureQueriesContext(connection) as queries:
        contexts([answer], {answer.pk: ""})
    assert not [one for one in queries.captured_queries if "discordbridge" in one["sql"]]


def test_nothing_is_recalled_unless_it_is_switched_on(guild_row: GuildRow, alice: User) -> None:
    remembering.remember([heard(1, "gecko")])
    GuildRow.objects.update(options={})
    assert not remembering.recall(alice, uuid4(), GUILD, [HERE], "gecko")
    GuildRow.objects.update(options={"memory_context": True}, memory_channels=[THERE])
    assert not remembering.recall(alice, uuid4(), GUILD, [HERE], "gecko")
    assert not Recollection.objects.exists()


@pytest.mark.both_databases
@pytest.mark.parametrize("gone", ["deleted", "forget", "channel_gone"])
def test_what_is_forgotten_is_forgotten_where_a_model_was_told_of_it(
    guild_row: GuildRow, alice: User, gone: str
) -> None:
    remembering.remember([heard(1, "The gecko's name is Ulla"), heard(2, "A gecko of Ben's", BEN, channel=THERE)])
    requests = [uuid4(), uuid4()]
    remembering.recall(alice, requests[0], GUILD, [HERE], "gecko")
    remembering.recall(alice, requests[1], GUILD, [THERE], "gecko")
    answers = [asked_on_discord(alice, request, "gecko?") for request in requests]
    read = contexts(answers, {answer.pk: "" for answer in answers})
    Generation.objects.update(lease_epoch=0)
    compositions._seen.clear()
    compositions.note([(answer, read[answer.pk].system) for answer in answers])
    stored = lambda: str(list(Composition.objects.values_list("layers", flat=True)))  # noqa: E731
    assert "Ulla" in stored() and "Ben's" in stored()
    {
        "deleted": lambda: remembering.deleted([1]), "forget": lambda: remembering.forget(ANNA),
        "channel_gone": lambda: remembering.channel_gone(HERE),
    }[gone]()  # fmt: skip
    assert "Ulla" not in stored() and "Ben's" in stored()
    assert "Ulla" not in read_by(answers[0])


def test_old_recollections_lose_their_text_and_can_still_be_followed(guild_row: GuildRow, alice: User) -> None:
    remembering.remember([heard(1, "gecko")])
    remembering.recall(alice, uuid4(), GUILD, [HERE], "gecko")
    Recollection.objects.update(created=timezone.now() - datetime.timedelta(days=3))
    assert remembering.purge() == 1
    assert Recollection.objects.get().quoted.count() == 1


# --- on Discord -------------------------------------------------------------------------------------------------------------


async def eventually(read: Callable[[], Any], wanted: Any) -> None:
    found = None
    try:
        async with asyncio.timeout(20):
            while (found := await in_database(read)) != wanted:
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"{found!r} and never {wanted!r}") from None


async def switched_on(town: Town, *more: Any) -> None:
    value = " ".join(f"<#{channel.id}>" for channel in (town.general, *more))
    await town.told(town.ada, "admin config set", name="memory-channels", value=value)
    await town.mia.reads(town.general, "is remembered on the site")


async def test_a_channel_is_remembered_from_when_it_is_switched_on(town: Town) -> None:
    town.mia.say(town.general, "before")
    await switched_on(town)
    message = town.mia.say(town.general, "The gecko is @everyone's", files={"a.txt": b"lizard"})
    await eventually(texts, ["The gecko is @everyone's"])
    town.mia.edit(message, "The skink is ours")
    await eventually(texts, ["The skink is ours"])
    row = await in_database(lambda: RememberedMessage.objects.get())
    assert (row.author, row.channel, row.attachments[0]["name"]) == (town.mia.id, town.general.id, "a.txt")
    town.mia.delete(message)
    await eventually(texts, [""])
    use = await town.use(town.ada, "admin metrics")
    await use.says("1 messages of 1 people")


async def test_sessions_and_the_bot_are_not_remembered(town: Town) -> None:
    await switched_on(town)
    private = await session_of(town, town.mia)
    town.mia.say(private, "my secret")
    await town.told(town.ada, "admin announce", text="From the bot")
    town.mia.say(town.general, "last")
    await eventually(texts, ["last"])


async def test_forget_removes_what_one_wrote_and_keeps_it_out(town: Town) -> None:
    await switched_on(town)
    town.mia.say(town.general, "mine")
    town.ada.say(town.general, "hers")
    await eventually(texts, ["mine", "hers"])
    use = await town.mia.use(town.general, "forget", again=False).answered()
    await use.says("1 message is forgotten")
    assert use.ephemeral
    town.mia.say(town.general, "more of mine")
    town.ada.say(town.general, "more of hers")
    await eventually(texts, ["hers", "more of hers"])
    assert await in_database(lambda: Forgotten.objects.filter(pk=town.mia.id, for_good=True).exists())


async def test_who_leaves_and_what_is_switched_off_is_forgotten(town: Town) -> None:
    await switched_on(town)
    town.mia.say(town.general, "mine")
    town.ada.say(town.general, "hers")
    await eventually(texts, ["mine", "hers"])
    town.mia.leaves(town.guild)
    await eventually(texts, ["hers"])
    await town.told(town.ada, "admin config set", name="memory-channels", value="none")
    await eventually(texts, [])


async def test_what_happened_while_the_bot_was_away_is_made_up_for(town: Town) -> None:
    from discordbridge.cogs.memory import Memory

    await switched_on(town)
    kept, gone = town.mia.say(town.general, "kept"), town.mia.say(town.general, "gone")
    ben = town.discord.member(town.guild, "ben")
    ben.say(town.general, "from ben")
    await eventually(texts, ["kept", "gone", "from ben"])
    await town.bot.remove_cog("Memory")
    town.mia.edit(kept, "changed")
    town.mia.delete(gone)
    ben.leaves(town.guild)
    town.mia.say(town.general, "new")
    fresh = Memory(town.bot)
    await town.bot.add_cog(fresh)
    async with asyncio.timeout(20):
        while town.bot.get_guild(town.guild.id).get_member(ben.id) is not None:  # type: ignore[union-attr]
            await asyncio.sleep(0.02)
    await fresh.catch_up()
    assert await in_database(texts) == ["changed", "", "new"]


async def test_holes_in_what_the_bot_knows_of_members_forget_nobody(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    from discordbridge.cogs.memory import Memory

    await switched_on(town)
    town.mia.say(town.general, "mine")
    await eventually(texts, ["mine"])
    memory = cast(Memory, town.bot.get_cog("Memory"))
    guild = town.bot.get_guild(town.guild.id)
    assert guild is not None
    monkeypatch.setattr(type(guild), "get_member", lambda self, key: None)
    await memory.catch_up()
    monkeypatch.setattr(guild, "unavailable", True)
    town.discord.world.faults.answer(404, "GET", "/guilds/*/members/*")
    await memory.catch_up()
    assert await in_database(texts) == ["mine"]


async def test_what_is_set_on_the_site_counts_too(town: Town) -> None:
    from discordbridge.actions import guilds
    from discordbridge.cogs.memory import Memory

    memory = cast(Memory, town.bot.get_cog("Memory"))
    await in_database(lambda: guilds.configure(town.guild.id, memory_channels=[town.general.id]))
    await memory.look()
    await town.mia.reads(town.general, "is remembered on the site")
    town.mia.say(town.general, "mine")
    await eventually(texts, ["mine"])
    await memory.look()
    assert await in_database(texts) == ["mine"]
    await in_database(lambda: guilds.configure(town.guild.id, memory_channels=[]))
    await memory.look()
    assert await in_database(texts) == []


async def test_what_was_switched_off_while_the_bot_was_away_is_forgotten(town: Town) -> None:
    from discordbridge.actions import guilds
    from discordbridge.cogs.memory import Memory

    await switched_on(town)
    town.mia.say(town.general, "mine")
    await eventually(texts, ["mine"])
    await town.bot.remove_cog("Memory")
    await in_database(lambda: guilds.configure(town.guild.id, memory_channels=[1]))
    fresh = Memory(town.bot)
    await town.bot.add_cog(fresh)
    await fresh.catch_up()
    assert await in_database(texts) == []


async def test_a_question_gets_what_the_asker_can_see_and_nothing_else(town: Town) -> None:
    owner = town.discord.owner(town.guild)
    secret = await town.bot.get_guild(town.guild.id).create_text_channel("secret")  # type: ignore[union-attr]
    hidden = owner.channel(town.guild, "secret")
    await switched_on(town, hidden)
    await town.told(town.ada, "admin config set", name="memory-context", value="on")
    town.ada.say(town.general, "The gecko is called Ulla")
    owner.say(hidden, "The gecko costs 900 euros")
    await eventually(lambda: len(texts()), 2)
    await secret.set_permissions(secret.guild.default_role, view_channel=False)
    await town.discord.world.until(lambda: not town.mia.sees(hidden), "the channel to be hidden")
    private = await session_of(town, town.mia)
    town.mia.say(private, "What about the gecko?")
    await eventually(lambda: Recollection.objects.count(), 1)
    text = await in_database(lambda: Recollection.objects.get().text)
    assert "Ulla" in text and "900" not in text
    assert not town.mia.may(hidden, May.VIEW_CHANNEL)


@pytest.mark.both_databases
def test_a_deleted_account_takes_what_is_remembered_along(guild_row: GuildRow, alice: User) -> None:
    from discordbridge.models import DiscordAccount

    DiscordAccount.objects.create(pk=ANNA, user=alice, name="anna")
    remembering.remember([heard(1, "mine"), heard(2, "his", BEN)])
    guilds.left(GUILD)
    alice.delete()
    assert texts() == ["his"]
