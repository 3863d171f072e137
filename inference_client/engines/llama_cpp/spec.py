"""What parent and child process of the engine say to each other, over a pipe."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inference_client.engines.base import EmbedJob, Event, Job


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """How to load one model. ``context`` is per slot, 0 for the model's own; ``threads`` 0 for the machine's choice.

    ``gpu_layers`` -1 puts every layer on the GPU where there is one. ``mmproj``: the file that lets the model see images.
    ``chat_template``: a template or the path of a file that holds one, instead of the model's own. ``tools`` and
    ``thinking``: what to offer, where the template does not tell it rightly.

    ``cache_bytes`` of RAM keep conversations whose slot was given to another one; what has no room there goes to
    ``cache_dir``, up to ``cache_disk_bytes``.

    An ``embedding`` model's ``slots`` are jobs worked on in turns, its ``context`` the tokens read of each text.
    """

    path: Path
    alias: str
    context: int = 0
    slots: int = 4
    gpu_layers: int = -1
    threads: int = 0
    batch: int = 512
    kind: Literal["chat", "embedding"] = "chat"
    mmproj: Path | None = None
    chat_template: str = ""
    tools: bool | None = None
    thinking: Literal["none", "boolean", "level"] | None = None
    cache_bytes: int = 1024**3
    cache_dir: Path | None = None
    cache_disk_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded. ``dimensions`` of an embedding model's vectors."""

    context: int
    backend: str
    dimensions: int | None = None


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """The model cannot be loaded; the child ends."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Tally:
    """Tokens since the tally before: read of prompts, found in memory instead, and written."""

    read: int = 0
    cached: int = 0
    written: int = 0


@dataclass(frozen=True, slots=True)
class CancelRun:
    run: int


ToChild = Job | EmbedJob | CancelRun | None
"""None: end."""

FromChild = Ready | LoadFailed | Tally | list[Event]
