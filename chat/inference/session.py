"""The site's end of a node's link, above the encryption: which generations the node runs here, and what its messages
mean.

Everything a message causes at once happens in :meth:`NodeSession.receive`, which never waits; whatever touches the
database runs in a kept task. Text goes to readers the moment it arrives and to the database in one transaction for all
streams every 200 ms.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseTrouble

from chat import generations, nodes
from chat.bus import bus
from chat.claims import Claimed
from chat.events import NodeAway, PromptProgress
from chat.generations import Outcome, Piece, Taken
from chat.hub import conversation_topic
from chat.inference.presence import Presence
from chat.inference.recorder import Recorder
from chat.inference.stream import Stream
from chat.messages import rendered
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.messages import (
    Ack,
    Acked,
    Deltas,
    Drop,
    Failed,
    Finished,
    FromNode,
    FromSite,
    Generate,
    Heartbeat,
    Hello,
    Leaving,
    Models,
    Progress,
    Resume,
    Stop,
    Welcome,
)
from inference_client.protocol.vocabulary import ModelInfo
from meatlizard.threads import in_database, in_thread

log = logging.getLogger(__name__)

STOP_SECONDS = 30.0
"""A node that has not confirmed a stop by then has hung: its answer ends without it, and says so."""

SILENT_BEATS = 3
"""Heartbeats that a node may leave out before it gets no more work: a sleeping Mac's link looks open for a while."""

MAX_ANSWER = 2_000_000
"""Code points of one answer, many times what a person reads: a model that repeats itself for ever is cut there."""

PROGRESS_SECONDS = 0.2

_numbers = count(1)


class NodeSession:
    """One connected node. ``send`` seals and queues a message, false when it is too large; ``close`` ends the link with a code of the wire's
    errors.
    """

    def __init__(
        self,
        node: UUID,
        key: bytes,
        send: Callable[[FromSite], bool],
        close: Callable[[str], None],
        server_time: Callable[[], float],
    ) -> None:
        self.id = f"{nodes.SESSION_PREFIX}{next(_numbers)}"
        self.node = node
        self.key = key
        self.name = ""
        self.ready = False
        self.closed = False
        self.leaving = False
        self.paused = False
        self.wake: Callable[[], None] = lambda: None
        self.streams: dict[UUID, Stream] = {}
        self.models: dict[str, ModelInfo] = {}
        self._send = send
        self._close = close
        self._server_time = server_time
        self._tasks: set[asyncio.Task[None]] = set()
        self._recorder = Recorder(self.streams, self._spawn, self._stored, lambda: self.close("too_large"))
        self._stopping: dict[UUID, float] = {}
        self._heard = asyncio.get_running_loop().time()
        self._presence = Presence(node, self.id, self._spawn, lambda: self.wake())

    # what the dispatcher asks ---------------------------------------------------------------------------------------

    def free(self) -> dict[str, int]:
        """Free slots by model, of those that have any."""
        silent = asyncio.get_running_loop().time() - self._heard
        if not self.ready or self.leaving or self.paused or silent > SILENT_BEATS * settings.NODE_HEARTBEAT_SECONDS:
            return {}
        busy: dict[str, int] = {}
        for stream in self.streams.values():
            if not stream.ending:
                busy[stream.model] = busy.get(stream.model, 0) + 1
        left = {alias: model.slots - busy.get(alias, 0) for alias, model in self.models.items()}
        return {alias: slots for alias, slots in left.items() if slots > 0}

    def start(self, claimed: Claimed) -> None:
        """Hands a claimed generation to the node."""
        stream = Stream.of(
            claimed.generation, claimed.epoch, claimed.conversation, claimed.message, claimed.model, claimed.prefix
        )
        self.streams[claimed.generation] = stream
        job = Generate(
            generation=claimed.generation, epoch=claimed.epoch, model=claimed.model, messages=claimed.messages,
            prefix=claimed.prefix, sampling=claimed.sampling, trace=claimed.trace,
        )  # fmt: skip
        if not self._send(job):
            why = "The conversation has become too long to be sent to a machine. Start a new one."
            self._end(stream, Outcome("failed", error_code="conversation_too_long", error=why))
        elif claimed.message is not None:
            bus.delta(claimed.conversation, claimed.message, claimed.generation, len(claimed.prefix), "")

    def stop(self, generation: UUID) -> None:
        """Passes a stop on, once."""
        stream = self.streams.get(generation)
        if stream is not None and not stream.ending and generation not in self._stopping:
            self._stopping[generation] = asyncio.get_running_loop().time()
            self._send(Stop(generation=generation, epoch=stream.epoch))

    def close(self, code: str) -> None:
        """Ends the link; nothing new is given to the node from here on."""
        self.leaving = True
        if not self.closed:
            self._close(code)

    def unconfirmed_stops(self) -> list[Stream]:
        """Streams that were to stop long ago, and of which the node has said nothing."""
        before = asyncio.get_running_loop().time() - STOP_SECONDS
        late = [pk for pk, asked in self._stopping.items() if asked < before]
        return [self.streams[pk] for pk in late if pk in self.streams]

    async def give_up(self, stream: Stream) -> None:
        """Ends a stream whose node does not confirm its stop, and says so."""
        await self._recorder.store(stream)
        self._stopping.pop(stream.generation, None)
        self._forget(stream)
        why = "The machine did not confirm that it stopped. What it wrote is kept."
        log.warning("stop.unconfirmed", extra={"generation": str(stream.generation), "node": str(self.node)})
        await in_database(
            generations.end_by_site, stream.generation, "failed", "stop_unconfirmed", why, epoch=stream.epoch
        )

    # what the node says ---------------------------------------------------------------------------------------------

    def receive(self, message: FromNode) -> None:
        """Raises ChannelError when the node breaks the rules; the link closes then and the node resumes on a new one."""
        self._heard = asyncio.get_running_loop().time()
        if isinstance(message, Deltas):
            self._deltas(message)
        elif isinstance(message, Hello):
            if self.ready or self._tasks:
                raise ChannelError("bad_message", "a second hello")
            self._spawn(self._hello(message))
        elif not self.ready:
            raise ChannelError("bad_message", f"{message.type} before hello")
        elif isinstance(message, Heartbeat):
            self._presence.beat(message.running)
        elif isinstance(message, Progress):
            self._progress(message)
        elif isinstance(message, Finished):
            self._finished(message)
        elif isinstance(message, Failed):
            self._failed(message)
        elif isinstance(message, Models):
            self.models = {model.alias: model for model in message.models}
            self._presence.offer(message.models)
        elif isinstance(message, Leaving):
            self.models = {}
            self._spawn(self._left())
        else:
            raise ChannelError("bad_message", f"{message.type} from an enrolled node")

    async def _hello(self, hello: Hello) -> None:
        taken = await in_database(nodes.connected, self.node, self.id, hello)
        if taken is None:
            self.close("revoked")
            return
        self.models = {model.alias: model for model in hello.models}
        for row in taken:
            self._take(row)
        self._send(
            Welcome(
                node=self.node,
                name=self.name,
                server_time=self._server_time(),
                heartbeat_seconds=settings.NODE_HEARTBEAT_SECONDS,
                resume_seconds=settings.LEASE_SECONDS,
                resume=tuple(
                    Resume(generation=row.generation, epoch=row.epoch, offset=len(row.text), stop=row.stop)
                    for row in taken
                ),
            )
        )
        self.ready = True
        log.info("node.connected", extra={"node": str(self.node), "models": list(self.models), "resumed": len(taken)})
        self.wake()

    def _take(self, row: Taken) -> None:
        model = row.model or next(iter(self.models), "")
        stream = Stream.of(row.generation, row.epoch, row.conversation, row.message, model, row.text)
        self.streams[row.generation] = stream
        if row.message is not None:
            self._away(stream, False)

    def _deltas(self, message: Deltas) -> None:
        for item in message.items:
            stream = self.streams.get(item.g)
            if stream is None:
                self._send(Drop(generation=item.g))
                continue
            if stream.epoch != item.e or stream.ending:
                continue
            offset = stream.length
            # PostgreSQL takes no NUL in text; one code point for one keeps all offsets.
            text = stream.add(item.o, item.x.replace("\x00", "\ufffd"))
            if text is None:
                raise ChannelError("out_of_order", "text is missing before a delta")
            if text and stream.message is not None:
                bus.delta(stream.conversation, stream.message, stream.generation, offset, text)
            if stream.length > MAX_ANSWER:
                self._send(Drop(generation=item.g))
                self._end(stream, Outcome("length", answered_by=stream.model))
        self._recorder.arm()

    def _progress(self, message: Progress) -> None:
        stream = self.streams.get(message.generation)
        now = asyncio.get_running_loop().time()
        if stream is None or stream.epoch != message.epoch or stream.message is None:
            return
        if now - stream.progress_at >= PROGRESS_SECONDS or message.done >= message.total:
            stream.progress_at = now
            bus.event(
                conversation_topic(stream.conversation),
                PromptProgress(
                    conversation=stream.conversation,
                    generation=stream.generation,
                    done=message.done,
                    total=message.total,
                ),
            )

    def _finished(self, message: Finished) -> None:
        stream = self._ending(message.generation, message.epoch)
        if stream is None:
            return
        if stream.length != message.length:
            raise ChannelError("out_of_order", "text is missing at the end")
        outcome = Outcome(message.reason, message.usage, message.trimmed_messages, answered_by=stream.model)
        self._end(stream, outcome)

    def _failed(self, message: Failed) -> None:
        stream = self._ending(message.generation, message.epoch)
        if stream is None:
            return
        log.warning(
            "generation.failed",
            extra={"generation": str(message.generation), "code": message.code, "node": str(self.node)},
        )
        if message.retry:
            self._finish_stream(stream)
            self._spawn(self._give_back(stream, message))
        else:
            text = message.detail or f"The machine could not answer ({message.code})."
            self._end(stream, Outcome("failed", error_code=message.code, error=text, answered_by=stream.model))

    def _ending(self, generation: UUID, epoch: int) -> Stream | None:
        """The stream that a final message ends; a stale or unknown one is to be dropped by the node."""
        stream = self.streams.get(generation)
        if stream is None:
            self._send(Drop(generation=generation))
        elif stream.epoch != epoch or stream.ending:
            return None
        return stream

    def _end(self, stream: Stream, outcome: Outcome) -> None:
        self._finish_stream(stream)
        self._spawn(self._write_end(stream, outcome))

    def _finish_stream(self, stream: Stream) -> None:
        # From here the node's slot is free, while the database still has to hear of it.
        stream.ending = True
        self._stopping.pop(stream.generation, None)
        self.wake()

    async def _write_end(self, stream: Stream, outcome: Outcome) -> None:
        text = stream.text
        if stream.message is not None:
            outcome = replace(outcome, html=await in_thread(rendered, text, stream.generation))
        try:
            await in_database(generations.finish, stream.generation, stream.epoch, text, outcome)
        except DatabaseTrouble:
            raise
        except Exception:
            # An end that can never be stored must not keep its conversation waiting for ever.
            log.exception("generation.bad_end", extra={"generation": str(stream.generation), "node": str(self.node)})
            why = "The machine ended this answer in a way the site could not store. What it wrote is kept."
            await in_database(
                generations.end_by_site, stream.generation, "failed", "bad_answer", why, epoch=stream.epoch
            )
        # Ended by us or, if the lease was lost, by somebody else: either way the node need not keep it.
        if self.streams.get(stream.generation) is stream:
            del self.streams[stream.generation]
        if not self.closed:
            self._send(Ack(items=(Acked(g=stream.generation, o=stream.length),), done=(stream.generation,)))
            self.wake()

    async def _give_back(self, stream: Stream, message: Failed) -> None:
        await self._recorder.store(stream)
        detail = message.detail or f"The machine could not answer ({message.code})."
        # Before it is in the queue again: this very node may get it next, and must not be told to drop that.
        self._forget(stream)
        await in_database(generations.give_back, stream.generation, stream.epoch, message.code, detail)

    async def _left(self) -> None:
        await self._recorder.store()
        # Those that have ended are being written down here, and are no longer the node's to give back.
        ending = [stream.generation for stream in self.streams.values() if stream.ending]
        await in_database(nodes.left, self.node, self.id, ending)
        for generation in self.streams.keys() - set(ending):
            del self.streams[generation]

    # storing --------------------------------------------------------------------------------------------------------

    def _stored(self, taken: list[tuple[Stream, Piece]], lost: set[UUID]) -> None:
        acked = []
        for stream, piece in taken:
            if stream.generation not in lost:
                stream.committed(piece)
                acked.append(Acked(g=stream.generation, o=stream.stored))
            elif not stream.ending:
                self._forget(stream)
        if acked and not self.closed:
            self._send(Ack(items=tuple(acked)))

    def _forget(self, stream: Stream) -> None:
        """Has the node drop it, unless it has been given the same generation anew."""
        if self.streams.get(stream.generation) is stream:
            del self.streams[stream.generation]
            if not self.closed:
                self._send(Drop(generation=stream.generation))

    # the end --------------------------------------------------------------------------------------------------------

    async def disconnect(self) -> None:
        """The socket is gone: what came is stored, readers are told, tasks are brought to their end."""
        self.closed = True
        self._recorder.stop()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=10)
        await self._recorder.store()
        for stream in self.streams.values():
            if not stream.ending and stream.message is not None:
                self._away(stream, True)
        if self.ready:
            await in_database(nodes.disconnected, self.node, self.id)
            log.info("node.disconnected", extra={"node": str(self.node), "running": len(self.streams)})

    def _away(self, stream: Stream, away: bool) -> None:
        event = NodeAway(conversation=stream.conversation, generation=stream.generation, away=away)
        bus.event(conversation_topic(stream.conversation), event)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(self._guard(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guard(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except DatabaseTrouble:
            # The row keeps its lease and the node its text: on a new link both go on from what is stored.
            log.exception("node.database_error", extra={"node": str(self.node)})
            self.close("timeout")
        except Exception:
            log.exception("node.unexpected_error", extra={"node": str(self.node)})
            self.close("timeout")
