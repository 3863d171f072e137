"""The fake's time and the ids that carry it."""

import datetime
import time

DISCORD_EPOCH_MS = 1_420_070_400_000


class Clock:
    """The machine's time plus what the test has let pass with ``advance``."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Lets ``seconds`` pass at once: messages grow old, tokens end. Windows of rate limits do not move: they are the client's time too."""
        self._ahead += seconds


class Snowflakes:
    """Ids as Discord's: milliseconds since 2015 in the upper bits, growing, never the same twice."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def new(self) -> int:
        born = (int(self._clock.now() * 1000) - DISCORD_EPOCH_MS) << 22
        self._last = max(born, self._last + 1)
        return self._last


def iso(moment: float) -> str:
    """``moment`` as Discord writes it."""
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).isoformat()


def snowflake_time(snowflake: int) -> float:
    return ((snowflake >> 22) + DISCORD_EPOCH_MS) / 1000
