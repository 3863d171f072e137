"""All that a fake Discord holds, and the news of what changes in it."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tests.fakes.discord import payloads
from tests.fakes.discord.clock import Clock, Snowflakes
from tests.fakes.discord.errors import unknown
from tests.fakes.discord.faults import Faults
from tests.fakes.discord.gateway import Gateway, Intent
from tests.fakes.discord.limits import Limits
from tests.fakes.discord.openapi import Description
from tests.fakes.discord.permissions import EVERYONE_BY_DEFAULT, May, in_channel
from tests.fakes.discord.state import (
    DM,
    TEXT,
    Application,
    Channel,
    Guild,
    Interaction,
    Json,
    Member,
    Message,
    Role,
    User,
    Webhook,
)

Found = TypeVar("Found")
PATIENCE = 30.0
LOOK_AGAIN = 0.02


@dataclass(frozen=True)
class Call:
    """One REST request that the application made, and how it was answered."""

    method: str
    path: str
    status: int
    body: Json
    at: float


class World:
    """Guilds, people and one application with its bot. ``url`` is where it is served, known once it is."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.ids = Snowflakes(self.clock)
        self.url = ""
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.webhooks: dict[int, Webhook] = {}
        self.interactions: dict[str, Interaction] = {}
        """By token."""
        self.files: dict[str, tuple[str, bytes]] = {}
        """What the CDN holds: content type and content, by path."""
        self.nonces: dict[tuple[int, str], int] = {}
        self.calls: list[Call] = []
        self.crashes: list[str] = []
        """Errors of the fake itself, which no test may overlook."""
        self.interaction_deadline = 3.0
        self.token_life = 15 * 60.0
        self.upload_limit = 10 * 1024 * 1024
        self.limits = Limits()
        self.faults = Faults()
        self.description = Description()
        self.gateway = Gateway(self)
        self._waiting: list[asyncio.Future[None]] = []
        self.portal_owner = self.add_user("portal-owner")
        bot = self.add_user("meatlizard", bot=True)
        # At the real portal everything privileged is off until somebody switches it on; here it is on until a test switches it off.
        self.application = Application(bot.id, "MeatLizard", bot, secrets.token_urlsafe(24), Intent.PRIVILEGED)

    # --- people and places ---

    def add_user(self, name: str, *, bot: bool = False) -> User:
        user = User(self.ids.new(), name, f"{name}.{secrets.token_urlsafe(24)}", bot, f"{name}@example.org")
        self.users[user.id] = user
        return user

    def user_by_token(self, token: str) -> User | None:
        return next((user for user in self.users.values() if user.token == token), None)

    def add_guild(self, name: str, owner: User) -> Guild:
        """A guild as a person founds it: its owner, the role of all, one channel for text. The bot is not in it."""
        guild = Guild(self.ids.new(), name, owner.id)
        guild.roles[guild.id] = Role(guild.id, "@everyone", EVERYONE_BY_DEFAULT)
        self.guilds[guild.id] = guild
        guild.members[owner.id] = Member(owner, self.clock.now())
        self.add_channel(guild, "general")
        return guild

    def add_channel(self, guild: Guild, name: str, kind: int = TEXT, parent: Channel | None = None) -> Channel:
        """A channel that is simply there, without a check and without news; for what a guild has before the bot comes."""
        channel = Channel(
            self.ids.new(), kind, name, guild, parent.id if parent else None, position=len(guild.channels)
        )
        guild.channels[channel.id] = self.channels[channel.id] = channel
        return channel

    def channel(self, channel_id: int) -> Channel:
        if (found := self.channels.get(channel_id)) is None:
            raise unknown("Channel")
        return found

    def message(self, channel: Channel, message_id: int, viewer: User) -> Message:
        found = channel.messages.get(message_id)
        if found is None or found.ephemeral_to not in (None, viewer.id):
            raise unknown("Message")
        return found

    def guild(self, guild_id: int, viewer: User) -> Guild:
        found = self.guilds.get(guild_id)
        if found is None or viewer.id not in found.members:
            raise unknown("Guild")
        return found

    def direct_channel(self, one: User, other: User) -> Channel:
        """The channel of the two, made when there is none; its news goes to both."""
        for channel in self.channels.values():
            if channel.kind == DM and {one, other} == set(channel.recipients):
                return channel
        channel = Channel(self.ids.new(), DM, recipients=[one, other])
        self.channels[channel.id] = channel
        return channel

    # --- news ---

    def may_see(self, channel: Channel, user: User) -> bool:
        return bool(in_channel(channel, user, self.clock.now()) & May.VIEW_CHANNEL)

    def tell(self, event: str, data: Json | Callable[[User], Json], audience: Guild | Channel | User) -> None:
        """News for the sessions of the bot that belong to ``audience``, then for whoever waits in this process.

        A guild: its members. A channel: those who may see it, and only they. ``data`` may depend on who is told.
        """
        for session in self.gateway.sessions.values():
            if self._belongs(session.user, audience):
                session.dispatch(event, data(session.user) if callable(data) else data)
        self.touch()

    def _belongs(self, user: User, audience: Guild | Channel | User) -> bool:
        if isinstance(audience, Guild):
            return user.id in audience.members
        return self.may_see(audience, user) if isinstance(audience, Channel) else audience is user

    def tell_channel(self, event: str, channel: Channel) -> None:
        """CHANNEL_* and THREAD_*: bots hear of every channel of their guild, of threads only when they may see them."""
        if channel.thread is not None or channel.guild is None:
            self.tell(event, payloads.channel(channel), channel)
        else:
            self.tell(event, payloads.channel(channel), channel.guild)

    def touch(self) -> None:
        """Wakes whoever waits for a condition."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def until(self, condition: Callable[[], Found | None], what: str, seconds: float = PATIENCE) -> Found:
        """Waits until ``condition`` is true and returns its value: looked at after every change here, and now and then. AssertionError with ``what`` when it never is."""
        try:
            async with asyncio.timeout(seconds):
                while not (value := condition()):
                    future = asyncio.get_running_loop().create_future()
                    self._waiting.append(future)
                    # Conditions may speak of what the fake cannot know has changed: a database, a bot's memory.
                    await asyncio.wait([future], timeout=LOOK_AGAIN)
                return value
        except TimeoutError:
            raise AssertionError(f"never seen within {seconds} s: {what}") from None

    def audit(self, guild: Guild, actor: User, action: int, target: int) -> None:
        guild.audit.append(
            {"id": str(self.ids.new()), "user_id": str(actor.id), "action_type": action, "target_id": str(target)}
        )
