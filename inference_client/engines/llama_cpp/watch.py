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
    stop_asked: float | None = None

    def word(self, now: float) -> None:
        """The child has said something, or was given its first work."""
        self.heard = now
        self.stop_asked = None

    def stop(self, now: float) -> None:
        """The child was asked to stop an answer."""
        if self.stop_asked is None:
            self.stop_asked = now

    def hangs(self, now: float) -> bool:
        """Work was to be done all that time."""
        if self.stop_asked is not None and now - self.stop_asked >= SILENCE_AFTER_STOP:
            return True
        return now - self.heard >= SILENCE
