"""What the scheduler works with: slots, the answers in them, and the model behind a small interface."""

from dataclasses import dataclass, field
from typing import Protocol

from inference_client.engines.base import Job
from inference_client.engines.llama_cpp.answer import AnswerStream
from inference_client.engines.llama_cpp.prompt import Prompt
from inference_client.engines.llama_cpp.states import Saved


@dataclass(slots=True)
class Batch:
    """Tokens to be read in one step, in parallel lists: each at its position of its slot's sequence; ``samples``: a token
    is chosen after it. ``counts``: how many are each slot's.
    """

    tokens: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)
    samples: list[bool] = field(default_factory=list)
    counts: dict[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.tokens)

    def add(self, slot: int, start: int, tokens: list[int], *, sample: bool) -> None:
        """``tokens`` of ``slot`` from position ``start`` on; ``sample`` after the last."""
        count = len(tokens)
        self.tokens += tokens
        self.positions += range(start, start + count)
        self.slots += [slot] * count
        self.samples += [False] * count
        self.samples[-1] = sample
        self.counts[slot] = count


class Sampler(Protocol):
    """Chooses tokens for one answer."""

    @property
    def constrained(self) -> bool:
        """``answering`` matters."""
        ...

    def sample(self, index: int, *, answering: bool = True) -> int:
        """The token after entry ``index`` of the batch decoded last; ``answering``: it belongs to the answer proper.

        Raises EngineError if nothing may follow.
        """
        ...

    def close(self) -> None: ...


class Runtime(Protocol):
    """The model: everything native stands behind this."""

    slots: int
    context: int
    batch: int
    divisible: bool
    """A sequence's memory can be cut at any token; recurrent models only remember all or nothing."""

    def prompt(self, job: Job) -> Prompt:
        """Raises EngineError if the conversation cannot be read."""
        ...

    def decode(self, batch: Batch) -> bool:
        """Runs the model. False: it was interrupted, and nothing of the batch may count as read.

        Raises EngineError if there is no room for the batch.
        """
        ...

    def see(self, job: Job, token: int, position: int, slot: int) -> int:
        """Reads the piece of an image of ``job`` that begins with ``token``; returns how many tokens it takes, 0 if it
        was interrupted. Raises EngineError."""
        ...

    def keep(self, slot: int, tokens: int) -> int:
        """Forgets the slot's sequence from position ``tokens`` on; returns how many tokens it really holds then."""
        ...

    def size(self, slot: int) -> int:
        """Bytes that ``save`` would take."""
        ...

    def save(self, slot: int) -> Saved | None:
        """The slot's sequence as it is; None if there is no memory to copy it to."""
        ...

    def restore(self, slot: int, saved: Saved) -> bool:
        """The slot's sequence becomes ``saved``, or empty if that fails."""
        ...

    def sampler(self, job: Job, prompt: Prompt) -> Sampler:
        """Raises EngineError if tokens cannot be chosen as the job wants it."""
        ...

    def answer(self, job: Job, prompt: Prompt) -> AnswerStream: ...

    def piece(self, token: int) -> bytes: ...

    def ends(self, token: int) -> bool:
        """``token`` says that the answer is over."""
        ...


@dataclass(slots=True)
class Running:
    """One answer in its slot. ``tokens``: prompt and answer; those before ``read`` are in the model's memory.

    ``length`` of the prompt, and ``limit``: with so many tokens the answer is full.
    """

    job: Job
    prompt: Prompt
    sampler: Sampler
    stream: AnswerStream
    tokens: list[int]
    read: int
    cached: int
    started: float
    length: int
    limit: int
    answering: float = 0.0

    @property
    def reading(self) -> bool:
        return self.read < self.length

    @property
    def looking(self) -> bool:
        """The next to be read is an image."""
        return self.reading and self.tokens[self.read] < 0

    @property
    def written(self) -> int:
        return len(self.tokens) - self.length + self.prompt.prefix_tokens


@dataclass(slots=True)
class Slot:
    """``memory``: the tokens whose keys and values the model holds for this sequence."""

    index: int
    memory: list[int] = field(default_factory=list)
    running: Running | None = None
    used: int = 0
