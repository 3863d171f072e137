"""Bytes of videos that went out, by video and day (UTC): summed in memory, and written now and then. Nothing is written with a request.

What was summed since the last writing is lost with a process that is killed, a matter of :data:`FLUSH_SECONDS`; a database that is away loses
nothing.
"""

import datetime
import threading
import uuid
from collections import defaultdict
from typing import Final

from django.utils import timezone

from video.watching.sums import add_traffic

FLUSH_SECONDS: Final = 15.0


class Tally:
    """:meth:`add` from the event loop, :meth:`flush` from a thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._days: dict[datetime.date, dict[uuid.UUID, int]] = {}

    def add(self, video: uuid.UUID, size: int) -> None:
        if size > 0:
            with self._lock:
                sums = self._days.setdefault(timezone.now().astimezone(datetime.UTC).date(), defaultdict(int))
                sums[video] += size

    def flush(self) -> None:
        """Raises the database's errors, and still has then what was not written."""
        for day in list(self._days):
            with self._lock:
                sums = self._days.pop(day, {})
            try:
                add_traffic(sums, day)
            except BaseException:
                with self._lock:
                    now = self._days.setdefault(day, defaultdict(int))
                    for video, size in sums.items():
                        now[video] += size
                raise


tally = Tally()
