"""Discord at a live site, with the real client and the tiny model: a member in private, Alice at her desk, Olga who reads along."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.fakes.discord import Beside, Channel, FakeDiscord, Guild, Person, beside
from tests.journeys.conftest import Sit, add_olga
from tests.journeys.pages import Visitor
from tests.models.corpus import PLAIN_PAIRS
from tests.services.client import LiveClient
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

PAIR = PLAIN_PAIRS[0]
READ_ALONG = (
    "from django.utils import timezone; from discordbridge.actions import guilds; from discordbridge.models import Guild; "
    "guilds.configure(Guild.objects.get().pk, mirror=True); Guild.objects.update(mirrored_since=timezone.now())"
)

# The page asks for the state of the models every 20 s anyway: without these rounds, only news can tell it of the administrator.
WITHOUT_ROUNDS = """(() => {
  const real = window.setInterval;
  window.setInterval = (act, every, ...rest) => (every === 20_000 ? 0 : real(act, every, ...rest));
})()"""


@pytest.fixture(scope="module")
def discord() -> Iterator[Beside]:
    with beside() as running:
        yield running


@pytest.fixture(scope="module")
def guild(discord: Beside) -> Guild:
    made: Guild = discord.do(lambda fake: fake.guild())
    return made


@pytest.fixture(scope="module")
def site(discord: Beside, guild: Guild) -> Iterator[LiveSite]:
    """With the bot in its one process."""
    fake = discord.fake
    live = LiveSite(
        DISCORD_TOKEN=fake.bot_token, DISCORD_API_URL=fake.api_url, DISCORD_GATEWAY_URL=fake.gateway_url,
        DISCORD_CDN_URL=fake.cdn_url,
    ).prepare()  # fmt: skip
    add_olga(live)
    live.start()
    yield live
    live.end()


def chat_of(person: Person, guild: Guild) -> Any:
    """Uses /chat; the new channel."""

    async def chat(fake: FakeDiscord) -> Channel:
        general = person.channel(guild, "general")
        await person.until(lambda: "chat" in person.offered(general), "/chat is offered")
        known = {one.id for one in person.channels(guild)}
        await person.use(general, "chat").answered()
        await person.until(lambda: {one.id for one in person.channels(guild)} - known, "her channel")
        return next(one for one in person.channels(guild) if one.id not in known)

    return chat


def test_a_member_gets_the_trained_answer_in_private(discord: Beside, guild: Guild, client: LiveClient) -> None:
    anne = discord.do(lambda fake: fake.member(guild, "anne"))
    stranger = discord.do(lambda fake: fake.member(guild, "boris"))
    channel = discord.do(chat_of(anne, guild))
    discord.do(lambda fake: anne.say(channel, PAIR.question))
    wanted = PAIR.answer.split("\n", maxsplit=1)[0][:60]
    discord.do(lambda fake: anne.reads(channel, wanted))
    assert not discord.do(lambda fake: stranger.sees(channel))


def test_alice_is_told_and_olga_reads_along_and_answers(
    discord: Beside, guild: Guild, site: LiveSite, client: LiveClient, sit: Sit
) -> None:
    olga = discord.do(lambda fake: fake.owner(guild))
    alice: Visitor = sit("alice")
    alice.page.add_init_script(WITHOUT_ROUNDS)
    chat = alice.open_chat()
    told = alice.page.get_by_test_id("site-onlookers")
    expect(told).to_be_hidden()
    site.manage("shell", "--no-imports", "-c", READ_ALONG)
    expect(told).to_contain_text("read along on Discord")
    chat.ask(PAIR.question)
    chat.expect_answer(PAIR.answer)

    async def mirror(fake: FakeDiscord) -> Channel:
        await olga.until(lambda: "web-alice" in [one.name for one in olga.channels(guild)], "the mirror")
        channel: Channel = olga.channel(guild, "web-alice")
        await olga.reads(channel, PAIR.question)
        await olga.reads(channel, PAIR.answer.split("\n", maxsplit=1)[0][:60])
        olga.say(channel, "Good evening, Alice. **I** am a person.")
        return channel

    channel = discord.do(mirror)
    answer = chat.last_answer
    expect(answer).to_contain_text("Good evening, Alice. I am a person.")
    expect(answer).to_contain_text("Olga, administrator")
    expect(answer.get_by_test_id("message-note")).to_have_text("An administrator wrote this in place of the model.")
    expect(alice.page.get_by_test_id("availability")).to_contain_text("An administrator answers here")
    discord.do(lambda fake: olga.press(olga.answers(channel)[0], "Hand back to the model").answered())
    chat.expect_status("live")
