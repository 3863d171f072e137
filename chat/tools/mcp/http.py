"""A server at an address. What is connected to was checked, whatever its name resolves to later; answers have an end."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import httpcore2
import httpx2
from mcp.client._transport import TransportStreams
from mcp.client.streamable_http import streamable_http_client

from chat.tools.mcp.addresses import checked, may_be_private
from chat.tools.mcp.bounds import MOST_BYTES, MOST_LINE, Unbounded
from chat.tools.mcp.servers import Server
from meatlizard.security.addresses import is_public

CONNECT_SECONDS = 10.0

# It would write every address into the log, and in some of them stands a key.
logging.getLogger("httpx2").setLevel(logging.WARNING)


@asynccontextmanager
async def http(server: Server) -> AsyncIterator[TransportStreams]:
    """Raises Invalid."""
    checked(server.address, server.private)
    async with (
        httpx2.AsyncClient(
            transport=_Bounded(may_be_private if server.private else is_public),
            headers={**server.secrets, "Accept-Encoding": "identity"},
            timeout=httpx2.Timeout(CONNECT_SECONDS, read=float(server.seconds) + 5),
            follow_redirects=False,
            trust_env=False,
        ) as client,
        streamable_http_client(server.address, http_client=client, max_sse_event_size=MOST_LINE) as streams,
    ):
        yield streams


class _Bounded(httpx2.AsyncBaseTransport):
    """Of each response no more than MOST_BYTES, and nothing packed: a small answer must not unpack to a large one."""

    def __init__(self, allowed: Callable[[str], bool]) -> None:
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context(trust_env=False),
            max_connections=4,
            retries=0,
            network_backend=_Checked(allowed),
        )
        self._below = httpx2.AsyncHTTPTransport(trust_env=False)
        self._below._pool = self._pool

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._below.handle_async_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise httpx2.RemoteProtocolError("the answer is packed")
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=_Counted(response.stream),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        await self._below.aclose()


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream, self._left = stream, MOST_BYTES

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            self._left -= len(piece)
            if self._left < 0:
                raise httpx2.ReadError(str(Unbounded("the answer has no end")))
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Checked(httpcore2.AsyncNetworkBackend):
    """Looks every name up itself, checks all that it leads to, and connects to what was checked."""

    def __init__(self, allowed: Callable[[str], bool]) -> None:
        self._allowed = allowed
        self._real = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (the library's)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise httpcore2.ConnectError("there is nobody of this name") from None
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        if not addresses or not all(self._allowed(one) for one in addresses):
            raise httpcore2.ConnectError("the address leads into a network that is not allowed")
        return await self._real.connect_tcp(addresses[0], port, timeout=timeout, socket_options=socket_options)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
