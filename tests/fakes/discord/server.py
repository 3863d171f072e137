"""The fake as something that listens: in the loop of a test, in a thread beside a test without a loop, or as a process."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, TypeVar

from aiohttp import web

from tests.fakes.discord import membership
from tests.fakes.discord.people import Person
from tests.fakes.discord.permissions import ALL
from tests.fakes.discord.rest import ROUTES
from tests.fakes.discord.rest.oauth2 import SignIn, serve_file
from tests.fakes.discord.rest.wire import PREFIX, respond, serve
from tests.fakes.discord.state import Channel, Guild
from tests.fakes.discord.world import Call, World

Returned = TypeVar("Returned")


class FakeDiscord:
    """A Discord of its own on loopback. Use as an async context manager; it listens while inside.

    ``world`` holds everything, ``world.faults``, ``world.limits``, ``world.gateway`` and ``world.clock`` are for making trouble.
    """

    def __init__(self, port: int = 0) -> None:
        self.world = World()
        self._port = port
        self._runner: web.AppRunner | None = None

    # --- addresses ---

    @property
    def api_url(self) -> str:
        return self.world.url + PREFIX

    @property
    def gateway_url(self) -> str:
        return self.world.gateway.url

    @property
    def cdn_url(self) -> str:
        return self.world.url + "/cdn"

    @property
    def bot_token(self) -> str:
        return self.world.application.bot.token

    # --- people and guilds ---

    def person(self, name: str) -> Person:
        """Somebody with an account, in no guild yet."""
        return Person(self.world, self.world.add_user(name))

    def guild(
        self, name: str = "Lizards", owner: str = "olga", *, bot_permissions: int = ALL, with_bot: bool = True
    ) -> Guild:
        """A guild founded by a new person called ``owner``, with ``#general``; the bot is invited with ``bot_permissions``."""
        founder = self.person(owner)
        guild = self.world.add_guild(name, founder.user)
        if with_bot:
            membership.invite_bot(self.world, guild, bot_permissions)
        return guild

    def owner(self, guild: Guild) -> Person:
        return Person(self.world, self.world.users[guild.owner_id])

    def member(self, guild: Guild, name: str, *roles: str) -> Person:
        """A new person who has joined, with the roles of these names (made without permissions when there are none)."""
        person = self.person(name)
        person.joins(guild)
        for role_name in roles:
            known = [role for role in guild.roles.values() if role.name == role_name]
            role = known[0] if known else membership.add_role(self.world, guild, role_name)
            membership.give_role(
                self.world, self.world.users[guild.owner_id], guild, person.user.id, role.id, given=True
            )
        return person

    @staticmethod
    def channel(guild: Guild, name: str) -> Channel:
        """The channel of this name, whoever may see it."""
        return next(one for one in guild.channels.values() if one.name == name)

    def calls(self, method: str = "*", path: str = "*") -> list[Call]:
        """What the bot asked over REST, oldest first. ``path`` begins below the version: ``/channels/*/messages``."""
        return [one for one in self.world.calls if fnmatchcase(one.method, method) and fnmatchcase(one.path, path)]

    # --- listening ---

    async def __aenter__(self) -> "FakeDiscord":
        application = web.Application(client_max_size=64 * 1024 * 1024)
        for entry in ROUTES:
            application.router.add_route(entry.method, PREFIX + entry.path, serve(self.world, entry))
        sign_in = SignIn(self.world)
        for prefix in ("/api", PREFIX):
            application.router.add_get(prefix + "/oauth2/authorize", sign_in.authorize)
            application.router.add_post(prefix + "/oauth2/token", sign_in.token)
        application.router.add_get("/oauth2/authorize", sign_in.authorize)
        application.router.add_get("/api/users/@me", sign_in.me)
        application.router.add_get("/gateway", self.world.gateway.serve)
        application.router.add_get("/gateway/", self.world.gateway.serve)
        application.router.add_get("/cdn/{path:.+}", partial(serve_file, self.world))
        application.router.add_route("*", "/api/{rest:.*}", self._no_such_route)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.world.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self.world.gateway.close(1001)
        await self._runner.cleanup()

    async def _no_such_route(self, request: web.Request) -> web.Response:
        """Either Discord has no such route, or the fake has yet to learn it: somebody has to look."""
        self.world.crashes.append(f"no route {request.method} {request.path}")
        return respond(404, {"message": "404: Not Found", "code": 0}, {})


class Beside:
    """A fake that runs in a thread, for tests without an event loop. Nothing of it may be touched but through ``do``."""

    def __init__(self, fake: FakeDiscord, loop: asyncio.AbstractEventLoop) -> None:
        self.fake, self._loop = fake, loop

    def do(self, deed: Callable[[FakeDiscord], Any]) -> Any:
        """Calls ``deed`` in the fake's thread and gives back what it returns; a coroutine is awaited there."""

        async def run() -> Any:
            returned = deed(self.fake)
            return await returned if asyncio.iscoroutine(returned) else returned

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(120)


@contextmanager
def beside(port: int = 0) -> Iterator[Beside]:
    """A fake in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="fake-discord", daemon=True)
    thread.start()
    fake = FakeDiscord(port)
    asyncio.run_coroutine_threadsafe(fake.__aenter__(), loop).result(30)
    try:
        yield Beside(fake, loop)
    finally:
        asyncio.run_coroutine_threadsafe(_end(fake), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _end(fake: FakeDiscord) -> None:
    """With whatever is still being answered slowly."""
    await fake.__aexit__()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
