"""What goes wrong on demand between the bot and Discord."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

Cut = Literal["before", "after", ""]


@dataclass
class Fault:
    """Strikes requests whose method and path (below ``/api/v10``) fit the patterns, ``times`` times."""

    method: str = "*"
    path: str = "*"
    times: int = 1
    skip: int = 0
    """Requests that pass unharmed before the first one is struck."""
    status: int = 0
    """Answered instead of Discord's own answer; 0 for none."""
    retry_after: float = 0.0
    delay: float = 0.0
    """Seconds before anything happens."""
    hold: float = 0.0
    """Seconds between the effect and the answer: done, and not confirmed yet."""
    cut: Cut = ""
    """The connection ends without an answer: ``before`` the request had its effect, or ``after``."""
    global_limit: bool = False
    struck: int = field(default=0, init=False)

    def fits(self, method: str, path: str) -> bool:
        return self.struck < self.times and fnmatchcase(method, self.method) and fnmatchcase(path, self.path)


class Faults:
    """The faults that are waiting. Each method arranges one and returns it; ``struck`` of it counts.

    ``path`` patterns know ``*`` only, as in ``/channels/*/messages/*``.
    """

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        self._waiting.append(fault)
        return fault

    def answer(self, status: int, method: str = "*", path: str = "*", *, times: int = 1, skip: int = 0) -> Fault:
        """``status`` (502, 503, 403, ...) instead of doing what was asked."""
        return self.add(Fault(method, path, times, skip, status=status))

    def storm(
        self, retry_after: float, method: str = "*", path: str = "*", *, times: int = 1, global_limit: bool = False
    ) -> Fault:
        """429 with ``retry_after``, ``times`` times."""
        return self.add(Fault(method, path, times, status=429, retry_after=retry_after, global_limit=global_limit))

    def slow(self, seconds: float, method: str = "*", path: str = "*", *, times: int = 1) -> Fault:
        return self.add(Fault(method, path, times, delay=seconds))

    def hold(self, seconds: float, method: str = "*", path: str = "*", *, times: int = 1) -> Fault:
        """What was asked is done at once, and confirmed so much later."""
        return self.add(Fault(method, path, times, hold=seconds))

    def cut(
        self, when: Literal["before", "after"], method: str = "*", path: str = "*", *, times: int = 1, skip: int = 0
    ) -> Fault:
        """The connection breaks before the request was carried out, or after it was and before the answer left."""
        return self.add(Fault(method, path, times, skip, cut=when))

    def clear(self) -> None:
        self._waiting.clear()

    def strike(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets, counted."""
        for fault in self._waiting:
            if fault.fits(method, path):
                if fault.skip:
                    fault.skip -= 1
                    return None
                fault.struck += 1
                return fault
        return None
