"""The site's end of a node's link, above the encryption: which generations the node runs here, and what its messages
mean.

Everything a message causes at once happens in :meth:`NodeSession.receive`, which never waits; whatever touches the
database runs in a kept task.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from itertools import count
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseTrouble

from chat import nodes
from chat.claims import Claimed
from chat.inference.answers import Answers
from chat.inference.presence import Presence
from chat.inference.stream import Stream
from chat.inference.task_runs import TaskRuns
from chat.task_claims import ClaimedTask
from chat.temporary.answers import TemporaryAnswers
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.messages import (
    Availability,
    BlobPart,
    Deltas,
    Drop,
    Embedded,
    Failed,
    Finished,
    FromNode,
    FromSite,
    Heartbeat,
    Hello,
    Leaving,
    Metrics,
    Models,
    Order,
    Painted,
    Progress,
    Welcome,
)
from inference_client.protocol.vocabulary import Kind, ModelInfo
from meatlizard.moderation import rulebook
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

SILENT_BEATS = 3
"""Heartbeats that a node may leave out before it gets no more work: a sleeping Mac's link looks open for a while."""

_numbers = count(1)


class NodeSession:
    """One connected node. ``send`` seals and queues a message, false when it is too large; ``flushed`` waits until what is
    queued has gone out; ``close`` ends the link with a code of the wire's errors.
    """

    def __init__(
        self,
        node: UUID,
        key: bytes,
        send: Callable[[FromSite], bool],
        close: Callable[[str], None],
        server_time: Callable[[], float],
        flushed: Callable[[], Awaitable[None]],
    ) -> None:
        self.id = f"{nodes.SESSION_PREFIX}{next(_numbers)}"
        self.node = node
        self.key = key
        self.name = ""
        self.ready = False
        self.closed = False
        self.leaving = False
        self.standing: nodes.Standing | None = None
        self.wake: Callable[[], None] = lambda: None
        self.report: Callable[[str, bool], None] = lambda alias, well: None
        self.models: dict[str, ModelInfo] = {}
        self.send = send
        self._flushed = flushed
        self._close = close
        self._server_time = server_time
        self._tasks: set[asyncio.Task[None]] = set()
        self._heard = asyncio.get_running_loop().time()
        self.presence = Presence(node, self.id, self.spawn, self.freed)
        self.temporary = TemporaryAnswers(self)
        self._answers = Answers(self)
        self._runs = TaskRuns(self)

    # what the dispatcher asks ---------------------------------------------------------------------------------------

    @property
    def streams(self) -> dict[UUID, Stream]:
        """The answers it writes, by generation."""
        return self._answers.streams

    def listening(self) -> bool:
        """Whether the node is there to take work."""
        silent = asyncio.get_running_loop().time() - self._heard
        return self.ready and not self.leaving and silent <= SILENT_BEATS * settings.NODE_HEARTBEAT_SECONDS

    def stream(self, generation: UUID) -> Stream | None:
        """Of an answer that it writes, stored ones and temporary ones alike."""
        run = self.temporary.runs.get(generation)
        return run.stream if run is not None else self.streams.get(generation)

    def free(self, kind: Kind = "chat") -> dict[str, int]:
        """Free slots by model of that kind, of those that have any; what owner and operator allow is not looked at here."""
        if not self.listening():
            return {}
        busy = self.busy()
        left = {a: model.slots - busy.get(a, 0) for a, model in self.models.items() if model.kind == kind}
        return {alias: slots for alias, slots in left.items() if slots > 0}

    def busy(self) -> dict[str, int]:
        """Slots in use, by model."""
        return Counter([*self._answers.busy(), *self._runs.busy(), *self.temporary.busy()])

    def start(self, claimed: Claimed) -> None:
        """Hands a claimed generation to the node."""
        self._answers.start(claimed)

    def start_task(self, claimed: ClaimedTask) -> None:
        """Hands a claimed task to the node."""
        self._runs.start(claimed)

    def stop(self, work: UUID) -> None:
        """Passes a stop of a generation on, once; has the node drop a task."""
        self._answers.stop(work)
        self._runs.stop(work)
        self.temporary.stop(work)

    def order(self, order: Order) -> None:
        """Passes on what the site's operator wants of the machine."""
        self.send(order)

    def close(self, code: str) -> None:
        """Ends the link; nothing new is given to the node from here on."""
        self.leaving = True
        if not self.closed:
            self._close(code)

    def unconfirmed_stops(self) -> list[Stream]:
        """Streams that were to stop long ago, and of which the node has said nothing."""
        return self._answers.unconfirmed_stops()

    async def give_up(self, stream: Stream) -> None:
        """Ends a stream whose node does not confirm its stop, and says so."""
        await self._answers.give_up(stream)

    # what the node says ---------------------------------------------------------------------------------------------

    def receive(self, message: FromNode) -> None:
        """Raises ChannelError when the node breaks the rules; the link closes then and the node resumes on a new one."""
        self._heard = asyncio.get_running_loop().time()
        if isinstance(message, Deltas):
            self._deltas(message)
        elif isinstance(message, Hello):
            if self.ready or self._tasks:
                raise ChannelError("bad_message", "a second hello")
            self.spawn(self._hello(message))
        elif not self.ready:
            raise ChannelError("bad_message", f"{message.type} before hello")
        elif isinstance(message, Heartbeat):
            self.presence.beat((*message.running, *self._answers.handing_over()))
            self._runs.beat(message.running)
        elif isinstance(message, Progress):
            (self.temporary if message.generation in self.temporary.runs else self._answers).progress(message)
        elif isinstance(message, Finished):
            self._whose(message.generation).finished(message)
        elif isinstance(message, Failed):
            self._whose(message.generation).failed(message)
        elif isinstance(message, Embedded):
            self._runs.embedded(message)
        elif isinstance(message, BlobPart):
            self._runs.blob(message)
        elif isinstance(message, Painted):
            self._runs.painted(message)
        elif isinstance(message, Models):
            self.models = {model.alias: model for model in message.models}
            self.presence.offer(message.models)
        elif isinstance(message, Availability | Metrics):
            self.presence.hear(message)
        elif isinstance(message, Leaving):
            self.models = {}
            self.spawn(self._left())
        else:
            raise ChannelError("bad_message", f"{message.type} from an enrolled node")

    def _whose(self, work: UUID) -> Answers | TaskRuns | TemporaryAnswers:
        """Who follows it here; of what nobody knows, the answers say so."""
        if work in self._runs.runs:
            return self._runs
        return self.temporary if work in self.temporary.runs else self._answers

    async def _hello(self, hello: Hello) -> None:
        taken = await in_database(nodes.connected, self.node, self.id, hello)
        if taken is None:
            self.close("revoked")
            return
        if rulebook.remembered() is None:
            # Before the first text: from here on nobody asks the database.
            await in_database(rulebook.current)
        self.models = {model.alias: model for model in hello.models}
        answers = [self._answers.take(row) for row in taken]
        tasks = await self._runs.resume(hello.holding)
        self.send(
            Welcome(
                node=self.node,
                name=self.name,
                server_time=self._server_time(),
                heartbeat_seconds=settings.NODE_HEARTBEAT_SECONDS,
                resume_seconds=settings.LEASE_SECONDS,
                resume=(*answers, *tasks),
            )
        )
        self.ready = True
        resumed = len(taken) + len(tasks)
        log.info("node.connected", extra={"node": str(self.node), "models": list(self.models), "resumed": resumed})
        self.wake()

    def _deltas(self, message: Deltas) -> None:
        for item in message.items:
            if item.g in self._answers.streams:
                self._answers.delta(item)
            elif item.g in self._runs.runs:
                self._runs.delta(item)
            elif item.g in self.temporary.runs:
                self.temporary.delta(item)
            else:
                self.send(Drop(generation=item.g))
        self._answers.stored_soon()

    async def _left(self) -> None:
        self.temporary.gone()
        ending = await self._answers.let_go()
        await in_database(nodes.left, self.node, self.id, ending)
        self._answers.forget_others(ending)
        await self._runs.left()

    # what its parts ask ---------------------------------------------------------------------------------------------

    async def flushed(self) -> None:
        await self._flushed()

    def freed(self) -> None:
        self.wake()

    def worked(self, model: str, well: bool) -> None:
        self.report(model, well)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
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

    # the end --------------------------------------------------------------------------------------------------------

    async def disconnect(self) -> None:
        """The socket is gone: what came is stored, readers are told, tasks are brought to their end."""
        self.closed = True
        self._answers.stop_recording()
        self.temporary.gone()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=10)
        await self._answers.store_rest()
        if self.ready:
            await self.presence.flush()
            await in_database(nodes.disconnected, self.node, self.id)
            log.info("node.disconnected", extra={"node": str(self.node), "running": len(self.streams)})
