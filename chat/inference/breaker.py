"""A circuit breaker for one model of one node: whoever fails too often gets no work for a while, then one job to try.

No clock of its own and no I/O. It lives in the memory of one site process: another process that takes over the node's
link begins with a closed one.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

State = Literal["closed", "open", "half_open"]

FAILURES = 3
WINDOW_SECONDS = 60.0
OPEN_SECONDS = 30.0
LONGEST_OPEN_SECONDS = 600.0
PROBE_SECONDS = 120.0
"""A try without any result by then is given up, and another one may begin."""

MAX_ENDS = 1_000


@dataclass(slots=True)
class Breaker:
    """Opens after ``failures`` within ``window`` seconds that make up at least half of what ended in that time. Each try
    that fails doubles the time until the next one.
    """

    clock: Callable[[], float]
    failures: int = FAILURES
    window: float = WINDOW_SECONDS
    cooldown: float = OPEN_SECONDS
    _ends: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=MAX_ENDS))
    _until: float | None = None
    _pause: float = 0.0
    _probe_until: float = float("-inf")

    @property
    def state(self) -> State:
        if self._until is None:
            return "closed"
        return "open" if self.clock() < self._until else "half_open"

    @property
    def idle(self) -> bool:
        """Whether nothing would be lost with it."""
        return self._until is None and (not self._ends or self._ends[-1][0] < self.clock() - self.window)

    @property
    def seconds(self) -> float | None:
        """Until it lets a job through again; None when nothing is to be waited for."""
        return max(0.0, self._until - self.clock()) if self._until is not None else None

    def room(self, free: int) -> int:
        """How many of ``free`` slots may be used now."""
        if self._until is None:
            return free
        if self.state == "open" or self.clock() < self._probe_until:
            return 0
        return min(1, free)

    def started(self) -> None:
        """A job has begun."""
        if self.state == "half_open":
            self._probe_until = self.clock() + PROBE_SECONDS

    def succeeded(self) -> None:
        if self.state == "half_open":
            self._until, self._probe_until = None, float("-inf")
            self._ends.clear()
        elif self._until is None:
            self._ends.append((self.clock(), True))

    def failed(self) -> None:
        """What began before it opened says nothing new."""
        state = self.state
        if state == "half_open":
            self._open(min(self._pause * 2, LONGEST_OPEN_SECONDS))
        elif state == "closed":
            self._ends.append((self.clock(), False))
            while self._ends and self._ends[0][0] < self.clock() - self.window:
                self._ends.popleft()
            bad = sum(not well for _, well in self._ends)
            if bad >= self.failures and bad * 2 >= len(self._ends):
                self._open(self.cooldown)

    def _open(self, seconds: float) -> None:
        self._pause = seconds
        self._until = self.clock() + seconds
        self._probe_until = float("-inf")
        self._ends.clear()
