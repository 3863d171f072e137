"""The interface between the client and whatever runs models.

A *run* is one attempt of an engine at one generation, named by a number the caller chooses and never uses twice. Text
is counted in Unicode code points and never holds a surrogate or half a character.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from inference_client.protocol.messages import ChatMessage, ModelInfo, Sampling, Usage

DEFAULT_SAMPLING: Final = Sampling()

DoneReason = Literal["stop", "length", "cancelled"]


@dataclass(frozen=True, slots=True)
class Job:
    """One answer to write. ``prefix`` is the answer's text so far: the engine goes on right after it.

    ``sampling.max_tokens`` counts the whole answer with its prefix. ``trace`` is for log lines only.
    """

    run: int
    model: str
    messages: tuple[ChatMessage, ...]
    prefix: str = ""
    sampling: Sampling = DEFAULT_SAMPLING
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """More text of ``run``, to be put after what came before."""

    run: int
    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` prompt tokens are read."""

    run: int
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Done:
    """The run is over and its slot is free. ``trimmed``: messages left out because the context was full.

    ``usage.completion_tokens`` counts the whole answer, a given prefix included.
    """

    run: int
    reason: DoneReason
    usage: Usage
    trimmed: int = 0


@dataclass(frozen=True, slots=True)
class Error:
    """The run cannot go on and holds no slot. ``detail`` is for people and holds no text of a conversation."""

    run: int
    code: str
    detail: str
    retry: bool = False


Event = Text | Progress | Done | Error


class EngineError(Exception):
    """An engine that cannot start: ``code`` for programs, the message for people, with the remedy in it."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail
        super().__init__(detail)


class Engine(Protocol):
    """``submit`` and ``cancel`` return at once and never raise for a run that is unknown or over.

    Every submitted run ends with exactly one ``Done`` or ``Error``, a cancelled one too (reason ``cancelled``, unless
    it was already over). Runs beyond the slots wait in order.
    """

    @property
    def backend(self) -> str:
        """metal, cuda, vulkan, cpu or upstream."""
        ...

    def models(self) -> tuple[ModelInfo, ...]:
        """What is offered now; may change after a batch of events."""
        ...

    async def start(self) -> None:
        """Makes the engine ready. Raises EngineError."""
        ...

    async def stop(self) -> None:
        """Ends every run without an event, frees memory and ends ``steps``."""
        ...

    def submit(self, job: Job) -> None: ...

    def cancel(self, run: int) -> None: ...

    def steps(self) -> AsyncIterator[Sequence[Event]]:
        """Batches of events, one batch a decode step, in order. For one reader."""
        ...
