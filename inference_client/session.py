"""The node's side of the conversation with the site, without I/O.

Inputs are messages of the site, events of the engine and the time; outputs are messages to send (``outgoing``) and work
for the engine (``take_work``). A session outlives connections: it keeps every generation's whole text until the site
has acknowledged its end, so that a new connection can go on at any offset.

Nothing is queued per decode step: what to send is the difference between the text held and the text sent. A slow
socket therefore gets fewer and longer deltas, and never a growing queue.
"""

import itertools
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from inference_client.engines.base import Done, Error, Event, Job, Progress, Text
from inference_client.protocol import messages as wire
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.vocabulary import ModelInfo

MAX_HELD: Final = 1024
"""As many generations as one hello can name; more are refused, and the site gives them to another node."""

MAX_CODE_POINTS: Final = 100_000
"""In one Deltas message: with the worst escapes (6 bytes each) and 1,024 items still below 1 MiB."""

MAX_ITEMS: Final = 1024


@dataclass(frozen=True, slots=True)
class Submit:
    """Give this to the engine."""

    job: Job


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop this run of the engine."""

    run: int


Work = Submit | Cancel
Phase = Literal["down", "greeting", "up"]


@dataclass(slots=True)
class HeldGeneration:
    """``sent`` and ``acked`` are offsets into ``text``, which includes the prefix. ``outcome`` is set at the end."""

    generation: UUID
    epoch: int
    run: int
    text: str
    sent: int
    acked: int = 0
    progress: Progress | None = None
    outcome: Done | Error | None = None
    outcome_sent: bool = False
    stopping: bool = False
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """What hello says about this program."""

    client_version: str
    platform: str
    backend: str


class Session:
    """One node's state. Methods raise ChannelError only for what the site should not have sent: close, reconnect."""

    def __init__(self, identity: Identity, models: Sequence[ModelInfo]) -> None:
        self.phase: Phase = "down"
        self.welcome: wire.Welcome | None = None
        self.goodbye: wire.Goodbye | None = None
        self.leaving = False
        self._identity = identity
        self._models = tuple(models)
        self._held: dict[UUID, HeldGeneration] = {}
        self._by_run: dict[int, HeldGeneration] = {}
        self._runs = itertools.count(1)
        self._control: deque[wire.FromNode] = deque()
        self._work: list[Work] = []
        self._next_beat = 0.0

    # --- connection -------------------------------------------------------------------------------------------------

    def connected(self) -> None:
        """A channel is open: say hello, and hold everything else back until the site's welcome."""
        self.phase = "greeting"
        self.welcome = self.goodbye = None
        self._control.clear()
        holding = tuple(
            wire.Held(
                generation=held.generation,
                epoch=held.epoch,
                length=len(held.text),
                finished=held.outcome is not None,
            )
            for held in self._held.values()
        )
        self._control.append(
            wire.Hello(
                client_version=self._identity.client_version,
                platform=self._identity.platform,
                backend=self._identity.backend,
                models=self._models,
                holding=holding,
            )
        )

    def disconnected(self) -> None:
        """The channel is gone. Generations go on; their text waits."""
        self.phase = "down"
        self._control.clear()

    def leave(self) -> None:
        """This node stops on purpose: tells the site, takes nothing new."""
        self.leaving = True
        if self.phase == "up":
            self._control.append(wire.Leaving())

    # --- from the site ----------------------------------------------------------------------------------------------

    def receive(self, message: wire.FromSite, now: float) -> None:
        """One message of the site, in order. ``now``: monotonic seconds."""
        if isinstance(message, wire.Goodbye):
            self.goodbye = message
        elif self.phase == "greeting":
            if not isinstance(message, wire.Welcome):
                raise ChannelError("bad_message", f"{message.type} came before welcome")
            self._welcomed(message, now)
        elif isinstance(message, wire.Generate):
            self._generate(message)
        elif isinstance(message, wire.Stop):
            self._stop(message.generation, message.epoch)
        elif isinstance(message, wire.Drop):
            self._forget(message.generation)
        elif isinstance(message, wire.Ack):
            self._ack(message)
        else:
            raise ChannelError("bad_message", f"{message.type} came at the wrong moment")

    def _welcomed(self, message: wire.Welcome, now: float) -> None:
        self.welcome = message
        self.phase = "up"
        self._next_beat = now + message.heartbeat_seconds
        wanted = {item.generation for item in message.resume}
        for generation in [generation for generation in self._held if generation not in wanted]:
            self._forget(generation)
        for item in message.resume:
            self._resume(item)
        if self.leaving:
            self._control.append(wire.Leaving())

    def _resume(self, item: wire.Resume) -> None:
        held = self._held.get(item.generation)
        if held is None:
            self._refuse(item.generation, item.epoch, "unknown_generation", "this node does not hold it")
            return
        if item.offset > len(held.text):
            # Somebody else wrote on: what this node holds is not the beginning of what comes next.
            self._forget(item.generation)
            self._refuse(item.generation, item.epoch, "text_mismatch", "the site holds more text than this node")
            return
        self._move(held, item.epoch, item.offset)
        if item.stop:
            self._stop(item.generation, item.epoch)

    def _generate(self, message: wire.Generate) -> None:
        held = self._held.get(message.generation)
        if held is not None:
            if message.epoch < held.epoch:
                return
            if held.text.startswith(message.prefix) and _worth_keeping(held):
                self._move(held, message.epoch, len(message.prefix))
                return
            self._forget(message.generation)
        if self.leaving:
            self._refuse(message.generation, message.epoch, "leaving", "this node is about to stop")
        elif message.model not in {model.alias for model in self._models}:
            self._refuse(message.generation, message.epoch, "model_unknown", "this node does not offer the model")
        elif len(self._held) >= MAX_HELD:
            self._refuse(message.generation, message.epoch, "node_full", f"{MAX_HELD} generations are held already")
        else:
            self._begin(message)

    def _begin(self, message: wire.Generate) -> None:
        run = next(self._runs)
        length = len(message.prefix)
        held = HeldGeneration(message.generation, message.epoch, run, message.prefix, length, trace=message.trace)
        self._held[message.generation] = self._by_run[run] = held
        job = Job(run, message.model, message.messages, message.prefix, message.sampling, message.trace)
        self._work.append(Submit(job))

    def _stop(self, generation: UUID, epoch: int) -> None:
        held = self._held.get(generation)
        if held is None:
            self._refuse(generation, epoch, "unknown_generation", "this node does not hold it")
        elif epoch >= held.epoch:
            held.epoch = epoch
            held.stopping = True
            held.outcome_sent = False
            if held.outcome is None:
                self._work.append(Cancel(held.run))

    def _ack(self, message: wire.Ack) -> None:
        for item in message.items:
            held = self._held.get(item.g)
            if held is not None:
                held.acked = max(held.acked, min(item.o, len(held.text)))
        for generation in message.done:
            held = self._held.get(generation)
            # An ack can only mean an end that was sent; one of an earlier epoch must not kill the run of this one.
            if held is not None and held.outcome_sent:
                self._forget(generation)

    def _move(self, held: HeldGeneration, epoch: int, offset: int) -> None:
        held.epoch = epoch
        held.sent = offset
        held.outcome_sent = False

    def _refuse(self, generation: UUID, epoch: int, code: str, detail: str) -> None:
        self._control.append(wire.Failed(generation=generation, epoch=epoch, code=code, detail=detail, retry=True))

    def _forget(self, generation: UUID) -> None:
        held = self._held.pop(generation, None)
        if held is not None:
            del self._by_run[held.run]
            if held.outcome is None:
                self._work.append(Cancel(held.run))

    # --- from the engine --------------------------------------------------------------------------------------------

    def engine_events(self, events: Iterable[Event]) -> None:
        """One decode step. Events of runs that were dropped are passed over."""
        for event in events:
            held = self._by_run.get(event.run)
            if held is None or held.outcome is not None:
                continue
            if isinstance(event, Text):
                held.text += event.text
                held.progress = None
            elif isinstance(event, Progress):
                held.progress = event
            elif isinstance(event, Done | Error):
                held.outcome = event
                held.progress = None

    def models_changed(self, models: Sequence[ModelInfo]) -> None:
        """The engine's offer; told to the site if it differs."""
        if tuple(models) == self._models:
            return
        self._models = tuple(models)
        if self.phase == "up":
            self._control.append(wire.Models(models=self._models))

    def take_work(self) -> list[Work]:
        """What the engine must do now, in order. Each item is given once."""
        work, self._work = self._work, []
        return work

    # --- to the site ------------------------------------------------------------------------------------------------

    def next_heartbeat(self) -> float | None:
        """Monotonic time of the next heartbeat; None without a connection."""
        return self._next_beat if self.phase == "up" else None

    def tick(self, now: float) -> None:
        """Adds a heartbeat when one is due."""
        if self.phase == "up" and self.welcome is not None and now >= self._next_beat:
            self._next_beat = now + self.welcome.heartbeat_seconds
            self._control.append(wire.Heartbeat(running=tuple(self._held)))

    def outgoing(self) -> list[wire.FromNode]:
        """Everything to send now, in order; it counts as sent. Text stands before the end of its generation."""
        messages: list[wire.FromNode] = list(self._control)
        self._control.clear()
        if self.phase == "up":
            messages.extend(self._deltas())
            messages.extend(self._progress())
            messages.extend(self._ends())
        return messages

    def _deltas(self) -> Iterable[wire.Deltas]:
        items: list[wire.Delta] = []
        room = MAX_CODE_POINTS
        for held in self._held.values():
            while held.sent < len(held.text):
                piece = held.text[held.sent : held.sent + room]
                items.append(wire.Delta(g=held.generation, e=held.epoch, o=held.sent, x=piece))
                held.sent += len(piece)
                room -= len(piece)
                if not room or len(items) == MAX_ITEMS:
                    yield wire.Deltas(items=tuple(items))
                    items, room = [], MAX_CODE_POINTS
        if items:
            yield wire.Deltas(items=tuple(items))

    def _progress(self) -> Iterable[wire.Progress]:
        for held in self._held.values():
            if held.progress is not None:
                done, total = held.progress.done, held.progress.total
                held.progress = None
                yield wire.Progress(generation=held.generation, epoch=held.epoch, done=done, total=total)

    def _ends(self) -> Iterable[wire.Finished | wire.Failed]:
        for held in self._held.values():
            if held.outcome is not None and not held.outcome_sent:
                held.outcome_sent = True
                yield _end(held, held.outcome)

    # --- for people and tests ---------------------------------------------------------------------------------------

    def held(self, generation: UUID) -> HeldGeneration | None:
        return self._held.get(generation)

    @property
    def running(self) -> int:
        """How many generations the engine is still at."""
        return sum(held.outcome is None for held in self._held.values())

    @property
    def unsent(self) -> bool:
        """Some end or text has not been given to the link."""
        return any(
            held.sent < len(held.text) or (held.outcome is not None and not held.outcome_sent)
            for held in self._held.values()
        )


def _worth_keeping(held: HeldGeneration) -> bool:
    """A generation asked for again is run again only if it failed or was stopped."""
    if held.outcome is None:
        return not held.stopping
    return isinstance(held.outcome, Done) and held.outcome.reason != "cancelled"


def _end(held: HeldGeneration, outcome: Done | Error) -> wire.Finished | wire.Failed:
    if isinstance(outcome, Done):
        return wire.Finished(
            generation=held.generation,
            epoch=held.epoch,
            reason=outcome.reason,
            length=len(held.text),
            usage=outcome.usage,
            trimmed_messages=outcome.trimmed,
        )
    return wire.Failed(
        generation=held.generation,
        epoch=held.epoch,
        code=outcome.code,
        detail=outcome.detail[:500],
        retry=outcome.retry,
    )
