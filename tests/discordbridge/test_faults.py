"""The bot in a process of its own, killed, cut off and refused: nobody gets an answer twice, and nobody waits for one in vain."""

from collections.abc import Iterator

import pytest

from tests.discordbridge.conftest import check
from tests.discordbridge.scene import Scene, Seat
from tests.fakes.discord import beside
from tests.journeys.conftest import add_olga
from tests.journeys.scripted_node import ScriptedNode
from tests.services.redis import RedisServer
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.redis]

POST, PATCH = ("POST", "/channels/*/messages"), ("PATCH", "/channels/*/messages/*")


@pytest.fixture(scope="module")
def scene(redis: RedisServer) -> Iterator[Scene]:
    site = LiveSite(redis_url=redis.url(5), DISCORD_IN_SITE="false").prepare()
    add_olga(site)
    site.start()
    with ScriptedNode(site) as node, beside() as discord:
        made = Scene(site, discord, node)
        # Answers that take tens of seconds at Discord's pace prove no more than quick ones.
        made.do(lambda fake: fake.world.limits.rules.update(create_message=(50, 1.0), update_message=(50, 1.0)))
        made.start_bot()
        yield made
        made.end()
        check(discord.fake)
    site.end()


@pytest.fixture
def anne(scene: Scene) -> Seat:
    return scene.newcomer()


def begins(scene: Scene, anne: Seat, question: str, text: str) -> None:
    """She asks, and the answer begins."""
    anne.say(question)
    assert scene.node.next_job().messages[-1].content == question
    scene.node.write(text)


def test_killed_in_mid_answer(scene: Scene, anne: Seat) -> None:
    """The site goes on answering; what was asked meanwhile is answered on its return."""
    begins(scene, anne, "How do lizards sleep?", "Lizards sleep ")
    scene.kill_bot()
    anne.say("And snakes?")
    scene.node.write("with both eyes closed.")
    scene.node.finish()
    scene.start_bot()
    anne.reads_once("Lizards sleep with both eyes closed.")
    assert scene.node.next_job().messages[-1].content == "And snakes?"
    scene.node.write("With open ones.")
    scene.node.finish()
    anne.reads_once("With open ones.")
    assert sum("Lizards sleep" in one for one in anne.answers()) == 1


def test_killed_before_it_knew_that_its_message_was_sent(scene: Scene, anne: Seat) -> None:
    held = scene.do(lambda fake: fake.world.faults.hold(30, *POST))
    begins(scene, anne, "What is a gecko?", "A gecko is a lizard.")
    scene.node.finish()
    scene.until(lambda: held.struck, "the message stands there, unconfirmed")
    scene.kill_bot()
    scene.start_bot()
    anne.reads_once("A gecko is a lizard.")
    assert len(anne.answers()) == 1, anne.answers()


def test_a_line_that_breaks_before_the_answer_came(scene: Scene, anne: Seat) -> None:
    cut = scene.do(lambda fake: fake.world.faults.cut("after", *POST))
    begins(scene, anne, "What is a newt?", "A newt is no lizard.")
    scene.node.finish()
    scene.until(lambda: cut.struck, "the line broke")
    anne.reads_once("A newt is no lizard.")
    begins(scene, anne, "Really?", "Really.")
    scene.node.finish()
    anne.reads_once("Really.")
    assert len(anne.answers()) == 2, anne.answers()


@pytest.mark.parametrize("code", [4000, 4009])
def test_the_gateway_closes_in_mid_answer(scene: Scene, anne: Seat, code: int) -> None:
    """With 4000 the session is resumed and events come twice, with 4009 it is gone with all that was said meanwhile."""
    gateway = scene.discord.fake.world.gateway
    begins(scene, anne, "What do they eat?", "They eat ")
    gateway.says_again, gateway.refuses = 5, True
    scene.do(lambda _: gateway.close(code))
    scene.until(lambda: not gateway.connected, "the socket is gone")
    anne.say("And drink?")
    scene.node.write("crickets.")
    scene.node.finish()
    gateway.refuses = False
    anne.reads_once("They eat crickets.")
    assert scene.node.next_job().messages[-1].content == "And drink?"
    scene.node.write("Dew.")
    scene.node.finish()
    anne.reads_once("Dew.")
    assert len(anne.answers()) == 2, anne.answers()


def test_a_storm_and_an_outage_in_mid_answer(scene: Scene, anne: Seat) -> None:
    faults = scene.discord.fake.world.faults
    storm = scene.do(lambda _: faults.storm(0.3, *POST, times=2))
    outage = scene.do(lambda _: faults.answer(503, *POST))
    begins(scene, anne, "Where do they live?", "They live ")
    scene.do(lambda _: (faults.storm(0.3, *PATCH, times=2), faults.answer(503, *PATCH)))
    scene.node.write("on warm stones.")
    scene.node.finish()
    anne.reads_once("They live on warm stones.")
    assert storm.struck == 2 and outage.struck == 1
    assert len(anne.answers()) == 1, anne.answers()
    scene.do(lambda _: faults.clear())


def test_a_channel_deleted_by_hand(scene: Scene, anne: Seat) -> None:
    begins(scene, anne, "How old do they get?", "They get ")
    scene.do(lambda fake: fake.owner(scene.guild).delete_channel(anne.channel))
    scene.node.write("sixty years old.")
    scene.node.finish()
    again = Seat(scene, anne.person, scene.open_chat(anne.person))
    begins(scene, again, "Where were we?", "At their age.")
    scene.node.finish()
    again.reads_once("At their age.")


def test_a_token_that_is_refused_ends_it_in_words(scene: Scene) -> None:
    """The last one: the bot is gone afterwards."""
    gateway = scene.discord.fake.world.gateway
    gateway.closing.append(4004)
    scene.do(lambda _: gateway.close(4009))
    assert scene.bot.wait(30) == 1
    assert "Reset Token" in scene.bot.tail()
