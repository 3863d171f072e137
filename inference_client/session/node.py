"""What a node says and does, as a machine without I/O.

Inputs are messages of the site, events of the engine and the time; outputs are messages to send (``outgoing``) and work
for the engine (``take_work``). A session outlives connections: it keeps every generation's whole text and results until
the site has acknowledged its end, so that a new connection can go on at any offset.

Nothing is queued per decode step: what to send is the difference between the text held and the text sent. A slow
socket therefore gets fewer and longer deltas, and never a growing queue.
"""

import itertools
import logging
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from inference_client.engines.base import AnyJob, Done, Error, Event, Picture, Progress, Text, Vectors
from inference_client.protocol import messages as wire
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.vocabulary import ModelInfo
from inference_client.session.blobs import Blobs
from inference_client.session.held import HeldGeneration
from inference_client.session.jobs import Ask, job_of

log = logging.getLogger(__name__)

MAX_HELD: Final = 1024
"""As many generations as one hello can name; more are refused, and the site gives them to another node."""

MAX_CODE_POINTS: Final = 100_000
"""In one Deltas message: with the worst escapes (6 bytes each) and 1,024 items still below 1 MiB."""

MAX_ITEMS: Final = 1024

MAX_REFUSALS: Final = 8192
"""Unsent, beyond which the site is one that asks and never listens; one that does never waits for so many."""


@dataclass(frozen=True, slots=True)
class Submit:
    """Give this to the engine."""

    job: AnyJob


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop this run of the engine."""

    run: int


Work = Submit | Cancel | wire.Order
"""An order is for whoever governs this program on its owner's behalf."""

Phase = Literal["down", "greeting", "up"]


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
        self.availability: wire.Availability | None = None
        self._identity = identity
        self._models = tuple(models)
        self._held: dict[UUID, HeldGeneration] = {}
        self._by_run: dict[int, HeldGeneration] = {}
        self._runs = itertools.count(1)
        self._control: deque[wire.FromNode] = deque()
        self._metrics: wire.Metrics | None = None
        self._blobs = Blobs()
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
        self._metrics = None
        self._blobs.drop_growing()

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
        elif isinstance(message, Ask):
            self._ask(message)
        elif isinstance(message, wire.BlobPart):
            self._blobs.add(message)
        elif isinstance(message, wire.Order):
            self._work.append(message)
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
        if self.availability is not None:
            self._control.append(self.availability)
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
        held.move(item.epoch, item.offset)
        if item.stop:
            self._stop(item.generation, item.epoch)

    def _ask(self, message: Ask) -> None:
        prefix, thinking = ("", 0)
        if isinstance(message, wire.Generate):
            prefix, thinking = message.prefix, message.prefix_thinking
            if thinking > len(prefix):
                raise ChannelError("bad_message", "a prefix has more thinking than text")
        held = self._held.get(message.generation)
        if held is not None:
            if message.epoch < held.epoch:
                return
            if held.begins_with(prefix, thinking) and held.worth_keeping:
                held.move(message.epoch, len(prefix))
                return
            self._forget(message.generation)
        if self.leaving:
            self._refuse(message.generation, message.epoch, "leaving", "this node is about to stop")
        elif message.model not in {model.alias for model in self._models}:
            self._refuse(message.generation, message.epoch, "model_unknown", "this node does not offer the model")
        elif len(self._held) >= MAX_HELD:
            self._refuse(message.generation, message.epoch, "node_full", f"{MAX_HELD} generations are held already")
        else:
            self._begin(message, prefix, thinking)

    def _begin(self, message: Ask, prefix: str, thinking: int) -> None:
        run = next(self._runs)
        job = job_of(run, message, self._blobs)
        if job is None:
            self._refuse(
                message.generation, message.epoch, "blob_missing", "bytes that it names are not here; send them again"
            )
            return
        held = HeldGeneration(
            message.generation,
            message.epoch,
            run,
            text=prefix,
            thinking=thinking,
            sent=len(prefix),
            texts=len(message.texts) if isinstance(message, wire.Embed) else 0,
            trace=message.trace,
        )
        self._held[message.generation] = self._by_run[run] = held
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

    def _refuse(self, generation: UUID, epoch: int, code: str, detail: str) -> None:
        if len(self._control) >= MAX_REFUSALS:
            raise ChannelError("bad_message", "the site takes none of this node's refusals")
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
                held.add_text(event)
            elif isinstance(event, Progress):
                held.progress = event
            elif isinstance(event, Done | Error):
                held.end(event)
            else:
                self._result(held, event)

    def _result(self, held: HeldGeneration, event: Vectors | Picture) -> None:
        try:
            held.add_result(event)
        except ValueError as error:
            log.error("answer %d: %s", held.run, error)
            held.end(Error(held.run, "bad_result", str(error)))
            self._work.append(Cancel(held.run))

    def models_changed(self, models: Sequence[ModelInfo]) -> None:
        """The engine's offer; told to the site if it differs."""
        if tuple(models) == self._models:
            return
        self._models = tuple(models)
        if self.phase == "up":
            self._control.append(wire.Models(models=self._models))

    def availability_changed(self, availability: wire.Availability) -> None:
        """What the owner allows; told to the site if it differs, and again after every welcome."""
        if availability == self.availability:
            return
        self.availability = availability
        if self.phase == "up":
            self._control.append(availability)

    def measured(self, metrics: wire.Metrics) -> bool:
        """For the site, if it is there: whether it will be sent. A later one takes the place of one not sent yet."""
        if self.phase == "up":
            self._metrics = metrics
        return self.phase == "up"

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
        """What to send now, in order; it counts as sent. Text stands before the end of its generation.

        Of images and vectors one message comes at a time, so that text never waits long: ask again while ``unsent``.
        """
        messages: list[wire.FromNode] = list(self._control)
        self._control.clear()
        if self.phase == "up":
            messages.extend(self._deltas())
            messages.extend(progress for held in self._held.values() if (progress := held.take_progress()))
            messages.extend(self._result_due())
            messages.extend(end for held in self._held.values() if (end := held.take_end()))
            if self._metrics is not None:
                messages.append(self._metrics)
                self._metrics = None
        return messages

    def _deltas(self) -> Iterable[wire.Deltas]:
        items: list[wire.Delta] = []
        room = MAX_CODE_POINTS
        for held in self._held.values():
            while (delta := held.take_delta(room)) is not None:
                items.append(delta)
                room -= len(delta.x)
                if not room or len(items) == MAX_ITEMS:
                    yield wire.Deltas(items=tuple(items))
                    items, room = [], MAX_CODE_POINTS
        if items:
            yield wire.Deltas(items=tuple(items))

    def _result_due(self) -> Iterable[wire.FromNode]:
        """One result after the other, and of the one begun all of it: parts of two equal images could not be told apart."""
        due = [held for held in self._held.values() if held.results_left]
        for held in sorted(due, key=lambda held: not held.results_sent)[:1]:
            if (message := held.take_result()) is not None:
                yield message

    # --- for people and tests ---------------------------------------------------------------------------------------

    def held(self, generation: UUID) -> HeldGeneration | None:
        return self._held.get(generation)

    @property
    def running(self) -> int:
        """How many generations the engine is still at."""
        return sum(held.outcome is None for held in self._held.values())

    @property
    def unsent(self) -> bool:
        """Some end, text or result has not been given to the link."""
        return any(held.unsent for held in self._held.values())
