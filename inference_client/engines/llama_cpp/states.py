"""Conversations' memory kept beside the slots: in RAM up to a bound, the oldest gone or, if wanted, moved to disk.

What lies on disk is a conversation in another form: the files are for the owner only, and gone when the program ends.
"""

import logging
import os
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

log = logging.getLogger(__name__)

BLOCK: Final = 256
_FOLDER: Final = "conversations-"


@dataclass(slots=True)
class Saved:
    """One sequence. ``extra`` is what the runtime must know beside the bytes."""

    data: memoryview = field(repr=False)
    extra: Any = None


@dataclass(slots=True)
class State:
    """``tokens`` that are held; ``saved`` or, once moved, ``path``."""

    tokens: list[int] = field(repr=False)
    size: int
    saved: Saved | None
    extra: Any = None
    path: Path | None = None
    writing: "Future[None] | None" = None


class States:
    """At most ``bound`` bytes in RAM and ``disk_bound`` in a folder of its own below ``folder``."""

    def __init__(self, bound: int, folder: Path | None = None, disk_bound: int = 0) -> None:
        self._bound = bound
        self._disk_bound = disk_bound if folder is not None else 0
        self._ram: OrderedDict[int, State] = OrderedDict()
        self._disk: OrderedDict[int, State] = OrderedDict()
        self._number = 0
        self._folder: Path | None = None
        self._writer: ThreadPoolExecutor | None = None
        if folder is not None and self._disk_bound > 0:
            self._open(folder)

    @property
    def used(self) -> int:
        """Bytes in RAM."""
        return sum(state.size for state in self._ram.values())

    def accepts(self, size: int) -> bool:
        """A state of ``size`` bytes can be kept at all."""
        return 0 < size <= self._bound

    def put(self, tokens: Sequence[int], saved: Saved) -> None:
        """Keeps ``saved``; what it is a continuation of needs no keeping any more."""
        size = len(saved.data)
        if not self.accepts(size):
            return
        kept = list(tokens)
        for number, state in self._all():
            if len(state.tokens) <= len(kept) and common(state.tokens, kept) == len(state.tokens):
                self._forget(number)
        self._number += 1
        self._ram[self._number] = State(kept, size, saved, saved.extra)
        while self.used > self._bound:
            self._evict()

    def find(self, tokens: Sequence[int], *, whole: bool = False) -> tuple[int, State, int] | None:
        """(number, state, how many first tokens it shares with ``tokens``) of the best one; ``whole``: only one that is
        shared altogether."""
        best: tuple[int, State, int] | None = None
        for number, state in self._all():
            shared = common(state.tokens, tokens)
            if shared > (best[2] if best else 0) and (not whole or shared == len(state.tokens)):
                best = number, state, shared
        return best

    def take(self, number: int, *, remove: bool) -> Saved | None:
        """The state itself, and forgets it if ``remove``; None if it is gone."""
        state = self._ram.get(number) or self._disk.get(number)
        if state is None:
            return None
        saved = state.saved or self._load(state)
        if saved is None or remove:
            self._forget(number)
        elif number in self._ram:
            self._ram.move_to_end(number)
        return saved

    def settle(self) -> None:
        """Waits until all that is on its way to disk has come there."""
        for state in list(self._disk.values()):
            if state.writing is not None:
                state.writing.result()

    def close(self) -> None:
        """Forgets all."""
        if self._writer is not None:
            self._writer.shutdown(cancel_futures=True)
        self._ram.clear()
        self._disk.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    # --- disk -------------------------------------------------------------------------------------------------------

    def _open(self, folder: Path) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sweep(folder)
            self._folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-", dir=folder))
        except OSError as problem:
            log.warning("conversations cannot be kept on disk: %s", problem.strerror)
            self._disk_bound = 0
            return
        self._writer = ThreadPoolExecutor(1, "conversations to disk")

    def _evict(self) -> None:
        number, state = self._ram.popitem(last=False)
        if self._writer is None or self._folder is None or state.size > self._disk_bound:
            return
        self._disk[number] = state
        state.path = self._folder / str(number)
        state.writing = self._writer.submit(self._write, state)
        while sum(state.size for state in self._disk.values()) > self._disk_bound:
            self._forget(next(iter(self._disk)))

    @staticmethod
    def _write(state: State) -> None:
        assert state.saved is not None
        assert state.path is not None
        try:
            descriptor = os.open(state.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(state.saved.data)
        except OSError as problem:
            log.warning("a conversation cannot be kept on disk: %s", problem.strerror)
            with suppress(OSError):
                state.path.unlink()
        # Whether written or not: the RAM was promised to others.
        state.saved = None

    def _load(self, state: State) -> Saved | None:
        if state.writing is not None:
            state.writing.result()
        try:
            data = state.path.read_bytes() if state.path is not None else b""
        except OSError:
            return None
        return Saved(memoryview(data), state.extra) if len(data) == state.size else None

    def _forget(self, number: int) -> None:
        state = self._ram.pop(number, None) or self._disk.pop(number, None)
        if state is not None and state.path is not None and state.writing is not None:
            path = state.path
            state.writing.add_done_callback(lambda _: path.unlink(missing_ok=True))

    def _all(self) -> list[tuple[int, State]]:
        return [*self._ram.items(), *self._disk.items()]


def common(left: Sequence[int], right: Sequence[int]) -> int:
    """How many tokens both begin with."""
    most = min(len(left), len(right))
    place = 0
    # Slices are compared without a step of Python for each token.
    while place + BLOCK <= most and left[place : place + BLOCK] == right[place : place + BLOCK]:
        place += BLOCK
    while place < most and left[place] == right[place]:
        place += 1
    return place


def sweep(folder: Path) -> None:
    """Deletes what processes left behind that are no more."""
    for path in folder.glob(f"{_FOLDER}*"):
        number = path.name.removeprefix(_FOLDER).split("-")[0]
        if not number.isdigit() or not _lives(int(number)):
            shutil.rmtree(path, ignore_errors=True)


def _lives(pid: int) -> bool:
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
