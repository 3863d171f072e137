"""The message of figures: one, kept up to date, posted anew each hour, with alerts when something changes; numbers are measured or unknown."""

import datetime
import io
from dataclasses import replace
from typing import cast

import discord
import pytest
from django.utils import timezone
from PIL import Image

from chat.models import Generation, Node, NodeSample
from discordbridge.access import guild_settings
from discordbridge.actions import boards, guilds
from discordbridge.cogs import metrics
from discordbridge.metrics import changes, plot
from discordbridge.metrics.figures import Figures, collect
from discordbridge.metrics.limits import limits
from meatlizard.accounts.models import User
from meatlizard.ops import actions as site
from meatlizard.threads import in_database
from tests.chat.makers import ask_as, connected_node
from tests.discordbridge.administrators import Town
from tests.fakes.discord import Message, everything_in
from tests.people import person


def cog_of(town: Town) -> metrics.Metrics:
    """Loading an extension makes its module anew, so that its class is another one than is imported here."""
    return cast(metrics.Metrics, town.bot.get_cog("Metrics"))


@pytest.fixture
async def board(town: Town) -> Town:
    """Figures go to #general. By itself the cog has looked at the start, and does not again while a test lasts."""
    await in_database(lambda: guilds.configure(town.guild.id, metrics_channel=town.general.id))
    return town


def shown(town: Town) -> list[Message]:
    return [one for one in town.ada.answers(town.general) if one.embeds]


async def test_it_is_one_message_edited_only_when_something_changed(board: Town) -> None:
    cog = cog_of(board)
    await cog.look()
    (message,) = shown(board)
    words = everything_in(message)
    assert "unknown" in words and "0/0" in words
    assert message.attachments and message.attachments[0].filename == "tokens.png"
    await cog.look()
    assert len(message.versions) == 1, "it was edited although nothing had changed"
    await in_database(ask_as, await in_database(person, "alice"))
    await cog.look()
    assert len(shown(board)) == 1 and "1 of 50 wait" in everything_in(message)


async def test_it_is_posted_anew_when_it_is_an_hour_old_and_when_somebody_deleted_it(board: Town) -> None:
    cog = cog_of(board)
    await cog.look()
    (first,) = shown(board)
    row = await in_database(guild_settings, board.guild.id)
    assert row is not None
    old = (timezone.now() - datetime.timedelta(minutes=56)).isoformat()
    row.options[boards.KEY]["posted"] = old
    await in_database(lambda: guilds.configure(board.guild.id, options=row.options))
    await cog.look()
    (second,) = shown(board)
    assert second.id != first.id
    board.discord.owner(board.guild).delete(second)
    await in_database(ask_as, await in_database(person, "alice"))
    await cog.look()
    (third,) = shown(board)
    assert third.id != second.id


async def test_a_restarted_bot_goes_on_with_the_same_message(board: Town) -> None:
    await cog_of(board).look()
    (message,) = shown(board)
    fresh = metrics.Metrics(board.bot)
    await fresh.look()
    assert [one.id for one in shown(board)] == [message.id]


async def test_what_changes_is_alerted(board: Town) -> None:
    cog = cog_of(board)
    node = await in_database(connected_node, board.operator, "tiny")
    await in_database(lambda: Node.objects.filter(pk=node.pk).update(name="Mac *of* @everyone"))
    await cog.look()
    await in_database(lambda: Node.objects.filter(pk=node.pk).update(session=""))
    await cog.look()
    message = await board.ada.reads(board.general, "is gone")
    assert "No machine is there to answer" in message.content
    assert not message.pinged and "*of*" not in message.content.replace("\\*", "")
    await in_database(lambda: Node.objects.filter(pk=node.pk).update(session="two", last_seen=timezone.now()))
    await in_database(site.maintain, board.operator, "soft", "Back at noon.")
    await cog.look()
    message = await board.ada.reads(board.general, "is back")
    assert "Back at noon" in message.content and "answers again" in message.content


async def test_a_channel_that_is_gone_or_closed_to_the_bot_costs_nobody_else_anything(board: Town) -> None:
    await in_database(lambda: guilds.configure(board.guild.id, metrics_channel=1234567890123456789))
    await cog_of(board).look()
    assert shown(board) == []


# --- the figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
def test_figures_are_measured(olga: User) -> None:
    empty = collect()
    assert (empty.speed, empty.gpu, empty.fallback_share, empty.fallback) == (None, None, None, True)
    node = connected_node(olga, "tiny")
    now = timezone.now().replace(second=0, microsecond=0)
    NodeSample.objects.create(node=node, session="one", at=now, seconds=20, completion_tokens=400, gpu_utilisation=0.5)
    for by in ("tiny", "markov"):
        asked = ask_as(olga)
        Generation.objects.filter(pk=asked.pk).update(state="done", answered_by=by, ended_at=timezone.now())
    ask_as(olga)
    found = collect()
    assert (found.speed, found.gpu, found.fallback_share, found.fallback) == (20.0, 0.5, 0.5, False)
    assert (found.waiting, found.conversations, found.answers) == (1, 3, 2)


NOW = Figures(begun=timezone.now(), connected=frozenset({"mac"}), paired=frozenset({"mac"}), fallback=False)


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (None, NOW, []),
        (NOW, NOW, []),
        (NOW, replace(NOW, speed=3.0, waiting=4), []),
        (NOW, replace(NOW, connected=frozenset()), ["🔴 mac is gone."]),
        (replace(NOW, connected=frozenset()), NOW, ["🟢 mac is back."]),
        (NOW, replace(NOW, full=True, waiting=50), ["⚠️ The queue is full: 50 wait, and more are refused."]),
        (replace(NOW, full=True), NOW, ["✅ The queue has room again."]),
        (replace(NOW, warning="Closed."), NOW, ["✅ The site is open again."]),
    ],
)
def test_alerts(before: Figures | None, now: Figures, said: list[str]) -> None:
    assert changes.alerts(before, now) == said


def test_hundreds_of_clients_at_once_are_named_in_part() -> None:
    many = replace(NOW, connected=frozenset(f"mac {number}" for number in range(500)))
    assert len(changes.alerts(many, NOW)) <= changes.MOST_NAMED + 1


@pytest.mark.parametrize("rates", [(), (None,) * 60, (0.0,) * 60, tuple(float(n) for n in range(60)), (1e12, None)])
def test_the_plot_is_a_picture_of_its_size(rates: tuple[float | None, ...]) -> None:
    image = Image.open(io.BytesIO(plot.png(rates, "tokens per second")))
    assert image.size == (plot.WIDTH, plot.HEIGHT)


def test_the_plot_tells_nothing_from_unknown() -> None:
    nothing = Image.open(io.BytesIO(plot.png((0.0, None), "")))
    floor = plot.HEIGHT - 4
    assert nothing.getpixel((100, floor)) == plot.BAR
    assert nothing.getpixel((500, floor - 1)) != plot.BAR


async def test_how_often_discord_slowed_the_bot_down_is_told(board: Town) -> None:
    cog = cog_of(board)
    await cog.look()
    before = limits.within_an_hour()
    channel = board.bot.get_channel(board.general.id)
    assert isinstance(channel, discord.TextChannel)
    board.discord.world.faults.storm(0.01, "POST", "/channels/*/messages", times=2)
    await channel.send("Hello.")
    assert limits.within_an_hour() == before + 2
    await cog.look()
    (message,) = shown(board)
    assert f"Slowed down by Discord, last hour {before + 2}" in everything_in(message)
