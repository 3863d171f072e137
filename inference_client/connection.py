"""One connection to the site: websocket, version, handshake, sealed messages. The socket shell around the protocol."""

import asyncio
import contextlib
import socket as sockets
import ssl
import sys
import time
from collections.abc import AsyncGenerator, Callable
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI, NegotiationError
from websockets.typing import Subprotocol

from inference_client import __version__
from inference_client.address import Address
from inference_client.problems import Exit, Problem
from inference_client.protocol import versions
from inference_client.protocol.channel import SecureChannel
from inference_client.protocol.errors import (
    CLOSE_REPLACED,
    CLOSE_UNKNOWN_KEY,
    CLOSE_VERSION,
    ChannelError,
    remedy_for_close,
)
from inference_client.protocol.frames import MESSAGE, WEBSOCKET_MAX_SIZE
from inference_client.protocol.handshake import HANDSHAKE_SECONDS, ClientHandshake, ServerInfo

PING_SECONDS: Final = 4.0
SILENCE_SECONDS: Final = 14.0
"""A connection without any sign of life for so long is gone, whatever the system says about it."""

CLOSE_SECONDS: Final = 2.0

# Bytes that the system may take and not have sent yet: text must not wait behind seconds of an image.
_UNSENT_BYTES: Final = 128 * 1024
_NOTSENT_LOWAT: Final = {"linux": 25, "darwin": 0x201}.get(sys.platform)

# What a person can do about an HTTP answer where a websocket was expected.
_STATUS: Final = {
    401: "something in front of the site asks for a password; let /ws/inference/ through without one",
    403: "the site, or something in front of it, refuses the connection",
    404: "there is no MeatLizard site at this address; check it, and that the proxy passes /ws/ on",
    426: "the proxy in front of the site does not pass websockets on",
    429: "too many attempts; wait a minute",
    502: "the site is not running, or is starting",
    503: "the site is not running, or is starting",
    504: "the site is not running, or is starting",
}

_EXITS: Final = {CLOSE_UNKNOWN_KEY: Exit.REFUSED, CLOSE_VERSION: Exit.VERSION, CLOSE_REPLACED: Exit.RUNNING}
"""Closes after which trying again by itself makes no sense."""


class SiteConnection:
    """Made by ``open_connection``. Every method may raise Problem, after which the connection is of no use."""

    def __init__(self, socket: ClientConnection, channel: SecureChannel, info: ServerInfo) -> None:
        self.channel = channel
        self.info = info
        self._socket = socket
        self._heard = False
        self._given = 0
        # The frames of a long message must not be parted by others, whose numbers are higher.
        self._sending = asyncio.Lock()

    async def send(self, payload: bytes, type_: int = MESSAGE) -> None:
        """Seals and sends one message; returns once the socket has taken it."""
        await self._send(lambda: self.channel.seal(type_, payload))

    async def tick(self) -> None:
        """Every few seconds: lets the channel change keys."""
        await self._send(lambda: self.channel.tick(time.monotonic()))

    async def payloads(self, type_: int = MESSAGE) -> AsyncGenerator[bytes, None]:
        """Messages of ``type_`` as they come. Ends only by Problem."""
        while True:
            try:
                frame = await self._socket.recv(decode=False)
                self._heard = True
                message = self.channel.open(frame)
            except ConnectionClosed as closed:
                raise lost(closed) from None
            except ChannelError as error:
                await self.close(error.close_code)
                raise broken(error) from None
            await self._send(self.channel.take_pending)
            if message is not None and message.type == type_:
                yield message.payload

    async def watch(self, ping_seconds: float = PING_SECONDS, silence_seconds: float = SILENCE_SECONDS) -> None:
        """Ends by Problem ``silent``, which leaves the rest to the caller, when nothing has come from the other side for ``silence_seconds``.

        A network that swallows packets tells no error for minutes. Signs of life are a message, the answer to a ping, and
        bytes leaving a full buffer: on a slow line a ping may wait long behind an image. Time in which this program
        itself stood still does not count.
        """
        pong: asyncio.Task[None] | None = None
        pause = ping_seconds / 4
        quiet, since_ping = 0.0, ping_seconds
        passed = waiting = 0
        before = time.monotonic()
        try:
            while True:
                if pong is not None and pong.done():
                    pong.result()
                    self._heard, pong = True, None
                if pong is None and since_ping >= ping_seconds:
                    # A task, for a full buffer holds up pings too.
                    pong, since_ping = asyncio.create_task(self._ping()), 0.0
                buffered = self._socket.transport.get_write_buffer_size()
                if self._heard or (waiting and self._given - buffered > passed):
                    self._heard, quiet = False, 0.0
                passed, waiting = self._given - buffered, buffered
                if quiet > silence_seconds:
                    message = f"the site has not been heard for {silence_seconds:.0f} seconds"
                    raise Problem("silent", message, Exit.UNREACHABLE, retry=True)
                await asyncio.sleep(pause)
                now = time.monotonic()
                step = min(now - before, 2 * pause)
                quiet, since_ping, before = quiet + step, since_ping + step, now
        except ConnectionClosed as closed:
            raise lost(closed) from None
        finally:
            if pong is not None:
                pong.cancel()
                await asyncio.gather(pong, return_exceptions=True)

    async def _ping(self) -> None:
        await (await self._socket.ping())

    async def close(self, code: int = 1000) -> None:
        """Says goodbye for at most two seconds."""
        self.channel.close()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._socket.close(code)
        except TimeoutError:
            self._socket.transport.abort()

    def abort(self) -> None:
        """Ends it without a word: there is nobody to hear it."""
        self.channel.close()
        self._socket.transport.abort()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _send(self, sealed: Callable[[], list[bytes]]) -> None:
        try:
            async with self._sending:
                for frame in sealed():
                    self._given += len(frame)
                    await self._socket.send(frame)
        except ConnectionClosed as closed:
            raise lost(closed) from None
        except ChannelError as error:
            raise broken(error) from None


async def open_connection(address: Address, key: X25519PrivateKey, server_public: bytes) -> SiteConnection:
    """Connects and shakes hands, in at most twice ``HANDSHAKE_SECONDS``. Raises Problem."""
    socket = await _open_socket(address)
    _keep_short(socket)
    try:
        async with asyncio.timeout(HANDSHAKE_SECONDS):
            chosen = versions.chosen_by_site(socket.subprotocol)
            handshake = ClientHandshake(key, server_public, versions=chosen)
            await socket.send(handshake.hello())
            answer = await socket.recv(decode=False)
        channel = handshake.finish(answer, time.monotonic())
        assert handshake.info is not None
        return SiteConnection(socket, channel, handshake.info)
    except ConnectionClosed as closed:
        raise lost(closed) from None
    except ChannelError as error:
        await socket.close(error.close_code)
        raise broken(error) from None
    except TimeoutError:
        socket.transport.abort()
        message = f"{address.url} answers, but does not finish the handshake"
        raise Problem("timeout", message, Exit.UNREACHABLE, retry=True) from None
    except BaseException:
        socket.transport.abort()
        raise


async def _open_socket(address: Address) -> ClientConnection:
    try:
        return await connect(
            address.socket,
            subprotocols=[Subprotocol(name) for name in versions.offer()],
            compression=None,
            max_size=WEBSOCKET_MAX_SIZE,
            open_timeout=HANDSHAKE_SECONDS,
            close_timeout=CLOSE_SECONDS,
            # SiteConnection.watch knows better when a connection is dead.
            ping_interval=None,
            user_agent_header=f"meatlizard-client/{__version__}",
        )
    except ssl.SSLCertVerificationError as error:
        message = (
            f"the certificate of {address.host} is not accepted ({error.verify_message}); check the address and this "
            "machine's clock; for an authority of your own set SSL_CERT_FILE"
        )
        raise Problem("certificate", message, Exit.UNREACHABLE, retry=True) from None
    except ssl.SSLError as error:
        message = f"{address.url} does not speak TLS as expected ({error.reason}); is it https?"
        raise Problem("tls", message, Exit.UNREACHABLE, retry=True) from None
    except InvalidStatus as error:
        status = error.response.status_code
        message = f"{address.url} answered HTTP {status}: {_STATUS.get(status, 'check the address')}"
        raise Problem("http_status", message, Exit.UNREACHABLE, retry=True) from None
    except NegotiationError:
        raise broken(ChannelError("version_unsupported", remedy="update the inference client")) from None
    except (InvalidHandshake, InvalidURI) as error:
        message = f"{address.url} does not answer as a MeatLizard site does ({type(error).__name__}); check the address"
        raise Problem("no_site", message, Exit.UNREACHABLE, retry=True) from None
    except TimeoutError:
        message = f"{address.url} does not answer within {HANDSHAKE_SECONDS:.0f} seconds"
        raise Problem("unreachable", message, Exit.UNREACHABLE, retry=True) from None
    except OSError as error:
        message = f"{address.url} cannot be reached: {error.strerror or error}"
        raise Problem("unreachable", message, Exit.UNREACHABLE, retry=True) from None


def _keep_short(socket: ClientConnection) -> None:
    """Where the system has a bound for what waits unsent, sets it."""
    raw = socket.transport.get_extra_info("socket")
    if raw is not None and _NOTSENT_LOWAT is not None:
        with contextlib.suppress(OSError):
            raw.setsockopt(sockets.IPPROTO_TCP, _NOTSENT_LOWAT, _UNSENT_BYTES)


def lost(closed: ConnectionClosed) -> Problem:
    """The Problem for a connection the other side, or the network, has ended."""
    frame = closed.rcvd
    if frame is None:
        return Problem("lost", "the connection to the site was lost", Exit.UNREACHABLE, retry=True)
    remedy = remedy_for_close(frame.code, frame.reason)
    exit_code = _EXITS.get(frame.code)
    if remedy is None or exit_code is None:
        words = f": {remedy}" if remedy else ""
        return Problem("closed", f"the site closed the connection ({frame.code}){words}", Exit.UNREACHABLE, retry=True)
    code = frame.reason if frame.reason.isidentifier() else "refused"
    return Problem(code, f"the site refuses this machine: {remedy}", exit_code)


def broken(error: ChannelError) -> Problem:
    """The Problem for what this side found wrong."""
    final = _EXITS.get(error.close_code)
    message = f"{error.code.replace('_', ' ')}: {error.remedy}"
    return Problem(error.code, message, final or Exit.UNREACHABLE, retry=final is None)
