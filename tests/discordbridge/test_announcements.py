"""What operators announce for Discord, too, comes to each channel that wants it: once, when its time has come, and pings nobody."""

import datetime
from functools import partial
from typing import Any

from django.utils import timezone

from discordbridge.actions import guilds
from meatlizard.control import announcing
from meatlizard.threads import in_database
from tests.discordbridge.administrators import Town


async def announced(town: Town, text: str, **more: Any) -> int:
    row = await in_database(partial(announcing.announce, town.operator, text, discord=True, **more))
    return row.pk


async def looked(town: Town) -> list[str]:
    cog: Any = town.bot.get_cog("Announcements")
    await cog.look()
    await cog.look()
    return [message.content for message in town.ada.answers(town.general)]


async def test_it_comes_once_to_the_channel_that_wants_it(town: Town) -> None:
    await announced(town, "Party @everyone on **Friday**")
    assert "Party" not in str(await looked(town)), "no channel was set"
    said = await town.told(town.ada, "admin config set", name="announcements-channel", value=f"<#{town.general.id}>")
    assert str(town.general.id) in said
    told = await looked(town)
    assert [one for one in told if "Party" in one] == ["Party @everyone on **Friday**"]
    (message,) = [one for one in town.ada.answers(town.general) if "Party" in one.content]
    assert not message.mention_everyone


async def test_neither_early_nor_after_its_end_nor_without_being_asked_to(town: Town) -> None:
    await in_database(lambda: guilds.configure(town.guild.id, options={"announcements_channel": town.general.id}))
    now, hour = timezone.now(), datetime.timedelta(hours=1)
    await announced(town, "Later", begins=now + hour)
    over = await announced(town, "Over")
    await in_database(announcing.take_back, town.operator, over)
    await in_database(announcing.announce, town.operator, "Pages only")
    assert not {"Later", "Over", "Pages only"} & set(await looked(town))


async def test_a_channel_that_is_gone_or_nonsense_harms_nobody(town: Town) -> None:
    for value in (1234, "x", None):
        await in_database(lambda value=value: guilds.configure(town.guild.id, options={"announcements_channel": value}))  # type: ignore[misc]
        await announced(town, "Hello")
        await looked(town)
