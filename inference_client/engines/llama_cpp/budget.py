"""How much memory a model needs, from its own metadata, against what this machine has. Sizes are in bytes."""

import contextlib
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inference_client.engines.base import EngineError
from inference_client.engines.llama_cpp.gguf import GgufFile

GIB: Final = 1024**3
CELL_BYTES: Final = 2
"""Keys and values are kept as 16-bit floats."""

PROGRAM: Final = 96 * 1024**2
"""Python and llama.cpp themselves."""

METAL_SHARE: Final = 0.75
"""Of a Mac's memory the GPU may use about three quarters."""

_CGROUP: Final = Path("/sys/fs/cgroup/memory.max")
_MEMINFO: Final = Path("/proc/meminfo")


@dataclass(frozen=True, slots=True)
class Budget:
    """What a model needs. ``work`` is an estimate of llama.cpp's compute buffers and the program itself."""

    weights: int
    cache: int
    work: int

    @property
    def total(self) -> int:
        return self.weights + self.cache + self.work

    def sentence(self) -> str:
        """The figures for people."""
        return (
            f"{gib(self.total)} (weights {gib(self.weights)}, conversation memory {gib(self.cache)}, "
            f"working space {gib(self.work)})"
        )


def estimate(files: list[GgufFile], context: int, slots: int, batch: int = 512) -> Budget:
    """For ``slots`` conversations of ``context`` tokens each. The first of ``files`` holds the metadata."""
    model = files[0]
    heads = model.number("attention.head_count", 1)
    heads_kv = model.number("attention.head_count_kv", heads)
    width = model.number("embedding_length", 1)
    key = model.number("attention.key_length", width // max(1, heads))
    value = model.number("attention.value_length", width // max(1, heads))
    layers = model.number("block_count", 1)
    cache = layers * heads_kv * (key + value) * CELL_BYTES * context * slots
    work = 4 * batch * (model.vocabulary + 8 * width) + PROGRAM
    return Budget(sum(file.weights for file in files), cache, work)


def available() -> int | None:
    """Memory a model may use on this machine now; None where the system does not tell."""
    if sys.platform == "darwin":
        return int(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * METAL_SHARE)
    found: list[int] = []
    with contextlib.suppress(OSError):
        line = re.search(r"^MemAvailable: *(\d+) kB", _MEMINFO.read_text("ascii"), re.MULTILINE)
        found += [int(line[1]) * 1024] if line else []
    with contextlib.suppress(OSError, ValueError):
        found.append(int(_CGROUP.read_text("ascii")))
    return min(found, default=None)


def require(budget: Budget, memory: int | None) -> None:
    """Raises EngineError ``model_too_big`` with the figures if ``budget`` is above ``memory``."""
    if memory is not None and budget.total > memory:
        raise EngineError(
            "model_too_big",
            f"the model needs {budget.sentence()}, but {gib(memory)} are free; "
            "use a smaller model or quantisation, a smaller --ctx, or fewer --slots",
        )


def spare(wanted: int, need: Budget, memory: int | None) -> int:
    """Of ``wanted`` bytes for conversations beside the slots, what a machine with ``memory`` free can give: half of what
    the model leaves."""
    return wanted if memory is None else max(0, min(wanted, (memory - need.total) // 2))


def gib(octets: int) -> str:
    """``4.37 GiB``."""
    return f"{octets / GIB:.2f} GiB"
