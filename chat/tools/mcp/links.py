"""Connections to servers: made when they are needed, one a server in each process, kept while they are used, and made again with
growing pauses after they broke.
"""

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import anyio
import mcp_types as types
from django.utils.translation import gettext as _
from mcp import MCPError
from mcp.client import Client
from mcp.client.session import ClientSession

from chat.tools.mcp import actions, results
from chat.tools.mcp.bounds import Unbounded
from chat.tools.mcp.http import http
from chat.tools.mcp.listing import MOST_TOOLS, Listed, listed
from chat.tools.mcp.servers import Server, known
from chat.tools.mcp.stdio import Program, stdio
from chat.tools.registry import Refused, Result
from meatlizard.errors import AppError, Unavailable
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

CONNECT_SECONDS = 30.0
CLOSE_SECONDS = 10.0
IDLE_SECONDS = 600.0
LISTED_SECONDS = 300.0
"""After so long a server is asked again what its tools are, before one is called."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 120.0
MOST_PAGES = 20


class Away(Unavailable):
    """The server is not there. ``told`` is for operators: what it said when it went."""

    default_code = "mcp_away"

    def __init__(self, message: str = "", told: str = "") -> None:
        super().__init__(message)
        self.told = told


class Link:
    """To one server, in one event loop."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.used = time.monotonic()
        self._task: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[ClientSession] | None = None
        self._over = asyncio.Event()
        self._pause, self._not_before = 0.0, 0.0
        self._connecting = asyncio.Lock()
        self._meant = False
        self._tools: dict[str, Listed] = {}
        self._listed = 0.0

    async def call(self, name: str, accepted: str, given: Mapping[str, Any]) -> Result:
        """Raises Unavailable with words for the model."""
        session = await self.session()
        if time.monotonic() - self._listed > LISTED_SECONDS:
            await self._list(session)
        there = self._tools.get(name)
        if there is None:
            raise Unavailable(_("The server does not have this tool any more."), code="mcp_gone")
        if there.fingerprint != accepted:
            raise Unavailable(
                _("What the server says of this tool has changed. It is off until the operators have looked at it."),
                code="mcp_changed",
            )
        request = types.CallToolRequest(params=types.CallToolRequestParams(name=name, arguments=dict(given)))
        with self._words():
            # Not the session's own verb, which holds the answer against a schema of the server's with its regular expressions.
            found = await session.send_request(request, types.CallToolResult, self.server.seconds)
        self._pause, self.used = 0.0, time.monotonic()
        blocks = [block.model_dump(mode="json", by_alias=True) for block in found.content]
        return results.result(blocks, found.structured_content, found.is_error)

    async def tools(self) -> list[Listed]:
        """As the server says it now."""
        session = await self.session()
        await self._list(session)
        return list(self._tools.values())

    async def session(self) -> ClientSession:
        """Raises Away."""
        self.used = time.monotonic()
        async with self._connecting:
            if self._ready is None or self._over.is_set():
                await self._connect()
            ready = self._ready
        assert ready is not None
        return await asyncio.shield(ready)

    async def _connect(self) -> None:
        wait = self._not_before - time.monotonic()
        if wait > 0:
            raise Away(
                _("The tool's server is away. It is tried again in %(seconds)s seconds.") % {"seconds": int(wait) + 1}
            )
        await self.close()
        self._over, self._meant = asyncio.Event(), False
        self._ready = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(self._ready, self._over), name=f"mcp {self.server.name}")

    async def close(self) -> None:
        self._meant = True
        self._over.set()
        if self._task is not None:
            if self._ready is not None and not self._ready.done():
                self._task.cancel()
            # It tidies up by itself, within bounds.
            _done, late = await asyncio.wait([self._task], timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()
            self._task = None

    async def _run(self, ready: "asyncio.Future[ClientSession]", over: asyncio.Event) -> None:
        program = Program()
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(CONNECT_SECONDS):
                    transport = stdio(self.server, program) if self.server.kind == "stdio" else http(self.server)
                    client = await stack.enter_async_context(Client(transport, cache=None))
                    await self._list(client.session)
                ready.set_result(client.session)
                await self._until_over(over, program)
            why = program.words
        except asyncio.CancelledError:
            why = ""
            raise
        except BaseExceptionGroup as error:
            why = f"{error.exceptions[0]}\n{program.words}"
        except Exception as error:
            # Whatever a stranger's server makes the library raise: it is away, and operators are told how it went.
            why = f"{type(error).__name__}: {error}\n{program.words}"
            log.warning("mcp.link_lost", extra={"server": self.server.name})
        finally:
            if not self._meant:
                self._pause = min(max(self._pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
                self._not_before = time.monotonic() + self._pause
            over.set()
            if not ready.done():
                ready.set_exception(Away(_("The tool's server cannot be reached now."), why.strip()[:2_000]))
                # Told to nobody, if nobody waits any more.
                ready.exception()

    async def _until_over(self, over: asyncio.Event, program: Program) -> None:
        """Until somebody closes it, or the program ends by itself."""
        waits = [asyncio.create_task(over.wait()), asyncio.create_task(program.ended.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()

    async def _list(self, session: ClientSession) -> None:
        """Reads what there is, and has it kept where that is not what was known."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        with self._words():
            async with asyncio.timeout(CONNECT_SECONDS):
                for _page in range(MOST_PAGES):
                    params = types.PaginatedRequestParams(cursor=cursor) if cursor else None
                    page = await session.list_tools(params=params)
                    found += [
                        {
                            "name": one.name,
                            "title": one.title,
                            "description": one.description,
                            "inputSchema": one.input_schema,
                        }
                        for one in page.tools
                    ]
                    cursor = page.next_cursor
                    if not cursor or len(found) >= MOST_TOOLS:
                        break
        self._tools = {one.name: one for one in listed(self.server.name, found)}
        self._listed = time.monotonic()
        await in_database(actions.keep, self.server.pk, list(self._tools.values()))

    @contextmanager
    def _words(self) -> Iterator[None]:
        """Whatever goes wrong in a call, in words; what tells that the connection is of no more use ends it."""
        try:
            yield
        except MCPError as error:
            if error.error.code == types.CONNECTION_CLOSED:
                self._over.set()
                raise Away(_("The tool's server went away. Try again later.")) from None
            if error.error.code == types.REQUEST_TIMEOUT:
                raise Unavailable(_("The tool did not answer in time."), code="tool_too_slow") from None
            said = " ".join(str(error.error.message).split())[:500]
            raise Refused(_("The tool's server refused: %(said)s") % {"said": said}, code="mcp_refused") from None
        except TimeoutError:
            raise Unavailable(_("The tool did not answer in time."), code="tool_too_slow") from None
        except (anyio.ClosedResourceError, anyio.BrokenResourceError, anyio.EndOfStream, OSError, Unbounded):
            self._over.set()
            raise Away(_("The tool's server went away. Try again later.")) from None
        except (ValueError, RuntimeError, RecursionError):
            # An answer that is none in the protocol's form.
            raise Unavailable(
                _("The tool's server gave an answer that cannot be read."), code="mcp_unreadable"
            ) from None


_links: "WeakKeyDictionary[asyncio.AbstractEventLoop, dict[UUID, Link]]" = WeakKeyDictionary()


def _here() -> dict[UUID, Link]:
    return _links.setdefault(asyncio.get_running_loop(), {})


async def to(server: Server) -> Link:
    """The link to a server as it is set up now; one that was set up otherwise is closed."""
    here = _here()
    link = here.get(server.pk)
    if link is None or replaced(link.server, server):
        here[server.pk] = Link(server)
        if link is not None:
            await link.close()
    return here[server.pk]


def replaced(before: Server, now: Server) -> bool:
    """Whether anything but the wish to read its tools has changed."""
    return any(getattr(before, name) != getattr(now, name) for name in Server.__slots__ if name != "wanted")


async def call(server: UUID, name: str, accepted: str, given: Mapping[str, Any]) -> Result:
    there = known.remembered(await in_database(known.current)).servers.get(server)
    if there is None:
        raise Unavailable(_("The server of this tool is switched off."), code="mcp_off")
    return await (await to(there)).call(name, accepted, given)


async def tidy() -> None:
    """Closes what is not used, or not there any more; reads the tools of servers for which that is wanted."""
    servers = (await in_database(known.refresh)).servers
    for pk, link in list(_here().items()):
        if pk not in servers or time.monotonic() - link.used > IDLE_SECONDS:
            _here().pop(pk, None)
            await link.close()
    for server in servers.values():
        if server.wanted and await in_database(actions.take, server.pk):
            await read(server)


async def read(server: Server) -> None:
    """Has a server's tools kept, or why there are none."""
    link = Link(server)
    try:
        await link.tools()
        problem = ""
    except AppError as error:
        problem = f"{error.message}\n{error.told if isinstance(error, Away) else ''}".strip()
    finally:
        await link.close()
    await in_database(partial(actions.told, server.pk, problem))


async def close_all() -> None:
    here = _here()
    links = list(here.values())
    here.clear()
    await asyncio.gather(*(link.close() for link in links))
