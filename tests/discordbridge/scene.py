"""A site, its bot in a process of its own, a node whose answers the test writes, and a Discord: for what happens when one of them fails."""

import itertools
import sys
from collections.abc import Callable
from typing import Any

from tests.fakes.discord import Beside, Channel, FakeDiscord, Guild, Message, Person, everything_in
from tests.fakes.discord.state import LOADING
from tests.journeys.scripted_node import ScriptedNode
from tests.services.programs import Program, wait_until
from tests.services.site import ROOT, LiveSite, outer_environment

STANDS = (
    "from chat.models import Generation; from discordbridge.models import PostedMessage, SeenMessage;"
    "[print('  ', *row) for rows in ("
    "Generation.objects.order_by('rank').values_list('message__content', 'purpose', 'state'),"
    "PostedMessage.objects.order_by('pk').values_list('message__content', 'discord_id', 'settled'),"
    "SeenMessage.objects.order_by('pk').values_list('pk', 'fate', 'question__content')"
    ") for row in list(rows)[-4:]]"
)
"""What a failing test would know."""
FREE_THE_LEASE = "from django.utils import timezone; from discordbridge.models import BotLease; BotLease.objects.update(until=timezone.now())"
NAMES = itertools.count(1)


class Scene:
    """``discord`` runs in a thread of its own; all that touches it goes through ``do``."""

    def __init__(self, site: LiveSite, discord: Beside, node: ScriptedNode) -> None:
        self.site, self.discord, self.node = site, discord, node
        self.guild: Guild = self.do(lambda fake: fake.guild())
        self._bot: Program | None = None

    def do(self, deed: Callable[[FakeDiscord], Any]) -> Any:
        return self.discord.do(deed)

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        """Waits for something that the fake knows."""
        return self.do(lambda fake: fake.world.until(condition, what))

    # --- the bot ---

    @property
    def bot(self) -> Program:
        assert self._bot is not None, "the bot was not started"
        return self._bot

    def start_bot(self) -> None:
        """``manage.py runbot``, until it is ready."""
        fake = self.discord.fake
        settings = self.site.settings | {
            "DISCORD_TOKEN": fake.bot_token, "DISCORD_API_URL": fake.api_url, "DISCORD_CDN_URL": fake.cdn_url,
            "DISCORD_GATEWAY_URL": fake.gateway_url,
        }  # fmt: skip
        argv, log = [sys.executable, "manage.py", "runbot"], self.site.home / "bot.log"
        known = log.stat().st_size if log.exists() else 0
        self._bot = Program("bot", argv, log, env=outer_environment() | settings, cwd=ROOT)
        # Connected is not enough: it learns of its guilds, and looks after what happened while it was away.
        wait_until(lambda: "discord.ready" in self.bot.tail(since=known), "the bot is ready", 60, alive=self.bot)

    def kill_bot(self) -> None:
        """``kill -9``; what it held in the database is free at once, as it would be half a minute later."""
        self.bot.kill()
        self.until(lambda: not self.discord.fake.world.gateway.connected, "its socket is gone")
        self.site.manage("shell", "--no-imports", "-c", FREE_THE_LEASE)

    def end(self) -> None:
        if self._bot is not None and self._bot.running:
            self._bot.kill()

    # --- people ---

    def newcomer(self) -> "Seat":
        """Somebody new in the guild, with a private channel opened by ``/chat``."""
        person = self.do(lambda fake: fake.member(self.guild, f"anne{next(NAMES)}"))
        return Seat(self, person, self.open_chat(person))

    def open_chat(self, person: Person) -> Channel:
        async def chat(fake: FakeDiscord) -> Channel:
            before = set(person.channels(self.guild))
            use = await person.use(person.channel(self.guild, "general"), "chat").answered()
            await person.until(lambda: not use.message.flags & LOADING, "what became of /chat")
            opened = [one for one in person.channels(self.guild) if one not in before]
            assert len(opened) == 1, everything_in(use.message)
            return opened[0]

        # Commands are known at Discord soon after the connection.
        self.until(lambda: "chat" in person.offered(person.channel(self.guild, "general")), "/chat is offered")
        found: Channel = self.do(chat)
        return found


class Seat:
    """A person before his channel."""

    def __init__(self, scene: Scene, person: Person, channel: Channel) -> None:
        self.scene, self.person, self.channel = scene, person, channel

    def say(self, text: str) -> Message:
        said: Message = self.scene.do(lambda _: self.person.say(self.channel, text))
        return said

    def reads(self, part: str) -> Message:
        """Waits for it. What the site knows is told when it never comes."""
        try:
            found: Message = self.scene.do(lambda _: self.person.reads(self.channel, part))
        except AssertionError as error:
            stands = self.scene.site.manage("shell", "--no-imports", "-c", STANDS)
            raise AssertionError(f"{error}\nand on the site:\n{stands}") from None
        return found

    def answers(self) -> list[str]:
        """What the bot's messages there say now."""
        found: list[str] = self.scene.do(lambda _: [everything_in(one) for one in self.person.answers(self.channel)])
        return found

    def reads_once(self, text: str) -> None:
        """``text`` is, or comes to be, in exactly one of the bot's messages."""
        self.reads(text)
        assert sum(text in one for one in self.answers()) == 1, self.answers()
