"""Messages found by what they mean: in the words of nobody, in the channels of the asker, and no longer than they are there."""

from typing import Any
from uuid import uuid4

import pytest

from discordbridge.actions import remembering
from discordbridge.memory import index, meaning
from discordbridge.models import Guild, RememberedMessage
from meatlizard.accounts.models import User
from meatlizard.threads import close_thread_connections, in_database
from meatlizard.vectors import upkeep
from meatlizard.vectors.models import Pending, StoredVector
from tests.discordbridge.administrators import Town
from tests.discordbridge.test_admin import session_of
from tests.discordbridge.test_memory import ANNA, BEN, GUILD, HERE, MOMENT, THERE, eventually, heard, switched_on, texts
from tests.fakes.embedder import FakeEmbedder

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def guild_row(transactional_db: None) -> Any:
    yield Guild.objects.create(pk=GUILD, memory_channels=[HERE, THERE], options={"memory_context": True})
    close_thread_connections()


async def embedded() -> None:
    while await upkeep.work_off():
        pass


@pytest.fixture
def told(guild_row: Guild, embedder: FakeEmbedder) -> FakeEmbedder:
    """Three messages, and a question about one of them that shares no word with it."""
    embedder.same = {"reptile": "gecko", "rests": "sleeps"}
    Guild.objects.create(pk=GUILD + 9, memory_channels=[HERE], options={"memory_context": True})
    remembering.remember([heard(1, "gecko sleeps"), heard(2, "tea"), heard(3, "gecko sleeps", BEN, channel=THERE)])
    return embedder


QUESTION = "reptile rests"


def asked(fake: FakeEmbedder, *channels: int, guild: int = GUILD, text: str = QUESTION) -> list[int]:
    return index.current().search(guild, channels, text, 10, fake.vector(text))


@pytest.mark.both_databases
async def test_a_message_is_found_by_its_meaning_within_server_and_channels(told: FakeEmbedder) -> None:
    await embedded()
    assert await in_database(asked, told, HERE) == [1]
    assert set(await in_database(asked, told, HERE, THERE)) == {1, 3}
    assert await in_database(asked, told) == []
    assert await in_database(asked, told, HERE, guild=GUILD + 9) == []
    assert await in_database(index.current().search, GUILD, [HERE], QUESTION, 10) == []


async def test_words_and_meaning_together_name_no_message_twice(told: FakeEmbedder) -> None:
    await embedded()
    assert sorted(await in_database(lambda: asked(told, HERE, text="gecko tea"))) == [1, 2]


@pytest.mark.both_databases
async def test_edits_are_followed_and_what_stayed_as_it_was_costs_nothing(told: FakeEmbedder) -> None:
    await embedded()
    told.asked.clear()
    await in_database(remembering.remember, [heard(1, "gecko sleeps"), heard(2, "tea")])
    await in_database(remembering.edit, 1, {"content": "tea too", "edited": MOMENT})
    await in_database(remembering.edit, 2, {"embeds": []})
    await embedded()
    assert told.asked == ["tea too"]
    assert await in_database(asked, told, HERE) == []


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("gone", "left"),
    [
        ("deleted", {"2", "3"}), ("forget", {"3"}), ("channel_gone", {"3"}), ("guild_gone", set()),
    ],
)  # fmt: skip
@pytest.mark.parametrize("before", [True, False], ids=["embedded", "pending"])
async def test_what_is_forgotten_leaves_no_vector(told: FakeEmbedder, gone: str, left: set[str], before: bool) -> None:
    if before:
        await embedded()
    what: dict[str, Any] = {
        "deleted": lambda: remembering.deleted([1]), "forget": lambda: remembering.forget(ANNA),
        "channel_gone": lambda: remembering.channel_gone(HERE), "guild_gone": lambda: remembering.guild_gone(GUILD),
    }  # fmt: skip
    await in_database(what[gone])
    await embedded()
    assert set(await in_database(lambda: list(StoredVector.objects.values_list("key", flat=True)))) == left
    assert not await in_database(Pending.objects.exists)


async def test_a_vector_that_was_left_over_tells_nothing(told: FakeEmbedder, alice: User) -> None:
    """Rows are read anew, by server and channel, whatever an index says."""
    await embedded()
    await in_database(lambda: RememberedMessage.objects.filter(pk=1).update(channel=THERE))
    request = uuid4()
    vector = told.vector(QUESTION)
    assert not await in_database(remembering.recall, alice, request, GUILD, [HERE], QUESTION, vector)


async def test_the_rebuild_finds_all_there_is_to_find(told: FakeEmbedder) -> None:
    source = meaning.Messages()
    await in_database(remembering.deleted, [2])
    assert await in_database(source.count) == 2
    assert await in_database(source.keys, "", 1) == ["1"]
    assert await in_database(source.keys, "1", 10) == ["3"]
    read = await in_database(source.read, ["1", "2", "3", "99"])
    assert {key: (one.owner, one.scope, one.text) for key, one in read.items()} == {
        "1": (str(GUILD), str(HERE), "gecko sleeps"), "3": (str(GUILD), str(THERE), "gecko sleeps"),
    }  # fmt: skip


@pytest.mark.parametrize("available", [True, False])
async def test_what_the_bot_is_asked_is_answered_with_or_without_vectors(
    town: Town, embedder: FakeEmbedder, available: bool
) -> None:
    embedder.same = {"reptile": "gecko"}
    await switched_on(town)
    await town.told(town.ada, "admin config set", name="memory-context", value="on")
    town.ada.say(town.general, "gecko")
    town.ada.say(town.general, "reptile")
    await eventually(texts, ["gecko", "reptile"])
    await embedded()
    embedder.available = available
    private = await session_of(town, town.mia)
    town.mia.say(private, "reptile?")
    wanted = ["gecko", "reptile"] if available else ["reptile"]
    quoted = RememberedMessage.objects.exclude(quoted_in=None).order_by("pk").values_list("content", flat=True)
    await eventually(lambda: list(quoted.all()), wanted)
