"""What parent and child process of the engine say to each other, over a pipe."""

from dataclasses import dataclass
from pathlib import Path

from inference_client.engines.base import Event, Job


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """How to load one model. ``context`` is per slot, 0 for the model's own; ``threads`` 0 for the machine's choice.

    ``gpu_layers`` -1 puts every layer on the GPU where there is one.
    """

    path: Path
    alias: str
    context: int = 0
    slots: int = 4
    gpu_layers: int = -1
    threads: int = 0
    batch: int = 512


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded."""

    context: int
    backend: str


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """The model cannot be loaded; the child ends."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class CancelRun:
    run: int


ToChild = Job | CancelRun | None
"""None: end."""

FromChild = Ready | LoadFailed | list[Event]
