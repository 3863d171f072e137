"""How requests have gone in the last minutes in this process: how many failed, how many were slow to begin. Counted in slices of ten
seconds, two additions a request.
"""

import time
from collections import deque
from typing import Any, Final

from django.conf import settings

SLICE_SECONDS: Final = 10
MINUTES: Final = 5
ENOUGH: Final = 20
"""Requests, before shares are told: one failure of three is no trend."""


class Tally:
    """Used on the event loop; the sums may be read from any thread."""

    def __init__(self) -> None:
        self._slices: deque[list[int]] = deque(maxlen=MINUTES * 60 // SLICE_SECONDS)

    def add(self, *, failed: bool, slow: bool) -> None:
        number = int(time.monotonic()) // SLICE_SECONDS
        if not self._slices or self._slices[-1][0] != number:
            self._slices.append([number, 0, 0, 0])
        now = self._slices[-1]
        now[1] += 1
        now[2] += failed
        now[3] += slow

    def sums(self) -> tuple[int, int, int]:
        """Of the last five minutes: requests, failed ones (status 500 and above), slow ones."""
        since = int(time.monotonic()) // SLICE_SECONDS - MINUTES * 60 // SLICE_SECONDS
        recent = [one for one in tuple(self._slices) if one[0] > since]
        return sum(one[1] for one in recent), sum(one[2] for one in recent), sum(one[3] for one in recent)


tally = Tally()


class Traffic:
    """ASGI, around Django: notes of each answer when it began and with what."""

    def __init__(self, app: Any, counted: Tally = tally) -> None:
        self._app, self._tally = app, counted

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        began = time.monotonic()

        async def noted(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                slow = time.monotonic() - began > settings.HEALTH_RESPONSE_SECONDS
                self._tally.add(failed=message["status"] >= 500, slow=slow)
            await send(message)

        await self._app(scope, receive, noted)
