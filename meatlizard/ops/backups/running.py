"""How far the backup that runs in the background has come. In the shared cache: nothing is lost with it."""

import time
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from django.core.cache import cache

Doing: TypeAlias = Literal["making", "verifying", "pruning"]

KEY = "backups:progress"
SECONDS = 120


@dataclass(frozen=True, slots=True)
class State:
    doing: Doing
    done: int
    total: int

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0


class Telling:
    """See :data:`meatlizard.ops.backups.progress.Tell`."""

    def __init__(self, doing: Doing) -> None:
        self._doing, self._told = doing, 0.0
        self(0, 0)

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told >= 1 or not done:
            self._told = now
            cache.set(KEY, (self._doing, done, total), SECONDS)


def state() -> State | None:
    found = cast("tuple[Any, int, int] | None", cache.get(KEY))
    return State(*found) if found else None


def over() -> None:
    cache.delete(KEY)
