"""Whether a child process with work to do still says anything."""

from dataclasses import dataclass
from typing import Final

SILENCE: Final = 300.0
"""Seconds without a word while answers run: no step takes so long."""

SILENCE_AFTER_STOP: Final = 20.0
"""Seconds without a word after somebody asked to stop."""


@dataclass(slots=True)
class Watch:
    """Times are of a steady clock."""

    heard: float
    stop_asked: float = 0.0

    def word(self, now: float) -> None:
        """The child has said something, or was given its first work."""
        self.heard = now

    def stop(self, now: float) -> None:
        """The child was asked to stop an answer."""
        self.stop_asked = now

    def hangs(self, now: float, *, stopping: bool) -> bool:
        """Work was to be done all that time. ``stopping``: an answer is there that was to be stopped."""
        # What it said before it hung may be heard after the stop.
        if stopping and now - max(self.heard, self.stop_asked) >= SILENCE_AFTER_STOP:
            return True
        return now - self.heard >= SILENCE
