"""How often a channel may be written to, and what a refusal of Discord's means for what was to be written."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

SHORTEST: Final = 1.1
"""Seconds between two edits. In a bucket of five calls in five seconds the eyes see a steady flow; faster, and it jerks."""

LONGEST: Final = 10.0
STALLED: Final = 1.5
"""Seconds of a call from which on it was held back by a bucket; discord.py waits for those by itself."""

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0

UNKNOWN_CHANNEL: Final = 10003
TOO_OLD: Final = 30046
"""Edits of a message older than an hour, beyond the few that Discord allows."""


class Remedy(Enum):
    """What to do with a call that Discord refused."""

    AGAIN = auto()
    """The same once more, after a while."""

    ANEW = auto()
    """The message may not be edited any more: its text belongs into a new one."""

    GONE = auto()
    """Somebody has deleted the message, and it is not for the bot to bring it back."""

    NOWHERE = auto()
    """There is no such channel any more, or it is closed to the bot."""

    NEVER = auto()
    """What was sent is wrong, and would be the next time."""


def remedy(status: int, code: int) -> Remedy:
    """``status``: of HTTP, 0 where there was no answer at all. ``code``: Discord's own."""
    if code == UNKNOWN_CHANNEL or status in (401, 403):
        return Remedy.NOWHERE
    if code == TOO_OLD:
        return Remedy.ANEW
    if status == 404:
        return Remedy.GONE
    if status == 0 or status == 429 or status >= 500:
        return Remedy.AGAIN
    return Remedy.NEVER


@dataclass(slots=True)
class Pace:
    """Of one channel. Times are seconds of any steady clock. Each call goes through :meth:`wait` before, :meth:`went` or
    :meth:`refused` after.
    """

    interval: float = SHORTEST
    _next: float = 0.0
    _pause: float = FIRST_PAUSE

    def wait(self, now: float) -> float:
        """Seconds until the next call."""
        return max(0.0, self._next - now)

    def went(self, began: float, now: float) -> None:
        """A call that began then has succeeded now. One that was held back makes the pace slower, others let it recover."""
        taken = now - began
        if taken > STALLED:
            self.interval = min(LONGEST, max(self.interval * 1.5, SHORTEST + taken / 4))
        else:
            self.interval = max(SHORTEST, self.interval * 0.9)
        self._pause = FIRST_PAUSE
        self._next = max(began + self.interval, now + SHORTEST)

    def refused(self, now: float, retry_after: float | None = None) -> None:
        """Discord took nothing. ``retry_after``: in seconds, where it said so."""
        self.interval = min(LONGEST, self.interval * 1.5)
        self._next = now + max(self._pause, retry_after or 0.0)
        self._pause = min(LONGEST_PAUSE, self._pause * 2)
