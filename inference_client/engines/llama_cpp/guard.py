"""Grammars are programs that strangers write and llama.cpp runs: some take for ever, some end the process.

While such work is done, its run's number stands in memory that the parent process sees, and an alarm ends the process if
it takes too long. So the parent knows which run to give up, and the other answers go on.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_longlong
from typing import Final

SECONDS: Final = 5.0
NOBODY: Final = -1


class Guard:
    """``blamed``: shared with the parent process; holds the number of the run at work, or NOBODY."""

    def __init__(self, blamed: c_longlong | None = None) -> None:
        self._blamed = blamed if blamed is not None else c_longlong(NOBODY)
        # Windows has no such alarm: there only crashes are seen.
        self._alarm = hasattr(signal, "setitimer")

    @contextmanager
    def at_work_for(self, run: int, seconds: float = SECONDS) -> Iterator[None]:
        self._blamed.value = run
        if self._alarm:
            # Without a Python handler, which would run only after the native call it is to end.
            signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            if self._alarm:
                signal.setitimer(signal.ITIMER_REAL, 0)
            self._blamed.value = NOBODY
