"""Routes of answers at Discord: named below the answer, and another one chosen from the menu, also after the bot was started anew."""

from collections.abc import AsyncIterator

import pytest

from chat.models import Generation
from chat.routes import actions as routes
from chat.routes import table
from meatlizard.threads import in_database
from tests.discordbridge.live import asked, bot_at, private_channel
from tests.fakes.discord import FakeDiscord, Guild
from tests.fakes.node import FakeNode

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio, pytest.mark.usefixtures("at_once")]

MATH = "Solve x^2 - 5x + 6 = 0 for x"


@pytest.fixture
async def routing(transactional_db: None) -> AsyncIterator[None]:
    await in_database(routes.switch, True)
    yield
    table.watched.hold(table.OFF)


async def test_the_member_has_it_answered_by_another_route(
    routing: None, node: FakeNode, fake_discord: FakeDiscord, guild: Guild
) -> None:
    anne = fake_discord.member(guild, "anne")
    async with bot_at(fake_discord):
        channel = await private_channel(anne, guild)
        anne.say(channel, MATH)
        job = await asked(node)
        assert job.sampling.thinking == "on"
        await node.text(job, 0, "Secretly. ", thinking=True)
        await node.text(job, 10, "2 and 3.")
        await node.finish(job, 18, thinking=10)
        end = await anne.reads(channel, "2 and 3.\n-# ✓ tiny")
        assert "Secretly" not in "".join(one.content for one in anne.answers(channel)), "what was thought stays hidden"
    async with bot_at(fake_discord):
        await anne.choose(end, "Route: Math. Answer with another one …", "Reasoning").says("Asked again")
        job = await asked(node)
        assert job.sampling.thinking == "high"
        await node.text(job, 0, "Two, three.")
        await node.finish(job, 11)
        again = await anne.reads(channel, "Two, three.\n-# ✓ tiny")
        await in_database(routes.switch, False)
        await anne.choose(again, "Route: Reasoning. Answer with another one …", "General").says("not there any more")
    rows = Generation.objects.filter(purpose="answer", routed__isnull=False).order_by("created")
    noted = await in_database(lambda: [(row.routed or {}).get("stage") for row in rows])
    assert noted == ["rules", "person"]
