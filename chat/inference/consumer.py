"""The websocket of nodes, ``/ws/inference/``: handshake, enrolment and sealing around a :class:`NodeSession`."""

import asyncio
import logging
import time
from typing import Any

from django.conf import settings

from chat import nodes
from chat.inference.dispatch import dispatcher
from chat.inference.session import NodeSession
from chat.sockets import Socket
from inference_client.protocol import keys, versions
from inference_client.protocol.channel import SecureChannel
from inference_client.protocol.errors import CODES, ChannelError
from inference_client.protocol.frames import ENROL, MESSAGE
from inference_client.protocol.handshake import HANDSHAKE_SECONDS, ServerHandshake
from inference_client.protocol.messages import Enrol, Enrolled, FromSite, Goodbye, encode, from_node
from meatlizard.errors import Invalid
from meatlizard.security.client_address import address_key
from meatlizard.security.ratelimit import hit
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

FAILED_HANDSHAKES = "5/m"
"""A client address may fail so often before it is refused unheard."""

MAX_QUEUED_FRAMES = 2_000
"""Frames that may wait for a slow node before its link is closed; it comes back and resumes."""


class NodeConsumer(Socket):
    """Translates frames and decides nothing: this is the path of every token."""

    def __init__(self) -> None:
        self._versions: versions.Versions | None = None
        self._handshake: ServerHandshake | None = None
        self._channel: SecureChannel | None = None
        self._session: NodeSession | None = None
        self._known: nodes.Known | None = None
        self._frames: asyncio.Queue[bytes | asyncio.Future[None]] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False

    async def websocket_connect(self, event: dict[str, Any]) -> None:
        self._address = address_key(self.scope)
        try:
            self._versions = versions.choose(self.scope.get("subprotocols", ()))
        except ChannelError as error:
            # Accepted first: a refused upgrade cannot carry the remedy.
            await self.send({"type": "websocket.accept"})
            await self._end(error.close_code, error.wire_reason)
            return
        await self.send({"type": "websocket.accept", "subprotocol": versions.subprotocol(self._versions.chosen)})
        if await in_database(hit, "node-refused", self._address, FAILED_HANDSHAKES, count=False, open_in_trouble=True):
            await self._fail(ChannelError("too_many"))
            return
        self._tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._keep_time())]

    async def websocket_receive(self, event: dict[str, Any]) -> None:
        if self._closing:
            return
        try:
            frame = event.get("bytes")
            if not frame:
                raise ChannelError("bad_frame", "a text frame")
            if self._channel is not None:
                await self._open(self._channel, frame)
            else:
                await self._shake(frame)
        except ChannelError as error:
            await self._fail(error)

    async def gone(self) -> None:
        self._closing = True
        for task in self._tasks:
            task.cancel()
        while not self._frames.empty():
            self._passed(self._frames.get_nowait())
        if self._session is not None:
            dispatcher.detach(self._session)
            await self._session.disconnect()

    # before the channel is open -------------------------------------------------------------------------------------

    async def _shake(self, hello: bytes) -> None:
        assert self._versions is not None
        static = keys.private_from_text(settings.INFERENCE_SERVER_KEY)
        self._handshake = ServerHandshake(static, versions=self._versions)
        key = self._handshake.read_hello(hello)
        self._known = await in_database(nodes.find, key)
        if self._known is not None and self._known.revoked:
            raise ChannelError("revoked")
        answer, self._channel = self._handshake.answer(
            now=time.monotonic(), server_time=time.time(), enrolled=self._known is not None
        )
        self._frames.put_nowait(answer)

    async def _enrol(self, channel: SecureChannel, payload: bytes) -> None:
        message = from_node(payload)
        if not isinstance(message, Enrol):
            raise ChannelError("not_enrolled", f"{message.type} instead of the code")
        try:
            self._known = await in_database(nodes.enrol, channel.remote_static, message.code, message.name)
        except Invalid:
            raise ChannelError("enrolment_refused") from None
        log.info("node.enrolled", extra={"node": str(self._known.node)})
        answer = encode(Enrolled(node=self._known.node, name=self._known.name))
        self._queue(channel.accept_enrolment(answer))

    # the open channel -----------------------------------------------------------------------------------------------

    async def _open(self, channel: SecureChannel, frame: bytes) -> None:
        message = channel.open(frame)
        self._queue(channel.take_pending())
        if message is None:
            return
        if message.type == ENROL:
            await self._enrol(channel, message.payload)
        elif message.type == MESSAGE:
            if self._session is None:
                self._session = self._begin(channel)
            self._session.receive(from_node(message.payload))

    def _begin(self, channel: SecureChannel) -> NodeSession:
        """The first frame has opened, so this is no recording: from here on the node may get work."""
        assert self._known is not None
        session = NodeSession(
            self._known.node, channel.remote_static, self._say, self._close_for, time.time, self._flushed
        )
        session.name = self._known.name
        dispatcher.attach(session)
        return session

    def _say(self, message: FromSite) -> bool:
        """False when the message is larger than the wire takes: that one fails, and not the link."""
        if self._channel is None or self._closing:
            return True
        try:
            self._queue(self._channel.seal(MESSAGE, encode(message)))
        except ChannelError as error:
            log.warning("node.cannot_send", extra={"code": error.code, "message_type": message.type})
            if error.code == "too_large":
                return False
            self._close_for("closed")
        return True

    def _queue(self, frames: list[bytes]) -> None:
        for frame in frames:
            self._frames.put_nowait(frame)
        if self._frames.qsize() > MAX_QUEUED_FRAMES and not self._closing:
            self._close_for("timeout")

    async def _write(self) -> None:
        while True:
            await self._send_frame(await self._frames.get())

    async def _send_frame(self, frame: bytes | asyncio.Future[None]) -> None:
        if isinstance(frame, bytes):
            await self.send({"type": "websocket.send", "bytes": frame})
        else:
            self._passed(frame)

    async def _flushed(self) -> None:
        """Waits until what is queued now has been sent, or never will be."""
        if self._closing:
            return
        mark: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._frames.put_nowait(mark)
        await mark

    @staticmethod
    def _passed(frame: bytes | asyncio.Future[None]) -> None:
        if isinstance(frame, asyncio.Future) and not frame.done():
            frame.set_result(None)

    async def _keep_time(self) -> None:
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                while self._channel is None:  # noqa: ASYNC110  (the handshake has no event of its own)
                    await asyncio.sleep(0.25)
            while True:
                await asyncio.sleep(2)
                self._queue(self._channel.tick(time.monotonic()))
        except TimeoutError:
            await self._fail(ChannelError("timeout"))
        except ChannelError as error:
            await self._fail(error)

    # the end --------------------------------------------------------------------------------------------------------

    def _close_for(self, code: str) -> None:
        """Closes from within the site: says goodbye first, so that the node knows whether to come back."""
        if self._closing:
            return
        retry = None if code in {"revoked", "unknown_key", "replaced"} else 1.0
        if self._channel is not None and not self._channel.closed:
            try:
                for frame in self._channel.seal(MESSAGE, encode(Goodbye(code=code, retry_seconds=retry))):
                    self._frames.put_nowait(frame)
            except ChannelError:
                pass
        self._tasks.append(asyncio.get_running_loop().create_task(self._finish(code)))

    async def _finish(self, code: str) -> None:
        self._closing = True
        while not self._frames.empty():
            await self._send_frame(self._frames.get_nowait())
        await self._end(CODES[code][0], ChannelError(code).wire_reason)

    async def _fail(self, error: ChannelError) -> None:
        """The other end broke the rules, or cannot be let in. It is told the code only where that helps an honest node."""
        if self._closing:
            return
        log.warning("node.refused", extra={"code": error.code, "detail": error.detail, "address": self._address})
        if self._session is None:
            await in_database(hit, "node-refused", self._address, FAILED_HANDSHAKES, open_in_trouble=True)
        await self._end(error.close_code, error.wire_reason)

    async def _end(self, code: int, reason: str) -> None:
        self._closing = True
        if self._channel is not None:
            self._channel.close()
        await self.send({"type": "websocket.close", "code": code, "reason": reason})
