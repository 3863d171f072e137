"""The interface between the client and whatever runs models.

A *run* is one attempt of an engine at one job, named by a number the caller chooses and never uses twice. Text is
counted in Unicode code points and never holds a surrogate or half a character.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from inference_client.protocol.vocabulary import ChatMessage, ModelInfo, ModelMetrics, Sampling, Tool, ToolCall, Usage

DEFAULT_SAMPLING: Final = Sampling()

DoneReason = Literal["stop", "length", "cancelled", "tool_calls"]


@dataclass(frozen=True, slots=True)
class Job:
    """One answer to write. ``prefix`` is the answer's text so far, of which the first ``prefix_thinking`` code points are
    thinking: the engine goes on right after it.

    ``sampling.max_tokens`` counts the whole answer with its prefix. ``images``: bytes of the messages' images by their
    SHA-256. ``trace`` is for log lines only.
    """

    run: int
    model: str
    messages: tuple[ChatMessage, ...]
    prefix: str = ""
    sampling: Sampling = DEFAULT_SAMPLING
    trace: str = ""
    prefix_thinking: int = 0
    tools: tuple[Tool, ...] = ()
    images: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class EmbedJob:
    """Texts to turn into vectors: ends with ``Vectors``, then ``Done``."""

    run: int
    model: str
    texts: tuple[str, ...]
    trace: str = ""


@dataclass(frozen=True, slots=True)
class TranscribeJob:
    """A recording to write down: ``Text`` in the asked format, then ``Done``."""

    run: int
    model: str
    audio: bytes = field(repr=False)
    media_type: str
    language: str = ""
    format: Literal["text", "vtt"] = "text"
    trace: str = ""


@dataclass(frozen=True, slots=True)
class PaintJob:
    """An image to make: ends with ``Picture``, then ``Done``. Sizes in pixels."""

    run: int
    model: str
    prompt: str
    width: int
    height: int
    trace: str = ""


AnyJob = Job | EmbedJob | TranscribeJob | PaintJob


@dataclass(frozen=True, slots=True)
class Text:
    """More text of ``run``, to be put after what came before. ``thinking``: it is not yet the answer; all thinking comes
    before the answer.
    """

    run: int
    text: str
    thinking: bool = False


@dataclass(frozen=True, slots=True)
class Vectors:
    """One vector a text, in their order, each of length 1 as little-endian 32-bit floats."""

    run: int
    vectors: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """An image, as a file's bytes."""

    run: int
    media_type: Literal["image/png", "image/jpeg", "image/webp"]
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` prompt tokens are read."""

    run: int
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Done:
    """The run is over and its slot is free. ``trimmed``: messages left out because the context was full.

    ``usage.completion_tokens`` counts the whole answer, a given prefix included. ``tool_calls`` come with the reason
    of that name, and are not part of the text.
    """

    run: int
    reason: DoneReason
    usage: Usage
    trimmed: int = 0
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Error:
    """The run cannot go on and holds no slot. ``detail`` is for people and holds no text of a conversation."""

    run: int
    code: str
    detail: str
    retry: bool = False


Event = Text | Vectors | Picture | Progress | Done | Error


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

    def submit(self, job: AnyJob) -> None:
        """A job of a kind the model is not made for ends with the error ``wrong_kind``."""
        ...

    def cancel(self, run: int) -> None: ...

    def steps(self) -> AsyncIterator[Sequence[Event]]:
        """Batches of events, one batch a decode step, in order. For one reader."""
        ...

    def metrics(self) -> tuple[ModelMetrics, ...]:
        """What each model did since the call before, and its slots now."""
        ...

    def load(self, alias: str) -> None:
        """Brings a model into memory, soon. What cannot be loaded is said in the log; its jobs end with the reason."""
        ...

    def unload(self, alias: str) -> None:
        """Frees a model's memory once its jobs are over; the next job loads it again."""
        ...
