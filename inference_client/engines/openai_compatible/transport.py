"""HTTP to one upstream: no redirects, no proxies from the environment, no compression, and a limit to everything."""

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import certifi
import httpx

from inference_client.engines.openai_compatible import faults
from inference_client.engines.openai_compatible.faults import Fault

log = logging.getLogger(__name__)

MAX_LISTING: Final = 8 * 2**20
"""Bytes of an answer about the upstream itself."""

MAX_REFUSAL: Final = 64 * 1024

Body = Mapping[str, Any]


class Transport:
    """Requests to the server at ``root``. Raises Fault, whose words hold neither key nor text."""

    def __init__(self, root: str, api_key: str, *, connect_seconds: float, connections: int) -> None:
        self.host = urlsplit(root).netloc
        self._root = root
        headers = {"accept-encoding": "identity", "user-agent": "meatlizard-inference-client"}
        if api_key:
            headers["authorization"] = f"Bearer {api_key}"
        self._client = httpx.AsyncClient(
            headers=headers,
            verify=_trusted(),
            follow_redirects=False,
            # A proxy for the Internet must not see what is asked of a machine at home.
            trust_env=False,
            # How long an answer may take is decided where it is awaited.
            timeout=httpx.Timeout(None, connect=connect_seconds),
            # A connection each: one kept open may be closed by the server just as it is used again.
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=0),
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    def is_own(self, url: str) -> bool:
        """Whether ``url`` is a path here or an address of this very server."""
        try:
            target, own = httpx.URL(url), httpx.URL(self._root)
        except httpx.InvalidURL:
            return False
        if not target.scheme:
            return not target.host and url.startswith("/") and not url.startswith("//")
        return target.copy_with(path="/", query=None, fragment=None) == own.copy_with(
            path="/", query=None, fragment=None
        )

    async def ask(
        self,
        method: str,
        path: str,
        *,
        seconds: float,
        body: Body | None = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        model: str = "",
        limit: int = MAX_LISTING,
    ) -> "Answer":
        """A request whose answer comes in one piece, within ``seconds`` and ``limit`` bytes. Raises Fault unless HTTP 200."""
        request = await asyncio.to_thread(self._request, method, path, body, form, files)
        try:
            async with asyncio.timeout(seconds), self._opened(request, model) as response:
                return Answer(self.host, response.headers, await self._whole(response, limit))
        except TimeoutError:
            raise faults.silent(self.host, seconds) from None

    @asynccontextmanager
    async def stream(self, path: str, body: Body, *, model: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The pieces of a streamed answer as they come. Leaving closes the connection, which is how an upstream is told
        to stop. The caller limits time and size.
        """
        # Images make a body of many megabytes; other answers must not wait for its writing.
        request = await asyncio.to_thread(self._request, "POST", path, body, None, None)
        async with self._opened(request, model) as response:
            if "text/event-stream" not in response.headers.get("content-type", ""):
                raise faults.garbled(self.host, "something that is no stream of events")
            yield self._pieces(response)

    def _request(
        self,
        method: str,
        path: str,
        body: Body | None,
        form: Mapping[str, str] | None,
        files: Mapping[str, tuple[str, bytes, str]] | None,
    ) -> httpx.Request:
        url = self._root + path if path.startswith("/") else path
        if body is not None:
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
            return self._client.build_request(
                method, url, content=content, headers={"content-type": "application/json"}
            )
        return self._client.build_request(method, url, data=form, files=files)

    @asynccontextmanager
    async def _opened(self, request: httpx.Request, model: str) -> AsyncIterator[httpx.Response]:
        try:
            response = await self._client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise faults.untrusted(self.host) from None
            raise faults.away(self.host, error) from None
        except httpx.RemoteProtocolError:
            raise faults.garbled(self.host, "something that is no HTTP, or closed the connection") from None
        except httpx.HTTPError:
            raise faults.cut(self.host) from None
        try:
            if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
                raise faults.garbled(self.host, "a compressed answer, which was not asked for")
            if response.status_code != 200:
                raise await self._refusal(response, model)
            yield response
        finally:
            await response.aclose()

    async def _refusal(self, response: httpx.Response, model: str) -> Fault:
        try:
            async with asyncio.timeout(5.0):
                body: object = json.loads(await self._whole(response, MAX_REFUSAL))
        except (Fault, TimeoutError, ValueError, RecursionError):
            body = None
        return faults.refusal(self.host, model, response.status_code, response.headers, body)

    async def _whole(self, response: httpx.Response, limit: int) -> bytes:
        content = bytearray()
        async for piece in self._pieces(response):
            content += piece
            if len(content) > limit:
                raise faults.too_much(self.host, f"an answer of more than {limit} bytes")
        return bytes(content)

    async def _pieces(self, response: httpx.Response) -> AsyncIterator[bytes]:
        try:
            # Raw: nothing is ever unpacked, so nothing can swell.
            async for piece in response.aiter_raw():
                yield piece
        except httpx.HTTPError:
            raise faults.cut(self.host) from None


def _trusted() -> ssl.SSLContext:
    """What this machine trusts (SSL_CERT_FILE included: a cluster at home has an authority of its own), and what browsers
    do, which some Pythons on macOS do not find by themselves.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class Answer:
    """A whole answer."""

    def __init__(self, host: str, headers: Mapping[str, str], content: bytes) -> None:
        self.host = host
        self.headers = headers
        self.content = content

    def json(self) -> dict[str, Any]:
        """Its JSON object. Raises Fault ``upstream_garbled``."""
        try:
            found = json.loads(self.content)
        except (ValueError, RecursionError):
            raise faults.garbled(self.host, "something that is no JSON") from None
        if not isinstance(found, dict):
            raise faults.garbled(self.host, "JSON of an unknown shape")
        return found
